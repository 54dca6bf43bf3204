package demo

import (
	"context"
	"testing"
)

func TestLiveMovesTheGroups(t *testing.T) {
	c := start(t, Options{})
	before := observe(t, c)
	ctx, cancel := context.WithCancel(t.Context())
	live := make(chan error, 1)
	go func() { live <- c.Live(ctx) }()

	ordersEnd := func() int64 { return c.fake.PartitionInfo("orders", 0).HighWatermark }
	wrote := ordersEnd()
	// flink-revenue is the slowest of those that move: when it has committed, all have.
	flink, sessions := committed(t, c, "flink-revenue"), committed(t, c, "clickstream-sessions")
	thumbnails := before["thumbnails"].Lag
	eventually(t, "a checkpoint of flink-revenue", func() bool { return committed(t, c, "flink-revenue") > flink })
	eventually(t, "thumbnails caught up", func() bool { return observe(t, c)["thumbnails"].Lag < thumbnails })
	cancel()
	if err := <-live; err != nil {
		t.Fatalf("Live: %v", err)
	}

	if ordersEnd() <= wrote {
		t.Error("no record was written to orders/0")
	}
	if committed(t, c, "clickstream-sessions") <= sessions {
		t.Error("clickstream-sessions has committed nothing")
	}
	after := observe(t, c)
	if got, was := after["clickstream-sessions"].Lag, before["clickstream-sessions"].Lag; got <= was {
		t.Errorf("lag of clickstream-sessions %d, want it above %d", got, was)
	}
	for name, g := range after {
		if g.State != before[name].State || g.Members != before[name].Members {
			t.Errorf("group %q: %+v, was %+v", name, g, before[name])
		}
	}
	for _, name := range []string{"orders-app", "search-indexer", "payments-ledger", "fraud-check"} {
		// Live ends between a write and its commits at the worst: one tick's records.
		if got, most := after[name].Lag, before[name].Lag+100; got > most {
			t.Errorf("lag of %s %d, want at most %d", name, got, most)
		}
	}
}

// committed is the sum of the group's commits.
func committed(t *testing.T, c *Cluster, group string) int64 {
	t.Helper()
	var sum int64
	for _, partitions := range c.fake.GroupInfo(group).Commits {
		for _, p := range partitions {
			sum += p.Offset
		}
	}
	return sum
}

func TestMembersFollowARebalance(t *testing.T) {
	c := start(t, Options{})
	var orders []*member
	for _, m := range c.members {
		if m.group.name == "orders-app" {
			orders = append(orders, m)
		}
	}
	extra, err := c.newMembers(group{name: "orders-app", topics: []string{"orders"}, members: []string{"visitor"}})
	if err != nil {
		t.Fatal(err)
	}
	joined := make(chan error, 1)
	go func() { joined <- extra[0].join(t.Context(), 1) }()
	eventually(t, "the visitor in the group", func() bool { return len(c.fake.GroupInfo("orders-app").Members) == 4 })
	if err := each(orders, func(m *member) error { return m.beat(t.Context()) }); err != nil {
		t.Fatalf("heartbeat: %v", err)
	}
	if err := <-joined; err != nil {
		t.Fatalf("the visitor: %v", err)
	}
	if info := c.fake.GroupInfo("orders-app"); info.State != "Stable" || info.NumAssigned() != 6 {
		t.Errorf("group %+v, want it Stable with all 6 partitions assigned", info)
	}
	if err := orders[0].commit(t.Context(), []position{{topic: "orders", partition: orders[0].assigned["orders"][0], offset: 7}}); err != nil {
		t.Errorf("committing after the rebalance: %v", err)
	}
}

func TestFencedConsumerJoinsAnew(t *testing.T) {
	c := start(t, Options{})
	for _, m := range c.members {
		if m.group.name != "search-indexer" {
			continue
		}
		m.setMember("forgotten-"+m.id, m.generation, m.assigned)
	}
	eventually(t, "the group with its new members", func() bool {
		for _, m := range c.members {
			if m.group.name == "search-indexer" {
				if err := m.beat(t.Context()); err != nil {
					t.Fatalf("heartbeat: %v", err)
				}
			}
		}
		return len(c.fake.GroupInfo("search-indexer").Members) == 4
	})
}

func TestTrimKeepsTheNewestRecords(t *testing.T) {
	c := start(t, Options{})
	const keep = 500
	c.trim(keep)
	for _, topic := range topics {
		for _, p := range c.fake.PartitionInfos(topic.name) {
			if got, want := p.HighWatermark-p.LogStartOffset, min(keep, topic.end(p.Partition)); got != want {
				t.Errorf("%s/%d keeps %d records, want %d", topic.name, p.Partition, got, want)
			}
		}
	}
}
