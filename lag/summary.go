package lag

import (
	"math"

	"github.com/offsetctl/offsetctl/internal/cluster"
)

// Sum adds up the rows of a group, a topic or a member. A group that could not be read has no known
// number of partitions either.
type Sum struct {
	Partitions        *int   `json:"partitions"`
	Lag               *int64 `json:"lag"` // of the partitions whose lag is known; nil if none is
	MaxLag            *int64 `json:"maxLag"`
	UnknownPartitions int    `json:"unknownPartitions"` // how many are not in the sum

	MaxAt cluster.TP `json:"-"` // the first partition with MaxLag
}

// sum adds up rows; its Partitions is nil only if they are the one row of an unreadable group.
func sum(rows []Row) Sum {
	s := Sum{Partitions: new(int)}
	for i := range rows {
		s.add(&rows[i])
	}
	return s
}

func (s *Sum) add(r *Row) {
	if r.Partition == nil {
		s.Partitions = nil
		return
	}
	*s.Partitions++
	if r.Lag == nil {
		s.UnknownPartitions++
		return
	}
	if s.Lag == nil {
		s.Lag, s.MaxLag = new(int64), new(int64)
	}
	*s.Lag = addSaturating(*s.Lag, *r.Lag)
	if *r.Lag > *s.MaxLag {
		*s.MaxLag, s.MaxAt = *r.Lag, cluster.TP{Topic: *r.Topic, Partition: *r.Partition}
	}
}

// addSaturating adds two lags. Offsets go up to 2^63−1, and so may each lag.
func addSaturating(a, b int64) int64 {
	if a > math.MaxInt64-b {
		return math.MaxInt64
	}
	return a + b
}

// GroupRow is one group as a whole.
type GroupRow struct {
	Group       string          `json:"group"`
	Type        *string         `json:"type"`
	State       *string         `json:"state"`
	Protocol    *string         `json:"protocol"`
	Assignor    *string         `json:"assignor"`
	Coordinator *cluster.Broker `json:"coordinator"`
	Members     *int            `json:"members"` // nil: the group could not be described
	Topics      *int            `json:"topics"`
	Sum
	Status Status         `json:"status"` // the worst of its partitions; without any it is no-commit
	Error  *cluster.Error `json:"error"`
}

// TopicRow is one topic of one group.
type TopicRow struct {
	Group string  `json:"group"`
	Topic *string `json:"topic"` // nil: the group's commits could not be read
	Sum
	Status Status         `json:"status"`
	Error  *cluster.Error `json:"error"`
}

// MemberRow is one member of one group. ConsumerID is nil in the row that sums up the partitions
// that no member owns.
type MemberRow struct {
	Group      string  `json:"group"`
	ConsumerID *string `json:"consumerId"`
	InstanceID *string `json:"instanceId"`
	Host       *string `json:"host"`
	ClientID   *string `json:"clientId"`
	Sum
	Error *cluster.Error `json:"error"`
}

// OfGroup sums up the rows of a group.
func OfGroup(g *cluster.Group, rows []Row) GroupRow {
	r := GroupRow{
		Group: g.Name, Type: known(string(g.Type)), State: known(g.State), Protocol: known(g.Protocol),
		Assignor: known(g.Assignor), Coordinator: g.Coordinator, Sum: sum(rows), Status: OK, Error: g.CommitsErr,
	}
	if g.Members != nil {
		n := len(g.Members)
		r.Members = &n
	}
	if r.Error == nil && g.DescribeErr != nil {
		r.Error = g.DescribeErr
	}
	if r.Error != nil {
		r.Status = failure(r.Error)
	}
	for i := range rows {
		r.Status = worse(r.Status, rows[i].Status)
	}
	if r.Partitions != nil {
		n := topics(rows)
		r.Topics = &n
	}
	if len(rows) == 0 && r.Error == nil {
		r.Status = NoCommit
	}
	return r
}

// topics counts the topics of one group's rows, which come sorted.
func topics(rows []Row) int {
	n := 0
	for i := range rows {
		if i == 0 || *rows[i].Topic != *rows[i-1].Topic {
			n++
		}
	}
	return n
}

// OfTopics sums up the rows of a group per topic.
func OfTopics(rows []Row) []TopicRow {
	var out []TopicRow
	for len(rows) > 0 {
		first := &rows[0]
		n := 1
		for n < len(rows) && same(rows[n].Topic, first.Topic) {
			n++
		}
		t := TopicRow{Group: first.Group, Topic: first.Topic, Sum: sum(rows[:n]), Status: OK}
		for i := range rows[:n] {
			t.Status = worse(t.Status, rows[i].Status)
			if e := rows[i].Error; e != nil && t.Error == nil {
				t.Error = e
			}
		}
		out = append(out, t)
		rows = rows[n:]
	}
	return out
}

func same(a, b *string) bool { return a == b || a != nil && b != nil && *a == *b }

// OfMembers sums up the rows of a group per member: every member, also one without partitions (unless
// there is a filter), and last a row for what no member owns, if anything. The lag of a share group
// belongs to no single member.
func OfMembers(g *cluster.Group, rows []Row, f cluster.Filter) []MemberRow {
	owned := map[string][]Row{}
	var rest []Row // what no member owns
	for _, r := range rows {
		if r.ConsumerID != nil {
			owned[*r.ConsumerID] = append(owned[*r.ConsumerID], r)
		} else {
			rest = append(rest, r)
		}
	}
	var out []MemberRow
	for i := range g.Members {
		m := &g.Members[i]
		total := ofMember(g, m, owned[m.ID], f)
		if f == nil || total.Partitions == nil || *total.Partitions > 0 {
			out = append(out, MemberRow{Group: g.Name, ConsumerID: &m.ID, InstanceID: m.InstanceID, Host: known(m.Host), ClientID: &m.ClientID, Sum: total})
		}
	}
	e := g.CommitsErr
	if e == nil {
		e = g.DescribeErr
	}
	if len(rest) > 0 || e != nil {
		out = append(out, MemberRow{Group: g.Name, Sum: sum(rest), Error: e})
	}
	return out
}

// ofMember sums up what one member owns, as far as that is known.
func ofMember(g *cluster.Group, m *cluster.Member, owned []Row, f cluster.Filter) Sum {
	switch {
	case !g.Assigned:
		return Sum{}
	case g.Type == cluster.Share || g.CommitsErr != nil:
		n := assigned(m, f)
		return Sum{Partitions: &n, UnknownPartitions: n}
	}
	return sum(owned)
}

func assigned(m *cluster.Member, f cluster.Filter) int {
	n := 0
	for _, a := range m.Assignment {
		for _, p := range a.Partitions {
			if f.Has(cluster.TP{Topic: a.Topic, Partition: p}) {
				n++
			}
		}
	}
	return n
}
