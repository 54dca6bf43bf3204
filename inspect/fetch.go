package inspect

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/offsetctl/offsetctl/internal/cluster"
)

// fetchLimits of one request. Brokers fill an answer in the order asked, so the lowest partitions come first.
func fetchLimits() cluster.FetchLimits {
	return cluster.FetchLimits{Partition: 4 << 20, Total: 16 << 20, MinBytes: 1, Wait: 500 * time.Millisecond}
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

// begin is the position at the start of a part.
func (l *Live) begin(part int) *position {
	p := &position{part: part, at: l.Parts[part].Start}
	if l.undecided {
		p.phase = beyond
	}
	return p
}

// until is where a phase ends. Markers may stand beyond the last record that is read.
func (p Part) until(ph phase) int64 {
	switch ph {
	case stable:
		return min(p.Stable, p.End)
	case markers:
		return p.LogEnd
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
		if max(part.Stable, part.Start) >= part.End && p.phase != finished { // no transaction is open
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
		positions[i] = l.begin(i)
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
// and why the rest is none. Batches after until were not asked for.
func wholeBatches(b []byte, until int64) (size int, next int64, err error) {
	for batch, err := range Batches(b) {
		if err != nil {
			return size, next, err
		}
		if next >= until || batch.BaseOffset >= until && !batch.wraps() {
			return size, max(next, until), nil
		}
		size += len(batch.Bytes)
		next = batch.LastOffset + 1
	}
	return size, next, nil
}
