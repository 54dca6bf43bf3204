package inspect

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/offsetctl/offsetctl/internal/cluster"
)

// openFrom is where the first transaction that is open in the part can begin.
func (p Part) openFrom() int64 { return max(p.Stable, p.LogStart) }

// mayHaveOpen reports whether a transaction can be open in the part.
func (p Part) mayHaveOpen() bool { return p.openFrom() < p.LogEnd }

// reachesOpen reports whether all that can be open in the part is in what is read of it.
func (p Part) reachesOpen() bool { return p.Start <= p.openFrom() && p.End == p.LogEnd }

// Open finds the open transactions of the parts, of the groups that the options select, whatever range is read. They
// are beyond the last stable offset, so that nothing else is read, and of most partitions nothing at all.
func (l *Live) Open(ctx context.Context, o Options) (Report, error) {
	report, err := l.findOpen(ctx, l.Parts, o)
	report.openIn(&o.Filter)
	return report, err
}

// findOpen finds the open transactions of parts, of all groups.
func (l *Live) findOpen(ctx context.Context, parts []Part, o Options) (Report, error) {
	var beyond []Part
	var finders []*openFinder
	for _, p := range parts {
		if p.mayHaveOpen() {
			p.Start, p.End = p.openFrom(), p.LogEnd
			beyond = append(beyond, p)
			finders = append(finders, &openFinder{topic: o.Topic, from: p.Start, open: map[int64]openings{}})
		}
	}
	scan, closeScan := l.start(ctx, beyond, logOrder, o.Progress)
	defer closeScan()
	scan.bodies(func(part int, b body) {
		for batch := range Batches(b.batches) {
			finders[part].batch(&batch)
		}
		if b.misplaced != nil {
			finders[part].bad.misplaced(b.misplaced, finders[part].batch)
		}
	})
	report := scan.unread()
	for i, p := range beyond {
		if e := finders[i].bad.error(o.Topic, p.ID); e != nil && scan.feed.failure(i) == nil {
			report.Errors = append(report.Errors, e)
		}
		report.Open = append(report.Open, finders[i].all().rows(p.ID, o.Now)...)
	}
	return report, ctx.Err()
}

// addOpen looks for the open transactions of parts that a scan has not seen whole, and has its report tell of those
// in place of what it saw. What cannot be found out is a note: the rows that were asked for are all there.
func (l *Live) addOpen(ctx context.Context, unseen []Part, o Options, report *Report) error {
	if len(unseen) == 0 {
		return nil
	}
	found, err := l.findOpen(ctx, unseen, o)
	if err != nil {
		return err
	}
	for _, p := range unseen {
		report.Open = slices.DeleteFunc(report.Open, func(t OpenTransaction) bool { return t.Partition == p.ID })
	}
	report.Open = append(report.Open, found.Open...)
	slices.SortStableFunc(report.Open, func(a, b OpenTransaction) int { return cmp.Compare(a.Partition, b.Partition) })
	report.Notes = append(report.Notes, found.Notes...)
	for _, e := range found.Errors {
		report.Notes = append(report.Notes, openUnknown(e))
	}
	return nil
}

// openOf are those of the open transactions that are in a part.
func openOf(all []OpenTransaction, p Part) []OpenTransaction {
	var of []OpenTransaction
	for _, t := range all {
		if t.Partition == p.ID {
			of = append(of, t)
		}
	}
	return of
}

func openUnknown(e *cluster.Error) string {
	return fmt.Sprintf("which transactions are open could not be found out: %v", e)
}

// openFinder finds which transactions are open at the end of a partition's log. It is given the batches from where the
// first of them can begin, in order.
type openFinder struct {
	topic Topic
	from  int64 // what is before it in its batch is gone

	decompressor Decompressor
	open         map[int64]openings // by producer id
	bad          damage
}

// batch takes in the next batch.
func (f *openFinder) batch(b *Batch) {
	var err error
	switch {
	case b.Control:
		// It ends what its producer has written since the one before, whatever the epochs.
		err = f.decompressor.markers(b, func(int64, Marker) { delete(f.open, b.ProducerID) })
	case b.Transactional:
		err = f.decompressor.Each(b, func(r Record) error { return f.record(b, r) })
	default: // of no transaction, if that can be believed
		err = b.Check()
	}
	if err != nil {
		f.bad.note(b.unreadable(err))
		for _, of := range f.open {
			lose(of, b.BaseOffset)
		}
	}
}

func (f *openFinder) record(b *Batch, r Record) error {
	if r.Offset < f.from {
		return nil
	}
	key, _ := f.topic.ParseKey(r.Key) // else it is of nobody knows which group
	of := f.open[b.ProducerID]
	of.record(&Transaction{ProducerID: b.ProducerID, ProducerEpoch: b.ProducerEpoch, Outcome: Open}, &key, &r)
	f.open[b.ProducerID] = of
	return nil
}

// all are the openings at the end.
func (f *openFinder) all() openings {
	var all openings
	for _, of := range f.open {
		all.join(of)
	}
	return all
}
