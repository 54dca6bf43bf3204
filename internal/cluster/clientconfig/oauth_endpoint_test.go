package clientconfig

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// Secrets of the tests: none of them may be in any error.
const (
	testSecret   = "s3cr3t/of+the=client"
	testPassword = "pa55w0rd-in-the-url"
)

// at is the time at which the tests of this package take place.
var at = time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)

func clock() time.Time { return at }

// jwt is a token that says what claims say. Its signature is nobody's.
func jwt(t *testing.T, claims map[string]any) string {
	t.Helper()
	body, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	return segment([]byte(`{"alg":"RS256"}`)) + "." + segment(body) + "." + segment([]byte("a signature"))
}

// goodToken ends d after the time of the tests.
func goodToken(t *testing.T, d time.Duration) string {
	t.Helper()
	return jwt(t, map[string]any{"sub": "alice", "exp": at.Add(d).Unix(), "iat": at.Unix()})
}

// tokenServer is a token endpoint over TLS.
func tokenServer(t *testing.T, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewUnstartedServer(h)
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // of clients that do not trust it
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

// credentials is a configuration with the client's secret; it tries for as long as the test lets it.
func credentials(url string) OAuth {
	return OAuth{
		TokenURL: url, ClientID: "offsetctl", ClientSecret: NewSecret(testSecret), Scope: "kafka read",
		RetryBackoff: time.Millisecond,
	}
}

// endpointOf makes of o an endpoint that trusts s.
func endpointOf(t *testing.T, o OAuth, s *httptest.Server) *tokenEndpoint {
	t.Helper()
	e, err := o.endpoint(clock)
	if err != nil {
		t.Fatal(err)
	}
	if s.TLS != nil {
		e.client.Transport.(*http.Transport).TLSClientConfig = s.Client().Transport.(*http.Transport).TLSClientConfig
	}
	return e
}

// answerWith always says the same.
func answerWith(status int, contentType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func TestTokenRequest(t *testing.T) {
	tests := []struct {
		name    string
		encoded bool
		want    string // id and secret, before base64
	}{
		{"as it is", false, "offsetctl:" + testSecret},
		{"url encoded", true, "offsetctl:s3cr3t%2Fof%2Bthe%3Dclient"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			type request struct{ Method, Path, Authorization, ContentType, Accept, Body string }
			var got request
			token := goodToken(t, time.Hour)
			s := tokenServer(t, func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				got = request{r.Method, r.URL.String(), r.Header.Get("Authorization"), r.Header.Get("Content-Type"), r.Header.Get("Accept"), string(body)}
				answerWith(200, "application/json", `{"access_token":" `+token+`\n","token_type":"Bearer"}`)(w, r)
			})
			o := credentials(s.URL + "/realms/a/token?tenant=7")
			o.HeaderURLEncode = tt.encoded
			f, err := endpointOf(t, o, s).fetch(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(fetched[string]{token, at.Add(time.Hour)}, f, cmp.AllowUnexported(fetched[string]{})); diff != "" {
				t.Errorf("token (-want +got):\n%s", diff)
			}
			want := request{
				Method: "POST", Path: "/realms/a/token?tenant=7",
				Authorization: "Basic " + base64.StdEncoding.EncodeToString([]byte(tt.want)),
				ContentType:   "application/x-www-form-urlencoded", Accept: "application/json",
				Body: "grant_type=client_credentials&scope=kafka+read",
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("request (-want +got):\n%s", diff)
			}
		})
	}
}

// faults of a token endpoint that answers, and how they are said.
func endpointFaults(t *testing.T) []endpointFault {
	tell := fmt.Sprintf(`{"error":"invalid_scope","error_description":"no \u001b[2Jscope for %s, %s"}`, testSecret,
		base64.StdEncoding.EncodeToString([]byte("offsetctl:"+testSecret)))
	long := `{"error":"` + strings.Repeat("x", 250) + testSecret + `"}`
	return []endpointFault{
		{"401", answerWith(401, "application/json", `{"error":"invalid_client"}`), "401 Unauthorized: invalid_client", "secret was refused", false},
		{"401 of HTML", answerWith(401, "text/html", "<html>"), "401 Unauthorized, with HTML and not JSON", "secret was refused", false},
		{"400 that tells what it got", answerWith(400, "application/json", tell),
			"400 Bad Request: invalid_scope: no  [2Jscope for [hidden], [hidden]", "scope", false},
		{"400 of Okta", answerWith(400, "application/json", `{"errorCode":"E1","errorSummary":"bad"}`), "400 Bad Request: E1: bad", "scope", false},
		{"a long error", answerWith(403, "application/json", long), "403 Forbidden: " + strings.Repeat("x", 200) + "…", "scope", false},
		{"404", answerWith(404, "text/plain", "not here"), "404 Not Found", "is sasl.oauthbearer.token.endpoint.url the token endpoint?", false},
		{"501", answerWith(501, "text/plain", ""), "501 Not Implemented", "the endpoint is in trouble", false},
		{"HTML", answerWith(200, "text/html; charset=utf-8", "<!doctype html>"), "it returned HTML, not JSON", "is sasl.oauthbearer.token.endpoint.url", false},
		{"HTML that says it is JSON", answerWith(200, "application/json", "\n <html>"), "it returned HTML, not JSON", "is sasl.oauthbearer.token.endpoint.url", false},
		{"nothing", answerWith(200, "application/json", " "), "its answer is empty", "", false},
		{"not JSON", answerWith(200, "application/json", "access_token="+testSecret), "its answer is not the JSON object that it should be", "", false},
		{"no token", answerWith(200, "application/json", `{"token":"`+testSecret+`"}`), "it answered without an access_token", "", false},
		{"a token that is a number", answerWith(200, "application/json", `{"access_token":7}`), "it answered without an access_token", "", false},
		{"a token that is no JWT", answerWith(200, "application/json", `{"access_token":"opaque"}`), "looking at the token that it gave: it is not a JWT: it has 1 parts, not 3 with a dot between them", "JWT", false},
		{"a token that has expired", answerWith(200, "application/json", `{"access_token":"`+goodToken(t, -time.Minute)+`"}`),
			"the token that it gave has expired already, at 2026-11-29T11:59:00Z", "clock", false},
		{"too much", answerWith(200, "application/json", strings.Repeat(" ", maxAnswer+1)), "its answer is larger than 1024 KiB", "right address", false},
		{"hanging up", func(w http.ResponseWriter, _ *http.Request) { panic(http.ErrAbortHandler) }, "it closed the connection without an answer", "", true},
		{"500 again and again", answerWith(500, "text/plain", ""), "500 Internal Server Error", "try later", true},
		{"429", answerWith(429, "text/plain", ""), "429 Too Many Requests", "too many requests", true},
	}
}

type endpointFault struct {
	name       string
	answer     http.HandlerFunc
	text, hint string
	again      bool // worth another try
}

func TestTokenEndpointFaults(t *testing.T) {
	for _, tt := range endpointFaults(t) {
		t.Run(tt.name, func(t *testing.T) {
			s := tokenServer(t, tt.answer)
			o := credentials("https://user:" + testPassword + "@" + s.Listener.Addr().String() + "/token?key=" + testPassword)
			e := endpointOf(t, o, s)
			_, flt := e.once(t.Context())
			if flt == nil {
				t.Fatal("no fault")
			}
			if flt.again != tt.again {
				t.Errorf("to be tried again: got %t, want %t", flt.again, tt.again)
			}
			e.patience.window = 0 // one request
			_, err := e.fetch(t.Context())
			wantTokenError(t, err, "https://"+s.Listener.Addr().String()+"/token", tt.text, tt.hint)
		})
	}
}

// wantTokenError compares a whole TokenError but for its hint, of which hint is a part. Nothing secret may be in it.
func wantTokenError(t *testing.T, err error, source, text, hint string) {
	t.Helper()
	var got *TokenError
	if !errors.As(err, &got) {
		t.Fatalf("got %v, want a TokenError", err)
	}
	if want := "getting an OAUTHBEARER token from " + source + ": " + text; got.Error() != want {
		t.Errorf("error:\n got %s\nwant %s", got.Error(), want)
	}
	if !strings.Contains(got.Hint, hint) {
		t.Errorf("hint: got %q, want it to have %q", got.Hint, hint)
	}
	noSecrets(t, got.Error()+got.Hint+fmt.Sprintf("%+v %#v", got, got.Err))
	var n net.Error
	if errors.As(err, &n) && !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v has a network error in it, which kgo would take for the broker's", err)
	}
}

