//go:build kafka

package main_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/offsetctl/offsetctl/cmd"
	"github.com/offsetctl/offsetctl/internal/kafkatest"
)

// result is what one command line left behind.
type result struct {
	Stdout, Stderr string
	Exit           int
}

// offsetctl runs a command line against the cluster, in this process.
func offsetctl(t *testing.T, c *kafkatest.Cluster, args ...string) result {
	t.Helper()
	var out, errs bytes.Buffer
	exit := cmd.Main(t.Context(), append(args, "-b", c.Bootstrap()), strings.NewReader(""), &out, &errs)
	return result{out.String(), errs.String(), exit}
}

// ok is offsetctl for a command that must succeed and have nothing to say about it.
func ok(t *testing.T, c *kafkatest.Cluster, args ...string) string {
	t.Helper()
	r := offsetctl(t, c, args...)
	if r.Exit != 0 || r.Stderr != "" {
		t.Fatalf("offsetctl %q: exit %d\n%s", args, r.Exit, r.Stderr)
	}
	return r.Stdout
}

// item is a row of lag --by partition, as a script reads it.
type item struct {
	Group, Type, State     string
	Topic                  *string
	Partition              *int32
	CurrentOffset          *int64
	LogStartOffset         *int64
	LogEndOffset           *int64
	Lag, Lost              *int64
	Status                 string
	ConsumerID, InstanceID *string
	Host, ClientID         *string
	Metadata               *string
	Error                  *struct{ Scope, Name, Code string }
}

type document struct {
	Kind      string
	ClusterID string
	Items     []item
	Errors    []struct{ Scope, Name, Code, Message string }
}

func parse(t *testing.T, text string) document {
	t.Helper()
	var d document
	if err := json.Unmarshal([]byte(text), &d); err != nil {
		t.Fatalf("%v in:\n%s", err, text)
	}
	return d
}

// numbers is a row without what only one of two tools shows.
type numbers struct {
	Group, Topic             string
	Partition                int32
	Current, End, Lag        string // "-" for unknown
	Consumer, Host, ClientID string
}

func show[T int64 | string](v *T) string {
	if v == nil {
		return "-"
	}
	return fmt.Sprint(*v)
}

func ofItems(items []item) []numbers {
	var out []numbers
	for _, i := range items {
		out = append(out, numbers{i.Group, *i.Topic, *i.Partition, show(i.CurrentOffset), show(i.LogEndOffset), show(i.Lag), show(i.ConsumerID), show(i.Host), show(i.ClientID)})
	}
	return sorted(out)
}

// ofKafka reads what Kafka's own tool shows; the rows without a topic are of members without
// partitions.
func ofKafka(rows []kafkatest.DescribeRow) []numbers {
	var out []numbers
	for _, r := range rows {
		if r.Topic == nil {
			continue
		}
		host := strings.TrimPrefix(show(r.Host), "/")
		out = append(out, numbers{r.Group, *r.Topic, *r.Partition, show(r.CurrentOffset), show(r.LogEndOffset), show(r.Lag), show(r.ConsumerID), host, show(r.ClientID)})
	}
	return sorted(out)
}

func sorted(ns []numbers) []numbers {
	slices.SortFunc(ns, func(a, b numbers) int {
		return cmp.Or(cmp.Compare(a.Group, b.Group), cmp.Compare(a.Topic, b.Topic), cmp.Compare(a.Partition, b.Partition))
	})
	return ns
}

func before4(c *kafkatest.Cluster) bool { return strings.HasPrefix(c.Version, "3.") }

// application is one of the real clients, and what lag must say of its group.
type application struct {
	group  string
	file   string
	args   []string
	do     []string // commands, once it is ready
	typ    string
	state  string
	status map[int32]string // by partition of its topic in-GROUP, which has two with 10 records each
	from4  bool
}

