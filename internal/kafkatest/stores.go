//go:build kafka

package kafkatest

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	_ "embed"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

//go:embed stores.go
var storesSource []byte

// The passwords of the stores, and of the encrypted key in client.pem.
const (
	StorePassword = "store-secret"
	KeyPassword   = "key-secret"
)

const year = 365 * 24 * time.Hour

// stores returns the folder of certificates, keys and stores. They are made once, by Go, openssl and keytool, and then come
// from the cache: the starts of three JVMs are worth it.
func stores(ctx context.Context) (string, error) {
	root, err := cacheFolder()
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(storesSource)
	dir := filepath.Join(root, "stores-"+hex.EncodeToString(sum[:6]))
	if _, err := os.Stat(dir); err == nil {
		return dir, nil
	}
	if _, err := exec.LookPath("openssl"); err != nil {
		return "", errors.New("no openssl on the PATH, which makes some of the stores of a secure cluster; install the package openssl")
	}
	if err := os.MkdirAll(root, 0o755); err != nil {
		return "", err
	}
	temp, err := os.MkdirTemp(root, "stores-new-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(temp)
	if err := issueAll(temp, time.Now()); err != nil {
		return "", fmt.Errorf("making certificates: %w", err)
	}
	if err := makeStores(ctx, temp); err != nil {
		return "", err
	}
	if err := os.Rename(temp, dir); err != nil && !errors.Is(err, fs.ErrExist) { // else another process was first
		return "", err
	}
	return dir, nil
}

// issueAll writes the authorities and what they sign.
func issueAll(dir string, now time.Time) error {
	ca, err := newAuthority(dir, "ca", now)
	if err != nil {
		return err
	}
	if _, err := newAuthority(dir, "alien", now); err != nil {
		return err
	}
	elliptical := func() (crypto.Signer, error) { return ecdsa.GenerateKey(elliptic.P256(), rand.Reader) }
	rivest := func() (crypto.Signer, error) { return rsa.GenerateKey(rand.Reader, 2048) }
	here := []string{"localhost"}
	for _, l := range []struct {
		name, cn string
		key      func() (crypto.Signer, error)
		from, to time.Time
		hosts    []string // and with them the address that brokers listen on; nil: of a client, or of another host
	}{
		{"server", "kafka", rivest, now.Add(-time.Hour), now.Add(10 * year), here},
		{"expired", "kafka", elliptical, now.Add(-2 * year), now.Add(-year), here},
		{"future", "kafka", elliptical, now.Add(20 * year), now.Add(21 * year), here},
		{"wrongname", "kafka.example.com", elliptical, now.Add(-time.Hour), now.Add(10 * year), nil},
		{"alice", "alice", rivest, now.Add(-time.Hour), now.Add(10 * year), nil},
	} {
		key, err := l.key()
		if err != nil {
			return err
		}
		cert := &x509.Certificate{
			Subject: pkix.Name{CommonName: l.cn}, NotBefore: l.from, NotAfter: l.to, DNSNames: l.hosts,
			KeyUsage:    x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment,
			ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		}
		if l.hosts == nil {
			cert.DNSNames = []string{l.cn}
		} else {
			cert.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1)}
		}
		if err := ca.issue(dir, l.name, cert, key); err != nil {
			return err
		}
	}
	return nil
}

// authority signs certificates.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// newAuthority makes one and writes its certificate.
func newAuthority(dir, name string, now time.Time) (*authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	// Older than any leaf, so that it is the leaf that is expired.
	cert := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: now.Add(-3 * year), NotAfter: now.Add(30 * year),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, cert, cert, key.Public(), key)
	if err != nil {
		return nil, err
	}
	if cert, err = x509.ParseCertificate(der); err != nil {
		return nil, err
	}
	return &authority{cert, key}, writePEM(filepath.Join(dir, name+".pem"), &pem.Block{Type: "CERTIFICATE", Bytes: der})
}

// issue signs a certificate and writes it into NAME.pem, with its key before it and the authority's after it: what Kafka
// takes for a keystore of the type PEM.
func (a *authority) issue(dir, name string, cert *x509.Certificate, key crypto.Signer) error {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 64))
	if err != nil {
		return err
	}
	cert.SerialNumber = serial
	der, err := x509.CreateCertificate(rand.Reader, cert, a.cert, key.Public(), a.key)
	if err != nil {
		return err
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	return writePEM(filepath.Join(dir, name+".pem"), &pem.Block{Type: "PRIVATE KEY", Bytes: private},
		&pem.Block{Type: "CERTIFICATE", Bytes: der}, &pem.Block{Type: "CERTIFICATE", Bytes: a.cert.Raw})
}

func writePEM(path string, blocks ...*pem.Block) error {
	var text []byte
	for _, b := range blocks {
		text = append(text, pem.EncodeToMemory(b)...)
	}
	return os.WriteFile(path, text, 0o600)
}

// makeStores has openssl and keytool make their stores of the PEM files.
func makeStores(ctx context.Context, dir string) error {
	for _, argv := range [][]string{
		// Java 17 does not read what openssl would take by itself: PBES2. The algorithm is that of Kafka's documentation.
		{"openssl", "pkcs8", "-topk8", "-in", "alice.pem", "-out", "client.key.pem", "-v1", "PBE-SHA1-3DES", "-passout", "pass:" + KeyPassword},
		{"openssl", "pkcs12", "-export", "-in", "alice.pem", "-name", "alice", "-out", "client.p12", "-passout", "pass:" + StorePassword},
		{"openssl", "pkcs12", "-export", "-nokeys", "-in", "ca.pem", "-out", "openssl.p12", "-passout", "pass:" + StorePassword},
		{"keytool", "-importcert", "-noprompt", "-alias", "ca", "-file", "ca.pem", "-keystore", "truststore.jks", "-storetype", "JKS", "-storepass", StorePassword},
		{"keytool", "-importcert", "-noprompt", "-alias", "ca", "-file", "ca.pem", "-keystore", "truststore.p12", "-storetype", "PKCS12", "-storepass", StorePassword},
		{"keytool", "-importkeystore", "-srckeystore", "client.p12", "-srcstoretype", "PKCS12", "-srcstorepass", StorePassword,
			"-destkeystore", "client.jks", "-deststoretype", "JKS", "-deststorepass", StorePassword},
	} {
		cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
		cmd.Dir = dir
		if log, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("running %q: %w\n%s", argv, err, tail(log, 10))
		}
	}
	return joinClient(dir)
}

// joinClient writes client.pem: the encrypted key and the certificates.
func joinClient(dir string) error {
	text, err := os.ReadFile(filepath.Join(dir, "client.key.pem"))
	if err != nil {
		return err
	}
	certs, err := os.ReadFile(filepath.Join(dir, "alice.pem"))
	if err != nil {
		return err
	}
	_, certs = pem.Decode(certs) // the open key
	if err := os.WriteFile(filepath.Join(dir, "client.crt.pem"), certs, 0o600); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "client.pem"), append(text, certs...), 0o600)
}
