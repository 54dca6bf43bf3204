package reset

import (
	"fmt"

	"github.com/offsetctl/offsetctl/internal/cluster"
)

// suspicious is from how many commits on, made at distinct times of late by nobody of ours, something is likely to commit
// for a group without being a member of it.
const suspicious = 3

// Suspect reports whether something commits for the group without ever being a member, as Flink and assign() do: it may
// be running, and would not see a change.
func (g *Group) Suspect() bool { return g.Recent >= suspicious }

// Simple reports whether the group only ever committed: whether something is running cannot be seen by its members.
func (g *Group) Simple() bool {
	return g.Type == cluster.Classic && g.Protocol == "" && len(g.Members) == 0 && g.Busy == nil && !g.New
}

// CodeRecent is of a group that something commits for, though it has no members.
const CodeRecent = "RECENT_COMMITS"

// Blocked is why the group would not be changed by Apply whatever its partitions are; nil: it would.
func (g *Group) Blocked(force bool) *cluster.Error {
	switch {
	case g.Busy != nil:
		return g.Busy
	case g.Denied != nil:
		return g.Denied
	case g.Suspect() && !force:
		return &cluster.Error{Scope: cluster.ScopeGroup, Name: g.Name, Code: CodeRecent, Message: fmt.Sprintf("something commits for it without being a member, as Flink and assign() do: %d times in the last %d minutes", g.Recent, int(RecentWithin.Minutes()))}
	}
	return nil
}

// NoteBlocked notes of what is planned for groups that Apply would refuse that it would.
func (p *Plan) NoteBlocked(force bool) {
	for i := range p.Groups {
		g := &p.Groups[i]
		why := "--execute would be refused without --force"
		switch {
		case g.Busy != nil:
			why = "--execute would be refused: the group has members, or they are not known"
		case g.Denied != nil:
			why = "--execute would be refused: " + g.Denied.Message
		}
		blocked := g.Blocked(force) != nil
		for _, c := range g.pending() {
			switch {
			case blocked:
				c.note(why)
			case c.Denied != nil:
				c.note("--execute would be refused: " + c.Denied.Message)
			}
		}
	}
}

// Sendable reports whether there is anything in the plan that Apply would send as things are.
func (p *Plan) Sendable(partial, force bool) bool {
	for i := range p.Groups {
		g := &p.Groups[i]
		if g.allowed(partial) && g.Blocked(force) == nil && !g.spoiled(partial) {
			return true
		}
	}
	return false
}

// Changing reports whether anything of the group is to be sent, if it may be.
func (g *Group) Changing() bool { return len(g.pending()) > 0 }

// pending are the changes of the group that are to be sent.
func (g *Group) pending() []*Change {
	var out []*Change
	for i := range g.Changes {
		if g.Changes[i].Result == Planned && !g.held {
			out = append(out, &g.Changes[i])
		}
	}
	return out
}

// refuse refuses all that is planned for the group.
func (g *Group) refuse(e *cluster.Error) {
	for _, c := range g.pending() {
		c.refuse(e)
	}
}

// hold keeps what is planned for the group from being sent, and says why.
func (g *Group) hold(why string) {
	for _, c := range g.pending() {
		c.note("not sent: " + why)
	}
	g.held = true
}

// refused reports whether any change of the group is refused.
func (g *Group) refused() bool {
	for i := range g.Changes {
		if g.Changes[i].Result == Refused {
			return true
		}
	}
	return false
}

// spoiled reports whether what is refused of the group keeps the rest from being sent. A group cannot be deleted in part:
// a commit that could not be read would go too, and nothing could bring it back.
func (g *Group) spoiled(partial bool) bool { return g.refused() && (g.Delete || !partial) }

// settleRest keeps the rest of the group from being sent where what is refused of it does.
func (g *Group) settleRest(partial bool) {
	if g.spoiled(partial) {
		g.hold("another partition of the group is refused")
	}
}

// judge decides, before anything is sent, what of the plan is.
func (p *Plan) judge(partial, force bool) {
	for i := range p.Groups {
		g := &p.Groups[i]
		if e := g.Blocked(force); e != nil {
			g.refuse(e)
		}
		for _, c := range g.pending() {
			if c.Denied != nil {
				c.refuse(c.Denied)
			}
		}
		g.settleRest(partial)
	}
}

// sending are the groups of which something is to be sent.
func (p *Plan) sending() []*Group {
	var out []*Group
	for i := range p.Groups {
		if p.Groups[i].Changing() {
			out = append(out, &p.Groups[i])
		}
	}
	return out
}
