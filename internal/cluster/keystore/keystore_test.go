package keystore

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const authority = "CN=offsetctl test authority"

func fixture(name string) string { return filepath.Join("testdata", "stores", name) }

func read(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(fixture(name))
	if err != nil {
		t.Fatal(err)
	}
	return data
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
		got, err := Read(read(t, c.file), c.password, c.typ)
		if err != nil {
			t.Errorf("%s as %q with %q: %v", c.file, c.typ, c.password, err)
			continue
		}
		if d := cmp.Diff(c.want, subjects(got.Trusted)); d != "" {
			t.Errorf("%s as %q with %q (-want +got):\n%s", c.file, c.typ, c.password, d)
		}
	}
}

// chain are the subjects of an identity's certificates.
func chain(t *testing.T, id tls.Certificate) []string {
	t.Helper()
	if id.Leaf == nil || !bytes.Equal(id.Leaf.Raw, id.Certificate[0]) {
		t.Errorf("the leaf is not the first certificate: %v", id.Leaf)
	}
	var certs []*x509.Certificate
	for _, der := range id.Certificate {
		cert, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		certs = append(certs, cert)
	}
	return subjects(certs)
}

func TestKeystores(t *testing.T) {
	const p = "changeit"
	ec, rsa, ed := []string{"CN=client ec"}, []string{"CN=client rsa"}, []string{"CN=client ed25519"}
	ecChain, rsaChain, edChain := append(ec, authority), append(rsa, authority), append(ed, authority)
	for _, c := range []struct {
		name, file, password, key string
		want                      [][]string // subjects of each chain
	}{
		{"two keys, JKS", "two.jks", p, p, [][]string{ecChain, rsaChain}},
		{"two keys, PKCS12", "two.p12", p, p, [][]string{ecChain, rsaChain}},
		{"a key and an authority, JKS", "mixed.jks", p, p, [][]string{ecChain}},
		{"a key and an authority, PKCS12", "mixed.p12", p, p, [][]string{ecChain}},
		{"the key's own password", "keypass.jks", p, "otherpass", [][]string{ecChain}},
		{"JKS that is not checked", "keypass.jks", "", "otherpass", [][]string{ecChain}},
		{"a key that is of use and one that is not, JKS", "odd.jks", p, p, [][]string{ecChain}},
		{"a key that is of use and two that are not, PKCS12", "odd.p12", p, p, [][]string{ecChain}},
		{"openssl's PKCS12", "ec.p12", p, p, [][]string{ecChain}},
		{"openssl's PKCS12, RSA", "rsa.p12", p, p, [][]string{rsaChain}},
		{"openssl's PKCS12, Ed25519", "ed25519.p12", p, p, [][]string{edChain}},
		{"openssl's old PKCS12", "ec.legacy.p12", p, p, [][]string{ecChain}},
		{"PKCS12 with RC4", "ec.rc4.p12", p, p, [][]string{ecChain}},
		{"nothing encrypted", "ec.plain.p12", "", "", [][]string{ec}},
		{"nothing encrypted, with a password", "ec.plain.p12", p, p, [][]string{ec}},
		{"PEM in one file", "ec.all.pem", "", "", [][]string{ecChain}},
		{"PEM in one file, with a password", "ec.all.pem", p, p, [][]string{ecChain}},
	} {
		contents, err := Read(read(t, c.file), c.password, "")
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		identities, err := contents.Identities(c.key)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		var got [][]string
		for _, id := range identities {
			got = append(got, chain(t, id))
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, d)
		}
	}
}

func TestACertificateAndItsKeyApart(t *testing.T) {
	const p = "changeit"
	ec, rsa, ed := []string{"CN=client ec"}, []string{"CN=client rsa"}, []string{"CN=client ed25519"}
	for _, c := range []struct {
		name, cert, key, password string
		want                      []string
	}{
		{"PKCS#8", "ec.pem", "ec.key", "", ec},
		{"Ed25519", "ed25519.pem", "ed25519.key", "", ed},
		{"SEC1", "ec.pem", "ec.sec1.key", "", ec},
		{"PKCS#1", "rsa.pem", "rsa.pkcs1.key", "", rsa},
		{"PBES2, AES-256", "ec.pem", "ec.enc.key", p, ec},
		{"PBES2, AES-128, SHA-512", "ec.pem", "ec.enc512.key", p, ec},
		{"PBES2, 3DES", "ec.pem", "ec.des3.key", p, ec},
		{"PBES1, 3DES", "ec.pem", "ec.pbe1.key", p, ec},
		{"PBES1, RC4", "ec.pem", "ec.rc4.key", p, ec},
		{"PBES1, MD5 and DES", "ec.pem", "ec.md5des.key", p, ec},
	} {
		certs, err := ReadPEM(read(t, c.cert))
		if err != nil {
			t.Fatal(err)
		}
		keys, err := ReadPEM(read(t, c.key))
		if err != nil || len(keys.Keys) != 1 {
			t.Errorf("%s: %d keys, %v", c.name, len(keys.Keys), err)
			continue
		}
		keys.Keys[0].Chain = certs.Trusted
		id, err := keys.Keys[0].Identity(c.password)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if d := cmp.Diff(c.want, chain(t, id)); d != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, d)
		}
	}
}

// Callers add to these two errors where the password comes from, so that each way to them has to keep them.
func TestErrorsOfPasswords(t *testing.T) {
	open := func(name, password, key string) error {
		c, err := Read(read(t, name), password, "")
		if err == nil {
			_, err = c.Identities(key)
		}
		return err
	}
	alone := func(name, passphrase string) error {
		_, err := OpenKey(read(t, name), passphrase)
		return err
	}
	for _, c := range []struct {
		name string
		got  error
		want error
	}{
		{"JKS, wrong", open("two.jks", "topsecret", ""), ErrWrongPassword},
		{"JKS, key, none", open("two.jks", "", ""), ErrNoPassword},
		{"JKS, key, wrong", open("keypass.jks", "changeit", "changeit"), ErrWrongPassword},
		{"PKCS12, none", open("two.p12", "", ""), ErrNoPassword},
		{"PKCS12, wrong", open("two.p12", "topsecret", ""), ErrWrongPassword},
		{"PKCS12, key, wrong", open("two.p12", "changeit", "topsecret"), ErrWrongPassword},
		{"PEM, key, none", open("ec.enc.key", "", ""), ErrNoPassword},
		{"PEM, key, wrong", open("ec.enc.key", "", "topsecret"), ErrWrongPassword},
		{"key alone, none", alone("ec.enc.key", ""), ErrNoPassword},
		{"key alone, wrong", alone("ec.enc.key", "topsecret"), ErrWrongPassword},
	} {
		if !errors.Is(c.got, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, c.got, c.want)
		}
	}
}
