package reset

import (
	"testing"

	"github.com/offsetctl/offsetctl/internal/cluster"
)

// client gives the members of a group a client id.
func client(g cluster.Group, id string) cluster.Group {
	for i := range g.Members {
		g.Members[i].ClientID = id
	}
	return g
}

// of makes a group one of another type and protocol.
func of(g cluster.Group, t cluster.GroupType, protocol string) cluster.Group {
	g.Type, g.Protocol = t, protocol
	return g
}

func TestBusy(t *testing.T) {
	classicStreams := live(1)
	classicStreams.Assignor = "stream"
	rebalancing := live(1)
	rebalancing.State = "Empty" // the word for the state does not count
	dead := stopped("g")
	dead.State = "Stable"
	unknown := live(1)
	unknown.DescribeErr = &cluster.Error{Scope: cluster.ScopeBroker, Name: "1 (b:9092)", Code: "REQUEST_TIMED_OUT", Message: "no answer within 5s", Retriable: true}
	const nonEmpty = "group g: it has a member (app-0 at 10.0.0.1): "
	for name, c := range map[string]struct {
		group cluster.Group
		want  string
	}{
		"stopped":                       {stopped("g"), ""},
		"stopped, whatever the state":   {dead, ""},
		"simple":                        {of(stopped("g"), cluster.Classic, ""), ""},
		"classic":                       {live(1), nonEmpty + "stop it first (NON_EMPTY_GROUP)"},
		"classic, whatever the state":   {rebalancing, nonEmpty + "stop it first (NON_EMPTY_GROUP)"},
		"several members":               {live(3), "group g: it has 3 members (app-0 at 10.0.0.1, …): stop them first (NON_EMPTY_GROUP)"},
		"KIP-848":                       {of(live(1), cluster.Consumer, "consumer"), nonEmpty + "stop it first (NON_EMPTY_GROUP)"},
		"share":                         {of(live(2), cluster.Share, "share"), "group g: it has 2 members (app-0 at 10.0.0.1, …): stop them first (NON_EMPTY_GROUP)"},
		"Streams":                       {of(live(1), cluster.Streams, "streams"), nonEmpty + "stop the Streams application first (NON_EMPTY_GROUP)"},
		"Streams of the classic kind":   {classicStreams, nonEmpty + "stop the Streams application first; its members stay until their session ends, 45 s by default (NON_EMPTY_GROUP)"},
		"Connect workers":               {of(live(2), cluster.Classic, "connect"), "group g: it is the group of Connect workers, which keeps no offsets; those of a sink connector are in the group connect-NAME (NON_EMPTY_GROUP)"},
		"Connect workers, stopped":      {of(stopped("g"), cluster.Classic, "connect"), "group g: it is the group of Connect workers, which keeps no offsets; those of a sink connector are in the group connect-NAME (NON_EMPTY_GROUP)"},
		"a sink connector":              {client(live(1), "connector-consumer-my-sink-0"), "group g: it has a member (connector-consumer-my-sink-0 at 10.0.0.1): stop the sink connector my-sink first (NON_EMPTY_GROUP)"},
		"a sink connector without task": {client(live(1), "connector-consumer-sink"), "group g: it has a member (connector-consumer-sink at 10.0.0.1): stop the sink connector sink first (NON_EMPTY_GROUP)"},
		"members unknown":               {unknown, "group g: whether it has members is not known: broker 1 (b:9092): no answer within 5s (REQUEST_TIMED_OUT)"},
	} {
		t.Run(name, func(t *testing.T) { same(t, c.want, text(busy(&c.group))) })
	}
}

// text is an error in words; empty: there is none.
func text(e *cluster.Error) string {
	if e == nil {
		return ""
	}
	return e.Error()
}

func TestPreviewOfALiveGroupIsThatOfAStoppedOne(t *testing.T) {
	for _, typ := range []cluster.GroupType{cluster.Classic, cluster.Consumer, cluster.Streams, cluster.Share} {
		p := build(t, world(of(live(1, commitAt("orders:0", 20)), typ, "consumer")), asked(ToOffset(30)))
		stoppedRows := lines(build(t, world(of(stopped("g", commitAt("orders:0", 20)), typ, "consumer")), asked(ToOffset(30))))
		same(t, stoppedRows, lines(p))
		same(t, "NON_EMPTY_GROUP", p.Groups[0].Busy.Code)
		same(t, false, p.Sendable(true, true))
	}
}

