package inspect

import (
	"cmp"
	"context"
	"fmt"
	"math"
)

// scouted is what the first pass over the batches of a partition's segments finds: where transactions end, and
// which offsets are in the range.
type scouted struct {
	ends  endings
	span  span
	order order
}

// scout looks through the segments of one partition, as far as they can be read. The error is the context's.
func scout(ctx context.Context, segments []Segment, r Range) (scouted, error) {
	ends := endings{}
	from, to := newSeeker(r.From, 0), newSeeker(r.To, math.MaxInt64)
	from.damage = true
	var d Decompressor
	var l logReader
	l.damage = func(d stretch) error {
		if l.loses(d) {
			ends.lose(l.order.next)
		}
		from.skip(d.from)
		return nil
	}
	l.unreadable = func(error) { ends.lose(l.order.next) }
	l.note = func(string) {} // what else there is to tell is told when the segments are shown
	l.eachBatch(func(b *Batch) bool {
		readable := ends.take(&d, b, l.order.next)
		from.take(&d, b, readable)
		to.take(&d, b, readable)
		return readable
	})
	if err := l.read(ctx, segments); err != nil {
		return scouted{}, err
	}
	return scouted{ends, span{from.at, to.at}, l.order}, nil
}

// order holds that offsets rise from batch to batch of a partition: the offset of a batch is under no CRC, so that
// nothing else shows that it is wrong.
type order struct {
	next   int64 // behind the last batch that can be read: where one cannot, its last offset may be the damage
	end    int64 // behind all that there are
	first  error // where they do not rise
	unsure error // where they do not though the batch can be read: which of them are right nobody knows
}

func (o *order) take(s Segment, b *Batch, readable bool) {
	if b.BaseOffset < o.next && !b.wraps() {
		back := fmt.Errorf("%s: offsets go back from %d to %d: one of them is wrong, or segments of two replicas are mixed", s, o.next-1, b.BaseOffset)
		o.first = cmp.Or(o.first, back)
		if readable {
			o.unsure = cmp.Or(o.unsure, back)
		}
	}
	o.end = max(o.end, b.LastOffset+1)
	if readable {
		o.next = b.LastOffset + 1
	}
}

// seeker finds the offset of a bound in the batches of a partition, given in order.
type seeker struct {
	at     int64 // the end of the log until it is found
	ms     int64 // of a bound by time
	seeks  bool
	damage bool   // where records cannot be read one may be as late: begin there rather than leave it out
	unread *int64 // where the records before the next one cannot be read: the first of their offsets
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

// skip takes note of what cannot be read, from an offset on.
func (s *seeker) skip(offset int64) {
	if s.seeks && s.damage && s.unread == nil {
		s.unread = &offset
	}
}

// take looks for the bound in a batch, whose header, if it is readable, tells how late its records are.
func (s *seeker) take(d *Decompressor, b *Batch, readable bool) {
	if !s.seeks {
		return
	}
	if b.MaxTimestamp < s.ms {
		s.early(b, readable)
		return
	}
	err := d.Each(b, func(r Record) error {
		if r.Timestamp < s.ms {
			s.unread = nil
			return nil
		}
		s.find(r.Offset)
		return errStop
	})
	if s.seeks && s.damage && err != nil {
		s.find(b.BaseOffset)
	}
}

// early passes a batch that says that its records are too early, which is believed only if it is readable: of a bound
// that damage is left out for, it makes no difference.
func (s *seeker) early(b *Batch, readable bool) {
	switch {
	case !s.damage:
	case readable:
		s.unread = nil
	default:
		s.skip(b.BaseOffset)
	}
}

// find is the bound: the offset, or what cannot be read and is next to it.
func (s *seeker) find(offset int64) {
	s.at, s.seeks = offset, false
	if s.unread != nil {
		s.at = *s.unread
	}
}
