//go:build kafka

package kafkatest

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Realm is that of every KDC.
const Realm = "EXAMPLE.COM"

// kerberosListener is the listener for those who log in with Kerberos, and localhost its host: brokers have principals of names.
const kerberosListener = "GSSAPI"

// Kerberos is a KDC. It knows alice and kafka/localhost, the brokers.
type Kerberos struct {
	Config string // krb5.conf: what KRB5_CONFIG is to name. The Java tools have it already
	Port   int    // of the KDC, on localhost, over TCP

	dir string
}

// File is the path of one of the files that the KDC made: alice.keytab; stale.keytab, whose key is alice's of before a change of
// her password; kafka.keytab, the brokers'; alice.ccache, a ticket cache as kinit leaves one.
func (k *Kerberos) File(name string) string { return filepath.Join(k.dir, name) }

// kerberos starts what Options.Kerberos wants before there are brokers; it ends with the test.
func (c *Cluster) kerberos(t testing.TB) {
	t.Helper()
	ports, err := freePorts(portAttempts) // somebody else may take one
	if err != nil {
		t.Fatal(err)
	}
	var candidates, ready []string
	for _, port := range ports {
		candidates = append(candidates, strconv.Itoa(port))
		ready = append(ready, "READY "+strconv.Itoa(port))
	}
	k := &Kerberos{dir: t.TempDir()}
	kdc := startProgram(t, program{
		file: "Kdc.java", artifacts: kdcJars(), heap: "96m",
		args: []string{k.dir, strings.Join(candidates, ","), Realm, "alice", "kafka/localhost"},
	})
	k.Port = ports[slices.Index(ready, kdc.await(t, ready...))]
	k.Config = k.File("client.conf") // krb5.conf is the KDC's own
	if err := os.WriteFile(k.Config, []byte(k.config()), 0o644); err != nil {
		t.Fatal(err)
	}
	c.Kerberos = k
}

// config is a krb5.conf with things that are found in real ones.
func (k *Kerberos) config() string {
	return fmt.Sprintf(`# a comment
[logging]
 default = FILE:/dev/null

[libdefaults]
 default_realm = %[1]s
 dns_lookup_kdc = false
 dns_lookup_realm = false
 udp_preference_limit = 1
 ticket_lifetime = 24h
 forwardable = true

[realms]
 %[1]s = {
  kdc = localhost:%[2]d
  auth_to_local_names = {
   alice = somebody
  }
 }

[domain_realm]
 localhost = %[1]s
`, Realm, k.Port)
}

// kerberosProperties are the node's server.properties that differ from those of a cluster without a KDC.
func (n *node) kerberosProperties(k *Kerberos) []string {
	own := kerberosListener + "://" + n.listener(kerberosListener)
	return []string{
		fmt.Sprintf("listeners=PLAINTEXT://%s,CONTROLLER://127.0.0.1:%d,%s", n.addr(), n.controllerPort, own),
		"advertised.listeners=PLAINTEXT://" + n.addr() + "," + own,
		"listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT," + kerberosListener + ":SASL_PLAINTEXT",
		"listener.name.gssapi.sasl.enabled.mechanisms=GSSAPI",
		"listener.name.gssapi.sasl.kerberos.service.name=kafka",
		"listener.name.gssapi.gssapi.sasl.jaas.config=" + k.jaas("kafka.keytab", "kafka/localhost"),
	}
}

func (k *Kerberos) jaas(keytab, user string) string {
	return fmt.Sprintf(`com.sun.security.auth.module.Krb5LoginModule required useKeyTab=true storeKey=true keyTab="%s" principal="%s@%s";`, k.File(keytab), user, Realm)
}

// Properties are what alice needs for the listener GSSAPI.
func (k *Kerberos) Properties(c *Cluster) Properties {
	return Properties{
		"bootstrap.servers":          c.Listener(kerberosListener),
		"security.protocol":          "SASL_PLAINTEXT",
		"sasl.mechanism":             "GSSAPI",
		"sasl.kerberos.service.name": "kafka",
		"sasl.jaas.config":           k.jaas("alice.keytab", "alice"),
	}
}

// TicketCache is a line for sasl.jaas.config with a file of a ticket cache.
func (k *Kerberos) TicketCache(path string) string {
	return fmt.Sprintf(`com.sun.security.auth.module.Krb5LoginModule required useTicketCache=true ticketCache="%s";`, path)
}

// KeyTab is one with a keytab.
func (k *Kerberos) KeyTab(path, principal string) string {
	return strings.NewReplacer(k.File("alice.keytab"), path, "alice@"+Realm, principal).Replace(k.jaas("alice.keytab", "alice"))
}
