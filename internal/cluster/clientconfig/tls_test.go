package clientconfig

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"
)

// issuer is an authority that tests make servers' certificates with.
type issuer struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func signCertificate(t *testing.T, template, parent *x509.Certificate, key, parentKey *ecdsa.PrivateKey) *x509.Certificate {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), parentKey)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func newIssuer(t *testing.T) issuer {
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	key := newKey(t)
	return issuer{signCertificate(t, template, template, key, key), key}
}

// under is an authority between the issuer and its certificates.
func (i issuer) under(t *testing.T) issuer {
	template := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "intermediate"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	key := newKey(t)
	return issuer{signCertificate(t, template, i.cert, key, i.key), key}
}

// trust is a truststore with the issuer.
func (i issuer) trust() Store {
	return Store{Certificates: NewSecret(string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: i.cert.Raw})))}
}

// server is a certificate for the name broker, until then, for a use.
func (i issuer) server(t *testing.T, until time.Time, use x509.ExtKeyUsage, chain ...*x509.Certificate) *tls.Config {
	template := &x509.Certificate{SerialNumber: big.NewInt(3), Subject: pkix.Name{CommonName: "broker"}, DNSNames: []string{"broker"},
		NotBefore: time.Now().Add(-2 * time.Hour), NotAfter: until, ExtKeyUsage: []x509.ExtKeyUsage{use}}
	key := newKey(t)
	c := tls.Certificate{PrivateKey: key, Certificate: [][]byte{signCertificate(t, template, i.cert, key, i.key).Raw}}
	for _, cert := range chain {
		c.Certificate = append(c.Certificate, cert.Raw)
	}
	return &tls.Config{Certificates: []tls.Certificate{c}}
}

func (i issuer) broker(t *testing.T) *tls.Config {
	return i.server(t, time.Now().Add(time.Hour), x509.ExtKeyUsageServerAuth)
}

// handshake is what both ends say of a connection to the broker of a name. A byte back from the server tells the client
// whether its certificate was taken, which TLS 1.3 leaves open at the end of its part of the handshake.
func handshake(t *testing.T, client, server *tls.Config, name string) (seen, broker tls.ConnectionState, err error) {
	t.Helper()
	near, far := connected(t)
	client = client.Clone()
	client.ServerName = name
	s := tls.Server(far, server)
	done := make(chan error, 1)
	go func() {
		defer func() { _ = far.Close() }()
		err := s.Handshake()
		if err == nil {
			_, err = s.Write([]byte{1})
		}
		done <- err
	}()
	c := tls.Client(near, client)
	if err = c.Handshake(); err == nil {
		_, err = c.Read(make([]byte, 1))
	}
	seen = c.ConnectionState()
	_ = near.Close()
	<-done
	return seen, s.ConnectionState(), err
}

