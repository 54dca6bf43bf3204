package clientconfig

import "strings"

// SecretFile is a file that gives a secret to whoever can read it.
type SecretFile struct {
	Path string
	Key  string // the setting that names it
}

// SecretFiles are those that the settings name: where variables of secrets lead, private keys in PEM, tokens, keytabs. A
// JKS or PKCS12 keystore is none, since its key is encrypted, nor is the file that holds the settings themselves.
func (r Reading) SecretFiles() []SecretFile {
	var out []SecretFile
	for _, p := range r.Effective {
		if IsSecret(p.Key) {
			for _, path := range p.Files {
				out = append(out, SecretFile{path, p.Key})
			}
		}
	}
	add := func(key, path string) {
		if path != "" {
			out = append(out, SecretFile{path, key})
		}
	}
	if r.Protocol.TLS {
		add("ssl.key.location", r.TLS.Own.KeyFile)
		if strings.EqualFold(r.TLS.Own.Type, "PEM") {
			add(r.TLS.Own.LocationKey, r.TLS.Own.Location)
		}
	}
	oauth := r.SASL.OAuth
	add("sasl.oauthbearer.token.endpoint.url", oauth.TokenFile)
	if oauth.Assertion != nil {
		add("sasl.oauthbearer.assertion.file", oauth.Assertion.File)
		add("sasl.oauthbearer.assertion.private.key.file", oauth.Assertion.KeyFile)
	}
	add("sasl.jaas.config", r.SASL.Kerberos.Keytab)
	return out
}
