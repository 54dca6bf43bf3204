package reset

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/offsetctl/offsetctl/internal/cluster"
)

// TestBuildFillsTheWholeRow is the one test that does not look at rows through line.
func TestBuildFillsTheWholeRow(t *testing.T) {
	g := stopped("g", full("orders:0", 20))
	g.Type = cluster.Consumer
	s := world(g)
	orders := s.Topics["orders"]
	orders.ID = cluster.TopicID{0xfb, 15: 0xff}
	s.Topics["orders"] = orders
	got := build(t, s, asked(ToOffset(101), "orders:0", "gone")).Rows()
	want := []Row{
		{Group: "g", Type: new("consumer"), Topic: new("gone"), Result: Refused, Error: s.Topics["gone"].Err},
		{
			Group: "g", Type: new("consumer"), Topic: new("orders"), TopicID: new("-wAAAAAAAAAAAAAAAAAA_w"), Partition: new(int32(0)),
			CurrentOffset: new(int64(20)), CurrentLeaderEpoch: new(int32(3)), CurrentMetadata: new("m"),
			NewOffset: new(int64(100)), NewMetadata: new(""), Change: new(int64(80)),
			LogStartOffset: new(int64(10)), LogEndOffset: new(int64(100)),
			Result: Planned, Note: new("101 is past the log end"),
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestScope(t *testing.T) {
	all := []cluster.Commit{commitAt("gone:0", 4), commitAt("orders:0", 20), commitAt("orders:4", 20), commitAt("payments:1", 5)}
	const (
		gone0    = `g gone:0 | 4 → - | refused | UNKNOWN_TOPIC_OR_PARTITION topic gone: no such topic`
		orders0  = `g orders:0 | 20 → 10 -10 | 10…100 | planned`
		orders1  = `g orders:1 | - → 0 | 0…50 | planned`
		orders2  = `g orders:2 | - → 7 | 7…7 | planned`
		orders4  = `g orders:4 | 20 → - | refused | UNKNOWN_TOPIC_OR_PARTITION partition orders:4: the topic has no such partition, only 0 to 2`
		payment0 = `g payments:0 | - → 0 | 0…20 | planned`
		payment1 = `g payments:1 | 5 → - | refused | LEADER_NOT_AVAILABLE partition payments:1: the partition has no leader`
	)
	for name, c := range map[string]struct {
		commits []cluster.Commit
		topics  []string
		want    []string
	}{
		"all that has a commit":                   {all, nil, []string{gone0, orders0, orders4, payment1}},
		"a topic is all it has, and all commits":  {all, []string{"orders"}, []string{orders0, orders1, orders2, orders4}},
		"a partition":                             {all, []string{"orders:1"}, []string{orders1}},
		"partitions, and a topic":                 {all, []string{"orders:0", "orders:2", "payments"}, []string{orders0, orders2, payment0, payment1}},
		"a partition that does not exist":         {all, []string{"orders:4"}, []string{orders4}},
		"a partition beside one without leader":   {all, []string{"payments:0"}, []string{payment0}},
		"a deleted topic with a commit":           {all, []string{"gone"}, []string{gone0}},
		"a topic that was never there":            {all[1:], []string{"gone", "orders:0"}, []string{`g gone | - → - | refused | UNKNOWN_TOPIC_OR_PARTITION topic gone: no such topic`, orders0}},
		"a partition of one that was never there": {all[1:], []string{"gone:1"}, []string{`g gone:1 | - → - | refused | UNKNOWN_TOPIC_OR_PARTITION topic gone: no such topic`}},
		"nothing is committed":                    {nil, nil, []string{`g | - → - | refused | NOTHING_TO_CHANGE group g: it has no commits that this user may see: name the topics with --topic`}},
		"nothing is committed, a topic is named":  {nil, []string{"payments:0"}, []string{payment0}},
	} {
		t.Run(name, func(t *testing.T) {
			same(t, c.want, lines(build(t, world(stopped("g", c.commits...)), asked(ToEarliest(), c.topics...))))
		})
	}
}

func TestWhatCannotBeReadIsRefused(t *testing.T) {
	unreadable := commitAt("orders:1", 20)
	unreadable.Err = broken("orders:1", "TOPIC_AUTHORIZATION_FAILED")
	s := world(stopped("g", commitAt("orders:0", 20), unreadable, commitAt("orders:2", 20), commitAt("payments:0", 5), commitAt("secret:0", 5)))
	s.Logs[tp("orders:0")] = cluster.Log{Start: new(int64(10)), Err: broken("orders:0", "REQUEST_TIMED_OUT")}
	s.Logs[tp("orders:2")] = cluster.Log{Start: new(int64(7))}
	delete(s.Logs, tp("payments:0"))
	s.Topics["secret"] = cluster.Topic{Name: "secret", Err: &cluster.Error{Scope: cluster.ScopeTopic, Name: "secret", Code: "TOPIC_AUTHORIZATION_FAILED", Message: "not authorized"}}
	same(t, []string{
		`g orders:0 | 20 → - | refused | REQUEST_TIMED_OUT partition orders:0: it failed`,
		`g orders:1 | - → - | refused | TOPIC_AUTHORIZATION_FAILED partition orders:1: it failed`,
		`g orders:2 | 20 → - | refused | INCOMPLETE_ANSWER partition orders:2: its leader did not tell where the log begins and ends`,
		`g payments:0 | 5 → - | refused | INCOMPLETE_ANSWER partition payments:0: its leader did not tell where the log begins and ends`,
		`g secret:0 | 5 → - | refused | TOPIC_AUTHORIZATION_FAILED topic secret: not authorized`,
	}, lines(build(t, s, asked(ToEarliest()))))

	g := cluster.Group{Name: "g", DescribeErr: broken("g", "COORDINATOR_NOT_AVAILABLE"), CommitsErr: &cluster.Error{Scope: cluster.ScopeGroup, Name: "g", Code: "GROUP_AUTHORIZATION_FAILED", Message: "not authorized"}}
	for _, topics := range [][]string{nil, {"orders"}} {
		same(t, []string{`g (?) | - → - | refused | GROUP_AUTHORIZATION_FAILED group g: not authorized`}, lines(build(t, world(g), asked(ToEarliest(), topics...))))
	}
}

func TestOpenTransactionIsNoted(t *testing.T) {
	pending := commitAt("orders:0", 20)
	pending.Pending = true
	same(t, []string{`g orders:0 | 20 → 100 +80 | 10…100 | planned | a transaction with another commit is open; 101 is past the log end`},
		lines(build(t, world(stopped("g", pending)), asked(ToOffset(101)))))
}

func TestGroupsThatDoNotExist(t *testing.T) {
	s := func() *Snapshot { return world(stopped("b", commitAt("orders:0", 20))).absent("c", "a") }
	const b = `b orders:0 | 20 → 10 -10 | 10…100 | planned`

	p := build(t, s(), asked(ToEarliest(), "orders:0"))
	same(t, []string{b}, lines(p))
	same(t, []string{"group a: no such group (GROUP_ID_NOT_FOUND)", "group c: no such group (GROUP_ID_NOT_FOUND)"}, errorsOf(p))

	q := asked(ToEarliest(), "orders:0")
	q.NewGroup = true
	p = build(t, s(), q)
	same(t, []string{`a (?) orders:0 | - → 10 | 10…100 | planned`, b, `c (?) orders:0 | - → 10 | 10…100 | planned`}, lines(p))
	same(t, nil, errorsOf(p))
	same(t, []bool{true, false, true}, []bool{p.Groups[0].New, p.Groups[1].New, p.Groups[2].New})

	q = asked(ToEarliest())
	q.NewGroup = true
	const why = " | - → - | refused | NOTHING_TO_CHANGE group "
	same(t, []string{
		`a (?)` + why + `a: a group that does not exist has no commits: name its topics with --topic`, b,
		`c (?)` + why + `c: a group that does not exist has no commits: name its topics with --topic`,
	}, lines(build(t, s(), q)))

	q.Target = FromCSV(&CSV{Grouped: true, Lines: []Line{csvLine(1, "a", "orders", 0, 20), csvLine(2, "b", "orders", 1, 20)}})
	same(t, []string{
		`a (?) orders:0 | - → 20 | 10…100 | planned`, `b orders:1 | - → 20 | 0…50 | planned`, `c (?)` + why + `c: the file has no row for it`,
	}, lines(build(t, s(), q)))
}

func TestGroupsWithNothingInScope(t *testing.T) {
	q := asked(ToEarliest())
	q.Named = false
	p := build(t, world(stopped("a"), stopped("b", commitAt("orders:0", 20))), q)
	same(t, []string{`b orders:0 | 20 → 10 -10 | 10…100 | planned`}, lines(p))
	same(t, 2, len(p.Groups))
	p.DropEmpty()
	same(t, 1, len(p.Groups))
}

func TestWhatConcernsNoRowStaysAnError(t *testing.T) {
	s := world(stopped("g", commitAt("orders:0", 20)))
	s.Errors = []*cluster.Error{{Scope: cluster.ScopeBroker, Name: "2 (b:9092)", Code: "REQUEST_TIMED_OUT", Message: "no answer within 5s"}}
	p := build(t, s.absent("x"), asked(ToEarliest()))
	same(t, []string{"broker 2 (b:9092): no answer within 5s (REQUEST_TIMED_OUT)", "group x: no such group (GROUP_ID_NOT_FOUND)"}, errorsOf(p))
	same(t, 1, len(s.Errors))
}
