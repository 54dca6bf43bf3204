package inspect

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// manyBrokers is a cluster in which each broker leads the partition of its number.
func manyBrokers(t *testing.T, brokers int, test func(t *testing.T, f *liveFake)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		f := &liveFake{t: t}
		var ports []int
		for i := range brokers {
			ports = append(ports, 9092+i)
		}
		c, err := kfake.NewCluster(kfake.NumBrokers(brokers), kfake.Ports(ports...), kfake.ListenFn(f.pipes.Listen))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(c.Close)
		f.Cluster = c
		if err := f.CreateTopic("__consumer_offsets", int32(brokers), nil); err != nil {
			t.Fatal(err)
		}
		for p := range int32(brokers) {
			f.lead(p, p)
		}
		test(t, f)
	})
}

// However many leaders there are: what they are asked for at the same time is bounded, and of the partition that is
// read something is asked for.
func TestFetchesOfManyLeadersStayWithinTheBudget(t *testing.T) {
	const brokers = 30
	for _, c := range []struct{ budget, requests int }{
		{feedBudget, brokers},
		{10 * requestLeast, 10},
		{requestLeast - 1, 1}, // of the partition that is read
	} {
		t.Run(fmt.Sprint(c.budget), func(t *testing.T) {
			manyBrokers(t, brokers, func(t *testing.T, f *liveFake) {
				p := f.producer()
				for part := range int32(brokers) {
					f.commits(p, part, "g", 1)
				}
				var asked, requests int
				var parts []int32
				f.fetches(func(_ int32, req *kmsg.FetchRequest) (kmsg.Response, error, bool) {
					asked += int(req.MaxBytes)
					requests++
					parts = append(parts, req.Topics[0].Partitions[0].Partition)
					return nil, nil, true // never answers
				})
				live, _ := f.plan(Wanted{})
				feed := newFeed(brokers)
				feed.budget = c.budget
				feed.reading = 7
				ctx, cancel := context.WithCancel(t.Context())
				var wg sync.WaitGroup
				wg.Go(func() { (&scan{*live, outcomesFirst, feed}).fetch(ctx) })
				synctest.Wait()
				if atMost := c.budget + feed.request; asked > atMost || requests < c.requests {
					t.Errorf("%d bytes are asked for in %d requests, want at most %d in at least %d", asked, requests, atMost, c.requests)
				}
				if c.requests == 1 && !slices.Equal(parts, []int32{7}) {
					t.Errorf("partitions %v are asked for, want the one that is read", parts)
				}
				cancel()
				feed.stop()
				wg.Wait()
			})
		})
	}
}

// With a budget for four of thirty leaders, and for less than a batch of some: all comes, in order.
func TestManyLeadersAreReadWithinALittleBudget(t *testing.T) {
	const brokers, batches = 30, 6
	for _, unordered := range []bool{false, true} {
		t.Run(fmt.Sprintf("unordered %v", unordered), func(t *testing.T) {
			manyBrokers(t, brokers, func(t *testing.T, f *liveFake) {
				p := f.producer(kgo.ProducerBatchMaxBytes(2 << 20))
				for part := range int32(brokers) {
					for n := range batches {
						size := 1 << 10 << (3 * (n % 4)) // up to 512 KiB: more than a request asks for
						if err := p.ProduceSync(t.Context(), &kgo.Record{Partition: part, Value: bytes.Repeat([]byte("x"), size)}).FirstErr(); err != nil {
							t.Fatal(err)
						}
					}
				}
				live, _ := f.plan(Wanted{})
				feed := newFeed(brokers)
				feed.budget, feed.unordered = 4*requestLeast, unordered
				var wg sync.WaitGroup
				wg.Go(func() { (&scan{*live, outcomesFirst, feed}).fetch(t.Context()) })
				got := make([]int, brokers)
				read := func(i int, b body) {
					for batch := range Batches(b.batches) {
						if batch.BaseOffset != int64(got[i]) {
							t.Errorf("partition %d: offset %d, want %d", i, batch.BaseOffset, got[i])
						}
						got[i]++
					}
				}
				for i := 0; !unordered && i < brokers; i++ {
					for b, ok := feed.next(i); ok; b, ok = feed.next(i) {
						read(i, b)
					}
				}
				for unordered {
					i, b, ok := feed.take()
					if !ok {
						break
					}
					read(i, b)
					feed.release(i)
				}
				wg.Wait()
				if d := cmp.Diff(slices.Repeat([]int{batches}, brokers), got); d != "" {
					t.Errorf("batches by partition (-want +got):\n%s", d)
				}
				if feed.waiting != 0 || feed.asked != 0 {
					t.Errorf("%d bytes wait, %d are asked for", feed.waiting, feed.asked)
				}
			})
		})
	}
}
