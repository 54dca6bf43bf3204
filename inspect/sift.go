package inspect

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/offsetctl/offsetctl/internal/cluster"
)

// The offset of a batch is under no CRC. What shows that it is wrong is that offsets rise in a log:
//
//   - A batch that claims offsets which what follows it in the answer has, or that are before it, is misplaced. It
//     stands where it stands, and is left out, with a row that says so. What follows may also be the head of a batch
//     that is cut.
//   - One that claims to be further on than it has to be, as compaction makes them, and that nothing follows in the
//     answer, is a claim: the leader is asked once more, for the last offset claimed. It has another batch there, or
//     nothing, and has the first one still where it was: then it is misplaced.
//
// An answer ends in a claim only where a segment ends that was compacted: else a cut batch follows, or the log ends.
// One that begins where nothing more is asked for is a claim too, whatever follows: several in a row may be wrong.
//
// The last offset of a batch is under its CRC, which is checked where what follows begins inside the batch: where it does
// not hold, that offset is wrong, and what follows is read. The batch is read too, as damage.
//
// A misplaced batch in the last 4 KiB of its segment, the interval of the index, may come again for every offset up to
// the next segment. Where there is a hole nothing tells where that begins: the rest of the partition is given up, with
// an error.
//
// What nothing shows: a wrong offset in a hole of the log, between the right ones around it; and a batch that goes
// back and is the first that is to come in an answer, which a broker passes over as something from before. So where
// neighbours say offsets that are too large by the same, they are shown with those. The right ones behind them are told
// of as far as they are in the same answer, or begin in it; others are passed over, in silence where a segment ends
// behind such neighbours.

// sifted is what an answer brings of one partition.
type sifted struct {
	bodies []body
	next   int64 // offset after them
	claim  claim // made by the batch at next, which is not taken yet
	err    error // why the rest are no batches

	overlong []string // the heads of batches that were taken and may come again: they do not end where they say
}

// misplaced is a batch that says wrong offsets. Its own are the first that it may have.
type misplaced struct {
	Batch
	err error
}

// row makes the row that stands for it.
func (m *misplaced) row(p *partitionReader) error { return p.unread(m.BaseOffset, m.err) }

// claim is a batch that is further on than it has to be, with nothing behind it. The zero claim is none.
type claim struct {
	head   []byte // the batch by its header, which has its CRC
	last   int64
	denied bool // at last the leader had something else
	proved bool
}

func (c *claim) is(b *Batch) bool { return c.head != nil && bytes.Equal(c.head, head(b)) }

func head(b *Batch) []byte { return b.Bytes[:min(len(b.Bytes), batchHeaderBytes)] }

// asked reports whether the next request is about the claim.
func (c *claim) asked() bool { return c.head != nil && !c.denied }

// hear takes in the answer to it, and reports whether that proves it. Where it is denied its batch may have been
// compacted just now: it counts as misplaced when it comes again. A leader has what it has sent once, and says so in
// the end that it tells with any later answer. What is known to be misplaced may stand in front.
func (c *claim) hear(got cluster.Fetched, stable bool, seen func(*Batch) bool) bool {
	end := got.HighWatermark
	if stable {
		end = got.LastStable
	}
	c.denied = end >= 0 && end <= c.last
	for b, err := range Batches(got.Records) {
		if err == nil && seen(&b) {
			continue
		}
		c.proved = err == nil && c.is(&b)
		c.denied = !c.proved && (err == nil || c.denied)
		break
	}
	return c.proved
}

// sift parts an answer into what may be read and what is misplaced, from the offset at up to until. Batches after
// until were not asked for, and those before at have come already. told is what is known of a claim made before, and seen knows
// what was misplaced before: a broker that looks for an offset may stop at such a batch first.
func sift(got cluster.Fetched, at, until int64, told claim, seen func(*Batch) bool) sifted {
	s := sifter{sifted: sifted{next: at}, got: got, until: until, told: told, seen: seen}
	for end := 0; end < len(got.Records) && s.next < until; {
		b, err := NextBatch(got.Records[end:])
		if err != nil {
			s.err = err
			break
		}
		end += len(b.Bytes)
		if !s.batch(&b, end) {
			break
		}
	}
	s.flush()
	return s.sifted
}

