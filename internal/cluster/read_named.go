package cluster

import (
	"context"
	"sync"
)

// readNamed reads the groups asked for by name. Their types are unknown, so each is described as classic
// and as consumer while its commits are read, and only what is neither as share and Streams.
func (g *groupReader) readNamed(ctx context.Context) (Brokers, []*Error) {
	brokers, found, errs := g.listRound().brokersAndCoordinators(ctx, g.sel.Groups)
	if errs != nil {
		return brokers, errs
	}
	var refs []Ref
	for _, c := range found {
		switch offline := g.run.offlineFor(c.Group); {
		case c.Err.coordinatorMoves() && offline != nil: // waiting would not help
			g.add(Group{Name: c.Group, DescribeErr: offline, CommitsErr: offline})
		case c.Err == nil:
			refs = append(refs, Ref{Group: c.Group, Coordinator: &c.Broker})
		case c.Err.coordinatorMoves():
			refs = append(refs, Ref{Group: c.Group}) // looked up again when it is asked about
		default:
			g.add(Group{Name: c.Group, DescribeErr: c.Err, CommitsErr: c.Err})
		}
	}
	if len(refs) == 0 {
		return brokers, nil
	}
	described, commits := g.readRefs(ctx, refs)
	for i, ref := range refs {
		group := Group{Name: ref.Group, Coordinator: ref.Coordinator}
		group.describe(described[i])
		group.commit(commits[ref.Group])
		if group.absent(described[i]) {
			g.fail(group.DescribeErr)
			continue
		}
		if described[i].NotFound() && group.CommitsErr != nil { // it may well exist: this error says more
			group.DescribeErr = group.CommitsErr
		}
		g.add(group)
	}
	return brokers, nil
}

func (g *groupReader) readRefs(ctx context.Context, refs []Ref) ([]Described, map[string]Commits) {
	run := g.groupRound()
	var described []Described
	var wg sync.WaitGroup
	wg.Go(func() { described = run.Describe(ctx, refs, Classic, Consumer) })
	var commits map[string]Commits
	if g.depth >= Offsets {
		commits = g.readCommits(ctx, refs, nil)
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
	if g.depth >= Offsets {
		wg.Go(func() { start = g.readCommits(ctx, nil, others) })
	}
	for k, d := range run.Describe(ctx, others, Share, Streams) {
		described[at[k]] = d
	}
	wg.Wait()
	for k, ref := range others {
		if g.depth >= Offsets && described[at[k]].Type == Share {
			commits[ref.Group] = start[ref.Group]
		}
	}
	return described, commits
}
