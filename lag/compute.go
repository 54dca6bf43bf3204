package lag

import (
	"slices"

	"github.com/offsetctl/offsetctl/internal/cluster"
)

// Each computes the rows of one group after the other and hands them to visit, in the order of the
// snapshot: a row for every partition that the group has a commit for or an assignment of, as far as
// the filter selects it, sorted by topic and partition; or one row for a group whose commits could not
// be read. The slice is used again for the next group: visit copies what it keeps. Each is pure.
func Each(s *Snapshot, f cluster.Filter, visit func(g *cluster.Group, rows []Row)) {
	var rows []Row
	for i := range s.Groups {
		g := &s.Groups[i]
		rows = appendGroup(rows[:0], s, g, f)
		visit(g, rows)
	}
}

func appendGroup(rows []Row, s *Snapshot, g *cluster.Group, f cluster.Filter) []Row {
	base := Row{Group: g.Name, Type: known(string(g.Type)), State: known(g.State), Status: OK}
	if g.CommitsErr != nil {
		base.Error = g.CommitsErr
		base.mark(failure(g.CommitsErr))
		return append(rows, base)
	}
	owners := ownersOf(g)
	commits := withAssigned(g, owners)
	j := join{s: s, g: g, owned: owners != nil, numbers: make([]int64, 0, 2*len(commits))}
	for i := range commits {
		c := &commits[i]
		if !f.Has(c.TP) {
			continue
		}
		rows = append(rows, base)
		j.row = &rows[len(rows)-1]
		j.row.Topic, j.row.Partition = &c.Topic, &c.Partition
		j.owner(owners[c.TP])
		j.commit(c)
		j.log(c)
	}
	return rows
}

// failure is the status of something that could not be read.
func failure(e *cluster.Error) Status {
	switch {
	case e.Unauthorized():
		return Unauthorized
	case e.NoLeader():
		return NoLeader
	}
	return Failed
}

// ownersOf maps partitions to the members that own them. nil: the assignments are unknown, or mean
// nothing, as in a share group, whose partitions have several owners at once.
func ownersOf(g *cluster.Group) map[cluster.TP]*cluster.Member {
	if !g.Assigned || g.Type == cluster.Share {
		return nil
	}
	owners := map[cluster.TP]*cluster.Member{}
	for i := range g.Members {
		m := &g.Members[i]
		for _, a := range m.Assignment {
			for _, p := range a.Partitions {
				owners[cluster.TP{Topic: a.Topic, Partition: p}] = m
			}
		}
	}
	return owners
}

// withAssigned is the group's commits and, in order among them, an empty commit for every owned
// partition that has none.
func withAssigned(g *cluster.Group, owners map[cluster.TP]*cluster.Member) []cluster.Commit {
	missing := len(owners)
	for i := range g.Commits {
		if owners[g.Commits[i].TP] != nil {
			missing--
		}
	}
	if missing <= 0 {
		return g.Commits
	}
	all := slices.Clone(g.Commits)
	for tp := range owners {
		if _, ok := g.Commit(tp); !ok {
			all = append(all, cluster.Commit{TP: tp, Offset: -1})
		}
	}
	slices.SortFunc(all, func(a, b cluster.Commit) int { return cluster.CompareTP(a.TP, b.TP) })
	return all
}

// join fills one row after the other from the commit, the member and the log of its partition.
type join struct {
	s     *Snapshot
	g     *cluster.Group
	row   *Row
	owned bool // the group's assignments are known

	// Rows come topic by topic: what they share is looked up once.
	topic   cluster.Topic
	topicID *string
	numbers []int64 // backs the rows' lag and lost: two allocations a row would be half of the work
}

func (j *join) number(v int64) *int64 {
	j.numbers = append(j.numbers, v)
	return &j.numbers[len(j.numbers)-1]
}

func (j *join) setTopic(name string) {
	if j.topic.Name == name && name != "" {
		return
	}
	j.topic = j.s.Topics[name]
	j.topicID = j.topic.ID.Text()
}

