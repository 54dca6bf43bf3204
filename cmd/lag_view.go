package cmd

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/offsetctl/offsetctl/internal/cluster"
	"github.com/offsetctl/offsetctl/lag"
	"github.com/offsetctl/offsetctl/output"
)

// lagView is what one pass over a snapshot gives: the groups, the rows of the view asked for, and what
// was found on the way.
type lagView struct {
	every      []lag.GroupRow // all groups read
	groups     []lag.GroupRow // those with a row in the topics asked for
	topics     []lag.TopicRow
	members    []lag.MemberRow
	partitions []lag.Row
	found      *lag.Findings
	noRows     []string // topics asked for in which no group has a row
}

func newLagView(req lagRequest, snap *lag.Snapshot) lagView {
	v := lagView{found: lag.NewFindings(snap)}
	if req.by == "partition" {
		n := 0
		for i := range snap.Groups {
			n += len(snap.Groups[i].Commits) + 1
		}
		v.partitions = make([]lag.Row, 0, n) // growing to 60,000 rows would cost as much memory again
	}
	filter := req.query.Filter
	seen := map[string]bool{}
	lag.Each(snap, filter, func(g *cluster.Group, rows []lag.Row) {
		v.found.Add(g, rows)
		sum := lag.OfGroup(g, rows)
		for i := range rows {
			if filter != nil && rows[i].Topic != nil {
				seen[*rows[i].Topic] = true
			}
		}
		v.every = append(v.every, sum)
		if filter == nil || len(rows) > 0 {
			v.groups = append(v.groups, sum)
		}
		switch req.by {
		case "topic":
			v.topics = append(v.topics, lag.OfTopics(rows)...)
		case "member":
			v.members = append(v.members, lag.OfMembers(g, rows, filter)...)
		case "partition":
			v.partitions = append(v.partitions, rows...)
		}
	})
	v.noRows = slices.DeleteFunc(slices.Sorted(maps.Keys(filter)), func(topic string) bool { return seen[topic] })
	return v
}

func (s *session) lagHead(req lagRequest, clusterID string) head {
	h := newHead("lag", clusterID, s.now)
	h.By = req.by
	if req.query.Isolation == lag.ReadCommitted {
		h.Isolation = string(req.query.Isolation)
	}
	return h
}

func (s *session) printLag(f form, req lagRequest, clusterID string, v lagView) error {
	h := s.lagHead(req, clusterID)
	switch req.by {
	case "group":
		rows := arrange(s, req, v.groups, func(r *lag.GroupRow) (*int64, bool) {
			return r.Lag, r.Lag == nil || r.UnknownPartitions > 0 || r.Error != nil
		})
		return print(s, f, h, groupColumns(), func(r *lag.GroupRow) string { return r.Group }, rows, v.found.Errors.All)
	case "topic":
		rows := arrange(s, req, v.topics, func(r *lag.TopicRow) (*int64, bool) { return r.Lag, r.UnknownPartitions > 0 || r.Error != nil })
		return print(s, f, h, topicColumns(), func(r *lag.TopicRow) string { return r.Group }, rows, v.found.Errors.All)
	case "member":
		rows := arrange(s, req, v.members, func(r *lag.MemberRow) (*int64, bool) { return r.Lag, r.UnknownPartitions > 0 || r.Error != nil })
		return print(s, f, h, memberLagColumns(), func(r *lag.MemberRow) string { return r.Group }, rows, v.found.Errors.All)
	default:
		rows := arrange(s, req, v.partitions, func(r *lag.Row) (*int64, bool) { return r.Lag, r.Lag == nil })
		return print(s, f, h, partitionColumns(), func(r *lag.Row) string { return r.Group }, rows, v.found.Errors.All)
	}
}

// arrange filters, sorts and cuts the rows of a view. The rows come sorted by name.
func arrange[T any](s *session, req lagRequest, rows []T, of func(*T) (sum *int64, unknown bool)) []T {
	if req.lagging {
		rows = slices.DeleteFunc(slices.Clone(rows), func(r T) bool {
			sum, unknown := of(&r)
			return !unknown && (sum == nil || *sum == 0)
		})
	}
	if req.byLag {
		rows = slices.Clone(rows)
		slices.SortStableFunc(rows, func(a, b T) int {
			x, _ := of(&a)
			y, _ := of(&b)
			return compareLag(x, y)
		})
	}
	if req.top > 0 && len(rows) > req.top {
		s.note("%d of %d rows shown (--top %d)", req.top, len(rows), req.top)
		rows = rows[:req.top]
	}
	return rows
}

// compareLag orders the largest first and unknown last.
func compareLag(a, b *int64) int {
	value := func(p *int64) int64 {
		if p == nil {
			return math.MinInt64
		}
		return *p
	}
	switch x, y := value(a), value(b); {
	case x > y:
		return -1
	case x < y:
		return 1
	}
	return 0
}

// conditions prints which conditions of --fail-above and --fail-on hold, and says whether any does. A
// check that looked at nothing has not passed.
func (s *session) conditions(req lagRequest, v lagView) verdict {
	var got verdict
	if req.failAbove == nil && req.failOn == nil {
		return got
	}
	got.failed = s.unchecked(req, v)
	for _, g := range v.groups {
		switch {
		case req.failAbove == nil:
		case g.Lag != nil && *g.Lag > *req.failAbove:
			got.holds = true
			s.found("lag of %s is %d, above %d", g.Group, *g.Lag, *req.failAbove)
		case g.Lag == nil && !empty(g) && (g.Status == lag.NoCommit || g.Status == lag.TopicGone):
			s.note("the lag of %s is unknown, and --fail-above does not count it: %s", g.Group, g.Status)
		}
	}
	for _, status := range req.failOn {
		if t := v.found.ByStatus[status]; t.Rows > 0 {
			got.holds = true
			s.found("%d with status %s, the first is %s", t.Rows, status, tallyName(t))
		}
	}
	return got
}

// unchecked complains about checks that had nothing to look at: all groups together, or one that is named.
func (s *session) unchecked(req lagRequest, v lagView) (found bool) {
	if !slices.ContainsFunc(v.groups, func(g lag.GroupRow) bool { return !empty(g) }) {
		s.complain("nothing was selected that a check could look at", s.selectionHint(v))
		return true
	}
	for _, g := range v.every {
		if req.explicit && empty(g) && g.Error == nil {
			s.complain(fmt.Sprintf("group %s: nothing that a check could look at: %s", g.Group, withoutRows(req.query.Filter)), s.selectionHint(v))
			found = true
		}
	}
	return found
}

// empty reports whether a group was read and has no partition among those asked for.
func empty(g lag.GroupRow) bool { return g.Partitions != nil && *g.Partitions == 0 }

func (s *session) selectionHint(v lagView) string {
	if len(v.every) > 0 && len(v.noRows) > 0 {
		return "the groups selected have none of the topics asked for; see which they have with: " + s.command("lag GROUP --by topic")
	}
	return "see which groups there are with: " + s.command("groups")
}

// found says that a condition holds.
func (s *session) found(format string, args ...any) {
	fmt.Fprintf(s.err, "offsetctl: %s\n", output.AppendEscaped(nil, fmt.Sprintf(format, args...)))
}

func tallyName(t lag.Tally) string {
	if t.At == nil {
		return t.Group
	}
	return t.Group + " on " + t.At.String()
}
