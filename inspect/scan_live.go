package inspect

import (
	"context"
	"sync"

	"github.com/offsetctl/offsetctl/internal/cluster"
)

// Part is one partition of the topic, and what of it is read: from Start up to End, which is the log end, LogEnd,
// when it was asked, or before it. Below Stable all transactions are decided. The log itself begins at LogStart.
type Part struct {
	ID                                   int32
	Leader                               cluster.Broker
	LogStart, Start, Stable, End, LogEnd int64
}

// Live is a scan of a topic on its brokers.
type Live struct {
	Run   *cluster.Run
	Topic cluster.Topic
	Parts []Part // sorted

	undecided bool // what became of transactions is not looked for: all is fetched once, in the order of the log
	endless   bool // there is no end: a part is given up only for what does not pass
}

// Read shows the records of the parts, in the order of partition and offset. The error is emit's, or the
// context's; what cannot be read is rows and errors of the report.
func (l *Live) Read(ctx context.Context, o Options, emit func(*Row) error) (Report, error) {
	caller := ctx
	ctx, cancel := context.WithCancel(ctx)
	f := newFeed(len(l.Parts))
	f.progress = o.Progress
	f.progress.beginParts(l.Parts)
	defer context.AfterFunc(ctx, f.stop)()
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	wg.Go(func() { l.fetch(ctx, f) })
	s := newShow(l.partitions(), o, emit, f.stop)
	unread := make([]*cluster.Error, len(l.Parts))
	for i := range l.Parts {
		if l.deal(f, i, s) != nil {
			break
		}
		unread[i] = f.failure(i)
		for _, n := range f.notes(i) {
			s.note(i, n)
		}
	}
	err := s.close()
	if err == nil {
		err = caller.Err()
	}
	var errs cluster.Errors
	for _, e := range s.errors(unread) {
		errs.Add(l.ofTopic(e))
	}
	report := s.report()
	report.Errors = errs.All
	return report, err
}

// ofTopic makes a failure that is of one partition as of all the topic's.
func (l *Live) ofTopic(e *cluster.Error) *cluster.Error {
	if e.Unauthorized() {
		return e.Of(cluster.ScopeTopic, l.Topic.Name)
	}
	return e
}

func (l *Live) partitions() []partition {
	all := make([]partition, len(l.Parts))
	for i, p := range l.Parts {
		all[i] = partition{p.ID, span{p.Start, p.End}}
	}
	return all
}

// deal shows what the feed brings of one partition. An error says that the scan has been stopped.
func (l *Live) deal(f *feed, i int, s *show) error {
	part := l.Parts[i]
	below, beyond := decided{}, endings{}
	decide := func(b *Batch) Outcome {
		switch {
		case b.Control:
			below.ended(b.ProducerID, b.LastOffset)
			return ""
		case b.LastOffset < part.Stable:
			return below.of(b.ProducerID, b.LastOffset)
		}
		return beyond.of(b.ProducerID, b.LastOffset)
	}
	for {
		b, ok := f.next(i)
		switch {
		case !ok:
			return nil
		case b.markers != nil:
			beyond = b.markers
			continue
		}
		below.take(b.aborted)
		err := pieces(b.batches, decide, func(p piece) error { return s.piece(i, p, nil) })
		if m := b.misplaced; m != nil {
			decide(&m.Batch)
			err = s.do(i, m.row, nil)
		}
		if err != nil {
			return err
		}
	}
}
