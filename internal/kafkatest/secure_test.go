//go:build kafka

package kafkatest

import (
	"context"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kadm"
)

// loginCase is a client's file for a listener, and what Kafka's own tool makes of it: the groups it may see, or an error.
type loginCase struct {
	name, listener string
	with           []string // other properties
	groups         string   // as listed
	err            string   // part of what is printed
	from4          bool     // Kafka 3 has none of it
}

// Of two groups, anybody may describe "open" without login and alice may describe "hers".
const (
	anonymous = "open\n"
	alice     = "hers\n"
)

// timedOut is all that Kafka's tools say where they cannot even begin to log in.
const timedOut = "Timed out"

func startSecure(t *testing.T, nodes int) *Cluster {
	t.Helper()
	c := Start(t, Options{Secure: true, Nodes: nodes})
	c.Topic(t, "orders", 1, 1)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	admin := kadm.NewClient(c.Kgo(t))
	for _, group := range []string{"open", "hers", "hidden"} {
		var offsets kadm.Offsets
		offsets.AddOffset("orders", 0, 1, -1)
		if err := admin.CommitAllOffsets(ctx, group, offsets); err != nil {
			t.Fatal(err)
		}
	}
	c.Allow(t, "User:ANONYMOUS", "group", "open", "describe")
	c.Allow(t, "User:alice", "group", "hers", "describe")
	return c
}

func TestSecureListeners(t *testing.T) {
	t.Parallel()
	c := startSecure(t, 1)
	s := c.Secure
	c.User(t, "carol", `p"\ ä;`)
	c.Allow(t, "User:carol", "group", "hers", "describe")
	id, hmac := c.DelegationToken(t, "alice")
	if err := os.WriteFile(s.TokenFile, []byte(s.Tokens.Token("alice", time.Hour)), 0o600); err != nil {
		t.Fatal(err)
	}
	tools := c.Tools(t)
	for _, tt := range slices.Concat(tlsCases(c), saslCases(c, id, hmac), oauthCases(c)) {
		t.Run(tt.name, func(t *testing.T) {
			if tt.from4 && strings.HasPrefix(c.Version, "3.") {
				t.Skip("new in Kafka 4")
			}
			checkLogin(t, c, tools, tt)
		})
	}
	t.Run("acls", func(t *testing.T) {
		r := tools.ACLs(t, "--list", "--group", "hers", "--principal", "User:alice")
		if !strings.Contains(r.Stdout, "principal=User:alice, host=*, operation=DESCRIBE, permissionType=ALLOW") || strings.Contains(r.Stdout, "carol") {
			t.Errorf("kafka-acls: %+v, want alice's", r)
		}
	})
	t.Run("oauth answer", func(t *testing.T) {
		before := len(s.Tokens.Requests())
		s.Tokens.Answer(func(w http.ResponseWriter, r *http.Request) { http.Error(w, "no", http.StatusForbidden) })
		checkLogin(t, c, tools, loginCase{listener: "OAUTH", err: "403"})
		s.Tokens.Answer(nil)
		s.Tokens.Lifetime(-time.Minute)
		checkLogin(t, c, tools, loginCase{listener: "OAUTH", err: "SaslAuthenticationException"})
		s.Tokens.Lifetime(time.Hour)
		checkLogin(t, c, tools, loginCase{listener: "OAUTH", groups: alice})
		requests := s.Tokens.Requests()[before:]
		if len(requests) < 3 || !slices.Equal(requests[0]["grant_type"], []string{"client_credentials"}) {
			t.Errorf("requests for tokens: %v, want at least three, for client_credentials", requests)
		}
	})
}

// checkLogin lists the groups with Kafka's own tool.
func checkLogin(t *testing.T, c *Cluster, tools *Tools, tt loginCase) {
	t.Helper()
	file := c.Properties(tt.listener, "alice").With(tt.with...).Write(t)
	timeout := "30000"
	if tt.err == timedOut {
		timeout = "1000"
	}
	r := tools.ConsumerGroupsAt(t, c.Listener(tt.listener), "--list", "--command-config", file, "--timeout", timeout)
	groups := strings.SplitAfter(r.Stdout, "\n")
	slices.Sort(groups)
	switch {
	case tt.err == "" && (strings.Join(groups, "") != tt.groups || r.Stderr != ""):
		t.Errorf("listed %q, want %q; errors:\n%s", r.Stdout, tt.groups, r.Stderr)
	case tt.err != "" && !strings.Contains(r.Stdout+r.Stderr, tt.err):
		t.Errorf("said nothing of %q:\n%s\n%s", tt.err, r.Stdout, r.Stderr)
	}
}

