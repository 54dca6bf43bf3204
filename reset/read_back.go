package reset

import (
	"context"
	"fmt"
	"slices"

	"github.com/offsetctl/offsetctl/internal/cluster"
)

// readBack sees what became of the changes that were sent. It asks brokers again that did not answer before: what was
// sent to them may have been carried out.
func readBack(ctx context.Context, run *cluster.Run, groups []*Group) {
	var sent []*Group
	for _, g := range groups {
		unknown := g.unknown()
		if len(unknown) > 0 {
			sent = append(sent, g)
		}
		if slices.ContainsFunc(unknown, func(c *Change) bool { return c.Err != nil }) {
			g.Coordinator = nil // it did not answer, and another broker may have taken its place
		}
	}
	run.Forget()
	var gone []*Group
	for _, g := range sent {
		if g.Delete {
			gone = append(gone, g)
		}
	}
	described, commits := look(ctx, run, gone, sent)
	for _, g := range sent {
		now := commits[g.Name]
		for _, c := range g.unknown() {
			switch {
			case now.Err != nil:
				c.unread(now.Err)
			case g.Delete:
				c.removed(now.Items, described[g.Name])
			default:
				c.settle(g, now.Items)
			}
		}
	}
}

// unknown are the changes that were sent and are to be read back.
func (g *Group) unknown() []*Change {
	var out []*Change
	for i := range g.Changes {
		if g.Changes[i].Result == Unknown {
			out = append(out, &g.Changes[i])
		}
	}
	return out
}

// codeNotApplied is of a change that was sent and is not what is there now.
const codeNotApplied = "NOT_APPLIED"

// unread is a change that could not be read back: what the broker said of it, if it did, is all there is to know.
func (c *Change) unread(e *cluster.Error) {
	if c.Err == nil {
		c.Err = e.Of(cluster.ScopePartition, c.TP.String())
		c.Err.Message = "the broker took it, and it could not be read back: " + c.Err.Message
		return
	}
	c.note("reading it back failed: " + e.Message)
}

// settle compares a change with what is committed now.
func (c *Change) settle(g *Group, commits []cluster.Commit) {
	now := cluster.Group{Name: g.Name, Type: g.Type, Commits: commits}
	commit, found := now.Commit(c.TP)
	is := positionOf(&now, commit, found)
	switch {
	case found && commit.Err != nil:
		c.unread(commit.Err)
	case is.equal(c.New):
		c.applied()
	case c.Err != nil: // sent without an answer, and not there
		c.Result = Failed
		c.note(fmt.Sprintf("read back: it is at %s", is))
	default:
		c.Result = Failed
		c.Err = &cluster.Error{Scope: cluster.ScopePartition, Name: c.TP.String(), Code: codeNotApplied, Message: fmt.Sprintf("the broker took it, and right after it is at %s: something else commits for the group", is)}
	}
}

func (c *Change) applied() {
	c.Result = Applied
	if c.Err != nil {
		c.note("the broker did not answer; it was read back")
		c.Err = nil
	}
}

// removed compares the deletion of a group with what is there now.
func (c *Change) removed(commits []cluster.Commit, d cluster.Described) {
	switch {
	case len(commits) == 0 && d.NotFound():
		c.applied()
	case d.Err != nil && !d.NotFound():
		c.unread(d.Err)
	case c.Err != nil:
		c.Result = Failed
		c.note("read back: the group is still there")
	default:
		c.Result = Failed
		c.Err = &cluster.Error{Scope: cluster.ScopeGroup, Name: d.Group, Code: codeNotApplied, Message: "the broker deleted it, and right after it is there again: something commits for it"}
	}
}
