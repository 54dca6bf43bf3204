package clientconfig

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"maps"
	"math/big"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const passphrase = "test-passphrase"

// keyFile is a key of the package that reads them.
func keyFile(name string) string { return filepath.Join("..", "keystore", "testdata", "keys", name) }

// parts are header and payload of a JWT, and whether key signed them by RFC 7518.
func parts(t *testing.T, assertion string, key crypto.PublicKey) (header, payload map[string]any, signed bool) {
	t.Helper()
	p := strings.Split(assertion, ".")
	if len(p) != 3 {
		t.Fatalf("%d parts", len(p))
	}
	for i, into := range []*map[string]any{&header, &payload} {
		data, err := base64.RawURLEncoding.DecodeString(p[i])
		if err != nil || json.Unmarshal(data, into) != nil {
			t.Fatalf("part %d: %q", i, data)
		}
	}
	signature, err := base64.RawURLEncoding.DecodeString(p[2])
	if err != nil {
		t.Fatal(err)
	}
	digest := sha256.Sum256([]byte(p[0] + "." + p[1]))
	switch k := key.(type) {
	case *rsa.PublicKey:
		signed = rsa.VerifyPKCS1v15(k, crypto.SHA256, digest[:], signature) == nil
	case *ecdsa.PublicKey:
		signed = len(signature) == 64 &&
			ecdsa.Verify(k, digest[:], new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:]))
	}
	return header, payload, signed
}

// publicOf is the public half of a key in testdata.
func publicOf(t *testing.T, name string) crypto.PublicKey {
	t.Helper()
	a := Assertion{KeyFile: keyFile(name), KeyPassphrase: NewSecret(passphrase)}
	key, err := a.key()
	if err != nil {
		t.Fatal(err)
	}
	return key.Public()
}

