//go:build kafka

package main_test

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/offsetctl/offsetctl/inspect"
	"github.com/offsetctl/offsetctl/internal/cluster"
	"github.com/offsetctl/offsetctl/internal/kafkatest"
)

// TestKafkaRecentCommits reads what real clients have committed since a time: those that commit again and again, and
// those that did once. Then, for many times, it is held against what inspect shows, also when the cleaner has been there.
func TestKafkaRecentCommits(t *testing.T) {
	c := kafkatest.Start(t, kafkatest.Options{OffsetsPartitions: 1, Authorizer: true, Props: []string{
		"offsets.topic.segment.bytes=1048576", // the least since 4.0
		"log.cleaner.backoff.ms=100", "log.retention.check.interval.ms=500", "log.initial.task.delay.ms=100",
	}})
	c.Topic(t, "orders", 2, 10)
	start := time.Now()
	flink := c.Client(t, "FlinkJob.java", "flink", "orders")
	tx := commitOnce(t, c)
	flink.Await(t, "READY")
	poll(t, "three checkpoints", func() error {
		if n := inspect.Bursts(recentCommits(t, c, start, "flink")[0].Commits); n < 3 {
			return fmt.Errorf("commits at %d times", n)
		}
		return nil
	})
	flink.Do(t, "close")
	flink.Kill()
	settled(t, c, start, "flink")
	for _, r := range recentCommits(t, c, start, "assign", "stopped", "reset", "tx", "nobody") {
		want := map[string]int{"assign": 1, "stopped": 0, "reset": 1, "tx": 3}[r.Group]
		if got := inspect.Bursts(r.Commits); got != want || !r.Whole || r.Err != nil {
			t.Errorf("%s: commits at %d times, want %d: %+v", r.Group, got, want, r)
		}
	}
	tx.Do(t, "close") // the cleaner goes no further than the first open transaction
	t.Run("by time", func(t *testing.T) { checkRecentByTime(t, c, "flink", "assign", "stopped", "reset", "tx") })
	t.Run("compacted", func(t *testing.T) {
		cleanSoon(t, c)
		overwrite(t, c)
		checkRecentByTime(t, c, "a", "flink", "tx")
	})
	t.Run("not allowed", func(t *testing.T) { checkRecentDenied(t, c) })
}

// settled waits until a group that was stopped commits nothing more: its last commits may still be under way.
func settled(t *testing.T, c *kafkatest.Cluster, start time.Time, group string) {
	t.Helper()
	before := -1
	poll(t, "the last commits of "+group, func() error {
		n := len(recentCommits(t, c, start, group)[0].Commits)
		if n == before {
			return nil
		}
		before = n
		return fmt.Errorf("%d so far", n)
	})
}

// commitOnce has clients commit once, each in its way, and one in three transactions, of which the last is open.
func commitOnce(t *testing.T, c *kafkatest.Cluster) (tx *kafkatest.Client) {
	t.Helper()
	assign := c.Client(t, "ConsumerApp.java", "assign", "orders", "assign")
	stopped := c.Client(t, "ConsumerApp.java", "stopped", "orders", "manual")
	tx = c.Client(t, "TransactionApp.java", "tx", "orders", "x")
	assign.Await(t, "READY")
	assign.Do(t, "sync")
	assign.Do(t, "close")
	stopped.Await(t, "READY")
	stopped.Do(t, "sync")
	stopped.Do(t, "close")
	r := c.Tool(t, "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand", "--bootstrap-server", c.Bootstrap(), "--group", "reset", "--topic", "orders", "--reset-offsets", "--to-earliest", "--execute")
	if r.Exit != 0 || !strings.Contains(r.Stdout, "orders") {
		t.Fatalf("%+v", r)
	}
	tx.Await(t, "READY")
	for _, end := range []string{"commit", "abort"} {
		tx.Do(t, "offsets 0=1 1=2")
		tx.Do(t, end)
		apart(t, c, "tx")
	}
	tx.Do(t, "offsets 0=1 1=2")
	return tx
}

// apart waits until a commit would be of another burst than the newest that a group has.
func apart(t *testing.T, c *kafkatest.Cluster, group string) {
	t.Helper()
	all := recentCommits(t, c, time.UnixMilli(0), group)[0].Commits
	newest := slices.MaxFunc(all, func(a, b inspect.RecentCommit) int { return cmp.Compare(a.Time, b.Time) })
	poll(t, "the second after a commit", func() error {
		if d := time.Since(time.UnixMilli(newest.Time)); d < 1100*time.Millisecond {
			return fmt.Errorf("%v", d)
		}
		return nil
	})
}

