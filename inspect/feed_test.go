package inspect

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/offsetctl/offsetctl/internal/cluster"
)

// testLoop puts n bodies of so many bytes of each of its partitions, as the loop of one leader does.
func testLoop(ctx context.Context, f *feed, mine []int, n, size int) {
	left := map[int]int{}
	for _, i := range mine {
		left[i] = n
	}
	some := func() (open []int) {
		for _, i := range mine {
			if left[i] > 0 {
				open = append(open, i)
			}
		}
		return open
	}
	for {
		open, bytes := f.choose(ctx, some)
		if len(open) == 0 {
			return
		}
		time.Sleep(time.Millisecond) // of the bubble: a request
		for _, i := range open {
			f.put(i, body{batches: fmt.Appendf(nil, "%d.%d%s", i, n-left[i], strings.Repeat(" ", size))})
			if left[i]--; left[i] == 0 {
				f.end(i, nil)
			}
		}
		f.got(bytes)
	}
}

// readAll takes all bodies, partition after partition.
func drained(f *feed, partitions int) []string {
	var got []string
	for i := range partitions {
		for {
			b, ok := f.next(i)
			if !ok {
				break
			}
			got = append(got, strings.TrimSpace(string(b.batches)))
		}
	}
	return got
}

// A deadlock panics: nobody in the bubble would be left to wake the others.
func TestFeedKeepsTheOrderAndNeverDeadlocks(t *testing.T) {
	const partitions, bodies = 6, 5
	var want []string
	for i := range partitions {
		for n := range bodies {
			want = append(want, fmt.Sprintf("%d.%d", i, n))
		}
	}
	for _, budget := range []int{1, 50, 1000, 1 << 20} {
		for _, leaders := range []int{1, 2, 3} {
			t.Run(fmt.Sprintf("budget %d, %d leaders", budget, leaders), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					f := newFeed(partitions)
					f.budget, f.request = budget, 100
					var wg sync.WaitGroup
					for l := range leaders {
						var mine []int
						for i := l; i < partitions; i += leaders {
							mine = append(mine, i)
						}
						wg.Go(func() { testLoop(t.Context(), f, mine, bodies, 100) })
					}
					got := drained(f, partitions)
					wg.Wait()
					if d := cmp.Diff(want, got); d != "" {
						t.Errorf("(-want +got):\n%s", d)
					}
					if f.waiting != 0 || f.asked != 0 {
						t.Errorf("%d bytes wait and %d are asked for though all were taken", f.waiting, f.asked)
					}
				})
			})
		}
	}
}

func TestFeedStopsFetchingAtItsBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFeed(2)
		f.budget, f.request = 350, 100
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() { testLoop(ctx, f, []int{1}, 100, 100) })
		time.Sleep(time.Minute)
		synctest.Wait()
		if n := len(f.queues[1].bodies); n != 3 {
			t.Errorf("%d bodies wait, want 3: another one may not fit", n)
		}
		cancel()
		f.stop()
		wg.Wait()
	})
}

func TestFeedStopEndsEverything(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFeed(2)
		f.budget = 1
		f.put(1, body{batches: make([]byte, 10)})
		var wg sync.WaitGroup
		wg.Go(func() {
			if open, _ := f.choose(t.Context(), func() []int { return []int{1} }); open != nil {
				t.Errorf("may fetch %v after stop", open)
			}
		})
		wg.Go(func() {
			if _, ok := f.next(0); ok {
				t.Error("a body came of nothing")
			}
		})
		synctest.Wait()
		f.stop()
		wg.Wait()
		if _, ok := f.next(1); ok {
			t.Error("a body came after stop")
		}
		if open, _ := f.choose(t.Context(), func() []int { return []int{0, 1} }); open != nil {
			t.Errorf("may fetch %v after stop", open)
		}
	})
}

// Where the budget is full, the partition that is read next may have come to another loop meanwhile.
func TestFeedLooksAgainAtWhatIsOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFeed(2)
		f.budget = 1
		f.put(1, body{batches: make([]byte, 10)})
		open := []int{1}
		var wg sync.WaitGroup
		wg.Go(func() {
			if got, _ := f.choose(t.Context(), func() []int { return open }); !slices.Equal(got, []int{0}) {
				t.Errorf("may fetch %v, want the partition being read", got)
			}
		})
		synctest.Wait()
		open = []int{0, 1}
		f.wake()
		wg.Wait()
	})
}

func TestFeedKeepsTheFirstReasonOfAnEnd(t *testing.T) {
	f := newFeed(1)
	why := &cluster.Error{Code: "X"}
	f.put(0, body{batches: []byte("a")})
	f.end(0, why)
	f.end(0, nil)
	if b, ok := f.next(0); !ok || string(b.batches) != "a" {
		t.Errorf("got %q, %v: what came before the end is shown", b.batches, ok)
	}
	if _, ok := f.next(0); ok || f.failure(0) != why {
		t.Errorf("got %v, %v, want the reason", ok, f.failure(0))
	}
}

// Readers to whom order is nothing get what there is, of one partition one reader at a time.
func TestFeedTakesFromAnyPartition(t *testing.T) {
	f := newFeed(2)
	f.put(1, body{batches: []byte("a")})
	f.put(1, body{batches: []byte("b")})
	i, b, ok := f.take()
	if i != 1 || string(b.batches) != "a" || !ok {
		t.Fatalf("took %d %q %v", i, b.batches, ok)
	}
	f.put(0, body{batches: []byte("c")})
	if i, b, _ = f.take(); i != 0 || string(b.batches) != "c" {
		t.Fatalf("took %d %q of a partition that another reader holds", i, b.batches)
	}
	f.release(1)
	if i, b, _ = f.take(); i != 1 || string(b.batches) != "b" {
		t.Fatalf("took %d %q", i, b.batches)
	}
	f.end(0, nil)
	f.end(1, &cluster.Error{Code: "X"})
	if _, _, ok = f.take(); ok {
		t.Fatal("took something after the end")
	}
	if f.failure(0) != nil || f.failure(1) == nil {
		t.Errorf("failures %v, %v", f.failure(0), f.failure(1))
	}
}

// Leaders that come after the budget was shared, as all do of a topic that is waited for, are asked in turns.
func TestFeedStarvesNoLeader(t *testing.T) {
	const leaders = 6
	synctest.Test(t, func(t *testing.T) {
		f := newFeed(leaders)
		f.unordered = true
		f.share(0)
		ctx, cancel := context.WithCancel(t.Context())
		var asked [leaders]int
		var wg sync.WaitGroup
		for i := range leaders {
			wg.Go(func() {
				for {
					parts, bytes := f.choose(ctx, func() []int { return []int{i} })
					if len(parts) == 0 {
						return
					}
					asked[i]++
					time.Sleep(500 * time.Millisecond) // of the bubble: an answer with nothing in it
					f.got(bytes)
				}
			})
		}
		time.Sleep(time.Minute)
		cancel()
		f.stop()
		wg.Wait()
		for i, n := range asked {
			if n < 50 {
				t.Errorf("leader %d was asked %d times, of %v", i, n, asked)
			}
		}
	})
}
