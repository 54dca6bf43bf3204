package inspect

import (
	"errors"
	"math"
)

// scouted is what the first pass over the batches of a partition's segments finds: where transactions end, and
// which offsets are in the range.
type scouted struct {
	ends endings
	span span
}

// scout looks through the segments of one partition, as far as they can be read.
func scout(segments []Segment, r Range) (scouted, error) {
	ends := endings{}
	from, to := newSeeker(r.From, 0), newSeeker(r.To, math.MaxInt64)
	from.damage = true
	var d Decompressor
	for _, s := range segments {
		var own []byte
		err := eachChunk(s.Path, chunkSize, func() []byte { return own }, func(c Chunk) error {
			for b := range Batches(c.Bytes) {
				ends.take(&d, &b)
				from.take(&d, &b)
				to.take(&d, &b)
			}
			own = c.Bytes
			return nil
		})
		var end *SegmentError
		if err != nil && (!errors.As(err, &end) || !errors.Is(err, ErrCut) && !errors.Is(err, ErrNotBatch)) {
			return scouted{}, err
		}
	}
	return scouted{ends, span{from.at, to.at}}, nil
}

// seeker finds the offset of a bound in the batches of a partition, given in order.
type seeker struct {
	at     int64 // the end of the log until it is found
	ms     int64 // of a bound by time
	seeks  bool
	damage bool // where records cannot be read one may be as late: begin there rather than leave it out
}

func newSeeker(b Bound, side int64) seeker {
	switch b.kind {
	case earliest:
		return seeker{at: 0}
	case latest:
		return seeker{at: math.MaxInt64}
	case atOffset:
		return seeker{at: b.n}
	case atTime:
		return seeker{at: math.MaxInt64, ms: b.n, seeks: true}
	}
	return seeker{at: side}
}

// take looks for the bound in a batch, whose header tells how late its records are.
func (s *seeker) take(d *Decompressor, b *Batch) {
	if !s.seeks || b.MaxTimestamp < s.ms {
		return
	}
	err := d.Each(b, func(r Record) error {
		if r.Timestamp < s.ms {
			return nil
		}
		s.at, s.seeks = r.Offset, false
		return errStop
	})
	if s.seeks && s.damage && err != nil {
		s.at, s.seeks = b.BaseOffset, false
	}
}
