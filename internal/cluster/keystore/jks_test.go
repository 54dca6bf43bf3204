package keystore

import (
	"bytes"
	"encoding/binary"
	"encoding/pem"
	"errors"
	"testing"
)

// jksKeyEntry is a JKS with one key entry, of a chain of certificates, and a sum that is checked by nobody.
func jksKeyEntry(chain ...[]byte) []byte {
	var b bytes.Buffer
	put := func(v any) { _ = binary.Write(&b, binary.BigEndian, v) }
	text := func(s string) { put(uint16(len(s))); b.WriteString(s) }
	put([]uint32{jksMagic, 2, 1, jksPrivateKey})
	text("odd")
	put(uint64(0))
	put(uint32(0)) // no key
	put(uint32(len(chain)))
	for _, der := range chain {
		text("X.509")
		put(uint32(len(der)))
		b.Write(der)
	}
	b.Write(make([]byte, 20))
	return b.Bytes()
}

// An entry whose certificate Go does not take harms no other, and makes none of its issuers trusted.
func TestAKeyEntryWithACertificateThatGoDoesNotTake(t *testing.T) {
	der := func(name string) []byte {
		b, _ := pem.Decode(read(t, name))
		return b.Bytes
	}
	c, err := readJKS(jksKeyEntry(der("negative.pem"), der("ca.pem")), "")
	if err != nil || len(c.Trusted) != 0 || len(c.Keys) != 1 || c.Skipped == nil {
		t.Fatalf("got %d trusted, %d keys, skipped %v, %v", len(c.Trusted), len(c.Keys), c.Skipped, err)
	}
	var unusable unusableKey
	if _, err := c.Keys[0].Identity("x"); !errors.As(err, &unusable) {
		t.Errorf("got %v", err)
	}
	if _, err := readJKS(jksKeyEntry(der("negative.pem")[:50]), ""); err == nil || err.Error() != `entry "odd": its certificate is damaged: x509: malformed certificate` {
		t.Errorf("damaged: got %v", err)
	}
}
