package demo

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

const (
	// heartbeatInterval and sessionTimeout are the defaults of Kafka's consumer, rebalanceTimeout is kgo's.
	heartbeatInterval = 3 * time.Second
	sessionTimeout    = 45 * time.Second
	rebalanceTimeout  = time.Minute
)

// member is one consumer of a classic or KIP-848 group. It speaks the group's protocol and reads no records: a kgo
// consumer learns with its next heartbeat that others have joined, so that a group of three would need seconds to settle.
type member struct {
	group    group
	client   *kgo.Client
	broker   *kgo.Broker // the group's coordinator, which never moves
	instance *string     // set for a static member
	cluster  *Cluster    // for what a client would know from metadata

	mu         sync.Mutex
	id         string
	generation int32 // a KIP-848 member's epoch; 0 before it has joined
	assigned   map[string][]int32
	leader     string // of the members of a classic group
}

// newMembers are the group's members, not yet joined. A share group has none here: see share.go.
func (c *Cluster) newMembers(g group) ([]*member, error) {
	if g.kind == share {
		return nil, nil
	}
	coordinator := c.net.addrs()[c.fake.CoordinatorFor(g.name)]
	var members []*member
	for n, id := range g.members {
		client, err := c.newClient(id, g.host(n), kgo.SeedBrokers(coordinator))
		if err != nil {
			return nil, err
		}
		m := &member{group: g, client: client, broker: client.SeedBrokers()[0], cluster: c}
		if g.static {
			m.instance = &id
		}
		if g.kind == consumer {
			m.id = uuid(id)
		}
		c.members = append(c.members, m)
		members = append(members, m)
	}
	return members, nil
}

// host is where the group's n-th member seems to run.
func (g group) host(n int) string {
	i := slices.IndexFunc(groups, func(o group) bool { return o.name == g.name })
	return fmt.Sprintf("10.20.%d.%d", i+1, n+11)
}

// beat sends one heartbeat and follows the group where it has moved.
func (m *member) beat(ctx context.Context) error {
	if m.group.kind == consumer {
		_, err := m.beatConsumer(ctx)
		return err
	}
	return m.beatClassic(ctx)
}

// keepAlive sends the members' heartbeats until Close. An error is not the end: the next beat tries again.
func (c *Cluster) keepAlive() {
	ctx, stop := context.WithCancel(context.Background())
	c.stop = stop
	for _, m := range c.members {
		c.beats.Go(func() {
			tick := time.NewTicker(heartbeatInterval)
			defer tick.Stop()
			for {
				select {
				case <-ctx.Done():
					return
				case <-tick.C:
					_ = m.beat(ctx)
				}
			}
		})
	}
}

// commit commits those of ps that the member owns.
func (m *member) commit(ctx context.Context, ps []position) error {
	m.mu.Lock()
	var own []position
	for _, p := range ps {
		if slices.Contains(m.assigned[p.topic], p.partition) {
			own = append(own, p)
		}
	}
	req := commitRequest(m.group.name, own)
	req.MemberID, req.Generation, req.InstanceID = m.id, m.generation, m.instance
	m.mu.Unlock()
	if len(own) == 0 {
		return nil
	}
	resp, err := req.RequestWith(ctx, m.broker)
	if err != nil {
		return err
	}
	return commitError(resp)
}
