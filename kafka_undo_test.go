//go:build kafka

package main_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/offsetctl/offsetctl/internal/kafkatest"
)

// TestKafkaUndo: what every changing command did is taken back to the byte, or is refused with nothing changed.
func TestKafkaUndo(t *testing.T) {
	c := startForReset(t, kafkatest.Options{})
	f := undoTest{c, c.Kgo(t, maxOffsetCommit9())}
	c.Topic(t, "orders", 3, 10)
	c.Topic(t, "pay.ments", 1, 10)
	for _, command := range []string{"reset --to-latest", "delete-offsets --topic orders --topic pay.ments:0", "delete-group"} {
		t.Run(command, func(t *testing.T) { f.roundTrip(t, strings.Fields(command)) })
	}
	t.Run("commits moved", f.moved)
	t.Run("topic made anew", f.anew)
	t.Run("another cluster", f.elsewhere)
	t.Run("new group", f.newGroup)
	t.Run("odd names", f.oddNames)
	t.Run("more than a batch", f.large)
	if before4(c) {
		return // Kafka 3 has no share groups
	}
	t.Run("share: partition", f.sharePartition)
	t.Run("share: topic", f.shareTopic)
	t.Run("share: first start offset", f.shareFirst)
	t.Run("share: group", f.shareGroup)
}

type undoTest struct {
	c  *kafkatest.Cluster
	cl *kgo.Client
}

// do runs a changing command that must be carried out as a whole, and returns the ID of what undoes it.
func (f undoTest) do(t *testing.T, args ...string) string {
	t.Helper()
	d := changed(t, f.c, append(args, "--execute")...)
	for _, i := range d.Items {
		if i.Result != "applied" {
			t.Errorf("%q: %s %s is %s", args, i.Group, i.where(), i.Result)
		}
	}
	if d.Exit != 0 || len(d.Errors) != 0 || d.UndoID == "" {
		t.Fatalf("%q: exit %d, undo ID %q\n%.4000s%s", args, d.Exit, d.UndoID, d.Text, d.Stderr)
	}
	return d.UndoID
}

// refused expects that an undo is refused as a whole, also with these flags, and changes nothing of the group.
func (f undoTest) refused(t *testing.T, group string, want map[string]string, codes []string, args ...string) {
	t.Helper()
	before := committed(t, f.cl, group)
	for _, execute := range [][]string{nil, {"--execute"}} {
		expectChanges(t, f.c, 1, want, codes, append(append([]string{"undo"}, args...), execute...)...)
	}
	same(t, "commits of "+group, before, committed(t, f.cl, group))
}

// all are the commits of groups, by group.
func (f undoTest) all(t *testing.T, groups ...string) map[string]map[string]position {
	t.Helper()
	out := map[string]map[string]position{}
	for _, g := range groups {
		out[g] = committed(t, f.cl, g)
	}
	return out
}

// roundTrip undoes a change of two groups with all kinds of commits, undoes that, and so on.
func (f undoTest) roundTrip(t *testing.T, command []string) {
	groups := []string{command[0] + "-1", command[0] + "-2"}
	long := strings.Repeat("ü", 4000)
	for i, g := range groups {
		n := int64(i)
		commitAt(t, f.cl, g, "orders", map[int32]position{0: {n, -1, "so \"it\" is,\x00\n\tÄ\\👍"}, 1: {n + 1, 0, ""}, 2: {n + 2, 5, long}})
		commitAt(t, f.cl, g, "pay.ments", map[int32]position{0: {1<<63 - 1, 1<<31 - 1, strings.Repeat("x", 4000)}})
	}
	before := f.all(t, groups...)
	if got := before[groups[1]]["orders:2"]; got != (position{3, 5, long}) {
		t.Fatalf("committed is %+v", got)
	}
	first := f.do(t, append(command, "-g", groups[0], "-g", groups[1])...)
	after := f.all(t, groups...)
	for _, g := range groups {
		for where, p := range after[g] {
			if p == before[g][where] {
				t.Errorf("%s %s is not changed: %+v", g, where, p)
			}
		}
	}
	d := changed(t, f.c, "undo", first)
	if d.Exit != 0 || d.Kind != "undo-plan" || len(d.Items) != 8 {
		t.Errorf("preview: exit %d, %s\n%.4000s%s", d.Exit, d.Kind, d.Text, d.Stderr)
	}
	same(t, "commits after the preview", after, f.all(t, groups...))
	second := f.do(t, "undo", first)
	same(t, "undone", before, f.all(t, groups...))
	f.already(t, first)
	third := f.do(t, "undo", second)
	same(t, "the undo undone", after, f.all(t, groups...))
	f.do(t, "undo", third)
	same(t, "that undone", before, f.all(t, groups...))
}

// already: what is undone cannot be undone again, and that is no failure.
func (f undoTest) already(t *testing.T, id string) {
	t.Helper()
	d := changed(t, f.c, "undo", id, "--execute")
	for _, i := range d.Items {
		if i.Result != "unchanged" {
			t.Errorf("once more: %s %s is %s", i.Group, i.where(), i.Result)
		}
	}
	if d.Exit != 0 || d.UndoID != "" {
		t.Errorf("once more: exit %d, undo ID %q\n%s", d.Exit, d.UndoID, d.Stderr)
	}
}

