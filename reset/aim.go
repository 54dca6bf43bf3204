package reset

import (
	"fmt"

	"github.com/offsetctl/offsetctl/internal/cluster"
)

// aim says where a partition whose log is known is put.
func (b builder) aim(c *Change, log cluster.Log) {
	t := b.q.Target
	switch t.kind {
	case earliest:
		c.moveTo(*log.Start)
	case latest:
		c.moveTo(*log.End)
	case offset:
		c.moveWithin(t.n)
	case shift:
		if c.Current == nil {
			b.withoutCommit(c)
			return
		}
		c.moveWithin(add(c.Current.Offset, t.n))
	case instant:
		c.moveToRecord(log.Times[cluster.At(t.n)])
	case current:
		if c.Current == nil {
			b.withoutCommit(c)
			return
		}
		c.copy(c.Current)
	case copied:
		b.copyFrom(c)
	case ofCSV, ofPlan, ofUndo:
		b.aimAt(c, t.of(b.g.Name))
	case deleted:
		b.delete(c)
	}
	if b.g.Type == cluster.Share && c.New != nil {
		c.New = &Position{Offset: c.New.Offset} // a start offset has nothing beside it
	}
}

// codeNotListed is of a partition that is named and that the file, or the group that is copied, does not have.
const codeNotListed = "NOT_IN_SOURCE"

// aimAt puts a partition where a file says.
func (b builder) aimAt(c *Change, file map[cluster.TP]At) {
	at, ok := file[c.TP]
	switch {
	case !ok:
		c.refuse(&cluster.Error{Scope: cluster.ScopePartition, Name: c.TP.String(), Code: codeNotListed, Message: "the file has no row for it"})
	case b.q.Target.kind == ofCSV:
		c.moveWithin(at.Position.Offset)
	case b.q.Target.kind == ofPlan:
		b.follow(c, at)
	default:
		b.revert(c, at)
	}
}

// moveTo puts the partition at an offset. What the committer added stays where the offset does: it describes the record
// before.
func (c *Change) moveTo(n int64) {
	if c.Current != nil && c.Current.Offset == n {
		c.New = c.Current
		return
	}
	c.New = &Position{Offset: n}
}

// moveWithin puts the partition at an offset, or at the end of the log that is next to it.
func (c *Change) moveWithin(n int64) {
	at := clamp(n, *c.LogStart, *c.LogEnd)
	switch {
	case at > n:
		c.note(fmt.Sprintf("%d is before the log start", n))
	case at < n:
		c.note(fmt.Sprintf("%d is past the log end", n))
	}
	c.moveTo(at)
}

// moveToRecord puts the partition at a record found by its time; nil: there is none as late.
func (c *Change) moveToRecord(m *cluster.Moment) {
	switch {
	case m != nil:
		c.moveTo(m.Offset)
		if c.Current != nil && m.Offset > c.Current.Offset {
			c.note(fmt.Sprintf("forward: %d records are passed over", m.Offset-max(c.Current.Offset, *c.LogStart)))
		}
		return
	case *c.LogStart == *c.LogEnd:
		c.note("the partition is empty: the log end")
	default:
		c.note("no record is as late: the log end")
	}
	c.moveTo(*c.LogEnd)
}

// copy puts the partition where another commit is, with all that was added to it.
func (c *Change) copy(p *Position) {
	c.New = p
	switch {
	case c.LogStart == nil || c.LogEnd == nil:
		c.note("its log cannot be asked")
	case p.Offset < *c.LogStart:
		c.note("before the log start")
	case p.Offset > *c.LogEnd:
		c.note("past the log end")
	}
}

// copyFrom puts the partition where another group has it.
func (b builder) copyFrom(c *Change) {
	var commit cluster.Commit
	found := false
	if b.s.Source != nil {
		commit, found = b.s.Source.Commit(c.TP)
	}
	switch {
	case commit.Err != nil:
		c.refuse(commit.Err)
	case !found || commit.Offset < 0:
		b.leave(c, codeNotListed, fmt.Sprintf("group %q has no offset for it", b.q.Target.group))
	default:
		if commit.Pending {
			c.note(fmt.Sprintf("group %q has a transaction open with another commit", b.q.Target.group))
		}
		c.copy(positionOf(b.s.Source, commit, true))
	}
}

// CodeNoCommit is of a partition that is to be moved from where it is, and is nowhere.
const CodeNoCommit = "NO_COMMITTED_OFFSET"

// withoutCommit leaves a partition that has no commit to begin with as it is.
func (b builder) withoutCommit(c *Change) {
	b.leave(c, CodeNoCommit, "it has no committed offset to start from")
}

// leave leaves a partition as it is for which there is no place to put it to; one that is named is refused, since what was
// asked for is not so.
func (b builder) leave(c *Change, code, why string) {
	if b.q.Filter[c.Topic][c.Partition] {
		c.refuse(&cluster.Error{Scope: cluster.ScopePartition, Name: c.TP.String(), Code: code, Message: why})
		return
	}
	c.Result = Unchanged
	c.note(why)
}
