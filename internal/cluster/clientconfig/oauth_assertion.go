package clientconfig

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"strings"
	"time"
)

// Defaults of sasl.oauthbearer.assertion.claim.exp.seconds and .nbf.seconds (SaslConfigs).
const (
	assertionExpiry    = 300 * time.Second
	assertionNotBefore = 60 * time.Second
)

// useAssertion asks with a JWT (JwtBearerRequestFormatter, ClientAssertionRequestFormatter). One is made for each request,
// since a provider may take the same jti only once.
func (o OAuth) useAssertion(e *tokenEndpoint) {
	a := *o.Assertion
	e.isAssertion = true
	e.secrets = []Secret{a.KeyPassphrase}
	e.form = func() (url.Values, error) {
		assertion, err := a.make(e.now())
		if err != nil {
			return nil, err
		}
		form := o.assertionForm(assertion)
		if scope := strings.TrimSpace(o.Scope); scope != "" {
			form.Set("scope", scope)
		}
		return form, nil
	}
}

func (o OAuth) assertionForm(assertion string) url.Values {
	if !o.Assertion.OfClient {
		return url.Values{"grant_type": {"urn:ietf:params:oauth:grant-type:jwt-bearer"}, "assertion": {assertion}}
	}
	form := url.Values{
		"grant_type":            {"client_credentials"},
		"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
		"client_assertion":      {assertion},
	}
	if id := strings.TrimSpace(o.ClientID); id != "" {
		form.Set("client_id", id)
	}
	return form
}

// make is the assertion of the file, or a new one.
func (a *Assertion) make(now time.Time) (string, error) {
	if a.File != "" {
		data, err := smallFile(a.File)
		if err != nil {
			return "", fmt.Errorf("reading sasl.oauthbearer.assertion.file %s: %w", a.File, err)
		}
		assertion := strings.TrimSpace(string(data))
		if err := checkBearer(assertion); err != nil {
			return "", fmt.Errorf("reading sasl.oauthbearer.assertion.file %s: %w; it must have one signed JWT in it", a.File, err)
		}
		return assertion, nil
	}
	header, payload, err := a.template()
	if err != nil {
		return "", fmt.Errorf("reading sasl.oauthbearer.assertion.template.file %s: %w", a.TemplateFile, err)
	}
	key, err := a.key()
	if err != nil {
		return "", fmt.Errorf("reading sasl.oauthbearer.assertion.private.key.file %s: %w", a.KeyFile, err)
	}
	a.fill(header, payload, now)
	content, err := unsignedJWT(header, payload)
	if err != nil {
		return "", fmt.Errorf("making the assertion: %w", err)
	}
	signature, err := sign(a.Algorithm, key, content)
	if err != nil {
		return "", fmt.Errorf("signing the assertion with %s: %w", a.KeyFile, err)
	}
	return content + "." + segment(signature), nil
}

// template is what header and payload begin with: the claims of the configuration, and over them those of the template file
// (AssertionUtils.layeredAssertionJwtTemplate).
func (a *Assertion) template() (header, payload map[string]any, err error) {
	header, payload = map[string]any{}, map[string]any{}
	for claim, value := range map[string]string{"aud": a.Audience, "iss": a.Issuer, "sub": a.Subject} {
		if value != "" {
			payload[claim] = value
		}
	}
	if a.TemplateFile == "" {
		return header, payload, nil
	}
	data, err := smallFile(a.TemplateFile)
	if err != nil {
		return nil, nil, err
	}
	var t struct{ Header, Payload map[string]json.RawMessage } // raw: a number is written as it was read
	if err := json.Unmarshal(data, &t); err != nil {
		return nil, nil, errors.New(`it is not a JSON object with "header" and "payload", each an object`)
	}
	for name, v := range t.Header {
		header[name] = v
	}
	for name, v := range t.Payload {
		payload[name] = v
	}
	return header, payload, nil
}

// fill adds what no template may say (DynamicAssertionJwtTemplate).
func (a *Assertion) fill(header, payload map[string]any, now time.Time) {
	maps.Copy(header, map[string]any{"alg": a.Algorithm, "typ": "JWT"})
	maps.Copy(payload, map[string]any{
		"iat": now.Unix(),
		"exp": now.Add(orDefault(a.Expiry, assertionExpiry)).Unix(),
		"nbf": now.Add(-orDefault(a.NotBefore, assertionNotBefore)).Unix(),
	})
	if a.JTI {
		payload["jti"] = uuid()
	}
}

// uuid is a random one (RFC 9562, version 4).
func uuid() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	h := hex.EncodeToString(b[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

func unsignedJWT(header, payload map[string]any) (string, error) {
	h, err := json.Marshal(header)
	if err != nil {
		return "", err
	}
	p, err := json.Marshal(payload)
	if err != nil {
		return "", err
	}
	return segment(h) + "." + segment(p), nil
}

// sign makes the signature of RFC 7518 §3.3 (RS256) or §3.4 (ES256: both numbers in 32 bytes each). Kafka's own ES256 is in
// DER, which no provider that keeps to the RFC takes.
func sign(algorithm string, key crypto.Signer, content string) ([]byte, error) {
	digest := sha256.Sum256([]byte(content))
	switch k := key.(type) {
	case *rsa.PrivateKey:
		if algorithm != "RS256" {
			return nil, errors.New("it is an RSA key: sasl.oauthbearer.assertion.algorithm must be RS256")
		}
		return rsa.SignPKCS1v15(nil, k, crypto.SHA256, digest[:])
	case *ecdsa.PrivateKey:
		if algorithm != "ES256" {
			return nil, errors.New("it is an EC key: sasl.oauthbearer.assertion.algorithm must be ES256")
		}
		if k.Curve.Params().Name != "P-256" {
			return nil, fmt.Errorf("ES256 wants the curve P-256, and its curve is %s", k.Curve.Params().Name)
		}
		r, s, err := ecdsa.Sign(rand.Reader, k, digest[:])
		if err != nil {
			return nil, err
		}
		signature := make([]byte, 64)
		r.FillBytes(signature[:32])
		s.FillBytes(signature[32:])
		return signature, nil
	}
	return nil, errors.New("its key is neither RSA nor EC")
}
