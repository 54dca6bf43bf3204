package clientconfig

import (
	"os"

	"github.com/offsetctl/offsetctl/internal/cluster/keystore"
)

// SecretFile is a file that gives a secret to whoever can read it.
type SecretFile struct {
	Path string
	Key  string // the setting that names it
}

// SecretFiles are those that the settings name: where variables of secrets lead, files of keys, tokens, keytabs. The file
// that holds the settings themselves is not among them, nor is a JKS or PKCS12 keystore or a PEM key that is encrypted: the
// password is somewhere else.
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
	key := func(key, path string) {
		if holdsKey(path) {
			add(key, path)
		}
	}
	if own := r.TLS.Own; r.Protocol.TLS {
		key("ssl.key.location", own.KeyFile)
		key(own.LocationKey, own.Location)
	}
	oauth := r.SASL.OAuth
	add("sasl.oauthbearer.token.endpoint.url", oauth.TokenFile)
	if oauth.Assertion != nil {
		add("sasl.oauthbearer.assertion.file", oauth.Assertion.File)
		key("sasl.oauthbearer.assertion.private.key.file", oauth.Assertion.KeyFile)
	}
	add("sasl.jaas.config", r.SASL.Kerberos.Keytab)
	return out
}

// holdsKey reports whether there is a private key in PEM in a file, as it is. What is no ordinary file is not looked at: a pipe
// can be read but once.
func holdsKey(path string) bool {
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
		return false
	}
	data, err := readBounded(path, maxStoreSize)
	return err == nil && keystore.HoldsKey(data)
}
