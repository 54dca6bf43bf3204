//go:build kafka && kerberos

package main_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/offsetctl/offsetctl/internal/kafkatest"
)

// Whoever logs in with Kerberos does so with the very file that Kafka's own tool takes, from a keytab or after kinit; and whatever
// keeps somebody out is named within seconds, with what to do.
func TestKafkaKerberos(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	c := kafkatest.Start(t, kafkatest.Options{Kerberos: true})
	c.Topic(t, "orders", 2, 10)
	commitFor(t, c, "app", "orders", 3)
	t.Setenv("KRB5_CONFIG", c.Kerberos.Config)
	t.Setenv("KRB5CCNAME", "FILE:"+c.Kerberos.File("alice.ccache"))
	t.Run("ways in", func(t *testing.T) { kerberosWays(t, c) })
	t.Run("faults", func(t *testing.T) { kerberosFaults(t, c) })
}

func kerberosWays(t *testing.T, c *kafkatest.Cluster) {
	k := c.Kerberos
	tools := c.Tools(t)
	const module = "sasl.jaas.config=com.sun.security.auth.module.Krb5LoginModule required "
	for i, w := range []struct {
		name     string
		with     []string
		onlyHere bool // Kafka's own tool does not know it
	}{
		{name: "a keytab"},
		{name: "the default mechanism", with: []string{"sasl.mechanism"}},
		{name: "the service in JAAS", with: []string{"sasl.kerberos.service.name", "sasl.jaas.config=" + strings.Replace(k.Properties(c)["sasl.jaas.config"], "required", `required serviceName="kafka"`, 1)}},
		{name: "a ticket cache", with: []string{"sasl.jaas.config=" + k.TicketCache(k.File("alice.ccache"))}},
		{name: "the usual ticket cache", with: []string{module + "useTicketCache=true;"}},
		{name: "an address", with: []string{"bootstrap.servers=" + strings.Replace(c.Listener("GSSAPI"), "localhost", "127.0.0.1", 1)}}, // of which both make localhost
		{name: "librdkafka's keys", onlyHere: true, with: []string{
			"sasl.jaas.config", "sasl.kerberos.keytab=" + k.File("alice.keytab"), "sasl.kerberos.principal=alice@" + kafkatest.Realm,
		}},
	} {
		t.Run(w.name, func(t *testing.T) {
			properties := k.Properties(c).With(w.with...)
			file := properties.Write(t)
			before := string(lagOf(t, file))
			if !w.onlyHere {
				r := tools.ConsumerGroupsAt(t, properties["bootstrap.servers"], "--describe", "--group", "app", "--command-config", file)
				if d := gocmp.Diff(ofKafka(kafkatest.ParseDescribe(t, r.Stdout)), ofItems(parse(t, before).Items)); d != "" {
					t.Errorf("(-kafka-consumer-groups.sh +lag):\n%s\n%s", d, r.Stderr)
				}
			}
			to := strconv.Itoa(4 + i) // another offset than the one that is there
			if r := configured(t, file, "reset", "app", "--to-offset", to, "--execute", "--force", "-o", "json"); r.Exit != 0 || !strings.Contains(r.Stdout, `"result":"applied"`) {
				t.Errorf("reset: exit %d\n%s%s", r.Exit, r.Stdout, r.Stderr)
			}
			if r := configured(t, file, "inspect", "app", "--latest", "-o", "json"); r.Exit != 0 || !strings.Contains(r.Stdout, `"offset":`+to+`,`) {
				t.Errorf("inspect: exit %d, want the offset %s\n%s%s", r.Exit, to, r.Stdout, r.Stderr)
			}
			if r := configured(t, file, "config", "test"); r.Exit != 0 || strings.Contains(r.Stdout, "failed") {
				t.Errorf("config test: exit %d\n%s%s", r.Exit, r.Stdout, r.Stderr)
			}
		})
	}
}

func kerberosFaults(t *testing.T, c *kafkatest.Cluster) {
	k := c.Kerberos
	keytab := func(file, principal string) []string {
		return []string{"sasl.jaas.config=" + k.KeyTab(k.File(file), principal)}
	}
	const alice = "alice@" + kafkatest.Realm
	conf, err := os.ReadFile(k.Config)
	if err != nil {
		t.Fatal(err)
	}
	closed := strings.Replace(string(conf), "localhost:"+strconv.Itoa(k.Port), "127.0.0.1:1", 1)
	for _, f := range []struct {
		name      string
		conf      string // krb5.conf; empty: the right one
		with      []string
		err, hint string
		step      string // that config test ends at; empty: token
	}{
		{name: "no keytab", with: keytab("none.keytab", alice), err: "getting a Kerberos ticket from keytab " + k.File("none.keytab") + ": there is no such file", hint: "keyTab in sasl.jaas.config"},
		{name: "a directory", with: keytab("", alice), err: "it is a directory, not a file", hint: "keyTab in sasl.jaas.config"},
		{name: "a keytab of somebody else", with: keytab("kafka.keytab", alice), err: "it has no key of " + alice + ", but of kafka/localhost@" + kafkatest.Realm, hint: "set principal"},
		{name: "a key of before", with: keytab("stale.keytab", alice), err: "the KDC of " + kafkatest.Realm + " does not accept its key for " + alice, hint: "was the password changed"},
		{name: "a user whom the KDC does not know", with: keytab("bob.keytab", "bob@"+kafkatest.Realm), err: "the KDC of " + kafkatest.Realm + " does not know bob@" + kafkatest.Realm, hint: "klist"},
		{name: "another service", with: []string{"sasl.kerberos.service.name=kafkaa"}, err: "it does not know the broker as kafkaa/localhost@" + kafkatest.Realm, hint: "is sasl.kerberos.service.name right", step: "sasl"},
		{name: "no ticket cache", with: []string{"sasl.jaas.config=" + k.TicketCache(k.File("none"))}, err: "from ticket cache " + k.File("none") + ": there is no such file", hint: "kinit"},
		{name: "nobody at the KDC's port", conf: closed, err: "no KDC of " + kafkatest.Realm + " answers: 127.0.0.1:1", hint: "[realms]"},
		{name: "a realm that is not known", with: keytab("elsewhere.keytab", "alice@ELSEWHERE.COM"), err: "no KDC of the realm ELSEWHERE.COM is known", hint: "[realms]"},
	} {
		t.Run(f.name, func(t *testing.T) {
			if f.conf != "" {
				path := filepath.Join(t.TempDir(), "krb5.conf")
				if err := os.WriteFile(path, []byte(f.conf), 0o600); err != nil {
					t.Fatal(err)
				}
				t.Setenv("KRB5_CONFIG", path)
			}
			file := k.Properties(c).With(f.with...).Write(t)
			start := time.Now()
			r := configured(t, file, "lag", "app", "-o", "json")
			if took := time.Since(start); took > 20*time.Second {
				t.Errorf("it took %v", took)
			}
			if r.Exit != 1 || !strings.Contains(r.Stderr, f.err) || !strings.Contains(r.Stderr, f.hint) {
				t.Errorf("exit %d, want 1 with %q and %q\n%s", r.Exit, f.err, f.hint, r.Stderr)
			}
			d := parse(t, r.Stdout)
			if len(d.Items) != 0 || len(d.Errors) != 1 || d.Errors[0].Code != "LOGIN_FAILED" {
				t.Errorf("want no item and one error with code LOGIN_FAILED\n%s", r.Stdout)
			}
			step := "token"
			if f.step != "" {
				step = f.step
			}
			checkFailedStep(t, configured(t, file, "config", "test", "-o", "json"), fault{failed: step})
		})
	}
}
