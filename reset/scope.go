package reset

import (
	"github.com/offsetctl/offsetctl/internal/cluster"
)

// scope is the partitions that a query is about for one group, as far as the topics are known: what the target lists, or
// the group has a commit for, of the topics named if there are any; and those that are named one by one, whether or not
// there is a place to put them to.
func (s *Snapshot) scope(q Query, g *cluster.Group) map[cluster.TP]bool {
	scope := map[cluster.TP]bool{}
	take := func(tp cluster.TP) {
		if q.Filter.Has(tp) {
			scope[tp] = true
		}
	}
	lists := true // the target says which partitions there are
	switch {
	case q.Target.kind == copied:
		if s.Source != nil {
			for _, c := range s.Source.Commits {
				take(c.TP)
			}
		}
	case q.Target.file != nil:
		for tp := range q.Target.of(g.Name) {
			take(tp)
		}
	default:
		lists = false
		for _, c := range g.Commits {
			take(c.TP)
		}
	}
	s.addNamed(scope, q.Filter, !lists)
	return scope
}

// addNamed adds the partitions that a filter names one by one, and, if wanted, of topics named as a whole all that they
// have.
func (s *Snapshot) addNamed(scope map[cluster.TP]bool, f cluster.Filter, whole bool) {
	for topic, partitions := range f {
		for p := range partitions {
			scope[cluster.TP{Topic: topic, Partition: p}] = true
		}
		if partitions == nil && whole {
			for _, p := range s.Topics[topic].Partitions {
				scope[cluster.TP{Topic: topic, Partition: p.ID}] = true
			}
		}
	}
}
