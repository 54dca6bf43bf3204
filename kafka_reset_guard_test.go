//go:build kafka

package main_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/offsetctl/offsetctl/internal/kafkatest"
)

// live is a group of a real client that reads in-GROUP, of two partitions with 10 records each.
type live struct {
	group, file, typ string
	args             []string
	advice           string // how it is stopped
	from4            bool
}

func liveGroups() []live {
	return []live{
		{group: "classic", file: "ConsumerApp.java", typ: "classic", args: []string{"auto"}, advice: "it has a member (app-1 at 127.0.0.1): stop it first"},
		{group: "kip848", file: "ConsumerApp.java", typ: "consumer", args: []string{"auto", "members=2", "group.protocol=consumer"}, advice: "it has 2 members (app-"},
		// As short as a session may be: a classic Streams application never leaves its group.
		{group: "streams-classic", file: "StreamsApp.java", typ: "classic", args: []string{"copies-streams-classic", "session.timeout.ms=6000", "heartbeat.interval.ms=500"}, advice: "it has a member (streams-StreamThread-1-consumer at 127.0.0.1): stop the Streams application first"},
		{group: "streams", file: "StreamsApp.java", typ: "streams", args: []string{"copies-streams", "group.protocol=streams"}, advice: "it has a member (streams-StreamThread-1-consumer at 127.0.0.1): stop the Streams application first", from4: true},
		{group: "share", file: "ShareApp.java", typ: "share", advice: "it has a member (share-1 at 127.0.0.1): stop it first", from4: true},
	}
}

func (l live) start(t *testing.T, c *kafkatest.Cluster) *kafkatest.Client {
	t.Helper()
	return c.Client(t, l.file, append([]string{l.group, "in-" + l.group}, l.args...)...)
}

// positions are where a group is, by "topic:partition".
func (l live) positions(t *testing.T, cl *kgo.Client) map[string]position {
	t.Helper()
	if l.typ == "share" {
		return shareStarts(t, cl, l.group)
	}
	return committed(t, cl, l.group)
}

// TestKafkaResetOfRealClients: while clients run their groups are shown what would be, and are neither changed nor
// disturbed; when they have been stopped they are reset, and what starts over reads from there.
func TestKafkaResetOfRealClients(t *testing.T) {
	c := startForReset(t, kafkatest.Options{})
	cl := c.Kgo(t, maxOffsetCommit9())
	groups := slices.DeleteFunc(liveGroups(), func(l live) bool { return l.from4 && before4(c) })
	running := make([]*kafkatest.Client, len(groups))
	for i, l := range groups {
		c.Topic(t, "in-"+l.group, 2, 10)
		c.Topic(t, "copies-"+l.group, 1, 0)
		running[i] = l.start(t, c)
	}
	for _, r := range running {
		r.Await(t, "READY")
	}
	for _, l := range groups {
		t.Run(l.group+" runs", func(t *testing.T) { refusesLive(t, c, cl, l) })
	}
	t.Run("connect", func(t *testing.T) { refusesConnect(t, c, cl) })
	noUndoFiles(t) // nothing was sent so far
	if !before4(c) {
		moveShareStarts(t, c, cl, "share")
	}
	for _, r := range running {
		r.Send(t, "close")
	}
	t.Run("simple", func(t *testing.T) { warnsOfCommits(t, c, cl) })
	t.Run("static", func(t *testing.T) { tellsOfStatic(t, c, cl) })
	for i, l := range groups {
		running[i].Await(t, "OK close")
		awaitEmpty(t, c, l.group)
		t.Run(l.group+" is stopped", func(t *testing.T) { movesStopped(t, c, cl, l) })
		running[i] = l.start(t, c)
	}
	t.Run("share at its start", func(t *testing.T) { resetAcknowledged(t, c) })
	for i, l := range groups {
		running[i].Await(t, "READY")
		t.Run(l.group+" starts over", func(t *testing.T) { startsOver(t, cl, l, running[i]) })
	}
}

