package inspect

import (
	"fmt"
	"slices"
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

// recentLines are commits as lines: group, offset in the log, subject, offset committed; and what is not as it should be.
func recentLines(all []Recent) []string {
	var lines []string
	for _, r := range all {
		for _, c := range r.Commits {
			lines = append(lines, fmt.Sprintf("%s %d %s %d", r.Group, c.LogOffset, c.TP, c.Offset))
		}
		if !r.Whole {
			lines = append(lines, r.Group+" not whole")
		}
		if r.Err != nil {
			lines = append(lines, fmt.Sprintf("%s %v", r.Group, r.Err))
		}
	}
	return lines
}

func wantRecent(t *testing.T, want []string, got []Recent) {
	t.Helper()
	if diff := cmp.Diff(want, recentLines(got)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
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
			&kgo.Record{Key: testKey(t, `{"type":2,"data":{"group":"g"}}`)},
			&kgo.Record{Key: testKey(t, `{"type":2,"data":{"group":"other"}}`), Value: []byte{0}},
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

// What a group committed before the last that is stored of its members may be theirs, also when it was deleted since and
// is now one that only ever committed.
func TestRecentCommitsOfMembersAreNone(t *testing.T) {
	for name, key := range map[string][]byte{"classic": testKey(t, `{"type":2,"data":{"group":"g"}}`), "KIP-848": testKey(t, `{"type":3,"data":{"groupId":"g"}}`)} {
		t.Run(name, func(t *testing.T) {
			live(t, 1, func(t *testing.T, f *liveFake) {
				since, p := time.Now(), f.producer()
				f.commits(p, 0, "g", 1)
				f.produce(p, &kgo.Record{Key: key, Value: []byte{0}})
				f.commits(p, 0, "g", 2)
				f.produce(p, &kgo.Record{Key: key, Value: []byte{0}}, &kgo.Record{Key: key}) // the last leaves; deleted
				f.commits(p, 0, "g", 3)
				wantRecent(t, []string{"g 5 orders:0 3"}, f.recent(since, recentMost, "g"))
			})
		})
	}
}

func TestRecentCommitsOfManyGroupsTakeTwoRequestsPerLeader(t *testing.T) {
	live(t, 9, func(t *testing.T, f *liveFake) {
		p := f.producer()
		since := time.Now()
		var groups, want []string
		next := map[int32]int{}
		for i := range 100 {
			group := fmt.Sprintf("g%d", i)
			part := partitionFor(group, 9)
			f.commits(p, part, group, int64(i))
			groups = append(groups, group)
			want = append(want, fmt.Sprintf("%s %d orders:0 %d", group, next[part], i))
			next[part]++
		}
		if len(next) != 9 {
			t.Fatalf("the groups are in %d partitions only", len(next))
		}
		slices.Reverse(groups)
		slices.Reverse(want)
		groups, want = append(groups, "g0", "none"), append(want, want[99])
		listed, fetched := f.counted(kmsg.ListOffsets), f.counted(kmsg.Fetch)
		wantRecent(t, want, f.recent(since, recentMost, groups...))
		if *listed != 3 || *fetched != 3 {
			t.Errorf("%d requests for offsets and %d for records, want 3 each", *listed, *fetched)
		}
	})
}

func TestRecentCommitsOfAGroupThatHasNone(t *testing.T) {
	live(t, 1, func(t *testing.T, f *liveFake) {
		f.commits(f.producer(), 0, "g", 1)
		time.Sleep(time.Second)
		fetched := f.counted(kmsg.Fetch)
		if diff := cmp.Diff([]Recent{{Group: "g", Whole: true}}, f.recent(time.Now(), recentMost, "g")); diff != "" || *fetched != 0 {
			t.Errorf("%d requests for records\n%s", *fetched, diff)
		}
		if diff := cmp.Diff([]Recent{}, f.recent(time.Now(), recentMost)); diff != "" {
			t.Error(diff)
		}
	})
}

// The first record since then may be in the middle of a batch.
func TestRecentCommitsBeginInTheMiddleOfABatch(t *testing.T) {
	live(t, 1, func(t *testing.T, f *liveFake) {
		since := time.Now().Truncate(time.Millisecond)
		f.produce(f.producer(),
			&kgo.Record{Key: commitKey1(t, "g", "orders", 0), Value: commitValue3(t, 1), Timestamp: since.Add(-time.Second)},
			&kgo.Record{Key: commitKey1(t, "g", "orders", 0), Value: commitValue3(t, 2), Timestamp: since},
		)
		wantRecent(t, []string{"g 1 orders:0 2"}, f.recent(since, recentMost, "g"))
	})
}

// Whatever became of a transaction, somebody made its commits.
func TestRecentCommitsOfTransactions(t *testing.T) {
	live(t, 1, func(t *testing.T, f *liveFake) {
		since := time.Now()
		for i, end := range []kgo.TransactionEndTry{kgo.TryCommit, kgo.TryAbort} {
			p := f.begin(fmt.Sprint(i))
			f.commits(p, 0, "g", int64(i))
			f.end(p, end)
		}
		f.commits(f.begin("open"), 0, "g", 2)
		wantRecent(t, []string{"g 0 orders:0 0", "g 2 orders:0 1", "g 4 orders:0 2"}, f.recent(since, recentMost, "g"))
	})
}

func TestRecentCommitsEndAtTheLimit(t *testing.T) {
	live(t, 1, func(t *testing.T, f *liveFake) {
		since, p := time.Now(), f.producer()
		f.commits(p, 0, "g", 0)
		f.commits(p, 0, "g", 1)
		f.commits(p, 0, "g", 2)
		fetched := f.counted(kmsg.Fetch)
		wantRecent(t, []string{"g 0 orders:0 0", "g not whole"}, f.recent(since, 1, "g"))
		if *fetched != 1 {
			t.Errorf("%d requests for records, want 1", *fetched)
		}
	})
}

// A leader answers from one segment at a time, and no more than it likes.
func TestRecentCommitsOfSeveralAnswers(t *testing.T) {
	live(t, 1, func(t *testing.T, f *liveFake) {
		since := time.Now()
		f.commits(f.producer(), 0, "g", 0)
		asked := f.answers(&leaderLog{segments: []logSegment{segmentOf(t, 0, 1, 2, 3), segmentOf(t, 5, 8)}, end: 9, limit: 3*len(segmentOf(t, 0).bytes) - 1})
		wantRecent(t, []string{"g 0 orders:0 0", "g 1 orders:0 1", "g 2 orders:0 2", "g 3 orders:0 3", "g 5 orders:0 5", "g 8 orders:0 8"}, f.recent(since, recentMost, "g"))
		if diff := cmp.Diff([]int64{0, 2, 4}, *asked); diff != "" {
			t.Error(diff)
		}
	})
}

func TestRecentCommitsKeepsTheNewest(t *testing.T) {
	for n, want := range map[int64]int64{recentKept: 0, recentKept + 1: 1, 2 * recentKept: recentKept, 2*recentKept + 7: recentKept + 7} {
		r := Recent{Whole: true}
		for i := range n {
			r.add(RecentCommit{LogOffset: i})
		}
		r.keep(recentKept)
		if len(r.Commits) != recentKept || r.Commits[0].LogOffset != want || r.Whole != (n == recentKept) {
			t.Errorf("of %d: %d commits from offset %d on, whole %v", n, len(r.Commits), r.Commits[0].LogOffset, r.Whole)
		}
	}
}

func TestRecentCommitsOfAGroupThatHasTooMany(t *testing.T) {
	live(t, 1, func(t *testing.T, f *liveFake) {
		since := time.Now()
		f.commits(f.producer(), 0, "g", make([]int64, recentKept+1)...)
		got := f.recent(since, recentMost, "g")[0]
		if len(got.Commits) != recentKept || got.Commits[0].LogOffset != 1 || got.Whole {
			t.Errorf("%d commits, whole %v", len(got.Commits), got.Whole)
		}
	})
}

func TestBursts(t *testing.T) {
	for _, c := range []struct {
		times []int64
		want  int
	}{
		{nil, 0},
		{[]int64{0}, 1},
		{[]int64{5000, 5000, 5001}, 1},
		{[]int64{0, 1000}, 1},
		{[]int64{0, 1001}, 2},
		{[]int64{0, 600, 1200, 1800}, 2}, // from the first of a burst, not from the last
		{[]int64{60_000, 0, 30_000, 30_500}, 3},
		{[]int64{-1, -1}, 1},
	} {
		var commits []RecentCommit
		for _, at := range c.times {
			commits = append(commits, RecentCommit{Time: at})
		}
		if got := Bursts(commits); got != c.want {
			t.Errorf("%v: %d, want %d", c.times, got, c.want)
		}
	}
}
