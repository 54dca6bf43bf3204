package cluster

import (
	"context"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// DeleteOffsets deletes the committed offsets of partitions, each named once. A group with members keeps those of the
// topics that they are subscribed to (see Error.subscribed), or all if it is not of consumers. That there was none to
// delete is no error. One request, or several one after the other where a batch does not hold all.
func (r *Run) DeleteOffsets(ctx context.Context, ref Ref, tps []TP) Outcomes {
	out := Outcomes{Group: ref.Group}
	for _, part := range batches(ref.Group, tps, func(TP) int { return 0 }) {
		out.Items = append(out.Items, r.deleteOffsets(ctx, ref, part).Items...)
	}
	return out
}

func (r *Run) deleteOffsets(ctx context.Context, ref Ref, tps []TP) Outcomes {
	of := change(ctx, r, ref, tps, namePartition, func(node Broker, left []TP) verdict[TP] {
		resp, lost := write[*kmsg.OffsetDeleteResponse](ctx, r, node, offsetDelete(ref.Group, left))
		if lost.err != nil {
			return verdict[TP]{fate: lost}
		}
		if e := kafkaError(ScopeGroup, ref.Group, resp.ErrorCode, nil); e != nil {
			return refused[TP](e)
		}
		each := map[TP]*Error{}
		for _, t := range resp.Topics {
			for _, p := range t.Partitions {
				tp := TP{t.Topic, p.Partition}
				each[tp] = kafkaError(ScopePartition, tp.String(), p.ErrorCode, nil)
			}
		}
		return verdict[TP]{each: each}
	})
	return outcomes(ref.Group, tps, of)
}

// refused is a verdict of one error for all.
func refused[K comparable](e *Error) verdict[K] {
	return verdict[K]{fate: fate{explained(e), e.inDoubt()}}
}

func offsetDelete(group string, tps []TP) *kmsg.OffsetDeleteRequest {
	req := kmsg.NewPtrOffsetDeleteRequest()
	req.Group = group
	for _, of := range byTopic(tps) {
		t := kmsg.NewOffsetDeleteRequestTopic()
		t.Topic = of[0].Topic
		for _, tp := range of {
			p := kmsg.NewOffsetDeleteRequestTopicPartition()
			p.Partition = tp.Partition
			t.Partitions = append(t.Partitions, p)
		}
		req.Topics = append(req.Topics, t)
	}
	return req
}
