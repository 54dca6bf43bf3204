//go:build kafka

package main_test

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/offsetctl/offsetctl/internal/kafkatest"
	"github.com/offsetctl/offsetctl/output"
)

// commit makes a simple group, as a tool or assign() does: generation -1, no member.
func commit(t *testing.T, c *kafkatest.Cluster, group string, offsets map[string]map[int32]int64) {
	t.Helper()
	req := kmsg.NewPtrOffsetCommitRequest()
	req.Group, req.Generation = group, -1
	for topic, ps := range offsets {
		rt := kmsg.NewOffsetCommitRequestTopic()
		rt.Topic = topic
		for p, o := range ps {
			rp := kmsg.NewOffsetCommitRequestTopicPartition()
			rp.Partition, rp.Offset, rp.LeaderEpoch = p, o, -1
			rt.Partitions = append(rt.Partitions, rp)
		}
		req.Topics = append(req.Topics, rt)
	}
	cl := c.Kgo(t, maxOffsetCommit9())
	poll(t, "committing for "+group, func() error {
		resp, err := req.RequestWith(t.Context(), cl)
		if err != nil {
			return err
		}
		for _, rt := range resp.Topics {
			for _, rp := range rt.Partitions {
				if err := kerr.ErrorForCode(rp.ErrorCode); err != nil {
					return fmt.Errorf("%s/%d: %w", rt.Topic, rp.Partition, err)
				}
			}
		}
		return nil
	})
}

