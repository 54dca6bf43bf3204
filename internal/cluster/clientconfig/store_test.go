package clientconfig

import (
	"bytes"
	"crypto/x509"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const authority = "CN=offsetctl test authority"

func fixture(name string) string { return filepath.Join("testdata", "stores", name) }

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

func TestTruststores(t *testing.T) {
	for _, c := range []struct {
		file, typ, password string
		want                []string
	}{
		{"trust.jks", "JKS", "changeit", []string{authority}},
		{"trust.jks", "PKCS12", "changeit", []string{authority}}, // the content counts
		{"trust.jks", "", "", []string{authority}},               // Java's way: not checked, but read
		{"trust.p12", "PKCS12", "changeit", []string{authority}},
		{"trust.p12", "JKS", "changeit", []string{authority}},
		{"trust.legacy.p12", "PKCS12", "changeit", []string{authority}}, // RC2 with 40 bits
		{"trust.plain.p12", "PKCS12", "", []string{authority}},
		{"trust.plain.p12", "PKCS12", "changeit", []string{authority}}, // Java takes any
		{"trust.openssl.p12", "PKCS12", "changeit", []string{authority}},
		{"trust.nopass.p12", "PKCS12", "", []string{authority}},
		{"trust.nopass.legacy.p12", "PKCS12", "", []string{authority}},
		{"trust.mac.p12", "PKCS12", "changeit", []string{authority}},
		{"trust.mac.p12", "PKCS12", "", []string{authority}}, // nothing to decrypt, so as with JKS
		{"trust.pbmac1.p12", "PKCS12", "changeit", []string{authority}},
		{"ca.pem", "PEM", "", []string{authority}},
		{"ca.pem", "JKS", "changeit", []string{authority}},
		{"ca.trusted.pem", "", "", []string{authority}},
		{"ca.der", "", "", []string{authority}},
		{"ec.all.pem", "PEM", "", []string{"CN=client ec", authority}},
		// A keystore as a truststore: the keys' own certificates and what is marked as trusted, as in Java.
		{"two.jks", "JKS", "changeit", []string{"CN=client ec", "CN=client rsa"}},
		{"two.p12", "PKCS12", "changeit", []string{"CN=client ec", "CN=client rsa"}},
		{"mixed.jks", "JKS", "changeit", []string{authority, "CN=client ec"}},
		{"mixed.p12", "PKCS12", "changeit", []string{authority, "CN=client ec"}},
		{"ec.p12", "PKCS12", "changeit", []string{"CN=client ec"}},
	} {
		got, err := TLS{Trust: Store{Location: fixture(c.file), Type: c.typ, Password: NewSecret(c.password)}}.authorities()
		if err != nil {
			t.Errorf("%s as %q with %q: %v", c.file, c.typ, c.password, err)
			continue
		}
		if d := cmp.Diff(c.want, subjects(got)); d != "" {
			t.Errorf("%s as %q with %q (-want +got):\n%s", c.file, c.typ, c.password, d)
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
	pem := func(cert, key, password string) Store {
		return Store{CertificateFile: fixture(cert), KeyFile: fixture(key), KeyPassword: NewSecret(password)}
	}
	oneLine := func(s Secret) Secret { return NewSecret(strings.ReplaceAll(s.Reveal(), "\n", " ")) }
	ec, rsa, ed := []string{"CN=client ec"}, []string{"CN=client rsa"}, []string{"CN=client ed25519"}
	ecChain, rsaChain, edChain := append(ec, authority), append(rsa, authority), append(ed, authority)
	for _, c := range []struct {
		name  string
		store Store
		want  [][]string // subjects of each chain
	}{
		{"none", Store{}, nil},
		{"two keys, JKS", file("two.jks", p, ""), [][]string{ecChain, rsaChain}},
		{"two keys, PKCS12", file("two.p12", p, ""), [][]string{ecChain, rsaChain}},
		{"a key and an authority, JKS", file("mixed.jks", p, ""), [][]string{ecChain}},
		{"a key and an authority, PKCS12", file("mixed.p12", p, ""), [][]string{ecChain}},
		{"the key's own password", file("keypass.jks", p, "otherpass"), [][]string{ecChain}},
		{"JKS that is not checked", file("keypass.jks", "", "otherpass"), [][]string{ecChain}},
		{"a key that is of use and one that is not, JKS", file("odd.jks", p, ""), [][]string{ecChain}},
		{"a key that is of use and two that are not, PKCS12", file("odd.p12", p, ""), [][]string{ecChain}},
		{"openssl's PKCS12", file("ec.p12", p, ""), [][]string{ecChain}},
		{"openssl's PKCS12, RSA", file("rsa.p12", p, ""), [][]string{rsaChain}},
		{"openssl's PKCS12, Ed25519", file("ed25519.p12", p, ""), [][]string{edChain}},
		{"openssl's old PKCS12", file("ec.legacy.p12", p, ""), [][]string{ecChain}},
		{"PKCS12 with RC4", file("ec.rc4.p12", p, ""), [][]string{ecChain}},
		{"nothing encrypted", file("ec.plain.p12", "", ""), [][]string{ec}},
		{"nothing encrypted, with a password", file("ec.plain.p12", p, ""), [][]string{ec}},
		{"PEM in one file", file("ec.all.pem", "", ""), [][]string{ecChain}},
		{"PEM in one file, with a password", file("ec.all.pem", p, ""), [][]string{ecChain}},
		{"PKCS#8", pem("ec.pem", "ec.key", ""), [][]string{ec}},
		{"Ed25519", pem("ed25519.pem", "ed25519.key", ""), [][]string{ed}},
		{"SEC1", pem("ec.pem", "ec.sec1.key", ""), [][]string{ec}},
		{"PKCS#1", pem("rsa.pem", "rsa.pkcs1.key", ""), [][]string{rsa}},
		{"PBES2, AES-256", pem("ec.pem", "ec.enc.key", p), [][]string{ec}},
		{"PBES2, AES-128, SHA-512", pem("ec.pem", "ec.enc512.key", p), [][]string{ec}},
		{"PBES2, 3DES", pem("ec.pem", "ec.des3.key", p), [][]string{ec}},
		{"PBES1, 3DES", pem("ec.pem", "ec.pbe1.key", p), [][]string{ec}},
		{"PBES1, RC4", pem("ec.pem", "ec.rc4.key", p), [][]string{ec}},
		{"PBES1, MD5 and DES", pem("ec.pem", "ec.md5des.key", p), [][]string{ec}},
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
