package inspect

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/offsetctl/offsetctl/internal/cluster"
)

// What is followed need not be there yet: a topic is created, and a partition gets a leader, when they are needed.

// awaitEvery is how often a topic is looked for that is not there.
const awaitEvery = time.Second

// Await waits until the topic is there, and plans it. What it reads begins with the log, where --follow would have begun
// with the end: all of it has come since. note is told when no broker answers meanwhile, and when one does again. The
// error is the context's.
func Await(ctx context.Context, run *cluster.Run, w Wanted, note func(string)) (*Live, Report, error) {
	if w.Range.From == Latest() {
		w.Range.From = Earliest()
	}
	silent := false
	for {
		select {
		case <-ctx.Done():
			return nil, Report{}, ctx.Err()
		case <-time.After(awaitEvery):
		}
		l, report, errs := Plan(ctx, run, w)
		switch {
		case ctx.Err() != nil:
			continue
		case errs != nil && !silent:
			note("no bootstrap server answers, which is waited for: " + errs[0].Error())
		case errs == nil && silent:
			note("the cluster answers again")
		}
		if silent = errs != nil; !silent && !passes(l.Topic.Err) {
			return l, report, nil
		}
		run.Forget()
	}
}

// passes reports whether a topic that cannot be read for this reason may be there soon.
func passes(e *cluster.Error) bool { return e != nil && (e.UnknownTopic() || retry(e)) }

// awaitedBefore is how far before the start of following the records are shown of a partition whose log end could not
// be asked for then: timestamps are by brokers' clocks, and what is shown twice is better than what is lost.
const awaitedBefore = time.Minute

// await makes parts of the partitions that cannot be read for now, and returns the errors that are left.
func (w Wanted) await(l *Live, failed []*cluster.Error) (left []*cluster.Error) {
	r := Range{From: w.Range.From}
	if r.From == Latest() {
		r.From = AtTime(time.Now().Add(-awaitedBefore))
	}
	ids := map[string]int32{}
	for _, p := range l.Topic.Partitions {
		ids[cluster.TP{Topic: l.Topic.Name, Partition: p.ID}.String()] = p.ID
	}
	for _, e := range failed {
		id, known := ids[e.Name]
		if !known || e.Scope != cluster.ScopePartition || !retry(e) {
			left = append(left, e)
			continue
		}
		l.Parts = append(l.Parts, Part{ID: id, Awaited: &Awaited{e, r}})
	}
	slices.SortFunc(l.Parts, func(a, b Part) int { return cmp.Compare(a.ID, b.ID) })
	return left
}

// Awaited is why a part that is followed has no leader to ask when it is planned, and what of it is read when it has.
type Awaited struct {
	Why   *cluster.Error
	Range Range // of which the end says nothing
}

// await has parts wait for a leader, and says so.
func (a *fetching) await(waiting []*position) {
	for _, p := range waiting {
		p.lost.note(a.Parts[p.part].Awaited.Why)
	}
	for _, same := range byReason(waiting) {
		why := same[0].lost.why
		a.noteAll(same, "it is waited for: %s (%s)", "they are waited for: %s (%s)", why.Message, why.Code)
	}
}

// takeUp begins to read a part that has a leader at last.
func (a *fetching) takeUp(ctx context.Context, topic cluster.Topic, leader cluster.Broker, p *position) {
	r := p.awaited.Range
	tp := cluster.TP{Topic: topic.Name, Partition: a.Parts[p.part].ID}
	log := a.Run.Offsets(ctx, []cluster.Topic{topic}, []cluster.TP{tp}, append(r.specs(), cluster.LogStart, cluster.LogEnd)...)[tp]
	switch {
	case log.Err != nil && !retry(log.Err):
		a.giveUp(a.feed, p, log.Err)
	case log.Err != nil || log.Start == nil || log.End == nil:
		a.again(p, log.Err)
	default:
		p.at, p.awaited = r.of(log).from, nil
		start := p.at
		a.feed.put(p.part, body{back: &start})
		a.hand(ctx, leader, p)
	}
}
