package cmd

import (
	"fmt"
	"slices"
	"strings"

	"github.com/offsetctl/offsetctl/inspect"
	"github.com/offsetctl/offsetctl/internal/cluster"
)

// looked is what a scan looks at, for whoever wonders why it shows nothing.
type looked struct {
	topic      *cluster.Topic // nil: of files
	partitions int
	nothing    bool // of each partition, since the range ends where it begins
}

func lookedAt(l *inspect.Live) looked {
	something := slices.ContainsFunc(l.Parts, func(p inspect.Part) bool { return p.Start < p.End })
	return looked{&l.Topic, len(l.Parts), !something}
}

func lookedAtFiles(segments []inspect.Segment) looked {
	partitions := map[int32]bool{}
	for _, s := range segments {
		partitions[s.Partition] = true
	}
	return looked{partitions: len(partitions)}
}

// emptyNote says why there is no row, unless what failed or is said anyway does; noun is what a row is of.
func (req inspectRequest) emptyNote(noun string, report inspect.Report, about told) []string {
	if len(report.Errors)+len(report.PastEnd)+len(about.errs)+len(about.notes) > 0 {
		return nil
	}
	if req.looked.partitions == 0 { // the topic is not there, which is said too
		return nil
	}
	where := fmt.Sprintf("in %s of %s", count(req.looked.partitions, "partition"), req.scan.Topic.LogName())
	what := fmt.Sprintf("no %s%s", noun, req.ofNames())
	filters, limits := req.filters()
	switch {
	case req.looked.nothing && len(limits) > 0:
		return []string{fmt.Sprintf("no rows: %s there is nothing in the range of %s", where, strings.Join(limits, " and "))}
	case len(filters)+len(limits) > 0:
		return []string{fmt.Sprintf("no rows: %s %s passes %s", where, what, strings.Join(slices.Concat(filters, limits), " and "))}
	}
	return []string{fmt.Sprintf("no rows: %s there is %s", where, what)}
}

// ofNames are the groups that are named, for after a noun; empty: all.
func (req inspectRequest) ofNames() string {
	switch scope := req.asked.scope; {
	case req.asked.matches:
		return fmt.Sprintf(" of a %s that matches", scope)
	case len(req.groups) == 1:
		return fmt.Sprintf(" of %s %s", scope, req.groups[0])
	case len(req.groups) > 1:
		return fmt.Sprintf(" of the %ss named", scope)
	}
	return ""
}

// filters are the flags that leave records out: those of what a record is, and those of where it is.
func (req inspectRequest) filters() (filters, limits []string) {
	f := req.scan.Filter
	if f.Partition != nil {
		filters = append(filters, "--topic")
	}
	if f.Types != nil {
		filters = append(filters, "--type")
	}
	if req.scan.Range.From.Given() {
		limits = append(limits, "--from")
	}
	if req.scan.Range.To.Given() {
		limits = append(limits, "--to")
	}
	return filters, limits
}

// leftOut says of a group that it is in none of the partitions asked for, which its name tells; empty: it is.
func (req inspectRequest) leftOut(group string) string {
	if req.looked.topic == nil || req.partitions == nil || !req.scan.Topic.StoredByName() {
		return ""
	}
	p, ok := req.looked.topic.OffsetsPartition(group)
	if !ok || req.partitions[p] {
		return ""
	}
	return fmt.Sprintf("%s %s is in partition %d of %s: --partition leaves it out", req.asked.scope, group, p, req.scan.Topic.LogName())
}
