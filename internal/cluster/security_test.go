package cluster

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"math/big"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/sasl"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"
)

// authority signs the certificates of a test's brokers.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t *testing.T, name string) authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return authority{cert, key}
}

// signs makes a broker's certificate.
func (a authority) signs(t *testing.T, from, until time.Time, names ...string) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "broker"}, NotBefore: from, NotAfter: until, DNSNames: names, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 9)}}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, key.Public(), a.key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// trusts is the TLS of a client.
func (a authority) trusts() *tls.Config {
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	return &tls.Config{RootCAs: pool}
}

// secureFake is a kfake cluster on ports of this machine; its addresses say localhost.
func secureFake(t *testing.T, opts ...kfake.Opt) (*kfake.Cluster, []string) {
	t.Helper()
	c, err := kfake.NewCluster(append([]kfake.Opt{kfake.NumBrokers(3)}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	var servers []string
	for _, addr := range c.ListenAddrs() {
		_, port, err := net.SplitHostPort(addr)
		if err != nil {
			t.Fatal(err)
		}
		servers = append(servers, net.JoinHostPort("localhost", port))
	}
	return c, servers
}

// seen asks for the brokers, and then for the steps to the first.
func seen(t *testing.T, config Config) ([]*Error, []Step) {
	t.Helper()
	client, err := Dial(config)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	run := client.Run(In(time.Now(), 10*time.Second))
	_, errs := run.Brokers(t.Context())
	fresh := client.Run(In(time.Now(), 10*time.Second))
	return errs, fresh.Probe(t.Context(), fresh.Seeds()[0])
}

// wantEnd checks that all but the last step succeeded.
func wantEnd(t *testing.T, steps []Step, names []string, code string) {
	t.Helper()
	var got []string
	for i, s := range steps {
		got = append(got, s.Name)
		if last := i == len(steps)-1; (s.Err != nil) != (last && code != "") {
			t.Errorf("step %s: %v", s.Name, s.Err)
		}
	}
	if !slices.Equal(got, names) {
		t.Errorf("steps %q, want %q", got, names)
	}
	if e := steps[len(steps)-1].Err; code != "" && (e == nil || e.Code != code) {
		t.Errorf("the last step failed with %v, want %s", e, code)
	}
}

func TestTLSFailures(t *testing.T) {
	ours, others := newAuthority(t, "ours"), newAuthority(t, "others")
	hour := time.Hour
	now := time.Now()
	for _, tt := range []struct {
		name        string
		cert        tls.Certificate
		client      *tls.Config
		code, words string
	}{
		{"none", ours.signs(t, now.Add(-hour), now.Add(hour), "localhost"), ours.trusts(), "", ""},
		{"another authority", others.signs(t, now.Add(-hour), now.Add(hour), "localhost"), ours.trusts(), CodeUntrusted, `(subject "CN=broker", issuer "CN=others")`},
		{"expired", ours.signs(t, now.Add(-2*hour), now.Add(-hour), "localhost"), ours.trusts(), CodeExpired, "expired on " + now.Add(-hour).UTC().Format(time.RFC3339)},
		{"not valid yet", ours.signs(t, now.Add(hour), now.Add(2*hour), "localhost"), ours.trusts(), CodeExpired, "is not valid before " + now.Add(hour).UTC().Format(time.RFC3339)},
		{"another host", ours.signs(t, now.Add(-hour), now.Add(hour), "a.example", "b.example"), ours.trusts(), CodeHostName, "is for a.example, b.example, 127.0.0.9, not for localhost"},
		{"no version in common", ours.signs(t, now.Add(-hour), now.Add(hour), "localhost"), &tls.Config{RootCAs: ours.trusts().RootCAs, MaxVersion: tls.VersionTLS12}, CodeTLS, "protocol version not supported"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, servers := secureFake(t, kfake.TLS(&tls.Config{Certificates: []tls.Certificate{tt.cert}, MinVersion: tls.VersionTLS13}))
			errs, steps := seen(t, Config{Bootstrap: servers, TLS: tt.client})
			if tt.code == "" {
				if errs != nil {
					t.Fatal(errs)
				}
				wantEnd(t, steps, []string{StepName, StepTCP, StepTLS, StepAPI}, "")
				return
			}
			if len(errs) != len(servers) {
				t.Fatalf("%d errors, want one for each server: %v", len(errs), errs)
			}
			for _, e := range errs {
				if e.Code != tt.code || !strings.Contains(e.Message, tt.words) || e.Retriable {
					t.Errorf("got %+v, want %s and %q", e, tt.code, tt.words)
				}
			}
			wantEnd(t, steps, []string{StepName, StepTCP, StepTLS}, tt.code)
		})
	}
}

func TestPlaintextAndTLSDoNotMeet(t *testing.T) {
	ours := newAuthority(t, "ours")
	cert := ours.signs(t, time.Now().Add(-time.Hour), time.Now().Add(time.Hour), "localhost")
	_, plaintext := secureFake(t)
	_, encrypted := secureFake(t, kfake.TLS(&tls.Config{Certificates: []tls.Certificate{cert}}))
	errs, _ := seen(t, Config{Bootstrap: encrypted[:1]})
	if len(errs) != 1 || errs[0].Code != CodeNotKafka || !strings.Contains(errs[0].Message, "TLS") {
		t.Errorf("plaintext on a port with TLS: %v", errs)
	}
	// kfake waits for the rest of what it takes for a long request, where Kafka closes the connection.
	client, err := Dial(Config{Bootstrap: plaintext[:1], TLS: ours.trusts()})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if _, errs := client.Run(In(time.Now(), 300*time.Millisecond)).Brokers(t.Context()); len(errs) != 1 || errs[0].Code != CodeTimeout && errs[0].Code != CodeNotTLS {
		t.Errorf("TLS on a port without: %v", errs)
	}
}

func TestLogin(t *testing.T) {
	_, servers := secureFake(t, kfake.EnableSASL(), kfake.Superuser("PLAIN", "me", "pw"), kfake.Superuser("SCRAM-SHA-256", "me", "pw"))
	for _, m := range []sasl.Mechanism{plain.Auth{User: "me", Pass: "pw"}.AsMechanism(), scram.Auth{User: "me", Pass: "pw"}.AsSha256Mechanism()} {
		errs, steps := seen(t, Config{Bootstrap: servers, SASL: m})
		if errs != nil {
			t.Errorf("%s: %v", m.Name(), errs)
		}
		wantEnd(t, steps, []string{StepName, StepTCP, StepOffer, StepLogin, StepAPI}, "")
	}
}

// failing is a mechanism that cannot even begin.
type failing struct{ err error }

func (failing) Name() string { return "PLAIN" }
func (f failing) Authenticate(context.Context, string) (sasl.Session, []byte, error) {
	return nil, nil, f.err
}

// Where the login itself is refused, or cannot begin, the other servers are left alone: tries count against an account.
func TestLoginThatFailsIsTriedOnce(t *testing.T) {
	c, servers := secureFake(t, kfake.EnableSASL(), kfake.Superuser("PLAIN", "me", "pw"))
	var logins atomic.Int32
	c.ControlKey(int16(kmsg.SASLAuthenticate), func(req kmsg.Request) (kmsg.Response, error, bool) {
		c.KeepControl()
		logins.Add(1)
		resp := req.ResponseKind().(*kmsg.SASLAuthenticateResponse)
		said := "Authentication failed: Invalid username or password"
		resp.ErrorCode, resp.ErrorMessage = kerr.SaslAuthenticationFailed.Code, &said
		return resp, nil, true
	})
	wrong := Config{Bootstrap: servers, SASL: plain.Auth{User: "me", Pass: "wrong"}.AsMechanism(), Explain: strings.ToUpper}
	client, err := Dial(wrong)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	groups := []string{"a", "b"} // their coordinators are asked for beside the brokers
	if _, _, errs := client.Run(In(time.Now(), 10*time.Second)).brokersAndCoordinators(t.Context(), groups); len(errs) != 1 || errs[0].Code != CodeWrongLogin {
		t.Errorf("got %v", errs)
	}
	if n := logins.Swap(0); n != 1 {
		t.Errorf("%d logins were tried for named groups, want 1", n)
	}
	errs, steps := seen(t, wrong)
	if len(errs) != 1 || errs[0].Code != CodeWrongLogin || errs[0].Message != "AUTHENTICATION FAILED: INVALID USERNAME OR PASSWORD" {
		t.Errorf("got %v", errs)
	}
	wantEnd(t, steps, []string{StepName, StepTCP, StepOffer, StepLogin}, CodeWrongLogin)
	if n := logins.Load(); n != 1 {
		t.Errorf("%d logins were tried, want one: the steps come right after it", n)
	}

	cause := errors.New("no token")
	errs, _ = seen(t, Config{Bootstrap: servers, SASL: failing{cause}})
	if len(errs) != 1 || errs[0].Code != CodeLogin || errs[0].Message != "no token" || !errors.Is(errs[0], cause) {
		t.Errorf("got %v", errs)
	}
	if n := logins.Load(); n != 1 {
		t.Errorf("%d logins", n)
	}
}

func TestLoginThatCannotBePreparedAsksNobody(t *testing.T) {
	cause := errors.New("the token endpoint is down")
	client, err := Dial(Config{Bootstrap: []string{"localhost:1"}, SASL: failing{nil}, Prepare: func(context.Context) error { return cause }})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	_, errs := client.Run(In(time.Now(), time.Second)).Brokers(t.Context())
	if len(errs) != 1 || errs[0].Code != CodeLogin || !errors.Is(errs[0], cause) {
		t.Errorf("got %v", errs)
	}
}

func TestMechanismThatIsNotOffered(t *testing.T) {
	c, servers := secureFake(t, kfake.EnableSASL(), kfake.Superuser("PLAIN", "me", "pw"))
	c.ControlKey(int16(kmsg.SASLHandshake), func(req kmsg.Request) (kmsg.Response, error, bool) {
		c.KeepControl()
		resp := req.ResponseKind().(*kmsg.SASLHandshakeResponse)
		resp.ErrorCode, resp.SupportedMechanisms = kerr.UnsupportedSaslMechanism.Code, []string{"PLAIN", "OAUTHBEARER"}
		return resp, nil, true
	})
	errs, steps := seen(t, Config{Bootstrap: servers[:1], SASL: scram.Auth{User: "me", Pass: "pw"}.AsSha512Mechanism()})
	if len(errs) != 1 || errs[0].Code != CodeNoMechanism {
		t.Errorf("got %v", errs)
	}
	wantEnd(t, steps, []string{StepName, StepTCP, StepOffer}, CodeNoMechanism)
	if e := steps[len(steps)-1].Err; e != nil && e.Message != "the broker does not offer SCRAM-SHA-512: it has PLAIN, OAUTHBEARER" {
		t.Errorf("got %q", e.Message)
	}
}

// A slow refusal does not have the other servers asked meanwhile, as slow answers do.
func TestSlowRefusalIsWaitedFor(t *testing.T) {
	c, servers := secureFake(t, kfake.EnableSASL(), kfake.Superuser("PLAIN", "me", "pw"))
	var logins atomic.Int32
	c.ControlKey(int16(kmsg.SASLAuthenticate), func(req kmsg.Request) (kmsg.Response, error, bool) {
		c.KeepControl()
		logins.Add(1)
		time.Sleep(2 * hedge) // the broker's own time: nothing here waits for it
		resp := req.ResponseKind().(*kmsg.SASLAuthenticateResponse)
		resp.ErrorCode = kerr.SaslAuthenticationFailed.Code
		return resp, nil, true
	})
	client, err := Dial(Config{Bootstrap: servers, SASL: plain.Auth{User: "me", Pass: "wrong"}.AsMechanism()})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	_, _, errs := client.Run(In(time.Now(), 10*time.Second)).brokersAndCoordinators(t.Context(), []string{"a"})
	if n := logins.Load(); n != 1 || len(errs) != 1 || errs[0].Code != CodeWrongLogin {
		t.Errorf("%d logins, %v; want one", n, errs)
	}
}
