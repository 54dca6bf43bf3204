package inspect

import (
	"context"
	"runtime"
	"sync"

	"github.com/offsetctl/offsetctl/internal/cluster"
)

// Part is one partition of the topic, and what of it is read: from Start up to End, which is the log end, LogEnd,
// when it was asked, or before it. Below Stable all transactions are decided. The log itself begins at LogStart.
type Part struct {
	ID                                   int32
	Leader                               cluster.Broker
	LogStart, Start, Stable, End, LogEnd int64

	Awaited *Awaited // of what is followed: nothing is known of the log yet; nil: it is
}

// Live is a scan of a topic on its brokers.
type Live struct {
	Run   *cluster.Run
	Topic cluster.Topic
	Parts []Part // sorted
}

// mode is what a scan has fetched, and for how long.
type mode int

const (
	// outcomesFirst has what became of each transaction told before its records: up to the last stable offset by
	// the brokers, and beyond it by the markers, which are looked for before the records are fetched.
	outcomesFirst mode = iota
	// logOrder has all fetched once, markers and records as they stand in the log.
	logOrder
	// endless is logOrder without an end: a part is given up only for what does not pass.
	endless
)

// scan is one reading of parts of a topic: those of the Live in it, which need not be all of the one it began with.
type scan struct {
	Live
	mode mode
	feed *feed
}

// start has parts fetched by goroutines of their own, and what they bring put into the feed of the scan, until ctx
// ends or close is called, which waits for them. progress may be nil.
func (l *Live) start(ctx context.Context, parts []Part, m mode, progress *Progress) (s *scan, close func()) {
	s = &scan{Live{l.Run, l.Topic, parts}, m, newFeed(len(parts))}
	s.feed.progress = progress
	progress.beginParts(parts)
	ctx, cancel := context.WithCancel(ctx)
	release := context.AfterFunc(ctx, s.feed.stop)
	var fetchers sync.WaitGroup
	fetchers.Go(func() { s.fetch(ctx) })
	return s, func() {
		cancel()
		fetchers.Wait()
		release()
	}
}

// Read shows the records of the parts, in the order of partition and offset. The error is emit's, or the
// context's; what cannot be read is rows and errors of the report.
func (l *Live) Read(ctx context.Context, o Options, emit func(*Row) error) (Report, error) {
	report, after, err := l.read(ctx, l.Parts, o, emit)
	if err == nil {
		err = l.addOpen(ctx, after.unseen, o, &report)
	}
	return report, err
}

// left are parts that a reading leaves something open about.
type left struct {
	unseen []Part // of those read, in which transactions may be open that the report does not have
	lost   []Part // given up, so that an error of the report is of their rest
}

// read is Read of some of the parts, or of stretches of them.
func (l *Live) read(ctx context.Context, parts []Part, o Options, emit func(*Row) error) (report Report, after left, err error) {
	scan, closeScan := l.start(ctx, parts, outcomesFirst, o.Progress)
	defer closeScan()
	s := newShow(partitionsOf(parts), o, emit, scan.feed.stop)
	unread := make([]*cluster.Error, len(parts))
	for i := range parts {
		if scan.showPart(i, s) != nil {
			break
		}
		unread[i] = scan.feed.failure(i)
		for _, n := range scan.feed.notes(i) {
			s.note(i, n)
		}
	}
	if err = s.close(); err == nil {
		err = ctx.Err()
	}
	var errs cluster.Errors
	for _, e := range s.errors(unread) {
		errs.Add(l.ofTopic(e))
	}
	report = s.report()
	report.Errors = errs.All
	for i, p := range parts {
		if s.begun(i) && unread[i] == nil && p.mayHaveOpen() && !(s.whole(i) && p.reachesOpen()) {
			after.unseen = append(after.unseen, p)
		}
		if unread[i] != nil {
			after.lost = append(after.lost, p)
		}
	}
	return report, after, err
}

// ofTopic makes a failure that is of one partition as of all the topic's.
func (l *Live) ofTopic(e *cluster.Error) *cluster.Error {
	if e.Unauthorized() {
		return e.Of(cluster.ScopeTopic, l.Topic.Name)
	}
	return e
}

func partitionsOf(parts []Part) []partition {
	all := make([]partition, len(parts))
	for i, p := range parts {
		all[i] = partition{p.ID, span{p.Start, p.End}}
	}
	return all
}

// showPart shows what the feed brings of one part. An error says that the scan has been stopped.
func (l *scan) showPart(i int, s *show) error {
	part := l.Parts[i]
	below, beyond := decided{}, endings{}
	decide := func(b *Batch) decision {
		below.batch(b)
		switch {
		case b.Control || !b.Transactional:
			return decision{}
		case b.LastOffset < part.Stable:
			return below.of(b.ProducerID, b.LastOffset)
		}
		return beyond.of(b.ProducerID, b.LastOffset)
	}
	for {
		b, ok := l.feed.next(i)
		switch {
		case !ok:
			return nil
		case b.markers != nil:
			beyond = b.markers
			continue
		}
		below.add(b.aborted)
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

// bodies gives out what comes of all parts: of several at the same time, as many as there are processors, of each in
// the order of its log.
func (l *scan) bodies(do func(part int, b body)) {
	var readers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(l.Parts)) {
		readers.Go(func() {
			for {
				i, b, ok := l.feed.take()
				if !ok {
					return
				}
				do(i, b)
				l.feed.release(i)
			}
		})
	}
	readers.Wait()
}

// unread is, after all has come, the report of what did not, with what else is worth knowing of the parts.
func (l *scan) unread() Report {
	var errs cluster.Errors
	var notes []string
	for i := range l.Parts {
		errs.Add(l.ofTopic(l.feed.failure(i)))
		notes = append(notes, l.feed.notes(i)...)
	}
	return Report{Errors: errs.All, Notes: notes}
}