func TestAssertion(t *testing.T) {
	template := filepath.Join(t.TempDir(), "template.json")
	write(t, template, `{"header":{"kid":"k1","alg":"none"},"payload":{"sub":"from the template","exp":1,"big":9007199254740993,"list":["a"]}}`)
	tests := []struct {
		name            string
		a               Assertion
		header, payload map[string]any
	}{
		{
			"defaults", Assertion{KeyFile: keyFile("rsa.pem"), Algorithm: "RS256"},
			map[string]any{"alg": "RS256", "typ": "JWT"},
			map[string]any{"iat": 1795953600.0, "exp": 1795953900.0, "nbf": 1795953540.0},
		},
		{
			"everything", Assertion{
				KeyFile: keyFile("ec.pem"), Algorithm: "ES256", TemplateFile: template, Audience: "aud", Issuer: "iss", Subject: "sub",
				Expiry: 10 * time.Minute, NotBefore: time.Minute,
			},
			map[string]any{"alg": "ES256", "typ": "JWT", "kid": "k1"},
			map[string]any{
				"iat": 1795953600.0, "exp": 1795954200.0, "nbf": 1795953540.0, "aud": "aud", "iss": "iss",
				"sub": "from the template", "big": 9007199254740993.0, "list": []any{"a"},
			},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			assertion, err := tt.a.make(at)
			if err != nil {
				t.Fatal(err)
			}
			header, payload, signed := parts(t, assertion, publicOf(t, filepath.Base(tt.a.KeyFile)))
			if !signed {
				t.Error("its signature is wrong")
			}
			if diff := cmp.Diff([]any{tt.header, tt.payload}, []any{header, payload}); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// One signature in 256 begins with a zero, which must not be left out.
func TestES256SignaturesAreOfOneLength(t *testing.T) {
	a := Assertion{KeyFile: keyFile("ec.pem")}
	key, err := a.key()
	if err != nil {
		t.Fatal(err)
	}
	digest := sha256.Sum256([]byte("content"))
	for range 2000 {
		signature, err := sign("ES256", key, "content")
		if err != nil {
			t.Fatal(err)
		}
		if len(signature) != 64 {
			t.Fatalf("%d bytes", len(signature))
		}
		if !ecdsa.Verify(key.Public().(*ecdsa.PublicKey), digest[:], new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])) {
			t.Fatalf("%x is no signature", signature)
		}
	}
}

func TestAssertionID(t *testing.T) {
	a := Assertion{KeyFile: keyFile("rsa.pem"), Algorithm: "RS256", JTI: true}
	seen := map[any]bool{}
	for range 2 {
		assertion, err := a.make(at)
		if err != nil {
			t.Fatal(err)
		}
		_, payload, _ := parts(t, assertion, nil)
		id, _ := payload["jti"].(string)
		if !regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(id) || seen[id] {
			t.Errorf("jti %q is no UUID, or not a new one", id)
		}
		seen[id] = true
	}
}

func TestAssertionErrors(t *testing.T) {
	dir := t.TempDir()
	file := func(name, content string) string {
		write(t, filepath.Join(dir, name), content)
		return filepath.Join(dir, name)
	}
	key := "reading sasl.oauthbearer.assertion.private.key.file "
	tests := []struct {
		name string
		a    Assertion
		want string
	}{
		{"no key", Assertion{KeyFile: dir + "/none"}, key + dir + "/none: no such file or directory"},
		{"folder", Assertion{KeyFile: dir}, key + dir + ": is a directory"},
		{"not a key", Assertion{KeyFile: file("text", testSecret)}, key + dir + "/text: it is not a PKCS#8 private key"},
		{"certificate", Assertion{KeyFile: file("cert", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")}, key + dir + `/cert: it has "CERTIFICATE" where a private key should be`},
		{"no passphrase", Assertion{KeyFile: keyFile("rsa-encrypted.pem")}, key + keyFile("rsa-encrypted.pem") + ": its key is encrypted: set sasl.oauthbearer.assertion.private.key.passphrase"},
		{"no passphrase, DER", Assertion{KeyFile: keyFile("rsa-encrypted.der")}, key + keyFile("rsa-encrypted.der") + ": its key is encrypted: set sasl.oauthbearer.assertion.private.key.passphrase"},
		{"cut off", Assertion{KeyFile: file("cut", "-----BEGIN PRIVATE KEY-----\nAAAA\n")}, key + dir + "/cut: it has BEGIN PRIVATE KEY, but no END of it: it is cut off"},
		{"wrong passphrase", Assertion{KeyFile: keyFile("rsa-encrypted.pem"), KeyPassphrase: NewSecret(testSecret)}, key + keyFile("rsa-encrypted.pem") + ": its key cannot be decrypted: is sasl.oauthbearer.assertion.private.key.passphrase right?"},
		{"too large", Assertion{KeyFile: file("large", strings.Repeat("x", maxSmallFile+1))}, key + dir + "/large: it is larger than 1024 KiB"},
		{"RSA for ES256", Assertion{KeyFile: keyFile("rsa.pem"), Algorithm: "ES256"}, "signing the assertion with " + keyFile("rsa.pem") + ": it is an RSA key: sasl.oauthbearer.assertion.algorithm must be RS256"},
		{"EC for RS256", Assertion{KeyFile: keyFile("ec.pem"), Algorithm: "RS256"}, "signing the assertion with " + keyFile("ec.pem") + ": it is an EC key: sasl.oauthbearer.assertion.algorithm must be ES256"},
		{"other curve", Assertion{KeyFile: keyFile("ec384.pem"), Algorithm: "ES256"}, "signing the assertion with " + keyFile("ec384.pem") + ": ES256 wants the curve P-256, and its curve is P-384"},
		{"no template", Assertion{KeyFile: keyFile("rsa.pem"), TemplateFile: dir + "/none"}, "reading sasl.oauthbearer.assertion.template.file " + dir + "/none: no such file or directory"},
		{"bad template", Assertion{KeyFile: keyFile("rsa.pem"), TemplateFile: file("list", `{"header":[]}`)}, "reading sasl.oauthbearer.assertion.template.file " + dir + `/list: it is not a JSON object with "header" and "payload", each an object`},
		{"no assertion", Assertion{File: dir + "/none"}, "reading sasl.oauthbearer.assertion.file " + dir + "/none: no such file or directory"},
		{"empty assertion", Assertion{File: file("empty", "\n")}, "reading sasl.oauthbearer.assertion.file " + dir + "/empty: it is empty; it must have one signed JWT in it"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := tt.a.make(at)
			if err == nil || err.Error() != tt.want {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
			noSecrets(t, err.Error())
		})
	}
}

func TestAssertionGrant(t *testing.T) {
	file := filepath.Join(t.TempDir(), "assertion")
	write(t, file, " aaa.bbb.ccc\n")
	var got url.Values
	token := goodToken(t, time.Hour)
	s := tokenServer(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got, _ = url.ParseQuery(string(body))
		got["Authorization"] = r.Header["Authorization"]
		answerWith(200, "application/json", `{"access_token":"`+token+`"}`)(w, r)
	})
	client := url.Values{
		"grant_type": {"client_credentials"}, "client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
		"client_assertion": {"aaa.bbb.ccc"}, "scope": {"kafka"}, "Authorization": nil,
	}
	named := maps.Clone(client)
	named.Set("client_id", "me")
	for name, tt := range map[string]struct {
		id   string
		of   Assertion
		want url.Values
	}{
		"what is granted upon": {"me", Assertion{}, url.Values{
			"grant_type": {"urn:ietf:params:oauth:grant-type:jwt-bearer"}, "assertion": {"aaa.bbb.ccc"}, "scope": {"kafka"}, "Authorization": nil,
		}},
		"a client's":             {"", Assertion{OfClient: true}, client},
		"a client's, with an id": {" me ", Assertion{OfClient: true}, named},
	} {
		tt.of.File = file
		e := endpointOf(t, OAuth{TokenURL: s.URL, ClientID: tt.id, Scope: "kafka", Assertion: &tt.of}, s)
		if _, err := e.fetch(t.Context()); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestAssertionRefused(t *testing.T) {
	s := tokenServer(t, func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		answerWith(401, "application/json", `{"error":"invalid_grant","error_description":"`+r.Form.Get("assertion")+`"}`)(w, r)
	})
	e := endpointOf(t, OAuth{TokenURL: s.URL, Assertion: &Assertion{KeyFile: keyFile("rsa.pem"), Algorithm: "RS256"}}, s)
	_, err := e.fetch(t.Context())
	wantTokenError(t, err, s.URL, "401 Unauthorized: invalid_grant: [hidden]", "assertion was refused")

	e = endpointOf(t, OAuth{TokenURL: s.URL, Assertion: &Assertion{KeyFile: "none"}}, s)
	_, err = e.fetch(t.Context())
	wantTokenError(t, err, s.URL, "reading sasl.oauthbearer.assertion.private.key.file none: no such file or directory", "")
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}
