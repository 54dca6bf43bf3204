package demo

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

const (
	// readWithin bounds how long a consumer that has come back waits for its first records.
	readWithin = 10 * time.Second

	// leaveWithin bounds how long it waits for its coordinator when it leaves.
	leaveWithin = 5 * time.Second
)

// place is a partition.
type place struct {
	topic     string
	partition int32
}

// comeback lets a consumer of a stopped group start, while Live runs, when somebody has moved what the group has
// committed: it shows that consumers begin there.
type comeback struct {
	cluster *Cluster
	group   group
	known   map[place]int64 // what was committed when it was last looked at
	free    chan struct{}   // has one element while no consumer runs
}

// newComebacks are those of the shop. What somebody has moved since Start is new to them.
func (c *Cluster) newComebacks() []*comeback {
	var all []*comeback
	for _, g := range groups {
		if g.comesBack == "" {
			continue
		}
		b := &comeback{cluster: c, group: g, known: make(map[place]int64), free: make(chan struct{}, 1)}
		for _, p := range g.positions() {
			b.known[place{p.topic, p.partition}] = p.offset
		}
		b.free <- struct{}{}
		all = append(all, b)
	}
	return all
}

// look starts the consumer if the commits are others than they were, in a goroutine of running. A group that has nothing
// committed any more stays away: somebody has deleted it. So does one that is somebody else's by now.
func (b *comeback) look(ctx context.Context, running *sync.WaitGroup) {
	select {
	case <-b.free:
	default:
		return
	}
	committed, members := b.cluster.committed(b.group)
	moved := !maps.Equal(committed, b.known)
	b.known = committed
	if !moved || len(committed) == 0 || members > 0 {
		b.free <- struct{}{}
		return
	}
	running.Go(func() {
		b.run(ctx)
		b.free <- struct{}{}
	})
}

// run tells what the consumer reads first; when that is told it has left.
func (b *comeback) run(ctx context.Context) {
	first, err := b.cluster.visit(ctx, b.group)
	switch {
	case ctx.Err() != nil:
	case err != nil:
		b.cluster.tell(fmt.Sprintf("%s started, and stopped again: %v", b.group.name, err))
	case len(first) > 0:
		b.cluster.tell(fmt.Sprintf("%s started, and reads %s", b.group.name, readings(first)))
	}
}

// readings are the offsets in words.
func readings(first map[place]int64) string {
	var words []string
	for _, p := range slices.SortedFunc(maps.Keys(first), place.compare) {
		words = append(words, fmt.Sprintf("%s:%d from offset %d", p.topic, p.partition, first[p]))
	}
	return strings.Join(words, ", ")
}

func (p place) compare(o place) int {
	return position{topic: p.topic, partition: p.partition}.compare(position{topic: o.topic, partition: o.partition})
}

// committed is what the group has committed in the topics that it reads, and how many members it has.
func (c *Cluster) committed(g group) (offsets map[place]int64, members int) {
	offsets = make(map[place]int64)
	info := c.fake.GroupInfo(g.name)
	if info == nil {
		return offsets, 0
	}
	for topic, partitions := range info.Commits {
		for p, commit := range partitions {
			if slices.Contains(g.topics, topic) {
				offsets[place{topic, p}] = commit.Offset
			}
		}
	}
	return offsets, len(info.Members)
}

// visit joins the group as a consumer that is started does, reads until it has a record of every partition that it is
// given, and leaves. It commits nothing, so that what moved the group can be undone. It returns the offsets of the first
// records.
func (c *Cluster) visit(ctx context.Context, g group) (map[place]int64, error) {
	var mu sync.Mutex
	var assigned map[string][]int32
	client, err := c.newClient(g.comesBack, g.host(0),
		kgo.ConsumerGroup(g.name), kgo.ConsumeTopics(g.topics...),
		kgo.Balancers(kgo.RangeBalancer()), kgo.DisableAutoCommit(), kgo.FetchMaxWait(tick),
		kgo.OnPartitionsAssigned(func(_ context.Context, _ *kgo.Client, given map[string][]int32) {
			mu.Lock()
			defer mu.Unlock()
			assigned = given
		}),
	)
	if err != nil {
		return nil, err
	}
	defer leave(ctx, client)
	return readFirst(ctx, client, func() map[string][]int32 {
		mu.Lock()
		defer mu.Unlock()
		return assigned
	})
}

// readFirst reads the first record of every assigned partition.
func readFirst(ctx context.Context, client *kgo.Client, assigned func() map[string][]int32) (map[place]int64, error) {
	ctx, cancel := context.WithTimeout(ctx, readWithin)
	defer cancel()
	first := make(map[place]int64)
	for {
		fetches := client.PollFetches(ctx)
		if err := fetches.Err(); err != nil {
			return nil, err
		}
		fetches.EachRecord(func(r *kgo.Record) {
			at := place{r.Topic, r.Partition}
			if _, ok := first[at]; !ok {
				first[at] = r.Offset
			}
		})
		if covers(first, assigned()) {
			return first, nil
		}
	}
}

func covers(first map[place]int64, assigned map[string][]int32) bool {
	for topic, partitions := range assigned {
		for _, p := range partitions {
			if _, ok := first[place{topic, p}]; !ok {
				return false
			}
		}
	}
	return true
}

// leave ends the consumer's membership, also when ctx has ended: who looks at the group next finds it empty.
func leave(ctx context.Context, client *kgo.Client) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaveWithin)
	defer cancel()
	_ = client.LeaveGroupContext(ctx)
	client.Close()
}

// tell passes a sentence on to who wants to know.
func (c *Cluster) tell(text string) {
	if c.told != nil {
		c.told(text)
	}
}
