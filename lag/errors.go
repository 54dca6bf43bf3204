package lag

import (
	"github.com/offsetctl/offsetctl/internal/cluster"
)

// Errors are all failures of a snapshot and of its rows, each thing once: first what concerns
// brokers, then group by group.
func Errors(s *Snapshot, rows []Row) []*cluster.Error {
	type key struct {
		scope      cluster.Scope
		name, code string
	}
	seen := map[key]bool{}
	var out []*cluster.Error
	add := func(e *cluster.Error) {
		if e == nil || seen[key{e.Scope, e.Name, e.Code}] {
			return
		}
		seen[key{e.Scope, e.Name, e.Code}] = true
		out = append(out, e)
	}
	for _, e := range s.Errors {
		add(e)
	}
	for i := range s.Groups {
		g := &s.Groups[i]
		add(g.DescribeErr)
		add(g.CommitsErr)
		var mine []Row
		mine, rows = split(rows, func(r *Row) bool { return r.group == i })
		for k := range mine {
			add(mine[k].Error)
		}
	}
	return out
}

// Above returns the groups whose total lag is above n. failed says that the lag of some partition
// could not be read, so that the groups not returned prove nothing; partitions without a commit and
// of deleted topics do not count as such.
func Above(groups []GroupRow, rows []Row, n int64) (above []GroupRow, failed bool) {
	for _, g := range groups {
		if g.Lag != nil && *g.Lag > n {
			above = append(above, g)
		}
	}
	for i := range rows {
		if rows[i].Lag == nil && rows[i].Error != nil {
			failed = true
		}
	}
	return above, failed
}
