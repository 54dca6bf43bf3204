package clientconfig

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/sasl"
)

// What Read refuses does no harm to Login: it is an error there, or at the first login.
func TestLoginIsTotal(t *testing.T) {
	const url = "https://127.0.0.1:1/"
	tests := []struct {
		s    SASL
		want string
	}{
		{SASL{}, `sasl.mechanism "" is not one that offsetctl has`},
		{SASL{Mechanism: "PLAIN"}, "PLAIN user and pass must be non-empty"},
		{SASL{Mechanism: "SCRAM-SHA-256", Username: "u"}, "SCRAM-SHA-256 user and pass must be non-empty"},
		{SASL{Mechanism: "SCRAM-SHA-512"}, "SCRAM-SHA-512 user and pass must be non-empty"},
		{SASL{Mechanism: "OAUTHBEARER"}, "sasl.oauthbearer.token.endpoint.url is not a URL such as https://login.example.com/oauth2/token"},
		{SASL{Mechanism: "OAUTHBEARER", OAuth: OAuth{Unsecured: &Unsecured{Strings: map[string]string{"sub": "a"}, Numbers: map[string]float64{"n": math.NaN()}}}},
			"getting an OAUTHBEARER token from the unsecuredLogin… options of sasl.jaas.config: json: unsupported value: NaN"},
		{SASL{Mechanism: "OAUTHBEARER", OAuth: OAuth{TokenURL: url, Assertion: &Assertion{}}},
			"getting an OAUTHBEARER token from " + url + ": reading sasl.oauthbearer.assertion.private.key.file : no such file or directory"},
		{SASL{Mechanism: "OAUTHBEARER", OAuth: OAuth{TokenURL: url, Assertion: &Assertion{KeyFile: keyFile("rsa.pem")}}},
			"getting an OAUTHBEARER token from " + url + ": signing the assertion with " + keyFile("rsa.pem") + ": it is an RSA key: sasl.oauthbearer.assertion.algorithm must be RS256"},
	}
	for _, tt := range tests {
		m, err := tt.s.Login(clock)
		if err == nil {
			_, _, err = m.Authenticate(t.Context(), "broker:9092")
		}
		if err == nil || err.Error() != tt.want {
			t.Errorf("%+v:\n got %v\nwant %s", tt.s, err, tt.want)
		}
	}
}

func TestDelegationTokenIsMarked(t *testing.T) {
	m, err := SASL{Mechanism: "SCRAM-SHA-512", Username: "id", Password: NewSecret("hmac"), TokenAuth: true}.Login(clock)
	if err != nil {
		t.Fatal(err)
	}
	if _, first, err := m.Authenticate(t.Context(), ""); err != nil || !strings.Contains(string(first), ",tokenauth=true") {
		t.Errorf("got %q, %v", first, err)
	}
}

