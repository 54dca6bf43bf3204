package demo

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
)

// The demo's groups are made in the tenth of a second before it shows them. What __consumer_offsets says of how they came
// there is a story: of members that joined hours ago and commits that followed the records, which are written over a day
// as well. It ends in what the cluster answers.

const (
	// joined is how long ago members joined.
	joined = 6 * time.Hour

	// transacting is how long ago the first transaction was begun. Groups with transactions commit otherwise before it.
	transacting = 4 * time.Minute

	// renamed is how long ago the metadata of commits became what it is now.
	renamed = time.Hour

	// deletedAgo is how long ago the topics that are gone were deleted: with transactions open.
	deletedAgo = 3 * time.Minute
)

// paces are how long before a group's last commit those before it were that compaction has left.
func (g group) paces() []time.Duration {
	paces := []time.Duration{5 * time.Hour, 3 * time.Hour, 100 * time.Minute, 40 * time.Minute, 12 * time.Minute}
	switch {
	case len(g.members) > 0:
		return append(paces, 3*time.Minute)
	case g.pace > 0: // what compaction has not come to yet: reset warns of it, as of a Flink job
		for m := 9 * time.Minute; m > 0; m -= time.Minute {
			paces = append(paces, m)
		}
	}
	return paces // of one that is stopped nothing of late: reset takes it for what it is
}

// lastCommit is how long ago the group committed last: a moment if it is running, else as long as it takes to fall as far
// behind as it is.
func (g group) lastCommit() time.Duration {
	index := time.Duration(slices.IndexFunc(groups, func(o group) bool { return o.name == g.name }))
	ago := 2*time.Second + index*300*time.Millisecond
	first := g.commits[0]
	if len(g.members) == 0 && g.pace == 0 {
		ago += history * time.Duration(first.behind[0]) / time.Duration(topicNamed(first.topic).end(0))
	}
	if g.transactional() {
		ago += transacting + time.Minute
	}
	return ago
}

func (g group) transactional() bool {
	gone, _ := g.split()
	return len(gone) > 0 || slices.ContainsFunc(exports, func(e export) bool { return e.group == g.name })
}

// tellPast writes the story of all groups that are settled; beforehand is what was before them.
func (c *Cluster) tellPast(ctx context.Context, now time.Time, beforehand []entry) error {
	all := beforehand
	for _, g := range groups {
		entries, err := c.pastOf(ctx, g, now)
		if err != nil {
			return fmt.Errorf("reading back group %q: %w", g.name, err)
		}
		all = append(all, entries...)
	}
	slices.SortStableFunc(all, func(a, b entry) int { return a.at.Compare(b.at) })
	return c.diary.write(ctx, all)
}

func (c *Cluster) pastOf(ctx context.Context, g group, now time.Time) ([]entry, error) {
	last := now.Add(-g.lastCommit())
	first := last.Add(-joined)
	all, err := c.diary.changes(ctx, g.name, g.kind, moments{members: first, commits: last})
	if err != nil || g.kind == share {
		return all, err
	}
	if g.kind == classic && len(g.members) > 0 {
		s, err := newborn(g.name)
		if err != nil {
			return nil, err
		}
		born, err := newEntry(g.name, s, first.Add(-time.Second))
		if err != nil {
			return nil, err
		}
		all = append(all, born)
	}
	for _, commit := range c.commitsOf(c.fake.GroupInfo(g.name)) {
		s, err := commit.stored()
		if err != nil {
			return nil, err
		}
		for _, before := range g.paces() {
			then := commit
			then.at = g.earlier(commit.at, before)
			s.value = then.value
			e, err := newEntry(g.name, s, last.Add(-before))
			if err != nil {
				return nil, err
			}
			all = append(all, e)
		}
	}
	return all, nil
}

// earlier is where the group was so long before it came to p: its topic grew evenly over the history.
func (g group) earlier(p position, before time.Duration) position {
	grown := topicNamed(p.topic).end(p.partition) * int64(before) / int64(history)
	p.offset = max(0, p.offset-grown)
	for _, c := range g.commits {
		if c.topic == p.topic && c.formerly != "" && before > renamed {
			p.metadata = c.formerly
		}
	}
	return p
}

// commitBefore makes the commits of what is gone by now: those of a group that is deleted, and those to topics that will
// be. Their tombstones are read back later.
func (c *Cluster) commitBefore(ctx context.Context, now time.Time) ([]entry, error) {
	var all []entry
	for _, f := range former {
		if err := c.commitPositions(ctx, f.name, f.positions()); err != nil {
			return nil, fmt.Errorf("committing for %q: %w", f.name, err)
		}
		entries, err := c.diary.changes(ctx, f.name, classic, at(now.Add(-joined)))
		if err != nil {
			return nil, err
		}
		all = append(all, entries...)
	}
	return all, nil
}

// deleteFormer deletes what was only of the past, and reads that back.
func (c *Cluster) deleteFormer(ctx context.Context, now time.Time) ([]entry, error) {
	for _, t := range topics {
		if !t.deleted {
			continue
		}
		if err := c.fake.DeleteTopic(t.name); err != nil {
			return nil, fmt.Errorf("deleting topic %q: %w", t.name, err)
		}
	}
	var all []entry
	for _, f := range former {
		moment := now.Add(-deletedAgo)
		if f.deleted {
			moment = now.Add(-joined / 2)
			if _, err := kadm.NewClient(c.client).DeleteGroup(ctx, f.name); err != nil {
				return nil, fmt.Errorf("deleting group %q: %w", f.name, err)
			}
		}
		entries, err := c.diary.changes(ctx, f.name, classic, at(moment))
		if err != nil {
			return nil, err
		}
		all = append(all, entries...)
	}
	return all, nil
}
