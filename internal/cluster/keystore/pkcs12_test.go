package keystore

import (
	"bytes"
	"crypto/cipher"
	"crypto/des"
	"crypto/sha1"
	"crypto/x509/pkix"
	"encoding/asn1"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func oid(t testing.TB, dotted string) asn1.ObjectIdentifier {
	t.Helper()
	var id asn1.ObjectIdentifier
	for part := range strings.SplitSeq(dotted, ".") {
		n := 0
		for _, digit := range part {
			n = 10*n + int(digit-'0')
		}
		id = append(id, n)
	}
	return id
}

func marshal(t testing.TB, value any) []byte {
	t.Helper()
	der, err := asn1.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

type pbeParams struct {
	Salt       []byte
	Iterations int
}

// Not every writer ends the empty password with a zero.
func TestTheEmptyPasswordHasTwoForms(t *testing.T) {
	salt, plain := []byte("saltsalt"), marshal(t, pbeParams{[]byte("anything"), 5})
	padded := append(bytes.Clone(plain), bytes.Repeat([]byte{byte(8 - len(plain)%8)}, 8-len(plain)%8)...)
	for _, password := range [][]byte{{0, 0}, nil} {
		block, err := des.NewTripleDESCipher(pkcs12Key(sha1.New, 1, salt, password, 3, 24))
		if err != nil {
			t.Fatal(err)
		}
		sealed := make([]byte, len(padded))
		cipher.NewCBCEncrypter(block, pkcs12Key(sha1.New, 2, salt, password, 3, 8)).CryptBlocks(sealed, padded)
		alg := pkix.AlgorithmIdentifier{Algorithm: oid(t, "1.2.840.113549.1.12.1.3"), Parameters: asn1.RawValue{FullBytes: marshal(t, pbeParams{salt, 3})}}
		got, err := decryptPBE(alg, sealed, "")
		if err != nil || !bytes.Equal(got, plain) {
			t.Errorf("%v: %x, %v", password, got, err)
		}
	}
}

func TestIterationsHaveALimit(t *testing.T) {
	for _, n := range []int{-1, 0, maxIterations + 1} {
		old := pkix.AlgorithmIdentifier{Algorithm: oid(t, "1.2.840.113549.1.12.1.3"), Parameters: asn1.RawValue{FullBytes: marshal(t, pbeParams{nil, n})}}
		_, errOld := decryptPBE(old, make([]byte, 8), "x")
		_, _, errNew := readPBKDF2(pkix.AlgorithmIdentifier{Algorithm: oid(t, "1.2.840.113549.1.5.12"), Parameters: asn1.RawValue{FullBytes: marshal(t, pbkdf2Params{Salt: []byte{1}, Iterations: n})}})
		m := macData{Salt: []byte{1}, Iterations: n}
		m.Mac.Algorithm.Algorithm = oid(t, "1.3.14.3.2.26")
		errMAC := m.check(nil, "x")
		for _, err := range []error{errOld, errNew, errMAC} {
			if err == nil || !strings.Contains(err.Error(), "iterations, but Java and offsetctl do 1 to 5000000") {
				t.Errorf("%d iterations: %v", n, err)
			}
		}
	}
}

func TestTheKeyOfAMACIsNotShort(t *testing.T) {
	for size, want := range map[int]bool{0: false, 1: false, 19: false, 20: true, 64: true, 65: false} {
		kdf := pbkdf2Params{Salt: []byte{1}, Iterations: 1, KeyLength: size, PRF: pkix.AlgorithmIdentifier{Algorithm: oid(t, "1.2.840.113549.2.9")}}
		params := struct{ KDF, MAC pkix.AlgorithmIdentifier }{
			pkix.AlgorithmIdentifier{Algorithm: oid(t, "1.2.840.113549.1.5.12"), Parameters: asn1.RawValue{FullBytes: marshal(t, kdf)}},
			pkix.AlgorithmIdentifier{Algorithm: oid(t, "1.2.840.113549.2.9")},
		}
		if _, _, err := pbmac1Key(marshal(t, params), "x"); (err == nil) != want {
			t.Errorf("%d bytes: %v", size, err)
		}
	}
}

// A store is trusted as a whole only if it has no key. A key finds its certificate by its local key id, which of two
// certificates of one key knows the newer, or else by the public key.
func TestAKeyFindsItsCertificate(t *testing.T) {
	key := edKey(1)
	old, renewed, other := selfSigned(t, "old", key), selfSigned(t, "new", key), selfSigned(t, "other", edKey(2))
	for name, c := range map[string]struct {
		bags           []safeBag
		trusted, chain []string
	}{
		"no key":             {[]safeBag{certBag(t, old), certBag(t, other)}, []string{"CN=old", "CN=other"}, nil},
		"no key, one marked": {[]safeBag{certBag(t, old), certBag(t, other).with(t, oidJavaTrusted, oid(t, "2.5.29.37.0"))}, []string{"CN=other"}, nil},
		"no ids":             {[]safeBag{keyBag(t, key), certBag(t, other), certBag(t, old)}, nil, []string{"CN=old"}},
		"an id":              {[]safeBag{keyBag(t, key).withID(t, "1"), certBag(t, other), certBag(t, old).withID(t, "1")}, []string{"CN=old"}, []string{"CN=old"}},
		"an id of two":       {[]safeBag{keyBag(t, key).withID(t, "1"), certBag(t, old), certBag(t, renewed).withID(t, "1")}, []string{"CN=new"}, []string{"CN=new"}},
		"ids of both":        {[]safeBag{keyBag(t, key).withID(t, "2"), certBag(t, old).withID(t, "1"), certBag(t, renewed).withID(t, "2")}, []string{"CN=new"}, []string{"CN=new"}},
		"one id of two":      {[]safeBag{keyBag(t, key).withID(t, "1"), certBag(t, old).withID(t, "1"), certBag(t, renewed).withID(t, "1")}, []string{"CN=old"}, []string{"CN=old"}},
		"id of no other":     {[]safeBag{keyBag(t, key).withID(t, "1"), certBag(t, old).withID(t, "2")}, nil, []string{"CN=old"}},
	} {
		contents, err := Read(p12(t, macData{}, part(t, c.bags...)), "", "")
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if d := cmp.Diff(c.trusted, subjects(contents.Trusted)); d != "" {
			t.Errorf("%s: trusted (-want +got):\n%s", name, d)
		}
		for _, k := range contents.Keys {
			id, err := k.Identity("")
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			if d := cmp.Diff(c.chain, chain(t, id)); d != "" {
				t.Errorf("%s: chain (-want +got):\n%s", name, d)
			}
		}
	}
}

// An id is the word of who wrote the store: the key is not presented with the certificate of another.
func TestAnIDOfACertificateOfAnotherKey(t *testing.T) {
	c, err := Read(p12(t, macData{}, part(t, keyBag(t, edKey(1)).withID(t, "1"), certBag(t, selfSigned(t, "own", edKey(1))),
		certBag(t, selfSigned(t, "other", edKey(2))).withID(t, "1"))), "", "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Identities(""); err == nil || !strings.HasPrefix(err.Error(), `the private key does not belong to the certificate of "CN=other"`) {
		t.Errorf("got %v", err)
	}
}

func TestBCFKSIsRefusedByName(t *testing.T) {
	type sealed struct {
		Algorithm pkix.AlgorithmIdentifier
		Data      []byte
	}
	alg := pkix.AlgorithmIdentifier{Algorithm: oid(t, "1.2.840.113549.1.5.13")}
	data := marshal(t, struct{ Data, MAC sealed }{sealed{alg, []byte{1}}, sealed{alg, []byte{2}}})
	_, err := Read(data, "changeit", "JKS")
	if err == nil || !strings.HasPrefix(err.Error(), "type BCFKS is not read here: convert it with keytool") {
		t.Error(err)
	}
}
