package clientconfig

import (
	"encoding/base64"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestOAuthIsChecked(t *testing.T) {
	alice := &Unsecured{Strings: map[string]string{"sub": "alice"}}
	tests := []struct {
		name string
		o    OAuth
		want string
	}{
		{"extension auth", OAuth{Unsecured: alice, Extensions: map[string]string{"auth": testSecret}}, `OAUTHBEARER extension "auth" in sasl.jaas.config: that name is the token's own`},
		{"extension name", OAuth{Unsecured: alice, Extensions: map[string]string{"a1": "x"}}, `OAUTHBEARER extension "a1" in sasl.jaas.config: a name has only letters`},
		{"extension value", OAuth{Unsecured: alice, Extensions: map[string]string{"a": testSecret + "\x01"}}, `value of OAUTHBEARER extension "a" in sasl.jaas.config`},
		{"empty extension", OAuth{Unsecured: alice, Extensions: map[string]string{"a": ""}}, `value of OAUTHBEARER extension "a" in sasl.jaas.config: it is empty`},
		{"reserved claim", OAuth{Unsecured: &Unsecured{Strings: map[string]string{"sub": "a"}, Numbers: map[string]float64{"exp": 1}}}, "unsecuredLogin…Claim_exp in sasl.jaas.config: that claim is set by the login itself"},
		{"no principal", OAuth{Unsecured: &Unsecured{PrincipalClaim: " user ", Strings: map[string]string{"sub": "a"}}}, "unsecured OAUTHBEARER login has no principal: set unsecuredLoginStringClaim_user"},
		{"negative life", OAuth{Unsecured: &Unsecured{Strings: map[string]string{"sub": "a"}, Lifetime: -1}}, "unsecuredLoginLifetimeSeconds in sasl.jaas.config: it is below 0"},
		{"http", OAuth{TokenURL: "http://a"}, "sasl.oauthbearer.token.endpoint.url http://a: the client's secret would be sent in the clear"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := SASL{Mechanism: "OAUTHBEARER", OAuth: tt.o}.Login(clock)
			if err == nil || !strings.HasPrefix(err.Error(), tt.want) {
				t.Fatalf("got  %v\nwant %s…", err, tt.want)
			}
			noSecrets(t, err.Error())
		})
	}
}

// firstMessage logs in with o.
func firstMessage(t *testing.T, o OAuth) (string, error) {
	t.Helper()
	m, err := SASL{Mechanism: "OAUTHBEARER", OAuth: o}.Login(clock)
	if err != nil {
		t.Fatal(err)
	}
	_, first, err := m.Authenticate(t.Context(), "broker:9092")
	return string(first), err
}

func TestUnsecuredLogin(t *testing.T) {
	first, err := firstMessage(t, OAuth{
		Unsecured: &Unsecured{
			Strings: map[string]string{"sub": `al"ice`}, Numbers: map[string]float64{"n": 1.5},
			Lists: map[string][]string{"scope": {"a", ""}, "none": nil}, Lifetime: time.Minute,
		},
		Extensions: map[string]string{"traceId": "12 3", "a": "b"},
	})
	if err != nil {
		t.Fatal(err)
	}
	token, ok := strings.CutPrefix(first, "n,,\x01auth=Bearer ")
	token, ok2 := strings.CutSuffix(token, "\x01a=b\x01traceId=12 3\x01\x01")
	if !ok || !ok2 {
		t.Fatalf("first message is %q", first)
	}
	p := strings.Split(token, ".")
	header, _ := base64.RawURLEncoding.DecodeString(p[0])
	payload, _ := base64.RawURLEncoding.DecodeString(p[1])
	var claims map[string]any
	if err := json.Unmarshal(payload, &claims); err != nil {
		t.Fatal(err)
	}
	got := []any{len(p), string(header), claims, p[2]}
	want := []any{3, `{"alg":"none"}`, map[string]any{
		"sub": `al"ice`, "n": 1.5, "scope": []any{"a", ""}, "none": []any{}, "iat": 1795953600.0, "exp": 1795953660.0,
	}, ""}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestTokenFileIsReadAnew(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	m, err := SASL{Mechanism: "OAUTHBEARER", OAuth: OAuth{TokenFile: file}}.Login(clock)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range []time.Duration{time.Hour, 2 * time.Hour} {
		write(t, file, " "+goodToken(t, d)+" \n")
		_, first, err := m.Authenticate(t.Context(), "")
		if want := "n,,\x01auth=Bearer " + goodToken(t, d) + "\x01\x01"; err != nil || string(first) != want {
			t.Errorf("got %q, %v\nwant %q", first, err, want)
		}
	}
}

func TestTokenFaults(t *testing.T) {
	dir := t.TempDir()
	file := func(name, content string) OAuth {
		write(t, filepath.Join(dir, name), content)
		return OAuth{TokenFile: filepath.Join(dir, name)}
	}
	conf := func(token string) OAuth { return OAuth{Token: NewSecret(token)} }
	tests := []struct {
		name, source string
		o            OAuth
		text         string
	}{
		{"no file", "file " + dir + "/none", OAuth{TokenFile: dir + "/none"}, "no such file or directory"},
		{"folder", "file " + dir, OAuth{TokenFile: dir}, "is a directory"},
		{"empty file", "file " + dir + "/a", file("a", " \n"), "it is empty"},
		{"two tokens", "file " + dir + "/b", file("b", "a.b.c\na.b.c"), "it has characters that no token has"},
		{"unsigned", "file " + dir + "/c", file("c", "e30.e30."), "it is not a signed JWT: one of its parts is empty"},
		{"two parts", "file " + dir + "/d", file("d", "a.b"), "it is not a JWT: it has 2 parts, not 3 with a dot between them"},
		{"not base64", "file " + dir + "/e", file("e", "a.+++.c"), "it is not a JWT: its second part is not base64url"},
		{"not an object", "file " + dir + "/f", file("f", "a."+segment([]byte("null"))+".c"), "it is not a JWT: its second part is not a JSON object"},
		{"no subject", "file " + dir + "/g", file("g", jwt(t, map[string]any{"exp": 1})), `it has no subject in its claim "sub": name the right one in sasl.oauthbearer.sub.claim.name`},
		{"no end", "file " + dir + "/h", file("h", jwt(t, map[string]any{"sub": "a"})), "it has no claim exp, so nobody knows when it ends"},
		{"odd end", "file " + dir + "/i", file("i", jwt(t, map[string]any{"sub": "a", "exp": "1"})), "its claim exp is not a time"},
		{"before 1970", "file " + dir + "/j", file("j", jwt(t, map[string]any{"sub": "a", "exp": -1})), "its claim exp is not a time"},
		{"over", "file " + dir + "/k", file("k", goodToken(t, -clockSkew)), "it expired at 2026-11-29T11:59:30Z"},
		{"over in the configuration", "the configuration", conf(goodToken(t, -time.Hour)), "it expired at 2026-11-29T11:00:00Z"},
		{"two words", "the configuration", conf(testSecret + " x"), "it has characters that no token has"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := firstMessage(t, tt.o)
			wantTokenError(t, err, tt.source, tt.text, "")
		})
	}
}

