package keystore

import (
	"bytes"
	"crypto/sha1"
	"crypto/subtle"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/binary"
	"errors"
	"fmt"
)

// JKS is Java's own format up to Java 8 (sun.security.provider.JavaKeyStore): a magic number, a version, entries, and the
// SHA-1 of password and all that. Numbers are big-endian. JCEKS is its sibling for secret keys.
const (
	jksMagic   = 0xfeedfeed
	jceksMagic = 0xcececece

	jksPrivateKey, jksTrusted = 1, 2 // tags of entries
)

var errJKSDamaged = errors.New("it is damaged: fetch it again, or make it anew")

func hasMagic(data []byte, magic uint32) bool {
	return len(data) >= 4 && binary.BigEndian.Uint32(data) == magic
}

// readJKS reads a store. Without a password it is not checked to be whole, as in Java, whose truststores seldom have one.
func readJKS(data []byte, password string) (Contents, error) {
	body := len(data) - sha1.Size
	if body < 12 {
		return Contents{}, errJKSDamaged
	}
	if password != "" {
		sum := digest(sha1.New(), utf16Bytes(password), []byte("Mighty Aphrodite"), data[:body])
		if subtle.ConstantTimeCompare(sum, data[body:]) == 0 {
			return Contents{}, ErrWrongPassword
		}
	}
	r := &jksReader{data: data[4:body]}
	if r.version = r.uint32(); r.version != 1 && r.version != 2 {
		return Contents{}, errJKSDamaged
	}
	var c Contents
	for range r.uint32() {
		if err := r.entry(&c); err != nil {
			return Contents{}, err
		}
	}
	if len(r.data) > 0 {
		return Contents{}, errJKSDamaged
	}
	return c, nil
}

// jksReader takes values from the front of data. Behind the end everything is zero, and short is set.
type jksReader struct {
	data    []byte
	version uint32
	short   bool
}

func (r *jksReader) bytes(n uint32) []byte {
	if uint64(n) > uint64(len(r.data)) {
		r.data, r.short = nil, true
		return nil
	}
	b := r.data[:n]
	r.data = r.data[n:]
	return b
}

func (r *jksReader) uint32() uint32 {
	if b := r.bytes(4); b != nil {
		return binary.BigEndian.Uint32(b)
	}
	return 0
}

func (r *jksReader) string() string {
	if b := r.bytes(2); b != nil {
		return string(r.bytes(uint32(binary.BigEndian.Uint16(b))))
	}
	return ""
}

// certificate is the DER of one. Version 1 has no type before it.
func (r *jksReader) certificate() []byte {
	if r.version == 2 {
		_ = r.string()
	}
	return r.bytes(r.uint32())
}

func (r *jksReader) entry(c *Contents) error {
	tag, alias := r.uint32(), r.string()
	_ = r.bytes(8) // when it was made
	switch {
	case r.short:
		return errJKSDamaged
	case tag == jksTrusted:
		der := r.certificate()
		if r.short {
			return errJKSDamaged
		}
		return c.parseTrusted(der)
	case tag == jksPrivateKey:
		return r.privateKey(alias, c)
	}
	return errJKSDamaged
}

// privateKey reads a key with its chain, whose first certificate is trusted if the store is used as a truststore
// (sun.security.validator.TrustStoreUtil).
func (r *jksReader) privateKey(alias string, c *Contents) error {
	sealed := r.bytes(r.uint32())
	k := Key{alias: alias, open: func(password string) (any, error) { return openJKSKey(sealed, password) }}
	for i := range r.uint32() {
		der := r.certificate()
		if r.short {
			return errJKSDamaged
		}
		cert, err := x509.ParseCertificate(der)
		switch {
		case err == nil:
			k.Chain = append(k.Chain, cert)
			if i == 0 {
				c.Trusted = append(c.Trusted, cert)
			}
		case wholeDER(der):
			c.Skipped = err
			k.open = func(string) (any, error) {
				return nil, unusableKey{fmt.Errorf("its certificate is not one that Go can use: %w: %s", err, otherKey)}
			}
		default:
			return k.named(fmt.Errorf("its certificate is damaged: %w", err))
		}
	}
	if r.short {
		return errJKSDamaged
	}
	c.Keys = append(c.Keys, k)
	return nil
}

// openJKSKey decrypts a key: salt, key xor a stream of SHA-1 sums, sum (sun.security.provider.KeyProtector).
func openJKSKey(sealed []byte, password string) (any, error) {
	var info struct {
		Algorithm pkix.AlgorithmIdentifier
		Data      []byte
	}
	if err := unmarshalAll(sealed, &info); err != nil {
		return nil, err
	}
	if info.Algorithm.Algorithm.String() != "1.3.6.1.4.1.42.2.17.1.1" || len(info.Data) < 2*sha1.Size {
		return nil, errJKSDamaged
	}
	if password == "" {
		return nil, ErrNoPassword
	}
	h, pw := sha1.New(), utf16Bytes(password)
	stream := info.Data[:sha1.Size]
	key := bytes.Clone(info.Data[sha1.Size : len(info.Data)-sha1.Size])
	for at := range key {
		if at%sha1.Size == 0 {
			stream = digest(h, pw, stream)
		}
		key[at] ^= stream[at%sha1.Size]
	}
	if subtle.ConstantTimeCompare(digest(h, pw, key), info.Data[len(info.Data)-sha1.Size:]) == 0 {
		return nil, ErrWrongPassword
	}
	return parsePKCS8(key)
}
