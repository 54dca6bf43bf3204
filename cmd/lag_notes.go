package cmd

import (
	"cmp"
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
	case *g.Partitions == 0 && f != nil:
		parts = append(parts, "no rows: none in the topics asked for")
	case *g.Partitions == 0:
		parts = append(parts, "no rows: it has committed nothing and owns no partition")
	default:
		parts = append(parts, count(*g.Partitions, "partition"), lagPhrase(g))
	}
	return g.Group + ": " + strings.Join(parts, ", ")
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

// noteNoGroup says why there is not a single group, where no error does.
func (s *session) noteNoGroup(sel selection, matchSet bool) {
	switch {
	case matchSet:
		s.note("no group matches; --match is for the whole name, try: --match %s", shellQuote(".*"+sel.match+".*"))
	case len(sel.types) > 0 || len(sel.states) > 0:
		s.note("no group has the type or state asked for")
	default:
		s.note("the cluster has no groups")
	}
}

// shellQuote quotes a word for people to paste.
func shellQuote(w string) string { return "'" + strings.ReplaceAll(w, "'", `'\''`) + "'" }

// similarGroups looks for groups with names close to those that do not exist, and returns a hint for
// each that has any.
func (s *session) similarGroups(ctx context.Context, run *cluster.Run, errs []*cluster.Error) map[string]string {
	var missing []string
	for _, e := range errs {
		if e.Scope == cluster.ScopeGroup && e.Code == "GROUP_ID_NOT_FOUND" && e.Name != "" {
			missing = append(missing, e.Name)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	missing = missing[:min(3, len(missing))] // each is compared with every group
	hints := map[string]string{}
	listed, _ := run.ListGroups(ctx) // only to help: what cannot be listed is not missed
	for _, name := range missing {
		if near := closest(name, listed); len(near) > 0 {
			hints[name] = "did you mean " + strings.Join(near, ", ") + "?"
		}
	}
	return hints
}

// closest returns up to three groups whose names differ from name in case, by a part left out, or by
// a typing mistake or two.
func closest(name string, listed []cluster.Listed) []string {
	type candidate struct {
		name           string
		rank, distance int
	}
	var found []candidate
	for _, l := range listed {
		a, b := strings.ToLower(name), strings.ToLower(l.Group)
		c := candidate{name: l.Group, distance: distance(a, b)}
		c.rank = c.distance
		part := len(a) >= 3 && strings.Contains(b, a) || len(b) >= 3 && strings.Contains(a, b)
		if part {
			c.rank = min(c.distance, 2) // as good as two typing mistakes
		}
		if part || c.distance <= max(1, min(3, len(a)/3)) {
			found = append(found, c)
		}
	}
	slices.SortFunc(found, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(a.distance, b.distance), cmp.Compare(a.name, b.name))
	})
	var out []string
	for _, c := range found[:min(3, len(found))] {
		out = append(out, c.name)
	}
	return out
}

// distance is the number of inserted, deleted or replaced characters between a and b (Levenshtein).
func distance(a, b string) int {
	ra, rb := []rune(a), []rune(b)
	row := make([]int, len(rb)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(ra); i++ {
		diagonal := row[0]
		row[0] = i
		for j := 1; j <= len(rb); j++ {
			replaced := diagonal
			if ra[i-1] != rb[j-1] {
				replaced++
			}
			diagonal = row[j]
			row[j] = min(replaced, row[j]+1, row[j-1]+1)
		}
	}
	return row[len(rb)]
}
