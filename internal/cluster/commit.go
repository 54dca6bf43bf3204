package cluster

import (
	"context"
	"fmt"
	"unicode/utf16"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// Commit commits offsets as one who is no member of the group, which Kafka takes only while the group has none; a
// group that does not exist is made. Of each commit, whose partition is named once, offset, leader epoch (−1: unknown) and
// metadata count. One request, or several one after the other where a batch does not hold all.
func (r *Run) Commit(ctx context.Context, ref Ref, commits []Commit) Outcomes {
	tps, items := indexed(commits)
	out := Outcomes{Group: ref.Group}
	for _, part := range batches(ref.Group, tps, func(tp TP) int { return len(items[tp].Metadata) }) {
		out.Items = append(out.Items, r.commit(ctx, ref, part, items).Items...)
	}
	return out
}

func (r *Run) commit(ctx context.Context, ref Ref, tps []TP, items map[TP]Commit) Outcomes {
	of := change(ctx, r, ref, tps, namePartition, func(node Broker, left []TP) verdict[TP] {
		resp, lost := write[*kmsg.OffsetCommitResponse](ctx, r, node, offsetCommit(ref.Group, left, items))
		if lost.err != nil {
			return verdict[TP]{fate: lost}
		}
		each := map[TP]*Error{}
		for _, t := range resp.Topics {
			for _, p := range t.Partitions {
				tp := TP{t.Topic, p.Partition}
				each[tp] = commitError(kafkaError(ScopePartition, tp.String(), p.ErrorCode, nil), items[tp].Metadata)
			}
		}
		return verdict[TP]{each: each}
	})
	return outcomes(ref.Group, tps, of)
}

// commitError counts as Kafka does, in Java's characters and not in bytes as its setting is called.
func commitError(e *Error, metadata string) *Error {
	if e.metadataTooLong() {
		e.Message = fmt.Sprintf("the metadata of %d characters is longer than the broker takes (offset.metadata.max.bytes)", len(utf16.Encode([]rune(metadata))))
	}
	return e
}

func indexed(items []Commit) ([]TP, map[TP]Commit) {
	tps := make([]TP, len(items))
	byTP := make(map[TP]Commit, len(items))
	for i, c := range items {
		tps[i], byTP[c.TP] = c.TP, c
	}
	return tps, byTP
}

func offsetCommit(group string, tps []TP, items map[TP]Commit) *kmsg.OffsetCommitRequest {
	req := kmsg.NewPtrOffsetCommitRequest()
	req.Group, req.Generation = group, -1 // no member
	for _, of := range byTopic(tps) {
		t := kmsg.NewOffsetCommitRequestTopic()
		t.Topic = of[0].Topic
		for _, tp := range of {
			c := items[tp]
			p := kmsg.NewOffsetCommitRequestTopicPartition()
			p.Partition, p.Offset, p.LeaderEpoch, p.Metadata = tp.Partition, c.Offset, c.LeaderEpoch, &c.Metadata
			t.Partitions = append(t.Partitions, p)
		}
		req.Topics = append(req.Topics, t)
	}
	return req
}