func noSecrets(t *testing.T, text string) {
	t.Helper()
	for _, secret := range []string{
		testSecret, testPassword, "s3cr3t", "pa55w0rd", base64.StdEncoding.EncodeToString([]byte("offsetctl:" + testSecret)), "a signature",
		segment([]byte("a signature")),
	} {
		if strings.Contains(text, secret) {
			t.Errorf("%q is in %q", secret, text)
		}
	}
}

func TestTokenEndpointRecovers(t *testing.T) {
	token := goodToken(t, time.Hour)
	var n atomic.Int32
	s := tokenServer(t, func(w http.ResponseWriter, r *http.Request) {
		if n.Add(1) < 3 {
			answerWith(503, "text/html", "<html>busy")(w, r)
			return
		}
		answerWith(201, "application/json", `{"id_token":"`+token+`"}`)(w, r)
	})
	f, err := endpointOf(t, credentials(s.URL), s).fetch(t.Context())
	if err != nil || f.value != token || n.Load() != 3 {
		t.Errorf("got %q, %v after %d requests, want the token after 3", f.value, err, n.Load())
	}
}

func TestTokenEndpointRedirectIsNotFollowed(t *testing.T) {
	elsewhere := tokenServer(t, func(http.ResponseWriter, *http.Request) { t.Error("the secret went elsewhere") })
	for _, status := range []int{302, 307, 308} {
		s := tokenServer(t, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere.URL+"/?secret="+testSecret, status)
		})
		_, err := endpointOf(t, credentials(s.URL), s).fetch(t.Context())
		wantTokenError(t, err, s.URL, fmt.Sprintf("%d %s", status, http.StatusText(status)), "redirects")
	}
}

