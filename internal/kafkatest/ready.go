//go:build kafka

package kafkatest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

const offsetsTopic = "__consumer_offsets"

// poll calls f until it returns nil, or until ctx ends: then the error is f's last one.
func poll(ctx context.Context, f func() error) error {
	for {
		err := f()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w; last: %w", context.Cause(ctx), err)
		case <-time.After(pollInterval):
		}
	}
}

// ready waits until all nodes that are not stopped or paused agree that the cluster is complete; see check.
func (c *Cluster) ready(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	up := map[int32]*kgo.Client{}
	for _, n := range c.nodes {
		if n.process == nil || n.paused {
			continue
		}
		// Asked one by one and without retries: the question is what this node knows now.
		cl, err := kgo.NewClient(append(c.admin(n), kgo.DialTimeout(time.Second), kgo.RequestRetries(0),
			kgo.RequestTimeoutOverhead(2*time.Second))...)
		if err != nil {
			return err
		}
		defer cl.Close()
		up[int32(n.id)] = cl
		running := n.process
		go func() {
			select {
			case <-running.done:
				cancel(n.died(running))
			case <-ctx.Done():
			}
		}()
	}
	err := poll(ctx, func() error {
		for id, cl := range up {
			err := c.check(ctx, cl, up)
			if err == nil {
				err = c.nodes[id-1].listening()
			}
			if err != nil {
				return fmt.Errorf("node %d: %w", id, err)
			}
		}
		return nil
	})
	if err == nil || !errors.Is(context.Cause(ctx), context.DeadlineExceeded) {
		return err
	}
	for _, n := range c.nodes { // the logs say more than the last answer
		if log, _ := os.ReadFile(n.logFile()); len(log) > 0 {
			err = fmt.Errorf("%w\nnode %d:\n%s", err, n.id, tail(log, 20))
		}
	}
	return err
}

// check asks one node whether it sees all that are up, whether it sees all partitions in sync on them, and whether
// it has loaded its share of the groups.
func (c *Cluster) check(ctx context.Context, cl *kgo.Client, up map[int32]*kgo.Client) error {
	node := requestor{cl.SeedBrokers()[0]}
	meta, err := kmsg.NewPtrMetadataRequest().RequestWith(ctx, node)
	if err != nil {
		return err
	}
	seen := map[int32]bool{}
	for _, b := range meta.Brokers {
		seen[b.NodeID] = true
	}
	for id := range up {
		if !seen[id] {
			return fmt.Errorf("knows nothing of node %d", id)
		}
	}
	// The offsets topic comes into being with the first question for a coordinator; no group does.
	find := kmsg.NewPtrFindCoordinatorRequest()
	find.CoordinatorKey, find.CoordinatorKeys = "kafkatest", []string{"kafkatest"}
	found, err := find.RequestWith(ctx, node)
	if err != nil {
		return err
	}
	for _, co := range found.Coordinators {
		if err := kerr.ErrorForCode(co.ErrorCode); err != nil {
			return fmt.Errorf("finding a coordinator: %w", err)
		}
	}
	if err := checkTopics(meta.Topics, up); err != nil {
		return err
	}
	groups, err := kmsg.NewPtrListGroupsRequest().RequestWith(ctx, node)
	if err != nil {
		return err
	}
	return kerr.ErrorForCode(groups.ErrorCode)
}

// checkTopics looks at the partitions as one node sees them: the offsets topic is there and led by nodes that are
// up, so is all else whose replicas all are, and whoever is up is in sync.
func checkTopics(topics []kmsg.MetadataResponseTopic, up map[int32]*kgo.Client) error {
	offsets := false
	for _, t := range topics {
		if *t.Topic == offsetsTopic {
			offsets = true
		}
		for _, p := range t.Partitions {
			replicas, insync := countUp(p.Replicas, up), countUp(p.ISR, up)
			if *t.Topic != offsetsTopic && replicas < len(p.Replicas) {
				continue // may have no leader for the time being, which may be what a test wants
			}
			if up[p.Leader] == nil || insync < replicas {
				return fmt.Errorf("%s/%d is led by node %d, %d of %d in sync", *t.Topic, p.Partition, p.Leader, insync, replicas)
			}
		}
	}
	if !offsets {
		return fmt.Errorf("no topic %s", offsetsTopic)
	}
	return nil
}

func countUp(ids []int32, up map[int32]*kgo.Client) int {
	n := 0
	for _, id := range ids {
		if up[id] != nil {
			n++
		}
	}
	return n
}

// requestor sends kmsg requests to one broker.
type requestor struct{ broker *kgo.Broker }

func (r requestor) Request(ctx context.Context, req kmsg.Request) (kmsg.Response, error) {
	return r.broker.Request(ctx, req)
}
