package clientconfig

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// treatment is what becomes of a key.
type treatment int

const (
	unknown  treatment = iota
	honoured           // it has an effect here
	harmless           // of a client's configuration, and without an effect on what offsetctl does
	refused            // it asks for what offsetctl cannot do
)

// key is what is known of the name of a setting.
type key struct {
	treatment
	name   string // Kafka's, where this is librdkafka's spelling of it
	secret bool
	why    string // it is refused, and what to do instead
}

// lookUp says what a name means.
func lookUp(name string) key {
	if k, ok := table()[name]; ok {
		return k
	}
	if isOfPlugin(name) {
		return key{treatment: harmless, name: name}
	}
	return key{name: name}
}

// table has every key that is known by its name. It is made once: a file may have thousands of lines.
var table = sync.OnceValue(func() map[string]key {
	all := map[string]key{}
	for _, name := range slices.Concat(harmlessSecurityKeys(), clientKeys()) {
		all[name] = key{treatment: harmless, name: name}
	}
	for name, why := range refusedKeys() {
		all[name] = key{treatment: refused, name: name, why: why}
	}
	for name, k := range honouredKeys() {
		k.treatment, k.name = honoured, cmp.Or(k.name, name)
		all[name] = k
	}
	return all
})

// IsSecret reports whether a value of the key must not be seen. What is unknown is a secret if it sounds like one.
func IsSecret(name string) bool {
	k := lookUp(name)
	if k.treatment == honoured {
		return k.secret
	}
	return slices.ContainsFunc([]string{"password", "passphrase", "secret", "jaas", "token", "credential", "user.info", "private"}, func(s string) bool {
		return strings.Contains(strings.ToLower(name), s)
	})
}

// HonouredKeys are all spellings of the settings that have an effect, sorted. They are not the caller's to change.
func HonouredKeys() []string { return honouredNames() }

var honouredNames = sync.OnceValue(func() []string { return slices.Sorted(maps.Keys(honouredKeys())) })

// honouredKeys are the settings with an effect: Kafka's names (CommonClientConfigs, SslConfigs, SaslConfigs.java) and, with
// the name that they stand for, librdkafka's (its CONFIGURATION.md).
func honouredKeys() map[string]key {
	keys := map[string]key{
		"bootstrap.servers":      {},
		"metadata.broker.list":   {name: "bootstrap.servers"},
		"client.id":              {},
		"request.timeout.ms":     {},
		"socket.timeout.ms":      {name: "request.timeout.ms"},
		"default.api.timeout.ms": {},
		"security.protocol":      {},

		"ssl.truststore.location":               {},
		"ssl.ca.location":                       {name: "ssl.truststore.location"},
		"ssl.truststore.password":               {secret: true},
		"ssl.truststore.type":                   {},
		"ssl.truststore.certificates":           {},
		"ssl.ca.pem":                            {name: "ssl.truststore.certificates"},
		"ssl.keystore.location":                 {},
		"ssl.keystore.password":                 {secret: true},
		"ssl.keystore.type":                     {},
		"ssl.keystore.certificate.chain":        {},
		"ssl.certificate.pem":                   {name: "ssl.keystore.certificate.chain"},
		"ssl.keystore.key":                      {secret: true},
		"ssl.key.pem":                           {name: "ssl.keystore.key", secret: true},
		"ssl.key.password":                      {secret: true},
		"ssl.certificate.location":              {},
		"ssl.key.location":                      {},
		"ssl.endpoint.identification.algorithm": {},
		"enable.ssl.certificate.verification":   {},
		"ssl.protocol":                          {},
		"ssl.enabled.protocols":                 {},
		"ssl.cipher.suites":                     {},

		"sasl.mechanism":                     {},
		"sasl.mechanisms":                    {name: "sasl.mechanism"},
		"sasl.jaas.config":                   {secret: true},
		"sasl.username":                      {},
		"sasl.password":                      {secret: true},
		"sasl.login.callback.handler.class":  {},
		"sasl.client.callback.handler.class": {},

		"sasl.login.connect.timeout.ms":   {},
		"sasl.login.read.timeout.ms":      {},
		"sasl.login.retry.backoff.ms":     {},
		"sasl.login.retry.backoff.max.ms": {},

		"offsetctl.sasl.oauthbearer.token":                  {secret: true}, // ours: Kafka has no key for a token that is there already
		"sasl.oauthbearer.token.endpoint.url":               {},
		"sasl.oauthbearer.jwt.retriever.class":              {},
		"sasl.oauthbearer.method":                           {},
		"sasl.oauthbearer.grant.type":                       {},
		"sasl.oauthbearer.client.credentials.client.id":     {},
		"sasl.oauthbearer.client.id":                        {name: "sasl.oauthbearer.client.credentials.client.id"},
		"sasl.oauthbearer.client.credentials.client.secret": {secret: true},
		"sasl.oauthbearer.client.secret":                    {name: "sasl.oauthbearer.client.credentials.client.secret", secret: true},
		"sasl.oauthbearer.scope":                            {},
		"sasl.oauthbearer.extensions":                       {secret: true},
		"sasl.oauthbearer.header.urlencode":                 {},
		"sasl.oauthbearer.sub.claim.name":                   {},
		"sasl.oauthbearer.assertion.file":                   {},
		"sasl.oauthbearer.assertion.algorithm":              {},
		"sasl.oauthbearer.assertion.private.key.file":       {},
		"sasl.oauthbearer.assertion.private.key.passphrase": {secret: true},
		"sasl.oauthbearer.assertion.template.file":          {},
		"sasl.oauthbearer.assertion.jwt.template.file":      {name: "sasl.oauthbearer.assertion.template.file"},
		"sasl.oauthbearer.assertion.claim.aud":              {},
		"sasl.oauthbearer.assertion.claim.iss":              {},
		"sasl.oauthbearer.assertion.claim.sub":              {},
		"sasl.oauthbearer.assertion.claim.exp.seconds":      {},
		"sasl.oauthbearer.assertion.claim.nbf.seconds":      {},
		"sasl.oauthbearer.assertion.claim.jti.include":      {},
	}
	maps.Copy(keys, kerberosKeys())
	return keys
}

