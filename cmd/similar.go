package cmd

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/offsetctl/offsetctl/internal/cluster"
)

// missing names a group or topic that does not exist.
type missing struct {
	scope cluster.Scope
	name  string
}

// similar looks for names close to those of groups and topics that do not exist, and returns a hint for
// each that has any. Only to help: what cannot be listed is not missed. groups are those of the cluster; nil: they are
// asked for.
func (s *session) similar(ctx context.Context, run *cluster.Run, errs []*cluster.Error, groups []string) map[missing]string {
	hints := map[missing]string{}
	lists := map[cluster.Scope][]string{}
	if groups != nil {
		lists[cluster.ScopeGroup] = groups
	}
	for _, e := range errs {
		known := e.Scope == cluster.ScopeGroup && e.Code == "GROUP_ID_NOT_FOUND" || e.Scope == cluster.ScopeTopic && e.UnknownTopic()
		if !known || e.Name == "" || strings.ContainsAny(e.Name, ",*?[") { // a list or a pattern has a hint of its own
			continue
		}
		if _, asked := lists[e.Scope]; !asked {
			lists[e.Scope] = existingNames(ctx, run, e.Scope)
		}
		if hint := didYouMean(e.Name, lists[e.Scope]); hint != "" {
			hints[missing{e.Scope, e.Name}] = hint
		}
		if len(hints) == 3 { // each is compared with every name there is
			break
		}
	}
	return hints
}

func existingNames(ctx context.Context, run *cluster.Run, scope cluster.Scope) []string {
	if scope == cluster.ScopeTopic {
		names, _ := run.TopicNames(ctx)
		return names
	}
	listed, _ := run.ListGroups(ctx)
	return groupNamesOf(listed)
}

// groupNamesOf are the names of groups, not nil, without the empty one, which is close to all short names.
func groupNamesOf(listed []cluster.Listed) []string {
	names := []string{}
	for _, l := range listed {
		if l.Group != "" {
			names = append(names, l.Group)
		}
	}
	return names
}

// didYouMean asks for the names that are close to one that is not there; empty: none is.
func didYouMean(name string, names []string) string {
	if near := closest(name, names); len(near) > 0 {
		return "did you mean " + strings.Join(near, ", ") + "?"
	}
	return ""
}

// closest returns up to three of the names that differ from name in case, by a part left out, or by a
// typing mistake or two.
func closest(name string, names []string) []string {
	type candidate struct {
		name           string
		rank, distance int
	}
	var found []candidate
	for _, n := range names {
		a, b := strings.ToLower(name), strings.ToLower(n)
		c := candidate{name: n, distance: distance(a, b)}
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
