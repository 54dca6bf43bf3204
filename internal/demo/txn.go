package demo

import (
	"context"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// transactionTimeout is the longest a broker allows by default; when it is over the open transaction is aborted.
const transactionTimeout = 15 * time.Minute

// transaction is one that holds commits and no records.
type transaction struct {
	id    string
	pid   int64
	epoch int16
}

// begin opens a transaction of the group's own with the commits of ps pending in it.
func (c *Cluster) begin(ctx context.Context, group string, ps ...position) (transaction, error) {
	txn := transaction{id: group + "-txn"}
	open := kmsg.NewPtrInitProducerIDRequest()
	open.TransactionalID = &txn.id
	open.TransactionTimeoutMillis = int32(transactionTimeout.Milliseconds())
	opened, err := open.RequestWith(ctx, c.client)
	if err != nil {
		return txn, err
	}
	if err := kerr.ErrorForCode(opened.ErrorCode); err != nil {
		return txn, err
	}
	txn.pid, txn.epoch = opened.ProducerID, opened.ProducerEpoch
	return txn, c.sendOffsets(ctx, txn, group, ps)
}

// sendOffsets makes ps pending. From version 5 on (KIP-890) the request adds the group to the transaction by itself.
func (c *Cluster) sendOffsets(ctx context.Context, txn transaction, group string, ps []position) error {
	req := kmsg.NewPtrTxnOffsetCommitRequest()
	req.TransactionalID, req.ProducerID, req.ProducerEpoch = txn.id, txn.pid, txn.epoch
	req.Group = group
	for _, p := range ps {
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

func (c *Cluster) end(ctx context.Context, txn transaction) error {
	req := kmsg.NewPtrEndTxnRequest()
	req.TransactionalID, req.ProducerID, req.ProducerEpoch, req.Commit = txn.id, txn.pid, txn.epoch, true
	resp, err := req.RequestWith(ctx, c.client)
	if err != nil {
		return err
	}
	return kerr.ErrorForCode(resp.ErrorCode)
}