// refusesLive: a group with members is shown, not touched.
func refusesLive(t *testing.T, c *kafkatest.Cluster, cl *kgo.Client, l live) {
	members, at := described(t, cl, l.typ, l.group), l.positions(t, cl)
	plan := reset(t, c, l.group, "--topic", "in-"+l.group, "--to-offset", "3")
	if plan.Exit != 0 || len(plan.Errors) != 0 {
		t.Errorf("preview: exit %d\n%s%s", plan.Exit, plan.Text, plan.Stderr)
	}
	where := l.group + " in-" + l.group
	same(t, "preview", map[string]string{where + ":0": "3 planned", where + ":1": "3 planned"}, plan.results())
	if want := "offsetctl: note: group " + l.group + ": --execute would be refused: " + l.advice; !strings.Contains(plan.Stderr, want) {
		t.Errorf("preview says\n%s, want it to say\n%s", plan.Stderr, want)
	}
	for _, more := range [][]string{nil, {"--force"}, {"--partial"}} {
		d := reset(t, c, append([]string{l.group, "--topic", "in-" + l.group, "--to-offset", "3", "--execute"}, more...)...)
		if d.Exit != 1 {
			t.Errorf("--execute %q: exit %d, want 1", more, d.Exit)
		}
		same(t, "--execute", map[string]string{where + ":0": "3 refused", where + ":1": "3 refused"}, d.results())
		same(t, "errors", []string{l.group + " NON_EMPTY_GROUP"}, d.codes())
		if !strings.Contains(d.Stderr, l.advice) {
			t.Errorf("--execute says\n%s, want it to say\n%s", d.Stderr, l.advice)
		}
	}
	same(t, "positions", at, l.positions(t, cl))
	same(t, "the group as the broker describes it", members, described(t, cl, l.typ, l.group))
}

// movesStopped: what was refused is done once the members are gone.
func movesStopped(t *testing.T, c *kafkatest.Cluster, cl *kgo.Client, l live) {
	d := reset(t, c, l.group, "--to-earliest", "--execute")
	where := l.group + " in-" + l.group
	same(t, "to the start", map[string]string{where + ":0": "0 applied", where + ":1": "0 applied"}, d.results())
	if d.Exit != 0 || len(d.Errors) != 0 {
		t.Errorf("exit %d\n%s%s", d.Exit, d.Text, d.Stderr)
	}
	d = reset(t, c, l.group, "--topic", "in-"+l.group+":1", "--to-offset", "7", "--execute")
	same(t, "one of two", map[string]string{where + ":1": "7 applied"}, d.results())
	if d.Exit != 0 {
		t.Errorf("exit %d\n%s", d.Exit, d.Stderr)
	}
	same(t, "positions", map[string]string{where + ":0": "0", where + ":1": "7"}, commitOffsets(l.group, l.positions(t, cl)))
}

// startsOver: the client begins where its group was put. Streams does not tell; it copies again what it had copied.
func startsOver(t *testing.T, cl *kgo.Client, l live, running *kafkatest.Client) {
	if l.file != "StreamsApp.java" {
		running.Do(t, "first 0 0")
		running.Do(t, "first 1 7")
		return
	}
	ends, err := kadm.NewClient(cl).ListEndOffsets(t.Context(), "copies-"+l.group)
	if err != nil {
		t.Fatal(err)
	}
	end, _ := ends.Lookup("copies-"+l.group, 0)
	same(t, "records copied", int64(20+10+3), end.Offset)
}

// refusesConnect makes a group as Connect workers do, and leaves it. The generation would not be the first any more, had
// anything joined.
func refusesConnect(t *testing.T, c *kafkatest.Cluster, cl *kgo.Client) {
	member := joinAs(t, cl, "workers", "connect", nil)
	check := func(when string) {
		t.Helper()
		for _, execute := range [][]string{nil, {"--execute"}, {"--execute", "--force"}} {
			d := reset(t, c, append([]string{"workers", "--topic", "in-classic", "--to-earliest"}, execute...)...)
			if want := min(len(execute), 1); d.Exit != want || !strings.Contains(d.Stderr, "it is the group of Connect workers") {
				t.Errorf("%s, %q: exit %d, want %d\n%s", when, execute, d.Exit, want, d.Stderr)
			}
		}
		same(t, when+": commits", map[string]position{}, committed(t, cl, "workers"))
	}
	check("running")
	beat := kmsg.NewPtrHeartbeatRequest()
	beat.Group, beat.Generation, beat.MemberID = "workers", 1, member
	resp, err := beat.RequestWith(t.Context(), cl)
	if err == nil {
		err = kerr.ErrorForCode(resp.ErrorCode)
	}
	if err != nil {
		t.Errorf("the member after it: %v", err)
	}
	leave := kmsg.NewPtrLeaveGroupRequest()
	leave.Group, leave.MemberID = "workers", member
	leave.Members = []kmsg.LeaveGroupRequestMember{{MemberID: member}}
	if _, err := leave.RequestWith(t.Context(), cl); err != nil {
		t.Fatal(err)
	}
	awaitEmpty(t, c, "workers")
	check("stopped")
}

