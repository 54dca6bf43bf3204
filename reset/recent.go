package reset

import (
	"context"
	"fmt"
	"time"

	"github.com/offsetctl/offsetctl/inspect"
	"github.com/offsetctl/offsetctl/internal/cluster"
)

// RecentWithin is how far back it is looked for commits that nobody of ours made.
const RecentWithin = 10 * time.Minute

// What is read of __consumer_offsets is bounded for one of its partitions, and for all of them.
const (
	recentMost = 8 << 20
	recentAll  = 64 << 20
)

// ReadRecent counts what others committed of late for the groups of the plan that are to be changed and never had members:
// something may be running that cannot be seen otherwise. What the undo files that own reads account for does not count. It returns
// the groups of which it could not be told, and why.
func (p *Plan) ReadRecent(ctx context.Context, run *cluster.Run, own func() []*Document, now time.Time) []*cluster.Error {
	at := map[string]*Group{}
	var names []string
	for _, g := range p.sending() {
		if g.Simple() {
			names, at[g.Name] = append(names, g.Name), g
		}
	}
	if len(names) == 0 {
		return nil
	}
	ours := commitsOf(p.ClusterID, own())
	var failed []*cluster.Error
	topic := run.OffsetsTopic()
	partitions := max(len(topic.Partitions), 1)
	for _, r := range inspect.RecentCommits(ctx, run, topic, names, now.Add(-RecentWithin), min(recentMost, recentAll/min(len(names), partitions))) {
		if r.Err != nil {
			failed = append(failed, r.Err.Of(cluster.ScopeGroup, r.Group))
			continue
		}
		g := at[r.Group]
		if g.Recent = inspect.Bursts(ours.without(r.Group, r.Commits)); !r.Whole && !g.Suspect() {
			failed = append(failed, &cluster.Error{Scope: cluster.ScopeGroup, Name: r.Group, Code: cluster.CodeIncomplete, Message: fmt.Sprintf("its partition of %s has too much of the last %d minutes to read all of it", cluster.OffsetsTopic, int(RecentWithin.Minutes()))})
		}
	}
	return failed
}

// ownCommits are commits that offsetctl made, and how often each.
type ownCommits map[string]int

func commitsOf(clusterID string, docs []*Document) ownCommits {
	own := ownCommits{}
	for _, d := range docs {
		if d.ClusterID != clusterID {
			continue
		}
		for i := range d.Items {
			if r := &d.Items[i]; r.Topic != nil && r.Partition != nil && r.NewOffset != nil && d.moved(r) {
				own[commitKey(r.Group, cluster.TP{Topic: *r.Topic, Partition: *r.Partition}, r.wanted())]++
			}
		}
	}
	return own
}

func commitKey(group string, tp cluster.TP, p *Position) string {
	return fmt.Sprintf("%q %q %d %d %d %q", group, tp.Topic, tp.Partition, p.Offset, epoch(p.LeaderEpoch), p.Metadata)
}

// without are the commits that are not ours. Each of ours accounts for one, and is used up by it.
func (own ownCommits) without(group string, commits []inspect.RecentCommit) []inspect.RecentCommit {
	var others []inspect.RecentCommit
	for _, c := range commits {
		key := commitKey(group, c.TP, &Position{Offset: c.Offset, LeaderEpoch: c.LeaderEpoch, Metadata: c.Metadata})
		if own[key] > 0 {
			own[key]--
			continue
		}
		others = append(others, c)
	}
	return others
}