func TestTokenEndpointDown(t *testing.T) {
	s := httptest.NewTLSServer(http.NotFoundHandler())
	s.Close()
	o := credentials(s.URL)
	o.RetryBackoffMax = 20 * time.Millisecond
	_, err := endpointOf(t, o, s).fetch(t.Context())
	wantTokenError(t, err, s.URL, "connection refused", "is it running")
}

func TestTokenEndpointProxyDown(t *testing.T) {
	s := tokenServer(t, http.NotFound)
	down := httptest.NewServer(http.NotFoundHandler())
	down.Close()
	u, err := url.Parse(strings.Replace(down.URL, "http://", "http://user:"+testPassword+"@", 1))
	if err != nil {
		t.Fatal(err)
	}
	e := endpointOf(t, credentials(s.URL), s)
	e.client.Transport.(*http.Transport).Proxy = http.ProxyURL(u)
	e.patience.window = 0
	_, err = e.fetch(t.Context())
	wantTokenError(t, err, s.URL, "by way of the proxy: connection refused", "HTTPS_PROXY")
}

func TestTokenEndpointSlow(t *testing.T) {
	release := make(chan struct{})
	s := tokenServer(t, func(http.ResponseWriter, *http.Request) { <-release })
	t.Cleanup(func() { close(release) }) // before s.Close, which waits for the handler
	o := credentials(s.URL)
	o.ConnectTimeout, o.ReadTimeout, o.RetryBackoffMax = 50*time.Millisecond, 50*time.Millisecond, time.Millisecond
	_, err := endpointOf(t, o, s).fetch(t.Context())
	wantTokenError(t, err, s.URL, "no answer within 100ms", "is it up")
}