// moved: what was committed since stays, unless it is to go.
func (f undoTest) moved(t *testing.T) {
	commitAt(t, f.cl, "moved", "orders", beside())
	before := committed(t, f.cl, "moved")
	id := f.do(t, "reset", "moved", "--to-earliest")
	commitAt(t, f.cl, "moved", "orders", map[int32]position{1: {0, -1, "since"}}) // only the metadata is another
	f.refused(t, "moved", map[string]string{"moved orders:0": "10 planned", "moved orders:1": "- refused"}, []string{"orders:1 PLAN_IS_STALE"}, id)
	f.do(t, "undo", id, "--force")
	same(t, "commits", before, committed(t, f.cl, "moved"))

	id = f.do(t, "delete-group", "moved")
	commitAt(t, f.cl, "moved", "orders", map[int32]position{0: {4, -1, ""}})
	f.refused(t, "moved", map[string]string{"moved orders:0": "- refused", "moved orders:1": "20 planned"}, []string{"orders:0 PLAN_IS_STALE"}, id)
	f.do(t, "undo", id, "--force")
	same(t, "commits", before, committed(t, f.cl, "moved"))
}

func (f undoTest) anew(t *testing.T) {
	f.c.Topic(t, "anew", 1, 10)
	commit(t, f.c, "anew", map[string]map[int32]int64{"anew": {0: 3}, "orders": {0: 1}})
	id := f.do(t, "delete-offsets", "anew", "--topic", "anew")
	makeAnew(t, f.cl, "anew")
	for _, more := range [][]string{{id}, {id, "--force"}} {
		f.refused(t, "anew", map[string]string{"anew anew:0": "- refused"}, []string{"anew:0 PLAN_IS_STALE"}, more...)
	}
}

// elsewhere: a file of another cluster, whatever else is right of it.
func (f undoTest) elsewhere(t *testing.T) {
	commit(t, f.c, "elsewhere", at("orders", 3))
	id := f.do(t, "reset", "elsewhere", "--to-latest")
	text, err := os.ReadFile(filepath.Join(os.Getenv("XDG_STATE_HOME"), "offsetctl", "undo", id+".json"))
	if err != nil || !strings.Contains(string(text), f.c.ID()) {
		t.Fatalf("%v: the undo file does not name the cluster %s: %s", err, f.c.ID(), text)
	}
	path := write(t, strings.ReplaceAll(string(text), f.c.ID(), "another-cluster"))
	for _, more := range [][]string{nil, {"--execute"}, {"--execute", "--force"}} {
		r := offsetctl(t, f.c, append([]string{"undo", path}, more...)...)
		if r.Exit != 1 || r.Stdout != "" || !strings.Contains(r.Stderr, "another-cluster") {
			t.Errorf("%q: exit %d, want 1\n%s%s", more, r.Exit, r.Stdout, r.Stderr)
		}
	}
	same(t, "commits", map[string]position{"orders:0": {10, -1, ""}}, committed(t, f.cl, "elsewhere"))
}

// newGroup: a group that was made goes again.
func (f undoTest) newGroup(t *testing.T) {
	id := f.do(t, "reset", "made", "--new-group", "--topic", "orders", "--to-offset", "5")
	second := f.do(t, "undo", id)
	gone(t, f.cl, "made")
	f.already(t, id)
	f.do(t, "undo", second)
	five := position{5, -1, ""}
	same(t, "commits", map[string]position{"orders:0": five, "orders:1": five, "orders:2": five}, committed(t, f.cl, "made"))
}

// oddNames are of groups that go, and come back under their names.
func (f undoTest) oddNames(t *testing.T) {
	groups := append(oddGroups("odd-"), "odd-\n\t\x1b[31m", "-odd", "odd-\\x41", "odd-../..", "odd:1", strings.Repeat("odd-", 1000))
	var flags []string
	for _, g := range groups {
		commit(t, f.c, g, map[string]map[int32]int64{"orders": {0: 1, 2: 3}, "pay.ments": {0: 4}})
		flags = append(flags, "--group="+g)
	}
	before := f.all(t, groups...)
	id := f.do(t, append([]string{"delete-group"}, flags...)...)
	gone(t, f.cl, groups...)
	f.do(t, "undo", id)
	same(t, "commits", before, f.all(t, groups...))

	commit(t, f.c, "", at("orders", 6))
	id = f.do(t, "delete-group", "--match", "", "--expect-groups", "1")
	gone(t, f.cl, "")
	f.do(t, "undo", id)
	same(t, "commits of the empty name", map[string]position{"orders:0": {6, -1, ""}}, committed(t, f.cl, ""))
}

