package keystore

import (
	"crypto/des"
	"crypto/md5"
	"crypto/rc4"
	"errors"
	"fmt"
	"strings"
)

// rc4Stream is RC4, which has neither an initialisation vector nor padding.
func rc4Stream(keySize int) suite {
	return suite{keySize, 0, func(key, _, data []byte) ([]byte, error) {
		c, err := rc4.NewCipher(key)
		if err != nil {
			return nil, err
		}
		plain := make([]byte, len(data))
		c.XORKeyStream(plain, data)
		return plain, nil
	}}
}

// decryptMD5DES decrypts pbeWithMD5AndDES-CBC of RFC 8018, A.3: of the sums of password and salt, the last is key and vector.
func decryptMD5DES(params, data []byte, password string) ([]byte, error) {
	p, err := readPBEParams(params)
	if err != nil {
		return nil, err
	}
	h := md5.New()
	sum := digest(h, []byte(password), p.Salt)
	for range p.Iterations - 1 {
		sum = digest(h, sum)
	}
	with := suite{des.BlockSize, des.BlockSize, blockCBC(des.NewCipher)}
	return with.open(sum[:des.BlockSize], sum[des.BlockSize:], data)
}

// unread is an algorithm that is not read here, mostly since Java does not read it either. What to do depends on the file.
type unread struct{ what, oid string }

func (u unread) Error() string {
	name := algorithmName(u.oid)
	if name == "" {
		return fmt.Sprintf("%s algorithm %s, which is not read here", u.what, u.oid)
	}
	return fmt.Sprintf("%s %s (%s), which is not read here", u.what, name, u.oid)
}

// withAdvice adds to an unread algorithm how to get rid of it.
func withAdvice(err error, advice string) error {
	var u unread
	if errors.As(err, &u) {
		return fmt.Errorf("%w: %s", err, advice)
	}
	return err
}

// algorithmName is the name of an algorithm that openssl can write and that is not read here; empty: another.
func algorithmName(oid string) string {
	for _, a := range []struct{ prefix, name string }{
		{"1.2.392.200011.61.", "Camellia"},
		{"1.2.410.200046.1.1.", "ARIA"},
		{"1.2.410.200004.1.", "SEED"},
		{"2.16.840.1.101.3.4.1.", "AES in another mode than CBC"},
		{"1.3.14.3.2.7", "DES"},
		{"1.2.840.113549.3.2", "RC2"},
		{"1.2.840.113549.3.4", "RC4"},
		{"1.2.840.113549.2.5", "MD5"},
		{"1.2.840.113549.1.5.1", "PBE-MD2-DES"},
		{"1.2.840.113549.1.5.4", "PBE-MD2-RC2"},
		{"1.2.840.113549.1.5.6", "PBE-MD5-RC2"},
		{"1.2.840.113549.1.5.10", "PBE-SHA1-DES"},
		{"1.2.840.113549.1.5.11", "PBE-SHA1-RC2"},
		{"1.2.840.113549.1.12.1.4", "PBE-SHA1-2DES"},
		{"1.3.6.1.4.1.11591.4.11", "scrypt"},
	} {
		if oid == a.prefix || strings.HasSuffix(a.prefix, ".") && strings.HasPrefix(oid, a.prefix) {
			return a.name
		}
	}
	return ""
}
