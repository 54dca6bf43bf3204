package cluster

import "slices"

// streamsTopics are the topics that members of Streams groups work on.
func streamsTopics(groups []Group) []string {
	var names []string
	for _, g := range groups {
		if g.Type != Streams {
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

// ClipStreams takes out of the assignments of Streams groups the partitions that do not exist: a task
// claims its number of every topic that its subtopology reads, also of those with fewer partitions. It
// reports whether there was a Streams group to look at.
func ClipStreams(groups []Group, topics map[string]Topic) (found bool) {
	for i := range groups {
		g := &groups[i]
		if g.Type != Streams {
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

func clip(as []Assigned, topics map[string]Topic) []Assigned {
	var out []Assigned
	if as != nil {
		out = []Assigned{}
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
