package clientconfig

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Defaults of a token endpoint. Kafka's own timeouts are none at all; its backoff's maximum, within which it retries, is
// SaslConfigs.DEFAULT_SASL_LOGIN_RETRY_BACKOFF_MAX_MS.
const (
	endpointTimeout = 10 * time.Second
	endpointBackoff = 100 * time.Millisecond
)

// tokenEndpoint asks an identity provider for tokens (RFC 6749 §4.4, RFC 7523 §2.1), as HttpJwtRetriever of Kafka does.
type tokenEndpoint struct {
	url           string
	name          string // url without user and query, for errors
	authorization string // header; empty: none
	form          func() (url.Values, error)
	secrets       []Secret // what is sent and must not come back in an error
	isAssertion   bool
	client        *http.Client
	check         func(token string) (time.Time, error)
	now           func() time.Time

	patience patience
}

// endpoint checks what the configuration says of the endpoint.
func (o OAuth) endpoint(now func() time.Time) (*tokenEndpoint, error) {
	u, err := checkEndpointURL(o.TokenURL)
	if err != nil {
		return nil, err
	}
	conf, err := o.TLS.Config()
	if err != nil {
		return nil, fmt.Errorf("reading the TLS options of sasl.jaas.config, for the token endpoint: %w", err)
	}
	e := &tokenEndpoint{
		url: u.String(), name: urlName(u), check: o.checkJWT, now: now,
		client: endpointClient(conf, o.ConnectTimeout), patience: o.patience(),
	}
	if o.Assertion != nil {
		o.useAssertion(e)
	} else {
		o.useCredentials(e)
	}
	return e, nil
}

// checkEndpointURL wants https: what is sent there is a password, and what comes back is as good as one. Only on this
// machine itself, where nobody listens in, http will do.
func checkEndpointURL(raw string) (*url.URL, error) {
	const key = tokenEndpointKey
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" { // err repeats the URL, which may have a password
		return nil, fmt.Errorf("%s is not a URL such as https://login.example.com/oauth2/token", key)
	}
	if u.Scheme != "https" && !(u.Scheme == "http" && isLoopback(u.Hostname())) {
		return nil, fmt.Errorf("%s %s: the client's secret would be sent in the clear; use https (http only to this machine itself)",
			key, urlName(u))
	}
	return u, nil
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// urlName is a URL without what may be secret in it.
func urlName(u *url.URL) string {
	bare := url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}
	return bare.String()
}

// patience is how long to wait and to try. Where Kafka would wait forever, the whole takes no longer than endpointTimeout.
func (o OAuth) patience() patience {
	attempt := endpointTimeout
	if o.ConnectTimeout > 0 || o.ReadTimeout > 0 {
		attempt = orDefault(o.ConnectTimeout, endpointTimeout) + orDefault(o.ReadTimeout, endpointTimeout)
	}
	return patience{
		attempt: attempt,
		window:  orDefault(o.RetryBackoffMax, endpointTimeout),
		backoff: orDefault(o.RetryBackoff, endpointBackoff),
	}
}

func orDefault(d, otherwise time.Duration) time.Duration {
	if d > 0 {
		return d
	}
	return otherwise
}

// endpointClient speaks to one endpoint, once in a while: no connection is kept, and no redirect followed, since where a
// secret goes is said by the configuration alone. A proxy is used as HTTPS_PROXY and NO_PROXY say.
func endpointClient(conf *tls.Config, connect time.Duration) *http.Client {
	connect = orDefault(connect, endpointTimeout)
	return &http.Client{
		Transport: &http.Transport{
			Proxy:                  proxy,
			DialContext:            (&net.Dialer{Timeout: connect}).DialContext,
			TLSHandshakeTimeout:    connect,
			TLSClientConfig:        conf,
			DisableKeepAlives:      true,
			MaxResponseHeaderBytes: 64 << 10,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// proxy is that of the environment. The library's error has its URL, which may have a password.
func proxy(req *http.Request) (*url.URL, error) {
	u, err := http.ProxyFromEnvironment(req)
	if err != nil {
		return nil, errors.New("the proxy of the environment (HTTPS_PROXY, HTTP_PROXY) is not a URL")
	}
	return u, nil
}

// useCredentials asks with the client's id and secret (ClientSecretRequestFormatter).
func (o OAuth) useCredentials(e *tokenEndpoint) {
	id, secret := strings.TrimSpace(o.ClientID), strings.TrimSpace(o.ClientSecret.Reveal())
	form := url.Values{"grant_type": {"client_credentials"}}
	if scope := strings.TrimSpace(o.Scope); scope != "" {
		form.Set("scope", scope)
	}
	e.form = func() (url.Values, error) { return form, nil }
	e.secrets = []Secret{NewSecret(secret)}
	if o.HeaderURLEncode { // RFC 6749 §2.3.1; most providers do not expect it, so Kafka's default is without
		id, secret = url.QueryEscape(id), url.QueryEscape(secret)
	}
	encoded := base64.StdEncoding.EncodeToString([]byte(id + ":" + secret))
	e.secrets = append(e.secrets, NewSecret(secret), NewSecret(encoded))
	e.authorization = "Basic " + encoded
}

// fetch asks until there is an answer, or no more sense in asking.
func (e *tokenEndpoint) fetch(ctx context.Context) (fetched[string], error) {
	var t fetched[string]
	flt := e.patience.do(ctx, func(ctx context.Context) (flt *fault) {
		t, flt = e.once(ctx)
		return flt
	})
	switch {
	case flt == nil:
		return t, nil
	case ctx.Err() != nil:
		return fetched[string]{}, noToken(e.name, ctx.Err(), "")
	}
	return fetched[string]{}, noToken(e.name, errors.New(flt.text), flt.hint)
}

// once is one request and its answer.
func (e *tokenEndpoint) once(ctx context.Context) (fetched[string], *fault) {
	form, err := e.form()
	if err != nil {
		return fetched[string]{}, &fault{text: err.Error()}
	}
	req, err := e.request(ctx, form)
	if err != nil {
		return fetched[string]{}, &fault{text: "it cannot be asked", hint: "check sasl.oauthbearer.token.endpoint.url"}
	}
	a, flt := send(e.client, req, e.patience.attempt)
	if flt != nil {
		if flt.untrusted {
			flt.hint = "name its authority in ssl.truststore.location among the options of sasl.jaas.config"
		}
		return fetched[string]{}, flt
	}
	if a.status != http.StatusOK && a.status != http.StatusCreated {
		return fetched[string]{}, e.refused(a, append(slices.Clone(e.secrets), NewSecret(form.Get("assertion"))))
	}
	return e.accept(a)
}

func (e *tokenEndpoint) request(ctx context.Context, form url.Values) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, e.url, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("Cache-Control", "no-cache")
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if e.authorization != "" {
		req.Header.Set("Authorization", e.authorization)
	}
	return req, nil
}
