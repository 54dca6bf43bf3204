package lag

import (
	"context"
	"sync"

	"github.com/offsetctl/offsetctl/internal/cluster"
)

// named reads the groups asked for by name. Their types are unknown, so each is described as classic
// and as consumer while its commits are read, and only what is neither as share and Streams.
func (c *chains) named(ctx context.Context) (cluster.Brokers, []*cluster.Error) {
	brokers, found, errs := c.run.Left(roundBootstrap-1).BrokersAndGroups(ctx, c.q.Groups)
	if errs != nil {
		return brokers, errs
	}
	var refs []cluster.Ref
	for _, f := range found {
		if f.Err != nil {
			c.add(Group{Name: f.Group, DescribeErr: f.Err, CommitsErr: f.Err})
			continue
		}
		refs = append(refs, cluster.Ref{Group: f.Group, Coordinator: f.Coordinator})
	}
	if len(refs) == 0 {
		return brokers, nil
	}
	described, commits := c.describeNamed(ctx, refs)
	for i, ref := range refs {
		g := Group{Name: ref.Group, Coordinator: &ref.Coordinator}
		g.describe(described[i])
		g.commit(commits[ref.Group])
		if described[i].NotFound() && len(g.Commits) == 0 {
			c.errs = append(c.errs, g.DescribeErr) // no commits either: OffsetFetch of an unknown group gives none, and no error
			continue
		}
		c.add(g)
	}
	return brokers, nil
}

func (c *chains) describeNamed(ctx context.Context, refs []cluster.Ref) ([]cluster.Described, map[string]cluster.Commits) {
	run := c.run.Left(roundGroups)
	var described []cluster.Described
	var wg sync.WaitGroup
	wg.Go(func() { described = run.Describe(ctx, refs, cluster.Classic, cluster.Consumer) })
	commits := c.readCommits(ctx, run, refs, nil)
	wg.Wait()
	var others []cluster.Ref
	var at []int
	for i, d := range described {
		if d.NotFound() {
			others, at = append(others, refs[i]), append(at, i)
		}
	}
	if len(others) == 0 {
		return described, commits
	}
	var start map[string]cluster.Commits
	wg.Go(func() { start = c.readCommits(ctx, run, nil, others) })
	for k, d := range run.Describe(ctx, others, cluster.Share, cluster.Streams) {
		described[at[k]] = d
	}
	wg.Wait()
	for k, ref := range others {
		if c.commits && described[at[k]].Type == cluster.Share {
			commits[ref.Group] = start[ref.Group]
		}
	}
	return described, commits
}
