package cmd

import (
	"fmt"
	"slices"

	"github.com/offsetctl/offsetctl/inspect"
	"github.com/offsetctl/offsetctl/internal/cluster"
)

const maxLatestNotes = 20 // of one kind

// latestNotes say what a person should know of the rows.
func latestNotes(rows []inspect.LatestCommit) []string {
	return slices.Concat(bounded(recreated(rows)), bounded(notUnderstood(rows)))
}

// bounded keeps the first notes of a kind and counts the others.
func bounded(notes []string) []string {
	if more := len(notes) - maxLatestNotes; more > 0 {
		return append(notes[:maxLatestNotes:maxLatestNotes], fmt.Sprintf("and %d more like the last", more))
	}
	return notes
}

// recreated names the commits, by group and topic, of a topic that has been created anew since.
func recreated(rows []inspect.LatestCommit) (notes []string) {
	last := ""
	for _, r := range rows {
		if r.TopicRecreated == nil || !*r.TopicRecreated {
			continue
		}
		note := fmt.Sprintf("group %s: its commits for topic %s are from before that topic was deleted and created anew", r.Group, r.Topic)
		if note != last { // the rows are sorted
			notes = append(notes, note)
		}
		last = note
	}
	return notes
}

// notUnderstood says why rows have no offset, or a pending one has none.
func notUnderstood(rows []inspect.LatestCommit) (notes []string) {
	for _, r := range rows {
		if r.Error != nil && !r.Incomplete { // which is an error of the partition
			notes = append(notes, fmt.Sprintf("group %s, %s: its commit is not understood: %s", r.Group, cluster.TP{Topic: r.Topic, Partition: r.Partition}, *r.Error))
		}
	}
	return notes
}

// unknownTopics say of which topics it could not be found out whether they were created anew.
func unknownTopics(errs []*cluster.Error) []string {
	var notes []string
	for _, e := range errs {
		notes = append(notes, fmt.Sprintf("whether topic %s was created anew since the commits is not known: %s (%s)", e.Name, e.Message, e.Code))
	}
	return bounded(notes)
}

// withoutCommit says of groups that are named that they have records, but none that makes a row.
func withoutCommit(req inspectRequest, rows []inspect.LatestCommit) (notes []string) {
	shown := map[string]bool{}
	for _, r := range rows {
		shown[r.Group] = true
	}
	why := "its records add up to no commit; inspect without --latest shows them"
	if req.scan.Filter.Partition != nil {
		why = "it has no commit for what --topic selects"
	}
	for _, g := range req.groups {
		if req.asked.groups[g] && !shown[g] {
			notes = append(notes, fmt.Sprintf("group %s: %s", g, why))
		}
	}
	return bounded(notes)
}
