package inspect

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
)

const (
	// segmentRead is how much of a batch that has not come yet is made room for at once, so that a length that is
	// garbage costs memory only where the file has that much.
	segmentRead = 4 << 20

	// segmentBatchLimit is the size from which on a batch of a segment is taken for garbage, since it has to be in
	// memory to be told: brokers refuse one of more than 1 MiB, unless they are told otherwise.
	segmentBatchLimit = 64 << 20
)

// segmentChunk is a piece of a segment that begins with a batch and ends with one. All its batches are whole:
// Batches(chunk.Bytes) gives no error.
type segmentChunk struct {
	Position int64 // of its first byte in the file
	Bytes    []byte
}

// segmentError says where a segment cannot be read further, or not before a batch that comes later. It is an ErrCut
// where the file ends inside a batch, which is how the file of a running broker often ends, and an ErrNotBatch where
// what comes is none; otherwise Reason is the reader's error.
type segmentError struct {
	Position   int64 // in the file, where the next batch would begin
	Batches    int64 // whole ones, before
	LastOffset int64 // of the last of them, by its header
	Reason     error

	Resumed    int64 // where in the file the batch begins that is read next; 0: nothing more can be read
	NextOffset int64 // of that batch
}

func (e *segmentError) Error() string {
	text := fmt.Sprintf("at byte %d, after offset %d: %v", e.Position, e.LastOffset, e.Reason)
	if e.Batches == 0 {
		text = fmt.Sprintf("at byte %d, before any batch: %v", e.Position, e.Reason)
	}
	if e.Resumed == 0 {
		return text
	}
	return fmt.Sprintf("%s; %d bytes are not read, %s", text, e.Resumed-e.Position, e.missing())
}

// missing says which offsets may be in what is not read.
func (e *segmentError) missing() string {
	switch {
	case e.Batches == 0:
		return fmt.Sprintf("before offset %d", e.NextOffset)
	case e.NextOffset == e.LastOffset+1:
		return fmt.Sprintf("no offset is missing before %d", e.NextOffset)
	}
	return fmt.Sprintf("in the place of offsets %d to %d", e.LastOffset+1, e.NextOffset-1)
}

func (e *segmentError) Unwrap() error { return e.Reason }

// segmentReader reads a segment, the file that ends in .log, of any size and in one pass. It finds the batches by
// their headers: who decodes a chunk, perhaps in another goroutine, checks its CRCs. Only where a header and the
// next one do not fit together the CRC has to prove the length, which it does not cover but depends on. Where there is
// no batch, or one with a wrong length, it goes on with the next one that its CRC proves.
type segmentReader struct {
	r     io.Reader
	size  int
	limit int // a larger batch is taken for garbage

	held     []byte // read ahead; what is before at has been given by fill
	at       int
	read     bool  // since hold, fill has given more than was held
	want     int   // size of the next chunk: smaller after damage, as long as more may come
	position int64 // of what Next gives next, in the file; after io.EOF where the last batch ended
	batches  int64 // so far
	last     int64 // their last offset
	old      bool  // the last one has magic 0 or 1
	trusted  int64 // bytes read for the sake of wrong lengths, see affords
	tried    int64 // bytes whose CRC was taken in vain
	chained  int64 // bytes whose CRC was taken to tell batches of the log from those in a record
	err      error // of r; io.EOF at its end
	done     error // what Next gives from now on
}

// newSegmentReader reads r in chunks of about size bytes. A batch that is larger is a chunk of its own.
func newSegmentReader(r io.Reader, size int) *segmentReader {
	size = max(size, batchHeaderBytes)
	return &segmentReader{r: r, size: size, want: size, limit: segmentBatchLimit}
}

// Next gives the next chunk, in memory of its own, or in buf's where it fits and buf is not nil. A *segmentError
// that has Resumed stands for a stretch that cannot be read: chunks go on behind it. The error after the last chunk
// is io.EOF, or a *segmentError where something is left that is no whole batch. Twelve zeros or more up to the end are
// nothing: brokers may allocate a segment's file before they fill it. Fewer may be the beginning of an offset.
func (s *segmentReader) Next(buf []byte) (segmentChunk, error) {
	if s.done != nil {
		return segmentChunk{}, s.done
	}
	buf, want := buf[:0], s.want
	s.want = min(2*s.want, s.size)
	for {
		buf = s.fill(buf, want)
		whole, need, bad := s.walk(buf)
		switch {
		case whole > 0:
			return s.give(buf, whole), nil
		case need > 0:
			want = need
		default:
			return s.resume(buf, bad)
		}
	}
}

