package cluster

import (
	"cmp"
	"context"
	"slices"
	"sync"
)

// GroupRounds is how many dependent rounds of requests ReadGroups takes: the brokers, their lists, and what
// is asked about the groups. Callers leave as many and their own with Left.
const GroupRounds = 3

// ReadGroups reads the groups of a selection. Chains per broker go through the last two rounds at their own
// pace. What could not be read is an error in the result; only a cluster of which no bootstrap server
// answers gives none, and then one error per server.
func (r *Run) ReadGroups(ctx context.Context, sel Selection, d Depth) (*Groups, []*Error) {
	g := &groupReader{run: r, sel: sel, depth: d, done: map[string]bool{}}
	var brokers Brokers
	var errs []*Error
	if sel.Named {
		brokers, errs = g.readNamed(ctx)
	} else {
		brokers, errs = g.readListed(ctx)
	}
	if errs != nil {
		return nil, errs
	}
	if sel.Keep != nil { // again, with what the describes said
		g.groups = slices.DeleteFunc(g.groups, func(g Group) bool { return !sel.Keep(g.Name, g.Type, g.State) })
	}
	slices.SortFunc(g.errs.All, func(a, b *Error) int {
		return cmp.Or(cmp.Compare(a.Scope, b.Scope), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Code, b.Code))
	})
	return &Groups{ClusterID: brokers.ClusterID, All: eachReadOnce(g.groups), Errors: g.errs.All}, nil
}

// ReadMembers is ReadGroups to the depth of members, and one round more to leave only partitions that exist
// in the assignments of Streams groups.
func (r *Run) ReadMembers(ctx context.Context, sel Selection) (*Groups, []*Error) {
	g, errs := r.Left(GroupRounds+1).ReadGroups(ctx, sel, Members)
	if errs != nil {
		return nil, errs
	}
	topics := r.Left(1).Topics(ctx, streamsTopics(g.All))
	for _, t := range topics {
		if t.Err != nil && !t.Err.UnknownTopic() {
			g.Errors = append(g.Errors, t.Err) // its tasks may claim partitions that it does not have
		}
	}
	ClipStreams(g.All, ByName(topics))
	return g, nil
}

// eachReadOnce sorts the groups. One that moved to another coordinator between two lists is in both: the
// one that could be read is right.
func eachReadOnce(groups []Group) []Group {
	slices.SortStableFunc(groups, func(a, b Group) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.failures(), b.failures()), cmp.Compare(a.coordinatorID(), b.coordinatorID()))
	})
	return slices.CompactFunc(groups, func(a, b Group) bool { return a.Name == b.Name })
}

// groupReader collects groups from the brokers' chains of requests.
type groupReader struct {
	run   *Run
	sel   Selection
	depth Depth

	mu     sync.Mutex // guards what follows
	groups []Group
	done   map[string]bool // groups of which nothing failed
	errs   Errors
}

func (g *groupReader) add(groups ...Group) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.groups = append(g.groups, groups...)
	for i := range groups {
		g.done[groups[i].Name] = groups[i].failures() == 0
	}
}

func (g *groupReader) isDone(name string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.done[name]
}

func (g *groupReader) fail(errs ...*Error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, e := range errs {
		g.errs.Add(e)
	}
}

// listRound and groupRound are the run with the rounds left that begin with it.
func (g *groupReader) listRound() *Run  { return g.run.Left(g.run.rounds - 1) }
func (g *groupReader) groupRound() *Run { return g.run.Left(g.run.rounds - 2) }

// readListed asks every broker for its groups and then, without waiting for the other brokers, about
// them: the broker that lists a group is its coordinator.
func (g *groupReader) readListed(ctx context.Context) (Brokers, []*Error) {
	brokers, errs := g.run.Brokers(ctx)
	if errs != nil {
		return brokers, errs
	}
	g.fail(brokers.Offline...)
	all := pass{brokers: brokers.Nodes, witnesses: g.run.witnesses()}
	g.settle(ctx, g.readBrokers(ctx, all))
	return brokers, nil
}

// readBrokers goes through the chains of the brokers of a pass, all at once. It returns what is not settled.
func (g *groupReader) readBrokers(ctx context.Context, p pass) pass {
	open := make([]pass, len(p.brokers))
	var wg sync.WaitGroup
	for i, node := range p.brokers {
		wg.Go(func() { open[i] = g.readBroker(ctx, node, p.witnesses) })
	}
	wg.Wait()
	return joined(open...)
}

