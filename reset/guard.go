package reset

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/offsetctl/offsetctl/internal/cluster"
)

// connectProtocol is the protocol type of the groups that Connect workers form among themselves.
const connectProtocol = "connect"

// busy is why the group must not be changed now. Deleting commits is what Kafka allows beside members, of topics that none
// of them reads; see delete.
func (b builder) busy() *cluster.Error {
	if b.q.Target.kind == deleted && b.g.DescribeErr == nil && b.g.Protocol != connectProtocol && b.g.Type != cluster.Share {
		return nil
	}
	if b.q.Target.kind == removed && b.g.DescribeErr == nil && len(b.g.Members) == 0 {
		return nil
	}
	return busy(b.g)
}

// delete takes a commit away.
func (b builder) delete(c *Change) {
	switch {
	case c.Current == nil:
		c.Result = Unchanged
		c.note("it has no committed offset")
	case reads(b.g, c.Topic):
		c.refuse(&cluster.Error{Scope: cluster.ScopeTopic, Name: c.Topic, Code: "GROUP_SUBSCRIBED_TO_TOPIC", Message: "a member of the group reads it: " + stopping(b.g)})
	}
}

// reads reports whether a member is known to be subscribed to a topic. Of one that is not, the broker has the last word.
func reads(g *cluster.Group, topic string) bool {
	return slices.ContainsFunc(g.Members, func(m cluster.Member) bool {
		return slices.Contains(m.Subscription, topic) || slices.ContainsFunc(m.Assignment, func(a cluster.Assigned) bool { return a.Topic == topic })
	})
}

// busy is why a group must not be changed from outside: what counts is its members, not the word for its state. nil: it
// may be.
func busy(g *cluster.Group) *cluster.Error {
	e := &cluster.Error{Scope: cluster.ScopeGroup, Name: g.Name, Code: "NON_EMPTY_GROUP"}
	switch {
	case g.DescribeErr != nil:
		e = g.DescribeErr.Of(cluster.ScopeGroup, g.Name)
		e.Message = "whether it has members is not known: " + e.Message
		return e
	case g.Protocol == connectProtocol:
		e.Message = "it is the group of Connect workers, which keeps no offsets; those of a sink connector are in the group connect-NAME"
		return e
	case len(g.Members) == 0:
		return nil
	}
	e.Message = fmt.Sprintf("it has %s: %s", membersOf(g), stopping(g))
	return e
}

// membersOf names a member, and says how many there are.
func membersOf(g *cluster.Group) string {
	m := slices.MinFunc(g.Members, func(a, b cluster.Member) int { // brokers tell them in any order
		return cmp.Or(strings.Compare(a.ClientID, b.ClientID), strings.Compare(a.Host, b.Host))
	})
	first := fmt.Sprintf("%s at %s", m.ClientID, m.Host)
	if n := len(g.Members); n > 1 {
		return fmt.Sprintf("%d members (%s, …)", n, first)
	}
	return "a member (" + first + ")"
}

// stopping is how the members of a group are stopped.
func stopping(g *cluster.Group) string {
	if connector, ok := strings.CutPrefix(g.Members[0].ClientID, "connector-consumer-"); ok {
		if i := strings.LastIndexByte(connector, '-'); i >= 0 {
			connector = connector[:i] // the number of the task
		}
		return fmt.Sprintf("stop the sink connector %s first", connector)
	}
	it := "it"
	if len(g.Members) > 1 {
		it = "them"
	}
	switch {
	case g.Assignor == "stream":
		return "stop the Streams application first; its members stay until their session ends, 45 s by default"
	case g.Type == cluster.Streams:
		return "stop the Streams application first"
	case slices.ContainsFunc(g.Members, func(m cluster.Member) bool { return m.InstanceID != nil }):
		return "stop " + it + " first; a static member that is stopped stays until its session ends, 45 s by default"
	}
	return "stop " + it + " first"
}