// dial is a client of a fake cluster on pipes, which logs in as m says.
func dial(t *testing.T, m sasl.Mechanism, opts ...kfake.Opt) (*kfake.Cluster, *kgo.Client) {
	t.Helper()
	var pipes kfake.VirtualNetwork
	c, err := kfake.NewCluster(append([]kfake.Opt{kfake.NumBrokers(1), kfake.Ports(9092), kfake.ListenFn(pipes.Listen)}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	client, err := kgo.NewClient(kgo.SeedBrokers(c.ListenAddrs()...), kgo.Dialer(pipes.DialContext), kgo.SASL(m),
		kgo.RequestRetries(0), kgo.RetryTimeout(time.Second))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return c, client
}

// ask sends a request to the one broker, on a connection of its own.
func ask(t *testing.T, client *kgo.Client) error {
	t.Helper()
	_, err := client.SeedBrokers()[0].Request(t.Context(), kmsg.NewPtrMetadataRequest())
	return err
}

func TestPasswordLogins(t *testing.T) {
	for _, mechanism := range []string{"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"} {
		for _, password := range []string{testSecret, "wrong"} {
			s := SASL{Mechanism: mechanism, Username: "alice", Password: NewSecret(password)}
			m, err := s.Login(clock)
			if err != nil {
				t.Fatal(err)
			}
			_, client := dial(t, m, kfake.EnableSASL(), kfake.Superuser(mechanism, "alice", testSecret))
			if err := ask(t, client); (err == nil) != (password == testSecret) {
				t.Errorf("%s with password %q: %v", mechanism, password, err)
			}
		}
	}
}

// kafkaOAuth makes c take the tokens that good knows, as Kafka does (OAuthBearerSaslServer). It counts the logins. With a
// lifetime the next request wants another login on the same connection (KIP-368); 0: none does.
func kafkaOAuth(c *kfake.Cluster, lifetime int64, good func(first string) bool) *atomic.Int32 {
	var logins atomic.Int32
	c.ControlKey(int16(kmsg.SASLHandshake), func(r kmsg.Request) (kmsg.Response, error, bool) {
		c.KeepControl()
		return r.ResponseKind(), nil, true
	})
	c.ControlKey(int16(kmsg.SASLAuthenticate), func(r kmsg.Request) (kmsg.Response, error, bool) {
		c.KeepControl()
		resp := r.ResponseKind().(*kmsg.SASLAuthenticateResponse)
		const reason = `{"status":"invalid_token"}`
		switch first := string(r.(*kmsg.SASLAuthenticateRequest).SASLAuthBytes); {
		case first == "\x01":
			resp.ErrorCode, resp.ErrorMessage = kerr.SaslAuthenticationFailed.Code, kmsg.StringPtr(reason)
		case good(first):
			logins.Add(1)
			resp.SessionLifetimeMillis = lifetime
		default:
			resp.SASLAuthBytes = []byte(reason)
		}
		return resp, nil, true
	})
	return &logins
}

// oauthLogin is the mechanism of an endpoint that trusts h's server.
func oauthLogin(t *testing.T, h http.HandlerFunc) sasl.Mechanism {
	t.Helper()
	s := tokenServer(t, h)
	c := cacheOf(t, credentials(s.URL), s, clock)
	return bearer{token: c.get, refused: c.drop, subject: &tokenSubject{claim: "sub"}}
}

func TestOAuthLogin(t *testing.T) {
	token := goodToken(t, time.Hour)
	m := oauthLogin(t, answerWith(200, "application/json", `{"access_token":"`+token+`"}`))
	c, client := dial(t, m)
	logins := kafkaOAuth(c, 0, func(first string) bool { return first == "n,,\x01auth=Bearer "+token+"\x01\x01" })
	if before := Subject(m); before != "" {
		t.Errorf("before the login the subject is %q", before)
	}
	if err := ask(t, client); err != nil || logins.Load() != 1 {
		t.Errorf("%v after %d logins", err, logins.Load())
	}
	if got := Subject(m); got != "alice" {
		t.Errorf("the subject is %q, want alice", got)
	}
}

func TestWhatHasNoSubject(t *testing.T) {
	for _, claim := range []string{"sub", "none", "exp"} { // an opaque token, none, not a text
		s := &tokenSubject{claim: claim}
		for _, token := range []string{"opaque", goodToken(t, time.Hour)} {
			if s.saw(token); claim == "sub" == (Subject(bearer{subject: s}) == "") && token != "opaque" {
				t.Errorf("claim %s: %q", claim, Subject(bearer{subject: s}))
			}
		}
	}
	if got := Subject(nil); got != "" {
		t.Errorf("of no login: %q", got)
	}
}

// A token that ends in the middle of a run is replaced when the broker wants another login.
func TestTokenExpiresInMidRun(t *testing.T) {
	var passed atomic.Int64
	now := func() time.Time { return at.Add(time.Duration(passed.Load())) }
	s, n := counting(t, now, time.Hour)
	tokens := cacheOf(t, credentials(s.URL), s, now)
	c, client := dial(t, bearer{token: tokens.get, refused: tokens.drop, subject: &tokenSubject{claim: "sub"}})
	var seen []string
	logins := kafkaOAuth(c, 1, func(first string) bool { seen = append(seen, first); return true })
	for _, d := range []time.Duration{0, 30 * time.Minute, 59 * time.Minute} {
		passed.Store(int64(d))
		if err := ask(t, client); err != nil {
			t.Fatal(err)
		}
	}
	// One login connects, and one goes before each request.
	if logins.Load() != 4 || n.Load() != 2 || seen[0] != seen[2] || seen[2] == seen[3] {
		t.Errorf("%d logins with %d tokens, want 4 with 2, of which the last is new", logins.Load(), n.Load())
	}
}

// A broker that refuses a token says why, and the next login has another token.
func TestOAuthLoginRefused(t *testing.T) {
	var n atomic.Int32
	m := oauthLogin(t, func(w http.ResponseWriter, r *http.Request) {
		token := jwt(t, map[string]any{"sub": "alice", "exp": at.Add(time.Hour).Unix(), "n": n.Add(1)})
		answerWith(200, "application/json", `{"access_token":"`+token+`"}`)(w, r)
	})
	c, client := dial(t, m)
	second := jwt(t, map[string]any{"sub": "alice", "exp": at.Add(time.Hour).Unix(), "n": 2})
	kafkaOAuth(c, 0, func(first string) bool { return strings.Contains(first, second) })
	err := ask(t, client)
	if !errors.Is(err, kerr.SaslAuthenticationFailed) || !strings.HasSuffix(err.Error(), `: {"status":"invalid_token"}`) {
		t.Errorf("got %v", err)
	}
	if err := ask(t, client); err != nil || n.Load() != 2 {
		t.Errorf("second login: %v, with %d tokens", err, n.Load())
	}
}

// The broker is not to blame: the error is found through kgo, and kgo asks no second time.
func TestOAuthLoginWithoutToken(t *testing.T) {
	m := oauthLogin(t, answerWith(400, "application/json", `{"error":"invalid_scope"}`))
	c, client := dial(t, m)
	kafkaOAuth(c, 0, func(string) bool { return true })
	err := ask(t, client)
	var got *TokenError
	if !errors.As(err, &got) || got.Err.Error() != "400 Bad Request: invalid_scope" {
		t.Errorf("got %v", err)
	}
	if prepared := Preparation(m)(t.Context()); !errors.As(prepared, &got) {
		t.Errorf("Prepare: got %v", prepared)
	}
}

func TestPreparation(t *testing.T) {
	var n atomic.Int32
	token := goodToken(t, time.Hour)
	m := oauthLogin(t, func(w http.ResponseWriter, r *http.Request) {
		n.Add(1)
		answerWith(200, "application/json", `{"access_token":"`+token+`"}`)(w, r)
	})
	if err := Preparation(m)(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // the token is there
	if _, _, err := m.Authenticate(ctx, ""); err != nil || n.Load() != 1 {
		t.Errorf("got %v after %d requests, want the token of Prepare", err, n.Load())
	}
	plain, err := SASL{Mechanism: "PLAIN", Username: "u", Password: NewSecret("p")}.Login(clock)
	if err != nil || Preparation(plain) != nil {
		t.Errorf("PLAIN has nothing to prepare: %v", err)
	}
}

// Nothing that a configuration, a mechanism or an error has of secrets is printed.
func TestSecretsAreNotPrinted(t *testing.T) {
	o := credentials("http://user:" + testPassword + "@login.example.com/token")
	o.Assertion = &Assertion{KeyPassphrase: NewSecret(testSecret)}
	data, err := json.Marshal(o.Assertion)
	if err != nil {
		t.Fatal(err)
	}
	noSecrets(t, string(data))
	_, err = SASL{Mechanism: "OAUTHBEARER", OAuth: o}.Login(clock)
	noSecrets(t, err.Error())
	if diff := cmp.Diff(`getting AWS credentials from x: y`, (&TokenError{awsCredentials, "x", errors.New("y"), "z"}).Error()); diff != "" {
		t.Error(diff)
	}
}
