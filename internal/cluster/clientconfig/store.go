package clientconfig

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"

	"github.com/offsetctl/offsetctl/internal/cluster/keystore"
)

// maxStoreSize is far above any store: Java's own, with all public authorities, has 200 KiB.
const maxStoreSize = 16 << 20

// source is where bytes of a store come from, for errors.
type source struct {
	key      string // of the configuration
	path     string // empty: the value of the key itself
	password string // the key of the configuration that has the password
}

func (s source) String() string {
	if s.path == "" {
		return s.key
	}
	return fmt.Sprintf("%s %q", s.key, s.path)
}

// wrap adds the source to an error and, if a password is to blame, the key of the configuration to correct.
func (s source) wrap(err error) error {
	switch {
	case errors.Is(err, keystore.ErrWrongPassword):
		return fmt.Errorf("reading %s: %w: correct %s", s, err, s.password)
	case errors.Is(err, keystore.ErrNoPassword):
		return fmt.Errorf("reading %s: %w: set %s", s, err, s.password)
	}
	return fmt.Errorf("reading %s: %w", s, err)
}

// withPassword is the same source for what another key of the configuration decrypts.
func (s source) withPassword(key string) source {
	s.password = key
	return s
}

// read is the whole file.
func (s source) read() ([]byte, error) {
	data, err := readBounded(s.path, maxStoreSize)
	switch {
	case errors.Is(err, syscall.EISDIR):
		return nil, errors.New("it is a directory: name the file in it")
	case errors.Is(err, errTooLarge):
		return nil, fmt.Errorf("it has more than %d MiB, which no store has: name the right file", maxStoreSize>>20)
	case errors.Is(err, os.ErrNotExist):
		return nil, fmt.Errorf("%w: correct the path, or make it readable from here", os.ErrNotExist)
	case errors.Is(err, os.ErrPermission):
		return nil, fmt.Errorf("%w: let this user read it", os.ErrPermission)
	case err != nil:
		return nil, withoutPath(err)
	case len(bytes.TrimSpace(data)) == 0:
		return nil, errors.New("it is empty: name the right file")
	}
	return data, nil
}

// none reports whether there is no store.
func (s Store) none() bool {
	return s.Location == "" && s.CertificateFile == "" && s.KeyFile == "" && s.Certificates.Empty() && s.Key.Empty()
}

// stray refuses a password without a store, as Kafka does: the store has been forgotten.
func (s Store) stray(kind string) error {
	if s.Password.Empty() {
		return nil
	}
	return fmt.Errorf("ssl.%s.password is set, but no %s: set ssl.%s.location too, or take the password out", kind, kind, kind)
}

// file is the source of Location. The password's key is beside the one that named the file.
func (s Store) file(byDefault string) source {
	key := s.LocationKey
	if key == "" {
		key = byDefault
	}
	password := strings.TrimSuffix(byDefault, ".location") + ".password"
	if prefix, ok := strings.CutSuffix(key, "store.location"); ok {
		password = prefix + "store.password"
	}
	return source{key: key, path: s.Location, password: password}
}

// authorities are the certificates of a truststore that Java would trust. A store without one is an error.
func (s Store) authorities() ([]*x509.Certificate, error) {
	src := s.file("ssl.truststore.location")
	if s.Location != "" && !s.Certificates.Empty() {
		return nil, fmt.Errorf("both %s and ssl.truststore.certificates are set: take one of them out", src.key)
	}
	var c keystore.Contents
	var err error
	if s.Location == "" {
		src = source{key: "ssl.truststore.certificates"}
		c, err = keystore.ReadPEM([]byte(s.Certificates.Reveal()))
	} else {
		c, err = s.load(src)
	}
	switch {
	case err != nil:
		return nil, src.wrap(err)
	case len(c.Trusted) > 0:
		return c.Trusted, nil
	case c.Skipped != nil:
		return nil, src.wrap(fmt.Errorf("none of its certificates can be used: %w", c.Skipped))
	}
	return nil, src.wrap(errors.New("it has no trusted certificate: put the authority of the brokers' certificates in"))
}

// load reads the file, whose content says what it is.
func (s Store) load(src source) (keystore.Contents, error) {
	data, err := src.read()
	if err != nil {
		return keystore.Contents{}, err
	}
	return keystore.Read(data, s.Password.Reveal(), s.Type)
}

// identities are the certificates, with their keys, that a client can present. None, if there is no store.
func (s Store) identities() ([]tls.Certificate, error) {
	if s.none() {
		return nil, s.stray("keystore")
	}
	if s.Location == "" {
		return s.pemIdentity()
	}
	src := s.file("ssl.keystore.location")
	if !s.Certificates.Empty() || !s.Key.Empty() || s.CertificateFile != "" || s.KeyFile != "" {
		return nil, fmt.Errorf("both %s and a certificate or key apart from it are set: take one of them out", src.key)
	}
	c, err := s.load(src)
	if err != nil {
		return nil, src.wrap(err)
	}
	all, err := c.Identities(s.keyPassword())
	if err != nil {
		return nil, src.withPassword(s.keyPasswordKey(src, c.PEM)).wrap(err)
	}
	return all, nil
}

func (s Store) keyPassword() string {
	if s.KeyPassword.Empty() {
		return s.Password.Reveal()
	}
	return s.KeyPassword.Reveal()
}

// keyPasswordKey is the key of the configuration that has what keyPassword returns, or that should have it.
func (s Store) keyPasswordKey(src source, pem bool) string {
	switch {
	case !s.KeyPassword.Empty():
		return "ssl.key.password"
	case !s.Password.Empty():
		return src.password + ", or set ssl.key.password if the key has one of its own"
	case pem:
		return "ssl.key.password"
	}
	return src.password
}
