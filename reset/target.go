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
	n     int64    // offset, distance, or milliseconds since 1970
	group string   // whose commits are copied
	file  *listing // nil: it comes from no file
}

// listing is what a file says.
type listing struct {
	at        map[string]map[cluster.TP]At // by group
	refused   map[string][]string          // by group: the topics that a plan refused as a whole; "": the group itself
	share     map[string]bool              // groups that are share groups
	made      map[string]bool              // groups that the change of an undo file made
	ungrouped bool                         // at has one group, "", which stands for whichever is named
	clusterID string                       // empty: not said
}

func newListing() *listing {
	return &listing{at: map[string]map[cluster.TP]At{}, refused: map[string][]string{}, share: map[string]bool{}, made: map[string]bool{}}
}

// group adds a group to a listing, if it is not there, and returns what is listed for it.
func (l *listing) group(name string) map[cluster.TP]At {
	if l.at[name] == nil {
		l.at[name] = map[cluster.TP]At{}
	}
	return l.at[name]
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
	ofCSV
	ofPlan
	ofUndo
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
	return Target{kind: instant, n: cluster.MillisFrom(t)}
}

// FromGroup copies the commits of another group: offset, leader epoch and metadata.
func FromGroup(group string) Target { return Target{kind: copied, group: group} }

// FromCSV are the offsets that Kafka's CSV lists.
func FromCSV(c *CSV) Target {
	file := newListing()
	file.ungrouped = !c.Grouped
	for _, l := range c.Lines {
		file.group(l.Group)[l.TP] = At{Position: &Position{Offset: l.Offset}}
	}
	return Target{kind: ofCSV, file: file}
}

// FromPlan are the items of a plan that was made before. They are carried out only where its cluster, topics and commits
// are still what it says.
func FromPlan(d *Document) Target {
	return fromDocument(ofPlan, d, func(r *Row) At { return At{r.wanted(), r.current(), r.TopicID, r.Result} })
}

// Undoing are the items of an undo file that were sent, or may have been, the other way round.
func Undoing(d *Document) Target {
	moved := *d
	moved.Items = slices.DeleteFunc(slices.Clone(d.Items), func(r Row) bool { return !d.moved(&r) })
	t := fromDocument(ofUndo, &moved, func(r *Row) At { return At{r.current(), r.wanted(), r.TopicID, r.Result} })
	for i := range moved.Items {
		if r := &moved.Items[i]; r.Type == nil && r.CurrentOffset == nil && r.NewOffset != nil {
			t.file.made[r.Group] = true // of one that is there its type is known
		}
	}
	return t
}

func fromDocument(k kind, d *Document, read func(*Row) At) Target {
	file := newListing()
	file.clusterID = d.ClusterID
	for i := range d.Items {
		r := &d.Items[i]
		at := file.group(r.Group)
		switch p := r.part(); {
		case p.topic && p.partition:
			at[p.TP] = read(r)
		case r.Result == Refused: // else it is a group without commits
			file.refused[r.Group] = append(file.refused[r.Group], p.Topic)
		}
		if r.Type != nil && *r.Type == string(cluster.Share) {
			file.share[r.Group] = true
		}
	}
	return Target{kind: k, file: file}
}

// ToNothing deletes commits.
func ToNothing() Target { return Target{kind: deleted} }

// ToNoGroup deletes groups with all their commits.
func ToNoGroup() Target { return Target{kind: removed} }

// deletes reports whether it takes commits away, for which no log need be asked.
func (t Target) deletes() bool { return t.kind == deleted || t.kind == removed }

// made is a group that does not exist yet, of the type that it is to have.
func (t Target) made(group string) cluster.Group {
	g := cluster.Group{Name: group}
	if t.file != nil && t.file.share[group] {
		g.Type = cluster.Share // made by setting its start offsets; all others are made by a commit
	}
	return g
}

// of is what a file lists for a group.
func (t Target) of(group string) map[cluster.TP]At {
	switch {
	case t.file == nil:
		return nil
	case t.file.ungrouped:
		return t.file.at[""]
	}
	return t.file.at[group]
}

// lists reports whether the target says which partitions there are.
func (t Target) lists() bool { return t.file != nil || t.kind == copied }

// FromDocument reports whether the target is a plan or an undo file, which say what was committed before.
func (t Target) FromDocument() bool { return t.kind == ofPlan || t.kind == ofUndo }

// Ungrouped reports whether the target is a file that does not say which group it is for.
func (t Target) Ungrouped() bool { return t.file != nil && t.file.ungrouped }

// Groups are the groups that a file lists, sorted; nil where the target comes from no file, or that does not say.
func (t Target) Groups() []string {
	if t.file == nil || t.file.ungrouped {
		return nil
	}
	return slices.Sorted(maps.Keys(t.file.at))
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
