//go:build kafka

package kafkatest

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"
)

// Properties are a client.properties file before it is written: what Kafka's own tools take as --command-config.
type Properties map[string]string

// Properties are what a user needs for a listener of a secure cluster. Users without a password of their own have the one of
// Secret. The listeners without users take any name; the certificate for MTLS is alice's whatever the name, and INTERNAL is the
// super user's.
func (c *Cluster) Properties(listener, user string) Properties {
	s := c.Secure
	p := Properties{"bootstrap.servers": c.Listener(listener)}
	for _, l := range secureListeners {
		if l.name != listener {
			continue
		}
		p["security.protocol"] = l.protocol
		if l.server != "" {
			p.set(s.Trust("truststore.jks"))
		}
	}
	switch listener {
	case "MTLS":
		p.set(s.Key("client.jks"))
	case "SCRAM":
		p["sasl.mechanism"] = "SCRAM-SHA-512"
		p["sasl.jaas.config"] = JAAS("scram.ScramLoginModule", "username", user, "password", s.password(user))
	case internalListener:
		p.set([]string{"security.protocol=SASL_PLAINTEXT", "sasl.mechanism=PLAIN", "sasl.jaas.config=" + nodeLogin})
	case "PLAIN":
		p["sasl.mechanism"] = "PLAIN"
		p["sasl.jaas.config"] = JAAS("plain.PlainLoginModule", "username", user, "password", Secret(user))
	case "UNSECURED":
		p["sasl.mechanism"] = "OAUTHBEARER"
		p["sasl.jaas.config"] = JAAS("oauthbearer.OAuthBearerLoginModule", "unsecuredLoginStringClaim_sub", user)
	case "OAUTH":
		p["sasl.mechanism"] = "OAUTHBEARER"
		p["sasl.login.callback.handler.class"] = "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginCallbackHandler"
		p["sasl.oauthbearer.token.endpoint.url"] = s.Tokens.URL
		p["sasl.jaas.config"] = JAAS("oauthbearer.OAuthBearerLoginModule", "clientId", user, "clientSecret", Secret(user), "scope", tokenScope,
			"ssl.truststore.type", "PEM", "ssl.truststore.location", s.File("ca.pem"))
	}
	return p
}

func (s *Security) password(user string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p, ok := s.passwords[user]; ok {
		return p
	}
	return Secret(user)
}

// Trust are the properties, for With, of a truststore of the files: *.jks, *.p12 or *.pem.
func (s *Security) Trust(file string) []string {
	lines := []string{"ssl.truststore.location=" + s.File(file), "ssl.truststore.type=" + storeType(file)}
	if storeType(file) == "PEM" {
		return append(lines, "ssl.truststore.password") // Kafka refuses one for PEM
	}
	return append(lines, "ssl.truststore.password="+StorePassword)
}

// Key are the properties, for With, of a keystore of the files.
func (s *Security) Key(file string) []string {
	lines := []string{"ssl.keystore.location=" + s.File(file), "ssl.keystore.type=" + storeType(file)}
	if storeType(file) == "PEM" {
		return append(lines, "ssl.keystore.password", "ssl.key.password="+KeyPassword)
	}
	return append(lines, "ssl.keystore.password="+StorePassword, "ssl.key.password="+StorePassword)
}

func storeType(file string) string {
	return map[string]string{".jks": "JKS", ".p12": "PKCS12", ".pem": "PEM"}[filepath.Ext(file)]
}

// JAAS is a line for sasl.jaas.config: a login module of org.apache.kafka.common.security, such as "plain.PlainLoginModule",
// with names and values of options by turns.
func JAAS(module string, options ...string) string {
	var b strings.Builder
	b.WriteString(loginModules + module + " required")
	quote := strings.NewReplacer(`\`, `\\`, `"`, `\"`)
	for i := 0; i < len(options); i += 2 {
		fmt.Fprintf(&b, ` %s="%s"`, options[i], quote.Replace(options[i+1]))
	}
	return b.String() + ";"
}

// With is a copy with other or more properties, each "key=value"; a key alone is left out of it.
func (p Properties) With(lines ...string) Properties {
	p = maps.Clone(p)
	p.set(lines)
	return p
}

func (p Properties) set(lines []string) {
	for _, line := range lines {
		key, value, ok := strings.Cut(line, "=")
		if p[key] = value; !ok {
			delete(p, key)
		}
	}
}

// Write writes the properties into a new file that only its owner may read, and returns its path.
func (p Properties) Write(t testing.TB) string {
	t.Helper()
	var b strings.Builder
	for _, key := range slices.Sorted(maps.Keys(p)) {
		b.WriteString(key + "=" + escape(p[key]) + "\n")
	}
	path := filepath.Join(t.TempDir(), "client.properties")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// escape writes a value as java.util.Properties reads it from Latin-1.
func escape(value string) string {
	var b strings.Builder
	for i, u := range utf16.Encode([]rune(value)) {
		switch {
		case u == '\\' || u == ' ' && i == 0:
			b.WriteString(`\` + string(rune(u)))
		case u < ' ' || u > '~':
			fmt.Fprintf(&b, `\u%04x`, u)
		default:
			b.WriteByte(byte(u))
		}
	}
	return b.String()
}
