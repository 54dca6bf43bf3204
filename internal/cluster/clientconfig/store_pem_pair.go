package clientconfig

import (
	"crypto/tls"
	"errors"
	"fmt"

	"github.com/offsetctl/offsetctl/internal/cluster/keystore"
)

// pemIdentity is the certificate and the key that are in the configuration itself, or in a file each.
func (s Store) pemIdentity() ([]tls.Certificate, error) {
	certs := pemSource("ssl.certificate.location", s.CertificateFile, "ssl.keystore.certificate.chain", s.Certificates)
	key := pemSource("ssl.key.location", s.KeyFile, "ssl.keystore.key", s.Key)
	switch {
	case certs.data == nil && certs.path == "":
		return nil, fmt.Errorf("%s is set, but no certificate: set %s too", key.source, sibling(key, "ssl.certificate.location", "ssl.keystore.certificate.chain"))
	case key.data == nil && key.path == "":
		return nil, fmt.Errorf("%s is set, but no private key: set %s too", certs.source, sibling(certs, "ssl.key.location", "ssl.keystore.key"))
	}
	chain, err := certs.load()
	if err == nil && len(chain.Chain) == 0 {
		err = certs.wrap(errors.New("it has no certificate: put the client's own in, and its chain"))
	}
	if err != nil {
		return nil, err
	}
	keys, err := key.load()
	if err == nil && len(keys.Keys) == 0 {
		err = key.wrap(errors.New("it has no private key: put that of the certificate in"))
	}
	if err != nil {
		return nil, err
	}
	keys.Keys[0].Chain = chain.Chain
	identity, err := keys.Keys[0].Identity(s.keyPassword())
	if err != nil {
		return nil, key.wrap(err)
	}
	return []tls.Certificate{identity}, nil
}

// pemText is PEM, with where it is from; data is nil if it is in a file, or nowhere.
type pemText struct {
	source
	data []byte
}

func pemSource(fileKey, path, valueKey string, value Secret) pemText {
	switch {
	case path != "":
		return pemText{source: source{key: fileKey, path: path, password: "ssl.key.password"}}
	case !value.Empty():
		return pemText{source{key: valueKey, password: "ssl.key.password"}, []byte(value.Reveal())}
	}
	return pemText{}
}

// sibling is the first of two if what is there is a file, the second if it is a value.
func sibling(there pemText, file, value string) string {
	if there.path != "" {
		return file
	}
	return value
}

func (p pemText) load() (keystore.Contents, error) {
	data := p.data
	if p.path != "" {
		var err error
		if data, err = p.read(); err != nil {
			return keystore.Contents{}, p.wrap(err)
		}
	}
	if !keystore.IsPEM(data) {
		return keystore.Contents{}, p.wrap(fmt.Errorf("it is not PEM: %s that begins with -----BEGIN", sibling(p, "name a file", "put the text in")))
	}
	c, err := keystore.ReadPEM(data)
	if err != nil {
		return keystore.Contents{}, p.wrap(err)
	}
	return c, nil
}
