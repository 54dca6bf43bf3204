package demo

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/offsetctl/offsetctl/internal/cluster"
)

const (
	// leaderEpoch is every partition's: kfake draws the leaders, and moving them to where we want them is an election.
	leaderEpoch = 1

	// history is how far back the records reach, so that a reset by time has something to find.
	history = 24 * time.Hour
)

// fill brings the cluster to the state of the tables. Records and groups do not wait for each other: a commit is only a
// number, and nobody reads.
func (c *Cluster) fill(ctx context.Context, now time.Time) error {
	for _, t := range topics {
		if err := c.createTopic(t); err != nil {
			return fmt.Errorf("creating topic %q: %w", t.name, err)
		}
	}
	if err := c.createOffsetsTopic(); err != nil {
		return fmt.Errorf("creating topic %q: %w", cluster.OffsetsTopic, err)
	}
	past, err := c.commitToDeleted(ctx, now)
	if err != nil {
		return err
	}
	return each([]func() error{
		func() error { return c.writeRecords(ctx, now) },
		func() error { return c.fillGroups(ctx, now, past) },
	}, func(do func() error) error { return do() })
}

// fillGroups starts the groups, and writes down how they came where they are.
func (c *Cluster) fillGroups(ctx context.Context, now time.Time, past []entry) error {
	if err := c.startGroups(ctx); err != nil {
		return err
	}
	if err := c.tellPast(ctx, now, past); err != nil {
		return err
	}
	return c.transact(ctx, now)
}

func (c *Cluster) createTopic(t topic) error {
	if err := c.fake.CreateTopic(t.name, t.partitions, nil); err != nil {
		return err
	}
	for p := range t.partitions {
		if err := c.fake.MoveTopicPartition(t.name, p, p%brokers); err != nil {
			return err
		}
	}
	return nil
}

func (c *Cluster) writeRecords(ctx context.Context, now time.Time) error {
	for _, t := range topics {
		for p := range t.partitions {
			if !t.deleted {
				c.writePartition(ctx, t, p, now)
			}
		}
	}
	if err := c.client.Flush(ctx); err != nil {
		return fmt.Errorf("writing records: %w", err)
	}
	for _, t := range topics {
		for p := range t.partitions {
			if t.trimmed == 0 {
				continue
			}
			if err := c.fake.DeleteRecords(t.name, p, t.trimmed); err != nil {
				return fmt.Errorf("trimming %s/%d: %w", t.name, p, err)
			}
		}
	}
	return nil
}

// writePartition buffers the partition's records, evenly spread over the history.
func (c *Cluster) writePartition(ctx context.Context, t topic, partition int32, now time.Time) {
	end := t.end(partition)
	step := history / time.Duration(end)
	for i := range end {
		at := now.Add(-history + time.Duration(i)*step)
		c.client.Produce(ctx, record(t.name, partition, i, at), nil)
	}
}

func record(topic string, partition int32, n int64, at time.Time) *kgo.Record {
	key := strconv.AppendInt([]byte(topic+"-"), n, 10)
	return &kgo.Record{Topic: topic, Partition: partition, Key: key, Value: []byte(`{"shop":"demo"}`), Timestamp: at}
}

// commitToDeleted makes the commits to topics that are no more. No broker takes a commit to a topic it does not know, and
// deleting a topic takes its commits along; what remains is a transaction that commits after the deletion. It is left
// open, see transact. What it returns is what has gone.
func (c *Cluster) commitToDeleted(ctx context.Context, now time.Time) ([]entry, error) {
	for _, g := range groups {
		gone, _ := g.split()
		if len(gone) == 0 {
			continue
		}
		txn := transaction{id: g.name + "-txn", group: g.name, commits: gone, at: now.Add(-transacting)}
		if err := c.begin(ctx, &txn); err != nil {
			return nil, fmt.Errorf("committing for %q in a transaction: %w", g.name, err)
		}
		c.late = append(c.late, txn)
	}
	made, err := c.commitBefore(ctx, now)
	if err != nil {
		return nil, err
	}
	gone, err := c.deleteFormer(ctx, now)
	return append(made, gone...), err
}

// commitPositions commits for a group without members.
func (c *Cluster) commitPositions(ctx context.Context, group string, ps []position) error {
	if len(ps) == 0 {
		return nil
	}
	resp, err := commitRequest(group, ps).RequestWith(ctx, c.client)
	if err != nil {
		return err
	}
	return commitError(resp)
}

// setShareOffsets puts a share group, which has no commits, to its positions.
func (c *Cluster) setShareOffsets(ctx context.Context, g group) error {
	offsets := make(kadm.Offsets)
	for _, p := range g.positions() {
		offsets.AddOffset(p.topic, p.partition, p.offset, -1)
	}
	done, err := kadm.NewClient(c.client).AlterShareGroupOffsets(ctx, g.name, offsets)
	if err != nil {
		return err
	}
	return done.Error()
}

// commitRequest is a commit by nobody: generation −1, no member.
func commitRequest(group string, ps []position) *kmsg.OffsetCommitRequest {
	req := kmsg.NewPtrOffsetCommitRequest()
	req.Group = group
	for _, p := range ps {
		if n := len(req.Topics); n == 0 || req.Topics[n-1].Topic != p.topic {
			t := kmsg.NewOffsetCommitRequestTopic()
			t.Topic = p.topic
			req.Topics = append(req.Topics, t)
		}
		rp := kmsg.NewOffsetCommitRequestTopicPartition()
		rp.Partition, rp.Offset, rp.LeaderEpoch, rp.Metadata = p.partition, p.offset, leaderEpoch, &p.metadata
		t := &req.Topics[len(req.Topics)-1]
		t.Partitions = append(t.Partitions, rp)
	}
	return req
}

func commitError(resp *kmsg.OffsetCommitResponse) error {
	for _, t := range resp.Topics {
		for _, p := range t.Partitions {
			if err := kerr.ErrorForCode(p.ErrorCode); err != nil {
				return fmt.Errorf("committing %s/%d: %w", t.Topic, p.Partition, err)
			}
		}
	}
	return nil
}
