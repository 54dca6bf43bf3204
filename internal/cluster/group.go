package cluster

import "slices"

// Group is one group as its coordinator listed, described and committed it.
type Group struct {
	Name        string
	Type        GroupType // empty: unknown
	State       string    // empty: unknown
	Protocol    string    // protocol type; empty: unknown, or the group only ever committed
	Assignor    string    // empty: unknown, or none yet
	Coordinator *Broker   // nil: unknown

	Members  []Member // nil: not asked for, or DescribeErr
	Assigned bool     // the members' assignments are known

	Commits []Commit // sorted; a share group's start offsets

	Operations *Operations // what this user may do with it; nil: unknown, as of one that was not described

	DescribeErr *Error // state may be known all the same, from the list
	CommitsErr  *Error // nothing is known about its partitions
}

// Selection says which groups are read.
type Selection struct {
	Named  bool     // only Groups; else all that the brokers list
	Groups []string // with Named

	// Keep chooses among the listed; nil is all. An empty type or state is not known yet, and should be
	// kept: Keep is asked again when the groups are described.
	Keep func(group string, t GroupType, state string) bool
}

// Depth says how much is asked about each group.
type Depth int

// The depths of a read, each with what is above it.
const (
	Names   Depth = iota // what brokers say when they list their groups; of named groups the same as Members
	Members              // and what they say when they describe them
	Offsets              // and the committed offsets
)

// Groups are the groups of a selection, and what could not be read.
type Groups struct {
	ClusterID string
	All       []Group  // sorted by name, each once
	Errors    []*Error // what concerns no single group read: brokers, partitions of __consumer_offsets, groups that do not exist
}

// Commit is the group's commit for a partition; false: there is none.
func (g *Group) Commit(tp TP) (Commit, bool) {
	i, found := slices.BinarySearchFunc(g.Commits, tp, func(c Commit, tp TP) int { return CompareTP(c.TP, tp) })
	if !found {
		return Commit{}, false
	}
	return g.Commits[i], true
}

func (g *Group) describe(d Described) {
	if d.Err != nil {
		g.DescribeErr = d.Err
		return
	}
	g.Type, g.State, g.Assignor, g.Members, g.Assigned, g.Coordinator, g.Operations = d.Type, d.State, d.Assignor, d.Members, d.Assigned, d.Coordinator, d.Operations
	if d.Protocol != "" {
		g.Protocol = d.Protocol
	}
	if g.Members == nil {
		g.Members = []Member{}
	}
}

func (g *Group) commit(c Commits) { g.Commits, g.CommitsErr = c.Items, c.Err }

// absent reports whether there is no such group. That no describe knows it is not enough: a group of an unknown
// type may have commits, and OffsetFetch of a group that is not there gives none, and no error.
func (g *Group) absent(d Described) bool {
	return d.NotFound() && len(g.Commits) == 0 && (g.CommitsErr == nil || g.CommitsErr.UnknownGroup())
}

// failures counts what could not be read of the group.
func (g *Group) failures() int {
	n := 0
	if g.DescribeErr != nil {
		n++
	}
	if g.CommitsErr != nil {
		n++
	}
	return n
}

func (g *Group) coordinatorID() int32 {
	if g.Coordinator == nil {
		return -1
	}
	return g.Coordinator.ID
}
