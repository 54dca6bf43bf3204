package cluster

import (
	"cmp"
	"context"
	"slices"
	"sync"
)

// ReadGroups reads the groups of a selection, in at most three dependent rounds of requests: the brokers,
// their lists, and what is asked about the groups. Chains per broker go through the last two at their own
// pace. What could not be read is an error in the result; only a cluster of which no bootstrap server
// answers gives none, and then one error per server.
func (r *Run) ReadGroups(ctx context.Context, sel Selection, d Depth) (*Groups, []*Error) {
	c := &chains{run: r, sel: sel, depth: d}
	var brokers Brokers
	var errs []*Error
	if sel.Named {
		brokers, errs = c.named(ctx)
	} else {
		brokers, errs = c.listed(ctx)
	}
	if errs != nil {
		return nil, errs
	}
	if sel.Keep != nil { // again, with what the describes said
		c.groups = slices.DeleteFunc(c.groups, func(g Group) bool {
			return !sel.Keep(Listed{Group: g.Name, Type: g.Type, State: g.State})
		})
	}
	return &Groups{ClusterID: brokers.ClusterID, All: eachReadOnce(c.groups), Errors: c.errs}, nil
}

// eachReadOnce sorts the groups. One that moved to another coordinator between two lists is in both: the
// one that could be read is right.
func eachReadOnce(groups []Group) []Group {
	slices.SortStableFunc(groups, func(a, b Group) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.failures(), b.failures()), cmp.Compare(a.coordinatorID(), b.coordinatorID()))
	})
	return slices.CompactFunc(groups, func(a, b Group) bool { return a.Name == b.Name })
}

// chains collects groups from the brokers' chains of requests.
type chains struct {
	run   *Run
	sel   Selection
	depth Depth

	mu     sync.Mutex // guards what follows
	groups []Group
	errs   []*Error
}

func (c *chains) add(groups ...Group) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.groups = append(c.groups, groups...)
}

func (c *chains) fail(errs ...*Error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.errs = append(c.errs, errs...)
}

// The rounds of a read that begins with r.rounds left.
func (c *chains) listRound() *Run  { return c.run.Left(c.run.rounds - 1) }
func (c *chains) groupRound() *Run { return c.run.Left(c.run.rounds - 2) }

// listed asks every broker for its groups and then, without waiting for the other brokers, about
// them: the broker that lists a group is its coordinator.
func (c *chains) listed(ctx context.Context) (Brokers, []*Error) {
	brokers, errs := c.run.Brokers(ctx)
	if errs != nil {
		return brokers, errs
	}
	c.fail(brokers.Offline...)
	failed := make([]*Error, len(brokers.Nodes))
	var wg sync.WaitGroup
	for i, node := range brokers.Nodes {
		wg.Go(func() { failed[i] = c.broker(ctx, node) })
	}
	wg.Wait()
	c.fail(slices.DeleteFunc(failed, func(e *Error) bool { return e == nil })...)
	return brokers, nil
}

// broker is the chain of one broker.
func (c *chains) broker(ctx context.Context, node Broker) *Error {
	listed, e := c.listRound().GroupsOf(ctx, node)
	if e != nil {
		return e
	}
	if c.sel.Keep != nil {
		listed = slices.DeleteFunc(listed, func(l Listed) bool { return !c.sel.Keep(l) })
	}
	c.add(c.read(ctx, listed)...)
	return nil
}

// read describes the listed groups that are not empty and reads the commits of all, at once. Of an
// empty group the list says everything, unless the broker is too old to give the type: it has no
// members.
func (c *chains) read(ctx context.Context, listed []Listed) []Group {
	var live, plain, share []Ref
	for _, l := range listed {
		if l.State != "Empty" || l.Type == "" {
			live = append(live, l.Ref())
		}
		if l.Type == Share {
			share = append(share, l.Ref())
		} else {
			plain = append(plain, l.Ref())
		}
	}
	described := map[string]Described{}
	var wg sync.WaitGroup
	wg.Go(func() {
		for _, d := range c.describe(ctx, live) {
			described[d.Group] = d
		}
	})
	commits := c.readCommits(ctx, plain, share)
	wg.Wait()
	groups := make([]Group, 0, len(listed))
	for _, l := range listed {
		g := Group{Name: l.Group, Type: l.Type, State: l.State, Protocol: l.Protocol, Coordinator: &l.Coordinator}
		if d, ok := described[l.Group]; ok {
			g.describe(d)
		} else if c.depth >= Members {
			g.Members, g.Assigned = []Member{}, true
		}
		g.commit(commits[l.Group])
		if d := described[l.Group]; d.NotFound() && len(g.Commits) == 0 && g.CommitsErr == nil && c.depth >= Offsets {
			continue // deleted since it was listed
		}
		groups = append(groups, g)
	}
	return groups
}

// describe describes the listed groups. One that its describe does not know may have changed its type since
// it was listed (KIP-848's online migration), so it is looked for once more among all types.
func (c *chains) describe(ctx context.Context, live []Ref) []Described {
	if c.depth < Members {
		return nil
	}
	run := c.groupRound()
	out := run.Describe(ctx, live, Classic, Consumer)
	var changed []Ref
	var at []int
	for i, d := range out {
		if d.NotFound() && live[i].Type != "" {
			changed, at = append(changed, Ref{Group: live[i].Group, Coordinator: live[i].Coordinator}), append(at, i)
		}
	}
	for k, d := range run.Describe(ctx, changed, Classic, Consumer, Share, Streams) {
		out[at[k]] = d
	}
	return out
}

// readCommits reads the commits of plain groups and the start offsets of share groups.
func (c *chains) readCommits(ctx context.Context, plain, share []Ref) map[string]Commits {
	out := make(map[string]Commits, len(plain)+len(share))
	if c.depth < Offsets {
		return out
	}
	run := c.groupRound()
	var ofShare []Commits
	var wg sync.WaitGroup
	if len(share) > 0 {
		wg.Go(func() { ofShare = run.ShareOffsets(ctx, share) })
	}
	for _, g := range run.Committed(ctx, plain) {
		out[g.Group] = g
	}
	wg.Wait()
	for _, g := range ofShare {
		out[g.Group] = g
	}
	return out
}
