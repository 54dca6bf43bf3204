package inspect

import (
	"encoding/binary"
	"hash/crc32"
	"math"
)

// A record may hold whole batches, as the metadata of a commit that anybody can write: their CRCs hold, but they are
// not the log's. Two things tell the log's batches from them. The CRC of a batch does not cover its length, magic and
// offset: where these are wrong, it still says where the batch ends. And behind the log's batches the log goes on or
// ends, while behind those in a record the rest of the record comes. Where the file ends with such batches, and with it
// one around them that is cut, nothing tells: it is cut inside a record, or damaged in its length and elsewhere too.
// They are not read, and that is damage.

// chainEnough is how far batches follow one another that are in no record: brokers refuse a batch of more than 1 MiB,
// unless they are told otherwise.
const chainEnough = 2 << 20

// enclosing is what a search began at, which may be a batch whose end is not known.
type enclosing struct {
	crc    uint32 // as it says
	table  *crc32.Table
	sum    uint32 // of what is before summed
	summed int64  // counted from its beginning
	cut    bool   // its header is a batch's, and the file ends before it does
}

// newEnclosing is that of what b begins with, which may be a message of magic 0 or 1 if it says so and old.
func newEnclosing(b []byte, old, cut bool) enclosing {
	switch {
	case len(b) < batchHeaderBytes:
		return enclosing{}
	case old && b[batchMagicAt] < 2:
		return enclosing{crc: binary.BigEndian.Uint32(b[12:]), table: crc32.IEEETable, summed: batchMagicAt, cut: cut}
	}
	return enclosing{crc: binary.BigEndian.Uint32(b[17:]), table: castagnoli, summed: 21, cut: cut}
}

// add sums up to a place that is counted from the beginning.
func (e *enclosing) add(f *searched, to int64) {
	if e.summed > 0 && to > e.summed {
		e.sum = crc32.Update(e.sum, e.table, f.bytes[e.summed-f.dropped:to-f.dropped])
		e.summed = to
	}
}

// ends reports whether its CRC says that it ends where the search is.
func (e *enclosing) ends(f *searched) bool {
	at := f.dropped + int64(f.at)
	e.add(f, at)
	return at >= batchOverhead+messageMinV0 && e.summed == at && e.sum == e.crc
}

// ofLog reports whether the batch where the search is, whose CRC holds, is the log's and in no record. If not, end is
// where those that follow it end.
func (s *segmentReader) ofLog(f *searched, size int) (yes bool, end int) {
	if f.around.ends(f) {
		return true, 0
	}
	chain := segmentReader{limit: s.limit, batches: 1}
	for at := f.at; ; {
		batch, _ := NextBatch(f.bytes[at:])
		chain.last, chain.old = batch.LastOffset, batch.Magic < 2
		at += size
		if at-f.at > min(chainEnough, s.limit) {
			return true, at
		}
		f.bytes = s.fill(f.bytes, at+batchHeaderBytes)
		size = chain.plausible(f.bytes[at:])
		if size == 0 {
			return s.breaks(f, at, &chain), at
		}
		f.bytes = s.fill(f.bytes, at+size)
		next, err := NextBatch(f.bytes[at:])
		if err != nil || !s.holds(f, &next) { // cut, or damaged
			return !f.around.cut, at
		}
	}
}

// breaks reports whether what comes behind a chain of batches, which is none, is the end of the file or a damaged batch
// rather than the rest of a record.
func (s *segmentReader) breaks(f *searched, at int, chain *segmentReader) bool {
	after := f.bytes[at:]
	switch {
	case len(after) == 0:
		f.unsure = f.around.cut
		return !f.unsure
	case len(after) >= batchOverhead && zeros(after[:min(len(after), batchHeaderBytes)]):
		f.bytes = s.fill(f.bytes, at+min(chainEnough, s.limit))
		return zeros(f.bytes[at:])
	case f.around.cut:
		return false
	case len(after) < 8:
		return true
	}
	return chain.resembles(after)
}

// holds takes the CRC of a batch in a chain, of as many bytes as affords allows; those beyond are believed.
func (s *segmentReader) holds(f *searched, b *Batch) bool {
	if !affords(s.chained, len(b.Bytes), s.position+f.dropped+int64(f.at)) {
		return true
	}
	s.chained += int64(len(b.Bytes))
	return b.crcHolds()
}

// resembles reports whether b begins with the header of the next batch, of which one field may be damaged.
func (s *segmentReader) resembles(b []byte) bool {
	if len(b) < batchHeaderBytes {
		offset := int64(binary.BigEndian.Uint64(b))
		return offset > s.last && offset-s.last <= math.MaxInt32
	}
	offset, length := int64(binary.BigEndian.Uint64(b)), int64(int32(binary.BigEndian.Uint32(b[8:])))
	delta, records := int32(binary.BigEndian.Uint32(b[23:])), int32(binary.BigEndian.Uint32(b[57:]))
	wrong := 0
	for _, fits := range []bool{
		offset > s.last && offset-s.last <= math.MaxInt32,
		length >= batchHeaderBytes-batchOverhead && length+batchOverhead <= int64(s.limit),
		b[batchMagicAt] == 2,
		binary.BigEndian.Uint16(b[21:]) < 1<<7,
		delta >= 0 && records >= 0 && int64(records) <= int64(delta)+1,
	} {
		if !fits {
			wrong++
		}
	}
	return wrong <= 1
}
