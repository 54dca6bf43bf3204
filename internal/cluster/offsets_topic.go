package cluster

import (
	"fmt"
	"unicode/utf16"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// OffsetsTopic is the topic that groups are stored in. The leader of a partition of it coordinates the groups
// stored there.
const OffsetsTopic = "__consumer_offsets"

// OffsetsPartition is the partition of the topic __consumer_offsets that everything of one group is stored in, and of
// __transaction_state that of a transactional id, which is found in the same way (TransactionStateManager.partitionFor);
// false if the topic has no partitions, or they are not known.
func (t Topic) OffsetsPartition(group string) (int32, bool) {
	if len(t.Partitions) == 0 {
		return 0, false
	}
	return partitionOf(group, int32(len(t.Partitions))), true
}

// partitionOf is the partition of __consumer_offsets, of one or more, that everything of one group is stored in:
// Java's hash code of the name, without its sign, modulo the partitions (GroupCoordinatorService.partitionFor,
// Utils.abs).
func partitionOf(group string, partitions int32) int32 {
	var h int32
	for _, r := range group {
		if r > 0xffff {
			high, low := utf16.EncodeRune(r)
			h = 31*(31*h+high) + low
		} else {
			h = 31*h + r
		}
	}
	if h < 0 {
		if h = -h; h < 0 { // the smallest number has no positive one
			h = 0
		}
	}
	return h % partitions
}

// offsetsTopic is what a metadata answer says of __consumer_offsets; no partitions: it does not exist, or this
// user may not describe it.
type offsetsTopic struct {
	Topic
	batched bool // brokers take several groups per OffsetFetch
}

// batchedSince is the version of Metadata (Kafka 3.1) from which on a broker surely takes several groups per
// OffsetFetch (Kafka 3.0).
const batchedSince = 12

func offsetsTopicOf(resp *kmsg.MetadataResponse) offsetsTopic {
	out := offsetsTopic{batched: resp.Version >= batchedSince}
	for i := range resp.Topics {
		t := &resp.Topics[i]
		if t.Topic != nil && *t.Topic == OffsetsTopic {
			out.Topic = topicOf(t)
		}
	}
	return out
}

// OffsetsTopic is __consumer_offsets as the brokers described it when Brokers asked them. No partitions: it does not
// exist, or this user may not describe it, which Err may say; or nobody has asked yet.
func (r *Run) OffsetsTopic() Topic {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.offsets.Topic
}

// offline are the partitions without a leader: groups stored there are in no broker's list.
func (t offsetsTopic) offline() []*Error {
	var out []*Error
	for _, p := range t.Partitions {
		if p.Err != nil {
			out = append(out, kafkaError(ScopePartition, TP{OffsetsTopic, p.ID}.String(), kerr.LeaderNotAvailable.Code, ptr("no leader: the groups stored there cannot be seen")))
		}
	}
	return out
}

// offlineFor is why nobody can coordinate the group: the partition that it is stored in has no leader. nil where
// that is not so, or not known.
func (t offsetsTopic) offlineFor(group string) *Error {
	if len(t.Partitions) == 0 {
		return nil
	}
	p, _ := t.Partition(partitionOf(group, int32(len(t.Partitions))))
	if p.Err == nil {
		return nil
	}
	e := p.Err.Of(ScopeGroup, group)
	e.Message = fmt.Sprintf("partition %d of %s, where it is stored, has no leader", p.ID, OffsetsTopic)
	return e
}
