package cmd

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/offsetctl/offsetctl/internal/cluster"
	"github.com/offsetctl/offsetctl/lag"
	"github.com/offsetctl/offsetctl/output"
)

// summarize prints one line per named group to a person at a terminal:
//
//	payments: consumer, Stable, 3 members, 60 partitions, lag 1234567 (max 900001 at orders:7)
func (s *session) summarize(req lagRequest, groups []lag.GroupRow) {
	if !s.summarizes(req) {
		return
	}
	for _, g := range groups {
		fmt.Fprintf(s.err, "%s\n", output.AppendEscaped(nil, groupLine(g, req.query.Filter)))
	}
}

func (s *session) summarizes(req lagRequest) bool {
	return s.errTTY && !s.shape.quiet && req.query.Named
}

func groupLine(g lag.GroupRow, f cluster.Filter) string {
	parts := []string{orUnknown(g.Type, "unknown type"), orUnknown(g.State, "unknown state")}
	if g.Members == nil {
		parts = append(parts, "unknown members")
	} else {
		parts = append(parts, count(*g.Members, "member"))
	}
	switch {
	case g.Partitions == nil:
		parts = append(parts, g.Error.Message)
	case *g.Partitions == 0 && g.Error != nil:
		parts = append(parts, g.Error.Message)
	case *g.Partitions == 0:
		parts = append(parts, "no rows: "+withoutRows(f))
	default:
		parts = append(parts, count(*g.Partitions, "partition"), lagPhrase(g))
	}
	return g.Group + ": " + strings.Join(parts, ", ")
}

// withoutRows is why a group that was read has no row.
func withoutRows(f cluster.Filter) string {
	if f != nil {
		return "none in the topics asked for"
	}
	return "it has no commit that this user may see, or none any more, and owns no partition"
}

// noteWithoutRows says which of the groups and topics that are named have no row, where no error does.
func (s *session) noteWithoutRows(req lagRequest, v lagView) {
	failed := map[missing]bool{}
	for _, e := range v.found.Errors.All {
		failed[missing{e.Scope, e.Name}] = true
	}
	if slices.ContainsFunc(v.found.Errors.All, hidesTopic(req.query.Filter)) {
		return // whether there is a row nobody knows
	}
	for _, topic := range v.noRows {
		told := s.summarizes(req) && len(v.groups) == 0
		if len(v.every) > 0 && !told && !failed[missing{cluster.ScopeTopic, topic}] {
			s.note("no selected group has a commit or an assignment in the partitions asked for of topic %s", topic)
		}
	}
	if s.summarizes(req) || req.failAbove != nil || req.failOn != nil {
		return // which say it themselves
	}
	for _, g := range v.every {
		if req.explicit && empty(g) && g.Error == nil {
			s.note("%s: no rows: %s", g.Group, withoutRows(req.query.Filter))
		}
	}
}

// hidesTopic makes a test for errors that keep a topic asked for from being seen.
func hidesTopic(f cluster.Filter) func(*cluster.Error) bool {
	return func(e *cluster.Error) bool {
		_, asked := f[e.Name]
		return asked && e.Scope == cluster.ScopeTopic && e.Unauthorized()
	}
}

func lagPhrase(g lag.GroupRow) string {
	if g.Lag == nil {
		return "lag unknown"
	}
	phrase := fmt.Sprintf("lag %d", *g.Lag)
	if *g.MaxLag > 0 {
		phrase += fmt.Sprintf(" (max %d at %s)", *g.MaxLag, g.MaxAt)
	}
	if g.UnknownPartitions > 0 {
		phrase += fmt.Sprintf(", unknown for %d", g.UnknownPartitions)
	}
	return phrase
}

func orUnknown(s *string, unknown string) string {
	if s == nil {
		return unknown
	}
	return *s
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// noGroup says why there is not a single group, where no error does. To a user who sees none, that is an error: whether there
// are any is not known.
func (s *session) noGroup(ctx context.Context, run *cluster.Run, sel selection, matchSet bool) []*cluster.Error {
	hidden := run.Left(1).HiddenGroups(ctx)
	if hidden != nil && !run.ListedAny() {
		hidden.Message += ", and that is none"
		return []*cluster.Error{hidden}
	}
	who := "no group"
	if hidden != nil {
		who = "no group that this user may describe"
	}
	switch {
	case matchSet && (len(sel.types) > 0 || len(sel.states) > 0):
		s.note("%s has a name that matches and the type or state asked for", who)
	case matchSet:
		s.note("%s matches%s", who, wholeNameHint(sel.match))
	case len(sel.types) > 0 || len(sel.states) > 0:
		s.note("%s has the type or state asked for", who)
	default:
		s.note("the cluster has no groups")
	}
	return nil
}
