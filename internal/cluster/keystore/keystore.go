// Package keystore reads stores of certificates and keys, and private keys that are alone, from their bytes.
//
// The content says which format it is:
//
//	JKS     Java's own up to Java 8 (sun.security.provider.JavaKeyStore, KeyProtector)
//	PKCS12  RFC 7292 and, for its newest MAC, RFC 9879, with Java's mark of a certificate that is trusted
//	        (sun.security.pkcs12.PKCS12KeyStore)
//	PEM     as Kafka reads it (DefaultSslEngineFactory.PemParser), keys in PKCS#8 (RFC 5958), PKCS#1 or SEC 1
//	DER     certificates, one behind the other
//
// A key alone is in PEM, or PKCS#8 in DER or Base64. What a password encrypts is read where Java reads it: RFC 8018 (PBES2
// with AES or 3DES, and PBE-MD5-DES) and RFC 7292 (3DES, RC4, and RC2 as in RFC 2268). What is not read is refused by name,
// with the command that converts it.
//
// The readers are written by hand, because the packages there are take one key a file, refuse either Java's mark or its
// absence, run as many iterations as a file says, allocate what a damaged file says, or panic on it.
//
// The bytes are not trusted: no length is believed before the bytes are seen to be there, a key takes no more iterations
// than Java would do, and a store no more than a few such keys, and nothing panics, which the fuzz targets hold. How many
// bytes there are is for the caller to bound.
// No error has a password in it. Where the bytes and the password come from is not known here: callers add it.
package keystore

import (
	"crypto/x509"
	"errors"
	"fmt"
	"strings"
)

// Callers look for these two with errors.Is, since only they know where the password comes from.
var (
	// ErrWrongPassword is that a password does not open what it should, or that this is damaged: which of the two, a sum
	// that is wrong does not tell.
	ErrWrongPassword = errors.New("wrong password, or damaged")
	// ErrNoPassword is that a password is needed and is empty.
	ErrNoPassword = errors.New("it is encrypted")
)

// Contents is what a store has, whatever its format.
type Contents struct {
	Trusted []*x509.Certificate // what Java would trust, in the order of the store; nil: nothing
	Skipped error               // why the last one that is whole is not trusted: Go does not take it, or OpenSSL's notes do not; nil: none
	Chain   []*x509.Certificate // of PEM, all that Go takes, trusted or not: a client's own with its issuers; nil: none
	Keys    []Key               // in the order of the store; nil: none
	PEM     bool                // it is PEM: nothing but a key can be encrypted
}

// Read reads a store, which is what its content says. Java's own keystores do the same: JKS and PKCS12 are read under
// either type, so that files of the wrong name abound. The password is the store's; empty: none, and the store is not
// checked to be whole. Keys stay encrypted. The type is what somebody calls the format, for the error about one that is not
// read here; empty: not known.
func Read(data []byte, password, typ string) (Contents, error) {
	switch {
	case hasMagic(data, jksMagic):
		return readJKS(data, password)
	case hasMagic(data, jceksMagic):
		return Contents{}, unsupported("JCEKS")
	case isPKCS12(data):
		return readPKCS12(data, password)
	case isBCFKS(data):
		return Contents{}, unsupported("BCFKS")
	case IsPEM(data):
		return ReadPEM(data)
	}
	if certs, err := x509.ParseCertificates(data); err == nil {
		return Contents{Trusted: certs}, nil // DER: as little a secret, and as clear, as PEM
	}
	switch t := strings.ToUpper(typ); t {
	case "", "JKS", "PKCS12", "PEM":
		return Contents{}, errors.New("it is neither JKS, PKCS12 nor PEM: name the right file")
	default:
		return Contents{}, unsupported(t)
	}
}

func unsupported(typ string) error {
	return fmt.Errorf("type %s is not read here: convert it with keytool -importkeystore -srckeystore FILE -srcstoretype %s -destkeystore FILE.p12 -deststoretype PKCS12", typ, typ)
}

// parseTrusted adds a trusted certificate, if Go takes it.
func (c *Contents) parseTrusted(der []byte) error {
	cert, err := c.parse(der)
	if cert != nil {
		c.Trusted = append(c.Trusted, cert)
	}
	return err
}

// parse is a certificate. One that is whole but that Go does not take, such as one with a negative serial number, is nil,
// and does not make the store unreadable: among a hundred authorities it is hardly the one that is needed.
func (c *Contents) parse(der []byte) (*x509.Certificate, error) {
	cert, err := x509.ParseCertificate(der)
	switch {
	case err == nil:
		return cert, nil
	case wholeDER(der):
		c.Skipped = err
		return nil, nil
	}
	return nil, fmt.Errorf("a certificate in it is damaged: %w", err)
}
