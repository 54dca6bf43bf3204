package clientconfig

import (
	"cmp"
	"maps"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// oauth reads where a token comes from: a token that is there, a file, an endpoint, or the unsecured login of tests. Options of
// the login module hold where sasl.oauthbearer.* has no key of its own set, as in Kafka since 4.1 (KIP-1139).
func (r *reader) oauth() OAuth {
	r.module("OAuthBearerLoginModule")
	r.preferOneToken()
	o := OAuth{
		ClientID:        r.ofLogin(clientIDKey, "clientId"),
		ClientSecret:    NewSecret(r.ofLogin(clientSecretKey, "clientSecret")),
		Scope:           r.ofLogin(scopeKey, "scope"),
		HeaderURLEncode: r.boolean("sasl.oauthbearer.header.urlencode"),
		SubClaim:        r.text("sasl.oauthbearer.sub.claim.name"),
		Extensions:      r.extensions(),
		ConnectTimeout:  r.millis("sasl.login.connect.timeout.ms"),
		ReadTimeout:     r.millis("sasl.login.read.timeout.ms"),
		RetryBackoff:    r.millis("sasl.login.retry.backoff.ms"),
		RetryBackoffMax: r.millis("sasl.login.retry.backoff.max.ms"),
	}
	r.oauthMethod()
	switch {
	case r.has("offsetctl.sasl.oauthbearer.token"):
		o.Token = r.secret("offsetctl.sasl.oauthbearer.token")
	case r.has(tokenEndpointKey):
		r.endpoint(&o)
	case r.unsecured():
		o.Unsecured = r.unsecuredLogin()
	default:
		r.fail("sasl.mechanism", "OAUTHBEARER needs to know where a token comes from: set %s, with clientId and clientSecret in sasl.jaas.config", tokenEndpointKey)
	}
	return o
}

// ofLogin is a key, or the option of the login module that says the same where the key is not set.
func (r *reader) ofLogin(name, option string) string {
	if r.has(name) {
		return r.text(name)
	}
	return r.jaas.Options[option]
}

// endpoint reads a token's URL.
func (r *reader) endpoint(o *OAuth) {
	const name = tokenEndpointKey
	u, err := url.Parse(r.text(name))
	switch {
	case err != nil:
		r.fail(name, "not a URL")
	case u.User != nil:
		r.fail(name, "it has a user or a password in it: those of the endpoint are clientId and clientSecret in sasl.jaas.config")
	case u.Scheme == "file" && u.Path != "":
		o.TokenFile = u.Path
	case (u.Scheme == "https" || u.Scheme == "http") && u.Host != "":
		o.TokenURL = r.text(name)
		o.TLS = r.endpointTLS()
		r.grant(o)
	default:
		r.fail(name, "not a URL that begins with https:// or file:///")
	}
}

// grant reads what an endpoint is asked with.
func (r *reader) grant(o *OAuth) {
	if r.class("sasl.oauthbearer.jwt.retriever.class") == bearerRetriever || strings.HasSuffix(r.text("sasl.oauthbearer.grant.type"), ":jwt-bearer") {
		o.Assertion = r.assertion("the grant jwt-bearer")
		return
	}
	file, signed := r.has("sasl.oauthbearer.assertion.file"), r.has("sasl.oauthbearer.assertion.claim.iss") && r.has("sasl.oauthbearer.assertion.private.key.file")
	if file || signed { // before a secret, as in Kafka 4.3 (KIP-1258)
		o.Assertion, o.ClientSecret = r.assertion("sasl.oauthbearer.assertion.claim.iss"), Secret{}
		o.Assertion.OfClient = true
		return
	}
	if strings.TrimSpace(o.ClientID) == "" || strings.TrimSpace(o.ClientSecret.Reveal()) == "" {
		r.fail(r.either("sasl.jaas.config", tokenEndpointKey), "the token endpoint is asked with the options clientId and clientSecret, and %s is missing or empty", missingOf(o))
	}
}

func missingOf(o *OAuth) string {
	if strings.TrimSpace(o.ClientID) == "" {
		return "clientId"
	}
	return "clientSecret"
}

// assertion reads the JWT that who needs.
func (r *reader) assertion(who string) *Assertion {
	a := &Assertion{
		File:          r.text("sasl.oauthbearer.assertion.file"),
		Algorithm:     strings.ToUpper(cmp.Or(r.text("sasl.oauthbearer.assertion.algorithm"), "RS256")),
		KeyFile:       r.text("sasl.oauthbearer.assertion.private.key.file"),
		KeyPassphrase: r.secret("sasl.oauthbearer.assertion.private.key.passphrase"),
		TemplateFile:  r.text("sasl.oauthbearer.assertion.template.file"),
		Audience:      r.text("sasl.oauthbearer.assertion.claim.aud"),
		Issuer:        r.text("sasl.oauthbearer.assertion.claim.iss"),
		Subject:       r.text("sasl.oauthbearer.assertion.claim.sub"),
		Expiry:        r.seconds("sasl.oauthbearer.assertion.claim.exp.seconds"),
		NotBefore:     r.seconds("sasl.oauthbearer.assertion.claim.nbf.seconds"),
		JTI:           r.boolean("sasl.oauthbearer.assertion.claim.jti.include"),
	}
	switch {
	case a.File == "" && a.KeyFile == "":
		r.fail(tokenEndpointKey, "%s needs sasl.oauthbearer.assertion.file, or sasl.oauthbearer.assertion.private.key.file to sign an assertion with", who)
	case a.Algorithm != "RS256" && a.Algorithm != "ES256":
		r.fail("sasl.oauthbearer.assertion.algorithm", "neither RS256 nor ES256: %q", r.text("sasl.oauthbearer.assertion.algorithm"))
	}
	return a
}

// oauthMethod checks what librdkafka's keys ask for.
func (r *reader) oauthMethod() {
	if m := r.text("sasl.oauthbearer.method"); m != "" && !strings.EqualFold(m, "oidc") && !strings.EqualFold(m, "default") {
		r.fail("sasl.oauthbearer.method", "neither oidc nor default: %s", r.quoted("sasl.oauthbearer.method"))
	}
	switch g := r.text("sasl.oauthbearer.grant.type"); g {
	case "", "client_credentials", "urn:ietf:params:oauth:grant-type:jwt-bearer":
	default:
		r.fail("sasl.oauthbearer.grant.type", "neither client_credentials nor urn:ietf:params:oauth:grant-type:jwt-bearer: %s", r.quoted("sasl.oauthbearer.grant.type"))
	}
}

// endpointTLS is the TLS of the token endpoint, which Kafka takes from ssl.* options of the login module alone
// (JaasOptionsUtils.java).
func (r *reader) endpointTLS() TLS {
	inner := reader{values: map[string]Property{}}
	for _, name := range slices.Sorted(maps.Keys(r.jaas.Options)) {
		if !strings.HasPrefix(name, "ssl.") {
			continue
		}
		at := r.values["sasl.jaas.config"]
		k := lookUp(name)
		if k.treatment != honoured {
			r.fail("sasl.jaas.config", "offsetctl does not know its option %s", name)
			return TLS{}
		}
		inner.values[k.name] = Property{Key: "sasl.jaas.config: " + name, Value: r.jaas.Options[name], Origin: at.Origin, Line: at.Line}
	}
	t := inner.tls()
	if t.SkipHostName { // Java's HTTP client checks the name all the same
		r.note("sasl.jaas.config", "ssl.endpoint.identification.algorithm has no effect: the host name of a token endpoint is always checked")
		t.SkipHostName = false
	}
	if r.err == nil {
		r.err = inner.err
	}
	return t
}

// extensions are what goes to the broker beside the token (KIP-342): options extension_NAME, or librdkafka's list.
func (r *reader) extensions() map[string]string {
	out := map[string]string{}
	for _, pair := range words(r.text("sasl.oauthbearer.extensions")) {
		name, value, ok := strings.Cut(pair, "=")
		if !ok {
			r.fail("sasl.oauthbearer.extensions", "not a list of NAME=VALUE")
		}
		out[name] = value
	}
	for option, value := range r.jaas.Options {
		for _, prefix := range []string{"extension_", "unsecuredLoginExtension_"} {
			if name, ok := strings.CutPrefix(option, prefix); ok {
				out[name] = value
			}
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// unsecured reports whether the login is that of tests, which a login without a handler of its own is in Kafka.
func (r *reader) unsecured() bool {
	if handler := r.class("sasl.login.callback.handler.class"); handler != "" && handler != unsecuredHandler {
		return false
	}
	for option := range r.jaas.Options {
		if strings.HasPrefix(option, "unsecuredLogin") {
			return true
		}
	}
	return false
}

func (r *reader) unsecuredLogin() *Unsecured {
	u := &Unsecured{
		PrincipalClaim: r.jaas.Options["unsecuredLoginPrincipalClaimName"],
		ScopeClaim:     r.jaas.Options["unsecuredLoginScopeClaimName"],
		Strings:        map[string]string{}, Numbers: map[string]float64{}, Lists: map[string][]string{},
	}
	for _, option := range slices.Sorted(maps.Keys(r.jaas.Options)) {
		value := r.jaas.Options[option]
		if name, ok := strings.CutPrefix(option, "unsecuredLoginStringClaim_"); ok {
			u.Strings[name] = value
		}
		if name, ok := strings.CutPrefix(option, "unsecuredLoginNumberClaim_"); ok {
			u.Numbers[name] = r.optionNumber(option)
		}
		if name, ok := strings.CutPrefix(option, "unsecuredLoginListClaim_"); ok && value != "" {
			_, n := utf8.DecodeRuneInString(value) // the first character divides the others
			u.Lists[name] = strings.Split(value[n:], value[:n])
		}
	}
	if _, ok := r.jaas.Options["unsecuredLoginLifetimeSeconds"]; ok {
		u.Lifetime = time.Duration(max(-1, min(r.optionNumber("unsecuredLoginLifetimeSeconds"), 1e9))) * time.Second
	}
	return u
}

func (r *reader) optionNumber(option string) float64 {
	n, err := strconv.ParseFloat(r.jaas.Options[option], 64)
	if err != nil || math.IsNaN(n) || math.Abs(n) > 1<<53 {
		r.fail("sasl.jaas.config", "the option %s is not a number", option)
		return 0
	}
	return n
}
