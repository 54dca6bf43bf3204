package inspect

import (
	"context"
	"slices"
	"time"

	"github.com/offsetctl/offsetctl/internal/cluster"
)

// RecentCommit is one commit of a group as it stands in the log: no tombstone, whatever became of its transaction.
type RecentCommit struct {
	cluster.TP

	Offset      int64
	LeaderEpoch *int32 // nil where the commit has none
	Metadata    string
	Time        int64 // when it was committed by the broker's clock, ms since 1970; the record's timestamp where the commit has none
	LogOffset   int64 // of the record in the group's partition of __consumer_offsets
}

// Recent is what a group has committed lately.
type Recent struct {
	Group   string
	Commits []RecentCommit // in the order of the log; the newest where they were too many to keep
	Whole   bool           // Commits is all there is; else something was too much to read, or to keep, or cannot be decoded
	Err     *cluster.Error // why the partition was not read, or not to its end; nil: it was
}

// recentKept is how many commits of one group are kept: with ten minutes for them, what commits more often than this
// does so a hundred times a second.
const recentKept = 100_000

// RecentCommits reads what groups have committed since a time, and since anything was stored of members of theirs, from
// their partitions of __consumer_offsets, which is given as the brokers described it; in the order of groups. It costs a
// request per leader to find the time in the logs, and one more for the records, or several where these are many: of each
// partition at most so many bytes are read.
//
// Whole with no commits and no error is the answer for a group that has not committed. Times are compared with those
// of the records, so by the clocks of the brokers.
func RecentCommits(ctx context.Context, run *cluster.Run, offsetsTopic cluster.Topic, groups []string, since time.Time, most int) []Recent {
	found := map[string]*Recent{}
	for _, g := range groups {
		found[g] = &Recent{Group: g, Whole: true}
	}
	r := &recentReading{run: run, topic: offsetsTopic}
	r.plan(found, most)
	r.locate(ctx, since)
	r.read(ctx)
	out := make([]Recent, len(groups))
	for i, g := range groups {
		found[g].keep(recentKept)
		out[i] = *found[g]
	}
	return out
}

// add takes in one more commit.
func (r *Recent) add(c RecentCommit) {
	r.Commits = append(r.Commits, c)
	if len(r.Commits) >= 2*recentKept {
		r.keep(recentKept)
	}
}

// keep drops all commits but the n newest.
func (r *Recent) keep(n int) {
	if drop := len(r.Commits) - n; drop > 0 {
		r.Commits, r.Whole = slices.Delete(r.Commits, 0, drop), false
	}
}

// fail says that no more is known.
func (r *Recent) fail(e *cluster.Error) { r.Err, r.Whole = e, false }

// burst is how far apart commits may be that are one to whoever made them: Kafka's tools and Flink's subtasks commit
// one partition after the other.
const burst = time.Second

// Bursts counts the distinct times at which commits were made: those within a second of the first of them are one.
func Bursts(commits []RecentCommit) int {
	times := make([]int64, len(commits))
	for i, c := range commits {
		times[i] = c.Time
	}
	slices.Sort(times)
	n := 0
	var first int64
	for _, t := range times {
		if n == 0 || t-first > burst.Milliseconds() {
			n, first = n+1, t
		}
	}
	return n
}