// What is good enough for the broker, whose affair it is.
func TestTokensThatAreTaken(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	far := jwt(t, map[string]any{"user": "a", "exp": 1e300})
	write(t, file, far)
	late := goodToken(t, time.Second-clockSkew)
	tests := []struct {
		name, token string
		o           OAuth
	}{
		{"opaque", "opaque", OAuth{Token: NewSecret(" opaque\n")}},
		{"unsigned", "e30.e30.", OAuth{Token: NewSecret("e30.e30.")}},
		{"within the clocks' difference", late, OAuth{Token: NewSecret(late)}},
		{"another subject claim and no end in sight", far, OAuth{TokenFile: file, SubClaim: "user"}},
	}
	for _, tt := range tests {
		if first, err := firstMessage(t, tt.o); err != nil || first != "n,,\x01auth=Bearer "+tt.token+"\x01\x01" {
			t.Errorf("%s: got %q, %v", tt.name, first, err)
		}
	}
}

func TestBrokersRefusal(t *testing.T) {
	tests := []struct{ challenge, want string }{
		{`{"status":"invalid_token"}`, "the broker refused the token: invalid_token"},
		{`{"status":"insufficient_scope", "scope":"a b", "openid-configuration":"x"}`, "the broker refused the token: insufficient_scope (scope a b)"},
		{"odd\x00\xff.", "the broker refused the token: odd \ufffd."},
		{strings.Repeat("x", 300), "the broker refused the token: " + strings.Repeat("x", 200) + "…"},
	}
	for _, tt := range tests {
		refused := 0
		s := &bearerSession{refused: func() { refused++ }}
		done, answer, err := s.Challenge([]byte(tt.challenge))
		if done || string(answer) != "\x01" || err != nil || refused != 1 {
			t.Errorf("%q: got %v, %q, %v; want that \\x01 is sent", tt.challenge, done, answer, err)
		}
		if _, _, err = s.Challenge(nil); err == nil || err.Error() != tt.want {
			t.Errorf("%q: got %v, want %s", tt.challenge, err, tt.want)
		}
	}
}

func TestRefusal(t *testing.T) {
	tests := []struct{ text, want string }{
		{`{"status":"invalid_token"}`, "the broker refused the token: invalid_token"},
		{` {"status":"insufficient_scope", "scope":"a b", "openid-configuration":"x"}`, "the broker refused the token: insufficient_scope (scope a b)"},
		{`{"status":"odd\u001b[2J"}`, "the broker refused the token: odd [2J"},
		{`{"status":"` + strings.Repeat("x", 300) + `"}`, "the broker refused the token: " + strings.Repeat("x", 200) + "…"},
		{`{"status":7}`, `{"status":7}`},
		{`{"error":"x"}`, `{"error":"x"}`},
		{`{"status":"invalid_token"} and more`, `{"status":"invalid_token"} and more`},
		{"", ""},
		{"Authentication failed: Invalid username or password", "Authentication failed: Invalid username or password"},
	}
	for _, tt := range tests {
		if got := Refusal(tt.text); got != tt.want {
			t.Errorf("%q: got %q, want %q", tt.text, got, tt.want)
		}
	}
}

func FuzzJWT(f *testing.F) {
	f.Add("e30.e30.e30")
	f.Add("a." + segment([]byte(`{"sub":"a","exp":1e400}`)) + ".c")
	f.Add("a." + segment([]byte(`{"sub":"a","exp":1795953600.5}`)) + ".c")
	f.Fuzz(func(t *testing.T, token string) {
		expires, err := OAuth{}.checkJWT(token)
		if err == nil && (expires.Year() < 1970 || expires.Year() > 9999) {
			t.Errorf("it ends at %v", expires)
		}
	})
}
