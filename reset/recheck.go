package reset

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/offsetctl/offsetctl/internal/cluster"
)

// recheck refuses the groups whose members or commits are not what the plan says any more. Kafka cannot compare and set:
// between this and the commit a race of one round trip remains, which reading back reports.
func recheck(ctx context.Context, run *cluster.Run, groups []*Group, partial bool) {
	described, commits := look(ctx, run, groups, groups)
	for _, g := range groups {
		now := commits[g.Name]
		if d, ok := described[g.Name]; ok {
			if e := joined(g, d); e != nil {
				g.refuse(e)
				continue
			}
		}
		if now.Err != nil {
			g.refuse(now.Err)
			continue
		}
		g.compare(now.Items)
		g.settleRest(partial)
	}
}

// look asks once more for the members of some groups and the commits of others.
func look(ctx context.Context, run *cluster.Run, members, offsets []*Group) (described map[string]cluster.Described, commits map[string]cluster.Commits) {
	var wg sync.WaitGroup
	wg.Go(func() { described = describe(ctx, run, members) })
	wg.Go(func() { commits = committed(ctx, run, offsets) })
	wg.Wait()
	return described, commits
}

// describe describes groups as what they are known to be: one request per type and coordinator. Of a group that is to be
// made there is nothing to describe: Kafka itself refuses a commit from outside into one that has got members.
func describe(ctx context.Context, run *cluster.Run, groups []*Group) map[string]cluster.Described {
	var known []cluster.Ref
	for _, g := range groups {
		if !g.New {
			known = append(known, g.ref())
		}
	}
	described := map[string]cluster.Described{}
	for _, d := range run.Describe(ctx, known) {
		described[d.Group] = d
	}
	return described
}

// committed are the commits of groups, or their start offsets, as they are now.
func committed(ctx context.Context, run *cluster.Run, groups []*Group) map[string]cluster.Commits {
	var plain, share []cluster.Ref
	for _, g := range groups {
		if g.Type == cluster.Share {
			share = append(share, g.ref())
		} else {
			plain = append(plain, g.ref())
		}
	}
	var all, ofShare []cluster.Commits
	var wg sync.WaitGroup
	wg.Go(func() { all = run.Committed(ctx, plain) })
	wg.Go(func() { ofShare = run.ShareOffsets(ctx, share) })
	wg.Wait()
	out := make(map[string]cluster.Commits, len(groups))
	for _, c := range append(all, ofShare...) {
		if c.Err.UnknownGroup() { // some brokers say so instead of giving no commits
			c = cluster.Commits{Group: c.Group}
		}
		out[c.Group] = c
	}
	return out
}

// joined is why a group that has been described again must not be changed now; nil: it may be.
func joined(g *Group, d cluster.Described) *cluster.Error {
	if d.NotFound() {
		return nil // its commits tell whether it was deleted
	}
	now := cluster.Group{Name: g.Name, Type: g.Type, Protocol: d.Protocol, Assignor: d.Assignor, Members: d.Members, DescribeErr: d.Err}
	if len(now.Members) == len(g.Members) && d.Err == nil {
		return nil // of members that it had there is nothing new to say: deleting commits is allowed beside them
	}
	return busy(&now)
}

// compare refuses the changes whose commits have changed since the plan.
func (g *Group) compare(commits []cluster.Commit) {
	now := cluster.Group{Name: g.Name, Type: g.Type, Commits: commits}
	if e := g.came(&now); e != nil {
		g.refuse(e)
		return
	}
	for _, c := range g.pending() {
		commit, found := now.Commit(c.TP)
		is := positionOf(&now, commit, found)
		switch {
		case found && commit.Err != nil:
			c.refuse(commit.Err)
		case !is.equal(c.Current):
			c.refuse(since(c.TP, c.Current, is))
		}
	}
	g.wholeTopics(&now)
}

// came is a commit that a group which is to be deleted has got since the plan: it would go too, and no undo file has it.
// nil: there is none.
func (g *Group) came(now *cluster.Group) *cluster.Error {
	if !g.Delete {
		return nil
	}
	for _, commit := range now.Commits {
		is := positionOf(now, commit, true)
		if _, planned := slices.BinarySearchFunc(g.Changes, commit.TP, func(c Change, tp cluster.TP) int { return cluster.CompareTP(c.TP, tp) }); is != nil && !planned {
			return since(commit.TP, nil, is)
		}
	}
	return nil
}

func since(tp cluster.TP, was, is *Position) *cluster.Error {
	return stale(tp, fmt.Sprintf("it was at %s when the plan was made, and is at %s now", was, is))
}
