package inspect

import "fmt"

// shareTopics is how far the states of a share group's partitions are.
type shareTopics struct{ InitializingTopics, InitializedTopics, DeletingTopics []owned }

func (t shareTopics) String() string {
	var c clauses
	c.named("initializing", assigned(t.InitializingTopics, innerRoom))
	c.named("initialized", assigned(t.InitializedTopics, innerRoom))
	c.named("deleting", assigned(t.DeletingTopics, innerRoom))
	if len(c) == 0 {
		return "no topics"
	}
	return c.String()
}

// shareState is what both records of a share group's state in a partition have.
type shareState struct {
	SnapshotEpoch, LeaderEpoch int32
	StartOffset                int64  // -1: none yet; of an update: as it was
	DeliveryCompleteCount      *int64 // nil: not known
	StateBatches               []stateBatch
}

// stateBatch are offsets of the same delivery state.
type stateBatch struct {
	FirstOffset, LastOffset      int64
	DeliveryState, DeliveryCount int
}

// deliveryStates are Kafka's RecordState.
var deliveryStates = map[int]string{0: "available", 1: "acquired", 2: "acknowledged", 3: "archiving", 4: "archived"}

func (b stateBatch) String() string {
	offsets := fmt.Sprint(b.FirstOffset)
	if b.LastOffset != b.FirstOffset {
		offsets = fmt.Sprintf("%d-%d", b.FirstOffset, b.LastOffset)
	}
	return fmt.Sprintf("%s %s (%s)", offsets, word(deliveryStates, b.DeliveryState), plural(b.DeliveryCount, "delivery", "deliveries"))
}

// addState adds what stands at the end of both records.
func (c *clauses) addState(s *shareState) {
	if s.DeliveryCompleteCount != nil {
		c.unless(-1, "delivery complete count", *s.DeliveryCompleteCount)
	}
	*c = append(*c, counted(s.StateBatches, "batch", "batches", "; ", stateBatch.String))
}

// shareSnapshotValue is ShareSnapshot.
type shareSnapshotValue struct {
	shareState
	StateEpoch int32
}

func (s shareSnapshotValue) String() string {
	c := clauses{"no start offset yet"}
	if s.StartOffset != -1 {
		c = clauses{fmt.Sprintf("start offset %d", s.StartOffset)}
	}
	c.add("snapshot epoch %d, state epoch %d, leader epoch %d", s.SnapshotEpoch, s.StateEpoch, s.LeaderEpoch)
	c.addState(&s.shareState)
	return c.String()
}

// shareUpdateValue is ShareUpdate.
type shareUpdateValue struct{ shareState }

func (s shareUpdateValue) String() string {
	var c clauses
	c.unless(-1, "start offset", s.StartOffset)
	c.add("snapshot epoch %d, leader epoch %d", s.SnapshotEpoch, s.LeaderEpoch)
	c.addState(&s.shareState)
	return c.String()
}