// poll calls do until it succeeds, for at most half a minute.
func poll(t *testing.T, what string, do func() error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for {
		err := do()
		if err == nil {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("%s: %v", what, err)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func at(topic string, offsets ...int64) map[string]map[int32]int64 {
	ps := map[int32]int64{}
	for p, o := range offsets {
		ps[int32(p)] = o
	}
	return map[string]map[int32]int64{topic: ps}
}

// plant writes commits straight into __consumer_offsets, which must have one partition, past the
// checks that a coordinator makes: the state of a group whose coordinator missed that a topic was
// deleted. They count after a restart, when the coordinator loads them. Brokers let only this client
// id write to an internal topic, and take a batch with a producer id for part of a transaction.
func plant(t *testing.T, c *kafkatest.Cluster, group string, offsets map[string]map[int32]int64) {
	t.Helper()
	cl := c.Kgo(t, kgo.ClientID("__admin_client"), kgo.DisableIdempotentWrite(), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	for topic, ps := range offsets {
		for p, o := range ps {
			key := kmsg.OffsetCommitKey{Version: 1, Group: group, Topic: topic, Partition: p}
			value := kmsg.OffsetCommitValue{Version: 3, Offset: o, LeaderEpoch: -1, CommitTimestamp: time.Now().UnixMilli()}
			r := &kgo.Record{Topic: "__consumer_offsets", Key: key.AppendTo(nil), Value: value.AppendTo(nil)}
			if err := cl.ProduceSync(t.Context(), r).FirstErr(); err != nil {
				t.Fatalf("writing to __consumer_offsets: %v", err)
			}
		}
	}
}

// TestKafkaOddCommits holds the table of odd cases against real brokers.
func TestKafkaOddCommits(t *testing.T) {
	c := kafkatest.Start(t, kafkatest.Options{OffsetsPartitions: 1})
	adm := kadm.NewClient(c.Kgo(t))
	c.Topic(t, "orders", 3, 100)
	c.Topic(t, "trimmed", 2, 100)
	c.Topic(t, "smaller", 1, 10)
	commit(t, c, "two-topics", at("orders", 10, 20, 30))
	commit(t, c, "two-topics", at("trimmed", 10, 90))
	commit(t, c, "same-topic", at("orders", 100, 90, 80))
	commit(t, c, "past-end", at("orders", 101, 100, math.MaxInt64))
	commit(t, c, "largest", at("orders", math.MaxInt64-1))
	plant(t, c, "gone", at("deleted", 5, 6))
	plant(t, c, "made-anew", at("smaller", 40, 5))
	plant(t, c, "minus-one", at("orders", -1, 99))
	c.Restart(t, 1) // as a machine dies: a new log start would be forgotten
	if _, err := adm.DeleteRecords(t.Context(), kadm.Offsets{"trimmed": {0: {Topic: "trimmed", At: 60}, 1: {Topic: "trimmed", Partition: 1, At: 60}}}); err != nil {
		t.Fatal(err)
	}

	want := map[string]string{
		"two-topics orders:0": "10 100 90 0 no-members", "two-topics orders:1": "20 100 80 0 no-members", "two-topics orders:2": "30 100 70 0 no-members",
		"two-topics trimmed:0": "10 100 40 50 before-start", "two-topics trimmed:1": "90 100 10 0 no-members",
		"same-topic orders:0": "100 100 0 0 ok", "same-topic orders:1": "90 100 10 0 no-members", "same-topic orders:2": "80 100 20 0 no-members",
		"past-end orders:0": "101 100 0 0 past-end", "past-end orders:1": "100 100 0 0 ok", "past-end orders:2": "9223372036854775807 100 0 0 past-end",
		"largest orders:0": "9223372036854775806 100 0 0 past-end",
		"gone deleted:0":   "5 - - - topic-gone", "gone deleted:1": "6 - - - topic-gone",
		"made-anew smaller:0": "40 10 0 0 past-end", "made-anew smaller:1": "5 - - - topic-gone",
		"minus-one orders:0": "- 100 - - no-commit", "minus-one orders:1": "99 100 1 0 no-members",
	}
	got := map[string]string{}
	doc := parse(t, ok(t, c, "lag", "--by", "partition", "-o", "json"))
	for _, i := range doc.Items {
		got[fmt.Sprintf("%s %s:%d", i.Group, *i.Topic, *i.Partition)] = fmt.Sprintf("%s %s %s %s %s", show(i.CurrentOffset), show(i.LogEndOffset), show(i.Lag), show(i.Lost), i.Status)
	}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	t.Run("sums", func(t *testing.T) {
		r := offsetctl(t, c, "lag", "--topic", "trimmed", "--no-headers", "--by", "topic")
		if r.Stdout != "two-topics\ttrimmed\t2\t50\t40\tbefore-start\n" || r.Exit != 0 {
			t.Errorf("%+v", r)
		}
	})
}

// oddNames are group ids that brokers take and shells, tables and lines do not.
func oddNames() []string {
	return []string{
		"", "-", "--help", " leading and trailing ", "a,b", "tab\there", "line\nbreak", "esc\x1b[31mred", `quote"and'`, `back\slash`, "группа", "消费者组", "👍group",
		"\u202eright to left", "semi;colon", "*", ".*", strings.Repeat("x", 249),
	}
}

// TestKafkaOddGroupNames follows every odd name through a list, and back in through each way in.
func TestKafkaOddGroupNames(t *testing.T) {
	c := kafkatest.Start(t, kafkatest.Options{})
	c.Topic(t, "orders", 1, 100)
	lagOf := map[string]int64{}
	for i, name := range oddNames() {
		commit(t, c, name, at("orders", int64(i)))
		lagOf[name] = 100 - int64(i)
	}
	check := func(how string, r result) {
		t.Helper()
		got := map[string]int64{}
		for _, i := range parse(t, r.Stdout).Items {
			got[i.Group] = *i.Lag
		}
		if diff := gocmp.Diff(lagOf, got); diff != "" || r.Exit != 0 || r.Stderr != "" {
			t.Errorf("%s: exit %d %s\n(-want +got)\n%s", how, r.Exit, r.Stderr, diff)
		}
	}
	check("all", offsetctl(t, c, "lag", "--by", "partition", "-o", "json"))
	names := slices.Collect(maps.Keys(lagOf))
	var flags []string
	for _, n := range names {
		flags = append(flags, "--group="+n)
	}
	check("by flag", offsetctl(t, c, append(flags, "lag", "-o", "json")...))
	check("pattern", offsetctl(t, c, "lag", "--match", ".*", "--by", "partition", "-o", "json"))
	for _, n := range names {
		if got, want := string(output.AppendEscaped(nil, n)), ok(t, c, "lag", "-g", n, "-o", "name"); n != "-" && got+"\n" != want {
			t.Errorf("name of %q is printed %q, want %q", n, want, got)
		}
	}
	if r := offsetctl(t, c, "lag", "--match", "", "-o", "name"); r.Stdout != "\n" || r.Exit != 0 {
		t.Errorf("--match '' selects %+v, want the group with the empty name", r)
	}
}

// TestKafkaWithoutGroups: an empty cluster has an empty answer, and a missing group is an error.
func TestKafkaWithoutGroups(t *testing.T) {
	c := kafkatest.Start(t, kafkatest.Options{})
	doc := parse(t, ok(t, c, "lag", "-q", "-o", "json"))
	if doc.Items == nil || len(doc.Items) != 0 || doc.Errors == nil {
		t.Errorf("%+v", doc)
	}
	for _, command := range []string{"lag", "members"} {
		r := offsetctl(t, c, command, "missing.group", "-o", "json")
		doc := parse(t, r.Stdout)
		if r.Exit != 1 || len(doc.Items) != 0 || len(doc.Errors) != 1 || doc.Errors[0].Code != "GROUP_ID_NOT_FOUND" || doc.Errors[0].Name != "missing.group" {
			t.Errorf("%s: %+v", command, r)
		}
		if want := "offsetctl: error: group missing.group: no such group (GROUP_ID_NOT_FOUND)\n"; !strings.HasPrefix(r.Stderr, want) {
			t.Errorf("%s: stderr %q, want %q", command, r.Stderr, want)
		}
	}
	if r := offsetctl(t, c, "lag", "--topic", "no-such-topic"); r.Exit != 1 || !strings.Contains(r.Stderr, "topic no-such-topic:") {
		t.Errorf("%+v", r)
	}
}
