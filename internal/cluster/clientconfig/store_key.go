package clientconfig

import (
	"bytes"
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
)

// identity opens the key and puts it together with its certificates.
func (k storedKey) identity(password string) (tls.Certificate, error) {
	key, err := k.open(password)
	if err != nil {
		return tls.Certificate{}, k.named(err)
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return tls.Certificate{}, k.named(unusableKey{errors.New("its private key cannot sign: " + otherKey)})
	}
	chain := k.chain
	if len(chain) == 0 {
		chain = chainOf(signer, k.others)
	}
	identity, err := pair(chain, signer)
	return identity, k.named(err)
}

// named says which of a store's entries an error is about.
func (k storedKey) named(err error) error {
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

// parseTrusted adds a trusted certificate. One that is whole but that Go does not take, such as one with a negative
// serial number, does not make the store unreadable: among a hundred authorities it is hardly the one that is needed.
func (c *contents) parseTrusted(der []byte) error {
	cert, err := x509.ParseCertificate(der)
	switch {
	case err == nil:
		c.trusted = append(c.trusted, cert)
	case wholeDER(der):
		c.skipped = err
	default:
		return fmt.Errorf("a certificate in it is damaged: %w", err)
	}
	return nil
}
