//go:build kafka

package lag_test

import (
	"context"
	"fmt"
	"maps"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/kversion"

	"github.com/offsetctl/offsetctl/internal/cluster"
	"github.com/offsetctl/offsetctl/internal/kafkatest"
	"github.com/offsetctl/offsetctl/lag"
)

// counter counts requests by name, ApiVersions aside, and connections.
type counter struct {
	mu       sync.Mutex
	requests map[string]int
	conns    int
}

func (c *counter) OnBrokerE2E(_ kgo.BrokerMetadata, key int16, _ kgo.BrokerE2E) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if name := kmsg.NameForKey(key); name != "ApiVersions" {
		c.requests[name]++
	}
}

func (c *counter) OnBrokerConnect(kgo.BrokerMetadata, time.Duration, net.Conn, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.conns++
}

// read reads a snapshot with a client of its own.
func read(t *testing.T, c *kafkatest.Cluster, timeout time.Duration, q lag.Query, change func(*cluster.Config)) (*lag.Snapshot, []lag.Row, *counter) {
	t.Helper()
	config := cluster.Config{Bootstrap: strings.Split(c.Bootstrap(), ","), ClientID: "test"}
	if change != nil {
		change(&config)
	}
	count := &counter{requests: map[string]int{}}
	client, err := cluster.Dial(config, count)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	q.Isolation = lag.ReadUncommitted
	snap, errs := lag.Read(t.Context(), client.Run(cluster.In(time.Now(), timeout)), q)
	if errs != nil {
		t.Fatalf("no bootstrap server answers: %v", errs)
	}
	return snap, lag.Compute(snap, q.Filter), count
}

// seed makes topics with one replica only and groups with commits on all of them; with one replica a
// stopped broker takes its partitions with it.
func seed(t *testing.T, c *kafkatest.Cluster, topics, groups int) {
	t.Helper()
	cl := c.Kgo(t, kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.UnknownTopicRetries(-1))
	adm := kadm.NewClient(cl)
	var offsets kadm.Offsets
	for i := range topics {
		name := fmt.Sprintf("t%d", i)
		if r, err := adm.CreateTopic(t.Context(), 6, 1, nil, name); err != nil || r.Err != nil {
			t.Fatal(err, r.Err)
		}
		for p := range int32(6) {
			if err := cl.ProduceSync(t.Context(), &kgo.Record{Topic: name, Partition: p, Value: []byte("x")}).FirstErr(); err != nil {
				t.Fatal(err)
			}
			offsets.AddOffset(name, p, 0, -1)
		}
	}
	for i := range groups {
		if r, err := adm.CommitOffsets(t.Context(), fmt.Sprintf("g%02d", i), offsets); err != nil || r.Error() != nil {
			t.Fatal(err, r.Error())
		}
	}
}

// TestKafkaRequestBudget counts what three real brokers are asked.
func TestKafkaRequestBudget(t *testing.T) {
	c := kafkatest.Start(t, kafkatest.Options{Nodes: 3})
	seed(t, c, 3, 30)
	for name, tt := range map[string]struct {
		q      lag.Query
		budget map[string]int
	}{
		"all groups": {lag.Query{}, map[string]int{"Metadata": 2, "ListGroups": 3, "OffsetFetch": 3, "ListOffsets": 6}},
		"one group": {lag.Query{Selection: cluster.Selection{Named: true, Groups: []string{"g07"}}}, map[string]int{
			"Metadata": 2, "FindCoordinator": 1, "OffsetFetch": 1, "DescribeGroups": 1, "ConsumerGroupDescribe": 1, "ListOffsets": 6}},
	} {
		t.Run(name, func(t *testing.T) {
			snap, rows, count := read(t, c, time.Minute, tt.q, nil)
			if want := len(snap.Groups) * 18; len(rows) != want || want == 0 {
				t.Errorf("%d rows, want %d", len(rows), want)
			}
			if diff := cmp.Diff(tt.budget, count.requests); diff != "" {
				t.Errorf("requests (-want +got)\n%s", diff)
			}
			if count.conns > 3 {
				t.Errorf("%d connections to three brokers", count.conns)
			}
		})
	}
}

