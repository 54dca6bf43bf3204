package keystore

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
)

const convertKey = "convert it with openssl pkcs8 -topk8 -in OLD -out NEW"

// encryptedKey is an EncryptedPrivateKeyInfo (RFC 5958).
type encryptedKey struct {
	Algorithm pkix.AlgorithmIdentifier
	Data      []byte
}

// openPKCS8 decrypts an encryptedKey, which PEM and PKCS12 both have.
func openPKCS8(der []byte, password string) (any, error) {
	var info encryptedKey
	if err := unmarshalAll(der, &info); err != nil {
		return nil, err
	}
	return info.open(password)
}

func (e encryptedKey) open(password string) (any, error) {
	plain, err := decryptPBE(e.Algorithm, e.Data, password)
	if errors.Is(err, ErrWrongPassword) && password == "" {
		return nil, ErrNoPassword
	}
	if err != nil {
		return nil, err
	}
	return parsePKCS8(plain)
}

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

func usable(key any, err error) (any, error) {
	if err != nil {
		return nil, fmt.Errorf("its private key is not one that Go can use: %w", err)
	}
	return key, nil
}
