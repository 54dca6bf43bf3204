package keystore

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/rsa"
	"encoding/asn1"
	"encoding/base64"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const passphrase = "test-passphrase"

func keyFile(name string) string { return filepath.Join("testdata", "keys", name) }

func readKey(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(keyFile(name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// All the ways in which one and the same key may be kept.
func TestSigningKeyFormats(t *testing.T) {
	plain := readKey(t, "rsa.pem")
	block, _ := pem.Decode(plain)
	bare := base64.StdEncoding.EncodeToString
	opened, err := OpenKey(plain, passphrase)
	if err != nil {
		t.Fatal(err)
	}
	want := opened.Public().(*rsa.PublicKey)
	for name, data := range map[string][]byte{
		"encrypted":      readKey(t, "rsa-encrypted.pem"),
		"encrypted, DER": readKey(t, "rsa-encrypted.der"),
		"traditional":    readKey(t, "rsa-traditional.pem"),
		"bare":           []byte(bare(block.Bytes[:600]) + "\r\n" + bare(block.Bytes[600:])),
		"DER":            block.Bytes,
		"bare encrypted": []byte(bare(readKey(t, "rsa-encrypted.der"))),
	} {
		if key, err := OpenKey(data, passphrase); err != nil || !want.Equal(key.Public()) {
			t.Errorf("%s: not the same key: %v", name, err)
		}
	}
	if opened, err = OpenKey(readKey(t, "ec.pem"), ""); err != nil {
		t.Fatal(err)
	}
	traditional := readKey(t, "ec-traditional.pem")
	for name, data := range map[string][]byte{
		"traditional":      traditional,
		"after parameters": append([]byte("-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"), traditional...),
	} {
		if key, err := OpenKey(data, ""); err != nil || !opened.Public().(*ecdsa.PublicKey).Equal(key.Public()) {
			t.Errorf("EC, %s: not the same key: %v", name, err)
		}
	}
}

func TestWhatIsNoKey(t *testing.T) {
	for data, want := range map[string]string{
		"text": "it is not a PKCS#8 private key",
		"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n":   `it has "CERTIFICATE" where a private key should be`,
		"-----BEGIN \x1b[1mODD\xff -----AAAA-----END \x1b[1mODD\xff -----": `it has " [1mODD�" where a private key should be`,
	} {
		if _, err := OpenKey([]byte(data), ""); err == nil || err.Error() != want {
			t.Errorf("%q: got %v, want %s", data, err, want)
		}
	}
}

func TestEncryptedKeyThatIsCut(t *testing.T) {
	data := readKey(t, "rsa-encrypted.der")
	var info struct {
		Algorithm asn1.RawValue
		Data      []byte
	}
	if _, err := asn1.Unmarshal(data, &info); err != nil {
		t.Fatal(err)
	}
	info.Data = info.Data[:len(info.Data)-1]
	data, err := asn1.Marshal(info)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := OpenKey(data, passphrase); err == nil || err.Error() != "the encrypted data is damaged" {
		t.Errorf("got %v", err)
	}
}

// FuzzSigningKey holds that no bytes make the opening of a key panic, and that the passphrase is in no error.
func FuzzSigningKey(f *testing.F) {
	names, _ := filepath.Glob(keyFile("*"))
	if len(names) < 7 {
		f.Fatal("no keys to begin with")
	}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data, passphrase)
		f.Add(data, "")
	}
	f.Fuzz(func(t *testing.T, data []byte, password string) {
		key, err := OpenKey(data, password)
		if err == nil && key == nil {
			t.Error("neither key nor error")
		}
		if err != nil && len(password) > 7 && !bytes.Contains(data, []byte(password)) && strings.Contains(err.Error(), password) {
			t.Errorf("the passphrase is in %q", err)
		}
	})
}

func TestHoldsKey(t *testing.T) {
	der, _ := pem.Decode(readKey(t, "rsa.pem"))
	sealed, _ := pem.Decode(readKey(t, "rsa-encrypted.pem"))
	if !HoldsKey(der.Bytes) || !HoldsKey([]byte(base64.StdEncoding.EncodeToString(der.Bytes))) || HoldsKey(sealed.Bytes) || HoldsKey(nil) {
		t.Error("of keys without armour one that is encrypted holds none, and others do")
	}
	for name, want := range map[string]bool{
		"ec.all.pem": true, "ec.key": true, "ec.sec1.key": true, "rsa.pkcs1.key": true, "ed25519.key": true,
		"ec.enc.key": false, "ec.old.key": false, "ec.des3.key": false, "ca.pem": false, "ca.der": false, "ec.p12": false, "two.jks": false,
	} {
		data, err := os.ReadFile(filepath.Join("testdata", "stores", name))
		if err != nil {
			t.Fatal(err)
		}
		if got := HoldsKey(data); got != want {
			t.Errorf("%s: %t, want %t", name, got, want)
		}
	}
}
