package lag_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/kversion"

	"github.com/offsetctl/offsetctl/internal/cluster"
	"github.com/offsetctl/offsetctl/lag"
)

// bench is a kfake cluster of three brokers on pipes with many committed groups, which counts what is
// asked of it.
type bench struct {
	*kfake.Cluster
	pipes kfake.VirtualNetwork
	mute  string        // host:port of a broker that accepts connections and says nothing
	delay time.Duration // of every answer but a connection's first, which is ApiVersions'

	mu    sync.Mutex
	asked map[kmsg.Key]int // ApiVersions aside
	dials int
	at    map[int32][]string // groups, by the node that coordinates them
}

const (
	benchBrokers = 3
	benchGroups  = 1000
	benchTopics  = 10
	benchEach    = 6 // partitions of a topic: 60 in all, and every group has a commit in each
)

func startBench(t testing.TB, groups int) *bench {
	t.Helper()
	b := &bench{asked: map[kmsg.Key]int{}, at: map[int32][]string{}}
	var topics []string
	for i := range benchTopics {
		topics = append(topics, fmt.Sprint("topic-", i))
	}
	c, err := kfake.NewCluster(kfake.NumBrokers(benchBrokers), kfake.Ports(9092, 9093, 9094), kfake.ListenFn(b.pipes.Listen), kfake.SeedTopics(benchEach, topics...))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	b.Cluster = c
	b.commit(t, groups, topics)
	c.ControlKey(-1, func(req kmsg.Request) (kmsg.Response, error, bool) {
		c.KeepControl()
		b.count(req)
		return nil, nil, false
	})
	return b
}

func (b *bench) count(req kmsg.Request) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if key := kmsg.Key(req.Key()); key != kmsg.ApiVersions {
		b.asked[key]++
	}
}

// live has the brokers say that every group is Stable, and every other one of the consumer protocol,
// so that all need a describe: two types, T = 2 in the budget.
func (b *bench) live() {
	b.ControlKey(int16(kmsg.ListGroups), func(req kmsg.Request) (kmsg.Response, error, bool) {
		b.KeepControl()
		b.count(req)
		resp := req.ResponseKind().(*kmsg.ListGroupsResponse)
		for i, g := range b.at[b.CurrentNode()] {
			resp.Groups = append(resp.Groups, kmsg.ListGroupsResponseGroup{Group: g, GroupState: "Stable", GroupType: []string{"classic", "consumer"}[i%2]})
		}
		return resp, nil, true
	})
	b.ControlKey(int16(kmsg.ConsumerGroupDescribe), func(req kmsg.Request) (kmsg.Response, error, bool) {
		b.KeepControl()
		b.count(req)
		resp := req.ResponseKind().(*kmsg.ConsumerGroupDescribeResponse)
		for _, g := range req.(*kmsg.ConsumerGroupDescribeRequest).Groups {
			resp.Groups = append(resp.Groups, kmsg.ConsumerGroupDescribeResponseGroup{Group: g, State: "Stable"})
		}
		return resp, nil, true
	})
}

// commit gives every group a commit of 1 in every partition.
func (b *bench) commit(t testing.TB, groups int, topics []string) {
	t.Helper()
	versions := kversion.Stable()
	versions.SetMaxKeyVersion(int16(kmsg.OffsetCommit), 9) // v10 names topics by id
	var nodes []*kgo.Broker
	for id := range benchBrokers {
		c, err := kgo.NewClient(kgo.SeedBrokers(fmt.Sprint("localhost:", 9092+id)), kgo.Dialer(b.pipes.DialContext), kgo.MaxVersions(versions), kgo.DisableClientMetrics())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(c.Close)
		nodes = append(nodes, c.SeedBrokers()[0])
	}
	for i := range groups {
		req := kmsg.NewPtrOffsetCommitRequest()
		req.Group, req.Generation = fmt.Sprintf("group-%04d", i), -1
		for _, name := range topics {
			topic := kmsg.NewOffsetCommitRequestTopic()
			topic.Topic = name
			for p := range int32(benchEach) {
				part := kmsg.NewOffsetCommitRequestTopicPartition()
				part.Partition, part.Offset = p, 1
				topic.Partitions = append(topic.Partitions, part)
			}
			req.Topics = append(req.Topics, topic)
		}
		node := b.CoordinatorFor(req.Group)
		b.at[node] = append(b.at[node], req.Group)
		if _, err := nodes[node].Request(context.Background(), req); err != nil {
			t.Fatal(err)
		}
	}
}