// TestKafkaOneBrokerAway pauses and then stops one of three brokers: what only it has is named as
// failed, all else is right.
func TestKafkaOneBrokerAway(t *testing.T) {
	c := kafkatest.Start(t, kafkatest.Options{Nodes: 3, Props: []string{"broker.session.timeout.ms=15000", "offsets.topic.replication.factor=1"}})
	seed(t, c, 2, 30)
	whole, rows, _ := read(t, c, time.Minute, lag.Query{}, nil)
	if len(whole.Groups) != 30 || len(rows) != 30*12 || len(lag.Errors(whole, nil)) != 0 {
		t.Fatalf("before: %d groups, %d rows, errors %v", len(whole.Groups), len(rows), lag.Errors(whole, nil))
	}
	mine := map[string]bool{} // the groups of broker 2
	for _, g := range whole.Groups {
		mine[g.Name] = g.Coordinator.ID == 2
	}
	c.Pause(t, 2)
	t.Run("mute", func(t *testing.T) {
		start := time.Now()
		snap, rows, count := read(t, c, 9*time.Second, lag.Query{}, nil)
		if took := time.Since(start); took > 15*time.Second { // a busy machine is late
			t.Errorf("took %v, and had 9s", took)
		}
		checkAway(t, c, mine, snap, rows)
		if n := count.requests["ListGroups"]; n != 2 {
			t.Errorf("%d brokers listed groups, want 2", n)
		}
	})
	c.Stop(t, 2)
	t.Run("down", func(t *testing.T) {
		snap, rows, _ := read(t, c, time.Minute, lag.Query{}, nil)
		checkAway(t, c, mine, snap, rows)
	})
	t.Run("fenced", func(t *testing.T) {
		deadline := time.Now().Add(time.Minute)
		for { // the controller notices after the session timeout
			snap, rows, _ := read(t, c, time.Minute, lag.Query{}, nil)
			if slices.ContainsFunc(rows, func(r lag.Row) bool { return r.Status == lag.NoLeader }) {
				checkAway(t, c, mine, snap, rows)
				return
			}
			if time.Now().After(deadline) {
				t.Fatalf("no partition without a leader a minute after its broker died")
			}
			time.Sleep(200 * time.Millisecond)
		}
	})
}

// checkAway expects all groups but those of broker 2, every row of a partition led by another broker
// to be right, and every other one to have an error.
func checkAway(t *testing.T, c *kafkatest.Cluster, mine map[string]bool, snap *lag.Snapshot, rows []lag.Row) {
	t.Helper()
	want := slices.DeleteFunc(slices.Sorted(maps.Keys(mine)), func(g string) bool { return mine[g] })
	var got []string
	for _, g := range snap.Groups {
		got = append(got, g.Name)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("groups of the other brokers (-want +got)\n%s", diff)
	}
	known, unknown := 0, 0
	for _, r := range rows {
		switch {
		case r.Lag != nil && *r.Lag == 1 && r.Error == nil:
			known++
		case r.Lag == nil && r.Error != nil && (r.Status == lag.Failed || r.Status == lag.NoLeader):
			unknown++
		default:
			t.Errorf("neither right nor failed: %+v", r)
		}
	}
	if known != len(want)*8 || unknown != len(want)*4 { // 12 partitions, evenly led by three brokers
		t.Errorf("%d rows right and %d failed, want %d and %d", known, unknown, len(want)*8, len(want)*4)
	}
	if len(snap.Errors) == 0 {
		t.Errorf("nothing says that groups are missing")
	}
}