func applications() []application {
	both := func(s string) map[int32]string { return map[int32]string{0: s, 1: s} }
	return []application{
		{group: "flink", file: "FlinkJob.java", typ: "classic", state: "Empty", status: both("ok")},
		{group: "auto", file: "ConsumerApp.java", args: []string{"auto"}, typ: "classic", state: "Stable", status: both("ok")},
		{group: "manual", file: "ConsumerApp.java", args: []string{"manual", "members=3"}, do: []string{"async", "sync", "commit 1 4 - why not"}, typ: "classic", state: "Stable", status: both("ok")},
		{group: "never", file: "ConsumerApp.java", args: []string{"manual"}, do: []string{"commit 0 3 - "}, typ: "classic", state: "Stable", status: map[int32]string{0: "ok", 1: "no-commit"}},
		{group: "assign", file: "ConsumerApp.java", args: []string{"assign"}, do: []string{"sync", "commit 1 3 - "}, typ: "classic", state: "Empty", status: map[int32]string{0: "ok", 1: "no-members"}},
		{group: "static", file: "ConsumerApp.java", args: []string{"manual", "members=2", "group.instance.id=s"}, do: []string{"sync"}, typ: "classic", state: "Stable", status: both("ok")},
		{group: "kip848", file: "ConsumerApp.java", args: []string{"auto", "members=2", "group.protocol=consumer"}, typ: "consumer", state: "Stable", status: both("ok")},
		{group: "tx", file: "TransactionApp.java", args: []string{"id-tx"}, do: []string{"offsets 0=3 1=4", "commit", "offsets 0=5", "abort", "offsets 0=7"}, typ: "classic", state: "Empty", status: both("no-members")},
		{group: "tx-member", file: "TransactionApp.java", args: []string{"id-tx-member", "consumer=true"}, do: []string{"offsets 0=3 1=4", "commit", "offsets 0=7"}, typ: "classic", state: "Stable", status: map[int32]string{0: "pending-txn", 1: "ok"}},
		{group: "streams-classic", file: "StreamsApp.java", args: []string{"copies"}, typ: "classic", state: "Stable", status: both("ok")},
		{group: "share", file: "ShareApp.java", typ: "share", state: "Stable", status: both("ok"), from4: true},
		{group: "streams", file: "StreamsApp.java", args: []string{"copies", "group.protocol=streams"}, typ: "streams", state: "Stable", status: both("ok"), from4: true},
	}
}

// TestKafkaWithEveryClient holds lag, groups and members against Kafka's own tools while all kinds of
// real clients are at work.
func TestKafkaWithEveryClient(t *testing.T) {
	c := kafkatest.Start(t, kafkatest.Options{})
	c.Topic(t, "copies", 2, 0)
	apps := slices.DeleteFunc(applications(), func(a application) bool { return a.from4 && before4(c) })
	startAll(t, c, apps)

	doc := parse(t, ok(t, c, "lag", "--by", "partition", "-o", "json"))
	if doc.ClusterID != c.ID() {
		t.Errorf("cluster id %q, want %q", doc.ClusterID, c.ID())
	}
	t.Run("numbers", func(t *testing.T) { compareNumbers(t, c, doc.Items) })
	t.Run("statuses", func(t *testing.T) { compareStatuses(t, apps, doc.Items) })
	t.Run("named groups", func(t *testing.T) {
		for _, a := range apps {
			got := parse(t, ok(t, c, "lag", a.group, "-o", "json")).Items
			want := slices.DeleteFunc(slices.Clone(doc.Items), func(i item) bool { return i.Group != a.group })
			if diff := gocmp.Diff(want, got); diff != "" {
				t.Errorf("%s by name is not what it is among all (-all +named)\n%s", a.group, diff)
			}
		}
	})
	t.Run("groups", func(t *testing.T) { compareGroups(t, c, apps) })
	t.Run("members", func(t *testing.T) { checkMembers(t, c) })
	t.Run("share", func(t *testing.T) { compareShare(t, c, doc.Items) })
}

func startAll(t *testing.T, c *kafkatest.Cluster, apps []application) {
	t.Helper()
	running := make([]*kafkatest.Client, len(apps))
	for i, a := range apps {
		c.Topic(t, "in-"+a.group, 2, 10)
		running[i] = c.Client(t, a.file, append([]string{a.group, "in-" + a.group}, a.args...)...)
	}
	for i, a := range apps {
		running[i].Await(t, "READY")
		for _, command := range a.do {
			running[i].Do(t, command)
		}
	}
}

func compareNumbers(t *testing.T, c *kafkatest.Cluster, items []item) {
	known := slices.DeleteFunc(slices.Clone(items), func(i item) bool { return i.Type != "classic" && i.Type != "consumer" })
	kafka := ofKafka(c.DescribeAll(t))
	if len(kafka) < 20 {
		t.Fatalf("Kafka's tool shows only %d rows", len(kafka))
	}
	if diff := gocmp.Diff(kafka, ofItems(known)); diff != "" {
		t.Errorf("not what Kafka's tool shows (-kafka +offsetctl)\n%s", diff)
	}
}

func compareStatuses(t *testing.T, apps []application, items []item) {
	for _, a := range apps {
		got := map[int32]string{}
		for _, i := range items {
			if i.Group == a.group {
				got[*i.Partition] = i.Status
				if i.Type != a.typ || i.State != a.state {
					t.Errorf("%s is %s, %s; want %s, %s", a.group, i.Type, i.State, a.typ, a.state)
				}
			}
		}
		if diff := gocmp.Diff(a.status, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", a.group, diff)
		}
	}
}

