package inspect

import (
	"bytes"
	"encoding/binary"
	"io"
	"math/bits"
)

// Kafka's clients before message format 1 computed the checksum in an LZ4 frame's header over the frame's
// magic too (KAFKA-3160), and readers are right to refuse that. The message's own CRC covers the frame,
// so nothing is lost by putting the right one there.

// lz4Repaired reads src, a frame of a message of magic 0 or 1, with the right checksum in its header.
func lz4Repaired(src []byte) io.Reader {
	const magic = 4 // bytes
	size := lz4Descriptor(src)
	if size == 0 {
		return bytes.NewReader(src)
	}
	header := bytes.Clone(src[:magic+size+1])
	header[magic+size] = byte(xxh32Short(header[magic:magic+size]) >> 8)
	return io.MultiReader(bytes.NewReader(header), bytes.NewReader(src[len(header):]))
}

// lz4Descriptor is the size of the part of a frame's header that the checksum after it is of; 0 where
// src has none.
func lz4Descriptor(src []byte) int {
	if len(src) < 7 || binary.LittleEndian.Uint32(src) != 0x184D2204 {
		return 0
	}
	size := 2 // flags and block size
	if src[4]&8 != 0 {
		size += 8 // content size
	}
	if src[4]&1 != 0 {
		size += 4 // dictionary
	}
	if len(src) < 4+size+1 {
		return 0
	}
	return size
}

// xxh32Short is XXH32 with seed 0 of less than 16 bytes.
func xxh32Short(b []byte) uint32 {
	const prime1, prime2, prime3, prime4, prime5 = 2654435761, 2246822519, 3266489917, 668265263, 374761393
	h := uint32(prime5) + uint32(len(b))
	for ; len(b) >= 4; b = b[4:] {
		h = bits.RotateLeft32(h+binary.LittleEndian.Uint32(b)*prime3, 17) * prime4
	}
	for _, c := range b {
		h = bits.RotateLeft32(h+uint32(c)*prime5, 11) * prime1
	}
	h = (h ^ h>>15) * prime2
	h = (h ^ h>>13) * prime3
	return h ^ h>>16
}
