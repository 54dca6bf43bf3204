package reset

import (
	"testing"

	"github.com/offsetctl/offsetctl/internal/cluster"
)

// mixed is a plan of two groups, of the first of which a partition is refused.
func mixed(t *testing.T) *Plan {
	return build(t, world(stopped("a", commitAt("orders:0", 20), commitAt("orders:1", 0), commitAt("payments:1", 5)), stopped("b", commitAt("orders:0", 20))), asked(ToEarliest()))
}

const (
	mixedGo = `a orders:0 | 20 → 10 -10 | 10…100 | planned`
	mixedIs = `a orders:1 | 0 → 0 +0 | 0…50 | unchanged`
	mixedNo = `a payments:1 | 5 → - | refused | LEADER_NOT_AVAILABLE partition payments:1: the partition has no leader`
	otherGo = `b orders:0 | 20 → 10 -10 | 10…100 | planned`
)

func TestGroupIsAllOrNothing(t *testing.T) {
	p := mixed(t)
	same(t, true, p.Sendable(false, false))
	p.judge(false, false)
	same(t, []string{mixedGo + " | not sent: another partition of the group is refused", mixedIs, mixedNo, otherGo}, lines(p))
	same(t, []string{"b"}, names(p.sending()))
	same(t, false, p.Groups[0].Changing())
	same(t, map[Result]int{Planned: 2, Unchanged: 1, Refused: 1}, p.Counts())
}

func TestPartialSendsTheRest(t *testing.T) {
	p := mixed(t)
	p.judge(true, false)
	same(t, []string{mixedGo, mixedIs, mixedNo, otherGo}, lines(p))
	same(t, []string{"a", "b"}, names(p.sending()))

	p = mixed(t)
	p.Groups = p.Groups[:1]
	same(t, []bool{false, true}, []bool{p.Sendable(false, false), p.Sendable(true, false)})
}

func names(groups []*Group) []string {
	var out []string
	for _, g := range groups {
		out = append(out, g.Name)
	}
	return out
}

// A group cannot be deleted in part: what could not be read would be gone, and nothing could bring it back.
func TestPartialDeletesNoGroupInPart(t *testing.T) {
	unreadable := commitAt("orders:1", 20)
	unreadable.Err = broken("orders:1", "TOPIC_AUTHORIZATION_FAILED")
	p := build(t, world(stopped("g", commitAt("orders:0", 20), unreadable)), asked(ToNoGroup()))
	p.Groups[0].Changes[0].LogStart, p.Groups[0].Changes[0].LogEnd = nil, nil
	same(t, false, p.Sendable(true, true))
	p.judge(true, true)
	same(t, []string{
		`g orders:0 | 20 → - | planned | not sent: another partition of the group is refused`,
		`g orders:1 | - → - | refused | TOPIC_AUTHORIZATION_FAILED partition orders:1: it failed`,
	}, lines(p))
	same(t, nil, p.sending())
}

// Kafka takes no commit for a topic or partition that there is not.
func TestDeletingAGroupSaysWhatUndoCannotBringBack(t *testing.T) {
	p := build(t, world(stopped("g", commitAt("gone:0", 5), commitAt("orders:0", 20), commitAt("orders:7", 1), commitAt("payments:1", 3))), asked(ToNoGroup()))
	same(t, []string{
		`g gone:0 | 5 → - | planned | undo cannot bring it back: no such topic`,
		`g orders:0 | 20 → - | 10…100 | planned`,
		`g orders:7 | 1 → - | planned | undo cannot bring it back: the topic has no such partition, only 0 to 2`,
		`g payments:1 | 3 → - | planned`,
	}, lines(p))
}

func TestBusyGroupIsRefusedWhateverIsForced(t *testing.T) {
	for _, partial := range []bool{false, true} {
		p := build(t, world(live(1, commitAt("orders:0", 20), commitAt("orders:1", 0))), asked(ToEarliest()))
		p.Groups[0].Recent = 5
		p.judge(partial, true)
		same(t, []string{
			`g orders:0 | 20 → 10 -10 | 10…100 | refused | NON_EMPTY_GROUP group g: it has a member (app-0 at 10.0.0.1): stop it first`,
			`g orders:1 | 0 → 0 +0 | 0…50 | unchanged`,
		}, lines(p))
		same(t, nil, p.sending())
	}
}

func TestRecentCommitsNeedForce(t *testing.T) {
	const rows, refused = `g orders:0 | 20 → 10 -10 | 10…100 | `, `refused | RECENT_COMMITS group g: something commits for it without being a member, as Flink and assign() do: 3 times in the last 10 minutes`
	for _, c := range []struct {
		recent int
		force  bool
		want   string
	}{{2, false, "planned"}, {3, false, refused}, {3, true, "planned"}} {
		p := build(t, world(of(stopped("g", commitAt("orders:0", 20)), cluster.Classic, "")), asked(ToEarliest()))
		p.Groups[0].Recent = c.recent
		same(t, c.want == "planned", p.Sendable(false, c.force))
		p.judge(false, c.force)
		same(t, []string{rows + c.want}, lines(p))
	}
}

func TestSimple(t *testing.T) {
	unknown := of(stopped("g"), cluster.Classic, "")
	unknown.DescribeErr = broken("g", "REQUEST_TIMED_OUT")
	for name, c := range map[string]struct {
		group cluster.Group
		want  bool
	}{
		"only ever committed":        {of(stopped("g"), cluster.Classic, ""), true},
		"had members":                {stopped("g"), false},
		"has members":                {live(1), false},
		"KIP-848":                    {of(stopped("g"), cluster.Consumer, ""), false},
		"share":                      {of(stopped("g"), cluster.Share, ""), false},
		"of an unknown type":         {of(stopped("g"), "", ""), false},
		"members are not known":      {unknown, false},
		"members without a protocol": {of(live(1), cluster.Classic, ""), false},
	} {
		t.Run(name, func(t *testing.T) {
			same(t, c.want, build(t, world(c.group), asked(ToEarliest(), "orders:0")).Groups[0].Simple())
		})
	}
	q := asked(ToEarliest(), "orders:0")
	q.NewGroup = true
	p := build(t, world().absent("g"), q)
	p.Groups[0].Type = cluster.Classic
	same(t, false, p.Groups[0].Simple())
}
