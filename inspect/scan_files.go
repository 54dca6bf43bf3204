package inspect

import (
	"cmp"
	"context"
	"sync"

	"github.com/offsetctl/offsetctl/internal/cluster"
)

// Files shows the records of segments, which come from FindSegments. What became of each transaction is found
// in a first pass over the headers of a partition's segments. The error is emit's or the context's; what cannot be
// read is rows and errors of the report.
func Files(ctx context.Context, segments []Segment, o Options, emit func(*Row) error) (Report, error) {
	logs := byPartition(segments)
	partitions := make([]partition, len(logs))
	for i, log := range logs {
		partitions[i] = partition{id: log[0].Partition} // and its span, when it is known
	}
	f := &fileScan{show: newShow(partitions, o, emit, func() {}), topic: o.Topic, progress: o.Progress}
	f.progress.beginFiles(logs)
	unread, orders := make([]*cluster.Error, len(logs)), make([]error, len(logs))
	var past []PastEnd
	for i, log := range logs {
		found, err := scout(ctx, log, o.Range)
		var failed error
		if err == nil {
			f.show.partitions[i].span, orders[i] = found.span, found.order.first
			failed, err = f.log(ctx, i, log, found)
		}
		if failed != nil {
			unread[i] = unreadable(o.Topic, log[0].Partition, failed)
		}
		if err != nil { // stopped, or interrupted
			break
		}
		past = o.Range.pastEnd(past, log[0].Partition, found.order.end)
		f.progress.partition()
	}
	err := f.show.close()
	if err == nil {
		err = ctx.Err()
	}
	for i, err := range orders[:min(len(orders), f.show.last)] {
		if err != nil {
			f.show.damage[i].add(damage{rows: 1, first: err})
		}
	}
	report := f.show.report()
	report.Errors, report.PastEnd = f.show.errors(unread), past
	return report, err
}

// byPartition parts segments, which are in order.
func byPartition(segments []Segment) [][]Segment {
	var all [][]Segment
	for i, s := range segments {
		if i == 0 || s.Partition != segments[i-1].Partition {
			all = append(all, nil)
		}
		all[len(all)-1] = append(all[len(all)-1], s)
	}
	return all
}

// fileScan is a scan of segments.
type fileScan struct {
	topic Topic
	show  *show
	bufs  sync.Pool // of *[]byte, for chunks

	progress *Progress // of the second pass
}

// log shows the segments of one partition. unread says why some cannot be read; the error is show's.
func (f *fileScan) log(ctx context.Context, part int, segments []Segment, found scouted) (unread, err error) {
	decide := func(b *Batch) decision {
		if b.Control || !b.Transactional {
			return decision{}
		}
		d := found.ends.of(b.ProducerID, b.LastOffset)
		d.doubt = cmp.Or(d.doubt, found.order.unsure) // what comes before what is told by offsets
		return d
	}
	l := logReader{
		size: pieceSize, progress: f.progress,
		buf: func() []byte {
			if b, ok := f.bufs.Get().(*[]byte); ok {
				return *b
			}
			return nil
		},
		chunk: func(_ Segment, c segmentChunk) error {
			return f.show.piece(part, newPiece(c.Bytes, decide), func() { f.bufs.Put(&c.Bytes) })
		},
		damage: func(d stretch) error {
			if d.next > 0 && d.next <= f.show.partitions[part].span.from {
				return nil
			}
			return f.show.do(part, func(r *partitionReader) error { return r.unread(d.from, d.err) }, nil)
		},
		note:       func(text string) { f.show.note(part, text) },
		unreadable: func(err error) { unread = cmp.Or(unread, err) },
	}
	err = l.read(ctx, segments)
	return unread, err
}
