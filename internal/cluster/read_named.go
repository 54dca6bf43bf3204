package cluster

import (
	"context"
	"sync"
)

// named reads the groups asked for by name. Their types are unknown, so each is described as classic
// and as consumer while its commits are read, and only what is neither as share and Streams.
func (c *chains) named(ctx context.Context) (Brokers, []*Error) {
	brokers, found, errs := c.listRound().BrokersAndGroups(ctx, c.sel.Groups)
	if errs != nil {
		return brokers, errs
	}
	var refs []Ref
	for _, f := range found {
		if f.Err != nil {
			c.add(Group{Name: f.Group, DescribeErr: f.Err, CommitsErr: f.Err})
			continue
		}
		refs = append(refs, Ref{Group: f.Group, Coordinator: &f.Coordinator})
	}
	if len(refs) == 0 {
		return brokers, nil
	}
	described, commits := c.readNamed(ctx, refs)
	for i, ref := range refs {
		g := Group{Name: ref.Group, Coordinator: ref.Coordinator}
		g.describe(described[i])
		g.commit(commits[ref.Group])
		if described[i].NotFound() && len(g.Commits) == 0 {
			c.fail(g.DescribeErr) // no commits either: OffsetFetch of an unknown group gives none, and no error
			continue
		}
		c.add(g)
	}
	return brokers, nil
}

func (c *chains) readNamed(ctx context.Context, refs []Ref) ([]Described, map[string]Commits) {
	run := c.groupRound()
	var described []Described
	var wg sync.WaitGroup
	wg.Go(func() { described = run.Describe(ctx, refs, Classic, Consumer) })
	var commits map[string]Commits
	if c.depth >= Offsets {
		commits = c.readCommits(ctx, refs, nil)
	}
	wg.Wait()
	var others []Ref
	var at []int
	for i, d := range described {
		if d.NotFound() {
			others, at = append(others, refs[i]), append(at, i)
		}
	}
	if len(others) == 0 {
		return described, commits
	}
	var start map[string]Commits
	if c.depth >= Offsets {
		wg.Go(func() { start = c.readCommits(ctx, nil, others) })
	}
	for k, d := range run.Describe(ctx, others, Share, Streams) {
		described[at[k]] = d
	}
	wg.Wait()
	for k, ref := range others {
		if c.depth >= Offsets && described[at[k]].Type == Share {
			commits[ref.Group] = start[ref.Group]
		}
	}
	return described, commits
}
