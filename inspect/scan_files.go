package inspect

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"github.com/offsetctl/offsetctl/internal/cluster"
)

// chunkSize is how much of a segment the first pass reads at once.
const chunkSize = 1 << 20

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
		if err == nil {
			f.show.partitions[i].span = found.span
			err = f.log(ctx, i, log, found.ends)
		}
		orders[i] = found.order.first
		if errors.Is(err, errStop) || ctx.Err() != nil {
			break
		}
		if err != nil {
			unread[i] = unreadable(o.Topic, log[0].Partition, err)
		}
		past = o.Range.pastEnd(past, log[0].Partition, found.order.next)
		f.progress.partition()
	}
	err := f.show.close()
	if err == nil {
		err = ctx.Err()
	}
	for i, err := range orders[:min(len(orders), f.show.last)] {
		if err != nil {
			f.show.damage[i].add(damage{1, err})
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

// log shows the segments of one partition. The error is show's, or says why a segment cannot be read at all.
func (f *fileScan) log(ctx context.Context, part int, segments []Segment, ends endings) error {
	decide := func(b *Batch) Outcome { return ends.of(b.ProducerID, b.LastOffset) }
	for i, s := range segments {
		err := f.segment(ctx, part, s, decide)
		var end *SegmentError
		switch {
		case err == nil:
		case !errors.As(err, &end):
			return err
		case errors.Is(err, ErrCut) && i == len(segments)-1:
			f.show.note(part, s.cutNote(end))
		default:
			if err := f.show.do(part, func(r *partitionReader) error { return r.unreadableRest(s, end) }, nil); err != nil {
				return err
			}
		}
	}
	return nil
}

// segment shows one segment. The error is show's, or says why the segment cannot be read to its end.
func (f *fileScan) segment(ctx context.Context, part int, s Segment, decide func(*Batch) Outcome) error {
	buf := func() []byte {
		if b, ok := f.bufs.Get().(*[]byte); ok {
			return *b
		}
		return nil
	}
	return eachChunk(ctx, s.Path, pieceSize, buf, func(c Chunk) error {
		f.progress.chunk(c.Bytes)
		return f.show.piece(part, newPiece(c.Bytes, decide), func() { f.bufs.Put(&c.Bytes) })
	})
}

// unreadableRest makes the row of what is left of a segment that cannot be read to its end.
func (p *partitionReader) unreadableRest(s Segment, end *SegmentError) error {
	offset := end.LastOffset + 1
	if end.Batches == 0 {
		offset = s.base()
	}
	return p.unread(offset, fmt.Errorf("%s: %w", s, end))
}

// cutNote says of the last segment of a partition that it ends inside a batch.
func (s Segment) cutNote(end *SegmentError) string {
	return fmt.Sprintf("%s ends inside a batch, as the file of a running broker may: %v", s, end)
}

func unreadable(t Topic, partition int32, err error) *cluster.Error {
	return &cluster.Error{Scope: cluster.ScopePartition, Name: cluster.TP{Topic: t.LogName(), Partition: partition}.String(), Code: "UNREADABLE_FILE", Message: err.Error(), Err: err}
}

// take notes the marker of a control batch, if it is one and whole: the second pass says so if not.
func (e endings) take(d *Decompressor, b *Batch) {
	if !b.Control {
		return
	}
	_ = d.Each(b, func(r Record) error {
		m, err := ParseMarker(r.Key, r.Value)
		switch {
		case err != nil:
		case m.Commit:
			e.add(b.ProducerID, r.Offset, Committed)
		default:
			e.add(b.ProducerID, r.Offset, Aborted)
		}
		return nil
	})
}

// eachChunk reads a segment in chunks of about size bytes, each in memory that buf gives. The error is do's, the
// context's, or says why the segment cannot be read to its end.
func eachChunk(ctx context.Context, path string, size int, buf func() []byte, do func(Chunk) error) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	r := NewSegmentReader(f, size)
	for {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		c, err := r.Next(buf())
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := do(c); err != nil {
			return err
		}
	}
}
