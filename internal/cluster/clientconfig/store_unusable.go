package clientconfig

import (
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"strings"
)

// unusableKey is why a key that is open cannot be presented. It does no harm to others in its store: Java leaves out what
// fits no handshake, too.
type unusableKey struct{ error }

const otherKey = "make one with RSA, EC or Ed25519 (keytool -genkeypair -keyalg EC), with a certificate of its own"

// parsePKCS8 is the key of a PrivateKeyInfo (RFC 5958), or why it is none for Go.
func parsePKCS8(der []byte) (any, error) {
	key, err := x509.ParsePKCS8PrivateKey(der)
	if err == nil {
		return key, nil
	}
	var info struct {
		Version   int
		Algorithm pkix.AlgorithmIdentifier
		Key       []byte
	}
	if _, broken := asn1.Unmarshal(der, &info); broken != nil {
		return usable(nil, err)
	}
	if kind := keyKind(info.Algorithm.Algorithm.String()); kind != "" {
		return nil, unusableKey{fmt.Errorf("its private key is %s key, which Go's TLS does not have: %s", kind, otherKey)}
	}
	return nil, unusableKey{fmt.Errorf("its private key is not one that Go can use: %w: %s", err, otherKey)}
}

// keyKind names the kinds of keys that Java has and Go's TLS has not; empty: another.
func keyKind(oid string) string {
	switch oid {
	case "1.2.840.10040.4.1":
		return "a DSA"
	case "1.2.840.113549.1.1.10":
		return "an RSASSA-PSS"
	case "1.3.101.111":
		return "an X448"
	case "1.3.101.113":
		return "an Ed448"
	}
	return ""
}

// presentable are the keys, each with its certificates, that a client can present. Where there is none of these, the error
// is about all.
func (s Store) presentable(src source, c contents) ([]tls.Certificate, error) {
	var all []tls.Certificate
	var why []string
	for _, k := range c.keys {
		identity, err := k.identity(s.keyPassword())
		var unusable unusableKey
		switch {
		case errors.As(err, &unusable):
			why = append(why, err.Error())
		case err != nil:
			return nil, src.withPassword(s.keyPasswordKey(src, c.pem)).wrap(err)
		default:
			all = append(all, identity)
		}
	}
	if len(all) == 0 {
		return nil, src.wrap(errors.New(strings.Join(why, "; ")))
	}
	return all, nil
}
