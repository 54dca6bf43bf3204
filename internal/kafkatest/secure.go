//go:build kafka

package kafkatest

import (
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl/plain"
)

// Security is what a secure cluster has beside its brokers.
type Security struct {
	Tokens    *TokenEndpoint // for the listener OAUTH
	TokenFile string         // does not exist; the Java tools may read a token from it that a test writes

	dir, stores string
	mu          sync.Mutex
	passwords   map[string]string // of SCRAM, by user
}

// File is the path of one of the certificates and stores; see the package's documentation.
func (s *Security) File(name string) string { return filepath.Join(s.stores, name) }

// Secret is the password of alice and of bob, wherever users have one, and the secret of every OAuth client.
func Secret(user string) string { return user + "-secret" }

// secure makes what Options.Secure wants before there are brokers.
func (c *Cluster) secure(t testing.TB) error {
	folder, err := stores(t.Context())
	if err != nil {
		return err
	}
	dir := t.TempDir()
	tokens, stop, err := startTokens(folder, dir)
	if err != nil {
		return fmt.Errorf("starting the token endpoint: %w", err)
	}
	t.Cleanup(stop)
	c.Secure = &Security{
		Tokens: tokens, TokenFile: filepath.Join(dir, "token.jwt"), dir: dir, stores: folder,
		passwords: map[string]string{"alice": Secret("alice"), "bob": Secret("bob")},
	}
	return nil
}

// listener is one that a secure cluster has beside PLAINTEXT and those of the nodes themselves.
type listener struct {
	name, protocol string
	server         string   // its certificate: a file of the stores; "": no TLS
	properties     []string // those of this listener only
}

const (
	loginModules     = "org.apache.kafka.common.security."
	nodeLogin        = loginModules + `plain.PlainLoginModule required username="node" password="node" user_node="node";`
	scramServer      = loginModules + `scram.ScramLoginModule required;`
	oauthServer      = loginModules + `oauthbearer.OAuthBearerLoginModule required;`
	oauthValidator   = loginModules + "oauthbearer.OAuthBearerValidatorCallbackHandler"
	internalListener = "INTERNAL" // the nodes' and the rig's own
)

var secureListeners = []listener{
	{"SSL", "SSL", "server.pem", nil},
	{"MTLS", "SSL", "server.pem", []string{
		"ssl.client.auth=required",
		"ssl.principal.mapping.rules=RULE:^CN=([^,]+).*$/$1/", // a user has one name on all listeners
	}},
	{"SCRAM", "SASL_PLAINTEXT", "", []string{
		"sasl.enabled.mechanisms=SCRAM-SHA-256,SCRAM-SHA-512",
		"scram-sha-256.sasl.jaas.config=" + scramServer,
		"scram-sha-512.sasl.jaas.config=" + scramServer,
	}},
	{"PLAIN", "SASL_SSL", "server.pem", []string{
		"sasl.enabled.mechanisms=PLAIN",
		"plain.sasl.jaas.config=" + JAAS("plain.PlainLoginModule", "user_alice", Secret("alice"), "user_bob", Secret("bob")),
	}},
	{"OAUTH", "SASL_SSL", "server.pem", []string{
		"sasl.enabled.mechanisms=OAUTHBEARER",
		"oauthbearer.sasl.jaas.config=" + oauthServer,
		"oauthbearer.sasl.server.callback.handler.class=" + oauthValidator,
		"oauthbearer.connections.max.reauth.ms=86400000", // else a connection outlives its token
	}},
	{"UNSECURED", "SASL_PLAINTEXT", "", []string{
		"sasl.enabled.mechanisms=OAUTHBEARER",
		"oauthbearer.sasl.jaas.config=" + oauthServer,
	}},
	{"EXPIRED", "SSL", "expired.pem", nil},
	{"FUTURE", "SSL", "future.pem", nil},
	{"WRONGNAME", "SSL", "wrongname.pem", nil},
}

// extraPorts is the number of a node's ports beside those of PLAINTEXT and the controller.
func (o Options) extraPorts() int {
	switch {
	case o.Secure:
		return 1 + len(secureListeners)
	case o.Kerberos:
		return 1
	}
	return 0
}

// setPorts hands out the extra ports.
func (n *node) setPorts(ports []int) {
	switch len(ports) {
	case 0:
		return
	case 1:
		n.ports = map[string]int{kerberosListener: ports[0]}
		return
	}
	n.ports = map[string]int{internalListener: ports[0]}
	for i, l := range secureListeners {
		n.ports[l.name] = ports[1+i]
	}
}

func (n *node) listener(name string) string {
	switch name {
	case "PLAINTEXT":
		return n.addr()
	case kerberosListener:
		return "localhost:" + strconv.Itoa(n.ports[name])
	}
	return "127.0.0.1:" + strconv.Itoa(n.ports[name])
}

