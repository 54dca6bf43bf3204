package inspect

import (
	"errors"
	"fmt"
	"time"

	"github.com/offsetctl/offsetctl/internal/cluster"
)

// partitionMost is the most bytes of one partition that one request asks for.
const partitionMost = 4 << 20

// fetchLimits of one request for so many bytes. Brokers fill an answer in the order asked, so the lowest partitions
// come first.
func fetchLimits(bytes int) cluster.FetchLimits {
	return cluster.FetchLimits{Partition: int32(min(bytes, partitionMost)), Total: int32(bytes), MinBytes: 1, Wait: 500 * time.Millisecond}
}

// position is how far the fetching of one part has come. At any time one goroutine has it: a loop or the mover.
type position struct {
	part  int
	at    int64 // next offset to ask for
	phase phase
	ends  endings // found in phase markers
	idle  int     // answers in a row that brought nothing
	claim claim   // of the batch at this offset

	misplaced map[string]phase // by their heads: an answer may begin with one that has come before

	lost    trouble  // zero: its leader answers
	awaited *Awaited // it has had no leader yet
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
func (l *scan) begin(part int) *position {
	p := &position{part: part, at: l.Parts[part].Start, awaited: l.Parts[part].Awaited}
	if l.mode != outcomesFirst {
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

// left is how many offsets are still to be read.
func (p Part) left(pos *position) int64 {
	if pos.phase == markers {
		return p.End - max(p.Stable, p.Start)
	}
	return p.End - pos.at
}

// settle moves a position on to the phase that has something left to fetch; false: nothing has.
func (l *scan) settle(f *feed, p *position) bool {
	part := l.Parts[p.part]
	for p.phase != finished && p.at >= part.until(p.phase) {
		p.claim = claim{}
		switch p.phase {
		case stable:
			p.phase, p.ends = markers, endings{}
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
	return p.phase != finished
}

func (l *scan) name(part int) string {
	return cluster.TP{Topic: l.Topic.Name, Partition: l.Parts[part].ID}.String()
}

// giveUp ends a part before its end.
func (l *scan) giveUp(f *feed, p *position, e *cluster.Error) {
	f.progress.advance(l.Parts[p.part].left(p))
	p.phase = finished
	if l.mode == endless && !e.Interrupted() {
		f.put(p.part, body{failed: e})
	}
	f.end(p.part, e)
}

// idleLimit is how many answers without a new batch in them are taken before a part is given up: below the end
// there is something, or compaction has left an empty batch in its place.
const idleLimit = 10

// asks is the offset to ask for.
func (p *position) asks() int64 {
	if p.claim.asked() {
		return p.claim.last
	}
	return p.at
}

// accept takes in what an answer has of one part. Only the first one asked for is sure to have something in it:
// the others get what room is left.
func (l *scan) accept(f *feed, p *position, got cluster.Fetched, first bool) {
	until := l.Parts[p.part].until(p.phase)
	s := sifted{next: p.at}
	if !p.claim.asked() || p.claim.hear(got, p.phase == stable, p.seen) {
		s = sift(got, p.at, until, p.claim, p.seen)
	}
	err := s.err
	if s.claim.head != nil {
		p.claim = s.claim
	}
	if s.next <= p.at && len(s.bodies) == 0 { // nothing, or what came before
		if first && !(l.mode == endless && err == nil && len(got.Records) == 0) {
			p.idle++
		}
		switch {
		case got.LogStart > p.at:
			l.trimmed(f, p, got.LogStart)
		case errors.Is(err, ErrNotBatch) || p.idle >= idleLimit:
			l.giveUp(f, p, l.stuck(p, err))
		}
		return
	}
	if p.phase != markers {
		f.progress.advance(min(s.next, until) - p.at)
	}
	p.idle, p.at, p.claim = 0, s.next, s.claim
	p.see(s)
	if p.phase == markers {
		p.ends.search(s.bodies)
	} else {
		hand(f, p.part, s.bodies, got.Aborted)
	}
	l.settle(f, p)
}

// seen reports whether a batch was misplaced before. Markers are looked for first, and told of afterwards.
func (p *position) seen(b *Batch) bool {
	at, ok := p.misplaced[string(head(b))]
	return ok && (at != markers || p.phase == markers)
}

// see notes what may come again.
func (p *position) see(s sifted) {
	heads := s.overlong
	for _, b := range s.bodies {
		if b.misplaced != nil {
			heads = append(heads, string(head(&b.misplaced.Batch)))
		}
	}
	if p.misplaced == nil && len(heads) > 0 {
		p.misplaced = map[string]phase{}
	}
	for _, h := range heads {
		p.misplaced[h] = p.phase
	}
}

// hand puts what an answer has, in order, with its list of aborted transactions in front.
func hand(f *feed, part int, bodies []body, aborted []cluster.Aborted) {
	for i, b := range bodies {
		if i == 0 {
			b.aborted = aborted
		}
		f.put(part, b)
	}
}

// search finds the markers in bodies. Of a misplaced one all is known that matters.
func (e endings) search(bodies []body) {
	var d Decompressor
	for _, body := range bodies {
		for b := range Batches(body.batches) {
			e.take(&d, &b, b.BaseOffset)
		}
		if m := body.misplaced; m != nil {
			e.take(&d, &m.Batch, m.BaseOffset)
		}
	}
}

// stuck is the error of a part whose leader sends nothing that leads on.
func (l *scan) stuck(p *position, err error) *cluster.Error {
	reason := fmt.Sprintf("its leader sends nothing from offset %d on, though the log goes on to %d", p.at, l.Parts[p.part].LogEnd)
	if err != nil {
		reason = fmt.Sprintf("reading from offset %d: %v", p.at, err)
	}
	return &cluster.Error{Scope: cluster.ScopePartition, Name: l.name(p.part), Code: cluster.CodeCorrupt, Message: reason, Err: err}
}

// trimmed goes on at the new start of a log that was trimmed meanwhile.
func (l *scan) trimmed(f *feed, p *position, start int64) {
	if p.phase != markers { // else the records that they would have decided on are gone too
		l.note(f, p, "the records from offset %d to %d are gone: the log was trimmed meanwhile", p.at, min(start, l.Parts[p.part].End)-1)
		f.progress.advance(min(start, l.Parts[p.part].until(p.phase)) - p.at)
	}
	p.at, p.claim = start, claim{}
	l.settle(f, p)
}

// note says what is worth knowing of a part.
func (l *scan) note(f *feed, p *position, format string, args ...any) {
	text := fmt.Sprintf("partition %s: %s", l.name(p.part), fmt.Sprintf(format, args...))
	if l.mode == endless {
		f.put(p.part, body{note: text})
	} else {
		f.note(p.part, text)
	}
}
