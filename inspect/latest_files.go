package inspect

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
)

// LatestFiles adds up segments, which come from FindSegments: partitions at the same time, as many as there are
// processors, and each in the order of its log. What cannot be read is errors of the report.
func LatestFiles(ctx context.Context, segments []Segment, o Options) (*State, error) {
	l := &State{}
	parts := byPartition(segments)
	reports := make([]Report, len(parts))
	o.Progress.beginFiles(parts)
	for _, part := range parts {
		l.parts = append(l.parts, newPartitionState(o, part[0].Partition, 0))
	}
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(parts)) {
		wg.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(parts)) && ctx.Err() == nil; i = next.Add(1) - 1 {
				l.parts[i].segments(ctx, parts[i], o.Progress, &reports[i])
				o.Progress.partition()
			}
		})
	}
	wg.Wait()
	for _, r := range reports {
		l.Report.Errors = append(l.Report.Errors, r.Errors...)
		l.Report.Notes = append(l.Report.Notes, r.Notes...)
	}
	l.finish(o.Topic)
	return l, ctx.Err()
}

// segments adds up the segments of the partition.
func (l *partitionState) segments(ctx context.Context, segments []Segment, progress *Progress, report *Report) {
	reader := logReader{progress: progress}
	reader.damage = func(d stretch) error {
		l.bad.note(d.err)
		if reader.loses(d) {
			lose(l.open, d.from)
		}
		return nil
	}
	reader.note = func(text string) { report.Notes = append(report.Notes, text) }
	reader.unreadable = func(err error) {
		if l.incomplete == nil {
			l.incomplete = unreadable(l.topic, l.partition, err)
			report.Errors = append(report.Errors, l.incomplete)
		}
		lose(l.open, reader.order.next)
	}
	reader.eachBatch(l.batch)
	_ = reader.read(ctx, segments) // the context's
	if reader.order.first != nil {
		l.bad.note(reader.order.first)
	}
}
