package demo

import (
	"context"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// transactionTimeout is the longest a broker allows by default; when it is over the open transaction is aborted.
const transactionTimeout = 15 * time.Minute

// transaction is one that holds commits and no records.
type transaction struct {
	id      string
	group   string
	commits []position
	at      time.Time // when its commits were written, as __consumer_offsets says
	pid     int64
	epoch   int16
}

// transact runs the exports, and ends what was begun before the topics were deleted.
func (c *Cluster) transact(ctx context.Context, now time.Time) error {
	for _, txn := range c.late {
		if err := c.finish(ctx, txn, committing); err != nil {
			return fmt.Errorf("ending transaction %q: %w", txn.id, err)
		}
	}
	for _, e := range exports {
		p := position{topic: e.topic, partition: e.partition, offset: topicNamed(e.topic).end(e.partition) - e.behind}
		id := fmt.Sprintf("%s-txn-%d", e.group, e.partition)
		txn := transaction{id: id, group: e.group, commits: []position{p}, at: now.Add(-e.ago)}
		if err := c.begin(ctx, &txn); err != nil {
			return fmt.Errorf("beginning transaction %q: %w", txn.id, err)
		}
		if err := c.finish(ctx, txn, e.outcome); err != nil {
			return fmt.Errorf("ending transaction %q: %w", txn.id, err)
		}
	}
	return nil
}

// begin opens the transaction with its commits pending in it.
func (c *Cluster) begin(ctx context.Context, txn *transaction) error {
	req := kmsg.NewPtrInitProducerIDRequest()
	req.TransactionalID = &txn.id
	req.TransactionTimeoutMillis = int32(transactionTimeout.Milliseconds())
	resp, err := req.RequestWith(ctx, c.client)
	if err != nil {
		return err
	}
	if err := kerr.ErrorForCode(resp.ErrorCode); err != nil {
		return err
	}
	txn.pid, txn.epoch = resp.ProducerID, resp.ProducerEpoch
	return c.sendOffsets(ctx, *txn)
}

// sendOffsets makes the commits pending. From version 5 on (KIP-890) the request adds the group to the transaction by
// itself.
func (c *Cluster) sendOffsets(ctx context.Context, txn transaction) error {
	req := kmsg.NewPtrTxnOffsetCommitRequest()
	req.TransactionalID, req.ProducerID, req.ProducerEpoch = txn.id, txn.pid, txn.epoch
	req.Group = txn.group
	for _, p := range txn.commits {
		rp := kmsg.NewTxnOffsetCommitRequestTopicPartition()
		rp.Partition, rp.Offset, rp.LeaderEpoch, rp.Metadata = p.partition, p.offset, leaderEpoch, &p.metadata
		rt := kmsg.NewTxnOffsetCommitRequestTopic()
		rt.Topic = p.topic
		rt.Partitions = append(rt.Partitions, rp)
		req.Topics = append(req.Topics, rt)
	}
	resp, err := req.RequestWith(ctx, c.client)
	if err != nil {
		return err
	}
	for _, t := range resp.Topics {
		for _, p := range t.Partitions {
			if err := kerr.ErrorForCode(p.ErrorCode); err != nil {
				return err
			}
		}
	}
	return nil
}

// finish writes the transaction down and ends it, unless it stays open. The topic's partition becomes part of it, so that
// the broker writes the marker there, now or when the time is up.
func (c *Cluster) finish(ctx context.Context, txn transaction, o outcome) error {
	if err := c.diary.writeTransaction(ctx, txn); err != nil || o == leftOpen {
		return err
	}
	if err := c.end(ctx, txn, o == committing); err != nil {
		return err
	}
	// What it has committed is written already: as a transaction.
	_, err := c.diary.changes(ctx, txn.group, classic, at(txn.at))
	return err
}

func (c *Cluster) end(ctx context.Context, txn transaction, commit bool) error {
	req := kmsg.NewPtrEndTxnRequest()
	req.TransactionalID, req.ProducerID, req.ProducerEpoch, req.Commit = txn.id, txn.pid, txn.epoch, commit
	resp, err := req.RequestWith(ctx, c.client)
	if err != nil {
		return err
	}
	return kerr.ErrorForCode(resp.ErrorCode)
}
