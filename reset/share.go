package reset

import (
	"fmt"

	"github.com/offsetctl/offsetctl/internal/cluster"
)

// codeWholeTopic is of a start offset of a share group that cannot be deleted alone.
const codeWholeTopic = "WHOLE_TOPIC_ONLY"

// wholeTopics refuses the deletions that would take more with them: Kafka deletes the start offsets of a share group by
// topic, and no undo file has those of partitions that nobody asked for.
func (g *Group) wholeTopics(now *cluster.Group) {
	if g.Type != cluster.Share || g.Delete {
		return
	}
	goes := map[cluster.TP]bool{}
	stays := map[string]cluster.TP{} // a partition of the topic that keeps its start offset, or gets one
	for _, c := range g.pending() {
		goes[c.TP] = c.New == nil
		if c.New != nil {
			stays[c.Topic] = c.TP
		}
	}
	for _, commit := range now.Commits {
		if !goes[commit.TP] && (commit.Err != nil || commit.Offset >= 0) {
			stays[commit.Topic] = commit.TP
		}
	}
	for _, c := range g.pending() {
		if other, ok := stays[c.Topic]; ok && c.New == nil {
			c.refuse(&cluster.Error{Scope: cluster.ScopePartition, Name: c.TP.String(), Code: codeWholeTopic, Message: fmt.Sprintf("Kafka deletes the start offsets of a share group by topic: that of %s would go with it", other)})
		}
	}
}