// sifter is the state of sift between batches.
type sifter struct {
	sifted
	got      cluster.Fetched
	until    int64
	told     claim
	seen     func(*Batch) bool
	from, to int  // of what is to be the next body
	any      bool // a batch was taken
}

// batch takes in the next batch, which ends there in the answer; false: the rest is not to be looked at.
func (s *sifter) batch(b *Batch, end int) bool {
	after := baseOffset(s.got.Records[end:])
	claims := b.BaseOffset > s.next
	overlong := after > b.BaseOffset && after <= b.LastOffset && after > s.next && !b.crcHolds()
	switch {
	case s.seen(b):
		s.flush()
	case b.BaseOffset < 0 || s.any && b.BaseOffset < s.next:
		s.misplace(b, after, fmt.Errorf("offsets go back from %d to %d: one of them is wrong", s.next-1, b.BaseOffset))
	case b.LastOffset < s.next:
		s.flush() // came already
	case claims && !overlong && after >= 0 && after <= b.LastOffset && (after >= s.next || !s.any):
		s.misplace(b, after, fmt.Errorf("offsets go back from %d to %d: one of them is wrong", b.LastOffset, after))
	case claims && (after < 0 || b.BaseOffset >= s.until && !b.wraps()) && !s.atEnd(b) && !(s.told.proved && s.told.is(b)):
		if !s.told.denied || !s.told.is(b) {
			s.claim = claim{head: bytes.Clone(head(b)), last: b.LastOffset}
			return false
		}
		s.misplace(b, after, fmt.Errorf("its leader sends it from offset %d on, and has no such batch at offset %d: that offset is wrong", s.next, b.LastOffset))
	case s.any && !overlong && after >= 0 && after < s.next && isCut(s.got.Records[end:]): // else what follows is misplaced
		s.misplace(b, after, fmt.Errorf("offsets go back from %d to %d: one of them is wrong", b.LastOffset, after))
	case b.BaseOffset >= s.until && !b.wraps():
		s.next = s.until
		return false
	default:
		if s.from == s.to {
			s.from = end - len(b.Bytes)
		}
		s.to, s.next, s.any = end, b.LastOffset+1, true
		if overlong {
			s.next = after
			s.overlong = append(s.overlong, string(head(b)))
		}
	}
	return true
}

// atEnd reports whether a batch ends where its log does, or what is asked for: such a claim nobody makes by accident.
func (s *sifter) atEnd(b *Batch) bool {
	next := b.LastOffset + 1
	return next == s.until || next == s.got.HighWatermark || next == s.got.LastStable
}

// flush makes a body of what has been taken.
func (s *sifter) flush() {
	if s.from < s.to {
		s.bodies = append(s.bodies, body{batches: s.got.Records[s.from:s.to:s.to]})
	}
	s.from, s.to = 0, 0
}

// misplace leaves out a batch. The next one is behind it, by as many offsets as it has at least.
func (s *sifter) misplace(b *Batch, after int64, why error) {
	s.flush()
	m := misplaced{Batch: *b}
	m.err = fmt.Errorf("batch that says it has offsets %d to %d: %w", b.BaseOffset, b.LastOffset, why)
	size := b.LastOffset - b.BaseOffset
	m.BaseOffset, m.LastOffset = s.next, s.next+size
	s.bodies = append(s.bodies, body{misplaced: &m})
	if next := m.LastOffset + 1; after < 0 || next <= after {
		s.next = next
	}
}

// baseOffset is that of the batch, whole or cut, which b begins with; negative: there is none that can be.
func baseOffset(b []byte) int64 {
	if len(b) < 8 {
		return -1
	}
	return int64(binary.BigEndian.Uint64(b))
}

// isCut reports whether b ends inside its first batch.
func isCut(b []byte) bool {
	_, err := NextBatch(b)
	return errors.Is(err, ErrCut)
}