// large is a group whose commits are more than brokers put in one batch, as all of a request are: they refuse one of all
// with UNKNOWN_SERVER_ERROR.
func (f undoTest) large(t *testing.T) {
	const partitions, perRequest = 300, 100
	made, err := kadm.NewClient(f.cl).CreateTopic(t.Context(), partitions, 1, nil, "wide")
	if err != nil || made.Err != nil {
		t.Fatal(err, made.Err)
	}
	poll(t, "all partitions of wide", func() error { // the broker takes them over one after the other
		ends, err := kadm.NewClient(f.cl).ListEndOffsets(t.Context(), "wide")
		if err == nil {
			err = ends.Error()
		}
		if err == nil && len(ends["wide"]) < partitions {
			err = fmt.Errorf("only %d", len(ends["wide"]))
		}
		return err
	})
	for first := int32(0); first < partitions; first += perRequest {
		at := map[int32]position{}
		for p := first; p < first+perRequest; p++ {
			at[p] = position{int64(p), p%7 - 1, fmt.Sprintf("%04000d", p)}
		}
		commitAt(t, f.cl, "large", "wide", at)
	}
	before := committed(t, f.cl, "large")
	id := f.do(t, "delete-group", "large", "--force") // the commits here may have been made at distinct times
	gone(t, f.cl, "large")
	f.do(t, "undo", id)
	same(t, "how many commits", partitions, len(before))
	same(t, "commits", before, committed(t, f.cl, "large"))
}

// startAt puts a share group at start offsets, by partition of orders, as its tool does; the group is made if need be.
func (f undoTest) startAt(t *testing.T, group string, at map[int32]int64) map[string]position {
	t.Helper()
	req := kmsg.NewPtrAlterShareGroupOffsetsRequest()
	req.GroupID = group
	topic := kmsg.NewAlterShareGroupOffsetsRequestTopic()
	topic.Topic = "orders"
	for p, offset := range at {
		part := kmsg.NewAlterShareGroupOffsetsRequestTopicPartition()
		part.Partition, part.StartOffset = p, offset
		topic.Partitions = append(topic.Partitions, part)
	}
	req.Topics = append(req.Topics, topic)
	want := map[string]position{}
	for p, offset := range at {
		want[fmt.Sprintf("orders:%d", p)] = position{Offset: offset, Epoch: -1}
	}
	poll(t, "start offsets of "+group, func() error { // the state's own topic is made by the first
		resp, err := req.RequestWith(t.Context(), f.cl)
		if err == nil && fmt.Sprint(shareStarts(t, f.cl, group)) != fmt.Sprint(want) {
			err = fmt.Errorf("%+v", resp)
		}
		return err
	})
	return want
}

// sharePartition: Kafka deletes start offsets by topic, so of one partition they are not deleted.
func (f undoTest) sharePartition(t *testing.T) {
	starts := f.startAt(t, "share-partition", map[int32]int64{0: 4, 2: 5})
	for _, more := range [][]string{nil, {"--execute"}, {"--execute", "--force"}, {"--execute", "--partial"}} {
		args := append([]string{"delete-offsets", "share-partition", "--topic", "orders:0"}, more...)
		expectChanges(t, f.c, 1, alike("share-partition", "- refused", "orders:0"), []string{"orders:0 WHOLE_TOPIC_ONLY"}, args...)
	}
	same(t, "start offsets", starts, shareStarts(t, f.cl, "share-partition"))
}

func (f undoTest) shareTopic(t *testing.T) {
	starts := f.startAt(t, "share-topic", map[int32]int64{0: 4, 1: 0, 2: 5})
	id := f.do(t, "delete-offsets", "share-topic", "--topic", "orders")
	same(t, "start offsets", map[string]position{}, shareStarts(t, f.cl, "share-topic"))
	f.do(t, "undo", id)
	same(t, "start offsets", starts, shareStarts(t, f.cl, "share-topic"))
}

// shareFirst: the first start offset of a partition cannot be taken back beside others.
func (f undoTest) shareFirst(t *testing.T) {
	starts := f.startAt(t, "share-first", map[int32]int64{0: 4})
	id := f.do(t, "reset", "share-first", "--topic", "orders:1", "--to-offset", "3")
	starts["orders:1"] = position{Offset: 3, Epoch: -1}
	same(t, "start offsets", starts, shareStarts(t, f.cl, "share-first"))
	f.refused(t, "share-first", alike("share-first", "- refused", "orders:1"), []string{"orders:1 WHOLE_TOPIC_ONLY"}, id)
	same(t, "start offsets", starts, shareStarts(t, f.cl, "share-first"))
}

// shareGroup comes back as what it was.
func (f undoTest) shareGroup(t *testing.T) {
	starts := f.startAt(t, "share-group", map[int32]int64{0: 4, 1: 0, 2: 5})
	id := f.do(t, "delete-group", "share-group")
	gone(t, f.cl, "share-group")
	f.do(t, "undo", id)
	same(t, "start offsets", starts, shareStarts(t, f.cl, "share-group"))
	same(t, "what it is", "share-group\n", ok(t, f.c, "groups", "--type", "share", "--match", "share-group", "-o", "name"))
}
