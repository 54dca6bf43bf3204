package keystore

import (
	"encoding/pem"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func derOf(t testing.TB, name string) []byte {
	t.Helper()
	b, _ := pem.Decode(read(t, name))
	if b == nil {
		t.Fatalf("%s is not PEM", name)
	}
	return b.Bytes
}

// An entry whose certificate Go does not take harms no other, and makes none of its issuers trusted.
func TestAKeyEntryWithACertificateThatGoDoesNotTake(t *testing.T) {
	store := func(chain ...[]byte) []byte { return withSum(jksBody(2, jksEntry{[]byte{}, chain}), "") }
	c, err := readJKS(store(derOf(t, "negative.pem"), derOf(t, "ca.pem")), "")
	if err != nil || len(c.Trusted) != 0 || len(c.Keys) != 1 || c.Skipped == nil {
		t.Fatalf("got %d trusted, %d keys, skipped %v, %v", len(c.Trusted), len(c.Keys), c.Skipped, err)
	}
	var unusable unusableKey
	if _, err := c.Keys[0].Identity("x"); !errors.As(err, &unusable) {
		t.Errorf("got %v", err)
	}
	if _, err := readJKS(store(derOf(t, "negative.pem")[:50]), ""); err == nil || err.Error() != `entry "odd": its certificate is damaged: x509: malformed certificate` {
		t.Errorf("damaged: got %v", err)
	}
}

func TestVersionsOfJKS(t *testing.T) {
	entries := []jksEntry{{certs: [][]byte{derOf(t, "ca.pem")}}, {[]byte{}, [][]byte{derOf(t, "ec.pem"), derOf(t, "ca.pem")}}}
	for version, want := range map[uint32]error{0: errJKSDamaged, 1: nil, 2: nil, 3: errJKSDamaged} {
		c, err := readJKS(withSum(jksBody(version, entries...), "changeit"), "changeit")
		if err != want {
			t.Errorf("version %d: got %v, want %v", version, err, want)
		}
		if err != nil {
			continue
		}
		if d := cmp.Diff([]string{authority, "CN=client ec"}, subjects(c.Trusted)); d != "" || len(c.Keys) != 1 || len(c.Keys[0].Chain) != 2 {
			t.Errorf("version %d: %d keys, trusted (-want +got):\n%s", version, len(c.Keys), d)
		}
	}
}

// What is cut anywhere, or goes on behind its last entry, is not a store, even where its sum is right.
func TestAJKSHasItsLength(t *testing.T) {
	empty, one := jksBody(2), jksBody(2, jksEntry{certs: [][]byte{derOf(t, "ca.pem")}})
	for name, c := range map[string]struct {
		whole []byte
		more  string
	}{
		"empty":                {whole: empty},
		"one entry":            {whole: one},
		"empty, and a byte":    {whole: empty, more: "\x00"},
		"one entry and a byte": {whole: one, more: "\x00"},
	} {
		body := append(c.whole[:len(c.whole):len(c.whole)], c.more...)
		for size := 4; size <= len(body); size++ {
			_, err := readJKS(withSum(body[:size], "x"), "x")
			if want := size == len(c.whole); (err == nil) != want || err != nil && err != errJKSDamaged {
				t.Errorf("%s, %d bytes of %d: %v", name, size, len(body), err)
			}
		}
	}
	for size := 4; size < 20+12; size++ {
		for _, password := range []string{"", "x"} {
			if _, err := readJKS(append(empty[:4:4], make([]byte, size-4)...), password); err != errJKSDamaged {
				t.Errorf("%d bytes in all, password %q: %v", size, password, err)
			}
		}
	}
}

// A key has a salt before it and a sum behind it, 20 bytes each, of which a damaged one has not all.
func TestAKeyOfAJKSHasItsLength(t *testing.T) {
	for size, want := range map[int]error{0: errJKSDamaged, 19: errJKSDamaged, 20: errJKSDamaged, 30: errJKSDamaged, 39: errJKSDamaged, 40: ErrWrongPassword} {
		if _, err := openJKSKey(jksSealed(t, size), "changeit"); err != want {
			t.Errorf("%d bytes: got %v, want %v", size, err, want)
		}
	}
}
