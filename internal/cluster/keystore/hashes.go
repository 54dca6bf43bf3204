package keystore

import (
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"hash"
)

// hashes are what is read, under two names each that never stand for one another: the hash's own, which the MAC of RFC 7292
// has, and that of its HMAC (hmacWithSHA1 to hmacWithSHA512), which RFC 8018 has.
var hashes = []struct {
	own, ofHMAC string
	make        func() hash.Hash
}{
	{"1.3.14.3.2.26", "1.2.840.113549.2.7", sha1.New},
	{"2.16.840.1.101.3.4.2.4", "1.2.840.113549.2.8", sha256.New224},
	{"2.16.840.1.101.3.4.2.1", "1.2.840.113549.2.9", sha256.New},
	{"2.16.840.1.101.3.4.2.2", "1.2.840.113549.2.10", sha512.New384},
	{"2.16.840.1.101.3.4.2.3", "1.2.840.113549.2.11", sha512.New},
}

func macHash(oid string) (func() hash.Hash, error) {
	for _, h := range hashes {
		if h.own == oid {
			return h.make, nil
		}
	}
	return nil, unread{"its MAC has", oid}
}

func hmacHash(oid string) (func() hash.Hash, error) {
	for _, h := range hashes {
		if h.ofHMAC == oid {
			return h.make, nil
		}
	}
	return nil, unread{"it has an HMAC of", oid}
}
