//go:build kafka

package kafkatest

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

const (
	tokenKeyID    = "kafkatest"
	tokenAudience = "kafka"
	tokenScope    = "kafka"
	jwtBearer     = "urn:ietf:params:oauth:grant-type:jwt-bearer"

	clientAssertion = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
)

// TokenEndpoint gives out the tokens that the listener OAUTH takes (RFC 6749, RFC 7523), over TLS with a certificate of ca.pem.
// With the grant client_credentials, NAME gets a token for the secret NAME-secret (see Secret); with jwt-bearer, for an
// assertion with NAME as its subject and URL as its audience, signed with AssertionKey. The only scope is "kafka".
type TokenEndpoint struct {
	URL          string
	AssertionKey string // file: PKCS#8 in PEM, for RS256

	key *rsa.PrivateKey

	mu       sync.Mutex
	answer   http.HandlerFunc // nil: tokens
	lifetime time.Duration    // of the tokens
	requests []url.Values
}

// startTokens starts an endpoint and writes its key set (RFC 7517) into jwks.json of dir.
func startTokens(stores, dir string) (e *TokenEndpoint, stop func(), err error) {
	cert, err := tls.LoadX509KeyPair(filepath.Join(stores, "server.pem"), filepath.Join(stores, "server.pem"))
	if err != nil {
		return nil, nil, err
	}
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, nil, err
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, nil, err
	}
	e = &TokenEndpoint{key: key, lifetime: time.Hour, AssertionKey: filepath.Join(dir, "assertion.pem")}
	if err := writePEM(e.AssertionKey, &pem.Block{Type: "PRIVATE KEY", Bytes: private}); err != nil {
		return nil, nil, err
	}
	set := map[string]any{"keys": []any{map[string]string{
		"kty": "RSA", "use": "sig", "alg": "RS256", "kid": tokenKeyID,
		"n": encode(key.N.Bytes()), "e": encode(big.NewInt(int64(key.E)).Bytes()),
	}}}
	text, err := json.Marshal(set)
	if err != nil {
		return nil, nil, err
	}
	if err := os.WriteFile(filepath.Join(dir, "jwks.json"), text, 0o600); err != nil {
		return nil, nil, err
	}
	server := httptest.NewUnstartedServer(e)
	server.TLS = &tls.Config{Certificates: []tls.Certificate{cert}}
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // of handshakes that a test wants to fail
	server.StartTLS()
	e.URL = server.URL + "/token"
	return e, server.Close, nil
}

// Lifetime sets the lifetime of the tokens to come: an hour, until it is called. Brokers close a connection whose token has
// ended, unless it has shown another.
func (e *TokenEndpoint) Lifetime(d time.Duration) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.lifetime = d
}

// Answer has h answer all requests to come, to make failures; with nil, tokens are given out again. One that never answers must
// end with the request's context.
func (e *TokenEndpoint) Answer(h http.HandlerFunc) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.answer = h
}

// Requests are the forms of all requests so far.
func (e *TokenEndpoint) Requests() []url.Values {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]url.Values(nil), e.requests...)
}

