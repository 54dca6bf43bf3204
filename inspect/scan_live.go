package inspect

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/offsetctl/offsetctl/internal/cluster"
)

// Part is one partition of the topic, and what of it is read: from Start to End, the log end when it was asked.
// Below Stable all transactions are decided.
type Part struct {
	ID                 int32
	Leader             cluster.Broker
	Start, Stable, End int64
}

// Live is a scan of a topic on its brokers.
type Live struct {
	Run   *cluster.Run
	Topic cluster.Topic
	Parts []Part // sorted
}

// fetchLimits of one request. Brokers fill an answer in the order asked, so the lowest partitions come first.
func fetchLimits() cluster.FetchLimits {
	return cluster.FetchLimits{Partition: 4 << 20, Total: 16 << 20, MinBytes: 1, Wait: 500 * time.Millisecond}
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
	for _, mine := range l.byLeader() {
		wg.Go(func() { l.fetch(ctx, f, mine) })
	}
	emit = limited(o.Limit, emit)
	var errs cluster.Errors
	for i := range l.Parts {
		e, err := l.show(f, i, o, emit)
		if e.Unauthorized() { // of one partition as of all
			e = e.Of(cluster.ScopeTopic, l.Topic.Name)
		}
		errs.Add(e)
		report.Errors = errs.All
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

// byLeader are the indexes of the parts, by leader.
func (l *Live) byLeader() map[cluster.Broker][]int {
	m := map[cluster.Broker][]int{}
	for i, p := range l.Parts {
		m[p.Leader] = append(m[p.Leader], i)
	}
	return m
}

// show makes rows of what the feed brings of one partition. The first error is the partition's, the second emit's.
func (l *Live) show(f *feed, i int, o Options, emit func(*Row) error) (*cluster.Error, error) {
	var bad damage
	below, beyond := decided{}, endings{}
	p := &partitionReader{topic: o.Topic, partition: l.Parts[i].ID, start: l.Parts[i].Start, filter: o.Filter, raw: o.Raw, emit: func(r *Row) error {
		bad.count(r)
		return emit(r)
	}}
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

// position is how far the fetching of one part has come.
type position struct {
	part  int
	at    int64 // next offset to ask for
	phase phase
	ends  endings // found in phase markers
	idle  int     // answers in a row that brought nothing
}

// phase is what is fetched of a part.
type phase int

// Up to the last stable offset all is decided. Beyond, the markers are looked for first, with nothing kept but
// them, and then the records are fetched.
const (
	stable phase = iota
	markers
	beyond
	finished
)

// until is where a phase ends.
func (p Part) until(ph phase) int64 {
	if ph == stable {
		return min(p.Stable, p.End)
	}
	return p.End
}

// settle moves a position on to the phase that has something left to fetch.
func (l *Live) settle(f *feed, p *position) {
	part := l.Parts[p.part]
	for p.phase != finished && p.at >= part.until(p.phase) {
		switch p.phase {
		case stable:
			p.phase, p.at = markers, max(p.at, part.Stable, part.Start)
			p.ends = endings{}
		case markers:
			f.put(p.part, body{markers: p.ends})
			p.phase, p.at = beyond, max(part.Stable, part.Start)
		default:
			p.phase = finished
			f.end(p.part, nil)
		}
		if part.Stable >= part.End && p.phase != finished { // no transaction is open
			p.phase = finished
			f.end(p.part, nil)
		}
	}
}

// fetch is the loop of one leader: it asks for all of its parts that are open, the lowest first, until it has
// them to their ends.
func (l *Live) fetch(ctx context.Context, f *feed, mine []int) {
	positions := map[int]*position{}
	for _, i := range mine {
		positions[i] = &position{part: i, at: l.Parts[i].Start}
		l.settle(f, positions[i])
	}
	for {
		open := slices.DeleteFunc(slices.Clone(mine), func(i int) bool { return positions[i].phase == finished })
		if len(open) == 0 {
			return
		}
		open = f.choose(ctx, open)
		if len(open) == 0 {
			for _, i := range mine {
				f.end(i, nil)
			}
			return
		}
		l.fetchOnce(ctx, f, open, positions)
	}
}

// fetchOnce sends one request for the parts that are in the phase of the first of them.
func (l *Live) fetchOnce(ctx context.Context, f *feed, open []int, positions map[int]*position) {
	leader, isStable := l.Parts[open[0]].Leader, positions[open[0]].phase == stable
	var from []cluster.FetchFrom
	var asked []*position
	for _, i := range open {
		if p := positions[i]; (p.phase == stable) == isStable {
			from = append(from, cluster.FetchFrom{Partition: l.Parts[i].ID, Offset: p.at})
			asked = append(asked, p)
		}
	}
	got, e := l.Run.Fetch(ctx, leader, l.Topic, from, isStable, fetchLimits())
	for k, p := range asked {
		switch {
		case e != nil:
			l.give(f, p, e.Of(cluster.ScopePartition, l.name(p.part)))
		case got[k].Err != nil:
			l.give(f, p, got[k].Err)
		default:
			l.take(f, p, got[k], k == 0)
		}
	}
}

func (l *Live) name(part int) string {
	return cluster.TP{Topic: l.Topic.Name, Partition: l.Parts[part].ID}.String()
}

// give gives a part up.
func (l *Live) give(f *feed, p *position, e *cluster.Error) {
	p.phase = finished
	f.end(p.part, e)
}

// idleLimit is how many answers without a new batch in them are taken before a part is given up: below the end
// there is something, or compaction has left an empty batch in its place.
const idleLimit = 10

// take takes in what an answer has of one part. Only the first one asked for is sure to have something in it:
// the others get what room is left.
func (l *Live) take(f *feed, p *position, got cluster.Fetched, first bool) {
	until := l.Parts[p.part].until(p.phase)
	whole, next, err := wholeBatches(got.Records, until)
	if next <= p.at && next < until { // nothing, or what came before
		if first {
			p.idle++
		}
		switch {
		case got.LogStart > p.at: // trimmed meanwhile
			p.at = got.LogStart
			l.settle(f, p)
		case errors.Is(err, ErrNotBatch) || p.idle >= idleLimit:
			reason := fmt.Sprintf("its leader sends nothing from offset %d on, though the log goes on to %d", p.at, l.Parts[p.part].End)
			if err != nil {
				reason = fmt.Sprintf("reading from offset %d: %v", p.at, err)
			}
			l.give(f, p, &cluster.Error{Scope: cluster.ScopePartition, Name: l.name(p.part), Code: "CORRUPT_MESSAGE", Message: reason, Err: err})
		}
		return
	}
	p.idle, p.at = 0, next
	if p.phase == markers {
		var d Decompressor
		for b := range Batches(got.Records[:whole]) {
			p.ends.take(&d, &b)
		}
	} else {
		f.put(p.part, body{batches: got.Records[:whole], aborted: got.Aborted})
	}
	l.settle(f, p)
}

// wholeBatches tells how much of an answer is whole batches that begin before until, the offset after them,
// and why the rest is none. Batches after until were not asked for: they came since.
func wholeBatches(b []byte, until int64) (size int, next int64, err error) {
	for batch, err := range Batches(b) {
		if err != nil {
			return size, next, err
		}
		if batch.BaseOffset >= until {
			return size, max(next, until), nil
		}
		size += len(batch.Bytes)
		next = batch.LastOffset + 1
	}
	return size, next, nil
}
