package cluster

import (
	"context"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// AlterShareOffsets sets the start offsets of a share group, which Kafka takes only while it has no members. Only the
// offsets of the items count, and each partition is named once. One request.
func (r *Run) AlterShareOffsets(ctx context.Context, ref Ref, items []Commit) Outcomes {
	tps, byTP := indexed(items)
	of := change(ctx, r, ref, tps, namePartition, func(node Broker, left []TP) verdict[TP] {
		resp, lost := write[*kmsg.AlterShareGroupOffsetsResponse](ctx, r, node, alterShareOffsets(ref.Group, left, byTP))
		if lost.err != nil {
			return verdict[TP]{fate: lost}
		}
		if e := kafkaError(ScopeGroup, ref.Group, resp.ErrorCode, resp.ErrorMessage); e != nil {
			return refused[TP](e)
		}
		each := map[TP]*Error{}
		for _, t := range resp.Topics {
			for _, p := range t.Partitions {
				tp := TP{t.Topic, p.Partition}
				each[tp] = kafkaError(ScopePartition, tp.String(), p.ErrorCode, p.ErrorMessage)
			}
		}
		return verdict[TP]{each: each}
	})
	return outcomes(ref.Group, tps, of)
}

func alterShareOffsets(group string, tps []TP, items map[TP]Commit) *kmsg.AlterShareGroupOffsetsRequest {
	req := kmsg.NewPtrAlterShareGroupOffsetsRequest()
	req.GroupID = group
	for _, of := range byTopic(tps) {
		t := kmsg.NewAlterShareGroupOffsetsRequestTopic()
		t.Topic = of[0].Topic
		for _, tp := range of {
			p := kmsg.NewAlterShareGroupOffsetsRequestTopicPartition()
			p.Partition, p.StartOffset = tp.Partition, items[tp].Offset
			t.Partitions = append(t.Partitions, p)
		}
		req.Topics = append(req.Topics, t)
	}
	return req
}

// TopicOutcome is an Outcome of a whole topic.
type TopicOutcome struct {
	Topic   string
	Err     *Error
	Unknown bool
}

// DeleteShareOffsets deletes the start offsets of all partitions of topics, each named once, from a share group
// without members. The topics come back in the order given. One request.
func (r *Run) DeleteShareOffsets(ctx context.Context, ref Ref, topics []string) []TopicOutcome {
	name := func(topic string) (Scope, string) { return ScopeTopic, topic }
	of := change(ctx, r, ref, topics, name, func(node Broker, left []string) verdict[string] {
		req := kmsg.NewPtrDeleteShareGroupOffsetsRequest()
		req.GroupID = ref.Group
		for _, topic := range left {
			t := kmsg.NewDeleteShareGroupOffsetsRequestTopic()
			t.Topic = topic
			req.Topics = append(req.Topics, t)
		}
		resp, lost := write[*kmsg.DeleteShareGroupOffsetsResponse](ctx, r, node, req)
		if lost.err != nil {
			return verdict[string]{fate: lost}
		}
		if e := kafkaError(ScopeGroup, ref.Group, resp.ErrorCode, resp.ErrorMessage); e != nil {
			return refused[string](e)
		}
		each := map[string]*Error{}
		for _, t := range resp.Topics {
			each[t.Topic] = kafkaError(ScopeTopic, t.Topic, t.ErrorCode, t.ErrorMessage)
		}
		return verdict[string]{each: each}
	})
	out := make([]TopicOutcome, len(topics))
	for i, t := range topics {
		out[i] = TopicOutcome{t, of[t].err, of[t].unknown}
	}
	return out
}
