package clientconfig

import "github.com/offsetctl/offsetctl/internal/cluster/keystore"

// SecretFile is a file that gives a secret to whoever can read it.
type SecretFile struct {
	Path string
	Key  string // the setting that names it

	store bool // what is in it says whether it does
}

// SecretFiles are those that the settings name: where variables of secrets lead, files of keys, tokens, keytabs. The file
// that holds the settings themselves is not among them.
func (r Reading) SecretFiles() []SecretFile {
	var out []SecretFile
	for _, p := range r.Effective {
		if IsSecret(p.Key) {
			for _, path := range p.Files {
				out = append(out, SecretFile{Path: path, Key: p.Key})
			}
		}
	}
	add := func(f SecretFile) {
		if f.Path != "" {
			out = append(out, f)
		}
	}
	if own := r.TLS.Own; r.Protocol.TLS {
		add(SecretFile{own.KeyFile, "ssl.key.location", true})
		add(SecretFile{own.Location, own.LocationKey, true})
	}
	oauth := r.SASL.OAuth
	add(SecretFile{oauth.TokenFile, tokenEndpointKey, false})
	if oauth.Assertion != nil {
		add(SecretFile{oauth.Assertion.File, "sasl.oauthbearer.assertion.file", false})
		add(SecretFile{oauth.Assertion.KeyFile, "sasl.oauthbearer.assertion.private.key.file", true})
	}
	add(SecretFile{r.SASL.Kerberos.Keytab, "sasl.jaas.config", false})
	return out
}

// GivesAway reports whether there is a secret in the file, as it is: not in a JKS or PKCS12 keystore or a PEM key that is
// encrypted, whose password is somewhere else. It may read the file, which is to be an ordinary one: a pipe can be read but once.
func (f SecretFile) GivesAway() bool {
	if !f.store {
		return true
	}
	data, err := readBounded(f.Path, maxStoreSize)
	return err == nil && keystore.HoldsKey(data)
}
