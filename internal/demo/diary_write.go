package demo

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/offsetctl/offsetctl/inspect"
	"github.com/offsetctl/offsetctl/internal/cluster"
)

// write appends the entries, in their order where they are in the same partition. Those of one moment share a batch, as
// with brokers.
func (d *diary) write(ctx context.Context, entries []entry) error {
	batches := make(map[int32][][]entry)
	for _, e := range entries {
		p := storedIn(e.group)
		if last := len(batches[p]) - 1; last >= 0 && batches[p][last][0].at.Equal(e.at) {
			batches[p][last] = append(batches[p][last], e)
		} else {
			batches[p] = append(batches[p], []entry{e})
		}
	}
	byLeader := make(map[int32][]int32)
	for _, p := range slices.Sorted(maps.Keys(batches)) {
		leader := d.cluster.fake.LeaderFor(cluster.OffsetsTopic, p)
		byLeader[leader] = append(byLeader[leader], p)
	}
	return each(slices.Collect(maps.Keys(byLeader)), func(leader int32) error {
		return d.writeTo(ctx, leader, byLeader[leader], batches)
	})
}

// writeTo sends the batches of one leader's partitions: a request takes one of each partition.
func (d *diary) writeTo(ctx context.Context, leader int32, partitions []int32, batches map[int32][][]entry) error {
	for n := 0; ; n++ {
		req := d.request()
		for _, p := range partitions {
			if n < len(batches[p]) {
				addBatch(req, p, inspect.Batch{ProducerID: -1, ProducerEpoch: -1, BaseSequence: -1}, batches[p][n])
			}
		}
		if len(req.Topics[0].Partitions) == 0 {
			return nil
		}
		if err := d.produce(ctx, leader, req); err != nil {
			return err
		}
	}
}

// writeTransaction appends the commits of a transaction that is open. Its marker is the broker's to write.
func (d *diary) writeTransaction(ctx context.Context, txn transaction) error {
	var entries []entry
	for _, ps := range txn.commits {
		s, err := commitRecord{group: txn.group, at: ps, epoch: leaderEpoch}.stored()
		if err != nil {
			return err
		}
		e, err := newEntry(txn.group, s, txn.at)
		if err != nil {
			return err
		}
		entries = append(entries, e)
	}
	p := storedIn(txn.group)
	req := d.request()
	req.TransactionID = &txn.id
	addBatch(req, p, inspect.Batch{Transactional: true, ProducerID: txn.pid, ProducerEpoch: txn.epoch}, entries)
	return d.produce(ctx, d.cluster.fake.LeaderFor(cluster.OffsetsTopic, p), req)
}

func (d *diary) request() *kmsg.ProduceRequest {
	req := kmsg.NewPtrProduceRequest()
	req.Acks, req.TimeoutMillis = -1, int32(startWithin.Milliseconds())
	t := kmsg.NewProduceRequestTopic()
	t.Topic, t.TopicID = cluster.OffsetsTopic, d.topicID
	req.Topics = append(req.Topics, t)
	return req
}

func addBatch(req *kmsg.ProduceRequest, partition int32, b inspect.Batch, entries []entry) {
	var records []inspect.Record
	for i, e := range entries {
		e.Offset = int64(i)
		records = append(records, e.Record)
	}
	rp := kmsg.NewProduceRequestTopicPartition()
	rp.Partition, rp.Records = partition, inspect.AppendBatch(nil, b, records)
	req.Topics[0].Partitions = append(req.Topics[0].Partitions, rp)
}

func (d *diary) produce(ctx context.Context, leader int32, req *kmsg.ProduceRequest) error {
	resp, err := req.RequestWith(ctx, d.cluster.client.Broker(int(leader)))
	if err != nil {
		return err
	}
	for _, t := range resp.Topics {
		for _, p := range t.Partitions {
			if err := kerr.ErrorForCode(p.ErrorCode); err != nil {
				return fmt.Errorf("writing to %s/%d: %w", cluster.OffsetsTopic, p.Partition, err)
			}
		}
	}
	return nil
}