// dial connects by way of a proxy that holds answers back.
func (b *bench) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	b.mu.Lock()
	b.dials++
	b.mu.Unlock()
	if addr == b.mute {
		client, server := net.Pipe()
		go func() { _, _ = io.Copy(io.Discard, server) }() // ends when the client hangs up
		return client, nil
	}
	broker, err := b.pipes.DialContext(ctx, network, addr)
	if err != nil || b.delay == 0 {
		return broker, err
	}
	client, server := net.Pipe()
	go func() {
		_, _ = io.Copy(broker, server)
		_ = broker.Close()
	}()
	go holdBack(server, broker, b.delay)
	return client, nil
}

// holdBack passes answers on, each a while after it came, the first at once.
func holdBack(to io.WriteCloser, from io.Reader, delay time.Duration) {
	type frame struct {
		bytes []byte
		due   time.Time
	}
	frames := make(chan frame, 1000)
	go func() {
		defer close(frames)
		for n := 0; ; n++ {
			size := make([]byte, 4)
			if _, err := io.ReadFull(from, size); err != nil {
				return
			}
			bytes := append(size, make([]byte, binary.BigEndian.Uint32(size))...)
			if _, err := io.ReadFull(from, bytes[4:]); err != nil {
				return
			}
			f := frame{bytes, time.Now()}
			if n > 0 {
				f.due = f.due.Add(delay)
			}
			frames <- f
		}
	}()
	for f := range frames {
		time.Sleep(time.Until(f.due)) // of the bubble's clock
		_, _ = to.Write(f.bytes)
	}
	_ = to.Close()
}

func (b *bench) client(t testing.TB, seed string) *cluster.Client {
	t.Helper()
	c, err := cluster.Dial(cluster.Config{Bootstrap: []string{seed}, Dial: b.dial})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// cost is what a read took.
type cost struct {
	Requests    map[kmsg.Key]int
	Connections int
	Rounds      int // dependent rounds: the longest chain of a request and the answers it waited for
}

// costOf measures a read by a client that has no connections yet.
func (b *bench) costOf(t testing.TB, seed string, read func(*cluster.Run)) cost {
	t.Helper()
	b.mu.Lock()
	b.asked, b.dials = map[kmsg.Key]int{}, 0
	b.mu.Unlock()
	b.delay = time.Second
	start := time.Now()
	client := b.client(t, seed)
	read(client.Run(cluster.In(time.Now(), time.Minute)))
	rounds := int(time.Since(start) / b.delay)
	client.Close()
	b.delay = 0
	b.mu.Lock()
	defer b.mu.Unlock()
	return cost{b.asked, b.dials, rounds}
}

const (
	nodeAsSeed = "localhost:9092"
	aliasSeed  = "127.0.0.1:9092" // the same broker under a name that it does not advertise
)

// readAll fails the test unless the read gives that many groups, every partition of each, and no error.
func readAll(t *testing.T, run *cluster.Run, q lag.Query, groups int) {
	t.Helper()
	s, errs := lag.Read(t.Context(), run, q)
	if errs != nil {
		t.Fatal(errs)
	}
	rows := lag.Compute(s, q.Filter)
	if len(s.Groups) != groups || len(s.Errors) != 0 || len(rows) != groups*benchTopics*benchEach {
		t.Errorf("got %d groups, errors %v, %d rows", len(s.Groups), s.Errors, len(rows))
	}
	for i := range rows {
		if rows[i].Error != nil {
			t.Fatalf("row %+v: %v", rows[i], rows[i].Error)
		}
	}
}

func TestCostGrowsWithBrokersOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := startBench(t, benchGroups)
		empty := map[kmsg.Key]int{kmsg.Metadata: 2, kmsg.ListGroups: 3, kmsg.OffsetFetch: 3, kmsg.ListOffsets: 6}
		all := func(r *cluster.Run) { readAll(t, r, lag.Query{}, benchGroups) }
		for _, tc := range []struct {
			name string
			seed string
			read func(*cluster.Run)
			want cost
		}{
			{"empty groups", nodeAsSeed, all, cost{empty, 3, 5}},
			{"a seed that is no node", aliasSeed, all, cost{empty, 4, 5}},
			{"one named group", nodeAsSeed, func(r *cluster.Run) {
				readAll(t, r, lag.Query{Selection: cluster.Selection{Named: true, Groups: []string{"group-0007"}}}, 1)
			}, cost{map[kmsg.Key]int{
				kmsg.Metadata: 2, kmsg.FindCoordinator: 1, kmsg.OffsetFetch: 1, kmsg.DescribeGroups: 1, kmsg.ConsumerGroupDescribe: 1, kmsg.ListOffsets: 6,
			}, 3, 4}},
			{"list of groups", nodeAsSeed, func(r *cluster.Run) {
				if _, errs := r.Brokers(t.Context()); errs != nil {
					t.Fatal(errs)
				}
				if got, errs := r.ListGroups(t.Context()); len(got) != benchGroups || len(errs) > 0 {
					t.Errorf("got %d groups, %v", len(got), errs)
				}
			}, cost{map[kmsg.Key]int{kmsg.Metadata: 1, kmsg.ListGroups: 3}, 3, 2}},
		} {
			if d := cmp.Diff(tc.want, b.costOf(t, tc.seed, tc.read)); d != "" {
				t.Errorf("%s (-want +got):\n%s", tc.name, d)
			}
		}
	})
}

