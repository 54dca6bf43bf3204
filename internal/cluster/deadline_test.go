package cluster

import (
	"context"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

func TestBootstrapThatNeverAnswersCostsOneShareOfTheDeadline(t *testing.T) {
	for name, tc := range map[string]struct {
		wire   dialFunc
		config time.Duration // request.timeout.ms
		total  time.Duration // --timeout
		left   int
		want   time.Duration
	}{
		"mute, no timeout":           {mute, 0, 0, 1, time.Minute},
		"mute, share":                {mute, 0, 10 * time.Second, 5, 2 * time.Second},
		"mute, long timeout":         {mute, 0, 5 * time.Minute, 5, 50 * time.Second},
		"mute, request.timeout.ms":   {mute, 3 * time.Second, 30 * time.Second, 5, 3 * time.Second},
		"hanging, cap":               {hang, 0, 30 * time.Second, 1, 5 * time.Second},
		"hanging, share":             {hang, 0, 10 * time.Second, 5, 2 * time.Second},
		"hanging, last round":        {hang, 0, 4 * time.Second, 1, 4 * time.Second},
		"mute, cap before the share": {mute, 0, 30 * time.Second, 5, 5 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				f := startFake(t)
				f.wire(node(0), tc.wire)
				start := time.Now()
				r := f.client(func(c *Config) { c.RequestTimeout = tc.config }).Run(In(start, tc.total))
				_, errs := r.Left(tc.left).Brokers(t.Context())
				took(t, tc.want, start)
				diff(t, "errors", []*Error{{
					Scope: ScopeBroker, Name: "localhost:9092", Code: CodeTimeout, Message: "no answer within " + tc.want.String(), Retriable: true,
				}}, errs)
			})
		})
	}
}

func TestGoodBootstrapWinsBesideMuteOnes(t *testing.T) {
	for name, tc := range map[string]struct {
		wire dialFunc
		want time.Duration
	}{
		"mute":    {mute, 500 * time.Millisecond},
		"hanging": {hang, 500 * time.Millisecond},
		"refused": {func(context.Context) (net.Conn, error) { return nil, errRefused }, 0},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				f := startFake(t)
				f.wire(Broker{Host: "a", Port: 1}, tc.wire)
				f.wire(Broker{Host: "b", Port: 1}, tc.wire)
				f.commit("g", 1)
				start := time.Now()
				r := f.client(func(c *Config) { c.Bootstrap = []string{"a:1", "b:1", "localhost:9093"} }).Run(In(start, 30*time.Second))
				bs, found, errs := r.brokersAndCoordinators(t.Context(), []string{"g"})
				took(t, tc.want, start)
				diff(t, "errors", []*Error(nil), errs)
				diff(t, "brokers", Brokers{ClusterID: "kfake", Nodes: []Broker{node(0), node(1), node(2)}}, bs)
				diff(t, "coordinator", []coordinator{{Group: "g", Broker: node(f.CoordinatorFor("g"))}}, found)
			})
		})
	}
}

func TestEveryBootstrapErrorIsReportedInOrder(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := startFake(t)
		f.wire(Broker{Host: "a", Port: 1}, mute)
		f.wire(Broker{Host: "b", Port: 1}, func(context.Context) (net.Conn, error) { return nil, errRefused })
		_, errs := f.client(func(c *Config) { c.Bootstrap = []string{"a:1", "b:1", "a:1"} }).Run(usual()).Brokers(t.Context())
		diff(t, "errors", []*Error{
			{Scope: ScopeBroker, Name: "a:1", Code: CodeTimeout, Message: "no answer within 5s", Retriable: true},
			{Scope: ScopeBroker, Name: "b:1", Code: CodeRefused, Message: "connection refused: nothing listens there", Retriable: true},
		}, errs)
	})
}

