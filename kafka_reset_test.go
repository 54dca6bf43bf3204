//go:build kafka

package main_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/offsetctl/offsetctl/internal/kafkatest"
)

// scenario is one of Kafka's own ResetConsumerGroupOffsetTest: the arguments are both tools'.
type scenario struct {
	name string
	args []string
	want map[string]int64 // new offsets by topic:partition
}

// The group of each scenario is committed at orders:0=100, orders:1=50 and trimmed:0=80; the topics have the offsets
// orders 0–200 (100 records of two days ago, 100 of an hour ago), trimmed 60–100 and empty 0–0.
func scenarios(now time.Time) []scenario {
	const kafkaTime = "2006-01-02T15:04:05.000"
	yesterday := now.Add(-24 * time.Hour)
	zone := time.FixedZone("", 2*60*60)
	all := func(orders0, orders1, trimmed int64) map[string]int64 {
		return map[string]int64{"orders:0": orders0, "orders:1": orders1, "trimmed:0": trimmed}
	}
	words := strings.Fields
	return []scenario{
		{"earliest", words("--all-topics --to-earliest"), all(0, 0, 60)},
		{"latest", words("--all-topics --to-latest"), all(200, 200, 100)},
		{"current", words("--all-topics --to-current"), all(100, 50, 80)},
		{"offset", words("--all-topics --to-offset 90"), all(90, 90, 90)},
		{"offset before the log start", words("--all-topics --to-offset 1"), all(1, 1, 60)},
		{"offset past the log end", words("--all-topics --to-offset 150"), all(150, 150, 100)},
		{"shift plus", words("--all-topics --shift-by 10"), all(110, 60, 90)},
		{"shift minus", words("--all-topics --shift-by -10"), all(90, 40, 70)},
		{"shift before the log start", words("--all-topics --shift-by -60"), all(40, 0, 60)},
		{"shift past the log end", words("--all-topics --shift-by 150"), all(200, 200, 100)},
		{"local datetime before all", []string{"--all-topics", "--to-datetime", now.Add(-72 * time.Hour).UTC().Format(kafkaTime)}, all(0, 0, 60)},
		{"local datetime between", []string{"--all-topics", "--to-datetime", yesterday.UTC().Format(kafkaTime)}, all(100, 100, 60)},
		{"zoned datetime between", []string{"--all-topics", "--to-datetime", yesterday.In(zone).Format(kafkaTime + "Z07:00")}, all(100, 100, 60)},
		{"local datetime in the future", []string{"--all-topics", "--to-datetime", now.Add(time.Hour).UTC().Format(kafkaTime)}, all(200, 200, 100)},
		{"duration to the first", words("--all-topics --by-duration P3D"), all(0, 0, 60)},
		{"duration between", words("--all-topics --by-duration P1D"), all(100, 100, 60)},
		{"duration to the end", words("--all-topics --by-duration PT0.1S"), all(200, 200, 100)},
		{"duration on an empty partition", words("--topic empty --by-duration PT1M"), map[string]int64{"empty:0": 0}},
		{"one topic", words("--topic orders --to-earliest"), map[string]int64{"orders:0": 0, "orders:1": 0}},
		{"one topic and partition", words("--topic orders:1 --to-earliest"), map[string]int64{"orders:1": 0}},
		{"topics", words("--topic orders --topic trimmed --to-latest"), all(200, 200, 100)},
		{"topics and partitions", words("--topic orders:1 --topic trimmed:0 --to-earliest"), map[string]int64{"orders:1": 0, "trimmed:0": 60}},
		{"topic without a commit", words("--topic empty --to-latest"), map[string]int64{"empty:0": 0}},
	}
}

// TestKafkaResetTargets runs the scenarios of Kafka's own test of its tool, and holds what is planned against that tool
// and what is done against the brokers.
func TestKafkaResetTargets(t *testing.T) {
	c := startForReset(t, kafkatest.Options{})
	tools, cl := c.Tools(t), c.Kgo(t, maxOffsetCommit9())
	now := time.Now()
	c.Topic(t, "orders", 2, 0)
	c.Topic(t, "trimmed", 1, 100)
	c.Topic(t, "empty", 1, 0)
	for p := range int32(2) {
		produceAt(t, c, "orders", p, 100, now.Add(-48*time.Hour))
		produceAt(t, c, "orders", p, 100, now.Add(-time.Hour))
	}
	trim(t, cl, "trimmed", 60)
	for _, s := range scenarios(now) {
		t.Run(s.name, func(t *testing.T) { runScenario(t, c, tools, cl, s) })
	}
	t.Run("new group", func(t *testing.T) { resetNewGroup(t, c, tools, cl) })
	t.Run("selected groups", func(t *testing.T) { resetSelected(t, c, tools, cl) })
	t.Run("all groups", func(t *testing.T) { resetAll(t, c, tools, cl) })
	t.Run("many groups", func(t *testing.T) { resetMany(t, c, cl) })
	t.Run("without a commit", func(t *testing.T) { resetUncommitted(t, c, cl) })
	t.Run("what does not exist", func(t *testing.T) { resetMissing(t, c, cl) })
}

