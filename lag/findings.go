package lag

import (
	"github.com/offsetctl/offsetctl/internal/cluster"
)

// Findings are what is wrong or remarkable in a snapshot, collected group by group.
type Findings struct {
	Errors   []*cluster.Error // each thing once: first what concerns no group, then group by group
	ByStatus map[Status]Tally // a row counts under every status that applies to it

	seen map[errorKey]bool
}

// Tally is how many rows have a status, be it behind a worse one, and the first of them.
type Tally struct {
	Rows  int
	Group string
	At    *cluster.TP // nil: the group as a whole
}

type errorKey struct {
	scope      cluster.Scope
	name, code string
}

// NewFindings begins with what concerns no single group.
func NewFindings(s *Snapshot) *Findings {
	f := &Findings{ByStatus: map[Status]Tally{}, seen: map[errorKey]bool{}}
	for _, e := range s.Errors {
		f.fail(e)
	}
	return f
}

// Add takes in a group and its rows.
func (f *Findings) Add(g *cluster.Group, rows []Row) {
	f.fail(g.DescribeErr)
	f.fail(g.CommitsErr)
	for i := range rows {
		r := &rows[i]
		if r.Status == OK {
			f.tally(r, OK)
		}
		for st := range r.marks.all() {
			f.tally(r, st)
		}
		f.fail(r.Error)
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

func (f *Findings) fail(e *cluster.Error) {
	if e == nil || f.seen[errorKey{e.Scope, e.Name, e.Code}] {
		return
	}
	f.seen[errorKey{e.Scope, e.Name, e.Code}] = true
	f.Errors = append(f.Errors, e)
}

// Errors are all failures of a snapshot, each once.
func Errors(s *Snapshot, f cluster.Filter) []*cluster.Error {
	found := NewFindings(s)
	Each(s, f, found.Add)
	return found.Errors
}