// TestKafkaNotAuthorized denies one group and one topic of many to this client.
func TestKafkaNotAuthorized(t *testing.T) {
	c := kafkatest.Start(t, kafkatest.Options{Authorizer: true})
	seed(t, c, 3, 3)
	const stranger = "127.0.0.2"
	dial := func(config *cluster.Config) {
		config.Dial = (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(stranger)}}).DialContext
	}
	c.Deny(t, "group", "g01", "describe", stranger)
	c.Deny(t, "topic", "t1", "describe", stranger)
	statuses := func(q lag.Query) map[string]int {
		snap, rows, _ := read(t, c, time.Minute, q, dial)
		out := map[string]int{}
		for _, r := range rows {
			out[r.Group+" "+string(r.Status)]++
		}
		for _, e := range lag.Errors(snap, q.Filter) {
			out[string(e.Scope)+" "+e.Name+" "+e.Code]++
		}
		return out
	}
	// Brokers leave out of "all commits" the topics that may not be described: nothing shows that
	// they are there. A group that may not be described is not listed to one who may not list all.
	t.Run("by name", func(t *testing.T) {
		want := map[string]int{"g00 no-members": 12, "g01 unauthorized": 1, "group g01 GROUP_AUTHORIZATION_FAILED": 1}
		if diff := cmp.Diff(want, statuses(lag.Query{Selection: cluster.Selection{Named: true, Groups: []string{"g00", "g01"}}})); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	})
	t.Run("all", func(t *testing.T) {
		got := statuses(lag.Query{})
		if got["g00 no-members"] != 12 || got["g02 no-members"] != 12 || got["g01 no-members"] != 0 || got["g01 unauthorized"] != 1 {
			t.Errorf("got %v", got)
		}
	})
	t.Run("topic asked for", func(t *testing.T) {
		got := statuses(lag.Query{Selection: cluster.Selection{Named: true, Groups: []string{"g00"}}, Filter: cluster.Filter{"t1": nil}})
		if diff := cmp.Diff(map[string]int{"topic t1 TOPIC_AUTHORIZATION_FAILED": 1}, got); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	})
}

// TestKafkaCoordinatorMoves reads while a group's coordinator changes from one broker to another.
func TestKafkaCoordinatorMoves(t *testing.T) {
	c := kafkatest.Start(t, kafkatest.Options{Nodes: 3})
	cl := c.Kgo(t)
	c.Topic(t, "orders", 3, 10)
	v := kversion.Stable()
	v.SetMaxKeyVersion(8, 9)
	var offsets kadm.Offsets
	offsets.AddOffset("orders", 0, 4, -1)
	if r, err := kadm.NewClient(c.Kgo(t, kgo.MaxVersions(v))).CommitOffsets(t.Context(), "g", offsets); err != nil || r.Error() != nil {
		t.Fatal(err, r.Error())
	}
	coordinator := func() int32 {
		req := kmsg.NewPtrFindCoordinatorRequest()
		req.CoordinatorKeys = []string{"g"}
		resp, err := req.RequestWith(t.Context(), cl)
		if err != nil || kerr.ErrorForCode(resp.Coordinators[0].ErrorCode) != nil {
			return -1
		}
		return resp.Coordinators[0].NodeID
	}
	first := coordinator()
	c.Stop(t, int(first))
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for ctx.Err() == nil {
		snap, rows, _ := read(t, c, 20*time.Second, lag.Query{Selection: cluster.Selection{Named: true, Groups: []string{"g"}}}, nil)
		if errs := lag.Errors(snap, nil); len(errs) > 0 {
			continue // while the brokers have not agreed on the new one, the answer is an error
		}
		if len(rows) != 1 || *rows[0].Lag != 6 || snap.Groups[0].Coordinator.ID == first {
			t.Fatalf("rows %+v, coordinator %+v, was %d", rows, snap.Groups[0].Coordinator, first)
		}
		return
	}
	t.Fatal("no answer a minute after the coordinator died")
}
