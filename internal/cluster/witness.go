package cluster

import (
	"context"
	"slices"
	"strconv"

	"github.com/twmb/franz-go/pkg/kerr"
)

// A broker lists the groups of those partitions of __consumer_offsets that it coordinates at that moment. When
// a broker stops or starts, the old coordinator of a partition has given it up for up to a second or so before
// the new one takes it over. Meanwhile nobody lists its groups, and nobody says so: ListGroups leaves out what
// answers NOT_COORDINATOR, with error 0 (GroupCoordinatorService.listGroups). So a list is believed of a
// partition only with a proof: a group of that partition in it, or the word of a witness. That is the name of
// a group that would be stored there, and that nobody is likely to have. Asked for its commits after the
// list, the coordinator of the partition answers with none, and any other broker with NOT_COORDINATOR. In a
// read of offsets witnesses travel in requests that are sent anyway; reads of less send one more request to
// each broker, and only while the metadata shows that brokers come or go.
//
// What is left: a coordinator that takes over a partition just between its list and its answer about the
// witness. Users who may not describe __consumer_offsets, and brokers before Kafka 3.1, have no witnesses.

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
		node, known := r.node(p.Leader)
		if name != "" && p.ID == int32(i) && known {
			out = append(out, Ref{Group: name, Type: Classic, Coordinator: &node})
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
		if p := OffsetsPartition(name, n); names[p] == "" {
			names[p] = name
			missing--
		}
	}
	return names
}

// unproven are the witnesses for one broker of whose partitions it lists no group.
func unproven(witnesses []Ref, node Broker, listed []Listed, partitions int32) []Ref {
	proven := map[int32]bool{}
	for _, l := range listed {
		proven[OffsetsPartition(l.Group, partitions)] = true
	}
	return slices.DeleteFunc(slices.Clone(witnesses), func(w Ref) bool {
		return w.Coordinator == nil || *w.Coordinator != node || proven[OffsetsPartition(w.Group, partitions)]
	})
}

// moving are the witnesses whose coordinator was not yet, or not any more, the broker that has listed its
// groups. A broker that died after its list is an error, since nobody knows what it had given up before. Of
// other answers, such as that this user may not describe the witness, none says that the list is not whole.
func (c *chains) moving(node Broker, witnesses []Ref, answers map[string]Commits) []Ref {
	var out []Ref
	for _, w := range witnesses {
		switch a := answers[w.Group]; {
		case a.Moved:
			w.Coordinator = nil
			out = append(out, w)
		case a.Err != nil:
			if e := c.run.deadBroker(node); e != nil {
				c.fail(e)
			}
		}
	}
	return out
}

// again asks the coordinators of the witnesses for their groups, until each has one that is settled. Those
// that have none when the time is up are errors.
func (c *chains) again(ctx context.Context, moving []Ref) {
	if len(moving) == 0 {
		return
	}
	run := c.groupRound()
	run.backoff(ctx, func() bool {
		lost := run.locate(ctx, moving)
		found := slices.DeleteFunc(slices.Clone(moving), func(w Ref) bool { return lost[w.Group] != nil })
		unfound := slices.DeleteFunc(moving, func(w Ref) bool { return lost[w.Group] == nil })
		moving = append(unfound, c.pass(ctx, coordinatorsOf(found), found)...)
		return len(moving) > 0
	})
	for _, w := range moving {
		c.fail(kafkaError(ScopePartition, c.partitionOf(w), kerr.NotCoordinator.Code, ptr("no broker has taken it over yet: the groups stored there cannot be seen")))
	}
}

func (c *chains) partitionOf(witness Ref) string {
	return TP{OffsetsTopic, OffsetsPartition(witness.Group, c.run.offsetsPartitions())}.String()
}

func coordinatorsOf(refs []Ref) []Broker {
	var out []Broker
	for _, ref := range refs {
		if !slices.Contains(out, *ref.Coordinator) {
			out = append(out, *ref.Coordinator)
		}
	}
	return out
}