func TestTokenEndpointHonoursContext(t *testing.T) {
	release, asked := make(chan struct{}), make(chan struct{})
	s := tokenServer(t, func(http.ResponseWriter, *http.Request) { close(asked); <-release })
	t.Cleanup(func() { close(release) })
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-asked; cancel() }()
	_, err := endpointOf(t, credentials(s.URL), s).fetch(ctx)
	wantTokenError(t, err, s.URL, "context canceled", "")
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want it to be context.Canceled", err)
	}
}

func TestTokenEndpointTLS(t *testing.T) {
	s := tokenServer(t, http.NotFound)
	e, err := credentials(s.URL).endpoint(clock) // trusts the system's authorities only
	if err != nil {
		t.Fatal(err)
	}
	_, err = e.fetch(t.Context())
	var got *TokenError
	if !errors.As(err, &got) || !strings.Contains(got.Error(), "its certificate is not trusted: x509: certificate signed by unknown authority") ||
		!strings.Contains(got.Hint, "ssl.truststore.location") {
		t.Errorf("got %+v", err)
	}

	p := httptest.NewServer(http.NotFoundHandler())
	defer p.Close()
	o := credentials(strings.Replace(p.URL, "http:", "https:", 1))
	o.RetryBackoffMax = time.Millisecond
	_, err = endpointOf(t, o, p).fetch(t.Context())
	if !errors.As(err, &got) || got.Err.Error() != "it does not speak TLS" {
		t.Errorf("got %v, want that it does not speak TLS", err)
	}
}

func TestTokenEndpointURL(t *testing.T) {
	tests := []struct{ url, want string }{
		{"https://login.example.com/token", ""},
		{"http://localhost:8080/token", ""},
		{"http://127.0.0.1:8080/token", ""},
		{"http://[::1]:8080/token", ""},
		{"http://u:" + testPassword + "@login.example.com/token?x=" + testPassword,
			"sasl.oauthbearer.token.endpoint.url http://login.example.com/token: the client's secret would be sent in the clear; use https (http only to this machine itself)"},
		{"http://localhost.example.com/", "sasl.oauthbearer.token.endpoint.url http://localhost.example.com/: the client's secret would be sent in the clear; use https (http only to this machine itself)"},
		{"https://u:" + testPassword + "@login example.com/", "sasl.oauthbearer.token.endpoint.url is not a URL such as https://login.example.com/oauth2/token"},
		{"login.example.com/token", "sasl.oauthbearer.token.endpoint.url is not a URL such as https://login.example.com/oauth2/token"},
	}
	for _, tt := range tests {
		_, err := credentials(tt.url).endpoint(clock)
		got := ""
		if err != nil {
			got = err.Error()
		}
		if got != tt.want {
			t.Errorf("%s:\n got %s\nwant %s", tt.url, got, tt.want)
		}
		noSecrets(t, got)
	}
}

func FuzzTokenAnswer(f *testing.F) {
	f.Add(200, []byte(`{"access_token":"a.e30.c"}`))
	f.Add(400, []byte(`{"error":"invalid_request","error_description":7}`))
	f.Add(500, []byte("<html>"))
	e, err := credentials("https://localhost/").endpoint(clock)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		a := answer{status: status, body: body}
		if _, flt := e.accept(a); flt != nil && flt.text == "" {
			t.Error("a fault without a text")
		}
		flt := e.refused(a, e.secrets)
		if strings.ContainsAny(flt.text, "\n\x1b") || len(flt.text) > 5*4*maxForeign {
			t.Errorf("not fit to be shown: %q", flt.text)
		}
	})
}
