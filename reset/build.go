package reset

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/offsetctl/offsetctl/internal/cluster"
)

// Build plans what a query asks for. It is pure. The error is a plan, or an undo file, of another cluster.
func Build(s *Snapshot, q Query) (*Plan, error) {
	if err := sameCluster(s.ClusterID, q.Target); err != nil {
		return nil, err
	}
	p := &Plan{ClusterID: s.ClusterID, Errors: slices.Clone(s.Errors)}
	if !q.NewGroup {
		p.Errors = append(p.Errors, s.Absent...)
	}
	absent := map[string]bool{}
	for _, e := range s.Absent {
		absent[e.Name] = true
	}
	for _, g := range s.groups(q) {
		b := builder{s: s, q: q, g: &g}
		p.Groups = append(p.Groups, b.group(absent[g.Name]))
	}
	slices.SortFunc(p.Groups, func(a, b Group) int { return cmp.Compare(a.Name, b.Name) })
	return p, nil
}

// sameCluster returns an error for a file that is of another cluster, or does not say of which.
func sameCluster(id string, t Target) error {
	switch {
	case !t.FromDocument(), t.file.clusterID == id:
		return nil
	case t.file.clusterID == "":
		return fmt.Errorf("the file does not say which cluster it is of, and this is cluster %s", id)
	}
	return fmt.Errorf("the file is of cluster %s, and this is cluster %s", t.file.clusterID, id)
}

// builder plans one group.
type builder struct {
	s *Snapshot
	q Query
	g *cluster.Group
}

func (b builder) group(isNew bool) Group {
	out := Group{
		Name: b.g.Name, Type: b.g.Type, Protocol: b.g.Protocol, Members: b.g.Members, Coordinator: b.g.Coordinator,
		New: isNew, Delete: b.q.Target.kind == removed, Busy: b.busy(),
	}
	if e := b.unread(); e != nil {
		out.Changes = []Change{refusal("", e)}
		return out
	}
	out.Changes = b.refusedBefore()
	scope := map[cluster.TP]bool{}
	for tp := range b.s.scope(b.q, b.g) {
		scope[tp] = true
	}
	for _, topic := range slices.Sorted(maps.Keys(b.q.Filter)) {
		if e := b.s.Topics[topic].Err; e != nil && !anyOf(scope, topic) {
			out.Changes = append(out.Changes, refusal(topic, e))
		}
	}
	for tp := range scope {
		out.Changes = append(out.Changes, b.change(tp))
	}
	out.wholeTopics(b.g)
	out.Delete = out.Delete || b.unmake(scope)
	switch {
	case len(out.Changes) > 0:
	case out.Delete:
		out.Changes = []Change{{Whole: true, Result: Planned, Notes: []string{"it has no commits that this user may see"}}}
	case b.g.DescribeErr != nil && b.q.Filter == nil: // it may have commits that this user does not see
		out.Changes = []Change{refusal("", busy(b.g))}
	case b.q.Named:
		out.Changes = []Change{refusal("", b.nothing(isNew))}
	}
	slices.SortFunc(out.Changes, func(a, b Change) int { return cluster.CompareTP(a.TP, b.TP) })
	b.deny(&out)
	return out
}

// unmake reports whether the group goes with its commits: a change that is undone has made it, and there are no others.
func (b builder) unmake(scope map[cluster.TP]bool) bool {
	if b.q.Target.kind != ofUndo || !b.q.Target.file.made[b.g.Name] || len(b.g.Commits) == 0 {
		return false
	}
	return !slices.ContainsFunc(b.g.Commits, func(c cluster.Commit) bool { return !scope[c.TP] })
}

// unread is why commits that the plan is made of are not known; nil: they are.
func (b builder) unread() *cluster.Error {
	if b.g.CommitsErr == nil && b.s.Source != nil {
		return b.s.Source.CommitsErr
	}
	return b.g.CommitsErr
}

// refusal is a change of a topic, or without one of the group, of which no partition is known.
func refusal(topic string, e *cluster.Error) Change {
	return Change{TP: cluster.TP{Topic: topic}, Whole: true, Result: Refused, Err: e}
}