// connected are the ends of a connection. It is one of TCP, since with both ends of net.Pipe writing neither gets on.
func connected(t *testing.T) (near, far net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	if near, err = net.Dial("tcp", l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if far, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	return near, far
}

func config(t *testing.T, of TLS) *tls.Config {
	t.Helper()
	c, err := of.Config()
	if err != nil {
		t.Fatal(err)
	}
	if c.ServerName != "" {
		t.Fatal("a server name is set, so that no other would be")
	}
	return c
}

func TestTheServersCertificateIsVerified(t *testing.T) {
	ca, other := newIssuer(t), newIssuer(t)
	mid := ca.under(t)
	hour := time.Now().Add(time.Hour)
	chained := mid.server(t, hour, x509.ExtKeyUsageServerAuth, mid.cert)
	expired := ca.server(t, time.Now().Add(-time.Hour), x509.ExtKeyUsageServerAuth)
	clients := ca.server(t, hour, x509.ExtKeyUsageClientAuth)
	for _, c := range []struct {
		name   string
		trust  issuer
		skip   bool
		server *tls.Config
		host   string
		want   string // in the error; empty: none
	}{
		{"right", ca, false, ca.broker(t), "broker", ""},
		{"through an intermediate", ca, false, chained, "broker", ""},
		{"wrong authority", other, false, ca.broker(t), "broker", "certificate signed by unknown authority"},
		{"wrong name", ca, false, ca.broker(t), "other", "not other"},
		{"expired", ca, false, expired, "broker", "certificate has expired"},

		{"name skipped", ca, true, ca.broker(t), "other", ""},
		{"name skipped, through an intermediate", ca, true, chained, "other", ""},
		{"name skipped, wrong authority", other, true, ca.broker(t), "broker", "certificate signed by unknown authority"},
		{"name skipped, expired", ca, true, expired, "broker", "certificate has expired"},
		{"name skipped, for clients", ca, true, clients, "broker", "incompatible key usage"},
	} {
		_, _, err := handshake(t, config(t, TLS{Trust: c.trust.trust(), SkipHostName: c.skip}), c.server, c.host)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
		var verification *tls.CertificateVerificationError
		if err != nil && !errors.As(err, &verification) {
			t.Errorf("%s: %T is no CertificateVerificationError", c.name, err)
		}
	}
}

func TestTheSystemsAuthoritiesDoNotKnowTheServer(t *testing.T) {
	for _, skip := range []bool{false, true} {
		if _, _, err := handshake(t, config(t, TLS{SkipHostName: skip}), newIssuer(t).broker(t), "broker"); err == nil {
			t.Errorf("skipping the name: %t: trusted", skip)
		}
	}
}

// A session that was made with one truststore is no way round another.
func TestAResumedSessionIsVerified(t *testing.T) {
	ca := newIssuer(t)
	server := ca.broker(t)
	server.MaxVersion = tls.VersionTLS12 // whose ticket comes within the handshake
	cache := tls.NewLRUClientSessionCache(1)
	connect := func(trust issuer) (tls.ConnectionState, error) {
		c := config(t, TLS{Trust: trust.trust(), SkipHostName: true})
		c.ClientSessionCache = cache
		state, _, err := handshake(t, c, server, "broker")
		return state, err
	}
	if state, err := connect(ca); err != nil || state.DidResume {
		t.Fatalf("first: resumed %t, %v", state.DidResume, err)
	}
	if state, err := connect(ca); err != nil || !state.DidResume {
		t.Fatalf("second: resumed %t, %v", state.DidResume, err)
	}
	if _, err := connect(newIssuer(t)); err == nil || !strings.Contains(err.Error(), "unknown authority") {
		t.Errorf("with another truststore: %v", err)
	}
}

func TestTheClientsCertificateIsPresented(t *testing.T) {
	const p = "changeit"
	ca, err := TLS{Trust: Store{Location: fixture("ca.pem")}}.authorities()
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(ca[0])
	broker := newIssuer(t)
	file := func(name, password string) Store {
		return Store{Location: fixture(name), Password: NewSecret(password)}
	}
	for name, c := range map[string]struct {
		own  Store
		want string
	}{
		"JKS":               {file("two.jks", p), "CN=client ec"},
		"Java's PKCS12":     {file("two.p12", p), "CN=client ec"},
		"OpenSSL's PKCS12":  {file("rsa.p12", p), "CN=client rsa"},
		"old PKCS12":        {file("ec.legacy.p12", p), "CN=client ec"},
		"Ed25519":           {file("ed25519.p12", p), "CN=client ed25519"},
		"PEM":               {file("ec.all.pem", ""), "CN=client ec"},
		"two files of PEM":  {Store{CertificateFile: fixture("rsa.pem"), KeyFile: fixture("rsa.pkcs1.key")}, "CN=client rsa"},
		"PEM as a value":    {Store{Certificates: text(t, "ec.pem"), Key: text(t, "ec.enc.key"), KeyPassword: NewSecret(p)}, "CN=client ec"},
		"no client's store": {Store{}, ""},
	} {
		for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
			server := broker.broker(t)
			server.ClientAuth, server.ClientCAs, server.MaxVersion = tls.RequireAndVerifyClientCert, pool, version
			_, seen, err := handshake(t, config(t, TLS{Trust: broker.trust(), Own: c.own}), server, "broker")
			if c.want == "" {
				if err == nil {
					t.Errorf("%s: taken", name)
				}
				continue
			}
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			if got := seen.PeerCertificates[0].Subject.String(); got != c.want {
				t.Errorf("%s: the broker saw %s, want %s", name, got, c.want)
			}
		}
	}
}

// Of two certificates the one goes out that the broker's request fits; if none does, none goes out, as in Java.
func TestTheClientsCertificateIsChosen(t *testing.T) {
	broker, other := newIssuer(t), newIssuer(t)
	c := config(t, TLS{Trust: broker.trust(), Own: Store{Location: fixture("two.p12"), Password: NewSecret("changeit")}})
	server := broker.broker(t)
	server.ClientAuth, server.ClientCAs = tls.RequestClientCert, x509.NewCertPool()
	server.ClientCAs.AddCert(other.cert)
	_, seen, err := handshake(t, c, server, "broker")
	if err != nil || len(seen.PeerCertificates) != 0 {
		t.Errorf("a broker of another authority saw %v, %v", subjects(seen.PeerCertificates), err)
	}

	info := &tls.CertificateRequestInfo{Version: tls.VersionTLS13, SignatureSchemes: []tls.SignatureScheme{tls.PSSWithSHA256}}
	var fit []string
	for _, cert := range c.Certificates {
		if info.SupportsCertificate(&cert) == nil {
			fit = append(fit, cert.Leaf.Subject.String())
		}
	}
	if len(fit) != 1 || fit[0] != "CN=client rsa" {
		t.Errorf("for RSA signatures fit %v", fit)
	}
}
