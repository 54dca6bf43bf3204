package reset

import (
	"testing"

	"github.com/offsetctl/offsetctl/internal/cluster"
)

func TestCompare(t *testing.T) {
	unreadable := commitAt("orders:0", 20)
	unreadable.Err = broken("orders:0", "UNSTABLE_OFFSET_COMMIT")
	const (
		go0 = `g orders:0 | 20 e3 "m" → 10 -10 | 10…100 | planned`
		go1 = `g orders:1 | - → 0 | 0…50 | planned`
		is2 = `g orders:2 | 7 → 7 +0 | 7…7 | unchanged`
		no0 = `g orders:0 | 20 e3 "m" → 10 -10 | 10…100 | refused | `
		was = `PLAN_IS_STALE partition orders:0: it was at 20 (leader epoch 3) (metadata "m") when the plan was made, and is at `
	)
	for name, c := range map[string]struct {
		now  []cluster.Commit
		want []string
	}{
		"as it was":        {[]cluster.Commit{full("orders:0", 20), commitAt("orders:2", 7)}, []string{go0, go1, is2}},
		"−1 is no commit":  {[]cluster.Commit{full("orders:0", 20), commitAt("orders:1", -1), commitAt("orders:2", 7)}, []string{go0, go1, is2}},
		"what is not sent": {[]cluster.Commit{full("orders:0", 20), commitAt("orders:2", 8), commitAt("payments:0", 1)}, []string{go0, go1, is2}},
		"moved":            {[]cluster.Commit{full("orders:0", 21)}, []string{no0 + was + `21 (leader epoch 3) (metadata "m") now`, go1, is2}},
		"other metadata":   {[]cluster.Commit{commitAt("orders:0", 20)}, []string{no0 + was + `20 now`, go1, is2}},
		"gone":             {nil, []string{no0 + was + `no commit now`, go1, is2}},
		"came":             {[]cluster.Commit{full("orders:0", 20), commitAt("orders:1", 5)}, []string{go0, `g orders:1 | - → 0 | 0…50 | refused | PLAN_IS_STALE partition orders:1: it was at no commit when the plan was made, and is at 5 now`, is2}},
		"cannot be read":   {[]cluster.Commit{unreadable}, []string{no0 + `UNSTABLE_OFFSET_COMMIT partition orders:0: it failed`, go1, is2}},
	} {
		t.Run(name, func(t *testing.T) {
			p := build(t, world(stopped("g", full("orders:0", 20), commitAt("orders:2", 7))), asked(ToEarliest(), "orders"))
			p.Groups[0].compare(c.now)
			same(t, c.want, lines(p))
		})
	}
}

// What is committed since the plan would be deleted with the group, and no undo file has it.
func TestCompareOfAGroupThatIsToGo(t *testing.T) {
	s := world(stopped("g", commitAt("orders:0", 20)), stopped("none"))
	s.Logs = nil
	p := build(t, s, asked(ToNoGroup()))
	p.Groups[0].compare([]cluster.Commit{commitAt("orders:0", 20), commitAt("orders:2", -1)})
	p.Groups[1].compare(nil)
	same(t, []string{`g orders:0 | 20 → - | planned`, `none | - → - | planned | it has no commits that this user may see`}, lines(p))
	p.Groups[0].compare([]cluster.Commit{commitAt("orders:0", 20), commitAt("orders:1", 5)})
	p.Groups[1].compare([]cluster.Commit{commitAt("orders:0", 5)})
	same(t, []string{
		`g orders:0 | 20 → - | refused | PLAN_IS_STALE partition orders:1: it was at no commit when the plan was made, and is at 5 now`,
		`none | - → - | refused | it has no commits that this user may see | PLAN_IS_STALE partition orders:0: it was at no commit when the plan was made, and is at 5 now`,
	}, lines(p))
}

func TestJoined(t *testing.T) {
	is := func(g cluster.Group) cluster.Described {
		return cluster.Described{Group: "g", Type: g.Type, Protocol: g.Protocol, Assignor: g.Assignor, Members: g.Members}
	}
	failed := func(code string) cluster.Described {
		return cluster.Described{Group: "g", Err: &cluster.Error{Scope: cluster.ScopeGroup, Name: "g", Code: code, Message: "it failed"}}
	}
	for name, c := range map[string]struct {
		was  cluster.Group
		is   cluster.Described
		want string
	}{
		"stopped still":       {stopped("g"), is(stopped("g")), ""},
		"joined":              {stopped("g"), is(live(1)), "group g: it has a member (app-0 at 10.0.0.1): stop it first (NON_EMPTY_GROUP)"},
		"a Connect worker":    {stopped("g"), is(of(live(1), cluster.Classic, "connect")), "group g: it is the group of Connect workers, which keeps no offsets; those of a sink connector are in the group connect-NAME (NON_EMPTY_GROUP)"},
		"the same members":    {live(2), is(live(2)), ""},
		"left":                {live(1), is(stopped("g")), ""},
		"another one joined":  {live(1), is(live(2)), "group g: it has 2 members (app-0 at 10.0.0.1, …): stop them first (NON_EMPTY_GROUP)"},
		"deleted":             {stopped("g"), failed("GROUP_ID_NOT_FOUND"), ""},
		"cannot be described": {stopped("g"), failed("COORDINATOR_NOT_AVAILABLE"), "group g: whether it has members is not known: it failed (COORDINATOR_NOT_AVAILABLE)"},
	} {
		t.Run(name, func(t *testing.T) {
			g := Group{Name: c.was.Name, Type: c.was.Type, Protocol: c.was.Protocol, Members: c.was.Members}
			same(t, c.want, text(joined(&g, c.is)))
		})
	}
}
