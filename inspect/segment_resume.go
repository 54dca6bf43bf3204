package inspect

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
)

// Behind what is no batch any byte may be the first of the next one, whose CRC proves it. To try them all would take
// time by the square of the size: the CRC is tried only where a header could be one, and of no more bytes than a
// few times those of the file.

const (
	// segmentSearch is how much of a file that begins with no batch is searched for one: it is likely no segment.
	segmentSearch = 16 << 20

	searchRead     = 1 << 20
	searchReadLess = 4 << 10 // at first: mostly the next batch is near
)

// affords reports whether so many bytes more may be looked at, which may be for nothing, of a file read up to a position.
func affords(spent int64, n int, position int64) bool {
	return spent+int64(n) <= segmentBatchLimit+4*position
}

// resume goes on where b begins with no batch, or one that is in doubt: with that, if it is as long as it says and only
// damaged; else behind it.
func (s *segmentReader) resume(b []byte, bad misfit) (segmentChunk, error) {
	if len(b) == 0 && s.err == io.EOF {
		s.done = io.EOF
		return segmentChunk{}, s.done
	}
	begins, held := bytes.Clone(b[:min(len(b), 8)]), int64(len(b))
	found := s.search(b, bad)
	switch {
	case bad.size > 0 && (found.size > 0 && found.dropped == 0 && found.at == bad.size || found.size == 0 && bad.next):
		return s.taken(found.bytes, bad.size), nil
	case found.size > 0:
		s.trusted += max(0, held-2*searchReadLess) // which are read anyhow
		return segmentChunk{}, s.skip(found, bad)
	case found.zeros && found.dropped+int64(len(found.bytes)) >= batchOverhead && s.err == io.EOF:
		s.done = io.EOF
	case found.unsure && s.err == io.EOF:
		bad.reason = fmt.Errorf("%w: it is cut, or its length is wrong: the file ends with whole batches, which may be in one of its records", ErrNotBatch)
		fallthrough
	default:
		s.done = &segmentError{Position: s.position, Batches: s.batches, LastOffset: s.last, Reason: s.why(bad.reason, begins)}
	}
	return segmentChunk{}, s.done
}

// taken makes a chunk of a batch that is damaged.
func (s *segmentReader) taken(b []byte, size int) segmentChunk {
	batch, _ := NextBatch(b)
	s.batches, s.last, s.old = s.batches+1, batch.LastOffset, batch.Magic < 2
	return s.give(b, size)
}

// skip goes on with the batch that was found.
func (s *segmentReader) skip(found searched, bad misfit) error {
	e := &segmentError{Position: s.position, Batches: s.batches, LastOffset: s.last, Reason: bad.reason}
	next := found.bytes[found.at:]
	s.hold(next)
	s.want = min(s.size, searchReadLess)
	s.position += found.dropped + int64(found.at)
	e.Resumed, e.NextOffset = s.position, int64(binary.BigEndian.Uint64(next))
	if errors.Is(bad.reason, ErrCut) || e.Resumed-e.Position < int64(bad.size) {
		e.Reason = fmt.Errorf("%w: its length is wrong, since whole batches follow", ErrNotBatch)
	}
	return e
}

// why is the reason that nothing more can be read.
func (s *segmentReader) why(reason error, begins []byte) error {
	switch {
	case errors.Is(reason, ErrNotBatch):
		return reason
	case s.err != nil && s.err != io.EOF:
		return s.err
	case s.batches == 0 && begins[0] != 0: // no log is so long that its first offset begins like this
		return fmt.Errorf("%w: it begins with %q", ErrNotBatch, begins)
	}
	return reason
}

// searched is how far a search went.
type searched struct {
	bytes   []byte // from the beginning on, but for those dropped
	dropped int64
	at      int  // in bytes, where a batch begins
	size    int  // of that batch; 0: none was found
	keep    int  // so many bytes of the beginning are not to be dropped
	zeros   bool // nothing else came
	unsure  bool // the file ends with batches of which nothing tells whether they are the log's

	around enclosing
}

// search looks for a batch of the log that its CRC proves, beginning behind the beginning of b: where that is a batch in doubt and
// the next one may follow it, before that.
func (s *segmentReader) search(b []byte, bad misfit) searched {
	f := searched{bytes: b, at: 1, keep: bad.size, zeros: true}
	f.around = newEnclosing(b, s.old || s.batches == 0, errors.Is(bad.reason, ErrCut) && s.plausible(b) > 0)
	step := searchReadLess
	for ; ; f.at++ {
		for f.advance(); len(f.bytes)-f.at < batchHeaderBytes && s.more() && !s.givesUp(&f); f.advance() {
			f.drop()
			f.bytes = s.fill(f.bytes, f.at+batchHeaderBytes+step)
			step = min(2*step, searchRead)
		}
		if f.at >= len(f.bytes) || bad.next && f.at >= bad.size || s.givesUp(&f) {
			break
		}
		if size := s.plausible(f.bytes[f.at:]); size > 0 && s.proves(&f, size) {
			ofLog, end := s.ofLog(&f, size)
			if ofLog {
				f.size = size
				break
			}
			f.pass(end)
		}
	}
	f.zeros = f.zeros && zeros(f.bytes[max(0, min(f.at, len(f.bytes))-1):])
	return f
}

