//go:build kafka

package main_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/offsetctl/offsetctl/internal/kafkatest"
)

// TestKafkaResetCSV hands files to Kafka's own tool, and takes those that it prints.
func TestKafkaResetCSV(t *testing.T) {
	c := startForReset(t, kafkatest.Options{})
	f := csvTest{c, c.Tools(t), c.Kgo(t, maxOffsetCommit9())}
	c.Topic(t, "orders", 2, 100)
	c.Topic(t, "pay.ments", 1, 100)
	t.Run("ours to Kafka, of one group", f.oursOfOne)
	t.Run("ours to Kafka, of several", f.oursOfSeveral)
	t.Run("Kafka's to us, of one group", f.kafkasOfOne)
	t.Run("Kafka's to us, of several", f.kafkasOfSeveral)
	t.Run("with remarks of Kafka's tool", f.remarks)
}

type csvTest struct {
	c     *kafkatest.Cluster
	tools *kafkatest.Tools
	cl    *kgo.Client
}

// oddGroups are names that CSV must quote, after a prefix that makes them a test's own.
func oddGroups(prefix string) []string {
	return []string{prefix + "plain", prefix + "a,b", prefix + ` say "hi", you`, " " + prefix + " spaced ", prefix + "'single'", prefix + `"`, prefix + "группа"}
}

// seed commits for groups, and returns their names as flags.
func (f csvTest) seed(t *testing.T, groups ...string) []string {
	t.Helper()
	var flags []string
	for _, g := range groups {
		commit(t, f.c, g, map[string]map[int32]int64{"orders": {0: 10, 1: 20}, "pay.ments": {0: 30}})
		flags = append(flags, "--group", g)
	}
	return flags
}

// kafka runs Kafka's tool to reset offsets.
func (f csvTest) kafka(t *testing.T, args ...string) string {
	t.Helper()
	r := f.tools.ConsumerGroups(t, append([]string{"--reset-offsets"}, args...)...)
	if r.Exit != 0 || strings.Contains(r.Stdout, "Error:") {
		t.Fatalf("kafka-consumer-groups %q: exit %d\n%s%s", args, r.Exit, r.Stdout, r.Stderr)
	}
	return r.Stdout
}

// wantAt expects groups at the offsets of a run: orders:0, orders:1 and pay.ments:0.
func (f csvTest) wantAt(t *testing.T, groups []string, orders0, orders1, payments int64) {
	t.Helper()
	for _, g := range groups {
		want := map[string]position{"orders:0": {orders0, -1, ""}, "orders:1": {orders1, -1, ""}, "pay.ments:0": {payments, -1, ""}}
		same(t, fmt.Sprintf("commits of %q", g), want, committed(t, f.cl, g))
	}
}

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "offsets")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func (f csvTest) oursOfOne(t *testing.T) {
	f.seed(t, "our,one")
	text := ok(t, f.c, "reset", "our,one", "--shift-by", "5", "-q", "-o", "kafka-csv")
	same(t, "the file", "orders,0,15\norders,1,25\npay.ments,0,35\n", text)
	same(t, "--export", text, ok(t, f.c, "reset", "our,one", "--shift-by", "5", "-q", "--export"))
	f.wantAt(t, []string{"our,one"}, 10, 20, 30)
	f.kafka(t, "--group", "our,one", "--from-file", write(t, text), "--execute")
	f.wantAt(t, []string{"our,one"}, 15, 25, 35)
}

func (f csvTest) oursOfSeveral(t *testing.T) {
	groups := oddGroups("our-")
	flags := f.seed(t, groups...)
	path := write(t, ok(t, f.c, append([]string{"reset", "--shift-by", "5", "-q", "-o", "kafka-csv"}, flags...)...))
	f.kafka(t, append(flags[2:], "--from-file", path, "--execute")...)
	f.wantAt(t, groups[1:], 15, 25, 35)
	f.wantAt(t, groups[:1], 10, 20, 30) // in the file, and not asked for
	matched := ok(t, f.c, "reset", "--match", "our-plain", "--to-offset", "5", "-q", "-o", "kafka-csv")
	same(t, "the file of groups that match", "our-plain,orders,0,5\nour-plain,orders,1,5\nour-plain,pay.ments,0,5\n", matched)
	if left := f.kafka(t, append(flags[:2], "--from-file", write(t, matched), "--dry-run")...); !strings.Contains(left, "our-plain") {
		t.Errorf("Kafka's tool does not take the file: %s", left)
	}
}