func trim(t *testing.T, cl *kgo.Client, topic string, start int64) {
	t.Helper()
	poll(t, "trimming "+topic, func() error {
		resp, err := kadm.NewClient(cl).DeleteRecords(t.Context(), kadm.Offsets{topic: {0: {Topic: topic, At: start}}})
		if err == nil {
			err = resp.Error()
		}
		return err
	})
}

// seedGroup commits what every scenario begins with.
func seedGroup(t *testing.T, c *kafkatest.Cluster, group string) {
	t.Helper()
	commit(t, c, group, map[string]map[int32]int64{"orders": {0: 100, 1: 50}, "trimmed": {0: 80}})
}

func runScenario(t *testing.T, c *kafkatest.Cluster, tools *kafkatest.Tools, cl *kgo.Client, s scenario) {
	group := strings.ReplaceAll(s.name, " ", "-")
	seedGroup(t, c, group)
	want := map[string]string{}
	for where, offset := range s.want {
		want[group+" "+where] = fmt.Sprint(offset)
	}
	before := committed(t, cl, group)
	args := append([]string{"--group", group}, s.args...)

	plan := reset(t, c, args...)
	same(t, "the plan", want, plan.news())
	if plan.Exit != 0 || plan.Kind != "reset-plan" || len(plan.Errors) != 0 {
		t.Errorf("preview: exit %d\n%s%s", plan.Exit, plan.Text, plan.Stderr)
	}
	same(t, "commits after the preview", before, committed(t, cl, group))
	same(t, "the plan of Kafka's tool", want, kafkaPlan(t, tools, args...))

	done := reset(t, c, append(args, "--execute")...)
	if done.Exit != 0 || done.Kind != "reset-result" || len(done.Errors) != 0 {
		t.Errorf("--execute: exit %d\n%s%s", done.Exit, done.Text, done.Stderr)
	}
	same(t, "what is said to be done", want, done.news())
	same(t, "commits after --execute", with(commitOffsets(group, before), want), commitOffsets(group, committed(t, cl, group)))
	wasSent := false
	for _, i := range done.Items {
		moved := i.CurrentOffset == nil || *i.CurrentOffset != *i.NewOffset
		if result := map[bool]string{true: "applied", false: "unchanged"}[moved]; i.Result != result {
			t.Errorf("%s is %s, want %s", i.where(), i.Result, result)
		}
		wasSent = wasSent || moved
	}
	if hinted := strings.Contains(done.Stderr, "offsetctl: hint: undo with: offsetctl undo "); hinted != wasSent {
		t.Errorf("hint to undo: %v, want %v:\n%s", hinted, wasSent, done.Stderr)
	}
}

// resetNewGroup: a group that does not exist is not made by mistake.
func resetNewGroup(t *testing.T, c *kafkatest.Cluster, tools *kafkatest.Tools, cl *kgo.Client) {
	for _, args := range [][]string{{"--all-topics"}, {"--topic", "orders"}, {"--topic", "orders", "--execute"}} {
		d := reset(t, c, append([]string{"new", "--to-offset", "50"}, args...)...)
		if d.Exit != 1 || len(d.Items) != 0 {
			t.Errorf("%q: exit %d, %d items, want 1 and none", args, d.Exit, len(d.Items))
		}
		same(t, fmt.Sprintf("errors of %q", args), []string{"new GROUP_ID_NOT_FOUND"}, d.codes())
	}
	same(t, "commits", map[string]position{}, committed(t, cl, "new"))
	if groups := ok(t, c, "groups", "-o", "name"); slices.Contains(strings.Fields(groups), "new") {
		t.Errorf("the group was made: %q", groups)
	}
	if d := reset(t, c, "new", "--new-group", "--to-offset", "50", "--execute"); d.Exit != 1 {
		t.Errorf("without a topic: exit %d, want 1\n%s", d.Exit, d.Text)
	}
	want := map[string]string{"new orders:0": "50", "new orders:1": "50"}
	same(t, "the plan of Kafka's tool", want, kafkaPlan(t, tools, "--group", "new", "--topic", "orders", "--to-offset", "50"))
	d := reset(t, c, "new", "--new-group", "--topic", "orders", "--to-offset", "50")
	same(t, "the plan", map[string]string{"new orders:0": "50 planned", "new orders:1": "50 planned"}, d.results())
	same(t, "commits after the preview", map[string]position{}, committed(t, cl, "new"))
	d = reset(t, c, "new", "--new-group", "--topic", "orders", "--to-offset", "50", "--execute")
	if d.Exit != 0 {
		t.Errorf("exit %d: %s", d.Exit, d.Stderr)
	}
	same(t, "the result", map[string]string{"new orders:0": "50 applied", "new orders:1": "50 applied"}, d.results())
	same(t, "commits", want, commitOffsets("new", committed(t, cl, "new")))
}

