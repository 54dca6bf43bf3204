package cmd

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/offsetctl/offsetctl/inspect"
	"github.com/offsetctl/offsetctl/internal/cluster"
)

// wantedNames notes of which groups and topics that are named there is any record, be it shown or not: a name of which
// there is none is most likely misspelt. Several goroutines may use it.
type wantedNames struct {
	scope cluster.Scope // of the names in groups: in __transaction_state they are transactional ids

	match string // the pattern that groups are named by, if matches
	mu    sync.Mutex

	matches bool
	matched bool
	groups  map[string]bool // nil: none is named
	topics  map[string]bool // likewise
}

// selects makes the filter of names; nil: all.
func (a *wantedNames) selects() (func(name []byte) bool, error) {
	switch {
	case a.groups != nil:
		return func(name []byte) bool {
			_, named := a.groups[string(name)]
			return named
		}, nil
	case !a.matches:
		return nil, nil
	}
	match, err := parseMatch(a.match)
	if err != nil {
		return nil, err
	}
	known := map[string]bool{} // groups come again and again
	return func(name []byte) bool {
		ok, seen := known[string(name)]
		if !seen {
			ok = match(string(name))
			known[string(name)] = ok
		}
		return ok
	}, nil
}

// filtered makes a filter tell what it sees.
func (a *wantedNames) filtered(f inspect.Filter, topics cluster.Filter) inspect.Filter {
	if group := f.Group; group != nil {
		f.Group = func(name []byte) bool {
			a.mu.Lock()
			defer a.mu.Unlock() // also of the filter, which may keep what it found out
			ok := group(name)
			a.matched = a.matched || ok
			if seen, named := a.groups[string(name)]; named && !seen {
				a.groups[string(name)] = true
			}
			return ok
		}
	}
	if partition := f.Partition; partition != nil {
		a.topics = map[string]bool{}
		for t := range topics {
			a.topics[t] = false
		}
		f.Partition = func(topic []byte, p int32) bool {
			a.mu.Lock()
			defer a.mu.Unlock()
			if seen, named := a.topics[string(topic)]; named && !seen {
				a.topics[string(topic)] = true
			}
			return partition(topic, p)
		}
	}
	return f
}

// missed is what there was no record of, after a scan.
type missed struct {
	scope          cluster.Scope // of groups
	groups, topics []string
	match          string                    // what no group matched
	part           bool                      // of what was read; else of all there is
	leftOut        func(group string) string // see inspectRequest.leftOut
	open           bool                      // no open transaction: whether there are other records nobody looked
}

func (a *wantedNames) missed(req inspectRequest) missed {
	m := missed{scope: a.scope, leftOut: req.leftOut, groups: unseenIn(a.groups), topics: unseenIn(a.topics), open: req.open, part: req.open || req.run != nil && req.partitions != nil || req.scan.Range.Given()}
	if a.matches && !a.matched {
		m.match = a.match
	}
	return m
}

func unseenIn(names map[string]bool) []string {
	var unseen []string
	for name, seen := range names {
		if !seen {
			unseen = append(unseen, name)
		}
	}
	slices.Sort(unseen)
	return unseen
}

// errors are those for names that are not there. A topic may be there without any commit, and where only a part was
// read a group may be: that a cluster can tell. Of files, where run is nil, nobody knows then. listed are the names of
// the cluster's groups, if it was asked.
func (m missed) errors(ctx context.Context, run *cluster.Run) (errs []*cluster.Error, listed []string) {
	groups, message := m.groups, fmt.Sprintf("no record of this %s", m.scope)
	if m.part {
		message = "the cluster has no such group now, and nothing of it is in what was read"
		groups, listed = m.absent(ctx, run)
	}
	for _, g := range groups {
		errs = append(errs, &cluster.Error{Scope: m.scope, Name: g, Code: notFound(m.scope), Message: message})
	}
	if run != nil && len(m.topics) > 0 {
		for _, t := range run.Topics(ctx, m.topics) {
			switch {
			case t.Err.UnknownTopic():
				t.Err.Message = "no such topic, and no record of a commit for it"
				errs = append(errs, t.Err)
			case t.Err.InvalidTopic():
				errs = append(errs, t.Err)
			}
		}
	}
	return errs, listed
}

// absent are the groups that the cluster does not have, and the names of those that it has. A broker that does not answer
// may have them all, and to this user a broker may not list what it has.
func (m missed) absent(ctx context.Context, run *cluster.Run) (absent, listed []string) {
	if run == nil || m.scope != cluster.ScopeGroup || len(m.groups) == 0 {
		return nil, nil
	}
	groups, errs := run.ListGroups(ctx)
	if len(errs) > 0 {
		return nil, nil
	}
	there := map[string]bool{}
	for _, l := range groups {
		there[l.Group] = true
	}
	absent = slices.DeleteFunc(slices.Clone(m.groups), func(g string) bool { return there[g] })
	if len(absent) > 0 && run.HiddenGroups(ctx) != nil {
		absent = nil
	}
	return absent, groupNamesOf(groups)
}

// notFound is Kafka's code for a group, or a transactional id, that does not exist.
func notFound(scope cluster.Scope) string {
	if scope == cluster.ScopeTransactionalID {
		return "TRANSACTIONAL_ID_NOT_FOUND"
	}
	return "GROUP_ID_NOT_FOUND"
}

// notes say the rest. told are the errors above.
func (m missed) notes(told []*cluster.Error) (notes []string) {
	failed := map[missing]bool{}
	for _, e := range told {
		failed[missing{e.Scope, e.Name}] = true
	}
	for _, g := range m.groups {
		switch {
		case failed[missing{m.scope, g}]:
		case m.leftOut(g) != "":
			notes = append(notes, m.leftOut(g))
		case m.open:
			notes = append(notes, fmt.Sprintf("no transaction of %s %s is open in what was read", m.scope, g))
		default:
			notes = append(notes, fmt.Sprintf("no record of %s %s in what was read", m.scope, g))
		}
	}
	for _, t := range m.topics {
		if !failed[missing{cluster.ScopeTopic, t}] {
			notes = append(notes, fmt.Sprintf("no commit for topic %s in what was read", t))
		}
	}
	if m.match != "" {
		what := "record"
		if m.open {
			what = "open transaction"
		}
		notes = append(notes, fmt.Sprintf("no %s of a %s that matches%s", what, m.scope, wholeNameHint(m.match)))
	}
	return bounded(notes)
}
