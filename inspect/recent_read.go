package inspect

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/offsetctl/offsetctl/internal/cluster"
)

// recentReading reads partitions of __consumer_offsets in rounds: each asks every leader once for what is still to be
// read of its partitions. A scan, which is for whole logs, would have to ask for their ends first.
type recentReading struct {
	run   *cluster.Run
	topic cluster.Topic
	parts []*recentPart // that are still to be read, in order
}

// plan finds the partitions that the groups are stored in.
func (r *recentReading) plan(groups map[string]*Recent, most int) {
	parts := map[int32]*recentPart{}
	for name, g := range groups {
		id, ok := r.topic.OffsetsPartition(name)
		if !ok {
			g.fail(noOffsetsTopic(r.topic))
			continue
		}
		if parts[id] == nil {
			parts[id] = &recentPart{id: id, groups: map[string]*Recent{}, left: most}
		}
		parts[id].groups[name] = g
	}
	for _, id := range slices.Sorted(maps.Keys(parts)) {
		r.parts = append(r.parts, parts[id])
	}
}

// noOffsetsTopic is why nothing can be read of a topic without partitions.
func noOffsetsTopic(t cluster.Topic) *cluster.Error {
	if t.Err != nil {
		return t.Err
	}
	return &cluster.Error{Scope: cluster.ScopeTopic, Name: cluster.OffsetsTopic, Code: "UNKNOWN_TOPIC_OR_PARTITION", Message: "the topic does not exist, or is not visible to this user"}
}

func (r *recentReading) tp(p *recentPart) cluster.TP {
	return cluster.TP{Topic: r.topic.Name, Partition: p.id}
}

// locate finds where to begin. A partition that has nothing since then has been read.
func (r *recentReading) locate(ctx context.Context, since time.Time) {
	if len(r.parts) == 0 {
		return
	}
	var tps []cluster.TP
	for _, p := range r.parts {
		tps = append(tps, r.tp(p))
	}
	at := cluster.At(since.UnixMilli())
	logs := r.run.Offsets(ctx, []cluster.Topic{r.topic}, tps, at)
	for _, p := range r.parts {
		log := logs[r.tp(p)]
		switch first := log.Times[at]; {
		case log.Err != nil:
			r.giveUp(p, log.Err)
		case first == nil:
			p.done = true
		default:
			p.at = first.Offset
		}
	}
	r.sweep()
}

// sweep forgets the parts of which no more is read.
func (r *recentReading) sweep() {
	r.parts = slices.DeleteFunc(r.parts, func(p *recentPart) bool { return p.done })
}

// read reads all parts as far as they are to be read.
func (r *recentReading) read(ctx context.Context) {
	for len(r.parts) > 0 {
		r.round(ctx)
		r.sweep()
		r.lookUp(ctx)
	}
}

// round sends one request to each leader.
func (r *recentReading) round(ctx context.Context) {
	byLeader := map[cluster.Broker][]*recentPart{}
	for _, p := range r.parts {
		part, _ := r.topic.Partition(p.id)
		leader, known := r.run.Node(part.Leader)
		if !known {
			r.lose(ctx, p, noLeader(r.tp(p)))
			continue
		}
		byLeader[leader] = append(byLeader[leader], p)
	}
	total := min(max(feedBudget/2/max(len(byLeader), 1), requestLeast), requestMost)
	var leaders sync.WaitGroup
	for leader, parts := range byLeader {
		leaders.Go(func() { r.fetch(ctx, leader, parts, total) })
	}
	leaders.Wait()
}

func noLeader(tp cluster.TP) *cluster.Error {
	return &cluster.Error{Scope: cluster.ScopePartition, Name: tp.String(), Code: "LEADER_NOT_AVAILABLE", Message: "the partition has no leader", Retriable: true}
}

// fetch sends one request for parts to their leader.
func (r *recentReading) fetch(ctx context.Context, leader cluster.Broker, parts []*recentPart, total int) {
	limits := fetchLimits(total)
	limits.Partition = limits.Total
	var from []cluster.FetchFrom
	for _, p := range parts {
		from = append(from, cluster.FetchFrom{Partition: p.id, Offset: p.at})
		limits.Partition = min(limits.Partition, int32(p.left))
	}
	got, e := r.run.Fetch(ctx, leader, r.topic, from, false, limits)
	for i, p := range parts {
		switch {
		case e != nil: // the run has tried again
			r.giveUp(p, e.Of(cluster.ScopePartition, r.tp(p).String()))
		case got[i].Err != nil:
			r.lose(ctx, p, got[i].Err)
		default:
			p.lost = trouble{}
			p.take(got[i], i == 0)
		}
	}
}

// lose notes that a part could not be read, and gives it up if that does not pass.
func (r *recentReading) lose(ctx context.Context, p *recentPart, why *cluster.Error) {
	p.lost.note(why)
	if !retry(why) || ctx.Err() != nil || time.Since(p.lost.since) > r.run.Patience() {
		r.giveUp(p, why)
	}
}

// giveUp ends the reading of a part with an error.
func (r *recentReading) giveUp(p *recentPart, why *cluster.Error) {
	if why.Unauthorized() {
		why = why.Of(cluster.ScopeTopic, r.topic.Name)
	}
	p.done = true
	for _, g := range p.groups {
		g.fail(why)
	}
}

// lookUp waits, and asks who leads the parts that were lost in the last round. Without any it does nothing.
func (r *recentReading) lookUp(ctx context.Context) {
	var wait time.Duration
	for _, p := range r.parts {
		if p.lost.why != nil {
			wait = max(wait, p.lost.wait())
		}
	}
	if wait == 0 {
		return
	}
	select {
	case <-ctx.Done():
	case <-time.After(wait):
	}
	if topic := r.run.Topics(ctx, []string{r.topic.Name})[0]; topic.Err == nil {
		r.topic = topic
	}
}
