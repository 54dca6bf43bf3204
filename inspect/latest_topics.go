package inspect

import (
	"maps"
	"slices"

	"github.com/offsetctl/offsetctl/internal/cluster"
)

// TopicsWithID are the topics of the rows whose commit has a topic id, sorted.
func TopicsWithID(rows []LatestCommit) []string {
	names := map[string]bool{}
	for i := range rows {
		if rows[i].TopicID != nil {
			names[rows[i].Topic] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// MarkRecreated sets TopicRecreated where a commit has a topic id and the topic of that name has one now. It returns
// the errors of the topics of which that could not be found out; a topic that is gone is none.
func MarkRecreated(rows []LatestCommit, topics []cluster.Topic) []*cluster.Error {
	ids := map[string]string{}
	var errs cluster.Errors
	for _, t := range topics {
		switch {
		case t.Err == nil && t.ID != cluster.TopicID{}:
			ids[t.Name] = topicIDText(t.ID)
		case !t.Err.UnknownTopic():
			errs.Add(t.Err)
		}
	}
	for i := range rows {
		if id, ok := ids[rows[i].Topic]; ok && rows[i].TopicID != nil {
			rows[i].TopicRecreated = new(*rows[i].TopicID != id)
		}
	}
	return errs.All
}
