//go:build kafka

package main_test

import (
	"bytes"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kadm"

	"github.com/offsetctl/offsetctl/cmd"
	"github.com/offsetctl/offsetctl/internal/kafkatest"
)

// way is a file of settings with which a client gets in.
type way struct {
	name, listener string
	with           []string // other properties than those of the listener
	onlyHere       bool     // Kafka's own tool does not get in with it
	since4         bool     // a broker or tool of Kafka 3 does not know it
}

// secured is a cluster with a listener for each way to get in. alice, who is nobody on the listeners without a login, may do with
// the group app and the topic orders what offsetctl does.
func secured(t *testing.T) *kafkatest.Cluster {
	t.Helper()
	c := kafkatest.Start(t, kafkatest.Options{Secure: true})
	c.Topic(t, "orders", 2, 10)
	for _, user := range []string{"User:alice", "User:ANONYMOUS"} {
		c.Allow(t, user, "group", "app", "read")
		c.Allow(t, user, "topic", "orders", "read")
		c.Allow(t, user, "topic", "__consumer_offsets", "read")
	}
	commitFor(t, c, "app", "orders", 3)
	return c
}

func commitFor(t *testing.T, c *kafkatest.Cluster, group, topic string, at int64) {
	t.Helper()
	var offsets kadm.Offsets
	offsets.AddOffset(topic, 0, at, -1)
	if err := kadm.NewClient(c.Kgo(t, maxOffsetCommit9())).CommitAllOffsets(t.Context(), group, offsets); err != nil {
		t.Fatal(err)
	}
}

// configured runs a command line with a file of settings and nothing else that says where to go.
func configured(t *testing.T, file string, args ...string) result {
	t.Helper()
	var out, errs bytes.Buffer
	exit := cmd.Main(t.Context(), append(args, "--command-config", file), strings.NewReader(""), &out, &errs)
	r := result{out.String(), errs.String(), exit}
	for _, secret := range []string{kafkatest.Secret("alice"), kafkatest.StorePassword, kafkatest.KeyPassword, "eyJ"} { // the last one begins every JWT
		if strings.Contains(r.Stdout+r.Stderr, secret) {
			t.Errorf("offsetctl %q prints the secret %q:\n%s%s", args, secret, r.Stdout, r.Stderr)
		}
	}
	return r
}

