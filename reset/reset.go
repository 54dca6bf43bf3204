// Package reset moves the committed offsets of groups. Every change is a [Plan] first, which [Build] makes of what was
// read and changes nothing; [Apply] carries it out and reads back what became of it; a [Document] is the plan, or what
// undoes it, on disk.
//
// Rules that hold for every command:
//   - A partition asked for is a row, whatever became of it; one that cannot be changed is refused, never left out.
//   - A group is all or nothing until something is sent, unless a part is asked for.
//   - Nothing is sent before what undoes it is on disk, nor when a commit is not what the plan says any more.
//   - A change has been applied when reading it back says so, and not before.
package reset

import (
	"slices"

	"github.com/offsetctl/offsetctl/internal/cluster"
)

// Position is what is committed for a partition: the next offset to read, and what the committer added to it.
type Position struct {
	Offset      int64
	LeaderEpoch *int32 // of the record before it; nil: not given
	Metadata    string
}

// equal reports whether two positions are the same to the byte. Both may be nil: no commit.
func (p *Position) equal(other *Position) bool {
	if p == nil || other == nil {
		return p == other
	}
	return p.Offset == other.Offset && p.Metadata == other.Metadata && epoch(p.LeaderEpoch) == epoch(other.LeaderEpoch)
}

// epoch is a leader epoch as Kafka has it, where −1 is none.
func epoch(e *int32) int32 {
	if e == nil {
		return -1
	}
	return *e
}

// Result is what became of one change.
type Result string

// The results. Planned and Unchanged are also those of a plan that is not carried out.
const (
	Planned   Result = "planned"   // to be sent, or not sent in the end: the note says why
	Unchanged Result = "unchanged" // it is so already, or there is nothing to change
	Refused   Result = "refused"   // by offsetctl, before anything was sent
	Applied   Result = "applied"   // sent, and read back
	Failed    Result = "failed"    // sent, and it is not so
	Unknown   Result = "unknown"   // sent without an answer, and it could not be read back
)

// Change is what is to become of one partition of a group.
type Change struct {
	cluster.TP
	// Whole says that the change is of a topic that is not there, or, with no topic, of the group itself: the
	// partition means nothing.
	Whole   bool
	TopicID cluster.TopicID // zero: unknown

	Current *Position // nil: no commit
	New     *Position // nil: the commit is deleted; of what is Unchanged or Refused also that there is none

	LogStart, LogEnd *int64 // nil: unknown

	Result Result
	Notes  []string
	Err    *cluster.Error

	// Denied is why the broker would refuse to change it to this user. nil: it would not, or that is not known.
	Denied *cluster.Error

	unanswered bool // it was sent, and may be carried out later than it is read back
}

func (c *Change) note(text string) { c.Notes = append(c.Notes, text) }

// refuse makes the change one that is not sent.
func (c *Change) refuse(e *cluster.Error) { c.Result, c.Err = Refused, e }

// Group is a group of a plan and what is to change of it.
type Group struct {
	Name        string
	Type        cluster.GroupType // empty: unknown, as of one that does not exist yet
	Protocol    string
	Members     []cluster.Member
	Coordinator *cluster.Broker // nil: unknown

	New     bool // it does not exist yet
	Delete  bool // the group itself goes, and with it all its commits
	Changes []Change

	// Busy is why the group must not be changed now: it has members, or they are not known. nil: it may.
	Busy *cluster.Error
	// Commits and Deletes say what is planned for it: commits are made, or deleted. Neither: nothing.
	Commits, Deletes bool
	// Denied is why the coordinator would refuse to change it to this user. nil: it would not, or that is not known.
	Denied *cluster.Error
	// Unseen says that the group goes for a user who is not allowed everything: commits of topics that it may not describe, which
	// brokers leave out without a word, go too, and undo does not have them.
	Unseen bool
	// Recent is how often others committed of late for a group that never had members; see Suspect.
	Recent int

	held bool // what is planned for it is not sent
}

// Plan is what a command is to change, and after Apply what became of it.
type Plan struct {
	ClusterID string
	Groups    []Group          // sorted by name
	Errors    []*cluster.Error // what concerns no row
}

// Counts says how many changes have each result.
func (p *Plan) Counts() map[Result]int {
	n := map[Result]int{}
	for i := range p.Groups {
		for k := range p.Groups[i].Changes {
			n[p.Groups[i].Changes[k].Result]++
		}
	}
	return n
}

// DropEmpty takes out the groups of which nothing is in scope.
func (p *Plan) DropEmpty() {
	p.Groups = slices.DeleteFunc(p.Groups, func(g Group) bool { return len(g.Changes) == 0 })
}

// Failure is an error of a plan, and the group that it is of; empty: of none in particular.
type Failure struct {
	Group string
	*cluster.Error
}

// Failures are all errors of the plan: what concerns no row, and the rows', each once.
func (p *Plan) Failures() []Failure {
	var all []Failure
	for _, e := range p.Errors {
		all = append(all, Failure{Error: e})
	}
	type key struct{ group, scope, name, code, message string }
	told := map[key]bool{}
	for i := range p.Groups {
		g := &p.Groups[i]
		for k := range g.Changes {
			e := g.Changes[k].Err
			if e == nil {
				continue
			}
			if is := (key{g.Name, string(e.Scope), e.Name, e.Code, e.Message}); !told[is] {
				told[is] = true
				all = append(all, Failure{g.Name, e})
			}
		}
	}
	return all
}
