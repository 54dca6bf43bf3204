//go:build kafka

package kafkatest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// clientCase is a Java client, what it is told, and what the brokers show of it.
type clientCase struct {
	name     string
	file     string
	args     []string // after the group, which is named like the case, and the topic
	before   []string // commands sent before the look, each confirmed
	typ      string   // as ListGroups v5 says
	members  int
	clientID string           // prefix of every member's client id
	commits  map[int32]commit // by partition, while the client runs
	after    string           // the group's state when it was closed
	from4    bool             // not on 3.9
}

// commit is a committed offset.
type commit struct {
	At       int64
	Epoch    int32 // -1: none
	Metadata string
}

const inputRecords = 10 // in each of the two partitions of a case's topic

// ends are the commits of a client that has read everything, with the leader epoch and metadata it commits.
func ends(epoch int32, metadata string) map[int32]commit {
	return map[int32]commit{0: {inputRecords, epoch, metadata}, 1: {inputRecords, epoch, metadata}}
}

// Streams' metadata: version 2, the partition time of the last record (not compared), no processor metadata.
const streamsMetadata = "Ag…"

var clientCases = []clientCase{
	// Flink is the slowest, so it goes first.
	{name: "flink", file: "FlinkJob.java", typ: "classic", commits: ends(-1, ""), after: "Empty"},
	{name: "auto", file: "ConsumerApp.java", args: []string{"auto", "client.id=auto"}, typ: "classic",
		members: 1, clientID: "auto-", commits: ends(0, ""), after: "Empty"},
	{name: "manual", file: "ConsumerApp.java", args: []string{"manual", "members=2"}, typ: "classic",
		before:  []string{"sync", "async", "commit 0 4 - why not", "commit 1 5 0 x"},
		members: 2, clientID: "app-", after: "Empty",
		commits: map[int32]commit{0: {4, -1, "why not"}, 1: {5, 0, "x"}}},
	{name: "assign", file: "ConsumerApp.java", args: []string{"assign"}, typ: "classic",
		before: []string{"sync", "commit 1 3 - "}, commits: map[int32]commit{0: {10, 0, ""}, 1: {3, -1, ""}}, after: "Empty"},
	{name: "static", file: "ConsumerApp.java", args: []string{"manual", "members=2", "group.instance.id=s"}, typ: "classic",
		before: []string{"sync"}, members: 2, clientID: "app-", commits: ends(0, ""), after: "Stable"},
	{name: "kip848", file: "ConsumerApp.java", args: []string{"auto", "members=2", "group.protocol=consumer"}, typ: "consumer",
		members: 2, clientID: "app-", commits: ends(0, ""), after: "Empty"},
	{name: "kip848static", file: "ConsumerApp.java", args: []string{"auto", "group.protocol=consumer", "group.instance.id=s"}, typ: "consumer",
		members: 1, clientID: "app-", commits: ends(0, ""), after: "Empty"},
	{name: "share", file: "ShareApp.java", typ: "share", members: 1, clientID: "share-", after: "Empty", from4: true},
	{name: "streams", file: "StreamsApp.java", args: []string{"copies"}, typ: "classic",
		members: 1, clientID: "streams-", commits: ends(0, streamsMetadata), after: "Stable"},
	{name: "streams848", file: "StreamsApp.java", args: []string{"copies", "group.protocol=streams"}, typ: "streams",
		members: 1, clientID: "streams-", commits: ends(0, streamsMetadata), after: "Empty", from4: true},
}

func TestClients(t *testing.T) {
	// A static member that closes stays until its session ends; the broker's default is 45 s.
	c := Start(t, Options{Props: []string{"group.consumer.min.session.timeout.ms=5000", "group.consumer.session.timeout.ms=5000"}})
	c.Topic(t, "copies", 2, 0)
	t.Run("each", func(t *testing.T) {
		for _, tt := range clientCases {
			t.Run(tt.name, func(t *testing.T) {
				t.Parallel()
				if tt.from4 && strings.HasPrefix(c.Version, "3.") {
					t.Skipf("Kafka %s has no groups of type %s", c.Version, tt.typ)
				}
				testClient(t, c, tt)
			})
		}
		testTransactions(t, c)
		t.Run("dies", func(t *testing.T) { testDeadClient(t, c) })
	})
	t.Run("all", func(t *testing.T) { testDescribeAll(t, c) })
}

