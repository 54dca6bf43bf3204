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

func oid(t *testing.T, dotted string) asn1.ObjectIdentifier {
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

func marshal(t *testing.T, value any) []byte {
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

// A key that no id ties to its certificate finds it by the public key.
func TestAKeyFindsItsCertificate(t *testing.T) {
	var file pfx
	if err := unmarshalAll(read(t, "ec.plain.p12"), &file); err != nil {
		t.Fatal(err)
	}
	var safe []byte
	var infos []contentInfo
	if err := unmarshalAll(file.AuthSafe.Content.Bytes, &safe); err != nil {
		t.Fatal(err)
	}
	if err := unmarshalAll(safe, &infos); err != nil {
		t.Fatal(err)
	}
	var bags pkcs12Bags
	for _, info := range infos {
		plain, err := info.open("")
		if err != nil {
			t.Fatal(err)
		}
		if err := bags.add(plain); err != nil {
			t.Fatal(err)
		}
	}
	for _, b := range [][]safeBag{bags.keys, bags.certs} {
		for i := range b {
			b[i].Attributes = nil
		}
	}
	c, err := bags.contents()
	if err != nil || len(c.Keys) != 1 || c.Keys[0].Chain != nil {
		t.Fatalf("%d keys, %v", len(c.Keys), err)
	}
	id, err := c.Keys[0].Identity("")
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff("CN=client ec", id.Leaf.Subject.String()); d != "" {
		t.Error(d)
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
