package keystore

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"hash"
)

const oidPBES2 = "1.2.840.113549.1.5.13"

// suite is how data is encrypted with a key that comes from a password. A stream cipher has no initialisation vector.
type suite struct {
	keySize, ivSize int
	decrypt         func(key, iv, data []byte) ([]byte, error)
}

func aesCBC(keySize int) suite { return suite{keySize, aes.BlockSize, blockCBC(aes.NewCipher)} }

func tripleDESCBC() suite { return suite{24, des.BlockSize, blockCBC(des.NewTripleDESCipher)} }

func rc2CBC(keySize int) suite {
	return suite{keySize, rc2BlockSize, func(key, iv, data []byte) ([]byte, error) {
		return decryptRC2(key, iv, data), nil
	}}
}

func blockCBC(newCipher func([]byte) (cipher.Block, error)) func(key, iv, data []byte) ([]byte, error) {
	return func(key, iv, data []byte) ([]byte, error) {
		block, err := newCipher(key)
		if err != nil {
			return nil, err
		}
		plain := make([]byte, len(data))
		cipher.NewCBCDecrypter(block, iv).CryptBlocks(plain, data)
		return plain, nil
	}
}

// open decrypts, takes the padding off, and holds that what is left is DER, which everything is that stores encrypt.
func (s suite) open(key, iv, data []byte) ([]byte, error) {
	if len(iv) != s.ivSize || len(data) == 0 || s.ivSize > 0 && len(data)%s.ivSize != 0 {
		return nil, errors.New("the encrypted data is damaged")
	}
	plain, err := s.decrypt(key, iv, data)
	if err != nil {
		return nil, err
	}
	if s.ivSize > 0 {
		pad := int(plain[len(plain)-1])
		if pad == 0 || pad > s.ivSize {
			return nil, ErrWrongPassword
		}
		plain = plain[:len(plain)-pad]
	}
	if !wholeDER(plain) {
		return nil, ErrWrongPassword
	}
	return plain, nil
}

// wholeDER reports whether data is one DER sequence, to its end.
func wholeDER(data []byte) bool {
	var outer asn1.RawValue
	rest, err := asn1.Unmarshal(data, &outer)
	return err == nil && len(rest) == 0 && outer.Tag == asn1.TagSequence
}

// decryptPBE decrypts what RFC 7292 (PKCS12) or RFC 8018 (PBES2) encrypts with a password.
func decryptPBE(alg pkix.AlgorithmIdentifier, data []byte, password string) ([]byte, error) {
	oid := alg.Algorithm.String()
	switch oid {
	case oidPBES2:
		return decryptPBES2(alg.Parameters.FullBytes, data, password)
	case "1.2.840.113549.1.5.3":
		return decryptMD5DES(alg.Parameters.FullBytes, data, password)
	case "1.2.840.113549.1.12.1.1":
		return decryptPKCS12(alg.Parameters.FullBytes, rc4Stream(16), data, password)
	case "1.2.840.113549.1.12.1.2":
		return decryptPKCS12(alg.Parameters.FullBytes, rc4Stream(5), data, password)
	case "1.2.840.113549.1.12.1.3":
		return decryptPKCS12(alg.Parameters.FullBytes, tripleDESCBC(), data, password)
	case "1.2.840.113549.1.12.1.5":
		return decryptPKCS12(alg.Parameters.FullBytes, rc2CBC(16), data, password)
	case "1.2.840.113549.1.12.1.6":
		return decryptPKCS12(alg.Parameters.FullBytes, rc2CBC(5), data, password)
	}
	return nil, unread{"it is encrypted with", oid}
}

// pbe1Params are the parameters of PBES1 (RFC 8018, A.3) and of RFC 7292, C.
type pbe1Params struct {
	Salt       []byte
	Iterations int
}

func readPBEParams(der []byte) (p pbe1Params, err error) {
	if err := unmarshalAll(der, &p); err != nil {
		return p, err
	}
	return p, checkIterations(p.Iterations)
}

func decryptPKCS12(params []byte, with suite, data []byte, password string) ([]byte, error) {
	p, err := readPBEParams(params)
	if err != nil {
		return nil, err
	}
	for _, pw := range pkcs12Passwords(password) {
		key := pkcs12Key(sha1.New, 1, p.Salt, pw, p.Iterations, with.keySize)
		iv := pkcs12Key(sha1.New, 2, p.Salt, pw, p.Iterations, with.ivSize)
		var plain []byte
		if plain, err = with.open(key, iv, data); err == nil {
			return plain, nil
		}
	}
	return nil, err
}

func decryptPBES2(params, data []byte, password string) ([]byte, error) {
	var p struct{ KDF, Cipher pkix.AlgorithmIdentifier }
	if err := unmarshalAll(params, &p); err != nil {
		return nil, err
	}
	with, err := pbes2Suite(p.Cipher.Algorithm.String())
	if err != nil {
		return nil, err
	}
	var iv []byte
	if err := unmarshalAll(p.Cipher.Parameters.FullBytes, &iv); err != nil {
		return nil, err
	}
	key, err := pbkdf2Key(p.KDF, password, with.keySize)
	if err != nil {
		return nil, err
	}
	return with.open(key, iv, data)
}

func pbes2Suite(oid string) (suite, error) {
	switch oid {
	case "2.16.840.1.101.3.4.1.2":
		return aesCBC(16), nil
	case "2.16.840.1.101.3.4.1.22":
		return aesCBC(24), nil
	case "2.16.840.1.101.3.4.1.42":
		return aesCBC(32), nil
	case "1.2.840.113549.3.7":
		return tripleDESCBC(), nil
	}
	return suite{}, unread{"it is encrypted with", oid}
}

// pbkdf2Params is PBKDF2-params of RFC 8018. KeyLength counts for PBMAC1 only: a cipher knows its own.
type pbkdf2Params struct {
	Salt       []byte
	Iterations int
	KeyLength  int                      `asn1:"optional"`
	PRF        pkix.AlgorithmIdentifier `asn1:"optional"`
}

func readPBKDF2(alg pkix.AlgorithmIdentifier) (pbkdf2Params, func() hash.Hash, error) {
	var p pbkdf2Params
	if oid := alg.Algorithm.String(); oid != "1.2.840.113549.1.5.12" {
		return p, nil, unread{"its key is derived with", oid}
	}
	if err := unmarshalAll(alg.Parameters.FullBytes, &p); err != nil {
		return p, nil, err
	}
	if err := checkIterations(p.Iterations); err != nil {
		return p, nil, err
	}
	if len(p.PRF.Algorithm) == 0 {
		return p, sha1.New, nil // the default of RFC 8018
	}
	h, err := hmacHash(p.PRF.Algorithm.String())
	return p, h, err
}

func pbkdf2Key(alg pkix.AlgorithmIdentifier, password string, size int) ([]byte, error) {
	p, h, err := readPBKDF2(alg)
	if err != nil {
		return nil, err
	}
	return pbkdf2.Key(h, password, p.Salt, p.Iterations, size)
}

// unmarshalAll is asn1.Unmarshal for data that has nothing behind the value.
func unmarshalAll(data []byte, value any) error {
	rest, err := asn1.Unmarshal(data, value)
	if err == nil && len(rest) > 0 {
		err = errors.New("there is data behind its end")
	}
	if err != nil {
		return fmt.Errorf("it is damaged: %w", err)
	}
	return nil
}
