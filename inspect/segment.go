package inspect

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
)

// segmentRead is how much of a batch that has not come yet is made room for at once, so that a length
// that is garbage costs memory only where the file has that much.
const segmentRead = 4 << 20

// Chunk is a piece of a segment that begins with a batch and ends with one. All its batches are whole:
// Batches(chunk.Bytes) gives no error.
type Chunk struct {
	Position int64 // of its first byte in the file
	Bytes    []byte
}

// SegmentError says where a segment cannot be read further. It is an ErrCut where the file ends inside a
// batch, which is how the file of a running broker often ends, and an ErrNotBatch where what comes is
// none; otherwise Reason is the reader's error.
type SegmentError struct {
	Position   int64 // in the file, where the next batch would begin
	Batches    int64 // whole ones, before
	LastOffset int64 // of the last of them, by its header
	Reason     error
}

func (e *SegmentError) Error() string {
	if e.Batches == 0 {
		return fmt.Sprintf("at byte %d, before any batch: %v", e.Position, e.Reason)
	}
	return fmt.Sprintf("at byte %d, after offset %d: %v", e.Position, e.LastOffset, e.Reason)
}

func (e *SegmentError) Unwrap() error { return e.Reason }

// SegmentReader reads a segment, the file that ends in .log, of any size and in one pass. It finds the
// batches by their headers alone: who decodes a chunk, perhaps in another goroutine, checks its CRCs.
type SegmentReader struct {
	r    io.Reader
	size int

	rest     []byte // read, and not yet in a chunk
	position int64  // of rest in the file
	batches  int64  // so far
	last     int64  // their last offset
	err      error  // of r; io.EOF at its end
	done     error  // what Next gives from now on
}

// NewSegmentReader reads r in chunks of about size bytes. A batch that is larger is a chunk of its own.
func NewSegmentReader(r io.Reader, size int) *SegmentReader {
	return &SegmentReader{r: r, size: max(size, batchHeaderBytes)}
}

// Next gives the next chunk, in memory of its own, or in buf's where it fits and buf is not nil. The
// error after the last chunk is io.EOF, or a *SegmentError where something is left that is no whole
// batch. Twelve zeros or more up to the end are nothing: brokers may allocate a segment's file before they
// fill it. Fewer may be the beginning of an offset.
func (s *SegmentReader) Next(buf []byte) (Chunk, error) {
	if s.done != nil {
		return Chunk{}, s.done
	}
	buf = append(buf[:0], s.rest...)
	want := s.size
	for {
		buf = s.fill(buf, want)
		whole, err := s.walk(buf)
		if whole > 0 {
			chunk := Chunk{Position: s.position, Bytes: buf[:whole]} // with its capacity, for the next call
			s.rest = append(s.rest[:0], buf[whole:]...)
			s.position += int64(whole)
			return chunk, nil
		}
		var cut *CutError
		if s.err == nil && errors.As(err, &cut) {
			want = max(cut.Need, batchHeaderBytes)
			continue
		}
		s.rest = nil
		s.done = s.end(buf, err)
		return Chunk{}, s.done
	}
}

// Position is where the batch that comes next begins, and after io.EOF where the last one ended.
func (s *SegmentReader) Position() int64 { return s.position }

// fill reads until buf has size bytes, or the reader has no more.
func (s *SegmentReader) fill(buf []byte, size int) []byte {
	for len(buf) < size && s.err == nil {
		if len(buf) == cap(buf) {
			buf = slices.Grow(buf, min(size-len(buf), max(len(buf), segmentRead)))
		}
		n, err := io.ReadFull(s.r, buf[len(buf):min(size, cap(buf))])
		buf = buf[:len(buf)+n]
		if err == io.ErrUnexpectedEOF {
			err = io.EOF
		}
		s.err = err
	}
	return buf
}

// walk tells how much of b is whole batches and, where that is not all, why.
func (s *SegmentReader) walk(b []byte) (int, error) {
	whole := 0
	for batch, err := range Batches(b) {
		if err != nil {
			return whole, err
		}
		whole += len(batch.Bytes)
		s.batches++
		s.last = batch.LastOffset
	}
	return whole, nil
}

// end tells how the segment ends whose last bytes are b, which do not begin with a whole batch.
func (s *SegmentReader) end(b []byte, reason error) error {
	if len(b) == 0 && s.err == io.EOF {
		return io.EOF
	}
	if len(b) >= batchOverhead && zeros(b) && s.zerosFollow(b[:cap(b)]) && s.err == io.EOF {
		return io.EOF
	}
	switch {
	case errors.Is(reason, ErrNotBatch):
	case s.err != io.EOF:
		reason = s.err
	case s.batches == 0 && b[0] != 0: // no log is so long that its first offset begins like this
		reason = fmt.Errorf("%w: it begins with %q", ErrNotBatch, b[:min(len(b), 8)])
	case batchIn(b, s.last):
		reason = fmt.Errorf("%w: its length is wrong, since whole batches follow", ErrNotBatch)
	}
	return &SegmentError{Position: s.position, Batches: s.batches, LastOffset: s.last, Reason: reason}
}

// batchIn reports whether a whole batch, whose CRC proves it, stands somewhere in b behind its beginning: then b does
// not begin with one that was cut.
func batchIn(b []byte, after int64) bool {
	for i := 1; i+batchHeaderBytes <= len(b); i++ {
		if b[i+batchMagicAt] != 2 || int64(binary.BigEndian.Uint64(b[i:])) <= after {
			continue
		}
		if batch, err := NextBatch(b[i:]); err == nil && batch.Check() == nil {
			return true
		}
	}
	return false
}

// zerosFollow tells whether nothing but zeros comes until the reader ends.
func (s *SegmentReader) zerosFollow(scratch []byte) bool {
	for s.err == nil {
		n := 0
		n, s.err = s.r.Read(scratch)
		if !zeros(scratch[:n]) {
			return false
		}
	}
	return true
}

func zeros(b []byte) bool {
	for _, c := range b {
		if c != 0 {
			return false
		}
	}
	return true
}
