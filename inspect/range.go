package inspect

import (
	"math"
	"time"

	"github.com/offsetctl/offsetctl/internal/cluster"
)

// Range is what is read of each partition: from From on, which is part of it, up to To, which is not. The zero
// Range is all.
type Range struct{ From, To Bound }

// Bound is where a range begins or ends. The zero Bound is the end of the log on its side.
type Bound struct {
	kind boundKind
	n    int64 // offset, or milliseconds since 1970
}

type boundKind int

const (
	unbounded boundKind = iota
	earliest
	latest
	atOffset
	atTime
)

// Earliest is the start of the log.
func Earliest() Bound { return Bound{kind: earliest} }

// Latest is the end of the log when it was asked for.
func Latest() Bound { return Bound{kind: latest} }

// AtOffset is an offset, or the end of the log that is next to it.
func AtOffset(n int64) Bound { return Bound{atOffset, n} }

// AtTime is the first record, in the order of offsets, whose timestamp is t or later; the log end if there is none.
func AtTime(t time.Time) Bound {
	return Bound{atTime, cluster.MillisFrom(t)}
}

// Given reports whether the bound is not the zero one.
func (b Bound) Given() bool { return b.kind != unbounded }

// ByOffset reports whether the bound is an offset, which says something of one partition only.
func (b Bound) ByOffset() bool { return b.kind == atOffset }

// Given reports whether the range is less than all there is.
func (r Range) Given() bool { return r.From.Given() || r.To.Given() }

// Reversed reports whether the range ends before it begins, whatever is in the log.
func (r Range) Reversed() bool {
	if r.From.kind == latest {
		return r.To.kind == earliest
	}
	return r.From.kind == r.To.kind && r.From.n > r.To.n
}

// specs are what must be asked of each log beside its ends.
func (r Range) specs() []cluster.Spec {
	var specs []cluster.Spec
	for _, b := range []Bound{r.From, r.To} {
		if b.kind == atTime && (len(specs) == 0 || specs[0] != cluster.At(b.n)) {
			specs = append(specs, cluster.At(b.n))
		}
	}
	return specs
}

// of is the range as offsets of a log whose ends are known, and all that specs asked for.
func (r Range) of(log cluster.Log) span {
	start, end := *log.Start, *log.End
	from := min(max(r.From.in(log, start), start), end)
	return span{from, min(max(r.To.in(log, end), from), end)}
}

// pastEnd adds a log to list if it ends before the range begins.
func (r Range) pastEnd(list []PastEnd, partition int32, end int64) []PastEnd {
	if r.From.ByOffset() && r.From.n > end {
		return append(list, PastEnd{partition, r.From.n, end})
	}
	return list
}

// in is the bound's offset in a log, or one of the unbounded side.
func (b Bound) in(log cluster.Log, side int64) int64 {
	switch b.kind {
	case earliest:
		return *log.Start
	case latest:
		return *log.End
	case atOffset:
		return b.n
	case atTime:
		if m := log.Times[cluster.At(b.n)]; m != nil {
			return m.Offset
		}
		return *log.End
	}
	return side
}

// span is a range of offsets; to is not in it.
type span struct{ from, to int64 }

// has reports whether records of a batch may be within the span. Those of an offset that cannot be are: Check says so.
func (s span) has(b *Batch) bool {
	return b.BaseOffset < 0 || b.BaseOffset == math.MaxInt64 || b.LastOffset >= s.from && (b.BaseOffset < s.to || b.wraps())
}

// wraps reports whether a batch holds messages before its base offset: a compressed one of magic 0 or 1 tells the
// last offset alone.
func (b *Batch) wraps() bool { return b.Magic < 2 && b.Compression != None }

// only leaves out the rows after the span: the last batch may reach beyond it.
func (s span) only(emit func(*Row) error) func(*Row) error {
	if s.to == math.MaxInt64 {
		return emit
	}
	return func(r *Row) error {
		if r.Offset >= s.to && r.Offset != math.MaxInt64 { // which only damage says
			return nil
		}
		return emit(r)
	}
}
