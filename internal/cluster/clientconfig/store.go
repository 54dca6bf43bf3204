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
)

// maxStoreSize is far above any store: Java's own, with all public authorities, has 200 KiB.
const maxStoreSize = 16 << 20

// contents is what a store has, whatever its format.
type contents struct {
	trusted []*x509.Certificate // what Java would trust, in the order of the store
	skipped error               // the last trusted certificate that is one, but that Go does not take; nil: none
	keys    []storedKey
	pem     bool // nothing but a key can be encrypted
}

// storedKey is a private key, still encrypted.
type storedKey struct {
	alias  string
	chain  []*x509.Certificate // of the key, its own certificate first; may be empty
	others []*x509.Certificate // where to look for the chain if it is empty
	open   func(password string) (any, error)
}

// source is where bytes of a store come from, for errors.
type source struct {
	key      string // of the configuration
	path     string // empty: the value of the key itself
	password string // the key of the configuration that has the password
	typ      string // ssl.…store.type, as it is written
}

func (s source) String() string {
	if s.path == "" {
		return s.key
	}
	return fmt.Sprintf("%s %q", s.key, s.path)
}

// wrap says what was read, and of a password which key has it.
func (s source) wrap(err error) error {
	switch {
	case errors.Is(err, errWrongPassword):
		return fmt.Errorf("reading %s: %w: correct %s", s, err, s.password)
	case errors.Is(err, errNoPassword):
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
	return source{key: key, path: s.Location, password: password, typ: s.Type}
}

// authorities are the certificates of a truststore that Java would trust. A store without one is an error.
func (s Store) authorities() ([]*x509.Certificate, error) {
	src := s.file("ssl.truststore.location")
	if s.Location != "" && !s.Certificates.Empty() {
		return nil, fmt.Errorf("both %s and ssl.truststore.certificates are set: take one of them out", src.key)
	}
	var c contents
	var err error
	if s.Location == "" {
		src = source{key: "ssl.truststore.certificates"}
		c, err = readPEM([]byte(s.Certificates.Reveal()))
	} else {
		c, err = s.load(src)
	}
	switch {
	case err != nil:
		return nil, src.wrap(err)
	case len(c.trusted) > 0:
		return c.trusted, nil
	case c.skipped != nil:
		return nil, src.wrap(fmt.Errorf("none of its certificates is one that Go can use: %w", c.skipped))
	}
	return nil, src.wrap(errors.New("it has no trusted certificate: put the authority of the brokers' certificates in"))
}

// load reads the file, whose content says what it is.
func (s Store) load(src source) (contents, error) {
	data, err := src.read()
	if err != nil {
		return contents{}, err
	}
	return readStore(data, s.Password.Reveal(), s.Type)
}

// readStore reads what the content says it is. Java's own keystores do the same: JKS and PKCS12 are read under either
// type, so that files of the wrong name abound.
func readStore(data []byte, password, typ string) (contents, error) {
	switch {
	case hasMagic(data, jksMagic):
		return readJKS(data, password)
	case hasMagic(data, jceksMagic):
		return contents{}, unsupported("JCEKS")
	case isPKCS12(data):
		return readPKCS12(data, password)
	case isBCFKS(data):
		return contents{}, unsupported("BCFKS")
	case bytes.Contains(data, []byte(pemBegin)):
		return readPEM(data)
	}
	if certs, err := x509.ParseCertificates(data); err == nil {
		return contents{trusted: certs}, nil // DER: as little a secret, and as clear, as PEM
	}
	switch t := strings.ToUpper(typ); t {
	case "", "JKS", "PKCS12", "PEM":
		return contents{}, errors.New("it is neither JKS, PKCS12 nor PEM: name the right file")
	default:
		return contents{}, unsupported(t)
	}
}

func unsupported(typ string) error {
	return fmt.Errorf("type %s is not read here: convert it with keytool -importkeystore -srckeystore FILE -srcstoretype %s -destkeystore FILE.p12 -deststoretype PKCS12", typ, typ)
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
	if len(c.keys) == 0 {
		return nil, src.wrap(errors.New("it has no private key: a keystore has the client's own key with its certificate"))
	}
	return s.presentable(src, c)
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
