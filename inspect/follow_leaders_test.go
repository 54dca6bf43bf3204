package inspect

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/offsetctl/offsetctl/internal/cluster"
)

// Six leaders, none of which is known when the topic is planned: each is asked in its turn.
func TestFollowAsksAllLeadersOfANewTopic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &liveFake{t: t}
		c, err := kfake.NewCluster(kfake.NumBrokers(6), kfake.Ports(9092, 9093, 9094, 9095, 9096, 9097), kfake.ListenFn(f.pipes.Listen), kfake.ClusterID("fake"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(c.Close)
		f.Cluster = c
		if err := f.CreateTopic("__consumer_offsets", 6, nil); err != nil {
			t.Fatal(err)
		}
		for p := range int32(6) {
			f.lead(p, p)
		}
		live, _ := f.plan(Wanted{Range: Range{From: Latest()}, Follow: true})
		for i := range live.Parts {
			live.Parts[i] = Part{ID: live.Parts[i].ID, Awaited: &Awaited{&cluster.Error{Scope: cluster.ScopePartition, Code: "LEADER_NOT_AVAILABLE", Message: "none", Retriable: true}, Range{From: Earliest()}}}
		}
		ctx, cancel := context.WithCancel(t.Context())
		var rows []string
		done := make(chan struct{})
		go func() {
			defer close(done)
			_ = live.Follow(ctx, Options{}, Follower{Row: func(r *Row) error { rows = append(rows, fmt.Sprint(r.Partition)); return nil }, Flush: func() error { return nil }, Note: func(n string) { t.Log(n) }, Failed: func(e *cluster.Error) { t.Error(e) }})
		}()
		pass(10 * time.Second)
		p := f.producer()
		for part := range int32(6) {
			f.commits(p, part, "g", 1)
		}
		pass(5 * time.Minute)
		cancel()
		<-done
		slices.Sort(rows)
		if len(rows) != 6 {
			t.Errorf("five minutes later rows of partitions %v have come, want all six", rows)
		}
	})
}
