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
	c := &chains{run: r, sel: sel, depth: d, done: map[string]bool{}}
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
	slices.SortFunc(c.errs, func(a, b *Error) int {
		return cmp.Or(cmp.Compare(a.Scope, b.Scope), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Code, b.Code))
	})
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
	done   map[string]bool
	errs   []*Error
}

func (c *chains) add(groups ...Group) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.groups = append(c.groups, groups...)
	for i := range groups {
		c.done[groups[i].Name] = groups[i].failures() == 0
	}
}

// known reports whether an earlier pass has read the group, and nothing of it failed.
func (c *chains) known(group string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.done[group]
}

// fail keeps errors, each once: several passes may ask the same broker.
func (c *chains) fail(errs ...*Error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, e := range errs {
		if !slices.ContainsFunc(c.errs, func(f *Error) bool { return f.Scope == e.Scope && f.Name == e.Name && f.Code == e.Code }) {
			c.errs = append(c.errs, e)
		}
	}
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
	c.again(ctx, c.pass(ctx, brokers.Nodes, c.run.witnesses()))
	return brokers, nil
}

// pass goes through the chains of the brokers named, all at once. It returns the witnesses that show that a
// list may have been without groups.
func (c *chains) pass(ctx context.Context, nodes []Broker, witnesses []Ref) []Ref {
	moving := make([][]Ref, len(nodes))
	var wg sync.WaitGroup
	for i, node := range nodes {
		wg.Go(func() { moving[i] = c.broker(ctx, node, witnesses) })
	}
	wg.Wait()
	return slices.Concat(moving...)
}

// broker is the chain of one broker: its list, and then what is asked about the groups that no earlier pass
// has read.
func (c *chains) broker(ctx context.Context, node Broker, witnesses []Ref) []Ref {
	listed, e := c.listRound().GroupsOf(ctx, node)
	if e != nil {
		c.fail(e)
		return nil
	}
	witnesses = unproven(witnesses, node, listed, c.run.offsetsPartitions())
	if c.depth < Offsets && !c.run.unsettled() {
		witnesses = nil
	}
	listed = slices.DeleteFunc(listed, func(l Listed) bool {
		return c.known(l.Group) || c.sel.Keep != nil && !c.sel.Keep(l)
	})
	groups, answers := c.read(ctx, listed, witnesses)
	c.add(groups...)
	return c.moving(node, witnesses, answers)
}

// read describes the listed groups that are not empty and reads the commits of all, and of the witnesses, at
// once. Of an empty group the list says everything, unless the broker is too old to give the type: it has
// no members.
func (c *chains) read(ctx context.Context, listed []Listed, witnesses []Ref) ([]Group, map[string]Commits) {
	described := map[string]Described{}
	var wg sync.WaitGroup
	wg.Go(func() {
		for _, d := range c.describe(ctx, listed) {
			described[d.Group] = d
		}
	})
	plain, share := c.committers(listed)
	commits := c.readCommits(ctx, append(plain, witnesses...), share)
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
	return groups, commits
}

// describe describes the listed groups that may have members. One that its describe does not know may have
// changed its type since it was listed (KIP-848's online migration), so it is looked for once more among all
// types.
func (c *chains) describe(ctx context.Context, listed []Listed) []Described {
	if c.depth < Members {
		return nil
	}
	var live []Ref
	for _, l := range listed {
		if l.State != "Empty" || l.Type == "" {
			live = append(live, l.Ref())
		}
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

// committers are the listed groups whose offsets are asked for, those of share groups apart.
func (c *chains) committers(listed []Listed) (plain, share []Ref) {
	if c.depth < Offsets {
		return nil, nil
	}
	for _, l := range listed {
		if l.Type == Share {
			share = append(share, l.Ref())
		} else {
			plain = append(plain, l.Ref())
		}
	}
	return plain, share
}

// readCommits reads the commits of plain groups and the start offsets of share groups.
func (c *chains) readCommits(ctx context.Context, plain, share []Ref) map[string]Commits {
	out := make(map[string]Commits, len(plain)+len(share))
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
