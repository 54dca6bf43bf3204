package cluster

import (
	"context"
	"maps"
	"slices"
	"strconv"

	"github.com/twmb/franz-go/pkg/kerr"
)

// A broker lists the groups of those partitions of __consumer_offsets that it coordinates at that moment. When
// leadership moves, the old coordinator of a partition has given it up for up to a second or so before the
// new one takes it over. Meanwhile nobody lists its groups, and nobody says so: ListGroups leaves out what
// answers NOT_COORDINATOR, with error 0 (GroupCoordinatorService.listGroups). Metadata does not tell either: a
// broker knows the new leaders before its coordinator has followed them. So a list is believed of a partition
// only with a proof: a group of that partition in it, or the word of a witness. That is the name of a group
// that would be stored there, and that nobody is likely to have. Asked for its commits, the coordinator of the
// partition answers with none, and any other broker with NOT_COORDINATOR. A coordinator may have taken over
// between its list and that answer, so it is asked for its list once more. Hence a broker that lists a group of
// each of its partitions, as on clusters with some hundred groups, costs nothing more; any other costs a second
// list and one round, and, in reads of less than offsets, the request for the witnesses.
//
// What is left: a coordinator that takes over a partition and gives it up again between the two lists. Brokers
// before Kafka 3.1, and users who may not describe __consumer_offsets or a group of the witness's name, have no
// witnesses.

// witnesses are one group for each partition that has a leader, its coordinator.
func (r *Run) witnesses() []Ref {
	r.mu.Lock()
	topic := r.offsets
	r.mu.Unlock()
	if !topic.batched {
		return nil
	}
	var out []Ref
	for i, name := range witnessNames(int32(len(topic.Partitions))) {
		p := topic.Partitions[i]
		node, known := r.Node(p.Leader)
		if name != "" && p.ID == int32(i) && known {
			out = append(out, Ref{Group: name, Type: Classic, Coordinator: &node, once: true})
		}
	}
	return out
}

// witnessTries bounds the search for names: some 5 for each partition are needed, and 1000 more would do no good.
const witnessTries = 1000

// witnessNames are names of groups stored in partitions 0 to n-1; "" where none was found.
func witnessNames(n int32) []string {
	names := make([]string, n)
	missing := n
	for i := int32(0); missing > 0 && i/witnessTries < n; i++ {
		name := "offsetctl-" + strconv.Itoa(int(i)) + "-witness" // a number at the end would hardly change the hash
		if p := partitionOf(name, n); names[p] == "" {
			names[p] = name
			missing--
		}
	}
	return names
}

// ofBroker are the witnesses for the partitions of one broker.
func ofBroker(witnesses []Ref, node Broker) []Ref {
	return slices.DeleteFunc(slices.Clone(witnesses), func(w Ref) bool { return *w.Coordinator != node })
}

// unproven are the witnesses for partitions of which no group is listed.
func unproven(witnesses []Ref, listed []Listed, partitions int32) []Ref {
	if len(witnesses) == 0 {
		return nil
	}
	proven := map[int32]bool{}
	for _, l := range listed {
		proven[partitionOf(l.Group, partitions)] = true
	}
	return slices.DeleteFunc(witnesses, func(w Ref) bool { return proven[partitionOf(w.Group, partitions)] })
}

// unsettled are the witnesses whose coordinator is not, or not yet, the broker that has listed its groups. A
// witness that could not be asked is an error: nobody knows what the list was without. One that this user may
// not describe proves nothing, and nothing better can be had.
func (g *groupReader) unsettled(node Broker, witnesses []Ref, answers map[string]Commits) pass {
	open := pass{why: map[string]*Error{}}
	for _, w := range witnesses {
		e, dead := answers[w.Group].Err, g.run.deadBroker(node)
		switch {
		case e == nil, e.Unauthorized(), e.is(kerr.GroupIDNotFound):
		case e.coordinatorMoves():
			w.Coordinator = nil
			open.witnesses = append(open.witnesses, w)
			open.why[w.Group] = e
		case dead != nil:
			g.fail(dead) // once, not for each partition
		default:
			g.fail(e.Of(ScopePartition, g.offsetsPartition(w)))
		}
	}
	return open
}

// settle asks again, for a while, what a pass left open. What is open when the time is up are errors.
func (g *groupReader) settle(ctx context.Context, open pass) {
	if open.empty() {
		return
	}
	g.groupRound().backoff(ctx, func() bool {
		next, lost := g.locate(ctx, open)
		open = joined(lost, g.readBrokers(ctx, next))
		return !open.empty()
	})
	for _, b := range open.brokers {
		g.fail(open.why[b.Addr()])
	}
	for _, w := range open.witnesses {
		g.fail(notTakenOver(open.why[w.Group].Of(ScopePartition, g.offsetsPartition(w))))
	}
}

// locate looks up the coordinators of the witnesses of a pass, and takes out those that have none yet.
func (g *groupReader) locate(ctx context.Context, open pass) (next, lost pass) {
	failed := g.groupRound().locate(ctx, open.witnesses)
	next, lost = pass{brokers: open.brokers}, pass{why: map[string]*Error{}}
	for _, w := range open.witnesses {
		switch e := failed[w.Group]; {
		case e == nil:
			next.add(w)
		case e.coordinatorMoves():
			lost.witnesses = append(lost.witnesses, w)
			lost.why[w.Group] = e
		default:
			g.fail(e.Of(ScopePartition, g.offsetsPartition(w)))
		}
	}
	return next, lost
}

// notTakenOver makes the error of a witness one of its partition; nil stays nil: its broker's list failed.
func notTakenOver(e *Error) *Error {
	if e == nil {
		return nil
	}
	if e.is(kerr.NotCoordinator) {
		e.Message = "no broker has taken it over yet"
	}
	e.Message += ": the groups stored there cannot be seen"
	return e
}

// pass is what is asked in one go: brokers for their groups, and witnesses for the partitions.
type pass struct {
	brokers   []Broker
	witnesses []Ref
	why       map[string]*Error // of what an earlier pass left open, by host:port or witness
}

func (p *pass) empty() bool { return len(p.brokers) == 0 && len(p.witnesses) == 0 }

// add takes in a witness, once, and its coordinator.
func (p *pass) add(w Ref) {
	p.witnesses = slices.DeleteFunc(p.witnesses, func(v Ref) bool { return v.Group == w.Group })
	p.witnesses = append(p.witnesses, w)
	if !slices.Contains(p.brokers, *w.Coordinator) {
		p.brokers = append(p.brokers, *w.Coordinator)
	}
}

func joined(passes ...pass) pass {
	all := pass{why: map[string]*Error{}}
	for _, p := range passes {
		all.brokers = append(all.brokers, p.brokers...)
		all.witnesses = append(all.witnesses, p.witnesses...)
		maps.Copy(all.why, p.why)
	}
	return all
}

// offsetsPartition is how errors call the partition of a witness.
func (g *groupReader) offsetsPartition(witness Ref) string {
	return TP{OffsetsTopic, partitionOf(witness.Group, g.run.offsetsPartitions())}.String()
}
