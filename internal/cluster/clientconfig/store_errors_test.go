package clientconfig

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// writeBytes makes a file of bytes, and is its path.
func writeBytes(t *testing.T, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// cut is a fixture without its last n bytes.
func cut(t *testing.T, name string, n int) string {
	t.Helper()
	data := []byte(text(t, name).Reveal())
	return writeBytes(t, name, data[:len(data)-n])
}

// failure is an error with the directory of its file as DIR.
func failure(t *testing.T, err error, path string) string {
	t.Helper()
	if err == nil {
		t.Errorf("%s: no error", path)
		return ""
	}
	return strings.ReplaceAll(err.Error(), filepath.Dir(path)+string(filepath.Separator), "DIR/")
}

func TestTruststoreErrors(t *testing.T) {
	onlyKey := fixture("ec.key")
	bmp := writeBytes(t, "trust.jks", []byte("BM picture"))
	for _, c := range []struct{ path, typ, password, want string }{
		{fixture("none.jks"), "", "", `"DIR/none.jks": file does not exist: correct the path, or make it readable from here`},
		{filepath.Join(t.TempDir(), "sub", "x"), "", "", `"DIR/x": file does not exist: correct the path, or make it readable from here`},
		{fixture("../stores"), "", "", `"DIR/stores": it is a directory: name the file in it`},
		{writeBytes(t, "empty.p12", []byte("\n")), "", "", `"DIR/empty.p12": it is empty: name the right file`},
		{writeBytes(t, "big.p12", make([]byte, maxStoreSize+1)), "", "", `"DIR/big.p12": it has more than 16 MiB, which no store has: name the right file`},
		{fixture("trust.jks"), "", "topsecret", `"DIR/trust.jks": wrong password, or damaged: correct ssl.truststore.password`},
		{fixture("trust.p12"), "", "topsecret", `"DIR/trust.p12": wrong password, or damaged: correct ssl.truststore.password`},
		{fixture("trust.legacy.p12"), "", "topsecret", `"DIR/trust.legacy.p12": wrong password, or damaged: correct ssl.truststore.password`},
		{fixture("trust.mac.p12"), "", "topsecret", `"DIR/trust.mac.p12": wrong password, or damaged: correct ssl.truststore.password`},
		{fixture("trust.pbmac1.p12"), "", "topsecret", `"DIR/trust.pbmac1.p12": wrong password, or damaged: correct ssl.truststore.password`},
		{fixture("trust.p12"), "", "", `"DIR/trust.p12": it is encrypted: set ssl.truststore.password`},
		{fixture("trust.openssl.p12"), "", "", `"DIR/trust.openssl.p12": it is encrypted: set ssl.truststore.password`},
		{fixture("trust.jceks"), "JCEKS", "changeit", `"DIR/trust.jceks": type JCEKS is not read here: convert it with keytool -importkeystore -srckeystore FILE -srcstoretype JCEKS -destkeystore FILE.p12 -deststoretype PKCS12`},
		{bmp, "", "", `"DIR/trust.jks": it is neither JKS, PKCS12 nor PEM: name the right file`},
		{bmp, "bks", "", `"DIR/trust.jks": type BKS is not read here: convert it with keytool -importkeystore -srckeystore FILE -srcstoretype BKS -destkeystore FILE.p12 -deststoretype PKCS12`},
		{onlyKey, "PEM", "", `"DIR/ec.key": it has no trusted certificate: put the authority of the brokers' certificates in`},
		{fixture("negative.pem"), "PEM", "", `"DIR/negative.pem": none of its certificates can be used: x509: negative serial number`},
		{cut(t, "trust.jks", 30), "", "changeit", `"DIR/trust.jks": wrong password, or damaged: correct ssl.truststore.password`},
		{cut(t, "trust.jks", 30), "", "", `"DIR/trust.jks": it is damaged: fetch it again, or make it anew`},
		{cut(t, "trust.p12", 1), "", "changeit", `"DIR/trust.p12": it is damaged: asn1: syntax error: data truncated: fetch it again, or write it anew with keytool -importkeystore -srckeystore FILE -destkeystore NEW.p12 -deststoretype PKCS12`},
		{cut(t, "ca.pem", 10), "", "", `"DIR/ca.pem": it has BEGIN CERTIFICATE, but no END of it: it is cut off`},
		{writeBytes(t, "bad.pem", bytes.Replace([]byte(text(t, "ca.pem").Reveal()), []byte("MII"), []byte("M!I"), 1)), "", "", `"DIR/bad.pem": its CERTIFICATE is damaged: it is not Base64`},
		{writeBytes(t, "half.pem", []byte("-----BEGIN CERTIFICATE-----\nMIIBbTCCAROg\n-----END CERTIFICATE-----\n")), "", "", `"DIR/half.pem": a certificate in it is damaged: x509: malformed certificate`},
	} {
		_, err := TLS{Trust: Store{Location: c.path, LocationKey: "ssl.truststore.location", Type: c.typ, Password: NewSecret(c.password)}}.Config()
		got := failure(t, err, c.path)
		if d := cmp.Diff("reading ssl.truststore.location "+c.want, got); d != "" {
			t.Errorf("%s with %q (-want +got):\n%s", c.path, c.password, d)
		}
	}
}

func TestTheErrorNamesTheKeyThatNamedTheFile(t *testing.T) {
	for _, c := range []struct{ key, want string }{
		{"ssl.ca.location", `reading ssl.ca.location "DIR/trust.p12": it is encrypted: set ssl.truststore.password`},
		{"other.ssl.truststore.location", `reading other.ssl.truststore.location "DIR/trust.p12": it is encrypted: set other.ssl.truststore.password`},
	} {
		_, err := TLS{Trust: Store{Location: fixture("trust.p12"), LocationKey: c.key}}.Config()
		if d := cmp.Diff(c.want, failure(t, err, fixture("trust.p12"))); d != "" {
			t.Errorf("%s (-want +got):\n%s", c.key, d)
		}
	}
}

func TestKeystoreErrors(t *testing.T) {
	const p, wrong = "changeit", "topsecret"
	const rewrite = "openssl pkcs12 -in OLD -nodes -out ALL.pem and openssl pkcs12 -export -in ALL.pem -out NEW, then delete ALL.pem"
	file := func(name, password, key string) Store {
		return Store{Location: fixture(name), Password: NewSecret(password), KeyPassword: NewSecret(key)}
	}
	pem := func(cert, key, password string) Store {
		s := Store{KeyPassword: NewSecret(password)}
		if cert != "" {
			s.CertificateFile = fixture(cert)
		}
		if key != "" {
			s.KeyFile = fixture(key)
		}
		return s
	}
	both := file("ec.p12", p, "")
	both.Key = text(t, "ec.key")
	for _, c := range []struct {
		store Store
		want  string
	}{
		{file("none.p12", p, ""), `reading ssl.keystore.location "DIR/none.p12": file does not exist: correct the path, or make it readable from here`},
		{file("two.jks", wrong, ""), `reading ssl.keystore.location "DIR/two.jks": wrong password, or damaged: correct ssl.keystore.password`},
		{file("two.jks", "", ""), `reading ssl.keystore.location "DIR/two.jks": entry "ec": it is encrypted: set ssl.keystore.password`},
		{file("keypass.jks", p, ""), `reading ssl.keystore.location "DIR/keypass.jks": entry "ec": wrong password, or damaged: correct ssl.keystore.password, or set ssl.key.password if the key has one of its own`},
		{file("keypass.jks", p, wrong), `reading ssl.keystore.location "DIR/keypass.jks": entry "ec": wrong password, or damaged: correct ssl.key.password`},
		{file("two.p12", wrong, ""), `reading ssl.keystore.location "DIR/two.p12": wrong password, or damaged: correct ssl.keystore.password`},
		{file("two.p12", p, wrong), `reading ssl.keystore.location "DIR/two.p12": entry "ec": wrong password, or damaged: correct ssl.key.password`},
		{file("two.p12", "", ""), `reading ssl.keystore.location "DIR/two.p12": it is encrypted: set ssl.keystore.password`},
		{file("trust.jks", p, ""), `reading ssl.keystore.location "DIR/trust.jks": it has no private key: a keystore has the client's own key with its certificate`},
		{file("ec.pem", "", ""), `reading ssl.keystore.location "DIR/ec.pem": it has no private key: a keystore has the client's own key with its certificate`},
		{file("ec.key", "", ""), `reading ssl.keystore.location "DIR/ec.key": it has a private key, but no certificate of it: put the certificate in, and its chain`},
		{file("ec.enc.key", "", ""), `reading ssl.keystore.location "DIR/ec.enc.key": it is encrypted: set ssl.key.password`},
		{file("dsa.jks", p, ""), `reading ssl.keystore.location "DIR/dsa.jks": entry "dsa": its private key is a DSA key, which Go's TLS does not have: make one with RSA, EC or Ed25519 (keytool -genkeypair -keyalg EC), with a certificate of its own`},
		{file("dsa.jks", p, wrong), `reading ssl.keystore.location "DIR/dsa.jks": entry "dsa": wrong password, or damaged: correct ssl.key.password`},
		{file("unusable.p12", p, ""), `reading ssl.keystore.location "DIR/unusable.p12": entry "ed448": its private key is an Ed448 key, which Go's TLS does not have: make one with RSA, EC or Ed25519 (keytool -genkeypair -keyalg EC), with a certificate of its own; entry "pss": its private key is an RSASSA-PSS key, which Go's TLS does not have: make one with RSA, EC or Ed25519 (keytool -genkeypair -keyalg EC), with a certificate of its own`},
		{pem("ec.pem", "ec.rc4.key", wrong), `reading ssl.key.location "DIR/ec.rc4.key": wrong password, or damaged: correct ssl.key.password`},
		{pem("ec.pem", "ec.md5des.key", ""), `reading ssl.key.location "DIR/ec.md5des.key": it is encrypted: set ssl.key.password`},
		{pem("ec.pem", "ec.md5des.key", wrong), `reading ssl.key.location "DIR/ec.md5des.key": wrong password, or damaged: correct ssl.key.password`},
		{pem("ec.pem", "ec.camellia.key", p), `reading ssl.key.location "DIR/ec.camellia.key": it is encrypted with Camellia (1.2.392.200011.61.1.1.1.4), which is not read here: convert it with openssl pkcs8 -topk8 -in OLD -out NEW`},
		{file("ec.aria.p12", p, ""), `reading ssl.keystore.location "DIR/ec.aria.p12": entry "ec": it is encrypted with ARIA (1.2.410.200046.1.1.12), which is not read here: write it anew with ` + rewrite},
		{file("ec.md5.p12", p, ""), `reading ssl.keystore.location "DIR/ec.md5.p12": its MAC has MD5 (1.2.840.113549.2.5), which is not read here: write it anew with ` + rewrite},
		{both, `both ssl.keystore.location and a certificate or key apart from it are set: take one of them out`},
		{pem("ec.pem", "ec.enc.key", ""), `reading ssl.key.location "DIR/ec.enc.key": it is encrypted: set ssl.key.password`},
		{pem("ec.pem", "ec.enc.key", wrong), `reading ssl.key.location "DIR/ec.enc.key": wrong password, or damaged: correct ssl.key.password`},
		{pem("ec.pem", "ec.pbe1.key", wrong), `reading ssl.key.location "DIR/ec.pbe1.key": wrong password, or damaged: correct ssl.key.password`},
		{pem("ec.pem", "ec.old.key", p), `reading ssl.key.location "DIR/ec.old.key": its private key has OpenSSL's old encryption, which Java does not read either: convert it with openssl pkcs8 -topk8 -in OLD -out NEW`},
		{pem("ec.pem", "ec.scrypt.key", p), `reading ssl.key.location "DIR/ec.scrypt.key": its key is derived with scrypt (1.3.6.1.4.1.11591.4.11), which is not read here: convert it with openssl pkcs8 -topk8 -in OLD -out NEW`},
		{pem("rsa.pem", "ec.key", ""), `reading ssl.key.location "DIR/ec.key": the private key does not belong to the certificate of "CN=client rsa": put that of the key first, or take the right key`},
		{pem("ec.key", "ec.key", ""), `reading ssl.certificate.location "DIR/ec.key": it has no certificate: put the client's own in, and its chain`},
		{pem("ec.pem", "ec.pem", ""), `reading ssl.key.location "DIR/ec.pem": it has no private key: put that of the certificate in`},
		{pem("ec.p12", "ec.key", ""), `reading ssl.certificate.location "DIR/ec.p12": it is not PEM: name a file that begins with -----BEGIN`},
		{pem("ec.pem", "", ""), `ssl.certificate.location "DIR/ec.pem" is set, but no private key: set ssl.key.location too`},
		{pem("", "ec.key", ""), `ssl.key.location "DIR/ec.key" is set, but no certificate: set ssl.certificate.location too`},
		{Store{Key: text(t, "ec.key")}, `ssl.keystore.key is set, but no certificate: set ssl.keystore.certificate.chain too`},
		{Store{Certificates: text(t, "ec.pem")}, `ssl.keystore.certificate.chain is set, but no private key: set ssl.keystore.key too`},
		{Store{Certificates: NewSecret("topsecret"), Key: text(t, "ec.key")}, `reading ssl.keystore.certificate.chain: it is not PEM: put the text in that begins with -----BEGIN`},
		{Store{Certificates: text(t, "ec.pem"), Key: text(t, "rsa.pkcs1.key")}, `reading ssl.keystore.key: the private key does not belong to the certificate of "CN=client ec": put that of the key first, or take the right key`},
		{Store{Certificates: text(t, "ec.pem"), Key: NewSecret(text(t, "ec.key").Reveal() + text(t, "ec.sec1.key").Reveal())}, `reading ssl.keystore.key: it has 2 private keys: leave the one of the certificate`},
		{Store{Password: NewSecret(wrong)}, `ssl.keystore.password is set, but no keystore: set ssl.keystore.location too, or take the password out`},
	} {
		_, err := TLS{Own: c.store}.Config()
		got := failure(t, err, fixture("x"))
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("(-want +got):\n%s", d)
		}
		if strings.Contains(got, wrong) {
			t.Errorf("a secret is in %s", got)
		}
	}
}

func TestTruststoreConflicts(t *testing.T) {
	for _, c := range []struct {
		store Store
		want  string
	}{
		{Store{Password: NewSecret("x")}, "ssl.truststore.password is set, but no truststore: set ssl.truststore.location too, or take the password out"},
		{Store{Location: fixture("ca.pem"), Certificates: text(t, "ca.pem")}, "both ssl.truststore.location and ssl.truststore.certificates are set: take one of them out"},
		{Store{CertificateFile: fixture("ca.pem")}, "reading ssl.truststore.certificates: it has no trusted certificate: put the authority of the brokers' certificates in"},
	} {
		_, err := TLS{Trust: c.store}.Config()
		if d := cmp.Diff(c.want, failure(t, err, fixture("x"))); d != "" {
			t.Errorf("(-want +got):\n%s", d)
		}
	}
}