// offsetRow is a row of inspect, as far as it is of a commit.
type offsetRow struct {
	Offset    int64
	Timestamp time.Time
	Key       struct {
		Name string
		Data struct {
			Group, Topic string
			Partition    int32
		}
	}
	Value *struct {
		Data struct {
			Offset          int64
			LeaderEpoch     int32
			Metadata        string
			CommitTimestamp int64
		}
	}
}

// checkRecentByTime holds the commits since the time of any record against those of inspect from the first record of
// that time on: all that Kafka finds a place by are the times of records.
func checkRecentByTime(t *testing.T, c *kafkatest.Cluster, groups ...string) {
	t.Helper()
	var rows []offsetRow
	for line := range strings.Lines(ok(t, c, "inspect", "-o", "ndjson")) {
		var r offsetRow
		decode(t, line, &r)
		rows = append(rows, r)
	}
	for n := 0; n < len(rows); n += 1 + len(rows)/40 {
		since := rows[n].Timestamp
		from := slices.IndexFunc(rows, func(r offsetRow) bool { return !r.Timestamp.Before(since) })
		var want []inspect.Recent
		for _, g := range groups {
			want = append(want, inspect.Recent{Group: g, Commits: commitsIn(rows[from:], g), Whole: true})
		}
		if diff := gocmp.Diff(want, recentCommits(t, c, since, groups...)); diff != "" {
			t.Fatalf("since %v, from offset %d on (-inspect +recent)\n%s", since, rows[from].Offset, diff)
		}
	}
	t.Logf("%d rows, %d of them of %s", len(rows), len(commitsIn(rows, groups[0])), groups[0])
}

func commitsIn(rows []offsetRow, group string) []inspect.RecentCommit {
	var out []inspect.RecentCommit
	for _, r := range rows {
		if r.Value == nil || r.Key.Data.Group != group {
			continue
		}
		if r.Key.Name != "OffsetCommit" { // what is before it may be of members
			out = nil
			continue
		}
		v := r.Value.Data
		commit := inspect.RecentCommit{TP: cluster.TP{Topic: r.Key.Data.Topic, Partition: r.Key.Data.Partition}, Offset: v.Offset, Metadata: v.Metadata, Time: v.CommitTimestamp, LogOffset: r.Offset}
		if v.LeaderEpoch >= 0 {
			commit.LeaderEpoch = &v.LeaderEpoch
		}
		out = append(out, commit)
	}
	return out
}

// checkRecentDenied reads as a user who may not read the topic, and as one who may not describe it.
func checkRecentDenied(t *testing.T, c *kafkatest.Cluster) {
	for operation, host := range map[string]net.IP{"read": net.IPv4(127, 0, 0, 2), "describe": net.IPv4(127, 0, 0, 3)} {
		c.Deny(t, "topic", "__consumer_offsets", operation, host.String())
		got := recentCommitsAs(t, c, host, time.UnixMilli(0), "a")[0]
		if got.Err == nil || !got.Err.Unauthorized() || got.Err.Scope != cluster.ScopeTopic || got.Whole || got.Commits != nil {
			t.Errorf("%s: %+v", operation, got)
		}
	}
}

// recentCommits asks with two requests for what groups have committed since a time, or with some more where the log
// has several segments.
func recentCommits(t *testing.T, c *kafkatest.Cluster, since time.Time, groups ...string) []inspect.Recent {
	t.Helper()
	return recentCommitsAs(t, c, net.IPv4(127, 0, 0, 1), since, groups...)
}

func recentCommitsAs(t *testing.T, c *kafkatest.Cluster, from net.IP, since time.Time, groups ...string) []inspect.Recent {
	t.Helper()
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: from}}
	var requests recentRequests
	client, err := cluster.Dial(cluster.Config{Bootstrap: []string{c.Bootstrap()}, Dial: dialer.DialContext}, &requests)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	run := client.Run(cluster.In(time.Now(), 30*time.Second))
	if _, errs := run.Brokers(ctx); errs != nil {
		t.Fatal(errs)
	}
	got := inspect.RecentCommits(ctx, run, run.OffsetsTopic(), groups, since, 8<<20)
	if n, most := requests.n.Load(), int64(1+len(segments(t, c))); n > most {
		t.Errorf("%d requests, want at most %d", n, most)
	}
	return got
}

// recentRequests counts those for offsets and for records.
type recentRequests struct{ n atomic.Int64 }

func (r *recentRequests) OnBrokerE2E(_ kgo.BrokerMetadata, key int16, _ kgo.BrokerE2E) {
	if key == int16(kmsg.ListOffsets) || key == int16(kmsg.Fetch) {
		r.n.Add(1)
	}
}
