package inspect

import (
	"context"
	"errors"
	"math"
	"slices"
	"sync"

	"github.com/offsetctl/offsetctl/internal/cluster"
)

// Follower is told what comes. All is called by one goroutine.
type Follower struct {
	Row    func(*Row) error
	Flush  func() error         // after the rows of each answer
	Note   func(string)         // what is worth knowing and no failure
	Failed func(*cluster.Error) // a partition that is followed no longer, or of which something cannot be read

	Open func([]OpenTransaction) // once, those of the parts as planned, whatever is shown; nil: nobody asks
}

// Follow shows the records from the Starts of the parts on as they come, in order within a partition, until ctx
// ends, the limit is reached, or no partition is left that can be followed. A part waits for its leader for as long
// as it takes. What becomes of a transaction is not known yet: its records are open, and the row of the marker
// tells. The error is the follower's, or the context's.
func (l *Live) Follow(ctx context.Context, o Options, to Follower) error {
	parts := slices.Clone(l.Parts)
	for i := range parts {
		parts[i].End, parts[i].LogEnd = math.MaxInt64, math.MaxInt64
	}
	scan, closeScan := l.start(ctx, parts, endless, nil)
	defer closeScan()
	if to.Open != nil {
		looked := l.lookForOpen(ctx, o, scan.feed)
		defer looked()
	}
	w := &following{scan, o, to, limited(o.Limit, to.Row), make([]*partitionReader, len(parts)), cluster.Errors{}}
	for {
		i, b, ok := scan.feed.take()
		if !ok {
			return ctx.Err()
		}
		err := w.body(i, b)
		scan.feed.release(i)
		stopped := errors.Is(err, errStop)
		if err == nil || stopped {
			err = to.Flush()
		}
		if err != nil || stopped {
			return err
		}
	}
}

// lookForOpen looks for what is open beside what is followed, which may be held up by neither a broker that does not
// answer nor much to read, and puts what it finds into the feed. close ends it.
func (l *Live) lookForOpen(ctx context.Context, o Options, f *feed) (close func()) {
	ctx, cancel := context.WithCancel(ctx)
	var looking sync.WaitGroup
	looking.Go(func() {
		var report Report
		if len(l.Parts) > 0 && l.addOpen(ctx, l.Parts, o, &report) == nil {
			f.put(0, body{found: &report})
		}
	})
	return func() {
		cancel()
		looking.Wait()
	}
}

// following tells a Follower what comes.
type following struct {
	*scan
	options Options
	to      Follower
	row     func(*Row) error
	readers []*partitionReader // by part; nil: nothing has come yet
	told    cluster.Errors
}

// body shows a body of the i-th part.
func (w *following) body(i int, b body) error {
	if b.note != "" {
		w.to.Note(b.note)
	}
	if b.found != nil {
		for _, n := range b.found.Notes {
			w.to.Note(n)
		}
		w.to.Open(b.found.Open)
	}
	w.failed(b.failed)
	if w.readers[i] == nil {
		w.readers[i] = w.reader(w.Parts[i])
	}
	if b.back != nil {
		w.readers[i].partition.span.from = *b.back
	}
	undecided := func(*Batch) decision { return decision{outcome: Open} }
	err := pieces(b.batches, undecided, w.readers[i].piece)
	if m := b.misplaced; m != nil {
		err = m.row(w.readers[i])
	}
	return err
}

// reader is one of a part. What is open is not counted: the marker may be next.
func (w *following) reader(part Part) *partitionReader {
	return &partitionReader{
		topic: w.options.Topic, partition: partition{part.ID, span{part.Start, part.End}}, filter: w.options.Filter, raw: w.options.Raw,
		emit: func(r *Row) error {
			err := w.row(r)
			if r.Damaged {
				w.failed((&damage{rows: 1, first: r.Err}).error(w.options.Topic, part.ID))
			}
			return err
		},
	}
}

// failed tells of a failure, once: several partitions may have the same.
func (w *following) failed(e *cluster.Error) {
	e = w.ofTopic(e)
	told := len(w.told.All)
	if w.told.Add(e); len(w.told.All) > told {
		w.to.Failed(e)
	}
}
