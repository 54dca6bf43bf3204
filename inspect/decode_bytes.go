package inspect

import "encoding/binary"

// take gives the next n bytes; n has come from a length that is not negative.
func (w *walker) take(n int) ([]byte, *fault) {
	if n > w.end-w.pos {
		return nil, faultAt(w.pos, "%d bytes left, %d needed", w.end-w.pos, n)
	}
	b := w.in[w.pos : w.pos+n]
	w.pos += n
	return b, nil
}

func (w *walker) int8() (int64, *fault) {
	b, f := w.take(1)
	if f != nil {
		return 0, f
	}
	return int64(int8(b[0])), nil
}

func (w *walker) uint16() (uint16, *fault) {
	b, f := w.take(2)
	if f != nil {
		return 0, f
	}
	return binary.BigEndian.Uint16(b), nil
}

func (w *walker) int32() (int64, *fault) {
	b, f := w.take(4)
	if f != nil {
		return 0, f
	}
	return int64(int32(binary.BigEndian.Uint32(b))), nil
}

func (w *walker) int64() (int64, *fault) {
	b, f := w.take(8)
	if f != nil {
		return 0, f
	}
	return int64(binary.BigEndian.Uint64(b)), nil
}

// uvarint reads an unsigned varint of at most 32 bits, as Kafka's are. One longer than its number
// needs is refused: it would not survive a round trip.
func (w *walker) uvarint() (int64, *fault) {
	at, v := w.pos, int64(0)
	for shift := 0; shift < 35; shift += 7 {
		b, f := w.take(1)
		if f != nil {
			return 0, f
		}
		v |= int64(b[0]&0x7f) << shift
		if b[0] >= 0x80 {
			continue
		}
		if b[0] == 0 && shift > 0 {
			return 0, faultAt(at, "a varint longer than its number needs")
		}
		if v >= 1<<32 {
			break
		}
		return v, nil
	}
	return 0, faultAt(at, "a varint of more than 32 bits")
}

// length reads the length of a string, bytes or array; -1 is null, which the step must allow.
func (w *walker) length(s *step) (int, *fault) {
	at := w.pos
	n, f := w.rawLength(s)
	if f != nil {
		return 0, f
	}
	switch {
	case n == -1 && !s.nullable:
		return 0, faultAt(at, "null is not allowed")
	case n < -1:
		return 0, faultAt(at, "a length of %d", n)
	case n > int64(w.end-w.pos):
		// An element takes a byte at least, so this holds for arrays too.
		return 0, faultAt(w.pos, "%d bytes left, %d needed", w.end-w.pos, n)
	}
	return int(n), nil
}

func (w *walker) rawLength(s *step) (int64, *fault) {
	if s.flexible {
		n, f := w.uvarint()
		return n - 1, f
	}
	if s.kind == kindString {
		n, f := w.uint16()
		return int64(int16(n)), f
	}
	return w.int32()
}
