package reset

import (
	"testing"

	"github.com/offsetctl/offsetctl/internal/cluster"
)

// sentTo is a plan that has been sent: orders:0 from 20 to 30, or deleted. e is what the broker did not say.
func sentTo(t *testing.T, target Target, e *cluster.Error) (*Plan, *Change) {
	s := world(stopped("g", full("orders:0", 20)))
	p := build(t, s, asked(target, "orders:0"))
	c := &p.Groups[0].Changes[0]
	c.LogStart, c.LogEnd = nil, nil
	take([]*Change{c}, []cluster.Outcome{{TP: c.TP, Err: e, Unknown: e != nil}})
	return p, c
}

func TestSettle(t *testing.T) {
	noAnswer := broken("orders:0", "REQUEST_TIMED_OUT")
	unreadable := commitAt("orders:0", 30)
	unreadable.Err = &cluster.Error{Scope: cluster.ScopePartition, Name: "orders:0", Code: "UNSTABLE_OFFSET_COMMIT", Message: "a transaction is open"}
	const (
		move    = `g orders:0 | 20 e3 "m" → 30 +10 | `
		gone    = `g orders:0 | 20 e3 "m" → - | `
		against = ` | NOT_APPLIED partition orders:0: the broker took it, and right after it is at `
		else_   = `: something else commits for the group`
		silent  = ` | REQUEST_TIMED_OUT partition orders:0: it failed`
	)
	for name, c := range map[string]struct {
		target Target
		err    *cluster.Error
		now    []cluster.Commit
		want   string
	}{
		"there":                          {ToOffset(30), nil, []cluster.Commit{commitAt("orders:0", 30)}, move + "applied"},
		"there, without an answer":       {ToOffset(30), noAnswer, []cluster.Commit{commitAt("orders:0", 30)}, move + "applied | the broker did not answer; it was read back"},
		"not there":                      {ToOffset(30), nil, []cluster.Commit{commitAt("orders:0", 35)}, move + "failed" + against + "35" + else_},
		"not there at all":               {ToOffset(30), nil, []cluster.Commit{commitAt("orders:1", 30)}, move + "failed" + against + "no commit" + else_},
		"not there, without an answer":   {ToOffset(30), noAnswer, []cluster.Commit{full("orders:0", 20)}, move + `failed | read back: it is at 20 (leader epoch 3) (metadata "m")` + silent},
		"other metadata":                 {ToOffset(30), nil, []cluster.Commit{full("orders:0", 30)}, move + "failed" + against + `30 (leader epoch 3) (metadata "m")` + else_},
		"unreadable":                     {ToOffset(30), nil, []cluster.Commit{unreadable}, move + "unknown | UNSTABLE_OFFSET_COMMIT partition orders:0: the broker took it, and it could not be read back: a transaction is open"},
		"unreadable, without an answer":  {ToOffset(30), noAnswer, []cluster.Commit{unreadable}, move + "unknown | reading it back failed: a transaction is open" + silent},
		"deleted":                        {ToNothing(), nil, nil, gone + "applied"},
		"deleted, −1":                    {ToNothing(), nil, []cluster.Commit{commitAt("orders:0", -1)}, gone + "applied"},
		"deleted, without an answer":     {ToNothing(), noAnswer, nil, gone + "applied | the broker did not answer; it was read back"},
		"not deleted":                    {ToNothing(), nil, []cluster.Commit{full("orders:0", 20)}, gone + "failed" + against + `20 (leader epoch 3) (metadata "m")` + else_},
		"not deleted, without an answer": {ToNothing(), noAnswer, []cluster.Commit{full("orders:0", 20)}, gone + `failed | read back: it is at 20 (leader epoch 3) (metadata "m")` + silent},
	} {
		t.Run(name, func(t *testing.T) {
			p, change := sentTo(t, c.target, c.err)
			change.settle(&p.Groups[0], c.now)
			same(t, []string{c.want}, lines(p))
		})
	}
}

func TestRefusedByTheBrokerIsNotReadBack(t *testing.T) {
	p, c := sentTo(t, ToOffset(30), nil)
	take([]*Change{c}, []cluster.Outcome{{TP: c.TP, Err: broken("orders:0", "UNKNOWN_MEMBER_ID")}})
	same(t, []string{`g orders:0 | 20 e3 "m" → 30 +10 | failed | UNKNOWN_MEMBER_ID partition orders:0: it failed`}, lines(p))
	same(t, nil, p.Groups[0].unknown())
}

func TestShareGroupIsReadBackByItsOffsetAlone(t *testing.T) {
	p, c := sentTo(t, ToOffset(30), nil)
	p.Groups[0].Type = cluster.Share
	now := commitAt("orders:0", 30)
	now.LeaderEpoch = 7
	c.settle(&p.Groups[0], []cluster.Commit{now})
	same(t, []string{`g (share) orders:0 | 20 e3 "m" → 30 +10 | applied`}, lines(p))
}

func TestRemoved(t *testing.T) {
	noAnswer := broken("orders:0", "REQUEST_TIMED_OUT")
	none := cluster.Described{Group: "g", Err: &cluster.Error{Scope: cluster.ScopeGroup, Name: "g", Code: "GROUP_ID_NOT_FOUND", Message: "no such group"}}
	unknown := cluster.Described{Group: "g", Err: &cluster.Error{Scope: cluster.ScopeGroup, Name: "g", Code: "COORDINATOR_NOT_AVAILABLE", Message: "no coordinator"}}
	again := []cluster.Commit{commitAt("orders:0", 35)}
	const there = "failed | NOT_APPLIED group g: the broker deleted it, and right after it is there again: something commits for it"
	for name, c := range map[string]struct {
		err  *cluster.Error
		now  []cluster.Commit
		is   cluster.Described
		want string
	}{
		"gone":                       {nil, nil, none, "applied"},
		"gone, without an answer":    {noAnswer, nil, none, "applied | the broker did not answer; it was read back"},
		"commits again":              {nil, again, none, there},
		"there again":                {nil, nil, cluster.Described{Group: "g"}, there},
		"there, without an answer":   {noAnswer, again, cluster.Described{Group: "g"}, "failed | read back: the group is still there | REQUEST_TIMED_OUT partition orders:0: it failed"},
		"unknown":                    {nil, nil, unknown, "unknown | COORDINATOR_NOT_AVAILABLE partition orders:0: the broker took it, and it could not be read back: no coordinator"},
		"unknown, without an answer": {noAnswer, nil, unknown, "unknown | reading it back failed: no coordinator | REQUEST_TIMED_OUT partition orders:0: it failed"},
	} {
		t.Run(name, func(t *testing.T) {
			p, change := sentTo(t, ToNoGroup(), c.err)
			change.removed(c.now, c.is)
			same(t, []string{`g orders:0 | 20 e3 "m" → - | ` + c.want}, lines(p))
		})
	}
}