func ways(t *testing.T, c *kafkatest.Cluster) []way {
	t.Helper()
	s := c.Secure
	c.User(t, "carol", `p"\ ä;`)
	for _, resource := range [][2]string{{"group", "app"}, {"topic", "orders"}, {"topic", "__consumer_offsets"}} {
		c.Allow(t, "User:carol", resource[0], resource[1], "read")
	}
	id, hmac := c.DelegationToken(t, "alice")
	if err := os.WriteFile(s.TokenFile, []byte(s.Tokens.Token("alice", time.Hour)), 0o600); err != nil {
		t.Fatal(err)
	}
	const oauth = "org.apache.kafka.common.security.oauthbearer."
	return []way{
		{name: "PLAINTEXT", listener: "PLAINTEXT"},
		{name: "SSL, JKS", listener: "SSL"},
		{name: "SSL, PKCS12", listener: "SSL", with: s.Trust("truststore.p12")},
		{name: "SSL, PEM", listener: "SSL", with: s.Trust("ca.pem")},
		{name: "SSL, PKCS12 of openssl", listener: "SSL", with: s.Trust("openssl.p12"), onlyHere: true},
		{name: "SSL, another name", listener: "WRONGNAME", with: []string{"ssl.endpoint.identification.algorithm="}},
		{name: "MTLS, JKS", listener: "MTLS"},
		{name: "MTLS, PKCS12", listener: "MTLS", with: s.Key("client.p12")},
		{name: "MTLS, PEM with an encrypted key", listener: "MTLS", with: s.Key("client.pem")},
		{name: "SCRAM-SHA-512", listener: "SCRAM"},
		{name: "SCRAM-SHA-256", listener: "SCRAM", with: []string{"sasl.mechanism=SCRAM-SHA-256"}},
		{name: "SCRAM, a password to be escaped", listener: "SCRAM", with: []string{"sasl.jaas.config=" + c.Properties("SCRAM", "carol")["sasl.jaas.config"]}},
		{name: "SCRAM, delegation token", listener: "SCRAM", with: []string{"sasl.jaas.config=" + kafkatest.JAAS("scram.ScramLoginModule", "username", id, "password", hmac, "tokenauth", "true")}},
		{name: "SASL_SSL, PLAIN", listener: "PLAIN"},
		{name: "OAUTHBEARER, client credentials", listener: "OAUTH"},
		{name: "OAUTHBEARER, a file", listener: "OAUTH", with: []string{"sasl.oauthbearer.token.endpoint.url=file://" + s.TokenFile, "sasl.jaas.config=" + kafkatest.JAAS("oauthbearer.OAuthBearerLoginModule")}},
		{name: "OAUTHBEARER, assertion", listener: "OAUTH", since4: true, with: []string{
			"sasl.oauthbearer.jwt.retriever.class=" + oauth + "JwtBearerJwtRetriever",
			"sasl.oauthbearer.assertion.algorithm=RS256",
			"sasl.oauthbearer.assertion.private.key.file=" + s.Tokens.AssertionKey,
			"sasl.oauthbearer.assertion.claim.aud=" + s.Tokens.URL,
			"sasl.oauthbearer.assertion.claim.iss=alice",
			"sasl.oauthbearer.assertion.claim.sub=alice",
		}},
		{name: "OAUTHBEARER, an assertion for the secret", listener: "OAUTH", since4: true, with: []string{
			"sasl.oauthbearer.assertion.algorithm=RS256",
			"sasl.oauthbearer.assertion.private.key.file=" + s.Tokens.AssertionKey,
			"sasl.oauthbearer.assertion.claim.aud=" + s.Tokens.URL,
			"sasl.oauthbearer.assertion.claim.iss=alice",
			"sasl.oauthbearer.assertion.claim.sub=alice",
		}},
		{name: "OAUTHBEARER, unsecured", listener: "UNSECURED"},
	}
}

// Every way in, with the very file that Kafka's own tool takes: the numbers are the same, inspect reads, reset resets.
func TestKafkaSecureWaysIn(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	c := secured(t)
	tools := c.Tools(t)
	for i, w := range ways(t, c) {
		t.Run(w.name, func(t *testing.T) {
			file := c.Properties(w.listener, "alice").With(w.with...).Write(t)
			before := string(lagOf(t, file))
			if !w.onlyHere && (!w.since4 || !before4(c)) {
				r := tools.ConsumerGroupsAt(t, c.Listener(w.listener), "--describe", "--group", "app", "--command-config", file)
				if d := gocmp.Diff(ofKafka(kafkatest.ParseDescribe(t, r.Stdout)), ofItems(parse(t, before).Items)); d != "" {
					t.Errorf("(-kafka-consumer-groups.sh +lag):\n%s\n%s", d, r.Stderr)
				}
			}
			to := []string{"2", "5"}[i%2] // another offset than the one that is there
			if r := configured(t, file, "reset", "app", "--to-offset", to, "--execute", "--force", "-o", "json"); r.Exit != 0 || !strings.Contains(r.Stdout, `"result":"applied"`) {
				t.Errorf("reset: exit %d\n%s%s", r.Exit, r.Stdout, r.Stderr)
			}
			r := configured(t, file, "inspect", "app", "--latest", "-o", "json")
			if r.Exit != 0 || !strings.Contains(r.Stdout, `"offset":`+to+`,`) {
				t.Errorf("inspect: exit %d, want the offset %s\n%s%s", r.Exit, to, r.Stdout, r.Stderr)
			}
			if r := configured(t, file, "config", "test", "-v"); r.Exit != 0 || strings.Contains(r.Stdout, "failed") {
				t.Errorf("config test: exit %d\n%s%s", r.Exit, r.Stdout, r.Stderr)
			}
		})
	}
}

func lagOf(t *testing.T, file string) json.RawMessage {
	t.Helper()
	r := configured(t, file, "lag", "app", "-o", "json")
	if r.Exit != 0 {
		t.Fatalf("lag: exit %d\n%s%s", r.Exit, r.Stdout, r.Stderr)
	}
	return json.RawMessage(r.Stdout)
}