// warnsOfCommits: what commits without being a member, as assign() and Flink do, may be running. What offsetctl commits
// itself does not count.
func warnsOfCommits(t *testing.T, c *kafkatest.Cluster, cl *kgo.Client) {
	const warning = "something commits for it without being a member"
	poll(t, "a warning", func() error { // what is committed within a second is committed once
		commit(t, c, "simple", at("in-classic", 5, 5))
		d := reset(t, c, "simple", "--to-earliest")
		if d.Exit != 0 {
			t.Fatalf("preview: exit %d: %s", d.Exit, d.Stderr)
		}
		if !strings.Contains(d.Stderr, "--execute would be refused: "+warning) {
			return errors.New(d.Stderr)
		}
		return nil
	})
	args := []string{"simple", "--to-earliest", "--execute"}
	d := reset(t, c, args...)
	same(t, "errors", []string{"simple RECENT_COMMITS"}, d.codes())
	same(t, "results", map[string]string{"simple in-classic:0": "0 refused", "simple in-classic:1": "0 refused"}, d.results())
	if d.Exit != 1 || !strings.Contains(d.Stderr, warning) {
		t.Errorf("exit %d, want 1: %s", d.Exit, d.Stderr)
	}
	same(t, "commits", map[string]string{"simple in-classic:0": "5", "simple in-classic:1": "5"}, commitOffsets("simple", committed(t, cl, "simple")))
	if d := reset(t, c, append(args, "--force")...); d.Exit != 0 || !strings.Contains(d.Stderr, "Flink") {
		t.Errorf("--force: exit %d, and what Flink does of it: %s", d.Exit, d.Stderr)
	}
	commit(t, c, "ours", at("in-classic", 5))
	for n, begin := 0, time.Now(); time.Since(begin) < 4*time.Second; n = (n + 1) % 5 {
		if d := reset(t, c, "ours", "--to-offset", fmt.Sprint(n), "--execute"); d.Exit != 0 {
			t.Fatalf("what offsetctl committed counts: exit %d: %s", d.Exit, d.Stderr)
		}
	}
}

// tellsOfStatic: a static member stays in its group when it is stopped, and so cannot be told from one that runs.
func tellsOfStatic(t *testing.T, c *kafkatest.Cluster, cl *kgo.Client) {
	instance := "s-1"
	joinAs(t, cl, "static", "consumer", &instance)
	d := reset(t, c, "static", "--topic", "in-classic", "--to-earliest", "--execute")
	if d.Exit != 1 || !strings.Contains(d.Stderr, "session") {
		t.Errorf("exit %d, want 1 and that its session must end: %s", d.Exit, d.Stderr)
	}
}

// joinAs makes a group of one member with a protocol type, which is static if it has an instance, and returns the member.
func joinAs(t *testing.T, cl *kgo.Client, group, protocolType string, instance *string) string {
	t.Helper()
	join := kmsg.NewPtrJoinGroupRequest()
	join.Group, join.ProtocolType, join.SessionTimeoutMillis, join.RebalanceTimeoutMillis = group, protocolType, 60_000, 60_000
	join.InstanceID = instance
	join.Protocols = []kmsg.JoinGroupRequestProtocol{{Name: "default", Metadata: []byte{0}}}
	var generation int32
	poll(t, "joining "+group, func() error {
		resp, err := join.RequestWith(t.Context(), cl)
		if err != nil {
			return err
		}
		join.MemberID, generation = resp.MemberID, resp.Generation // the first answer says only who it is
		return kerr.ErrorForCode(resp.ErrorCode)
	})
	protocol := "default"
	sync := kmsg.NewPtrSyncGroupRequest()
	sync.Group, sync.Generation, sync.MemberID, sync.ProtocolType, sync.Protocol = group, generation, join.MemberID, &protocolType, &protocol
	sync.InstanceID = instance
	sync.GroupAssignment = []kmsg.SyncGroupRequestGroupAssignment{{MemberID: join.MemberID, MemberAssignment: []byte{0}}}
	resp, err := sync.RequestWith(t.Context(), cl)
	if err == nil {
		err = kerr.ErrorForCode(resp.ErrorCode)
	}
	if err != nil || generation != 1 {
		t.Fatalf("joining %s: generation %d, %v", group, generation, err)
	}
	return join.MemberID
}

