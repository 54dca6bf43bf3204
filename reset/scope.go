package reset

import (
	"github.com/offsetctl/offsetctl/internal/cluster"
)

// scope is the partitions that a query is about for one group, as far as the topics are known: what the target lists;
// else the partitions named; else those that the group has a commit for.
func (s *Snapshot) scope(q Query, g *cluster.Group) map[cluster.TP]bool {
	scope := map[cluster.TP]bool{}
	take := func(tp cluster.TP) {
		if q.Filter.Has(tp) {
			scope[tp] = true
		}
	}
	switch {
	case q.Target.kind == copied:
		if s.Source != nil {
			for _, c := range s.Source.Commits {
				take(c.TP)
			}
		}
	case q.Target.given != nil:
		for tp := range q.Target.of(g.Name) {
			take(tp)
		}
	default:
		for _, c := range g.Commits {
			take(c.TP)
		}
		s.addNamed(scope, q.Filter)
	}
	return scope
}

// addNamed adds the partitions that a filter names, and of topics named as a whole all that they have.
func (s *Snapshot) addNamed(scope map[cluster.TP]bool, f cluster.Filter) {
	for topic, partitions := range f {
		for p := range partitions {
			scope[cluster.TP{Topic: topic, Partition: p}] = true
		}
		if partitions == nil {
			for _, p := range s.Topics[topic].Partitions {
				scope[cluster.TP{Topic: topic, Partition: p.ID}] = true
			}
		}
	}
}