// give makes a chunk of what b begins with, and holds the rest.
func (s *segmentReader) give(b []byte, n int) segmentChunk {
	chunk := segmentChunk{Position: s.position, Bytes: b[:n]} // with its capacity, for the next call
	s.hold(b[n:])
	s.position += int64(n)
	return chunk
}

// more reports whether there is anything that fill has not given.
func (s *segmentReader) more() bool { return s.err == nil || s.at < len(s.held) }

// fill reads until buf has size bytes, or there are no more.
func (s *segmentReader) fill(buf []byte, size int) []byte {
	for len(buf) < size && s.more() {
		if len(buf) == cap(buf) {
			buf = slices.Grow(buf, min(size-len(buf), max(len(buf), segmentRead)))
		}
		room := buf[len(buf):min(size, cap(buf))]
		if s.at < len(s.held) {
			n := copy(room, s.held[s.at:])
			s.at += n
			buf = buf[:len(buf)+n]
			continue
		}
		n, err := io.ReadFull(s.r, room)
		buf = buf[:len(buf)+n]
		if err == io.ErrUnexpectedEOF {
			err = io.EOF
		}
		s.err, s.read = err, true
	}
	return buf
}

// hold takes back the end of what fill gave.
func (s *segmentReader) hold(b []byte) {
	if !s.read { // all is from what was held, and still there
		s.at -= len(b)
		return
	}
	if cap(s.held) > 2*segmentRead && len(b) < segmentRead {
		s.held = nil
	}
	s.held, s.at, s.read = append(s.held[:0], b...), 0, false
}

// misfit is why no batch can be taken from what comes.
type misfit struct {
	reason error
	size   int  // of the batch that comes, if its header is one's and only its CRC is wrong; 0: it is none
	next   bool // behind so many bytes there may be the next one
}

// walk tells how much of b is whole batches whose lengths fit what follows. Where that is nothing, need is how many
// bytes can tell more; 0: none can.
func (s *segmentReader) walk(b []byte) (whole, need int, bad misfit) {
	for whole < len(b) {
		batch, err := NextBatch(b[whole:])
		if err == nil && len(batch.Bytes) <= s.limit {
			need, bad = s.fits(&batch, b[whole+len(batch.Bytes):])
		} else {
			need, bad = s.needs(len(batch.Bytes), err)
		}
		if need > 0 || bad.reason != nil {
			return whole, need, bad
		}
		whole += len(batch.Bytes)
		s.batches, s.last, s.old = s.batches+1, batch.LastOffset, batch.Magic < 2
	}
	return whole, 0, misfit{}
}

// needs tells what to do about a batch that is not whole in what was read so far, or too large.
func (s *segmentReader) needs(size int, err error) (need int, bad misfit) {
	var cut *cutError
	switch {
	case errors.As(err, &cut):
		size = max(cut.Need, batchHeaderBytes)
	case err != nil:
		return 0, misfit{reason: err}
	}
	if size > s.limit || cut != nil && !affords(s.trusted, size, s.position) {
		return 0, misfit{reason: fmt.Errorf("%w: length %d", ErrNotBatch, size-batchOverhead)}
	}
	if !s.more() {
		return 0, misfit{reason: err}
	}
	return size, misfit{}
}

// fits tells whether a batch is as long as it says. Where the next one has the next offset, it is. Else compaction may
// have taken batches in between, and its CRC decides.
func (s *segmentReader) fits(b *Batch, after []byte) (need int, bad misfit) {
	switch {
	case len(after) >= 8 && int64(binary.BigEndian.Uint64(after)) == b.LastOffset+1:
		return 0, misfit{}
	case len(after) < 8 && s.more():
		return len(b.Bytes) + 8, misfit{}
	case b.crcHolds():
		return 0, misfit{}
	case len(after) < batchHeaderBytes && s.more():
		return len(b.Bytes) + batchHeaderBytes, misfit{}
	}
	return 0, misfit{fmt.Errorf("%w: %w", ErrNotBatch, b.Check()), len(b.Bytes), s.mayFollow(b, after)}
}

// mayFollow reports whether what comes after a batch, up to its first header, looks like the log going on or ending.
func (s *segmentReader) mayFollow(b *Batch, after []byte) bool {
	after = after[:min(len(after), batchHeaderBytes)]
	if len(after) < batchHeaderBytes { // the file ends, or in old logs a message is so small
		return len(after) < 8 || int64(binary.BigEndian.Uint64(after)) > b.LastOffset
	}
	next := *s
	next.batches, next.last = 1, b.LastOffset
	return zeros(after) || next.plausible(after) > 0
}

func zeros(b []byte) bool {
	for _, c := range b {
		if c != 0 {
			return false
		}
	}
	return true
}
