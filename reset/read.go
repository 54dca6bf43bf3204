package reset

import (
	"context"
	"maps"
	"slices"

	"github.com/offsetctl/offsetctl/internal/cluster"
)

// Query says what is to be changed.
type Query struct {
	cluster.Selection
	Target   Target
	Filter   cluster.Filter // partitions; nil: all that the target or the group's commits name
	NewGroup bool           // a group that does not exist is made
	Force    bool           // a plan is carried out though commits are not what it says
}

// Snapshot is what a plan is made of.
type Snapshot struct {
	ClusterID string
	Groups    []cluster.Group // sorted by name
	Absent    []*cluster.Error
	Source    *cluster.Group // whose commits are copied; nil: none, or it does not exist
	Topics    map[string]cluster.Topic
	Logs      map[cluster.TP]cluster.Log
	Errors    []*cluster.Error
}

// The dependent rounds of requests after those for the groups.
const (
	roundEnds = 1 + iota
	roundTopics
)

// Read reads what a query is about: the groups with their members and commits, and the ends of the logs. It joins no
// group and changes nothing. What could not be read is an error in the snapshot; only a cluster of which no bootstrap
// server answers gives none, and then one error per server.
func Read(ctx context.Context, run *cluster.Run, q Query) (*Snapshot, []*cluster.Error) {
	run = run.WithRights()
	groups, errs := run.Left(cluster.GroupRounds+roundTopics).ReadGroups(ctx, q.selection(), cluster.Offsets)
	if errs != nil {
		return nil, errs
	}
	s := &Snapshot{ClusterID: groups.ClusterID, Groups: groups.All}
	s.sort(q, groups.Errors)
	topics := run.Left(roundTopics).Topics(ctx, s.topicNames(q))
	s.Topics = cluster.ByName(topics)
	if specs := q.Target.specs(); specs != nil {
		s.Logs = run.Left(roundEnds).Offsets(ctx, topics, s.listable(q), specs...)
	}
	return s, nil
}

// selection is that of the query and the group that is copied from.
func (q Query) selection() cluster.Selection {
	sel := q.Selection
	if q.Target.kind != copied {
		return sel
	}
	source := q.Target.group
	if sel.Named {
		sel.Groups = slices.Compact(slices.Sorted(slices.Values(append(slices.Clone(sel.Groups), source))))
	} else if keep := sel.Keep; keep != nil {
		sel.Keep = func(group string, t cluster.GroupType, state string) bool {
			return group == source || keep(group, t, state)
		}
	}
	return sel
}

// sort parts the group that is copied from the others, and the groups that do not exist from what else went wrong.
func (s *Snapshot) sort(q Query, errs []*cluster.Error) {
	if i := slices.IndexFunc(s.Groups, func(g cluster.Group) bool { return q.Target.kind == copied && g.Name == q.Target.group }); i >= 0 {
		source := s.Groups[i]
		s.Source, s.Groups = &source, slices.Delete(s.Groups, i, i+1)
	}
	for _, e := range errs {
		if e.UnknownGroup() && (q.Target.kind != copied || e.Name != q.Target.group) {
			s.Absent = append(s.Absent, e)
		} else {
			s.Errors = append(s.Errors, e)
		}
	}
}

// groups are those that are planned for: those read, and with NewGroup those that are to be made.
func (s *Snapshot) groups(q Query) []cluster.Group {
	groups := s.Groups
	if q.NewGroup {
		groups = slices.Clone(groups)
		for _, e := range s.Absent {
			groups = append(groups, q.Target.made(e.Name))
		}
	}
	return groups
}

func (s *Snapshot) topicNames(q Query) []string {
	names := map[string]bool{}
	for topic := range q.Filter {
		names[topic] = true
	}
	for _, g := range s.groups(q) {
		for tp := range s.scope(q, &g) {
			names[tp.Topic] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// listable are the partitions in scope that exist and have a leader.
func (s *Snapshot) listable(q Query) []cluster.TP {
	all := map[cluster.TP]bool{}
	for _, g := range s.groups(q) {
		for tp := range s.scope(q, &g) {
			if topic := s.Topics[tp.Topic]; topic.Listable(tp.Partition) {
				all[tp] = true
			}
		}
	}
	return slices.SortedFunc(maps.Keys(all), cluster.CompareTP)
}