// fault is a file of settings with which nobody gets in, and what is said.
type fault struct {
	name, listener string
	with           []string
	exit           int
	code           string // in the errors of JSON; empty: nothing was sent
	err, hint      string // parts of stderr
	failed         string // step of config test
}

func faults(c *kafkatest.Cluster) []fault {
	s := c.Secure
	wrong := func(module string) string {
		return "sasl.jaas.config=" + kafkatest.JAAS(module, "username", "alice", "password", "wrong")
	}
	return []fault{
		{"wrong password, SCRAM", "SCRAM", []string{wrong("scram.ScramLoginModule")}, 1, "SASL_AUTHENTICATION_FAILED", "invalid credentials with SASL mechanism SCRAM-SHA-512", "check user (alice) and password", "sasl"},
		{"wrong password, PLAIN", "PLAIN", []string{wrong("plain.PlainLoginModule")}, 1, "SASL_AUTHENTICATION_FAILED", "nvalid username or password", "check user (alice) and password", "sasl"},
		{"mechanism not offered", "SCRAM", []string{"sasl.mechanism=PLAIN"}, 1, "UNSUPPORTED_SASL_MECHANISM", "the broker does not offer", "config test", "offer"},
		{"unknown mechanism", "SCRAM", []string{"sasl.mechanism=NTLM"}, 2, "", "not one that offsetctl knows: \"NTLM\"", "", ""},
		{"wrong CA", "SSL", s.Trust("alien.pem"), 1, "CERTIFICATE_NOT_TRUSTED", "none of the trusted authorities has signed the broker's certificate (subject", "ssl.truststore.location", "tls"},
		{"no CA", "SSL", []string{"ssl.truststore.location", "ssl.truststore.type", "ssl.truststore.password"}, 1, "CERTIFICATE_NOT_TRUSTED", "none of the trusted authorities", "ssl.truststore.location", "tls"},
		{"expired certificate", "EXPIRED", nil, 1, "CERTIFICATE_NOT_VALID_NOW", "expired on", "new certificate", "tls"},
		{"certificate not valid yet", "FUTURE", nil, 1, "CERTIFICATE_NOT_VALID_NOW", "is not valid before", "clock", "tls"},
		{"another host name", "WRONGNAME", nil, 1, "CERTIFICATE_OF_OTHER_HOST", "not for 127.0.0.1", "advertised.listeners", "tls"},
		{"client certificate missing", "MTLS", []string{"ssl.keystore.location", "ssl.keystore.type", "ssl.keystore.password", "ssl.key.password"}, 1, "CLIENT_CERTIFICATE_REFUSED", "certificate", "ssl.keystore.location", "api"},
		{"plaintext on a TLS port", "SSL", []string{"security.protocol=PLAINTEXT"}, 1, "NOT_A_KAFKA_PORT", "TLS", "security.protocol", "api"},
		{"TLS on a plaintext port", "PLAINTEXT", append(s.Trust("ca.pem"), "security.protocol=SSL"), 1, "NOT_A_TLS_PORT", "the port may be a plaintext one", "security.protocol is PLAINTEXT", "tls"},
		{"a login where there is none", "PLAINTEXT", []string{"security.protocol=SASL_PLAINTEXT", "sasl.mechanism=PLAIN", wrong("plain.PlainLoginModule")}, 1, "ILLEGAL_SASL_STATE", "does not take a login", "PLAINTEXT or SSL", "offer"},
		{"no login where there is one", "SCRAM", []string{"security.protocol=PLAINTEXT"}, 1, "NOT_A_KAFKA_PORT", "", "config test", "api"},
		{"JKS with a wrong password", "SSL", []string{"ssl.truststore.password=wrong"}, 2, "", "ssl.truststore.password", "", ""},
		{"a file that is missing", "SSL", []string{"ssl.truststore.location=/none.jks"}, 2, "", "/none.jks", "", ""},
		{"a directory", "SSL", []string{"ssl.truststore.location=/"}, 2, "", "directory", "", ""},
		{"token endpoint refuses the secret", "OAUTH", []string{"sasl.jaas.config=" + strings.Replace(c.Properties("OAUTH", "alice")["sasl.jaas.config"], kafkatest.Secret("alice"), "wrong", 1)}, 1, "LOGIN_FAILED", "401", "secret", "token"},
		{"token endpoint down", "OAUTH", []string{"sasl.login.retry.backoff.max.ms=100", "sasl.oauthbearer.token.endpoint.url=https://127.0.0.1:1/token"}, 1, "LOGIN_FAILED", "connection refused", "", "token"},
		{"token endpoint of another CA", "OAUTH", []string{"sasl.jaas.config=" + strings.Replace(c.Properties("OAUTH", "alice")["sasl.jaas.config"], "ca.pem", "alien.pem", 1)}, 1, "LOGIN_FAILED", "certificate", "", "token"},
		{"a token of nobody", "OAUTH", []string{"sasl.oauthbearer.token.endpoint.url", "offsetctl.sasl.oauthbearer.token=" + c.Secure.Tokens.Token("alice", -time.Hour)}, 1, "LOGIN_FAILED", "expired", "", "token"},
		{"a token that the broker refuses", "OAUTH", []string{"sasl.oauthbearer.token.endpoint.url", "offsetctl.sasl.oauthbearer.token=" + alien(c.Secure.Tokens.Token("alice", time.Hour))}, 1, "SASL_AUTHENTICATION_FAILED", "the broker refused the token: invalid_token", "or the token", "sasl"},
		{"a key without a certificate", "MTLS", s.Key("client.key.pem"), 2, "", "certificate", "", ""},
	}
}

