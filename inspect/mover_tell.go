package inspect

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// tell says once of parts that are followed that nothing has come for long: they would look like quiet ones. A broker
// that dies leads many, so those lost for the same reason are told of together, when one of them is due.
func (a *fetching) tell(lost []*position) {
	if a.mode != endless {
		return
	}
	for _, same := range byReason(lost) {
		since := same[0].lost.since
		for _, p := range same {
			if p.lost.since.Before(since) {
				since = p.lost.since
			}
		}
		took := time.Since(since)
		if took <= a.Run.Patience() {
			continue
		}
		why := same[0].lost.why
		a.noteAll(same, "its leader has not answered for %s, and asking goes on: %s (%s)", "their leaders have not answered for %s, and asking goes on: %s (%s)", took.Round(time.Second), why.Message, why.Code)
	}
}

// noteAll tells of parts to which the same has happened, in the words for one or for many.
func (a *fetching) noteAll(same []*position, one, many string, args ...any) {
	for _, p := range same {
		p.lost.told = true
	}
	first := same[0]
	if len(same) == 1 {
		a.note(a.feed, first, one, args...)
		return
	}
	text := fmt.Sprintf("%d partitions of %s, %s the first: %s", len(same), a.Topic.Name, a.name(first.part), fmt.Sprintf(many, args...))
	a.feed.put(first.part, body{note: text})
}

// byReason parts those that have not been told of yet by what befell them, all in the order of partitions.
func byReason(lost []*position) [][]*position {
	var found [][]*position
	at := map[string]int{} // in found
	for _, p := range slices.SortedFunc(slices.Values(lost), func(a, b *position) int { return cmp.Compare(a.part, b.part) }) {
		if p.lost.told {
			continue
		}
		reason := p.lost.why.Code + " " + p.lost.why.Message
		if _, known := at[reason]; !known {
			at[reason] = len(found)
			found = append(found, nil)
		}
		found[at[reason]] = append(found[at[reason]], p)
	}
	return found
}