// resetSelected: several groups in one run, and no others.
func resetSelected(t *testing.T, c *kafkatest.Cluster, tools *kafkatest.Tools, cl *kgo.Client) {
	for _, g := range []string{"sel-1", "sel-2", "sel-3"} {
		seedGroup(t, c, g)
	}
	args := []string{"--group", "sel-1", "--group", "sel-2", "--topic", "orders", "--to-offset", "70"}
	want := map[string]string{}
	for _, g := range []string{"sel-1", "sel-2"} {
		want[g+" orders:0"], want[g+" orders:1"] = "70", "70"
	}
	same(t, "the plan of Kafka's tool", want, kafkaPlan(t, tools, args...))
	d := reset(t, c, append(args, "--execute")...)
	same(t, "the result", want, d.news())
	if d.Exit != 0 {
		t.Errorf("exit %d: %s", d.Exit, d.Stderr)
	}
	got := map[string]string{}
	for _, g := range []string{"sel-1", "sel-2", "sel-3"} {
		maps.Copy(got, commitOffsets(g, committed(t, cl, g)))
	}
	unmoved := map[string]string{"sel-1 trimmed:0": "80", "sel-2 trimmed:0": "80", "sel-3 orders:0": "100", "sel-3 orders:1": "50", "sel-3 trimmed:0": "80"}
	same(t, "commits", with(want, unmoved), got)
}

// resetAll: all groups, and those that match, of which the number must be said.
func resetAll(t *testing.T, c *kafkatest.Cluster, tools *kafkatest.Tools, cl *kgo.Client) {
	for _, g := range []string{"all-1", "all-2"} {
		seedGroup(t, c, g)
	}
	names := strings.Fields(ok(t, c, "groups", "-o", "name"))
	args := []string{"--all-groups", "--topic", "trimmed", "--to-offset", "75"}
	plan := reset(t, c, args...)
	same(t, "the plan of Kafka's tool", kafkaPlan(t, tools, args...), plan.news())
	if len(plan.Items) != len(names) {
		t.Errorf("%d rows, want one for each of the groups %q", len(plan.Items), names)
	}
	execute := func(exit int, more ...string) {
		t.Helper()
		r := offsetctl(t, c, append([]string{"reset", "--execute", "--topic", "trimmed", "--to-offset", "75"}, more...)...)
		if r.Exit != exit {
			t.Errorf("%q: exit %d, want %d\n%s%s", more, r.Exit, exit, r.Stdout, r.Stderr)
		}
	}
	execute(2, "--all-groups")
	execute(1, "--all-groups", "--expect-groups", fmt.Sprint(len(names)-1))
	execute(2, "--match", "all-.*")
	same(t, "commit of all-1 before", "80", fmt.Sprint(committed(t, cl, "all-1")["trimmed:0"].Offset))
	execute(0, "--match", "all-.*", "--expect-groups", "2")
	same(t, "commit of all-2", "75", fmt.Sprint(committed(t, cl, "all-2")["trimmed:0"].Offset))
	same(t, "commit of current", "80", fmt.Sprint(committed(t, cl, "current")["trimmed:0"].Offset))
	execute(0, "--all-groups", "--expect-groups", fmt.Sprint(len(names)))
	for _, g := range names {
		if got := committed(t, cl, g)["trimmed:0"].Offset; got != 75 {
			t.Errorf("%s is at %d, want 75", g, got)
		}
	}
}