func tlsCases(c *Cluster) []loginCase {
	s := c.Secure
	return []loginCase{
		{name: "plaintext", listener: "PLAINTEXT", groups: anonymous},
		{name: "super user", listener: internalListener, groups: "hers\nhidden\nopen\n"},
		{name: "plaintext client", listener: "SSL", with: []string{"security.protocol=PLAINTEXT"}, err: "OutOfMemoryError"},

		{name: "jks", listener: "SSL", groups: anonymous},
		{name: "p12", listener: "SSL", with: s.Trust("truststore.p12"), groups: anonymous},
		{name: "pem", listener: "SSL", with: s.Trust("ca.pem"), groups: anonymous},
		{name: "alien", listener: "SSL", with: s.Trust("alien.pem"), err: "SSL handshake failed"},
		{name: "openssl", listener: "SSL", err: timedOut, with: s.Trust("openssl.p12")},
		{name: "store password", listener: "SSL", with: []string{"ssl.truststore.password=wrong"}, err: "password was incorrect"},
		{name: "expired", listener: "EXPIRED", err: "NotAfter"},
		{name: "future", listener: "FUTURE", err: "NotBefore"},
		{name: "name", listener: "WRONGNAME", err: "No subject alternative names matching IP address 127.0.0.1"},
		{name: "no name", listener: "WRONGNAME", with: []string{"ssl.endpoint.identification.algorithm="}, groups: anonymous},

		{name: "mtls jks", listener: "MTLS", groups: alice},
		{name: "mtls p12", listener: "MTLS", with: s.Key("client.p12"), groups: alice},
		{name: "mtls pem", listener: "MTLS", with: s.Key("client.pem"), groups: alice},
		{name: "mtls without", listener: "MTLS", err: "SslAuthenticationException", with: []string{
			"ssl.keystore.location", "ssl.keystore.type", "ssl.keystore.password", "ssl.key.password"}},
	}
}

func saslCases(c *Cluster, tokenID, hmac string) []loginCase {
	wrong := func(module, user string) string {
		return "sasl.jaas.config=" + JAAS(module, "username", user, "password", "wrong")
	}
	return []loginCase{
		{name: "scram 512", listener: "SCRAM", groups: alice},
		{name: "scram 256", listener: "SCRAM", with: []string{"sasl.mechanism=SCRAM-SHA-256"}, groups: alice},
		{name: "scram carol", listener: "SCRAM", with: []string{"sasl.jaas.config=" + c.Properties("SCRAM", "carol")["sasl.jaas.config"]}, groups: alice},
		{name: "scram password", listener: "SCRAM", with: []string{wrong("scram.ScramLoginModule", "alice")}, err: "Authentication failed"},
		{name: "scram token", listener: "SCRAM", groups: alice, with: []string{"sasl.jaas.config=" + JAAS("scram.ScramLoginModule",
			"username", tokenID, "password", hmac, "tokenauth", "true")}},
		{name: "mechanism", listener: "SCRAM", with: []string{"sasl.mechanism=PLAIN", wrong("plain.PlainLoginModule", "alice")}, err: "mechanism 'PLAIN' not enabled in the server"},

		{name: "plain", listener: "PLAIN", groups: alice},
		{name: "plain password", listener: "PLAIN", with: []string{wrong("plain.PlainLoginModule", "alice")}, err: "Invalid username or password"},
		{name: "plain alien", listener: "PLAIN", with: c.Secure.Trust("alien.pem"), err: "SSL handshake failed"},
	}
}

func oauthCases(c *Cluster) []loginCase {
	s := c.Secure
	return []loginCase{
		{name: "oauth", listener: "OAUTH", groups: alice},
		{name: "oauth secret", listener: "OAUTH", err: "401", with: []string{"sasl.jaas.config=" +
			strings.Replace(c.Properties("OAUTH", "alice")["sasl.jaas.config"], Secret("alice"), "wrong", 1)}},
		{name: "oauth alien", listener: "OAUTH", with: s.Trust("alien.pem"), err: "SSL handshake failed"},
		{name: "oauth file", listener: "OAUTH", groups: alice, with: []string{
			"sasl.oauthbearer.token.endpoint.url=" + s.fileURL("token.jwt"), "sasl.jaas.config=" + JAAS("oauthbearer.OAuthBearerLoginModule")}},
		{name: "oauth assertion", listener: "OAUTH", groups: alice, from4: true, with: []string{
			"sasl.oauthbearer.jwt.retriever.class=" + loginModules + "oauthbearer.JwtBearerJwtRetriever",
			"sasl.oauthbearer.assertion.algorithm=RS256",
			"sasl.oauthbearer.assertion.private.key.file=" + s.Tokens.AssertionKey,
			"sasl.oauthbearer.assertion.claim.aud=" + s.Tokens.URL,
			"sasl.oauthbearer.assertion.claim.iss=alice",
			"sasl.oauthbearer.assertion.claim.sub=alice",
			"sasl.oauthbearer.scope=" + tokenScope,
		}},
		{name: "unsecured", listener: "UNSECURED", groups: alice},
	}
}

func TestSecureThreeNodes(t *testing.T) {
	t.Parallel()
	c := startSecure(t, 3)
	c.User(t, "carol", "new")
	c.Allow(t, "User:carol", "group", "hers", "describe")
	id, hmac := c.DelegationToken(t, "carol")
	tools := c.Tools(t)
	for i := range c.nodes {
		node := c.nodes[i].listener("SCRAM")
		for name, p := range map[string]Properties{
			"password": c.Properties("SCRAM", "carol"),
			"token": c.Properties("SCRAM", "").With("sasl.jaas.config=" + JAAS("scram.ScramLoginModule",
				"username", id, "password", hmac, "tokenauth", "true")),
		} {
			r := tools.ConsumerGroupsAt(t, node, "--list", "--command-config", p.Write(t))
			if want := (ToolResult{Stdout: alice}); r != want {
				t.Errorf("node %d, with a %s: %s", i+1, name, cmp.Diff(want, r))
			}
		}
	}
}

func TestSecureWithoutOpenSSL(t *testing.T) {
	t.Setenv("OFFSETCTL_TEST_CACHE", t.TempDir())
	t.Setenv("PATH", t.TempDir())
	_, err := stores(t.Context())
	if err == nil || !strings.Contains(err.Error(), "install the package openssl") {
		t.Errorf("without openssl: %v, want what to install", err)
	}
}
