package lag

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"

	"github.com/offsetctl/offsetctl/internal/cluster"
)

// Query says what to read.
type Query struct {
	Named     bool                      // only Groups; else all that the brokers list
	Groups    []string                  // with Named
	Keep      func(cluster.Listed) bool // which of the listed; nil is all. An empty type or state is unknown yet, and should be kept: Keep is asked again when the groups are described
	Filter    Filter                    // partitions
	Isolation Isolation
}

// The dependent rounds of requests of one run. Chains per broker go through the first three at their
// own pace; all wait for one another only before the topics and before the log ends.
const (
	roundBootstrap = 5 - iota
	roundList
	roundGroups
	roundTopics
	roundEnds
)

// Read reads the snapshot of a query. What could not be read is an error in it; only a cluster of
// which no bootstrap server answers gives no snapshot, and then one error per server.
func Read(ctx context.Context, run *cluster.Run, q Query) (*Snapshot, []*cluster.Error) {
	s, errs := readGroups(ctx, run, q, true)
	if errs != nil {
		return nil, errs
	}
	tps := s.partitions(q.Filter)
	topics := run.Left(roundTopics).Topics(ctx, topicNames(tps, q.Filter))
	s.Topics = make(map[string]cluster.Topic, len(topics))
	for _, t := range topics {
		s.Topics[t.Name] = t
	}
	if s.clipStreams(s.Topics) {
		tps = s.partitions(q.Filter)
	}
	s.Errors = append(s.Errors, missingTopics(q.Filter, s.Topics, tps)...)
	specs := []cluster.Spec{cluster.LogStart, cluster.LogEnd}
	if q.Isolation == ReadCommitted {
		specs = append(specs, cluster.LastStable)
	}
	s.Isolation = q.Isolation
	s.Logs = run.Left(roundEnds).Offsets(ctx, topics, existing(tps, s.Topics), specs...)
	return s, nil
}

// ReadGroups reads the groups of a query and their members, without commits and log ends.
func ReadGroups(ctx context.Context, run *cluster.Run, q Query) (*Snapshot, []*cluster.Error) {
	s, errs := readGroups(ctx, run, q, false)
	if s != nil {
		askStreamsTopics(ctx, run.Left(roundTopics), s)
	}
	return s, errs
}

func readGroups(ctx context.Context, run *cluster.Run, q Query, commits bool) (*Snapshot, []*cluster.Error) {
	c := &chains{run: run, q: q, commits: commits}
	var brokers cluster.Brokers
	var errs []*cluster.Error
	if q.Named {
		brokers, errs = c.named(ctx)
	} else {
		brokers, errs = c.listed(ctx)
	}
	if errs != nil {
		return nil, errs
	}
	// A group that moved to another coordinator between two lists is in both: the one that could be
	// read is right.
	slices.SortStableFunc(c.groups, func(a, b Group) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(failures(a), failures(b)), cmp.Compare(coordinator(a), coordinator(b)))
	})
	c.groups = slices.CompactFunc(c.groups, func(a, b Group) bool { return a.Name == b.Name })
	if q.Keep != nil { // again, with what the describes said
		c.groups = slices.DeleteFunc(c.groups, func(g Group) bool {
			return !q.Keep(cluster.Listed{Group: g.Name, Type: g.Type, State: g.State})
		})
	}
	return &Snapshot{ClusterID: brokers.ClusterID, Groups: c.groups, Errors: c.errs}, nil
}

func coordinator(g Group) int32 {
	if g.Coordinator == nil {
		return -1
	}
	return g.Coordinator.ID
}

func failures(g Group) int {
	n := 0
	if g.DescribeErr != nil {
		n++
	}
	if g.CommitsErr != nil {
		n++
	}
	return n
}

// chains collects groups from the brokers' chains of requests.
type chains struct {
	run     *cluster.Run
	q       Query
	commits bool // read commits too

	errs []*cluster.Error

	mu     sync.Mutex // guards groups
	groups []Group
}

func (c *chains) add(groups ...Group) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.groups = append(c.groups, groups...)
}

// listed asks every broker for its groups and then, without waiting for the other brokers, about
// them: the broker that lists a group is its coordinator.
func (c *chains) listed(ctx context.Context) (cluster.Brokers, []*cluster.Error) {
	brokers, errs := c.run.Left(roundBootstrap).Brokers(ctx)
	if errs != nil {
		return brokers, errs
	}
	c.errs = append(c.errs, brokers.Offline...)
	failed := make([]*cluster.Error, len(brokers.Nodes))
	var wg sync.WaitGroup
	for i, node := range brokers.Nodes {
		wg.Go(func() {
			listed, e := c.run.Left(roundList).GroupsOf(ctx, node)
			if e != nil {
				failed[i] = e
				return
			}
			if c.q.Keep != nil {
				listed = slices.DeleteFunc(listed, func(l cluster.Listed) bool { return !c.q.Keep(l) })
			}
			c.add(c.read(ctx, listed)...)
		})
	}
	wg.Wait()
	c.errs = append(c.errs, slices.DeleteFunc(failed, func(e *cluster.Error) bool { return e == nil })...)
	return brokers, nil
}

