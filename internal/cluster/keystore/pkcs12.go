package keystore

import (
	"crypto/hmac"
	"crypto/sha512"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"hash"
)

// Object identifiers of the parts of a PKCS12 file (RFC 7292): as they are, and encrypted with a password.
const (
	oidData          = "1.2.840.113549.1.7.1"
	oidEncryptedData = "1.2.840.113549.1.7.6"
	oidPBMAC1        = "1.2.840.113549.1.5.14"
)

type contentInfo struct {
	Type    asn1.ObjectIdentifier
	Content asn1.RawValue `asn1:"tag:0,explicit,optional"`
}

type pfx struct {
	Version  int
	AuthSafe contentInfo
	MacData  macData `asn1:"optional"`
}

type macData struct {
	Mac struct {
		Algorithm pkix.AlgorithmIdentifier
		Digest    []byte
	}
	Salt       []byte
	Iterations int `asn1:"optional,default:1"`
}

type encryptedData struct {
	Version int
	Content struct {
		Type      asn1.ObjectIdentifier
		Algorithm pkix.AlgorithmIdentifier
		Sealed    []byte `asn1:"tag:0,optional"`
	}
}

// isPKCS12 reports whether data begins as a PKCS12 file does: a sequence whose first value is the number 3.
func isPKCS12(data []byte) bool {
	if len(data) < 2 || data[0] != 0x30 {
		return false
	}
	at := 2
	if data[1] > 0x80 {
		at += int(data[1] & 0x7f)
	}
	return len(data) >= at+3 && string(data[at:at+3]) == "\x02\x01\x03"
}

// isBCFKS reports whether data looks like a store of Bouncy Castle's FIPS provider: encrypted data, and its MAC.
func isBCFKS(data []byte) bool {
	var store struct {
		Data struct {
			Algorithm pkix.AlgorithmIdentifier
			Sealed    []byte
		}
		Integrity asn1.RawValue
	}
	return unmarshalAll(data, &store) == nil
}

// rewritePKCS12 is of openssl, since keytool reads none of what is not read here.
const rewritePKCS12 = "write it anew with openssl pkcs12 -in OLD -nodes -out ALL.pem and openssl pkcs12 -export -in ALL.pem -out NEW, " +
	"then delete ALL.pem"

// readPKCS12 reads a store. Without a password it is not checked to be whole, as in Java.
func readPKCS12(data []byte, password string) (Contents, error) {
	c, err := openPKCS12(data, password)
	return c, withAdvice(err, rewritePKCS12)
}

func openPKCS12(data []byte, password string) (Contents, error) {
	var file pfx
	if err := unmarshalAll(data, &file); err != nil {
		return Contents{}, notDER(err)
	}
	if file.AuthSafe.Type.String() != oidData {
		return Contents{}, errors.New("it is protected by a public key, not a password: Java does not read it either")
	}
	var safe []byte
	if err := unmarshalAll(file.AuthSafe.Content.Bytes, &safe); err != nil {
		return Contents{}, notDER(err)
	}
	if err := file.MacData.check(safe, password); err != nil {
		return Contents{}, err
	}
	var infos []contentInfo
	if err := unmarshalAll(safe, &infos); err != nil {
		return Contents{}, notDER(err)
	}
	return readParts(infos, file.MacData.iterations(), password)
}

// readParts opens the parts, if they and what is in them are not too much work together with what the MAC took.
func readParts(infos []contentInfo, iterations int, password string) (Contents, error) {
	bags := pkcs12Bags{sum: iterationSum(iterations)}
	for _, info := range infos {
		if err := bags.sum.add(info.iterations()); err != nil {
			return Contents{}, err
		}
	}
	for _, info := range infos {
		plain, err := info.open(password)
		if err != nil {
			return Contents{}, err
		}
		if err := bags.add(plain); err != nil {
			return Contents{}, err
		}
	}
	return bags.contents()
}

// rewriteByKeytool gives DER, with Java's own numbers of iterations.
const rewriteByKeytool = "write it anew with keytool -importkeystore -srckeystore FILE -destkeystore NEW.p12 -deststoretype PKCS12"

// notDER adds what helps against the one thing that is not damage: a file in BER, as Bouncy Castle and macOS write them.
func notDER(err error) error {
	return fmt.Errorf("%w: fetch it again, or %s", err, rewriteByKeytool)
}

// open is the SafeContents of one part.
func (i contentInfo) open(password string) ([]byte, error) {
	switch i.Type.String() {
	case oidData:
		var plain []byte
		if err := unmarshalAll(i.Content.Bytes, &plain); err != nil {
			return nil, notDER(err)
		}
		return plain, nil
	case oidEncryptedData:
		var data encryptedData
		if err := unmarshalAll(i.Content.Bytes, &data); err != nil {
			return nil, notDER(err)
		}
		plain, err := decryptPBE(data.Content.Algorithm, data.Content.Sealed, password)
		if errors.Is(err, ErrWrongPassword) && password == "" {
			return nil, ErrNoPassword
		}
		return plain, err
	}
	return nil, errors.New("a part of it is protected by a public key, not a password: Java does not read it either")
}

// check holds a password against the MAC, if there are both.
func (m macData) check(safe []byte, password string) error {
	if len(m.Mac.Algorithm.Algorithm) == 0 || password == "" {
		return nil
	}
	h, key, err := m.key(password)
	if err != nil {
		return err
	}
	sum := hmac.New(h, key)
	sum.Write(safe)
	if !hmac.Equal(sum.Sum(nil), m.Mac.Digest) {
		return ErrWrongPassword
	}
	return nil
}

func (m macData) key(password string) (func() hash.Hash, []byte, error) {
	oid := m.Mac.Algorithm.Algorithm.String()
	if oid == oidPBMAC1 {
		return pbmac1Key(m.Mac.Algorithm.Parameters.FullBytes, password)
	}
	h, err := macHash(oid)
	if err != nil {
		return nil, nil, err
	}
	if err := checkIterations(m.Iterations); err != nil {
		return nil, nil, err
	}
	return h, pkcs12Key(h, 3, m.Salt, pkcs12Passwords(password)[0], m.Iterations, h().Size()), nil
}

// pbmac1Key is the key of RFC 9879, which OpenSSL 3.4 and Java 26 can write. A short one could be guessed: at least 20
// bytes, at most what SHA-512 gives.
func pbmac1Key(params []byte, password string) (func() hash.Hash, []byte, error) {
	var p struct{ KDF, MAC pkix.AlgorithmIdentifier }
	if err := unmarshalAll(params, &p); err != nil {
		return nil, nil, notDER(err)
	}
	h, err := hmacHash(p.MAC.Algorithm.String())
	if err != nil {
		return nil, nil, err
	}
	kdf, _, err := readPBKDF2(p.KDF)
	if err != nil {
		return nil, nil, err
	}
	if kdf.KeyLength < 20 || kdf.KeyLength > sha512.Size {
		return nil, nil, fmt.Errorf("its MAC has a key of %d bytes, but 20 to %d are sound", kdf.KeyLength, sha512.Size)
	}
	key, err := pbkdf2Key(p.KDF, password, kdf.KeyLength)
	return h, key, err
}