// resetMissing: what does not exist is refused, and nothing of its group is sent but with --partial.
func resetMissing(t *testing.T, c *kafkatest.Cluster, cl *kgo.Client) {
	seedGroup(t, c, "missing")
	before := committed(t, cl, "missing")
	for _, tt := range []struct {
		name, topic, code string
		want              map[string]string
	}{
		{"partition", "orders:0,7", "orders:7 UNKNOWN_TOPIC_OR_PARTITION", map[string]string{"missing orders:0": "0 planned", "missing orders:7": "- refused"}},
		{"topic", "no-such-topic", "no-such-topic UNKNOWN_TOPIC_OR_PARTITION", map[string]string{"missing no-such-topic": "- refused"}},
		{"partition of it", "no-such-topic:1", "no-such-topic UNKNOWN_TOPIC_OR_PARTITION", map[string]string{"missing no-such-topic:1": "- refused"}},
	} {
		for _, execute := range [][]string{nil, {"--execute"}} {
			what := fmt.Sprintf("%s %q", tt.name, execute)
			d := reset(t, c, append([]string{"missing", "--to-earliest", "--topic", tt.topic}, execute...)...)
			same(t, what, tt.want, d.results())
			same(t, what+": errors", []string{tt.code}, d.codes())
			if d.Exit != 1 {
				t.Errorf("%s: exit %d, want 1", what, d.Exit)
			}
			same(t, what+": commits", before, committed(t, cl, "missing"))
		}
	}
	d := reset(t, c, "missing", "--to-earliest", "--topic", "orders:0,7", "--execute", "--partial")
	same(t, "--partial", map[string]string{"missing orders:0": "0 applied", "missing orders:7": "- refused"}, d.results())
	if d.Exit != 1 {
		t.Errorf("--partial: exit %d, want 1", d.Exit)
	}
	want := maps.Clone(before)
	want["orders:0"] = position{Epoch: -1}
	same(t, "commits after --partial", want, committed(t, cl, "missing"))
	d = reset(t, c, "missing", "--to-earliest", "--topic", "trimmed", "--topic", "orders:1", "--execute")
	if d.Exit != 0 { // what is missing and not asked for is no hindrance
		t.Errorf("exit %d: %s", d.Exit, d.Stderr)
	}
}

// resetUncommitted: what is to be moved from where it is, and is nowhere, is left alone, or refused where it is named.
func resetUncommitted(t *testing.T, c *kafkatest.Cluster, cl *kgo.Client) {
	seedGroup(t, c, "nowhere")
	before := committed(t, cl, "nowhere")
	for _, target := range [][]string{{"--shift-by", "1"}, {"--to-current"}} {
		d := reset(t, c, append([]string{"nowhere", "--topic", "empty", "--execute"}, target...)...)
		same(t, "the topic", map[string]string{"nowhere empty:0": "- unchanged"}, d.results())
		if d.Exit != 0 {
			t.Errorf("%q of the topic: exit %d, want 0\n%s", target, d.Exit, d.Stderr)
		}
		d = reset(t, c, append([]string{"nowhere", "--topic", "empty:0", "--execute"}, target...)...)
		same(t, "the partition", map[string]string{"nowhere empty:0": "- refused"}, d.results())
		same(t, "errors", []string{"empty:0 NO_COMMITTED_OFFSET"}, d.codes())
		if d.Exit != 1 {
			t.Errorf("%q of the partition: exit %d, want 1", target, d.Exit)
		}
	}
	same(t, "commits", before, committed(t, cl, "nowhere"))
}

// resetMany moves a hundred groups of sixty partitions in one run.
func resetMany(t *testing.T, c *kafkatest.Cluster, cl *kgo.Client) {
	const groups, partitions = 100, 60
	c.Topic(t, "wide", partitions, 0)
	at := make(map[int32]position, partitions)
	for p := range int32(partitions) {
		at[p] = position{7, -1, "x"} // past the end, as after a log was lost
	}
	for g := range groups {
		commitAt(t, cl, fmt.Sprintf("many-%03d", g), "wide", at)
	}
	d := reset(t, c, "--match", "many-.*", "--to-latest", "--execute", "--expect-groups", fmt.Sprint(groups))
	if d.Exit != 0 || len(d.Items) != groups*partitions {
		t.Errorf("exit %d, %d rows, want %d\n%s", d.Exit, len(d.Items), groups*partitions, d.Stderr)
	}
	for g := range groups {
		group := fmt.Sprintf("many-%03d", g)
		got := committed(t, cl, group)
		for where, p := range got {
			if p != (position{0, -1, ""}) {
				t.Fatalf("%s %s is at %+v, want the start", group, where, p)
			}
		}
		if len(got) != partitions {
			t.Fatalf("%s has %d commits, want %d", group, len(got), partitions)
		}
	}
}
