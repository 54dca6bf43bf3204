package reset

import (
	"maps"
	"math"
	"slices"
	"time"

	"github.com/offsetctl/offsetctl/internal/cluster"
)

// Target is where partitions are to be put. The zero Target is none.
type Target struct {
	kind  kind
	n     int64                        // offset, distance, or milliseconds since 1970
	group string                       // whose commits are copied
	given map[string]map[cluster.TP]At // by group; nil: it comes from no file

	refused map[string][]string // by group: the topics that a plan refused as a whole; empty: the group itself

	share map[string]bool // groups of given that a file says to be share groups

	ungrouped bool   // given is of one group, whichever is named
	clusterID string // of a plan or an undo file; empty: not said
}

type kind int

const (
	none kind = iota
	earliest
	latest
	current
	offset
	shift
	instant
	copied
	listed
	planned
	undone
	deleted
	removed
)

// At is where one partition of one group is to be put.
type At struct {
	Position *Position // nil: none; what that means depends on the target
	was      *Position // of a plan: what was committed when it was made; of an undo file: what the change made
	topicID  *string   // likewise; nil: not said
	result   Result    // likewise
}

// ToEarliest is the start of the log.
func ToEarliest() Target { return Target{kind: earliest} }

// ToLatest is the end of the log: the next record that is written.
func ToLatest() Target { return Target{kind: latest} }

// ToCurrent is what is committed, as it is.
func ToCurrent() Target { return Target{kind: current} }

// ToOffset is an offset, or the end of the log that is next to it.
func ToOffset(n int64) Target { return Target{kind: offset, n: n} }

// ShiftBy is so many records after, or before, what is committed, or the end of the log that is next to that.
func ShiftBy(n int64) Target { return Target{kind: shift, n: n} }

// ToTime is the first record whose timestamp is t or later; the log end if there is none.
func ToTime(t time.Time) Target {
	ms := t.UnixMilli()
	if t.After(time.UnixMilli(ms)) { // no record of that millisecond is as late
		ms++
	}
	return Target{kind: instant, n: ms}
}

// FromGroup copies the commits of another group: offset, leader epoch and metadata.
func FromGroup(group string) Target { return Target{kind: copied, group: group} }

// FromCSV are the offsets that Kafka's CSV lists.
func FromCSV(c *CSV) Target {
	t := Target{kind: listed, given: map[string]map[cluster.TP]At{}, ungrouped: !c.Grouped}
	for _, l := range c.Lines {
		t.give(l.Group, l.TP, At{Position: &Position{Offset: l.Offset}})
	}
	return t
}

// FromPlan are the items of a plan that was made before. They are carried out only where its cluster, topics and commits
// are still what it says.
func FromPlan(d *Document) Target {
	return fromDocument(planned, d, func(r *Row) At { return At{r.wanted(), r.current(), r.TopicID, r.Result} })
}

// Undoing are the items of an undo file that were sent, or may have been, the other way round.
func Undoing(d *Document) Target {
	moved := *d
	moved.Items = slices.DeleteFunc(slices.Clone(d.Items), func(r Row) bool { return !d.moved(&r) })
	return fromDocument(undone, &moved, func(r *Row) At { return At{r.current(), r.wanted(), r.TopicID, r.Result} })
}

func fromDocument(k kind, d *Document, read func(*Row) At) Target {
	t := Target{kind: k, given: map[string]map[cluster.TP]At{}, refused: map[string][]string{}, share: map[string]bool{}, clusterID: d.ClusterID}
	for i := range d.Items {
		r := &d.Items[i]
		if t.given[r.Group] == nil {
			t.given[r.Group] = map[cluster.TP]At{}
		}
		switch p := r.part(); {
		case p.topic && p.partition:
			t.given[r.Group][p.TP] = read(r)
		case r.Result == Refused: // else it is a group without commits
			t.refused[r.Group] = append(t.refused[r.Group], p.Topic)
		}
		if r.Type != nil && *r.Type == string(cluster.Share) {
			t.share[r.Group] = true
		}
	}
	return t
}

// ToNothing deletes commits.
func ToNothing() Target { return Target{kind: deleted} }

// ToNoGroup deletes groups with all their commits.
func ToNoGroup() Target { return Target{kind: removed} }

func (t Target) give(group string, tp cluster.TP, at At) {
	if t.given[group] == nil {
		t.given[group] = map[cluster.TP]At{}
	}
	t.given[group][tp] = at
}

// deletes reports whether it takes commits away, for which no log need be asked.
func (t Target) deletes() bool { return t.kind == deleted || t.kind == removed }

// made is a group that does not exist yet, of the type that it is to have.
func (t Target) made(group string) cluster.Group {
	g := cluster.Group{Name: group}
	if t.share[group] {
		g.Type = cluster.Share // made by setting its start offsets; all others are made by a commit
	}
	return g
}

// of is what a file lists for a group.
func (t Target) of(group string) map[cluster.TP]At {
	if t.ungrouped {
		return t.given[""]
	}
	return t.given[group]
}

// FromDocument reports whether the target is a plan or an undo file, which say what was committed before.
func (t Target) FromDocument() bool { return t.kind == planned || t.kind == undone }

// Ungrouped reports whether the target is a file that does not say which group it is for.
func (t Target) Ungrouped() bool { return t.ungrouped }

// Groups are the groups that a file lists, sorted; nil where the target comes from no file, or that does not say.
func (t Target) Groups() []string {
	if t.ungrouped || t.given == nil {
		return nil
	}
	return slices.Sorted(maps.Keys(t.given))
}

// Lists reports whether a file has a row for a group in the partitions of a filter.
func (t Target) Lists(group string, f cluster.Filter) bool {
	for tp := range t.of(group) {
		if f.Has(tp) {
			return true
		}
	}
	return false
}

// Source is the group that is copied; false: none is.
func (t Target) Source() (string, bool) { return t.group, t.kind == copied }

// specs are what must be asked of each log.
func (t Target) specs() []cluster.Spec {
	if t.deletes() {
		return nil
	}
	specs := []cluster.Spec{cluster.LogStart, cluster.LogEnd}
	if t.kind == instant {
		specs = append(specs, cluster.At(t.n))
	}
	return specs
}

// clamp is an offset, or the end of the log that is next to it.
func clamp(n, start, end int64) int64 { return max(min(n, end), start) }

// add is a + b, or the largest or smallest number where that is beyond.
func add(a, b int64) int64 {
	sum := a + b
	switch {
	case b > 0 && sum < a:
		return math.MaxInt64
	case b < 0 && sum > a:
		return math.MinInt64
	}
	return sum
}
