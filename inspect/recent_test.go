package inspect

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/offsetctl/offsetctl/internal/cluster"
)

// recentMost is as much as reset reads of a partition.
const recentMost = 8 << 20

// recent reads what groups have committed since a time.
func (f *liveFake) recent(since time.Time, most int, groups ...string) []Recent {
	f.t.Helper()
	run := f.run()
	return RecentCommits(f.t.Context(), run, run.OffsetsTopic(), groups, since, most)
}

// run begins a run that knows the brokers.
func (f *liveFake) run() *cluster.Run {
	f.t.Helper()
	client, err := cluster.Dial(cluster.Config{Bootstrap: []string{"localhost:9092"}, Dial: f.pipes.DialContext})
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(client.Close)
	run := client.Run(cluster.In(time.Now(), 30*time.Second))
	if _, errs := run.Brokers(f.t.Context()); errs != nil {
		f.t.Fatal(errs)
	}
	return run
}

// value is the value of a commit.
func value(t testing.TB, json string, args ...any) []byte {
	t.Helper()
	b, err := ConsumerOffsets.EncodeValue(1, fmt.Appendf(nil, json, args...))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (f *liveFake) produce(c *kgo.Client, records ...*kgo.Record) {
	f.t.Helper()
	if err := c.ProduceSync(f.t.Context(), records...).FirstErr(); err != nil {
		f.t.Fatal(err)
	}
}

// partitionFor is where a group is stored among so many partitions.
func partitionFor(group string, partitions int32) int32 {
	t := cluster.Topic{Partitions: make([]cluster.Partition, partitions)}
	p, _ := t.OffsetsPartition(group)
	return p
}

func TestRecentCommitsOfOneGroup(t *testing.T) {
	live(t, 1, func(t *testing.T, f *liveFake) {
		p := f.producer()
		f.commits(p, 0, "g", 1)
		time.Sleep(20 * time.Minute)
		since := time.Now()
		f.produce(p,
			&kgo.Record{Key: commitKey1(t, "g", "orders", 3), Value: value(t, `{"version":3,"data":{"offset":7,"leaderEpoch":4,"metadata":"m","commitTimestamp":1000}}`)},
			&kgo.Record{Key: commitKey1(t, "other", "orders", 3), Value: commitValue3(t, 8)},
			&kgo.Record{Key: testKey(t, `{"type":0,"data":{"group":"g","topic":"old","partition":1}}`), Value: value(t, `{"version":0,"data":{"offset":9,"metadata":"","commitTimestamp":-1}}`)},
			&kgo.Record{Key: commitKey1(t, "g", "orders", 4)}, // deleted
			&kgo.Record{Key: testKey(t, `{"type":2,"data":{"group":"g"}}`), Value: []byte{0}},
		)
		listed, fetched := f.counted(kmsg.ListOffsets), f.counted(kmsg.Fetch)
		four := int32(4)
		want := []Recent{{Group: "g", Whole: true, Commits: []RecentCommit{
			{TP: cluster.TP{Topic: "orders", Partition: 3}, Offset: 7, LeaderEpoch: &four, Metadata: "m", Time: 1000, LogOffset: 1},
			{TP: cluster.TP{Topic: "old", Partition: 1}, Offset: 9, Time: since.UnixMilli(), LogOffset: 3},
		}}}
		if diff := cmp.Diff(want, f.recent(since, recentMost, "g")); diff != "" {
			t.Error(diff)
		}
		if *listed != 1 || *fetched != 1 {
			t.Errorf("%d requests for offsets and %d for records, want 1 each", *listed, *fetched)
		}
	})
}
