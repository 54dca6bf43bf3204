//go:build kafka

package main_test

import (
	"encoding/json"
	"fmt"
	"maps"
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
)

// change is a row of a changing command, as a script reads it.
type change struct {
	Group              string
	Type               *string
	Topic, TopicID     *string
	Partition          *int32
	CurrentOffset      *int64
	CurrentLeaderEpoch *int32
	CurrentMetadata    *string
	NewOffset          *int64
	NewLeaderEpoch     *int32
	NewMetadata        *string
	Result             string
	Note               *string
	Error              *struct{ Scope, Name, Code, Message string }
}

type changes struct {
	Kind      string
	ClusterID string
	UndoID    string
	Items     []change
	Errors    []struct{ Scope, Name, Code, Message string }
	Exit      int    `json:"-"`
	Text      string `json:"-"` // the document
	Stderr    string `json:"-"`
}

// startForReset starts a cluster, and gives the test an undo folder of its own.
func startForReset(t *testing.T, o kafkatest.Options) *kafkatest.Cluster {
	t.Helper()
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	return kafkatest.Start(t, o)
}

// reset runs `offsetctl reset` and reads its document.
func reset(t *testing.T, c *kafkatest.Cluster, args ...string) changes {
	t.Helper()
	return changed(t, c, append([]string{"reset"}, args...)...)
}

// changed runs a changing command and reads its document.
func changed(t *testing.T, c *kafkatest.Cluster, args ...string) changes {
	t.Helper()
	r := offsetctl(t, c, append(args, "-o", "json")...)
	var d changes
	if err := json.Unmarshal([]byte(r.Stdout), &d); err != nil {
		t.Fatalf("offsetctl %q: exit %d, %v in:\n%s%s", args, r.Exit, err, r.Stdout, r.Stderr)
	}
	d.Exit, d.Text, d.Stderr = r.Exit, r.Stdout, r.Stderr
	return d
}

// results are the rows as "group topic:partition" → "new offset, result".
func (d changes) results() map[string]string {
	out := map[string]string{}
	for _, i := range d.Items {
		out[i.Group+" "+i.where()] = show(i.NewOffset) + " " + i.Result
	}
	return out
}

// where is the topic and partition of a row, as far as it has them.
func (i change) where() string {
	where := show(i.Topic)
	if i.Partition != nil {
		where += fmt.Sprintf(":%d", *i.Partition)
	}
	return where
}

// news are the new offsets, as far as the rows have any.
func (d changes) news() map[string]string {
	out := map[string]string{}
	for _, i := range d.Items {
		if i.NewOffset != nil {
			out[i.Group+" "+i.where()] = show(i.NewOffset)
		}
	}
	return out
}

// codes are the errors as "name CODE".
func (d changes) codes() []string {
	var out []string
	for _, e := range d.Errors {
		out = append(out, e.Name+" "+e.Code)
	}
	return out
}

// position is a commit in all its parts.
type position struct {
	Offset   int64
	Epoch    int32 // -1: none
	Metadata string
}

// committed is what brokers have committed for a group, by "topic:partition".
func committed(t *testing.T, cl *kgo.Client, group string) map[string]position {
	t.Helper()
	resp, err := kadm.NewClient(cl).FetchOffsets(t.Context(), group)
	if err == nil {
		err = resp.Error()
	}
	if err != nil {
		t.Fatalf("reading the commits of %q: %v", group, err)
	}
	out := map[string]position{}
	resp.Each(func(o kadm.OffsetResponse) {
		out[fmt.Sprintf("%s:%d", o.Topic, o.Partition)] = position{o.At, o.LeaderEpoch, o.Metadata}
	})
	return out
}

// commitOffsets are committed positions by "group topic:partition", without what is beside the offset.
func commitOffsets(group string, positions map[string]position) map[string]string {
	out := map[string]string{}
	for where, p := range positions {
		out[group+" "+where] = fmt.Sprint(p.Offset)
	}
	return out
}

// commitAt commits for a group without members, as commit does, positions by partition of one topic.
func commitAt(t *testing.T, cl *kgo.Client, group, topic string, at map[int32]position) {
	t.Helper()
	req := kmsg.NewPtrOffsetCommitRequest()
	req.Group, req.Generation = group, -1
	rt := kmsg.NewOffsetCommitRequestTopic()
	rt.Topic = topic
	for p, o := range at {
		rp := kmsg.NewOffsetCommitRequestTopicPartition()
		rp.Partition, rp.Offset, rp.LeaderEpoch, rp.Metadata = p, o.Offset, o.Epoch, &o.Metadata
		rt.Partitions = append(rt.Partitions, rp)
	}
	req.Topics = append(req.Topics, rt)
	poll(t, "committing for "+group, func() error {
		resp, err := req.RequestWith(t.Context(), cl)
		if err != nil {
			return err
		}
		for _, rp := range resp.Topics[0].Partitions {
			if err := kerr.ErrorForCode(rp.ErrorCode); err != nil {
				return fmt.Errorf("%s/%d: %w", topic, rp.Partition, err)
			}
		}
		return nil
	})
}

// produceAt appends n records of one time to a partition.
func produceAt(t *testing.T, c *kafkatest.Cluster, topic string, partition int32, n int, at time.Time) {
	t.Helper()
	cl := c.Kgo(t, kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.UnknownTopicRetries(-1))
	for range n {
		cl.Produce(t.Context(), &kgo.Record{Topic: topic, Partition: partition, Timestamp: at, Value: []byte("x")}, func(_ *kgo.Record, err error) {
			if err != nil {
				t.Errorf("producing to %s/%d: %v", topic, partition, err)
			}
		})
	}
	if err := cl.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// kafkaPlan is what Kafka's tool says of a dry run, by "group topic:partition". Before 4.0 its table has no line ends.
func kafkaPlan(t *testing.T, tools *kafkatest.Tools, args ...string) map[string]string {
	t.Helper()
	r := tools.ConsumerGroups(t, append([]string{"--reset-offsets", "--dry-run"}, args...)...)
	_, table, _ := strings.Cut(r.Stdout, "NEW-OFFSET")
	rows := strings.Fields(table)
	if len(rows) == 0 || len(rows)%4 != 0 || strings.Contains(r.Stdout, "Error:") {
		t.Fatalf("kafka-consumer-groups %q: %s%s", args, r.Stdout, r.Stderr)
	}
	out := map[string]string{}
	for row := range slices.Chunk(rows, 4) {
		out[row[0]+" "+row[1]+":"+row[2]] = row[3]
	}
	return out
}

// with is a map with some of its values replaced.
func with(m map[string]string, more map[string]string) map[string]string {
	out := maps.Clone(m)
	maps.Copy(out, more)
	return out
}

// same reports a difference as a failure of the test.
func same(t *testing.T, what string, want, got any) {
	t.Helper()
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got)\n%s", what, diff)
	}
}
