package clientconfig

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
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
	key, err := openSigningKey(data, passphrase.Reveal())
	switch {
	case errors.Is(err, errNoPassword):
		return nil, errors.New("its key is encrypted: set sasl.oauthbearer.assertion.private.key.passphrase")
	case errors.Is(err, errWrongPassword):
		return nil, errors.New("its key cannot be decrypted: is sasl.oauthbearer.assertion.private.key.passphrase right?")
	case err != nil:
		return nil, err
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, fmt.Errorf("its key (%T) signs nothing", key)
	}
	return signer, nil
}

// openSigningKey opens a key with its armour or without. A passphrase that the key does not need does no harm.
func openSigningKey(data []byte, passphrase string) (any, error) {
	if bytes.Contains(data, []byte(pemBegin)) {
		b, err := keyBlock(data)
		if err != nil {
			return nil, err
		}
		return b.key(passphrase)
	}
	der := data
	if bare, err := base64.StdEncoding.DecodeString(string(bytes.Join(bytes.Fields(data), nil))); err == nil {
		der = bare
	}
	if key, err := x509.ParsePKCS8PrivateKey(der); err == nil {
		return key, nil
	}
	var info encryptedKey
	if unmarshalAll(der, &info) != nil {
		return nil, errors.New("it is not a PKCS#8 private key")
	}
	key, err := info.open(passphrase)
	return key, withAdvice(err, convertKey)
}

// keyBlock is the first private key among the blocks: openssl puts the parameters of an EC key before it.
func keyBlock(data []byte) (pemBlock, error) {
	blocks, err := pemBlocks(data)
	if err != nil {
		return pemBlock{}, err
	}
	there := ""
	for _, b := range blocks {
		if b.isKey() {
			return b, nil
		}
		there = b.label
	}
	return pemBlock{}, fmt.Errorf("it has %q where a private key should be", foreign(there))
}