func TestMuteBrokerCostsItsOwnRowsAndIsAskedOnce(t *testing.T) {
	for name, wire := range map[string]dialFunc{"mute": mute, "hanging": hang} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				f := startFake(t)
				names := groupsOn(f, 2)
				for _, g := range names {
					f.commit(g, 7)
				}
				var tps []TP
				for p := range int32(6) {
					if err := f.MoveTopicPartition("t", p, p%3); err != nil {
						t.Fatal(err)
					}
					tps = append(tps, TP{"t", p})
				}
				r := f.ready()
				f.wire(node(1), wire)
				start := time.Now()
				listed, errs := r.ListGroups(t.Context())
				dead := &Error{Scope: ScopeBroker, Name: "1 (localhost:9093)", Code: CodeTimeout, Message: "no answer within 5s", Retriable: true}
				diff(t, "list errors", []*Error{dead}, errs)
				took(t, 5*time.Second, start)
				start = time.Now() // from here on the dead broker costs nothing

				if len(listed) != 4 {
					t.Errorf("got %d groups, want those of the two good brokers", len(listed))
				}
				for _, c := range r.Committed(t.Context(), refs(names...)) {
					want := Commits{Group: c.Group, Items: []Commit{{TP: TP{"t", 0}, Offset: 7, LeaderEpoch: -1, Metadata: c.Group + "0"}}}
					if f.CoordinatorFor(c.Group) == 1 {
						want = Commits{Group: c.Group, Err: dead.Of(ScopeGroup, c.Group)}
					}
					diff(t, "commits", want, c)
				}
				for _, d := range r.Describe(t.Context(), refs(names...), Classic, Consumer) {
					if got, want := d.Err != nil, f.CoordinatorFor(d.Group) == 1; got != want {
						t.Errorf("describe of %q: error %v, want one: %v", d.Group, d.Err, want)
					}
				}
				logs := r.Offsets(t.Context(), r.Topics(t.Context(), []string{"t"}), tps, LogStart, LogEnd)
				for _, tp := range tps {
					want := Log{Start: ptr(int64(0)), End: ptr(int64(0))}
					if tp.Partition%3 == 1 {
						want = Log{Err: dead.Of(ScopePartition, tp.String())}
					}
					diff(t, "log of "+tp.String(), want, logs[tp])
				}
				took(t, 0, start)
				if n := f.dials[node(1).Addr()]; n != 1 {
					t.Errorf("the dead broker was dialled %d times, want once", n)
				}
			})
		})
	}
}

func TestNextRunForgetsDeadBrokers(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := startFake(t)
		f.wire(node(0), mute)
		c := f.client()
		if _, errs := c.Run(usual()).Brokers(t.Context()); errs == nil {
			t.Fatal("no error from a mute broker")
		}
		f.wire(node(0), nil)
		if _, errs := c.Run(usual()).Brokers(t.Context()); errs != nil {
			t.Errorf("the broker is back, and still: %v", errs)
		}
	})
}

func TestNextRunIsNotStuckBehindTheRequestThatTimedOut(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := startFake(t)
		frozen := make(chan struct{})
		f.wire(node(0), f.freezable(node(0), frozen))
		c := f.client()
		if _, errs := c.Run(usual()).Brokers(t.Context()); errs != nil {
			t.Fatal(errs)
		}
		close(frozen)
		r := c.Run(usual())
		if _, errs := r.Brokers(t.Context()); len(errs) != 1 || errs[0].Code != CodeTimeout {
			t.Fatalf("got %v, want a timeout", errs)
		}
		f.wire(node(0), nil)
		start := time.Now()
		if _, errs := c.Run(usual()).Brokers(t.Context()); errs != nil {
			t.Errorf("the broker is back, and still: %v", errs)
		}
		took(t, 0, start)
	})
}

