package keystore

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// FuzzStore holds that no bytes make the reading of a store panic, and that what is read fits together.
func FuzzStore(f *testing.F) {
	files, err := filepath.Glob(fixture("*"))
	if err != nil || len(files) < 20 {
		f.Fatalf("%d fixtures, %v", len(files), err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data, "changeit")
		f.Add(data, "")
	}
	short := pbes2(f, 1, make([]byte, 8))
	for _, data := range [][]byte{
		withSum(jksBody(2, jksEntry{jksSealed(f, 30), [][]byte{derOf(f, "ec.pem")}}), "changeit"),
		p12(f, macData{}, sealedPart(f, short)),
		p12(f, macData{}, part(f, sealedKeyBag(f, short))),
		armour("ENCRYPTED PRIVATE KEY", marshal(f, encryptedKey{short, make([]byte, 32)})),
		append(armour("CERTIFICATE", derOf(f, "ec.pem")), armour("TRUSTED CERTIFICATE", append(derOf(f, "ca.pem"), "\x30\x02\xa0\x00"...))...),
	} {
		f.Add(data, "changeit")
	}
	f.Fuzz(func(t *testing.T, data []byte, password string) {
		c, err := Read(data, password, "")
		if err != nil {
			if len(password) > 7 && strings.Contains(err.Error(), password) {
				t.Errorf("the password is in %q", err)
			}
			return
		}
		for _, k := range c.Keys {
			id, err := k.Identity(password)
			if err == nil && len(id.Certificate) == 0 {
				t.Error("a key without a certificate")
			}
			if err == nil && id.Leaf == nil {
				t.Error("no leaf")
			}
		}
	})
}