// read describes the listed groups that are not empty and reads the commits of all, at once. Of an
// empty group the list says everything, unless the broker is too old to give the type: it has no
// members.
func (c *chains) read(ctx context.Context, listed []cluster.Listed) []Group {
	var live, plain, share []cluster.Ref
	for _, l := range listed {
		if l.State != "Empty" || l.Type == "" {
			live = append(live, l.Ref())
		}
		if l.Type == cluster.Share {
			share = append(share, l.Ref())
		} else {
			plain = append(plain, l.Ref())
		}
	}
	run := c.run.Left(roundGroups)
	described := map[string]cluster.Described{}
	var wg sync.WaitGroup
	wg.Go(func() {
		for _, d := range run.Describe(ctx, live, cluster.Classic, cluster.Consumer) {
			described[d.Group] = d
		}
	})
	commits := c.readCommits(ctx, run, plain, share)
	wg.Wait()
	groups := make([]Group, 0, len(listed))
	for _, l := range listed {
		g := Group{Name: l.Group, Type: l.Type, State: l.State, Protocol: l.Protocol, Coordinator: &l.Coordinator}
		if d, ok := described[l.Group]; ok {
			g.describe(d)
		} else {
			g.Members, g.Assigned = []cluster.Member{}, true
		}
		g.commit(commits[l.Group])
		if d := described[l.Group]; d.NotFound() && len(g.Commits) == 0 && g.CommitsErr == nil && c.commits {
			continue // deleted since it was listed
		}
		groups = append(groups, g)
	}
	return groups
}

// readCommits reads the commits of plain groups and the start offsets of share groups.
func (c *chains) readCommits(ctx context.Context, run *cluster.Run, plain, share []cluster.Ref) map[string]cluster.Commits {
	out := make(map[string]cluster.Commits, len(plain)+len(share))
	if !c.commits {
		return out
	}
	var ofShare []cluster.Commits
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

func (g *Group) describe(d cluster.Described) {
	if d.Err != nil {
		g.DescribeErr = d.Err
		return
	}
	g.Type, g.State, g.Assignor, g.Members, g.Assigned, g.Coordinator = d.Type, d.State, d.Assignor, d.Members, d.Assigned, &d.Coordinator
	if d.Protocol != "" {
		g.Protocol = d.Protocol
	}
	if g.Members == nil {
		g.Members = []cluster.Member{}
	}
}

func (g *Group) commit(c cluster.Commits) { g.Commits, g.CommitsErr = c.Items, c.Err }

// partitions are the partitions that the groups commit to or own, each once, sorted.
func (s *Snapshot) partitions(f Filter) []cluster.TP {
	seen := map[string]map[int32]bool{}
	var topic string
	var of map[int32]bool // of topic: commits come topic by topic
	add := func(tp cluster.TP) {
		if of == nil || tp.Topic != topic {
			topic = tp.Topic
			if of = seen[topic]; of == nil {
				of = map[int32]bool{}
				seen[topic] = of
			}
		}
		if !of[tp.Partition] && f.Has(tp) {
			of[tp.Partition] = true
		}
	}
	for i := range s.Groups {
		g := &s.Groups[i]
		for k := range g.Commits {
			add(g.Commits[k].TP)
		}
		for tp := range ownersOf(g) {
			add(tp)
		}
	}
	var out []cluster.TP
	for _, t := range slices.Sorted(maps.Keys(seen)) {
		for _, p := range slices.Sorted(maps.Keys(seen[t])) {
			out = append(out, cluster.TP{Topic: t, Partition: p})
		}
	}
	return out
}

// topicNames are the topics to ask about: those of the partitions, and those of the filter, so that a
// misspelt topic is noticed.
func topicNames(tps []cluster.TP, f Filter) []string {
	names := slices.Collect(maps.Keys(f))
	for _, tp := range tps {
		names = append(names, tp.Topic)
	}
	return names
}

// missingTopics are the topics and partitions of the filter that neither exist nor have a commit.
func missingTopics(f Filter, topics map[string]cluster.Topic, tps []cluster.TP) []*cluster.Error {
	committed := map[cluster.TP]bool{}
	for _, tp := range tps {
		committed[tp], committed[cluster.TP{Topic: tp.Topic, Partition: -1}] = true, true
	}
	var errs []*cluster.Error
	for _, name := range slices.Sorted(maps.Keys(f)) {
		t := topics[name]
		if t.Err != nil {
			if !committed[cluster.TP{Topic: name, Partition: -1}] {
				errs = append(errs, t.Err)
			}
			continue
		}
		var absent []cluster.TP
		for _, p := range slices.Sorted(maps.Keys(f[name])) {
			tp := cluster.TP{Topic: name, Partition: p}
			if _, ok := t.Partition(p); !ok && !committed[tp] {
				absent = append(absent, tp)
			}
		}
		if len(absent) > 0 { // one error for all: a range may name a million
			errs = append(errs, cluster.NoPartition(absent[0], len(t.Partitions)))
		}
	}
	return errs
}

// existing are the partitions that the cluster has, by its metadata.
func existing(tps []cluster.TP, topics map[string]cluster.Topic) []cluster.TP {
	var out []cluster.TP
	for _, tp := range tps {
		t := topics[tp.Topic]
		if p, ok := t.Partition(tp.Partition); ok && t.Err == nil && p.Err == nil {
			out = append(out, tp)
		}
	}
	return out
}
