package keystore

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha1"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/binary"
	"encoding/pem"
	"math/big"
	"testing"
	"time"
)

// jksEntry is a key with its chain, or, if the key is nil, one trusted certificate.
type jksEntry struct {
	key   []byte
	certs [][]byte
}

// jksBody is a JKS up to the sum that ends it. The alias of each entry is odd.
func jksBody(version uint32, entries ...jksEntry) []byte {
	var b bytes.Buffer
	put := func(v any) { _ = binary.Write(&b, binary.BigEndian, v) }
	text := func(s string) { put(uint16(len(s))); b.WriteString(s) }
	sized := func(data []byte) { put(uint32(len(data))); b.Write(data) }
	put([]uint32{jksMagic, version, uint32(len(entries))})
	for _, e := range entries {
		tag := uint32(jksPrivateKey)
		if e.key == nil {
			tag = jksTrusted
		}
		put(tag)
		text("odd")
		put(uint64(0))
		if e.key != nil {
			sized(e.key)
			put(uint32(len(e.certs)))
		}
		for _, der := range e.certs {
			if version == 2 {
				text("X.509")
			}
			sized(der)
		}
	}
	return b.Bytes()
}

// withSum ends a JKS for a password.
func withSum(body []byte, password string) []byte {
	return append(bytes.Clone(body), digest(sha1.New(), utf16Bytes(password), []byte("Mighty Aphrodite"), body)...)
}

// jksSealed is a key as a JKS encrypts it, with this many bytes of it.
func jksSealed(t testing.TB, size int) []byte {
	alg := pkix.AlgorithmIdentifier{Algorithm: oid(t, "1.3.6.1.4.1.42.2.17.1.1"), Parameters: asn1.NullRawValue}
	return marshal(t, encryptedKey{alg, make([]byte, size)})
}

// pbes2 is AES-256 with a key of so many iterations.
func pbes2(t testing.TB, iterations int, iv []byte) pkix.AlgorithmIdentifier {
	kdf := pbkdf2Params{Salt: []byte("saltsalt"), Iterations: iterations, PRF: pkix.AlgorithmIdentifier{Algorithm: oid(t, "1.2.840.113549.2.9")}}
	return algorithm(t, "1.2.840.113549.1.5.13", struct{ KDF, Cipher pkix.AlgorithmIdentifier }{
		algorithm(t, "1.2.840.113549.1.5.12", kdf),
		algorithm(t, "2.16.840.1.101.3.4.1.42", iv),
	})
}

func algorithm(t testing.TB, dotted string, params any) pkix.AlgorithmIdentifier {
	return pkix.AlgorithmIdentifier{Algorithm: oid(t, dotted), Parameters: asn1.RawValue{FullBytes: marshal(t, params)}}
}

func explicit(der []byte) asn1.RawValue {
	return asn1.RawValue{Class: asn1.ClassContextSpecific, IsCompound: true, Bytes: der}
}

func sealedKeyBag(t testing.TB, alg pkix.AlgorithmIdentifier) safeBag {
	return safeBag{ID: oid(t, oidSealedKeyBag), Value: explicit(marshal(t, encryptedKey{alg, make([]byte, 32)}))}
}

func keyBag(t testing.TB, key ed25519.PrivateKey) safeBag {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return safeBag{ID: oid(t, oidKeyBag), Value: explicit(der)}
}

func certBag(t testing.TB, der []byte) safeBag {
	return safeBag{ID: oid(t, oidCertBag), Value: explicit(marshal(t, struct {
		ID  asn1.ObjectIdentifier
		DER asn1.RawValue
	}{oid(t, oidX509), explicit(marshal(t, der))}))}
}

// withID ties a bag to others of the same local key id.
func (b safeBag) withID(t testing.TB, id string) safeBag {
	return b.with(t, oidLocalKeyID, []byte(id))
}

func (b safeBag) with(t testing.TB, dotted string, value any) safeBag {
	set := asn1.RawValue{Tag: asn1.TagSet, IsCompound: true, Bytes: marshal(t, value)}
	b.Attributes = []bagAttribute{{oid(t, dotted), set}}
	return b
}

// part is one that is not encrypted.
func part(t testing.TB, bags ...safeBag) contentInfo {
	return contentInfo{oid(t, oidData), explicit(marshal(t, marshal(t, bags)))}
}

func sealedPart(t testing.TB, alg pkix.AlgorithmIdentifier) contentInfo {
	var data encryptedData
	data.Content.Type, data.Content.Algorithm, data.Content.Sealed = oid(t, oidData), alg, make([]byte, 32)
	return contentInfo{oid(t, oidEncryptedData), explicit(marshal(t, data))}
}

// p12 is a PKCS12 file, whose MAC, if there is one, is wrong.
func p12(t testing.TB, mac macData, parts ...contentInfo) []byte {
	return marshal(t, pfx{3, contentInfo{oid(t, oidData), explicit(marshal(t, marshal(t, parts)))}, mac})
}

func armour(label string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: label, Bytes: der})
}

// edKey is one of many keys, always the same.
func edKey(n byte) ed25519.PrivateKey { return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{n}, 32)) }

// selfSigned is a certificate of a key.
func selfSigned(t testing.TB, name string, key ed25519.PrivateKey) []byte {
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotAfter: time.Unix(1<<32, 0)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}
