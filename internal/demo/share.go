package demo

import (
	"context"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// startShare puts the share group to its positions and starts its workers. They are kgo's: what moves a share group is
// fetching and acknowledging, and that is more protocol than a demo should write down a second time.
func (c *Cluster) startShare(ctx context.Context, g group) error {
	if err := c.setShareOffsets(ctx, g); err != nil {
		return err
	}
	for n, id := range g.members {
		worker, err := c.newClient(id, g.host(n),
			kgo.ShareGroup(g.name),
			kgo.ConsumeTopics(g.topics...),
			kgo.MaxConcurrentFetches(0), // fetch when polled: only Live does
		)
		if err != nil {
			return err
		}
		c.workers = append(c.workers, worker) // the only group that writes here
	}
	return c.awaitWorkers(ctx, g)
}

// awaitWorkers returns when the broker has all the group's workers as members, and has given them partitions.
func (c *Cluster) awaitWorkers(ctx context.Context, g group) error {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		info := c.fake.GroupInfo(g.name)
		if info != nil && len(info.Members) == len(g.members) && info.NumAssigned() > 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}