func TestCostOfLiveGroupsOfTwoTypes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := startBench(t, benchGroups)
		b.live()
		for isolation, ends := range map[lag.Isolation]int{lag.ReadUncommitted: 6, lag.ReadCommitted: 9} {
			got := b.costOf(t, nodeAsSeed, func(r *cluster.Run) { readAll(t, r, lag.Query{Isolation: isolation}, benchGroups) })
			want := cost{map[kmsg.Key]int{
				kmsg.Metadata: 2, kmsg.ListGroups: 3, kmsg.OffsetFetch: 3, kmsg.DescribeGroups: 3, kmsg.ConsumerGroupDescribe: 3, kmsg.ListOffsets: ends,
			}, 3, 5}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("%s (-want +got):\n%s", isolation, d)
			}
		}
	})
}

func TestMuteBrokerCostsItsOwnRowsAndOneTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const groups = 30
		b := startBench(t, groups)
		b.mute = "localhost:9093"
		client := b.client(t, nodeAsSeed)
		defer client.Close()
		start := time.Now()
		s, errs := lag.Read(t.Context(), client.Run(cluster.In(start, 30*time.Second)), lag.Query{})
		if d := time.Since(start); errs != nil || d != 5*time.Second {
			t.Fatalf("errors %v, took %v, want one request's 5s", errs, d)
		}
		if len(s.Errors) != 1 || s.Errors[0].Code != cluster.CodeTimeout || s.Errors[0].Scope != cluster.ScopeBroker {
			t.Errorf("got errors %v, want the timeout of one broker", s.Errors)
		}
		rows := lag.Compute(s, nil)
		if want := groups - len(b.at[1]); len(s.Groups) != want || len(rows) != want*benchTopics*benchEach {
			t.Errorf("got %d groups, %d rows, want those of %d groups", len(s.Groups), len(rows), want)
		}
		for i := range rows {
			r := &rows[i]
			if dead := b.LeaderFor(*r.Topic, *r.Partition) == 1; dead != (r.Error != nil) || dead != (r.Lag == nil) || r.CurrentOffset == nil {
				t.Errorf("leader is the mute one: %v, row %+v", dead, r)
			}
		}
		if b.dials != 3 {
			t.Errorf("dialled %d times, want each broker once", b.dials)
		}
	})
}

// BenchmarkReadAllGroups is lag without its output: 1,000 groups with 60 commits each, connections
// included.
func BenchmarkReadAllGroups(b *testing.B) {
	k := startBench(b, benchGroups)
	b.ReportAllocs()
	for b.Loop() {
		client := k.client(b, nodeAsSeed)
		s, errs := lag.Read(b.Context(), client.Run(cluster.In(time.Now(), time.Minute)), lag.Query{})
		if errs != nil || len(s.Groups) != benchGroups {
			b.Fatal(errs)
		}
		client.Close()
	}
}
