package inspect

import (
	"cmp"
	"context"
	"slices"
	"sync"

	"github.com/offsetctl/offsetctl/internal/cluster"
)

// fetching is the loops that fetch for one scan, one per leader. A part whose leader has moved, or does not
// answer, goes from its loop to the mover and from there to the loop of its new leader, with its position: nothing
// is lost or doubled.
type fetching struct {
	*scan
	wg sync.WaitGroup

	mu     sync.Mutex // never held while the feed is called
	loops  map[cluster.Broker][]*position
	lost   []*position
	moving bool // the mover runs
}

// fetch has all parts fetched, and returns when they have come to their ends or the feed wants nothing more.
func (l *scan) fetch(ctx context.Context) {
	a := &fetching{scan: l, loops: map[cluster.Broker][]*position{}}
	for i, part := range l.Parts {
		switch p := l.begin(i); {
		case !l.settle(l.feed, p):
		case p.awaited != nil:
			a.lost = append(a.lost, p)
		default:
			a.loops[part.Leader] = append(a.loops[part.Leader], p)
		}
	}
	l.feed.share(len(a.loops))
	a.await(a.lost)
	a.mu.Lock()
	if a.moving = len(a.lost) > 0; a.moving {
		a.wg.Go(func() { a.move(ctx) })
	}
	for leader := range a.loops {
		a.wg.Go(func() { a.loop(ctx, leader) })
	}
	a.mu.Unlock()
	a.wg.Wait()
}

// loop asks a leader for all of its parts, the lowest first, until it has none any more.
func (a *fetching) loop(ctx context.Context, leader cluster.Broker) {
	for {
		chosen, bytes := a.feed.choose(ctx, func() []int { return a.open(leader) })
		if len(chosen) == 0 {
			return
		}
		a.fetchOnce(ctx, leader, a.positions(leader, chosen), fetchLimits(bytes))
		a.feed.got(bytes)
	}
}

// open are the parts that a leader's loop has to fetch; with none of them the loop has ended.
func (a *fetching) open(leader cluster.Broker) []int {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.loops[leader]) == 0 {
		delete(a.loops, leader)
		return nil
	}
	parts := make([]int, len(a.loops[leader]))
	for k, p := range a.loops[leader] {
		parts[k] = p.part
	}
	return parts
}

// positions are those of parts that a leader's loop has.
func (a *fetching) positions(leader cluster.Broker, parts []int) []*position {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(a.loops[leader]), func(p *position) bool { return !slices.Contains(parts, p.part) })
}

// fetchOnce sends one request for the parts that are in the phase of the first of them.
func (a *fetching) fetchOnce(ctx context.Context, leader cluster.Broker, open []*position, limits cluster.FetchLimits) {
	isStable := open[0].phase == stable
	asked := slices.DeleteFunc(open, func(p *position) bool { return (p.phase == stable) != isStable })
	var from []cluster.FetchFrom
	for _, p := range asked {
		from = append(from, cluster.FetchFrom{Partition: a.Parts[p.part].ID, Offset: p.asks()})
	}
	got, e := a.Run.Fetch(ctx, leader, a.Topic, from, isStable, limits)
	for k, p := range asked {
		why := e.Of(cluster.ScopePartition, a.name(p.part))
		if e == nil {
			why = got[k].Err
		}
		switch {
		case why == nil:
			p.lost = trouble{}
			a.accept(a.feed, p, got[k], k == 0)
		case p.claim.asked() && why.OutOfRange():
			p.claim.denied = true
		case !retry(why):
			a.giveUp(a.feed, p, why)
		default:
			a.lose(ctx, leader, p, why)
		}
	}
	a.sweep(leader)
}

// sweep takes parts that have come to their ends from a leader's loop.
func (a *fetching) sweep(leader cluster.Broker) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.loops[leader] = slices.DeleteFunc(a.loops[leader], func(p *position) bool { return p.phase == finished })
}

// hand gives a part to the loop of a leader, with which the leaders may be more than there were.
func (a *fetching) hand(ctx context.Context, leader cluster.Broker, p *position) {
	a.mu.Lock()
	mine, running := a.loops[leader]
	at, _ := slices.BinarySearchFunc(mine, p, func(a, b *position) int { return cmp.Compare(a.part, b.part) })
	a.loops[leader] = slices.Insert(mine, at, p)
	leaders := len(a.loops)
	a.mu.Unlock()
	a.feed.share(leaders)
	if running {
		a.feed.wake()
	} else {
		a.wg.Go(func() { a.loop(ctx, leader) })
	}
}

// lose takes a part from a leader's loop, for the mover to find who leads it now. What one leader was asked of a claim
// another one cannot answer: it may tell an earlier end at first.
func (a *fetching) lose(ctx context.Context, leader cluster.Broker, p *position, why *cluster.Error) {
	p.lost.note(why)
	p.idle, p.claim = 0, claim{}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.loops[leader] = slices.DeleteFunc(a.loops[leader], func(other *position) bool { return other == p })
	a.lost = append(a.lost, p)
	if !a.moving {
		a.moving = true
		a.wg.Go(func() { a.move(ctx) })
	}
}
