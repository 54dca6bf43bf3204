package clientconfig

import (
	"crypto"
	"errors"

	"github.com/offsetctl/offsetctl/internal/cluster/keystore"
)

// key reads the private key of KeyFile.
func (a *Assertion) key() (crypto.Signer, error) {
	data, err := smallFile(a.KeyFile)
	if err != nil {
		return nil, err
	}
	return parseSigningKey(data, a.KeyPassphrase)
}

func parseSigningKey(data []byte, passphrase Secret) (crypto.Signer, error) {
	key, err := keystore.OpenKey(data, passphrase.Reveal())
	switch {
	case errors.Is(err, keystore.ErrNoPassword):
		return nil, errors.New("its key is encrypted: set sasl.oauthbearer.assertion.private.key.passphrase")
	case errors.Is(err, keystore.ErrWrongPassword):
		return nil, errors.New("its key cannot be decrypted: is sasl.oauthbearer.assertion.private.key.passphrase right?")
	}
	return key, err
}