func (j *join) owner(m *cluster.Member) {
	if m != nil {
		j.row.ConsumerID, j.row.InstanceID, j.row.Host, j.row.ClientID = &m.ID, m.InstanceID, known(m.Host), &m.ClientID
	} else if j.owned && len(j.g.Members) > 0 {
		j.row.mark(Unassigned)
	}
}

func (j *join) commit(c *cluster.Commit) {
	if c.Pending {
		j.row.mark(PendingTxn)
	}
	if c.Err != nil {
		j.fail(c.Err)
		return
	}
	if c.Offset < 0 {
		j.row.mark(NoCommit)
		return
	}
	j.row.CurrentOffset, j.row.Metadata = &c.Offset, &c.Metadata
	if c.LeaderEpoch >= 0 {
		j.row.LeaderEpoch = &c.LeaderEpoch
	}
}

func (j *join) fail(e *cluster.Error) {
	if j.row.Error == nil {
		j.row.Error = e
	}
	j.row.mark(failure(e))
}

// log finds the partition's log and counts against it.
func (j *join) log(c *cluster.Commit) {
	j.setTopic(c.Topic)
	topic := &j.topic
	j.row.TopicID = j.topicID
	j.row.HighWatermark.Asked = j.s.Isolation == ReadCommitted
	j.row.LastStable.Asked = j.row.HighWatermark.Asked
	switch {
	case topic.Err.UnknownTopic():
		j.row.mark(TopicGone)
		return
	case topic.Err != nil:
		j.fail(topic.Err)
		return
	}
	p, found := topic.Partition(c.Partition)
	if !found { // the topic was made anew with fewer partitions
		j.row.mark(TopicGone)
		return
	}
	if p.Err != nil {
		j.fail(p.Err)
		return
	}
	log := j.s.Logs[c.TP]
	switch {
	case log.Err.UnknownTopic(): // deleted between the two requests
		j.row.mark(TopicGone)
		return
	case log.Err != nil:
		j.fail(log.Err)
	}
	j.count(c, log)
}

// count is the arithmetic: lag = log end − max(committed, log start).
func (j *join) count(c *cluster.Commit, log cluster.Log) {
	end := log.End
	if j.s.Isolation == ReadCommitted {
		end = log.Stable
		j.row.HighWatermark.Value, j.row.LastStable.Value = log.End, log.Stable
	}
	j.row.LogStartOffset, j.row.LogEndOffset = log.Start, end
	if j.row.CurrentOffset == nil {
		return
	}
	j.place(c, log)
	if log.Start == nil || log.End == nil || end == nil {
		return
	}
	lost := max(*log.Start-c.Offset, 0)
	lag := max(*end-max(c.Offset, *log.Start), 0)
	if j.g.Type == cluster.Share {
		if c.Lag == nil {
			j.fail(noShareLag(c.TP))
			return
		}
		lag = *c.Lag // the broker knows which records past the start offset are done already
	}
	j.row.Lag, j.row.Lost = j.number(lag), j.number(lost)
	if lag > 0 && j.g.State == "Empty" {
		j.row.mark(NoMembers)
	}
}

// place marks a commit outside of its log. Each bound tells by itself, also where nothing can be counted.
func (j *join) place(c *cluster.Commit, log cluster.Log) {
	switch {
	case log.Start != nil && c.Offset < *log.Start:
		j.row.mark(BeforeStart)
	case log.End != nil && c.Offset > *log.End:
		j.row.mark(PastEnd)
	}
}

// noShareLag is the reason for an unknown lag of a share group: its end minus its start offset would
// count records that are acknowledged already (KIP-1226).
func noShareLag(tp cluster.TP) *cluster.Error {
	return &cluster.Error{Scope: cluster.ScopePartition, Name: tp.String(), Code: cluster.CodeUnsupported, Message: "the broker gives no lag of this share group's partition; brokers before Kafka 4.2 never do"}
}
