package cmd

import (
	"context"
	"fmt"
	"slices"

	"github.com/offsetctl/offsetctl/internal/cluster"
)

// existing are the names that a cluster has now. nil: they are not known.
type existing struct {
	groups  []string
	missing []string // of the topics asked for
	topics  []string // all, where one is missing
}

// notesOfAbsent say of what is followed by name that it is not there: a name may be misspelt, and then nothing ever
// comes. It is no failure, since it may be created yet.
func (s *session) notesOfAbsent(ctx context.Context, req inspectRequest) []string {
	var now existing
	byGroup := req.asked.groups != nil || req.asked.matches
	if byGroup && req.asked.scope == cluster.ScopeGroup {
		listed, errs := req.run.ListGroups(ctx)
		if len(errs) == 0 { // else the group may be on the broker that has not answered
			now.groups = groupNamesOf(listed)
		}
	}
	if len(req.asked.topics) > 0 {
		for _, t := range req.run.Topics(ctx, unseenIn(req.asked.topics)) {
			if t.Err.UnknownTopic() {
				now.missing = append(now.missing, t.Name)
			}
		}
	}
	if len(now.missing) > 0 {
		now.topics = existingNames(ctx, req.run, cluster.ScopeTopic)
	}
	notes := now.notes(req.asked)
	for _, g := range req.groups {
		if left := req.leftOut(g); left != "" {
			notes = append(notes, left)
		}
	}
	return bounded(notes)
}

func (e existing) notes(asked *wantedNames) (notes []string) {
	if e.groups != nil {
		for _, g := range unseenIn(asked.groups) {
			if g != "" && !slices.Contains(e.groups, g) { // groupNamesOf leaves the empty name out
				notes = append(notes, fmt.Sprintf("the cluster has no group %s now; what comes of it is shown%s", g, orFile(g, meant(g, e.groups))))
			}
		}
		if match, err := wholeName(asked.match); asked.matches && err == nil && !slices.ContainsFunc(e.groups, match) {
			notes = append(notes, "the cluster has no group that matches now"+wholeNameHint(asked.match))
		}
	}
	for _, t := range e.missing {
		notes = append(notes, fmt.Sprintf("the cluster has no topic %s now; commits for it are shown should any come%s", t, meant(t, e.topics)))
	}
	return notes
}

// orFile is meant, or what else is where the name is a path.
func orFile(name, meant string) string {
	if hint := meantFile([]string{name}); hint != "" {
		return "; " + hint
	}
	return meant
}

// meant is didYouMean for the end of a note.
func meant(name string, names []string) string {
	if hint := didYouMean(name, names); hint != "" {
		return "; " + hint
	}
	return ""
}
