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
		commit, found := commitOf(b.s.Source, c.TP)
		b.copyFrom(c, commit, found)
	case listed:
		c.moveWithin(t.of(b.g.Name)[c.TP].Position.Offset)
	case planned:
		b.follow(c, t.of(b.g.Name)[c.TP])
	case undone:
		b.revert(c, t.of(b.g.Name)[c.TP])
	case deleted:
		b.delete(c)
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
func (b builder) copyFrom(c *Change, commit cluster.Commit, found bool) {
	from := positionOf(b.s.Source, commit, found)
	switch {
	case commit.Err != nil:
		c.refuse(commit.Err)
	case from == nil:
		c.Result = Unchanged
		c.note(fmt.Sprintf("group %q has no offset for it", b.s.Source.Name))
	default:
		if b.g.Type == cluster.Share { // whose start offsets have nothing beside them
			from = &Position{Offset: from.Offset}
		}
		c.copy(from)
	}
}

// CodeNoCommit is of a partition that is to be moved from where it is, and is nowhere.
const CodeNoCommit = "NO_COMMITTED_OFFSET"

// withoutCommit leaves a partition that has no commit to begin with as it is; one that is named is refused, since what
// was asked for is not so.
func (b builder) withoutCommit(c *Change) {
	const why = "it has no committed offset to start from"
	if b.q.Filter[c.Topic][c.Partition] {
		c.refuse(&cluster.Error{Scope: cluster.ScopePartition, Name: c.TP.String(), Code: CodeNoCommit, Message: why})
		return
	}
	c.Result = Unchanged
	c.note(why)
}