// Whatever keeps a client out is named within seconds, with what to do, and nothing is invented.
func TestKafkaSecureFaults(t *testing.T) {
	t.Parallel()
	c := secured(t)
	for _, f := range faults(c) {
		t.Run(f.name, func(t *testing.T) {
			file := c.Properties(f.listener, "alice").With(f.with...).Write(t)
			start := time.Now()
			r := configured(t, file, "lag", "app", "-o", "json")
			if took := time.Since(start); took > 20*time.Second {
				t.Errorf("it took %v", took)
			}
			if r.Exit != f.exit || !strings.Contains(r.Stderr, f.err) || !strings.Contains(r.Stderr, f.hint) {
				t.Errorf("exit %d, want %d with %q and %q\n%s", r.Exit, f.exit, f.err, f.hint, r.Stderr)
			}
			if f.code == "" {
				if r.Stdout != "" {
					t.Errorf("printed %s", r.Stdout)
				}
				return
			}
			d := parse(t, r.Stdout)
			if len(d.Items) != 0 || len(d.Errors) != 1 || d.Errors[0].Code != f.code {
				t.Errorf("want no item and one error with code %s\n%s", f.code, r.Stdout)
			}
			checkFailedStep(t, configured(t, file, "config", "test", "-o", "json"), f)
		})
	}
}

// checkFailedStep checks that config test ends at the step that is to fail.
func checkFailedStep(t *testing.T, r result, f fault) {
	t.Helper()
	var d struct {
		Items []struct{ Step, Result string }
	}
	if err := json.Unmarshal([]byte(r.Stdout), &d); err != nil {
		t.Fatalf("%v in %s", err, r.Stdout)
	}
	var failed []string
	for _, i := range d.Items {
		if i.Result == "failed" {
			failed = append(failed, i.Step)
		}
	}
	if strings.Contains(r.Stderr, "config test") {
		t.Errorf("config test sends to itself:\n%s", r.Stderr)
	}
	if r.Exit != 1 || !slices.Equal(failed, []string{f.failed}) || d.Items[len(d.Items)-1].Step != f.failed || !strings.Contains(r.Stderr, "offsetctl: hint: ") {
		t.Errorf("config test: exit %d, failed %q, want the end at %q and a hint\n%s%s", r.Exit, failed, f.failed, r.Stdout, r.Stderr)
	}
}

// alien is a token with another signature.
func alien(token string) string {
	return token[:strings.LastIndexByte(token, '.')+1] + strings.Repeat("A", 342)
}