func anyOf(scope map[cluster.TP]bool, topic string) bool {
	for tp := range scope {
		if tp.Topic == topic {
			return true
		}
	}
	return false
}

// codeNothing is of a group that is named and of which nothing can be changed.
const codeNothing = "NOTHING_TO_CHANGE"

// nothing is why a group has no partition to change.
func (b builder) nothing(isNew bool) *cluster.Error {
	e := &cluster.Error{Scope: cluster.ScopeGroup, Name: b.g.Name, Code: codeNothing}
	switch {
	case b.q.Target.kind == ofUndo:
		e.Message = "it had no commits: there is nothing to bring back, and a group without any cannot be made"
	case b.q.Target.file != nil:
		e.Message = "the file has no row for it"
	case b.q.Target.kind == copied:
		e.Message = fmt.Sprintf("group %q, whose commits are to be copied, has none that this user may see in the topics asked for", b.q.Target.group)
	case isNew:
		e.Message = "a group that does not exist has no commits: name its topics with --topic"
	default:
		e.Message = "it has no commits that this user may see: name the topics with --topic"
	}
	return e
}

// change plans one partition.
func (b builder) change(tp cluster.TP) Change {
	c := Change{TP: tp, Result: Planned}
	commit, found := b.g.Commit(tp)
	if found && commit.Err != nil {
		c.refuse(commit.Err)
		return c
	}
	c.Current = positionOf(b.g, commit, found)
	if found && commit.Pending {
		c.note("a transaction with another commit is open")
	}
	topic, log := b.s.Topics[tp.Topic], b.s.Logs[tp]
	c.TopicID = topic.ID
	if e := b.out(topic, tp, log); e != nil {
		c.refuse(e)
		return c
	}
	if e := unlisted(topic, tp, log); b.q.Target.kind == removed && e.UnknownTopic() {
		c.note("undo cannot bring it back: " + e.Message) // Kafka takes no commit for it
	}
	c.LogStart, c.LogEnd = log.Start, log.End
	b.aim(&c, log)
	if c.Result == Planned && c.New.equal(c.Current) && b.q.Target.kind != removed {
		b.stay(&c)
	}
	return c
}

// stay is a change to what is there already. Of a share group that is one all the same: what it has acknowledged after its
// start offset is delivered again.
func (b builder) stay(c *Change) {
	if b.g.Type == cluster.Share && b.q.Target.kind != current && c.New != nil {
		c.note("what was acknowledged after it is delivered again")
		return
	}
	c.Result = Unchanged
}

// out is why a partition cannot be changed, whatever the target is; nil: it can.
func (b builder) out(topic cluster.Topic, tp cluster.TP, log cluster.Log) *cluster.Error {
	e := unlisted(topic, tp, log)
	switch {
	case b.q.Target.kind == removed, b.q.Target.kind == ofUndo && e.NoLeader():
		return nil // it goes with the group; and what was there may come back though the log cannot be asked
	case b.q.Target.kind == deleted && topic.Err == nil:
		if _, ok := topic.Partition(tp.Partition); ok {
			return nil
		}
	}
	return e
}

// unlisted is why the ends of a partition's log are not known; nil: they are.
func unlisted(topic cluster.Topic, tp cluster.TP, log cluster.Log) *cluster.Error {
	p, ok := topic.Partition(tp.Partition)
	switch {
	case topic.Err != nil:
		return topic.Err
	case !ok:
		return cluster.NoPartition(tp, len(topic.Partitions))
	case p.Err != nil:
		return p.Err
	case log.Err != nil:
		return log.Err
	case log.Start == nil || log.End == nil:
		return &cluster.Error{Scope: cluster.ScopePartition, Name: tp.String(), Code: cluster.CodeIncomplete, Message: "its leader did not tell where the log begins and ends", Retriable: true}
	}
	return nil
}

// positionOf is a commit as a position; nil: there is none. A share group's start offset has nothing beside it.
func positionOf(g *cluster.Group, c cluster.Commit, found bool) *Position {
	if !found || c.Offset < 0 {
		return nil
	}
	p := &Position{Offset: c.Offset, Metadata: c.Metadata}
	if c.LeaderEpoch >= 0 && g.Type != cluster.Share {
		p.LeaderEpoch = &c.LeaderEpoch
	}
	return p
}
