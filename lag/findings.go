package lag

import (
	"github.com/offsetctl/offsetctl/internal/cluster"
)

// Findings are what is wrong or remarkable in a snapshot, collected group by group.
type Findings struct {
	Errors   cluster.Errors   // first what concerns no group, then group by group
	ByStatus map[Status]Tally // a row counts under every status that applies to it
}

// Tally is how many rows have a status, be it behind a worse one, and the first of them.
type Tally struct {
	Rows  int
	Group string
	At    *cluster.TP // nil: the group as a whole
}

// NewFindings begins with what concerns no single group.
func NewFindings(s *Snapshot) *Findings {
	f := &Findings{ByStatus: map[Status]Tally{}}
	for _, e := range s.Errors {
		f.Errors.Add(e)
	}
	return f
}

// Add takes in a group and its rows.
func (f *Findings) Add(g *cluster.Group, rows []Row) {
	f.Errors.Add(g.DescribeErr)
	f.Errors.Add(g.CommitsErr)
	for i := range rows {
		r := &rows[i]
		if r.Status == OK {
			f.tally(r, OK)
		}
		for st := range r.marks.all() {
			f.tally(r, st)
		}
		f.Errors.Add(r.Error)
	}
}

func (f *Findings) tally(r *Row, st Status) {
	t := f.ByStatus[st]
	if t.Rows == 0 {
		t.Group = r.Group
		if r.Topic != nil {
			t.At = &cluster.TP{Topic: *r.Topic, Partition: *r.Partition}
		}
	}
	t.Rows++
	f.ByStatus[st] = t
}