func TestDeletingOffsetsBesideMembers(t *testing.T) {
	g := live(2, commitAt("gone:0", 4), commitAt("orders:0", 20), commitAt("orders:1", -1), commitAt("payments:0", 5), commitAt("payments:1", 5))
	g.Members[0].Subscription = []string{"invoices"}
	g.Members[1].Assignment = []cluster.Assigned{{Topic: "payments", Partitions: []int32{1}}}
	s := func(g cluster.Group) *Snapshot { s := world(g); s.Logs = nil; return s }
	q := asked(ToNothing(), "gone", "orders", "payments:0")
	p := build(t, s(g), q)
	same(t, []string{
		`g gone:0 | 4 → - | refused | UNKNOWN_TOPIC_OR_PARTITION topic gone: no such topic`,
		`g orders:0 | 20 → - | planned`,
		`g orders:1 | - → - | unchanged | it has no committed offset`,
		`g orders:2 | - → - | unchanged | it has no committed offset`,
		`g payments:0 | 5 → - | refused | GROUP_SUBSCRIBED_TO_TOPIC topic payments: a member of the group reads it: stop them first`,
	}, lines(p))
	same(t, "", text(p.Groups[0].Busy))
	g.Members[0].Subscription = []string{"orders"}
	same(t, []string{`g orders:0 | 20 → - | refused | GROUP_SUBSCRIBED_TO_TOPIC topic orders: a member of the group reads it: stop them first`},
		lines(build(t, s(g), asked(ToNothing(), "orders:0"))))
	same(t, []string{`g orders:3 | - → - | refused | UNKNOWN_TOPIC_OR_PARTITION partition orders:3: the topic has no such partition, only 0 to 2`},
		lines(build(t, s(g), asked(ToNothing(), "orders:3"))))
	same(t, []string{`g payments:1 | 5 → - | planned`}, // without a leader: the log need not be asked
		lines(build(t, s(stopped("g", commitAt("payments:1", 5))), asked(ToNothing(), "payments:1"))))
}

func TestWhoMayNotBeDeletedFrom(t *testing.T) {
	unknown := stopped("g", commitAt("orders:0", 20))
	unknown.DescribeErr = broken("g", "REQUEST_TIMED_OUT")
	for name, c := range map[string]struct {
		group          cluster.Group
		offsets, whole string // the codes; empty: it may
	}{
		"stopped":                  {stopped("g"), "", ""},
		"live":                     {live(1), "", "NON_EMPTY_GROUP"},
		"KIP-848":                  {of(live(1), cluster.Consumer, "consumer"), "", "NON_EMPTY_GROUP"},
		"share":                    {of(live(1), cluster.Share, "share"), "NON_EMPTY_GROUP", "NON_EMPTY_GROUP"},
		"share, stopped":           {of(stopped("g"), cluster.Share, "share"), "", ""},
		"Connect workers":          {of(live(1), cluster.Classic, "connect"), "NON_EMPTY_GROUP", "NON_EMPTY_GROUP"},
		"Connect workers, stopped": {of(stopped("g"), cluster.Classic, "connect"), "NON_EMPTY_GROUP", ""},
		"unknown":                  {unknown, "REQUEST_TIMED_OUT", "REQUEST_TIMED_OUT"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, d := range []struct {
				target Target
				want   string
			}{{ToNothing(), c.offsets}, {ToNoGroup(), c.whole}} {
				p := build(t, world(c.group), asked(d.target))
				got := ""
				if e := p.Groups[0].Busy; e != nil {
					got = e.Code
				}
				same(t, d.want, got)
			}
		})
	}
}

func TestDeletingAGroup(t *testing.T) {
	unreadable := commitAt("orders:1", 20)
	unreadable.Err = broken("orders:1", "TOPIC_AUTHORIZATION_FAILED")
	s := world(stopped("a", commitAt("gone:0", 4), commitAt("orders:0", -1), unreadable), stopped("none"))
	s.Logs = nil
	p := build(t, s, asked(ToNoGroup()))
	same(t, []string{
		`a gone:0 | 4 → - | planned | undo cannot bring it back: no such topic`,
		`a orders:0 | - → - | planned`,
		`a orders:1 | - → - | refused | TOPIC_AUTHORIZATION_FAILED partition orders:1: it failed`,
		`none | - → - | planned | it has no commits that this user may see`,
	}, lines(p))
	same(t, []bool{true, true}, []bool{p.Groups[0].Delete, p.Groups[1].Delete})
	p = build(t, world(stopped("g", commitAt("orders:0", 20))), asked(ToNothing(), "orders:0"))
	same(t, false, p.Groups[0].Delete)
}
