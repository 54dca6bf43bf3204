package lag

import (
	"context"
	"maps"
	"slices"

	"github.com/offsetctl/offsetctl/internal/cluster"
)

// Query says what to read.
type Query struct {
	cluster.Selection
	Filter    cluster.Filter // partitions
	Isolation Isolation
}

// The dependent rounds of requests after those for the groups: all chains wait for one another before the
// topics, and again before the log ends.
const (
	roundEnds = 1 + iota
	roundTopics
)

// Read reads the snapshot of a query. What could not be read is an error in it; only a cluster of
// which no bootstrap server answers gives no snapshot, and then one error per server.
func Read(ctx context.Context, run *cluster.Run, q Query) (*Snapshot, []*cluster.Error) {
	groups, errs := run.Left(cluster.GroupRounds+roundTopics).ReadGroups(ctx, q.Selection, cluster.Offsets)
	if errs != nil {
		return nil, errs
	}
	s := &Snapshot{ClusterID: groups.ClusterID, Groups: groups.All, Errors: groups.Errors, Isolation: q.Isolation}
	tps := s.partitions(q.Filter)
	topics := run.Left(roundTopics).Topics(ctx, topicNames(tps, q.Filter))
	s.Topics = cluster.ByName(topics)
	if cluster.ClipStreams(s.Groups, s.Topics) {
		tps = s.partitions(q.Filter)
	}
	s.Errors = append(s.Errors, missingTopics(q.Filter, s.Topics, tps)...)
	specs := []cluster.Spec{cluster.LogStart, cluster.LogEnd}
	if q.Isolation == ReadCommitted {
		specs = append(specs, cluster.LastStable)
	}
	s.Logs = run.Left(roundEnds).Offsets(ctx, topics, existing(tps, s.Topics), specs...)
	return s, nil
}

// partitions are the partitions that the groups commit to or own, each once, sorted.
func (s *Snapshot) partitions(f cluster.Filter) []cluster.TP {
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
func topicNames(tps []cluster.TP, f cluster.Filter) []string {
	names := slices.Collect(maps.Keys(f))
	for _, tp := range tps {
		names = append(names, tp.Topic)
	}
	return names
}

// missingTopics are the topics and partitions of the filter that neither exist nor have a commit.
func missingTopics(f cluster.Filter, topics map[string]cluster.Topic, tps []cluster.TP) []*cluster.Error {
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
		if t := topics[tp.Topic]; t.Listable(tp.Partition) {
			out = append(out, tp)
		}
	}
	return out
}
