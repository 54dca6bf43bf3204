package inspect

import (
	"bytes"
	"cmp"
	"container/heap"
	"context"
	"math"
	"slices"

	"github.com/offsetctl/offsetctl/internal/cluster"
)

// Last keeps the newest of the rows that it is given: by timestamp, and of one time by partition and offset. A row
// without a timestamp is older than all others.
type Last struct {
	n    int
	rows oldestFirst
}

// NewLast keeps n rows, at least one.
func NewLast(n int) *Last { return &Last{n: n} }

// Add takes in a row. It makes a copy of those that it keeps.
func (l *Last) Add(r *Row) error {
	switch {
	case len(l.rows) < l.n:
		kept := &Row{}
		kept.set(r)
		heap.Push(&l.rows, kept)
	case l.rows[0].compare(r) < 0:
		l.rows[0].set(r) // in the memory of the one that goes: rows come oldest first, so that most are kept for a while
		heap.Fix(&l.rows, 0)
	}
	return nil
}

// Each gives the rows kept, in the order of partition and offset.
func (l *Last) Each(emit func(*Row) error) error {
	rows := slices.Clone(l.rows)
	slices.SortFunc(rows, func(a, b *Row) int {
		return cmp.Or(cmp.Compare(a.Partition, b.Partition), cmp.Compare(a.Offset, b.Offset))
	})
	for _, r := range rows {
		if err := emit(r); err != nil {
			return err
		}
	}
	return nil
}

// compare orders rows by age.
func (r *Row) compare(other *Row) int {
	return cmp.Or(cmp.Compare(r.time(), other.time()), cmp.Compare(r.Partition, other.Partition), cmp.Compare(r.Offset, other.Offset))
}

func (r *Row) time() int64 {
	if r.Timestamp == nil {
		return math.MinInt64
	}
	return *r.Timestamp
}

// set makes a row that stays of one that does not, in the memory that it has.
func (r *Row) set(from *Row) {
	had := *r
	*r = *from
	r.Timestamp, r.Transaction, r.Commit = setPointer(had.Timestamp, from.Timestamp), setPointer(had.Transaction, from.Transaction), setPointer(had.Commit, from.Commit)
	if r.Commit != nil {
		r.Commit.Metadata = bytes.Clone(from.Commit.Metadata)
	}
	r.KeyJSON, r.ValueJSON = setBytes(had.KeyJSON, from.KeyJSON), setBytes(had.ValueJSON, from.ValueJSON)
	r.RawKey, r.RawValue = setBytes(had.RawKey, from.RawKey), setBytes(had.RawValue, from.RawValue)
	k := &r.Key
	k.Group, k.Topic, k.Member = setBytes(had.Key.Group, k.Group), setBytes(had.Key.Topic, k.Topic), setBytes(had.Key.Member, k.Member)
	k.TopicID, k.ID = setBytes(had.Key.TopicID, k.TopicID), setBytes(had.Key.ID, k.ID)
}

// setBytes copies into memory that is had; nil stays nil.
func setBytes(had, from []byte) []byte {
	if from == nil {
		return nil
	}
	if had == nil {
		had = []byte{}
	}
	return append(had[:0], from...)
}

func setPointer[T any](had, from *T) *T {
	switch {
	case from == nil:
		return nil
	case had == nil:
		had = new(T)
	}
	*had = *from
	return had
}

// oldestFirst is a heap.
type oldestFirst []*Row

func (h oldestFirst) Len() int           { return len(h) }
func (h oldestFirst) Less(i, j int) bool { return h[i].compare(h[j]) < 0 }
func (h oldestFirst) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *oldestFirst) Push(x any)        { *h = append(*h, x.(*Row)) }
func (h *oldestFirst) Pop() any {
	last := len(*h) - 1
	r := (*h)[last]
	*h = (*h)[:last]
	return r
}

