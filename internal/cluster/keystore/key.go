package keystore

import (
	"bytes"
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"
)

// Key is a private key of a store, still encrypted if it was.
type Key struct {
	// Chain are the certificates of the key, its own first; empty: Identity looks for them in the store. Who has them from
	// elsewhere sets it.
	Chain []*x509.Certificate

	alias  string              // of the entry, for errors; empty: it has none
	others []*x509.Certificate // where to look for the chain if it is empty
	open   func(password string) (any, error)
}

// unusableKey is why a key that is open cannot be presented. It does no harm to others in its store: Java leaves out what
// fits no handshake, too.
type unusableKey struct{ error }

const otherKey = "make one with RSA, EC or Ed25519 (keytool -genkeypair -keyalg EC), with a certificate of its own"

// Identities are the keys, each with its certificates, that a client can present, in the order of the store: at least one.
// Others are left out; where there are only others, the error says why of each. A password that does not open one of the
// keys is an error as in Identity.
func (c Contents) Identities(password string) ([]tls.Certificate, error) {
	if len(c.Keys) == 0 {
		return nil, errors.New("it has no private key: a keystore has the client's own key with its certificate")
	}
	var all []tls.Certificate
	var why []string
	for _, k := range c.Keys {
		identity, err := k.Identity(password)
		var unusable unusableKey
		switch {
		case errors.As(err, &unusable):
			why = append(why, err.Error())
		case err != nil:
			return nil, err
		default:
			all = append(all, identity)
		}
	}
	if len(all) == 0 {
		return nil, errors.New(strings.Join(why, "; "))
	}
	return all, nil
}

// Identity opens the key and puts it together with its certificates, whose first is the Leaf too. The error is ErrNoPassword
// or ErrWrongPassword where the password is to blame; a key that is not encrypted takes any.
func (k Key) Identity(password string) (tls.Certificate, error) {
	key, err := k.open(password)
	if err != nil {
		return tls.Certificate{}, k.named(err)
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return tls.Certificate{}, k.named(unusableKey{errors.New("its private key cannot sign: " + otherKey)})
	}
	chain := k.Chain
	if len(chain) == 0 {
		chain = chainOf(signer, k.others)
	}
	identity, err := pair(chain, signer)
	return identity, k.named(err)
}

// named says which of a store's entries an error is about.
func (k Key) named(err error) error {
	if err == nil || k.alias == "" {
		return err
	}
	return fmt.Errorf("entry %q: %w", k.alias, err)
}

// pair is a certificate with its key, which has to be its own.
func pair(chain []*x509.Certificate, key crypto.Signer) (tls.Certificate, error) {
	if len(chain) == 0 {
		return tls.Certificate{}, unusableKey{errors.New("it has a private key, but no certificate of it: put the certificate in, and its chain")}
	}
	if !belongs(key, chain[0]) {
		return tls.Certificate{}, fmt.Errorf("the private key does not belong to the certificate of %q: put that of the key first, or take the right key", chain[0].Subject)
	}
	c := tls.Certificate{PrivateKey: key, Leaf: chain[0]}
	for _, cert := range chain {
		c.Certificate = append(c.Certificate, cert.Raw)
	}
	return c, nil
}

// belongs reports whether the key is that of the certificate.
func belongs(key crypto.Signer, cert *x509.Certificate) bool {
	public, ok := key.Public().(interface{ Equal(crypto.PublicKey) bool })
	return ok && public.Equal(cert.PublicKey)
}

// chainOf is the chain, among certificates in no order, of the first that belongs to a key.
func chainOf(key crypto.Signer, certs []*x509.Certificate) []*x509.Certificate {
	for _, c := range certs {
		if belongs(key, c) {
			return chainFrom(c, certs)
		}
	}
	return nil
}

// chainFrom follows the issuers, as PKCS12KeyStore does, to a certificate that issued itself or whose issuer is not there.
func chainFrom(leaf *x509.Certificate, certs []*x509.Certificate) []*x509.Certificate {
	chain := []*x509.Certificate{leaf}
	for {
		last := chain[len(chain)-1]
		next := issuerOf(last, certs)
		if next == nil || len(chain) == len(certs) {
			return chain
		}
		chain = append(chain, next)
	}
}

func issuerOf(c *x509.Certificate, certs []*x509.Certificate) *x509.Certificate {
	if bytes.Equal(c.RawIssuer, c.RawSubject) {
		return nil
	}
	for _, i := range certs {
		known := len(c.AuthorityKeyId) > 0 && len(i.SubjectKeyId) > 0
		if bytes.Equal(c.RawIssuer, i.RawSubject) && (!known || bytes.Equal(c.AuthorityKeyId, i.SubjectKeyId)) {
			return i
		}
	}
	return nil
}