// readBroker is the chain of one broker: its list, what is asked about the groups in it, and, where partitions
// had to be vouched for by witnesses, its list once more.
func (g *groupReader) readBroker(ctx context.Context, node Broker, witnesses []Ref) pass {
	witnesses = ofBroker(witnesses, node)
	listed, open := g.list(ctx, node, witnesses)
	if listed == nil {
		return open
	}
	witnesses = unproven(witnesses, listed, g.run.offsetsPartitions())
	groups, answers := g.readGroups(ctx, g.unread(listed), witnesses)
	g.add(groups...)
	open = g.unsettled(node, witnesses, answers)
	if len(witnesses) == 0 || len(open.witnesses) == len(witnesses) {
		return open
	}
	listed, again := g.list(ctx, node, witnesses)
	if late := g.unread(listed); len(late) > 0 {
		groups, _ := g.readGroups(ctx, late, nil)
		g.add(groups...)
	}
	return joined(open, again)
}

// list asks a broker for its groups. nil: it could not tell; that is an error, or left open.
func (g *groupReader) list(ctx context.Context, node Broker, witnesses []Ref) ([]Listed, pass) {
	listed, e := g.listRound().listOnce(ctx, node)
	switch {
	case e == nil:
		return listed, pass{}
	case e.coordinatorMoves():
		return nil, pass{brokers: []Broker{node}, witnesses: witnesses, why: map[string]*Error{node.Addr(): e}}
	}
	g.fail(e)
	return nil, pass{}
}

// unread are the listed groups that are selected and not read yet.
func (g *groupReader) unread(listed []Listed) []Listed {
	return slices.DeleteFunc(listed, func(l Listed) bool {
		return g.isDone(l.Group) || g.sel.Keep != nil && !g.sel.Keep(l.Group, l.Type, l.State)
	})
}

// readGroups describes the listed groups that are not empty and reads the commits of all, and of the
// witnesses, at once. Of an empty group the list says everything, unless the broker is too old to give the
// type: it has no members.
func (g *groupReader) readGroups(ctx context.Context, listed []Listed, witnesses []Ref) ([]Group, map[string]Commits) {
	described := map[string]Described{}
	var wg sync.WaitGroup
	wg.Go(func() {
		for _, d := range g.describe(ctx, listed) {
			described[d.Group] = d
		}
	})
	plain, share := g.committers(listed)
	commits := g.readCommits(ctx, append(plain, witnesses...), share)
	wg.Wait()
	groups := make([]Group, 0, len(listed))
	for _, l := range listed {
		group := Group{Name: l.Group, Type: l.Type, State: l.State, Protocol: l.Protocol, Coordinator: &l.Coordinator}
		d, ok := described[l.Group]
		if ok {
			group.describe(d)
		} else if g.depth >= Members {
			group.Members, group.Assigned = []Member{}, true
		}
		group.commit(commits[l.Group])
		if g.depth >= Offsets && group.absent(d) {
			continue // deleted since it was listed
		}
		groups = append(groups, group)
	}
	return groups, commits
}

// describe describes the listed groups that may have members. One that its describe does not know may have
// changed its type since it was listed (KIP-848's online migration), so it is looked for once more among all
// types.
func (g *groupReader) describe(ctx context.Context, listed []Listed) []Described {
	if g.depth < Members {
		return nil
	}
	var live []Ref
	for _, l := range listed {
		if l.State != "Empty" || l.Type == "" {
			live = append(live, l.Ref())
		}
	}
	run := g.groupRound()
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
func (g *groupReader) committers(listed []Listed) (plain, share []Ref) {
	if g.depth < Offsets {
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
func (g *groupReader) readCommits(ctx context.Context, plain, share []Ref) map[string]Commits {
	out := make(map[string]Commits, len(plain)+len(share))
	run := g.groupRound()
	var ofShare []Commits
	var wg sync.WaitGroup
	if len(share) > 0 {
		wg.Go(func() { ofShare = run.ShareOffsets(ctx, share) })
	}
	for _, c := range run.Committed(ctx, plain) {
		out[c.Group] = c
	}
	wg.Wait()
	for _, c := range ofShare {
		out[c.Group] = c
	}
	return out
}
