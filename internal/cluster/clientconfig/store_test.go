package clientconfig

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const authority = "CN=offsetctl test authority"

// fixture is a store of the package that reads them.
func fixture(name string) string { return filepath.Join("..", "keystore", "testdata", "stores", name) }

func text(t *testing.T, name string) Secret {
	t.Helper()
	data, err := os.ReadFile(fixture(name))
	if err != nil {
		t.Fatal(err)
	}
	return NewSecret(string(data))
}

func subjects(certs []*x509.Certificate) []string {
	var names []string
	for _, c := range certs {
		names = append(names, c.Subject.String())
	}
	return names
}

func TestTrustInAFile(t *testing.T) {
	for _, c := range []struct{ file, typ, password string }{
		{"trust.p12", "JKS", "changeit"}, // the content counts
		{"trust.jks", "", ""},
		{"ca.pem", "PEM", ""},
	} {
		got, err := TLS{Trust: Store{Location: fixture(c.file), Type: c.typ, Password: NewSecret(c.password)}}.authorities()
		if err != nil {
			t.Errorf("%s: %v", c.file, err)
		}
		if d := cmp.Diff([]string{authority}, subjects(got)); d != "" {
			t.Errorf("%s (-want +got):\n%s", c.file, d)
		}
	}
}

func TestTrustInTheConfigurationItself(t *testing.T) {
	pem := text(t, "ca.pem").Reveal()
	for name, value := range map[string]string{
		"as it is":           pem,
		"on one line":        strings.ReplaceAll(pem, "\n", " "),
		"Windows line ends":  strings.ReplaceAll(pem, "\n", "\r\n"),
		"no end of line":     strings.TrimSpace(pem),
		"text around it":     "subject=CN = x\n" + pem + "\nissuer: y\n",
		"one Go cannot take": text(t, "negative.pem").Reveal() + pem,
	} {
		got, err := TLS{Trust: Store{Certificates: NewSecret(value)}}.authorities()
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if d := cmp.Diff([]string{authority}, subjects(got)); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
}

func TestNoTruststoreIsTheSystems(t *testing.T) {
	got, err := TLS{}.authorities()
	if got != nil || err != nil {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestKeystores(t *testing.T) {
	const p = "changeit"
	file := func(name, password, key string) Store {
		return Store{Location: fixture(name), Password: NewSecret(password), KeyPassword: NewSecret(key)}
	}
	oneLine := func(s Secret) Secret { return NewSecret(strings.ReplaceAll(s.Reveal(), "\n", " ")) }
	ec, ecChain := []string{"CN=client ec"}, []string{"CN=client ec", authority}
	for _, c := range []struct {
		name  string
		store Store
		want  [][]string // subjects of each chain
	}{
		{"none", Store{}, nil},
		{"the store's password opens the key", file("ec.p12", p, ""), [][]string{ecChain}},
		{"the key's own password", file("keypass.jks", p, "otherpass"), [][]string{ecChain}},
		{"JKS that is not checked", file("keypass.jks", "", "otherpass"), [][]string{ecChain}},
		{"PEM in one file, with a password", file("ec.all.pem", p, ""), [][]string{ecChain}},
		{"two files", Store{CertificateFile: fixture("ec.pem"), KeyFile: fixture("ec.enc.key"), KeyPassword: NewSecret(p)}, [][]string{ec}},
		{"in the configuration", Store{Certificates: text(t, "ec.pem"), Key: text(t, "ec.key")}, [][]string{ec}},
		{"in the configuration, on one line", Store{Certificates: oneLine(text(t, "ec.pem")), Key: oneLine(text(t, "ec.enc.key")), KeyPassword: NewSecret(p)}, [][]string{ec}},
	} {
		identities, err := c.store.identities()
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		var got [][]string
		for _, id := range identities {
			if id.Leaf == nil || !bytes.Equal(id.Leaf.Raw, id.Certificate[0]) {
				t.Errorf("%s: the leaf is not the first certificate: %v", c.name, id.Leaf)
			}
			var chain []string
			for _, der := range id.Certificate {
				cert, err := x509.ParseCertificate(der)
				if err != nil {
					t.Fatal(err)
				}
				chain = append(chain, cert.Subject.String())
			}
			got = append(got, chain)
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, d)
		}
	}
}

// OpenSSL's notes are about who is trusted, and this is the client itself.
func TestAClientsCertificateMayHaveNotes(t *testing.T) {
	data, err := os.ReadFile(fixture("ec.pem"))
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(data)
	block.Type = "TRUSTED CERTIFICATE"
	block.Bytes = append(block.Bytes, "\x30\x0c\x30\x0a\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x02"...) // trusted for clients alone
	file := filepath.Join(t.TempDir(), "cert.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := (Store{CertificateFile: file, KeyFile: fixture("ec.key")}).identities()
	if err != nil || len(got) != 1 || len(got[0].Certificate) != 1 {
		t.Errorf("%d identities, %v", len(got), err)
	}
}
