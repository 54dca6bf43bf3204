package keystore

import (
	"bytes"
	"hash"
	"unicode/utf16"
)

// utf16Bytes is a password as JKS and the old PKCS12 algorithms hash it.
func utf16Bytes(password string) []byte {
	var b []byte
	for _, u := range utf16.Encode([]rune(password)) {
		b = append(b, byte(u>>8), byte(u))
	}
	return b
}

// pkcs12Passwords are the forms of a password to try: with a zero at its end (RFC 7292, B.1), and for the empty
// password, which not every writer terminates, without.
func pkcs12Passwords(password string) [][]byte {
	forms := [][]byte{append(utf16Bytes(password), 0, 0)}
	if password == "" {
		forms = append(forms, nil)
	}
	return forms
}

// pkcs12Key derives a key (id 1), an initialisation vector (2) or the key of a MAC (3) as in RFC 7292, B.2.
func pkcs12Key(newHash func() hash.Hash, id byte, salt, password []byte, iterations, size int) []byte {
	h := newHash()
	v := h.BlockSize()
	diversifier := bytes.Repeat([]byte{id}, v)
	input := append(repeatTo(salt, v), repeatTo(password, v)...)
	var out []byte
	for {
		sum := digest(h, diversifier, input)
		for range iterations - 1 {
			sum = digest(h, sum)
		}
		if out = append(out, sum...); len(out) >= size {
			return out[:size]
		}
		b := repeatTo(sum, v)[:v]
		for block := range len(input) / v {
			addPlusOne(input[block*v:(block+1)*v], b)
		}
	}
}

func digest(h hash.Hash, parts ...[]byte) []byte {
	h.Reset()
	for _, p := range parts {
		h.Write(p)
	}
	return h.Sum(nil)
}

// repeatTo repeats a pattern until its length is a multiple of v; nothing stays nothing.
func repeatTo(pattern []byte, v int) []byte {
	if len(pattern) == 0 {
		return nil
	}
	size := (len(pattern) + v - 1) / v * v
	return bytes.Repeat(pattern, size/len(pattern)+1)[:size]
}

// addPlusOne is a += b + 1, both big-endian numbers of the same length, modulo that length.
func addPlusOne(a, b []byte) {
	carry := 1
	for i := len(a) - 1; i >= 0; i-- {
		carry += int(a[i]) + int(b[i])
		a[i] = byte(carry)
		carry >>= 8
	}
}
