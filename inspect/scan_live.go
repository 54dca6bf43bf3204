package inspect

import (
	"context"
	"errors"
	"sync"

	"github.com/offsetctl/offsetctl/internal/cluster"
)

// Part is one partition of the topic, and what of it is read: from Start up to End, which is the log end, LogEnd,
// when it was asked, or before it. Below Stable all transactions are decided.
type Part struct {
	ID                         int32
	Leader                     cluster.Broker
	Start, Stable, End, LogEnd int64
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
	var report Report
	caller := ctx
	ctx, cancel := context.WithCancel(ctx)
	f := newFeed(len(l.Parts))
	defer context.AfterFunc(ctx, f.stop)()
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	wg.Go(func() { l.fetch(ctx, f) })
	emit = limited(o.Limit, emit)
	var errs cluster.Errors
	for i := range l.Parts {
		e, err := l.show(f, i, o, emit)
		if e.Unauthorized() { // of one partition as of all
			e = e.Of(cluster.ScopeTopic, l.Topic.Name)
		}
		errs.Add(e)
		report.Errors, report.Notes = errs.All, f.notes()
		switch {
		case errors.Is(err, errStop):
			return report, nil
		case err != nil:
			return report, err
		case caller.Err() != nil:
			return report, caller.Err()
		}
	}
	return report, nil
}

// show makes rows of what the feed brings of one partition. The first error is the partition's, the second emit's.
func (l *Live) show(f *feed, i int, o Options, emit func(*Row) error) (*cluster.Error, error) {
	var bad damage
	below, beyond := decided{}, endings{}
	p := &partitionReader{topic: o.Topic, partition: l.Parts[i].ID, start: l.Parts[i].Start, filter: o.Filter, raw: o.Raw, emit: span{l.Parts[i].Start, l.Parts[i].End}.only(func(r *Row) error {
		bad.count(r)
		return emit(r)
	})}
	for {
		b, ok, e := f.next(i)
		if !ok {
			if e == nil {
				e = bad.error(o.Topic, p.partition)
			}
			return e, nil
		}
		if b.markers != nil {
			beyond = b.markers
			continue
		}
		below.take(b.aborted)
		for batch := range Batches(b.batches) {
			p.outcome = beyond.of
			if batch.LastOffset < l.Parts[i].Stable {
				p.outcome = below.of
			}
			if batch.LastOffset < l.Parts[i].Start {
				continue
			}
			if err := p.batch(&batch); err != nil {
				return bad.error(o.Topic, p.partition), err
			}
			if batch.Control {
				below.ended(batch.ProducerID, batch.LastOffset)
			}
		}
	}
}
