package inspect

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/offsetctl/offsetctl/internal/cluster"
)

// chunkSize is how much of a segment is read at once.
const chunkSize = 1 << 20

// Files shows the records of segments, which come from FindSegments. What became of each transaction is found
// in a first pass over the headers of a partition's segments. The error is emit's; what cannot be read is rows
// and errors of the report.
func Files(segments []Segment, o Options, emit func(*Row) error) (Report, error) {
	var report Report
	emit = limited(o.Limit, emit)
	for len(segments) > 0 {
		n := 1
		for n < len(segments) && segments[n].Partition == segments[0].Partition {
			n++
		}
		err := files(segments[:n], o, emit, &report)
		if errors.Is(err, errStop) {
			return report, nil
		}
		if err != nil {
			return report, err
		}
		segments = segments[n:]
	}
	return report, nil
}

// files shows the segments of one partition.
func files(segments []Segment, o Options, emit func(*Row) error, report *Report) error {
	found, err := scout(segments, o.Range)
	if err != nil {
		report.Errors = append(report.Errors, unreadable(o.Topic, segments[0].Partition, err))
		return nil
	}
	var bad damage
	p := &partitionReader{topic: o.Topic, partition: segments[0].Partition, filter: o.Filter, raw: o.Raw, start: found.span.from, outcome: found.ends.of, emit: found.span.only(func(r *Row) error {
		bad.count(r)
		return emit(r)
	})}
	err = p.segments(segments, found.span, report)
	if e := bad.error(o.Topic, p.partition); e != nil { // also of a scan that has reached its limit
		report.Errors = append(report.Errors, e)
	}
	return err
}

// segments makes rows of what the segments of the partition have in a span.
func (p *partitionReader) segments(segments []Segment, within span, report *Report) error {
	for i, s := range segments {
		err := eachChunk(s.Path, func(c Chunk) error {
			for b := range Batches(c.Bytes) {
				if !within.has(&b) {
					continue
				}
				if err := p.batch(&b); err != nil {
					return err
				}
			}
			return nil
		})
		var end *SegmentError
		switch {
		case err == nil:
		case !errors.As(err, &end):
			return err
		case errors.Is(err, ErrCut) && i == len(segments)-1:
			report.Notes = append(report.Notes, fmt.Sprintf("%s ends inside a batch, as the file of a running broker may: %v", s.Path, end))
		default:
			if err := p.unreadableRest(s, end); err != nil {
				return err
			}
		}
	}
	return nil
}

// unreadableRest makes the row of what is left of a segment that cannot be read to its end.
func (p *partitionReader) unreadableRest(s Segment, end *SegmentError) error {
	row := p.begin(Record{Offset: end.LastOffset + 1, Timestamp: -1})
	if end.Batches == 0 {
		row.Offset = s.base()
	}
	row.Damaged = true
	row.KeyJSON, row.ValueJSON = append(row.KeyJSON, "null"...), append(row.ValueJSON, "null"...)
	row.Err = fmt.Errorf("%s: %w", s.Path, end)
	return p.emit(row)
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

// eachChunk reads a segment. The error is do's, or says why the segment cannot be read to its end.
func eachChunk(path string, do func(Chunk) error) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	r := NewSegmentReader(f, chunkSize)
	var buf []byte
	for {
		c, err := r.Next(buf)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := do(c); err != nil {
			return err
		}
		buf = c.Bytes
	}
}
