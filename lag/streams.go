package lag

import (
	"context"
	"slices"

	"github.com/offsetctl/offsetctl/internal/cluster"
)

// streamsTopics are the topics that members of Streams groups work on.
func (s *Snapshot) streamsTopics() []string {
	var names []string
	for _, g := range s.Groups {
		if g.Type != cluster.Streams {
			continue
		}
		for _, m := range g.Members {
			for _, a := range slices.Concat(m.Assignment, m.Target) {
				names = append(names, a.Topic)
			}
		}
	}
	return names
}

// clipStreams takes out of the assignments of Streams groups the partitions that do not exist: a task
// claims its number of every topic that its subtopology reads, also of those with fewer partitions. It
// reports whether there was a Streams group to look at.
func (s *Snapshot) clipStreams(topics map[string]cluster.Topic) (found bool) {
	for i := range s.Groups {
		g := &s.Groups[i]
		if g.Type != cluster.Streams {
			continue
		}
		found = true
		for k := range g.Members {
			g.Members[k].Assignment = clip(g.Members[k].Assignment, topics)
			g.Members[k].Target = clip(g.Members[k].Target, topics)
		}
	}
	return found
}

func clip(as []cluster.Assigned, topics map[string]cluster.Topic) []cluster.Assigned {
	var out []cluster.Assigned
	if as != nil {
		out = []cluster.Assigned{}
	}
	for _, a := range as {
		t, known := topics[a.Topic]
		if known && t.Err == nil {
			a.Partitions = slices.DeleteFunc(slices.Clone(a.Partitions), func(p int32) bool { _, ok := t.Partition(p); return !ok })
		}
		if len(a.Partitions) > 0 {
			out = append(out, a)
		}
	}
	return out
}

// askStreamsTopics asks about the topics of Streams groups where nothing else needs them.
func askStreamsTopics(ctx context.Context, run *cluster.Run, s *Snapshot) {
	topics := map[string]cluster.Topic{}
	for _, t := range run.Topics(ctx, s.streamsTopics()) {
		topics[t.Name] = t
	}
	s.clipStreams(topics)
}
