package keystore

import (
	"crypto/x509/pkix"
	"errors"
	"slices"
	"strings"
	"testing"
)

// What the parts of a store say that they take is summed up before any of it is done, and that of its keys before any is
// opened, whatever the password.
func TestTheIterationsOfAStoreHaveALimit(t *testing.T) {
	mac := func(n int) (m macData) {
		m.Mac.Algorithm.Algorithm, m.Mac.Digest, m.Salt, m.Iterations = oid(t, "2.16.840.1.101.3.4.2.1"), []byte{1}, []byte{1}, n
		return m
	}
	newMAC := func(n int) (m macData) {
		m.Mac.Algorithm = algorithm(t, "1.2.840.113549.1.5.14", struct{ KDF, MAC pkix.AlgorithmIdentifier }{
			algorithm(t, "1.2.840.113549.1.5.12", pbkdf2Params{Salt: []byte{1}, Iterations: n, KeyLength: 32, PRF: pkix.AlgorithmIdentifier{Algorithm: oid(t, "1.2.840.113549.2.9")}}),
			pkix.AlgorithmIdentifier{Algorithm: oid(t, "1.2.840.113549.2.9")},
		})
		m.Mac.Digest, m.Salt = []byte{1}, []byte{1}
		return m
	}
	aes := func(n int) pkix.AlgorithmIdentifier { return pbes2(t, n, make([]byte, 16)) }
	des := func(n int) pkix.AlgorithmIdentifier {
		return algorithm(t, "1.2.840.113549.1.12.1.3", pbe1Params{[]byte("saltsalt"), n})
	}
	keys := func(alg pkix.AlgorithmIdentifier, n int) contentInfo {
		return part(t, slices.Repeat([]safeBag{sealedKeyBag(t, alg)}, n)...)
	}
	parts := func(alg pkix.AlgorithmIdentifier, n int) []contentInfo {
		return slices.Repeat([]contentInfo{sealedPart(t, alg)}, n)
	}
	const most, over = maxIterations, "its MAC, parts and keys take more than 20000000 iterations together"
	for name, c := range map[string]struct {
		store []byte
		want  string // the error
	}{
		"a dozen keys, Java 17":        {p12(t, mac(10_000), keys(aes(10_000), 12)), ""},
		"a dozen keys, Java 8":         {p12(t, mac(100_000), keys(des(50_000), 12)), ""},
		"four keys, the most":          {p12(t, macData{}, keys(aes(most), 4)), ""},
		"four keys, the most, and one": {p12(t, macData{}, keys(aes(most), 4), keys(aes(1), 1)), over},
		"five keys, 3DES":              {p12(t, macData{}, keys(des(most), 5)), over},
		"keys in a part each":          {p12(t, macData{}, keys(aes(most), 2), keys(aes(most), 2), keys(des(1), 1)), over},
		"many keys":                    {p12(t, macData{}, keys(aes(20_000), 1001)), over},
		"a MAC and keys":               {p12(t, mac(most), keys(aes(most), 4)), over},
		"a new MAC and keys":           {p12(t, newMAC(most), keys(aes(most), 4)), over},
		"parts, AES":                   {p12(t, macData{}, parts(aes(most), 5)...), over},
		"parts, 3DES":                  {p12(t, macData{}, parts(des(most), 5)...), over},
		"five parts":                   {p12(t, macData{}, slices.Concat(parts(aes(1), 1), parts(aes(most), 4))...), over},
		// Of these none is ever done, so that they count for nothing and make nothing less.
		"too many for a key":   {p12(t, macData{}, keys(aes(most+1), 5)), ""},
		"none at all":          {p12(t, macData{}, keys(aes(0), 5), keys(des(-1), 5)), ""},
		"too many, 3DES":       {p12(t, macData{}, keys(des(most+1), 5)), ""},
		"less than none, 3DES": {p12(t, macData{}, keys(des(-most), 5), keys(aes(most), 5)), over},
		"less than none":       {p12(t, macData{}, keys(aes(-most), 5), keys(aes(most), 5)), over},
		"a MAC of less":        {p12(t, mac(-most), keys(aes(most), 5)), over},
		"a key that is no key": {p12(t, macData{}, part(t, safeBag{ID: oid(t, oidSealedKeyBag), Value: explicit([]byte{4, 0})})), ""},
	} {
		_, err := Read(c.store, "", "")
		if (err == nil) != (c.want == "") || err != nil && !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
}

// The sum is not used up: who opens the keys twice has them twice.
func TestKeysCanBeOpenedAgain(t *testing.T) {
	c, err := Read(read(t, "two.p12"), "changeit", "")
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if ids, err := c.Identities("changeit"); err != nil || len(ids) != 2 {
			t.Fatalf("%d, %v", len(ids), err)
		}
	}
}

// A hash has a name of its own and one of its HMAC, of which only one is right in a place.
func TestNamesOfHashes(t *testing.T) {
	for plain, ofHMAC := range map[string]string{
		"1.3.14.3.2.26":          "1.2.840.113549.2.7",
		"2.16.840.1.101.3.4.2.4": "1.2.840.113549.2.8",
		"2.16.840.1.101.3.4.2.1": "1.2.840.113549.2.9",
		"2.16.840.1.101.3.4.2.2": "1.2.840.113549.2.10",
		"2.16.840.1.101.3.4.2.3": "1.2.840.113549.2.11",
	} {
		mac, err := macHash(plain)
		hmac, errHMAC := hmacHash(ofHMAC)
		if err != nil || errHMAC != nil {
			t.Errorf("%s: %v, %v", plain, err, errHMAC)
			continue
		}
		if a, b := mac().Size(), hmac().Size(); a != b {
			t.Errorf("%s has %d bytes, and %s has %d", plain, a, ofHMAC, b)
		}
		var u unread
		if _, err := macHash(ofHMAC); !errors.As(err, &u) {
			t.Errorf("the MAC has %s: %v", ofHMAC, err)
		}
		if _, err := hmacHash(plain); !errors.As(err, &u) {
			t.Errorf("the HMAC has %s: %v", plain, err)
		}
	}
	for _, none := range []string{"", "7", "1.2.840.113549.2.5", "1.2.840.113549.2.12"} {
		if _, err := macHash(none); err == nil {
			t.Errorf("%q is the hash of a MAC", none)
		}
		if _, err := hmacHash(none); err == nil {
			t.Errorf("%q is the hash of an HMAC", none)
		}
	}
}
