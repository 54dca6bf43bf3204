package reset

import (
	"iter"
	"maps"

	"github.com/offsetctl/offsetctl/internal/cluster"
)

// scope is the partitions that a query is about for one group, as far as the topics are known: what the target lists, or
// the group has a commit for, of the topics named if there are any; and those that are named one by one, whether or not
// there is a place to put them to. A partition may come twice, and the order is none.
func (s *Snapshot) scope(q Query, g *cluster.Group) iter.Seq[cluster.TP] {
	return func(yield func(cluster.TP) bool) {
		for tp := range s.listed(q, g) {
			if q.Filter.Has(tp) && !yield(tp) {
				return
			}
		}
		for topic, partitions := range q.Filter {
			for p := range partitions {
				if !yield(cluster.TP{Topic: topic, Partition: p}) {
					return
				}
			}
			if partitions != nil || q.Target.lists() {
				continue
			}
			for _, p := range s.Topics[topic].Partitions { // the topic as a whole
				if !yield(cluster.TP{Topic: topic, Partition: p.ID}) {
					return
				}
			}
		}
	}
}

// listed is the partitions that the target says, or else those that the group has a commit for.
func (s *Snapshot) listed(q Query, g *cluster.Group) iter.Seq[cluster.TP] {
	commits := g.Commits
	switch {
	case q.Target.file != nil:
		return maps.Keys(q.Target.of(g.Name))
	case q.Target.kind == copied && s.Source != nil:
		commits = s.Source.Commits
	case q.Target.kind == copied:
		commits = nil
	}
	return func(yield func(cluster.TP) bool) {
		for i := range commits {
			if !yield(commits[i].TP) {
				return
			}
		}
	}
}
