package inspect

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/offsetctl/offsetctl/internal/cluster"
)

// logReader reads the segments of one partition, in order, and tells what it finds. An error of its functions ends
// it.
type logReader struct {
	size  int           // of a chunk, about
	buf   func() []byte // memory for the next chunk, or nil
	chunk func(Segment, segmentChunk) error

	damage     func(stretch) error // which comes between chunks
	note       func(string)
	unreadable func(error) // the system does not give a segment, or the rest of it

	progress *Progress // counts what is read; nil: nobody looks
	order    order     // of the batches, where eachBatch has them given
}

// batchesSize is how much of a segment is read at once where its batches are only looked at.
const batchesSize = 1 << 20

// eachBatch has f given the batches one after the other, in memory that is used again. f reports whether one can be read.
func (l *logReader) eachBatch(f func(*Batch) (readable bool)) {
	var own []byte
	var batch Batch // one for all: each that f is given would be allocated
	l.size = batchesSize
	l.buf = func() []byte { return own }
	l.chunk = func(s Segment, c segmentChunk) error {
		for b := range Batches(c.Bytes) {
			batch = b
			l.order.take(s, &batch, f(&batch))
		}
		own = c.Bytes
		return nil
	}
}

// loses reports whether batches may be missing in a stretch, of what eachBatch gives: not if the offsets go on behind it.
func (l *logReader) loses(d stretch) bool { return d.next != l.order.next }

// stretch is a part of a log that cannot be read.
type stretch struct {
	from int64 // first offset that may be in it
	next int64 // first that is behind it; 0: nothing of the segment is
	err  error
}

// read reads the segments. The error is the context's or one of its functions'.
func (l *logReader) read(ctx context.Context, segments []Segment) error {
	for i, s := range segments {
		last := i == len(segments)-1
		end, err := l.segment(ctx, s, last)
		if err == nil && end != nil {
			err = l.ends(s, end, last)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// segment reads one segment: end says why it cannot be read to its end.
func (l *logReader) segment(ctx context.Context, s Segment, last bool) (end, err error) {
	f, end := os.Open(s.Path)
	if end != nil {
		return end, nil
	}
	defer f.Close()
	r := newSegmentReader(f, l.size)
	for {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		c, end := r.Next(l.buf())
		var gap *segmentError
		switch {
		case end == nil:
			l.progress.chunk(c.Bytes)
			err = l.chunk(s, c)
		case end == io.EOF:
			return r.zerosBehind(f, last), nil
		case errors.As(end, &gap) && gap.Resumed > 0:
			l.progress.advance(gap.Resumed - gap.Position)
			err = l.damage(s.stretch(gap))
		default:
			return end, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// zerosBehind says what zeros up to the end of a file are where another segment follows: a broker takes what it has
// allocated and not filled from a segment before it begins the next.
func (s *segmentReader) zerosBehind(f *os.File, last bool) error {
	info, err := f.Stat()
	if last || err != nil || !info.Mode().IsRegular() || info.Size() <= s.position {
		return nil
	}
	reason := fmt.Errorf("%w: %d zeros up to the end of the file", ErrNotBatch, info.Size()-s.position)
	return &segmentError{Position: s.position, Batches: s.batches, LastOffset: s.last, Reason: reason}
}

// ends tells what it means that a segment cannot be read to its end.
func (l *logReader) ends(s Segment, end error, last bool) error {
	var at *segmentError
	switch {
	case errors.As(end, &at) && errors.Is(end, ErrCut) && last:
		l.note(fmt.Sprintf("%s ends inside a batch, as the file of a running broker may: %v", s, end))
	case at != nil && (errors.Is(end, ErrCut) || errors.Is(end, ErrNotBatch)):
		return l.damage(s.stretch(at))
	case at != nil:
		l.unreadable(fmt.Errorf("%s: %w", s, end))
	default: // the system names the path
		l.unreadable(end)
	}
	return nil
}

// stretch is what an error leaves unread.
func (s Segment) stretch(e *segmentError) stretch {
	from := e.LastOffset + 1
	if e.Batches == 0 {
		from = s.base()
	}
	return stretch{from: from, next: e.NextOffset, err: fmt.Errorf("%s: %w", s, e)}
}

func unreadable(t Topic, partition int32, err error) *cluster.Error {
	return &cluster.Error{Scope: cluster.ScopePartition, Name: cluster.TP{Topic: t.LogName(), Partition: partition}.String(), Code: "UNREADABLE_FILE", Message: err.Error(), Err: err}
}