// givesUp reports whether so much of a file came before any batch that it is hardly a segment.
func (s *segmentReader) givesUp(f *searched) bool {
	return s.batches == 0 && !f.zeros && f.dropped+int64(f.at) > segmentSearch
}

// advance goes on to the next zero, which offsets begin with, or to the last byte.
func (f *searched) advance() {
	from := f.at
	if from >= len(f.bytes) {
		return
	}
	if n := bytes.IndexByte(f.bytes[from:], 0); n >= 0 {
		f.at += n
	} else {
		f.at = len(f.bytes) - 1
	}
	f.zeros = f.zeros && zeros(f.bytes[from-1:f.at])
}

// pass leaves behind batches that are in a record, up to a place: but not what is to be kept.
func (f *searched) pass(to int) {
	if f.at < f.keep {
		to = min(to, f.keep)
	}
	f.at, f.zeros = to-1, false
}

// drop forgets what is before the place that the search is at, but for what is to be kept.
func (f *searched) drop() {
	if f.at <= f.keep {
		return
	}
	f.around.add(f, f.dropped+int64(f.at-1))
	f.bytes = append(f.bytes[:0], f.bytes[f.at-1:]...)
	f.dropped += int64(f.at - 1)
	f.at, f.keep = 1, 0
}

// proves reports whether a batch of that size, by its CRC, begins where the search is.
func (s *segmentReader) proves(f *searched, size int) bool {
	if !affords(s.tried, size, s.position+f.dropped+int64(f.at)) {
		return false
	}
	if len(f.bytes) < f.at+size {
		if f.at > len(f.bytes)/2 {
			f.drop()
		}
		f.bytes = s.fill(f.bytes, f.at+size)
	}
	batch, err := NextBatch(f.bytes[f.at:])
	if err == nil && batch.crcHolds() {
		return true
	}
	s.tried += int64(size)
	return false
}

// plausible is the size of the batch whose header b begins with; 0: it is hardly one. Offsets rise, and within a
// segment by less than 2^31, which its index has room for.
func (s *segmentReader) plausible(b []byte) int {
	if len(b) < batchOverhead+messageMinV0 || b[batchMagicAt] > 2 || b[0] != 0 {
		return 0
	}
	offset, length := int64(binary.BigEndian.Uint64(b)), int64(int32(binary.BigEndian.Uint32(b[8:])))
	if s.batches > 0 && (offset <= s.last || offset-s.last > math.MaxInt32) || length < messageMinV0 || length+batchOverhead > int64(s.limit) {
		return 0
	}
	fits := false
	switch {
	case b[batchMagicAt] == 2:
		fits = plausibleBatch(b)
	case s.old || s.batches == 0: // newer brokers do not go back to older messages
		fits = plausibleMessage(b, length)
	}
	if !fits {
		return 0
	}
	return int(length) + batchOverhead
}

// plausibleBatch looks at the attributes, of which seven bits are in use, and at whether there is an offset for each
// record.
func plausibleBatch(b []byte) bool {
	if len(b) < batchHeaderBytes {
		return false
	}
	attributes := binary.BigEndian.Uint16(b[21:])
	delta, records := int32(binary.BigEndian.Uint32(b[23:])), int32(binary.BigEndian.Uint32(b[57:]))
	return attributes < 1<<7 && delta >= 0 && records >= 0 && int64(records) <= int64(delta)+1
}

// plausibleMessage looks at the size of the key, which has to fit, of a message of magic 0 or 1.
func plausibleMessage(b []byte, length int64) bool {
	keyAt, least := batchOverhead+messageMinV0-8, int64(messageMinV0)
	if b[batchMagicAt] == 1 {
		keyAt, least = batchOverhead+messageMinV1-8, messageMinV1
	}
	if len(b) < keyAt+4 {
		return false
	}
	key := int64(int32(binary.BigEndian.Uint32(b[keyAt:])))
	return b[batchMagicAt+1] < 16 && key >= -1 && least+max(key, 0) <= length
}

// crcHolds is the part of Check that proves the length.
func (b *Batch) crcHolds() bool {
	if b.Magic < 2 {
		return binary.BigEndian.Uint32(b.Bytes[12:]) == crc32.ChecksumIEEE(b.Bytes[batchMagicAt:])
	}
	return binary.BigEndian.Uint32(b.Bytes[17:]) == crc32.Checksum(b.Bytes[21:], castagnoli)
}