// ServeHTTP answers a token request.
func (e *TokenEndpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 1<<16)
	formErr := r.ParseForm()
	e.mu.Lock()
	e.requests = append(e.requests, r.PostForm)
	answer, lifetime := e.answer, e.lifetime
	e.mu.Unlock()
	if answer != nil {
		answer(w, r)
		return
	}
	if formErr != nil || r.Method != http.MethodPost {
		refuse(w, http.StatusBadRequest, "invalid_request", "not a form that was posted")
		return
	}
	scope := r.PostForm.Get("scope")
	if scope != "" && scope != tokenScope {
		refuse(w, http.StatusBadRequest, "invalid_scope", "the scope is "+tokenScope)
		return
	}
	var subject string
	switch grant := r.PostForm.Get("grant_type"); {
	case grant == "client_credentials" && r.PostForm.Get("client_assertion_type") == clientAssertion:
		var err error
		if subject, err = e.subject(r.PostForm.Get("client_assertion"), time.Now()); err != nil {
			refuse(w, http.StatusUnauthorized, "invalid_client", err.Error())
			return
		}
	case grant == "client_credentials":
		id, secret, _ := r.BasicAuth()
		if !isSecret(id, secret) {
			refuse(w, http.StatusUnauthorized, "invalid_client", "wrong id or secret")
			return
		}
		subject = id
	case grant == jwtBearer:
		var err error
		if subject, err = e.subject(r.PostForm.Get("assertion"), time.Now()); err != nil {
			refuse(w, http.StatusBadRequest, "invalid_grant", err.Error())
			return
		}
	default:
		refuse(w, http.StatusBadRequest, "unsupported_grant_type", "neither client_credentials nor jwt-bearer")
		return
	}
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(map[string]any{
		"access_token": e.Token(subject, lifetime), "token_type": "Bearer", "expires_in": int(lifetime.Seconds()), "scope": tokenScope,
	})
}

// isSecret takes a secret as it is and as RFC 6749 §2.3.1 wants it, URL-encoded.
func isSecret(id, secret string) bool {
	decoded, err := url.QueryUnescape(secret)
	return id != "" && (secret == Secret(id) || err == nil && decoded == Secret(id))
}

func refuse(w http.ResponseWriter, status int, code, description string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(map[string]string{"error": code, "error_description": description})
}

// Token is a token for a user, which brokers take from now on for the lifetime.
func (e *TokenEndpoint) Token(user string, lifetime time.Duration) string {
	now := time.Now()
	return e.sign(map[string]any{
		"iss": e.URL, "aud": tokenAudience, "sub": user, "scope": tokenScope, "iat": now.Unix(), "exp": now.Add(lifetime).Unix(),
	})
}

// Assertion is what the grant jwt-bearer takes for a user, for five minutes.
func (e *TokenEndpoint) Assertion(user string) string {
	now := time.Now()
	return e.sign(map[string]any{"iss": user, "aud": e.URL, "sub": user, "iat": now.Unix(), "exp": now.Add(5 * time.Minute).Unix()})
}

// sign makes a JWT (RFC 7519) with RS256.
func (e *TokenEndpoint) sign(claims map[string]any) string {
	header, err := json.Marshal(map[string]string{"alg": "RS256", "kid": tokenKeyID, "typ": "JWT"})
	if err != nil {
		panic(err)
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		panic(err)
	}
	text := encode(header) + "." + encode(payload)
	sum := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(nil, e.key, crypto.SHA256, sum[:])
	if err != nil {
		panic(err)
	}
	return text + "." + encode(signature)
}

// subject checks an assertion and says whose it is.
func (e *TokenEndpoint) subject(assertion string, now time.Time) (string, error) {
	part := strings.Split(assertion, ".")
	if len(part) != 3 {
		return "", errors.New("the assertion is no JWT")
	}
	signature, err := base64.RawURLEncoding.DecodeString(part[2])
	if err != nil {
		return "", fmt.Errorf("reading the assertion's signature: %w", err)
	}
	sum := sha256.Sum256([]byte(part[0] + "." + part[1]))
	if err := rsa.VerifyPKCS1v15(&e.key.PublicKey, crypto.SHA256, sum[:], signature); err != nil {
		return "", fmt.Errorf("verifying the assertion: %w", err)
	}
	payload, err := base64.RawURLEncoding.DecodeString(part[1])
	if err != nil {
		return "", fmt.Errorf("reading the assertion: %w", err)
	}
	var claims struct {
		Aud, Sub string
		Exp, Nbf float64
	}
	if err := json.Unmarshal(payload, &claims); err != nil {
		return "", fmt.Errorf("reading the assertion: %w", err)
	}
	at := float64(now.Unix())
	if claims.Aud != e.URL || claims.Sub == "" || at >= claims.Exp || at < claims.Nbf {
		return "", errors.New("the assertion is of another audience or time, or has no subject")
	}
	return claims.Sub, nil
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