func awaitEmpty(t *testing.T, c *kafkatest.Cluster, group string) {
	t.Helper()
	poll(t, group+" to be empty", func() error {
		if empty := ok(t, c, "groups", "-q", "--state", "empty", "-o", "name"); !slices.Contains(strings.Fields(empty), group) {
			return errors.New("it is not among: " + empty)
		}
		return nil
	})
}

// described is a group as its coordinator describes it, with epochs and members.
func described(t *testing.T, cl *kgo.Client, typ, group string) string {
	t.Helper()
	requests := map[string]kmsg.Request{
		"classic":  &kmsg.DescribeGroupsRequest{Groups: []string{group}},
		"consumer": &kmsg.ConsumerGroupDescribeRequest{Groups: []string{group}},
		"share":    &kmsg.ShareGroupDescribeRequest{GroupIDs: []string{group}},
		"streams":  &kmsg.StreamsGroupDescribeRequest{Groups: []string{group}},
	}
	resp, err := cl.Request(t.Context(), requests[typ])
	if err != nil {
		t.Fatalf("describing %s: %v", group, err)
	}
	text, err := json.MarshalIndent(resp, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// shareStarts are the start offsets of a share group.
func shareStarts(t *testing.T, cl *kgo.Client, group string) map[string]position {
	t.Helper()
	req := kmsg.NewPtrDescribeShareGroupOffsetsRequest()
	req.Groups = []kmsg.DescribeShareGroupOffsetsRequestGroup{{GroupID: group}} // no topics: all
	resp, err := req.RequestWith(t.Context(), cl)
	if err != nil {
		t.Fatalf("reading the start offsets of %s: %v", group, err)
	}
	out := map[string]position{}
	for _, topic := range resp.Groups[0].Topics {
		for _, p := range topic.Partitions {
			if p.ErrorCode != 0 {
				t.Fatalf("%s/%d of %s: %v", topic.Topic, p.Partition, group, kerr.ErrorForCode(p.ErrorCode))
			}
			out[fmt.Sprintf("%s:%d", topic.Topic, p.Partition)] = position{Offset: p.StartOffset, Epoch: -1}
		}
	}
	return out
}

// resetAcknowledged: a share group that has acknowledged records after its start offset reads them again, if it is reset to
// that offset.
func resetAcknowledged(t *testing.T, c *kafkatest.Cluster) {
	if before4(c) {
		t.Skipf("Kafka %s has no share groups", c.Version)
	}
	c.Topic(t, "in-acknowledged", 2, 10)
	l := live{group: "acknowledged", file: "ShareApp.java"}
	running := l.start(t, c)
	running.Await(t, "READY")
	running.Do(t, "close")
	awaitEmpty(t, c, l.group)
	if d := reset(t, c, l.group, "--to-earliest", "--execute"); d.Exit != 0 {
		t.Errorf("exit %d: %s", d.Exit, d.Stderr)
	}
	running = l.start(t, c)
	running.Await(t, "READY")
	running.Do(t, "first 0 0")
	running.Do(t, "first 1 0")
}

// moveShareStarts makes the start offsets of a share group follow what it has acknowledged: they wait for another record.
func moveShareStarts(t *testing.T, c *kafkatest.Cluster, cl *kgo.Client, group string) {
	t.Helper()
	for p := range 2 {
		c.Produce(t, "in-"+group, p, 1)
	}
	poll(t, "the start offsets to move", func() error {
		for where, at := range shareStarts(t, cl, group) {
			if at.Offset == 0 {
				return errors.New(where + " is at 0")
			}
		}
		return nil
	})
}

// noUndoFiles: nothing was sent so far.
func noUndoFiles(t *testing.T) {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(os.Getenv("XDG_STATE_HOME"), "offsetctl", "undo", "*"))
	if err != nil || len(found) > 0 {
		t.Errorf("there are undo files, and nothing was changed: %q, %v", found, err)
	}
}
