package inspect

import (
	"context"
	"fmt"
	"time"

	"github.com/offsetctl/offsetctl/internal/cluster"
)

// trouble is why a part has no leader that answers, since when, and how often it was tried again.
type trouble struct {
	why   *cluster.Error
	since time.Time
	tries int
	told  bool // of what is followed: that nothing comes is said once
}

// note takes in one more failure.
func (t *trouble) note(why *cluster.Error) {
	if t.why == nil {
		t.since = time.Now()
	}
	t.why = why
	t.tries++
}

// wait is how long to wait before the leader is looked up again: at once would often find the old one.
func (t *trouble) wait() time.Duration {
	return min(50*time.Millisecond<<min(t.tries-1, 10), time.Second)
}

// retry reports whether a part that failed like this may be read on, from this leader or another.
func retry(e *cluster.Error) bool { return e.OutOfRange() || e.Retriable && !e.Interrupted() }

// move looks up who leads the parts that were lost, all of them together, until none is lost.
func (a *fetching) move(ctx context.Context) {
	for {
		wait, any := a.pause()
		if !any {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
		lost := a.drainLost()
		a.tell(lost)
		topic := a.lookUp(ctx)
		for _, p := range lost {
			a.rehome(ctx, topic, p)
		}
	}
}

// lookUp asks who leads the topic now. Where no broker that is known answers, the bootstrap servers may know others.
func (a *fetching) lookUp(ctx context.Context) cluster.Topic {
	topic := a.Run.Topics(ctx, []string{a.Topic.Name})[0]
	if topic.Err != nil && topic.Err.Retriable && !topic.Err.UnknownTopic() {
		a.Run.Forget()
		a.Run.Brokers(ctx)
	}
	return topic
}

// pause is how long to wait for the first of those lost; false: none is, and the mover has ended.
func (a *fetching) pause() (time.Duration, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.moving = len(a.lost) > 0; !a.moving {
		return 0, false
	}
	wait := a.lost[0].lost.wait()
	for _, p := range a.lost {
		wait = min(wait, p.lost.wait())
	}
	return wait, true
}

func (a *fetching) drainLost() []*position {
	a.mu.Lock()
	defer a.mu.Unlock()
	lost := a.lost
	a.lost = nil
	return lost
}

// again keeps a part for the mover's next round.
func (a *fetching) again(p *position, why *cluster.Error) {
	if why != nil {
		p.lost.note(why)
	} else {
		p.lost.tries++
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.lost = append(a.lost, p)
}

// rehome hands a part to its leader, or gives it up.
func (a *fetching) rehome(ctx context.Context, topic cluster.Topic, p *position) {
	part, known := topic.Partition(a.Parts[p.part].ID)
	leader, listed := a.Run.Node(part.Leader)
	switch {
	case a.recreated(topic):
		a.giveUp(a.feed, p, &cluster.Error{Scope: cluster.ScopePartition, Name: a.name(p.part), Code: "UNKNOWN_TOPIC_ID", Message: "the topic was deleted and created anew meanwhile"})
	case topic.Err != nil && !retry(topic.Err):
		a.giveUp(a.feed, p, topic.Err)
	case a.mode != endless && time.Since(p.lost.since) > a.Run.Patience():
		a.giveUp(a.feed, p, p.lost.why)
	case topic.Err != nil || !known || !listed:
		a.again(p, part.Err)
	case p.awaited != nil:
		a.Run.Forget(leader)
		a.takeUp(ctx, topic, leader, p)
	case p.lost.why.OutOfRange():
		a.Run.Forget(leader)
		a.relocate(ctx, topic, leader, p)
	default:
		a.Run.Forget(leader)
		a.hand(ctx, leader, p)
	}
}

// recreated reports whether a topic is another one than was planned, of the same name; where brokers tell no ids nobody
// knows.
func (a *fetching) recreated(topic cluster.Topic) bool {
	none := cluster.TopicID{}
	return topic.ID != a.Topic.ID && topic.ID != none && a.Topic.ID != none
}

// relocate finds where to go on in a log that does not have the offset asked for.
func (a *fetching) relocate(ctx context.Context, topic cluster.Topic, leader cluster.Broker, p *position) {
	tp := cluster.TP{Topic: topic.Name, Partition: a.Parts[p.part].ID}
	log := a.Run.Offsets(ctx, []cluster.Topic{topic}, []cluster.TP{tp}, cluster.LogStart, cluster.LogEnd)[tp]
	switch {
	case log.Err != nil && !retry(log.Err):
		a.giveUp(a.feed, p, log.Err)
	case log.Err != nil || log.Start == nil || log.End == nil:
		a.again(p, nil)
	case *log.End < p.at && a.mode == endless: // what stood there will never come
		a.note(a.feed, p, "the log was cut back from offset %d to %d meanwhile", p.at, *log.End)
		a.feed.put(p.part, body{back: log.End})
		p.at = *log.End
		a.hand(ctx, leader, p)
	case *log.End < p.at:
		e := *p.lost.why
		e.Message = fmt.Sprintf("the log was cut back to offset %d meanwhile, and %d is read next", *log.End, p.at)
		a.giveUp(a.feed, p, &e)
	case *log.Start > p.at:
		a.trimmed(a.feed, p, *log.Start)
		if p.phase != finished {
			a.hand(ctx, leader, p)
		}
	default:
		a.hand(ctx, leader, p)
	}
}
