package clientconfig

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"

	"github.com/youmark/pkcs8"
)

// key reads the private key: PKCS#8 as PEM, as Kafka takes it without its armour (base64 alone), or as DER; encrypted if there
// is a passphrase; and the older PEM kinds of openssl.
func (a *Assertion) key() (crypto.Signer, error) {
	data, err := smallFile(a.KeyFile)
	if err != nil {
		return nil, err
	}
	return parseSigningKey(data, a.KeyPassphrase)
}

func parseSigningKey(data []byte, passphrase Secret) (crypto.Signer, error) {
	kind, der := "", data
	if block, _ := pem.Decode(data); block != nil {
		kind, der = block.Type, block.Bytes
	} else if bare, err := base64.StdEncoding.DecodeString(string(bytes.Join(bytes.Fields(data), nil))); err == nil {
		der = bare
	}
	key, err := parsePrivateKey(kind, der, passphrase)
	if err != nil {
		return nil, err
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, fmt.Errorf("its key (%T) signs nothing", key)
	}
	return signer, nil
}

// parsePrivateKey takes apart what stood in a PEM block of that kind; an empty kind is PKCS#8.
func parsePrivateKey(kind string, der []byte, passphrase Secret) (any, error) {
	switch kind {
	case "RSA PRIVATE KEY":
		return orNotAKey(x509.ParsePKCS1PrivateKey(der))
	case "EC PRIVATE KEY":
		return orNotAKey(x509.ParseECPrivateKey(der))
	case "", "PRIVATE KEY", "ENCRYPTED PRIVATE KEY":
	default:
		return nil, fmt.Errorf("it has %q where a private key should be", foreign(kind))
	}
	if kind != "ENCRYPTED PRIVATE KEY" {
		if key, err := x509.ParsePKCS8PrivateKey(der); err == nil {
			return key, nil
		} else if kind != "" || passphrase.Empty() {
			return nil, errors.New("it is not a PKCS#8 private key")
		}
	}
	if passphrase.Empty() {
		return nil, errors.New("its key is encrypted: set sasl.oauthbearer.assertion.private.key.passphrase")
	}
	return decryptKey(der, passphrase)
}

func orNotAKey[K any](key K, err error) (any, error) {
	if err != nil {
		return nil, errors.New("it is not a private key (an encrypted one must be PKCS#8: openssl pkcs8 -topk8)")
	}
	return key, nil
}

// decryptKey is safe from a file that the library does not expect: it trusts lengths that it has read.
func decryptKey(der []byte, passphrase Secret) (key any, err error) {
	failed := errors.New("its key cannot be decrypted: is sasl.oauthbearer.assertion.private.key.passphrase right?")
	defer func() {
		if recover() != nil {
			key, err = nil, failed
		}
	}()
	key, err = pkcs8.ParsePKCS8PrivateKey(der, []byte(passphrase.Reveal()))
	if err != nil {
		return nil, failed
	}
	return key, nil
}