// Listener lists the addresses of all nodes on a listener of a secure cluster, as bootstrap.servers wants them.
func (c *Cluster) Listener(name string) string {
	addrs := make([]string, len(c.nodes))
	for i, n := range c.nodes {
		addrs[i] = n.listener(name)
	}
	return strings.Join(addrs, ",")
}

// secureProperties are the node's server.properties that differ from those of a cluster without security. The nodes log in
// to each other with a principal of their own, as in authorizerProperties, so that nobody else has to be a super user.
func (n *node) secureProperties(s *Security) []string {
	listeners := []string{"PLAINTEXT://" + n.addr(), internalListener + "://" + n.listener(internalListener)}
	protocols := []string{"CONTROLLER:SASL_PLAINTEXT", internalListener + ":SASL_PLAINTEXT", "PLAINTEXT:PLAINTEXT"}
	lines := []string{
		"authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer",
		"super.users=User:node",
		"inter.broker.listener.name=" + internalListener,
		"sasl.enabled.mechanisms=PLAIN",
		"sasl.mechanism.controller.protocol=PLAIN",
		"sasl.mechanism.inter.broker.protocol=PLAIN",
		"listener.name.controller.plain.sasl.jaas.config=" + nodeLogin,
		"listener.name.internal.plain.sasl.jaas.config=" + nodeLogin,
		"ssl.truststore.type=PEM",
		"ssl.truststore.location=" + s.File("ca.pem"),
		"sasl.oauthbearer.jwks.endpoint.url=" + s.fileURL("jwks.json"),
		"sasl.oauthbearer.expected.audience=" + tokenAudience,
		"sasl.oauthbearer.expected.issuer=" + s.Tokens.URL,
		"delegation.token.secret.key=kafkatest",
		"num.network.threads=1", // for each listener
	}
	for _, l := range secureListeners {
		listeners = append(listeners, l.name+"://"+n.listener(l.name))
		protocols = append(protocols, l.name+":"+l.protocol)
		properties := l.properties
		if l.server != "" {
			properties = append([]string{"ssl.keystore.type=PEM", "ssl.keystore.location=" + s.File(l.server)}, properties...)
		}
		for _, p := range properties {
			lines = append(lines, "listener.name."+strings.ToLower(l.name)+"."+p)
		}
	}
	all := strings.Join(listeners, ",")
	return append(lines, fmt.Sprintf("listeners=%s,CONTROLLER://127.0.0.1:%d", all, n.controllerPort),
		"advertised.listeners="+all, "listener.security.protocol.map="+strings.Join(protocols, ","))
}

func (s *Security) fileURL(name string) string {
	u := url.URL{Scheme: "file", Path: filepath.Join(s.dir, name)}
	return u.String()
}

// javaFlags are what every JVM of the cluster is given: Kafka 4 reads tokens and keys from nowhere that is not on these lists.
func (c *Cluster) javaFlags() []string {
	if c.Kerberos != nil {
		return []string{"-Djava.security.krb5.conf=" + c.Kerberos.Config}
	}
	if c.Secure == nil {
		return nil
	}
	s := c.Secure
	const allowed = "-Dorg.apache.kafka.sasl.oauthbearer.allowed."
	return []string{
		allowed + "urls=" + strings.Join([]string{s.Tokens.URL, s.fileURL("jwks.json"), s.fileURL("token.jwt")}, ","),
		allowed + "files=" + strings.Join([]string{s.TokenFile, s.Tokens.AssertionKey, filepath.Join(s.dir, "jwks.json")}, ","),
	}
}

// formatFlags have the first snapshot of the metadata know the SCRAM users, so that no node has to learn of them.
func (s *Security) formatFlags() []string {
	if s == nil {
		return nil
	}
	var flags []string
	for _, user := range []string{"alice", "bob"} {
		for _, mechanism := range []string{"SCRAM-SHA-256", "SCRAM-SHA-512"} {
			flags = append(flags, "--add-scram", fmt.Sprintf("%s=[name=%s,password=%s]", mechanism, user, Secret(user)))
		}
	}
	return flags
}

// admin are the options of the rig's own clients, who may do everything, of some nodes.
func (c *Cluster) admin(nodes ...*node) []kgo.Opt {
	addrs := make([]string, len(nodes))
	for i, n := range nodes {
		if addrs[i] = n.addr(); c.Secure != nil {
			addrs[i] = n.listener(internalListener)
		}
	}
	opts := []kgo.Opt{kgo.SeedBrokers(addrs...)}
	if c.Secure != nil {
		opts = append(opts, kgo.SASL(plain.Auth{User: "node", Pass: "node"}.AsMechanism()))
	}
	return opts
}

// listening tries all of a node's extra ports: brokers open them one after the other.
func (n *node) listening() error {
	for _, port := range n.ports {
		conn, err := net.DialTimeout("tcp", "127.0.0.1:"+strconv.Itoa(port), time.Second)
		if err != nil {
			return err
		}
		conn.Close()
	}
	return nil
}
