package demo

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

const (
	// tick is how often Live writes and commits.
	tick = 250 * time.Millisecond

	// retained is how many records a partition keeps, looked after once in trimTicks: half an hour's of the busiest
	// topic. The log is in memory, and a demo that is forgotten over night must not fill it.
	retained  = 50_000
	trimTicks = 240
)

// traffic is what Live remembers from tick to tick.
type traffic struct {
	cluster   *Cluster
	ticks     int
	ends      kadm.ListedOffsets    // at the last tick
	positions map[string][]position // by group
	comebacks []*comeback
	running   *sync.WaitGroup // what ends with Live
}

// Live writes records and moves the groups until ctx ends, which is no error: those in order follow, the lagging one
// falls behind slowly, the others stay as they are until somebody moves them; see comeback. It runs once at a time.
func (c *Cluster) Live(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	var workers sync.WaitGroup
	defer workers.Wait()
	defer stop()
	for _, w := range c.workers {
		workers.Go(func() { work(ctx, w) })
	}
	t := &traffic{cluster: c, positions: make(map[string][]position), comebacks: c.newComebacks(), running: &workers}
	for _, g := range groups {
		t.positions[g.name] = g.positions()
	}
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	for {
		if err := t.tick(ctx); err != nil && ctx.Err() == nil {
			return fmt.Errorf("running the demo's traffic: %w", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

func (t *traffic) tick(ctx context.Context) error {
	admin := kadm.NewClient(t.cluster.client)
	if t.ends == nil {
		ends, err := admin.ListEndOffsets(ctx)
		if err != nil {
			return err
		}
		t.ends = ends
	}
	t.ticks++
	if err := t.write(ctx, time.Now()); err != nil {
		return err
	}
	ends, err := admin.ListEndOffsets(ctx)
	if err != nil {
		return err
	}
	before := t.ends
	t.ends = ends
	t.advance(before)
	if t.ticks%trimTicks == 0 {
		t.cluster.trim(retained)
	}
	if err := t.commit(ctx); err != nil {
		return err
	}
	if err := t.cluster.diary.catchUp(ctx, time.Now()); err != nil && !refused(err) {
		return fmt.Errorf("writing what has changed in groups: %w", err)
	}
	for _, b := range t.comebacks {
		b.look(ctx, t.running)
	}
	return nil
}

// write adds a few records to each partition, not equally many.
func (t *traffic) write(ctx context.Context, now time.Time) error {
	client := t.cluster.client
	failed := make(chan error, 1)
	for _, topic := range topics {
		for p := range topic.partitions {
			if topic.deleted {
				continue
			}
			for n := range topic.rate + (t.ticks+int(p))%2 {
				client.Produce(ctx, record(topic.name, p, int64(t.ticks*1000+n), now), keepFirst(failed))
			}
		}
	}
	if err := client.Flush(ctx); err != nil {
		return err
	}
	select {
	case err := <-failed:
		return err
	default:
		return nil
	}
}

// keepFirst keeps the first error. A topic that somebody has deleted is none: trying that out is what a demo is for.
func keepFirst(failed chan<- error) func(*kgo.Record, error) {
	return func(_ *kgo.Record, err error) {
		if err == nil || errors.Is(err, kerr.UnknownTopicOrPartition) {
			return
		}
		select {
		case failed <- err:
		default:
		}
	}
}

// trim deletes what is before a partition's last keep records. A topic that is gone has nothing to trim.
func (c *Cluster) trim(keep int64) {
	for _, t := range topics {
		for _, p := range c.fake.PartitionInfos(t.name) {
			if to := p.HighWatermark - keep; to > p.LogStartOffset {
				_ = c.fake.DeleteRecords(t.name, p.Partition, to)
			}
		}
	}
}

// advance moves the positions by the group's share of what has come since before.
func (t *traffic) advance(before kadm.ListedOffsets) {
	for _, g := range groups {
		for i := range t.positions[g.name] {
			p := &t.positions[g.name][i]
			then, ok := before.Lookup(p.topic, p.partition)
			now, still := t.ends.Lookup(p.topic, p.partition)
			if ok && still && then.Err == nil && now.Err == nil {
				p.offset += max(0, now.Offset-then.Offset) * g.pace / 100
			}
		}
	}
}

// commit sends the positions of the groups that move and are due. What a broker refuses is left for the next tick: it
// is in the middle of a rebalance, or a topic is gone.
func (t *traffic) commit(ctx context.Context) error {
	for _, g := range groups {
		if g.kind == share || g.pace == 0 || t.ticks%max(1, g.every) != 0 {
			continue
		}
		if err := t.cluster.commitGroup(ctx, g, t.positions[g.name]); err != nil && !refused(err) {
			return fmt.Errorf("committing for %q: %w", g.name, err)
		}
	}
	return nil
}

func (c *Cluster) commitGroup(ctx context.Context, g group, ps []position) error {
	if len(g.members) == 0 {
		return c.commitPositions(ctx, g.name, ps)
	}
	for _, m := range c.members {
		if m.group.name != g.name {
			continue
		}
		if err := m.commit(ctx, ps); err != nil {
			return err
		}
	}
	return nil
}

func refused(err error) bool {
	var code *kerr.Error
	return errors.As(err, &code)
}

// work has a worker of the share group take and acknowledge records until ctx ends.
func work(ctx context.Context, worker *kgo.Client) {
	for ctx.Err() == nil && !worker.PollFetches(ctx).IsClientClosed() {
		continue // polling again acknowledges what the last poll brought
	}
}