func (f csvTest) kafkasOfOne(t *testing.T) {
	flags := f.seed(t, "theirs,one")
	text := f.kafka(t, append(flags, "--all-topics", "--shift-by", "5", "--export", "--dry-run")...)
	if strings.Contains(text, "theirs") {
		t.Fatalf("Kafka's file has the group:\n%s", text)
	}
	path := write(t, text)
	if r := offsetctl(t, f.c, "reset", "--from-file", path, "--execute"); r.Exit != 2 {
		t.Errorf("a file without groups, and none named: exit %d, want 2\n%s", r.Exit, r.Stderr)
	}
	d := reset(t, f.c, "theirs,one", "--from-file", path)
	same(t, "preview", map[string]string{"theirs,one orders:0": "15 planned", "theirs,one orders:1": "25 planned", "theirs,one pay.ments:0": "35 planned"}, d.results())
	f.wantAt(t, []string{"theirs,one"}, 10, 20, 30)
	if d = reset(t, f.c, "theirs,one", "--from-file", path, "--execute"); d.Exit != 0 {
		t.Errorf("exit %d: %s", d.Exit, d.Stderr)
	}
	f.wantAt(t, []string{"theirs,one"}, 15, 25, 35)
	if d = reset(t, f.c, "theirs,one", "--from-file", path, "--execute"); d.Exit != 0 {
		t.Errorf("once more: exit %d: %s", d.Exit, d.Stderr)
	}
	same(t, "once more", map[string]string{"theirs,one orders:0": "15 unchanged", "theirs,one orders:1": "25 unchanged", "theirs,one pay.ments:0": "35 unchanged"}, d.results())
}

func (f csvTest) kafkasOfSeveral(t *testing.T) {
	groups := oddGroups("theirs-")
	flags := f.seed(t, groups...)
	path := write(t, f.kafka(t, append(flags, "--all-topics", "--shift-by", "5", "--export", "--dry-run")...))
	if d := reset(t, f.c, "--from-file", path, "--group", groups[1], "--topic", "orders", "--execute"); d.Exit != 0 {
		t.Errorf("part of the file: exit %d: %s", d.Exit, d.Stderr)
	}
	f.wantAt(t, groups[1:2], 15, 25, 30)
	f.wantAt(t, groups[2:], 10, 20, 30)
	d := reset(t, f.c, "--from-file", path, "--execute")
	if d.Exit != 0 || len(d.Items) != 3*len(groups) {
		t.Errorf("exit %d, %d rows, want %d: %s", d.Exit, len(d.Items), 3*len(groups), d.Stderr)
	}
	f.wantAt(t, groups, 15, 25, 35)
	absent := reset(t, f.c, "--from-file", path, "--group", "not-in-it", "--execute")
	if absent.Exit != 1 {
		t.Errorf("a group that is not in the file: exit %d, want 1\n%s", absent.Exit, absent.Stderr)
	}
}

// remarks: Kafka's tool prints warnings among the rows of its file.
func (f csvTest) remarks(t *testing.T) {
	flags := f.seed(t, "remarks")
	text := f.kafka(t, append(flags, "--all-topics", "--by-duration", "PT0.1S", "--export", "--dry-run")...)
	if !strings.Contains(text, "Warn: ") {
		t.Fatalf("there are none:\n%s", text)
	}
	r := offsetctl(t, f.c, "reset", "remarks", "--from-file", write(t, text), "--execute")
	if r.Exit != 2 || !strings.Contains(r.Stderr, ": line ") || !strings.Contains(r.Stderr, "remove the line") {
		t.Errorf("exit %d: %s", r.Exit, r.Stderr)
	}
	f.wantAt(t, []string{"remarks"}, 10, 20, 30)
	var rows []string
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "Warn: ") {
			rows = append(rows, line)
		}
	}
	if d := reset(t, f.c, "remarks", "--from-file", write(t, strings.Join(rows, "")), "--execute"); d.Exit != 0 {
		t.Errorf("without them: exit %d: %s", d.Exit, d.Stderr)
	}
	want := map[string]string{"remarks orders:0": "100", "remarks orders:1": "100", "remarks pay.ments:0": "100"}
	same(t, "commits", want, commitOffsets("remarks", committed(t, f.cl, "remarks")))
}