// testDescribeAll expects all groups of the cases before, but those that the tool does not know.
func testDescribeAll(t *testing.T, c *Cluster) {
	got, want := map[string]int{}, map[string]int{"tx": 2, "tx-member": 2}
	for _, r := range c.DescribeAll(t) {
		if r.Topic != nil {
			got[r.Group]++
		}
	}
	for _, tt := range clientCases {
		if tt.typ == "classic" || tt.typ == "consumer" {
			want[tt.name] = 2
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rows by group: %s", diff)
	}
	if rows := c.Describe(t, "no-such-group"); rows != nil {
		t.Errorf("a group that does not exist: %+v", rows)
	}
}

// testDeadClient: a client that ends by itself is reported at once, with what it said.
func testDeadClient(t *testing.T, c *Cluster) {
	t.Parallel()
	c.Topic(t, "in-dies", 1, 1)
	for _, tt := range []struct {
		name, want string
		args       []string
	}{
		{"main thread", "ArrayIndexOutOfBoundsException", []string{"dies"}},
		{"consumer's thread", "InvalidSessionTimeoutException", []string{"dies", "in-dies", "auto", "session.timeout.ms=1000"}},
	} {
		f := &fatal{TB: t}
		func() {
			defer func() { recover() }()
			c.Client(f, "ConsumerApp.java", tt.args...).Await(f, "READY")
		}()
		if !strings.Contains(f.message, tt.want) {
			t.Errorf("%s: explained by %q, want a mention of %s", tt.name, f.message, tt.want)
		}
	}
}

func testClient(t *testing.T, c *Cluster, tt clientCase) {
	topic := "in-" + tt.name
	c.Topic(t, topic, 2, inputRecords)
	cl := c.Client(t, tt.file, append([]string{tt.name, topic}, tt.args...)...)
	cl.Await(t, "READY")
	for _, command := range tt.before {
		cl.Do(t, command)
	}
	if got := listed(t, c, tt.name); got.GroupType != tt.typ {
		t.Errorf("type %q, want %q", got.GroupType, tt.typ)
	}
	got := committed(t, c, tt.name, topic)
	for p, co := range got {
		if tt.commits[p].Metadata == streamsMetadata && strings.HasPrefix(co.Metadata, "Ag") {
			co.Metadata = streamsMetadata
			got[p] = co
		}
	}
	if diff := cmp.Diff(tt.commits, got); diff != "" {
		t.Errorf("commits: %s", diff)
	}
	switch tt.typ {
	case "share":
		checkTool(t, c, tt, "org.apache.kafka.tools.consumer.group.ShareGroupCommand")
	case "streams":
		checkTool(t, c, tt, "org.apache.kafka.tools.streams.StreamsGroupCommand")
	default:
		checkMembers(t, c, tt)
	}
	cl.Do(t, "close")
	cl.Wait(t)
	eventually(t, "after close", func() error {
		if got := listed(t, c, tt.name).GroupState; got != tt.after {
			return fmt.Errorf("state %q, want %q", got, tt.after)
		}
		return nil
	})
}

// checkMembers compares with what Kafka's own tool shows.
func checkMembers(t *testing.T, c *Cluster, tt clientCase) {
	t.Helper()
	rows := c.Describe(t, tt.name)
	if len(rows) != 2 {
		t.Fatalf("%d rows, want 2: %+v", len(rows), rows)
	}
	members := map[string]bool{}
	for _, r := range rows {
		if want := tt.commits[*r.Partition].At; r.CurrentOffset == nil || *r.CurrentOffset != want || *r.Lag != inputRecords-want {
			t.Errorf("partition %d: %+v, want offset %d", *r.Partition, r, want)
		}
		if r.ClientID == nil {
			continue
		}
		members[*r.ConsumerID] = true
		if !strings.HasPrefix(*r.ClientID, tt.clientID) || *r.Host != "/127.0.0.1" {
			t.Errorf("partition %d: client id %q on %s, want %q", *r.Partition, *r.ClientID, *r.Host, tt.clientID)
		}
	}
	if len(members) != tt.members {
		t.Errorf("%d members, want %d: %+v", len(members), tt.members, rows)
	}
}

// checkTool looks for a member in what the tool for another type of group shows.
func checkTool(t *testing.T, c *Cluster, tt clientCase, class string) {
	t.Helper()
	r := c.Tool(t, class, "--bootstrap-server", c.Bootstrap(), "--describe", "--members", "--group", tt.name)
	if r.Exit != 0 || !strings.Contains(r.Stdout, tt.clientID) {
		t.Errorf("no client id %q: %+v", tt.clientID, r)
	}
}

func testTransactions(t *testing.T, c *Cluster) {
	for _, tt := range []struct {
		group string
		args  []string
		typ   string
		state string
	}{
		{"tx", nil, "classic", "Empty"},
		{"tx-member", []string{"consumer=true"}, "classic", "Stable"},
	} {
		t.Run(tt.group, func(t *testing.T) {
			t.Parallel()
			topic := "in-" + tt.group
			c.Topic(t, topic, 2, inputRecords)
			cl := c.Client(t, "TransactionApp.java", append([]string{tt.group, topic, "id-" + tt.group}, tt.args...)...)
			cl.Await(t, "READY")
			check := func(when string, want map[int32]commit) {
				t.Helper()
				if diff := cmp.Diff(want, committed(t, c, tt.group, topic)); diff != "" {
					t.Errorf("%s: %s", when, diff)
				}
			}
			cl.Do(t, "offsets 0=3 1=4")
			check("open", nil)
			cl.Do(t, "commit")
			check("committed", map[int32]commit{0: {3, -1, ""}, 1: {4, -1, ""}})
			cl.Do(t, "offsets 0=5")
			cl.Do(t, "abort")
			check("aborted", map[int32]commit{0: {3, -1, ""}, 1: {4, -1, ""}})
			cl.Send(t, "nonsense")
			cl.Await(t, "FAILED nonsense")
			cl.Do(t, "offsets 0=7")
			cl.Kill()
			check("left open", map[int32]commit{0: {3, -1, ""}, 1: {4, -1, ""}})
			if got := listed(t, c, tt.group); got.GroupType != tt.typ || got.GroupState != tt.state {
				t.Errorf("type %q and state %q, want %q and %q", got.GroupType, got.GroupState, tt.typ, tt.state)
			}
		})
	}
}

// listed is the group as ListGroups shows it; its zero value if it does not.
func listed(t *testing.T, c *Cluster, group string) kmsg.ListGroupsResponseGroup {
	t.Helper()
	answer, err := kmsg.NewPtrListGroupsRequest().RequestWith(t.Context(), c.Kgo(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range answer.Groups {
		if g.Group == group {
			return g
		}
	}
	return kmsg.ListGroupsResponseGroup{}
}

// committed are the group's offsets of the topic; nil if there are none.
func committed(t *testing.T, c *Cluster, group, topic string) map[int32]commit {
	t.Helper()
	offsets, err := kadm.NewClient(c.Kgo(t)).FetchOffsets(t.Context(), group)
	if err != nil {
		t.Fatal(err)
	}
	var got map[int32]commit
	for _, o := range offsets[topic] {
		if o.Err != nil {
			t.Fatal(o.Err)
		}
		if got == nil {
			got = map[int32]commit{}
		}
		got[o.Partition] = commit{o.At, o.LeaderEpoch, o.Metadata}
	}
	return got
}
