package keystore

import (
	"encoding/binary"
	"encoding/hex"
	"math/bits"
)

// RC2 (RFC 2268) is what every PKCS12 file encrypted its certificates with until OpenSSL 3.0 and Java 8u301: stores of
// those days are still around, and no package of Go's own has it. It is here for decrypting only.
const rc2BlockSize = 8

// rc2PiTable is PITABLE of RFC 2268, section 2, digits of pi.
const rc2PiTable = "" +
	"d978f9c419ddb5ed28e9fd794aa0d89dc67e37832b76538e624c6488448bfba2179a59f587b34f1361456d8d09817d32" +
	"bd8f40eb86b77b0bf09521225c6b4e8254d66593ce60b21c7356c014a78cf1dc1275ca1f3bbee4d1423dd430a33cb626" +
	"6fbf0eda4669075727f21d9bbc944303f811c7f690ef3ee706c3d52fc8661ed708e8eade8052eef784aa72ac354d6a2a" +
	"961ad2715a1549744b9fd05e0418a4ecc2e0416e0f51cbcc2491af50a1f47039997c3a8523b8b47afc02365b25559731" +
	"2d5dfa98e38a92ae05df2910676cbac9d300e6cfe19ea82c6316013f58e289a90d38341bab33ffb0bb480c5fb9b1cd2e" +
	"c5f3db47e5a59c770aa62068fe7fc1ad"

// expandRC2 is the key expansion of RFC 2268, section 2, with as many effective bits as the key has.
func expandRC2(key []byte) [64]uint16 {
	pi, _ := hex.DecodeString(rc2PiTable)
	var l [128]byte
	n := copy(l[:], key)
	for i := n; i < len(l); i++ {
		l[i] = pi[l[i-1]+l[i-n]]
	}
	l[len(l)-n] = pi[l[len(l)-n]]
	for i := len(l) - n - 1; i >= 0; i-- {
		l[i] = pi[l[i+1]^l[i+n]]
	}
	var k [64]uint16
	for i := range k {
		k[i] = binary.LittleEndian.Uint16(l[2*i:])
	}
	return k
}

// decryptRC2 decrypts whole blocks in CBC mode.
func decryptRC2(key, iv, data []byte) []byte {
	k := expandRC2(key)
	plain := make([]byte, len(data))
	before := iv
	for at := 0; at < len(data); at += rc2BlockSize {
		sealed := data[at : at+rc2BlockSize]
		out := plain[at : at+rc2BlockSize]
		decryptRC2Block(&k, out, sealed)
		for i := range out {
			out[i] ^= before[i]
		}
		before = sealed
	}
	return plain
}

// decryptRC2Block is RFC 2268, section 4.3: mixing rounds backwards, with a mashing round after the fifth and eleventh.
func decryptRC2Block(k *[64]uint16, out, sealed []byte) {
	var r [4]uint16
	for i := range r {
		r[i] = binary.LittleEndian.Uint16(sealed[2*i:])
	}
	rotation := [4]int{1, 2, 3, 5}
	for round := 15; round >= 0; round-- {
		for i := 3; i >= 0; i-- {
			r[i] = bits.RotateLeft16(r[i], -rotation[i])
			r[i] -= k[4*round+i] + r[(i+3)%4]&r[(i+2)%4] + ^r[(i+3)%4]&r[(i+1)%4]
		}
		if round == 11 || round == 5 {
			for i := 3; i >= 0; i-- {
				r[i] -= k[r[(i+3)%4]&63]
			}
		}
	}
	for i := range r {
		binary.LittleEndian.PutUint16(out[2*i:], r[i])
	}
}