// refusedKeys ask for what offsetctl cannot do; each says what to do instead.
func refusedKeys() map[string]string {
	const (
		classes = "offsetctl cannot load Java classes"
		azure   = "offsetctl takes tokens from a token endpoint or a file: set sasl.oauthbearer.token.endpoint.url"
		ssl     = "offsetctl has a TLS of its own: take the line out of a copy of the file"
	)
	return map[string]string{
		"security.providers":                            classes + ": take the line out of a copy of the file",
		"ssl.engine.factory.class":                      classes + ": name the stores with ssl.truststore.location and ssl.keystore.location",
		"ssl.provider":                                  ssl,
		"ssl.engine.location":                           ssl,
		"ssl.engine.id":                                 ssl,
		"ssl.crl.location":                              "offsetctl does not read lists of revoked certificates: take the line out of a copy of the file",
		"ssl.sigalgs.list":                              ssl,
		"ssl.curves.list":                               ssl,
		"ssl.providers":                                 ssl,
		"sasl.login.class":                              classes + ": name what logs in with sasl.mechanism and sasl.jaas.config",
		"sasl.oauthbearer.config":                       "it makes tokens that nobody signed: for a test, sasl.jaas.config has OAuthBearerLoginModule with unsecuredLoginStringClaim_sub",
		"bootstrap.controllers":                         "offsetctl asks brokers, not controllers: set bootstrap.servers",
		"sasl.oauthbearer.metadata.authentication.type": azure,
	}
}

// harmlessSecurityKeys are keys of ssl.*, sasl.* and security.* that are safe to ignore here: they tune Java or a broker, or
// belong to a mechanism that is refused without its other keys.
func harmlessSecurityKeys() []string {
	return []string{
		"ssl.keymanager.algorithm", "ssl.trustmanager.algorithm", "ssl.secure.random.implementation", "ssl.client.auth", "ssl.principal.mapping.rules", "ssl.allow.dn.changes", "ssl.allow.san.changes",
		"sasl.kerberos.service.name", "sasl.kerberos.kinit.cmd", "sasl.kerberos.ticket.renew.window.factor", "sasl.kerberos.ticket.renew.jitter", "sasl.kerberos.min.time.before.relogin",
		"sasl.kerberos.principal", "sasl.kerberos.keytab", "sasl.kerberos.principal.to.local.rules",
		"sasl.login.refresh.window.factor", "sasl.login.refresh.window.jitter", "sasl.login.refresh.min.period.seconds", "sasl.login.refresh.buffer.seconds",
		"sasl.oauthbearer.jwt.validator.class", "sasl.oauthbearer.scope.claim.name", "sasl.oauthbearer.clock.skew.seconds", "sasl.oauthbearer.expected.audience", "sasl.oauthbearer.expected.issuer",
		"sasl.oauthbearer.jwks.endpoint.url", "sasl.oauthbearer.jwks.endpoint.refresh.ms", "sasl.oauthbearer.jwks.endpoint.retry.backoff.ms", "sasl.oauthbearer.jwks.endpoint.retry.backoff.max.ms",
		"security.inter.broker.protocol",
	}
}

// mustBeKnown reports whether an unknown key stops the run: left out, the connection could be less secure than asked for. What is
// not a key of security by its spelling may still be meant as one: Security.Protocol, "security.protocol" of JSON.
func mustBeKnown(name string) bool {
	folded := strings.NewReplacer("-", ".", "_", ".").Replace(strings.ToLower(strings.Trim(name, "\ufeff\"', {\t")))
	return slices.ContainsFunc([]string{"ssl.", "sasl.", "security.", "enable.ssl.", "enable.sasl.", "offsetctl."}, func(prefix string) bool { return strings.HasPrefix(folded, prefix) })
}

// Printable reports whether a key can be shown. One that offsetctl does not know may be a piece of a secret: a line of a PEM key, or
// the rest of a password whose line was broken.
func Printable(name string) bool { return len(name) <= 80 && keyName.MatchString(name) }

var keyName = regexp.MustCompile(`^[a-z][a-z0-9]*(\.[a-z0-9_-]+)+$`)