// compareGroups holds `groups` against Kafka's list, which has classic and consumer groups only.
func compareGroups(t *testing.T, c *kafkatest.Cluster, apps []application) {
	r := c.Tool(t, "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand", "--bootstrap-server", c.Bootstrap(), "--list", "--state", "--type")
	var want []string
	for line := range strings.Lines(r.Stdout) {
		if f := strings.Fields(line); len(f) == 3 && f[0] != "GROUP" {
			want = append(want, f[0]+" "+strings.ToLower(f[1])+" "+f[2])
		}
	}
	var got []string
	for line := range strings.Lines(ok(t, c, "groups", "--type", "classic,consumer", "--no-headers")) {
		f := strings.Split(line, "\t")
		got = append(got, f[0]+" "+f[1]+" "+f[2])
	}
	slices.Sort(want)
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("(-kafka +offsetctl)\n%s", diff)
	}
	if n := strings.Count(ok(t, c, "groups", "-o", "name"), "\n"); n != len(apps) {
		t.Errorf("%d groups of all types, want %d", n, len(apps))
	}
	if got := ok(t, c, "groups", "-q", "--state", "preparingrebalance", "--no-headers"); got != "" {
		t.Errorf("groups that rebalance: %q, want none", got)
	}
}

func checkMembers(t *testing.T, c *kafkatest.Cluster) {
	lines := map[string]int{}
	var without int
	for line := range strings.Lines(ok(t, c, "members", "--no-headers")) {
		f := strings.Split(line, "\t")
		lines[f[0]]++
		if f[0] == "manual" && f[5] == "0" {
			without++
		}
	}
	want := map[string]int{"auto": 1, "manual": 3, "never": 1, "static": 2, "kip848": 2, "tx-member": 1, "streams-classic": 1}
	if !before4(c) {
		want["share"], want["streams"] = 1, 1
	}
	if diff := gocmp.Diff(want, lines); diff != "" {
		t.Errorf("members by group (-want +got)\n%s", diff)
	}
	if without != 1 {
		t.Errorf("%d of three members on two partitions are shown without any, want 1", without)
	}
}

// compareShare holds share groups against Kafka's tool for them.
func compareShare(t *testing.T, c *kafkatest.Cluster, items []item) {
	if before4(c) {
		t.Skipf("Kafka %s has no share groups", c.Version)
	}
	r := c.Tool(t, "org.apache.kafka.tools.consumer.group.ShareGroupCommand", "--bootstrap-server", c.Bootstrap(), "--describe", "--group", "share")
	var want []string
	for line := range strings.Lines(r.Stdout) {
		if f := strings.Fields(line); len(f) == 5 && f[0] == "share" {
			want = append(want, strings.Join(f, " "))
		}
	}
	var got []string
	for _, i := range items {
		if i.Group == "share" {
			got = append(got, fmt.Sprintf("share %s %d %s %s", *i.Topic, *i.Partition, show(i.CurrentOffset), show(i.Lag)))
		}
	}
	slices.Sort(want)
	if diff := gocmp.Diff(want, got); diff != "" || len(got) != 2 {
		t.Errorf("(-kafka +offsetctl)\n%s%s", diff, r.Stdout)
	}
}

// TestKafkaAnswersWhileGroupsComeAndGo runs lag over and over while a group rebalances: every answer
// must be whole, whatever the state of the group.
func TestKafkaAnswersWhileGroupsComeAndGo(t *testing.T) {
	c := kafkatest.Start(t, kafkatest.Options{})
	c.Topic(t, "orders", 2, 10)
	var wg sync.WaitGroup
	stop := make(chan struct{})
	wg.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			r := offsetctl(t, c, "lag", "--by", "partition", "-o", "json")
			if r.Exit != 0 {
				t.Errorf("exit %d: %s", r.Exit, r.Stderr)
				return
			}
		}
	})
	first := c.Client(t, "ConsumerApp.java", "app", "orders", "auto", "members=2")
	first.Await(t, "READY")
	first.Do(t, "close")
	second := c.Client(t, "ConsumerApp.java", "app", "orders", "auto", "group.protocol=consumer")
	second.Await(t, "READY")
	second.Do(t, "close")
	close(stop)
	wg.Wait()
	doc := parse(t, ok(t, c, "lag", "app", "-o", "json"))
	for _, i := range doc.Items {
		if i.State != "Empty" || show(i.Lag) != "0" || i.Status != "ok" {
			t.Errorf("after all left: %+v", i)
		}
	}
}