// LastOfFiles shows the n newest rows of segments, which come from FindSegments.
func LastOfFiles(ctx context.Context, segments []Segment, n int, o Options, emit func(*Row) error) (Report, error) {
	last := NewLast(n)
	o.Lines = nil
	report, err := Files(ctx, segments, o, last.Add)
	if err != nil {
		return report, err
	}
	return report, last.Each(emit)
}

// lastWindow is how many offsets before the end of each partition are read at least.
const lastWindow = 64

// ReadLast shows the n newest rows. Where a filter may leave out any number of records all are read. Else of each
// partition as much as has n records, from its end in windows that grow twofold: timestamps rise with the offsets,
// but for what the clocks of brokers differ.
func (l *Live) ReadLast(ctx context.Context, n int, o Options, emit func(*Row) error) (Report, error) {
	last := NewLast(n)
	o.Lines = nil
	if !o.Filter.All() {
		report, err := l.Read(ctx, o, last.Add)
		if err != nil {
			return report, err
		}
		return report, last.Each(emit)
	}
	w := &windows{last: last, ends: endsOf(l.Parts), found: map[int32]int{}}
	report, err := w.read(ctx, l, o)
	if err == nil {
		err = l.addOpen(ctx, w.unseen(l.Parts), o, &report)
	}
	if err != nil {
		return report, err
	}
	return report, last.Each(emit)
}

// windows read partitions from their ends.
type windows struct {
	last  *Last
	ends  map[int32]int64 // by partition: what is before has not been read yet
	found map[int32]int   // rows by partition; math.MaxInt: no more can be had
	open  []OpenTransaction
	errs  cluster.Errors
	notes []string
}

// firstSize is how many offsets before the end of each partition are read first.
func (w *windows) firstSize() int64 { return max(int64(w.last.n), lastWindow) }

// read reads window after window of the partitions that have had too few rows.
func (w *windows) read(ctx context.Context, l *Live, o Options) (Report, error) {
	for size := w.firstSize(); ; size *= 2 {
		parts := w.next(l.Parts, size)
		if len(parts) == 0 {
			return Report{Open: w.open, Errors: w.errs.All, Notes: w.notes}, nil
		}
		got, after, err := l.read(ctx, parts, o, func(r *Row) error {
			if r.Damaged && r.Offset < w.ends[r.Partition] { // comes again with the window before
				return nil
			}
			w.found[r.Partition]++
			return w.last.Add(r)
		})
		if err != nil {
			return got, err
		}
		w.heed(parts, got)
		for _, p := range after.lost { // it is not waited for again and again
			w.found[p.ID] = math.MaxInt
		}
	}
}

// heed takes in what the report on a window of these parts says.
func (w *windows) heed(parts []Part, got Report) {
	w.notes = append(w.notes, got.Notes...)
	for _, p := range parts {
		if p.reachesOpen() { // else the window may have but a stretch of a transaction
			w.open = append(w.open, openOf(got.Open, p)...)
		}
	}
	for _, e := range got.Errors {
		w.errs.Add(e)
	}
}

// unseen are the parts that were read in which transactions may be open of which the first window had but a stretch.
func (w *windows) unseen(all []Part) []Part {
	var out []Part
	for _, p := range all {
		first := p
		first.Start = max(p.Start, p.End-w.firstSize())
		if w.found[p.ID] < math.MaxInt && p.mayHaveOpen() && !first.reachesOpen() {
			out = append(out, p)
		}
	}
	return out
}

// next are the parts of which more is wanted, from so many offsets before their ends on, as far as they have not
// been read yet.
func (w *windows) next(all []Part, size int64) []Part {
	var out []Part
	for _, p := range all {
		if end := w.ends[p.ID]; end > p.Start && w.found[p.ID] < w.last.n {
			p.Start, p.End = max(p.Start, p.End-size), end
			w.ends[p.ID] = p.Start
			out = append(out, p)
		}
	}
	return out
}

// endsOf are where the next windows end, by partition.
func endsOf(parts []Part) map[int32]int64 {
	ends := map[int32]int64{}
	for _, p := range parts {
		ends[p.ID] = p.End
	}
	return ends
}
