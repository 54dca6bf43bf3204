package reset

import (
	"fmt"

	"github.com/offsetctl/offsetctl/internal/cluster"
)

// CodeStale is of a commit or topic that is not what a plan, or an undo file, says.
const CodeStale = "PLAN_IS_STALE"

const planRefused = "the plan refused it: make it anew, or remove its item to go on without"

// follow carries out one item of a plan, if all is still as it says.
func (b builder) follow(c *Change, at At) {
	if !b.stands(c, at, "the plan") {
		return
	}
	switch {
	case at.Position != nil:
		c.copy(at.Position)
	case at.result == Refused:
		c.refuse(stale(c.TP, planRefused))
	default:
		c.Result = Unchanged
	}
}

// refusedBefore are what a plan refused as a whole. With topics named those of its rows are chosen that are of them.
func (b builder) refusedBefore() []Change {
	var out []Change
	if b.q.Target.file == nil {
		return nil
	}
	for _, topic := range b.q.Target.file.refused[b.g.Name] {
		e := &cluster.Error{Scope: cluster.ScopeTopic, Name: topic, Code: CodeStale, Message: planRefused}
		switch {
		case topic == "":
			e.Scope, e.Name = cluster.ScopeGroup, b.g.Name
		case b.q.Filter != nil:
			continue
		}
		out = append(out, refusal(topic, e))
	}
	return out
}

// revert takes back one item of an undo file. What was not sent, or has been taken back, is as it was already.
func (b builder) revert(c *Change, at At) {
	switch {
	case at.Position.equal(c.Current):
		c.Result, c.New = Unchanged, c.Current
	case !b.stands(c, at, "the change"):
	case at.Position == nil:
		c.note("it had no commit before: the commit is deleted")
	default:
		c.copy(at.Position)
	}
}

// stands reports whether topic and commit are what a file says, or may differ; it refuses the change where not.
func (b builder) stands(c *Change, at At, of string) bool {
	switch {
	case at.topicID != nil && c.TopicID.Text() != nil && *at.topicID != *c.TopicID.Text():
		c.refuse(stale(c.TP, "the topic was made anew since "+of+": its offsets mean other records"))
		return false
	case at.was.equal(c.Current):
		return true
	case !b.q.Force:
		why := fmt.Sprintf("%s has it at %s, and now it is at %s", of, at.was, c.Current)
		if at.Position != nil && at.Position.equal(c.Current) {
			why += ", where it was to be put"
		}
		c.refuse(stale(c.TP, why))
		return false
	}
	c.note(fmt.Sprintf("%s has it at %s", of, at.was))
	return true
}

func stale(tp cluster.TP, why string) *cluster.Error {
	return &cluster.Error{Scope: cluster.ScopePartition, Name: tp.String(), Code: CodeStale, Message: why}
}

// String is the position in words, all that tells it from another.
func (p *Position) String() string {
	if p == nil {
		return "no commit"
	}
	s := fmt.Sprint(p.Offset)
	if p.LeaderEpoch != nil {
		s += fmt.Sprintf(" (leader epoch %d)", *p.LeaderEpoch)
	}
	if p.Metadata != "" {
		s += fmt.Sprintf(" (metadata %q)", p.Metadata)
	}
	return s
}
