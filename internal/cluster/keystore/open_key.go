package keystore

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// OpenKey opens a private key that is alone: PKCS#8 as PEM, as Kafka takes it without its armour (base64 alone), or as DER;
// encrypted if there is a passphrase; and the older PEM kinds of openssl. A passphrase that the key does not need does no
// harm. The error is ErrNoPassword or ErrWrongPassword where the passphrase is to blame.
func OpenKey(data []byte, passphrase string) (crypto.Signer, error) {
	key, err := openAlone(data, passphrase)
	if err != nil {
		return nil, err
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, fmt.Errorf("its key (%T) signs nothing", key)
	}
	return signer, nil
}

// openAlone opens a key with its armour or without.
func openAlone(data []byte, passphrase string) (any, error) {
	if IsPEM(data) {
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

// HoldsKey reports whether a private key can be had from data without a password, so that whoever reads it has the key.
func HoldsKey(data []byte) bool {
	if !IsPEM(data) {
		_, err := OpenKey(data, "")
		return err == nil
	}
	blocks, err := pemBlocks(data)
	return err == nil && slices.ContainsFunc(blocks, func(b pemBlock) bool {
		return b.isKey() && b.label != "ENCRYPTED PRIVATE KEY" && !strings.Contains(b.body, "ENCRYPTED")
	})
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
	return pemBlock{}, fmt.Errorf("it has %q where a private key should be", printable(there))
}

// printable is a label fit to be shown in one line.
func printable(label string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, strings.TrimSpace(label))
}