func TestTimeUsedUpIsNotABrokersFault(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := startFake(t)
		start := time.Now()
		r := f.client().Run(In(start, time.Second))
		time.Sleep(2 * time.Second) // of the bubble
		_, errs := r.Brokers(t.Context())
		diff(t, "errors", []*Error{{
			Scope: ScopeBroker, Name: "localhost:9092", Code: CodeTimeout, Message: "not asked: the time for the whole command is used up", Retriable: true,
		}}, errs)
		if len(f.dials) > 0 {
			t.Errorf("dialled %v", f.dials)
		}
	})
}

func TestSeedThatDiesLaterIsReplacedByTheOtherNodes(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := startFake(t)
		r := f.ready()
		f.cut(node(0), kmsg.Metadata)
		topics := r.Topics(t.Context(), []string{"t"})
		if len(topics) != 1 || topics[0].Err != nil || len(topics[0].Partitions) != 6 {
			t.Errorf("got %+v", topics)
		}
		diff(t, "requests", []call{{0, kmsg.Metadata}, {0, kmsg.Metadata}, {1, kmsg.Metadata}}, f.log())
	})
}

func TestInterruptReturnsAtOnce(t *testing.T) {
	for name, wire := range map[string]dialFunc{"mute": mute, "hanging": hang} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				f := startFake(t)
				r := f.ready()
				f.wire(node(1), wire)
				ctx, cancel := context.WithCancel(t.Context())
				time.AfterFunc(time.Second, cancel)
				start := time.Now()
				_, errs := r.ListGroups(ctx)
				took(t, time.Second, start)
				diff(t, "errors", []*Error{{
					Scope: ScopeBroker, Name: "1 (localhost:9093)", Code: CodeInterrupted, Message: "interrupted before the broker answered", Retriable: true,
				}}, errs)
			})
		})
	}
}

func TestInterruptEndsWaitingForALoadingCoordinator(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := startFake(t)
		r := f.ready()
		reply(f, kmsg.ListGroups, func(_ int32, _ *kmsg.ListGroupsRequest, resp *kmsg.ListGroupsResponse) bool {
			resp.ErrorCode = 14
			return true
		})
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		start := time.Now()
		_, errs := r.ListGroups(ctx)
		took(t, time.Second, start)
		if len(errs) != 3 {
			t.Errorf("got errors %v, want one per broker", errs)
		}
	})
}

// groupsOn returns names of groups, n for each of the three brokers.
func groupsOn(f *fake, n int) []string {
	var names []string
	count := map[int32]int{}
	for i := 0; len(names) < 3*n; i++ {
		g := "g" + string(rune('a'+i%26)) + string(rune('a'+i/26))
		if id := f.CoordinatorFor(g); count[id] < n {
			count[id]++
			names = append(names, g)
		}
	}
	return names
}

// One client may serve several runs at once, and each gives up a mute broker when its own time is up.
func TestRunThatGivesUpABrokerDoesNotInterruptAnother(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := startFake(t)
		f.wire(node(1), mute)
		c := f.client()
		var wg sync.WaitGroup
		var short, long *Error
		wg.Go(func() { _, short = c.Run(In(time.Now(), time.Second)).groupsOf(t.Context(), node(1)) })
		wg.Go(func() { _, long = c.Run(In(time.Now(), 3*time.Second)).groupsOf(t.Context(), node(1)) })
		start := time.Now()
		wg.Wait()
		took(t, 3*time.Second, start)
		diff(t, "codes", []string{CodeTimeout, CodeTimeout}, codes(short, long))
	})
}

// Requests that wait on one connection time out one after the other, and the first has replaced it already.
func TestOnlyTheConnectionThatTimedOutIsGivenUp(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		c := startFake(t).client()
		connection := func() *kgo.Client {
			conn, err := c.connection("localhost:9092")
			if err != nil {
				t.Fatal(err)
			}
			return conn
		}
		first := connection()
		c.hangUp("localhost:9092", first)
		second := connection()
		c.hangUp("localhost:9092", first)
		if first == second || connection() != second {
			t.Error("the connection made in its place was given up as well")
		}
	})
}
