package lag

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/offsetctl/offsetctl/internal/cluster"
)

// shop is a snapshot of three groups: one whose members own all but one of its partitions, one
// without rows, and one that could not be read.
func shop() *Snapshot {
	g := live(true)
	g.Name = "app"
	g.Members = append(g.Members, cluster.Member{ID: "m-2", ClientID: "app", Host: "10.0.0.2"})
	g.Commits = []cluster.Commit{
		{TP: cluster.TP{Topic: "orders"}, Offset: 4},
		{TP: cluster.TP{Topic: "payments"}, Offset: 1},
		{TP: cluster.TP{Topic: "payments", Partition: 1}, Offset: 2},
	}
	return &Snapshot{
		Groups: []cluster.Group{g, {Name: "idle", State: "Empty", Members: []cluster.Member{}}, {Name: "secret", CommitsErr: failed("GROUP_AUTHORIZATION_FAILED"), DescribeErr: failed("GROUP_AUTHORIZATION_FAILED")}},
		Topics: map[string]cluster.Topic{
			"orders":   orders(),
			"payments": {Name: "payments", Partitions: []cluster.Partition{{ID: 0}, {ID: 1, Err: failed("LEADER_NOT_AVAILABLE")}}},
		},
		Logs: map[cluster.TP]cluster.Log{
			{Topic: "orders"}:   logOf(0, 10),
			{Topic: "payments"}: logOf(0, 10),
		},
	}
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestSumsByGroup(t *testing.T) {
	var rows []GroupRow
	Each(shop(), nil, func(g *cluster.Group, mine []Row) { rows = append(rows, OfGroup(g, mine)) })
	got := asJSON(t, rows)
	want := `[` +
		`{"group":"app","type":"classic","state":"Stable","protocol":null,"assignor":null,"coordinator":null,"members":2,"topics":2,"partitions":3,"lag":15,"maxLag":9,"unknownPartitions":1,"status":"no-leader","error":null},` +
		`{"group":"idle","type":null,"state":"Empty","protocol":null,"assignor":null,"coordinator":null,"members":0,"topics":0,"partitions":0,"lag":null,"maxLag":null,"unknownPartitions":0,"status":"no-commit","error":null},` +
		`{"group":"secret","type":null,"state":null,"protocol":null,"assignor":null,"coordinator":null,"members":null,"topics":null,"partitions":null,"lag":null,"maxLag":null,"unknownPartitions":0,"status":"unauthorized","error":{"scope":"partition","name":"orders:0","code":"GROUP_AUTHORIZATION_FAILED","message":"it failed","retriable":false}}]`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestSumsCountOnlyWhatTheFilterSelects(t *testing.T) {
	got := map[string]int64{}
	Each(shop(), cluster.Filter{"orders": nil}, func(g *cluster.Group, mine []Row) {
		if r := OfGroup(g, mine); r.Lag != nil {
			got[r.Group] = *r.Lag
		}
	})
	if diff := cmp.Diff(map[string]int64{"app": 6}, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestSumsNameThePartitionWithTheLargestLag(t *testing.T) {
	Each(shop(), nil, func(g *cluster.Group, mine []Row) {
		if r := OfGroup(g, mine); g.Name == "app" && r.MaxAt != (cluster.TP{Topic: "payments"}) {
			t.Errorf("the largest lag is at %s, want payments:0", r.MaxAt)
		}
	})
}

func TestSumsByTopic(t *testing.T) {
	var rows []TopicRow
	Each(shop(), nil, func(_ *cluster.Group, mine []Row) { rows = append(rows, OfTopics(mine)...) })
	got := asJSON(t, rows[:2])
	want := `[` +
		`{"group":"app","topic":"orders","partitions":1,"lag":6,"maxLag":6,"unknownPartitions":0,"status":"ok","error":null},` +
		`{"group":"app","topic":"payments","partitions":2,"lag":9,"maxLag":9,"unknownPartitions":1,"status":"no-leader","error":{"scope":"partition","name":"orders:0","code":"LEADER_NOT_AVAILABLE","message":"it failed","retriable":false}}]`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestSumsByMemberKeepWhatNoMemberOwns(t *testing.T) {
	var rows []MemberRow
	Each(shop(), nil, func(g *cluster.Group, mine []Row) { rows = append(rows, OfMembers(g, mine, nil)...) })
	got := asJSON(t, rows[:3])
	want := `[` +
		`{"group":"app","consumerId":"m-1","instanceId":null,"host":"10.0.0.1","clientId":"app","partitions":1,"lag":6,"maxLag":6,"unknownPartitions":0,"error":null},` +
		`{"group":"app","consumerId":"m-2","instanceId":null,"host":"10.0.0.2","clientId":"app","partitions":0,"lag":null,"maxLag":null,"unknownPartitions":0,"error":null},` +
		`{"group":"app","consumerId":null,"instanceId":null,"host":null,"clientId":null,"partitions":2,"lag":9,"maxLag":9,"unknownPartitions":1,"error":null}]`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestSumsByMemberAreNullWhereNobodyKnows(t *testing.T) {
	rebalancing := live(false)
	rebalancing.Name, rebalancing.State, rebalancing.Assigned = "rebalancing", "PreparingRebalance", false
	unreadable := live(true)
	unreadable.Name, unreadable.CommitsErr = "unreadable", failed("REQUEST_TIMED_OUT")
	unreadable.Members[0].ID = "" // as hostile as a broker can be
	s := shop()
	s.Groups = []cluster.Group{rebalancing, unreadable}
	for _, f := range []cluster.Filter{nil, {"orders": nil}} {
		var got []string
		Each(s, f, func(g *cluster.Group, mine []Row) {
			for _, r := range OfMembers(g, mine, f) {
				got = append(got, asJSON(t, []any{r.Group, r.ConsumerID, r.Partitions, r.Lag, r.UnknownPartitions}))
			}
		})
		want := []string{`["rebalancing","m-1",null,null,0]`, `["unreadable","",1,null,1]`, `["unreadable",null,null,null,0]`}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("filter %v (-want +got)\n%s", f, diff)
		}
	}
}

func TestSumNeverOverflows(t *testing.T) {
	rows := []Row{{Topic: new(string), Partition: p32(0), Lag: p64(math.MaxInt64)}, {Topic: new(string), Partition: p32(1), Lag: p64(math.MaxInt64)}}
	if got := sum(rows); *got.Lag != math.MaxInt64 {
		t.Errorf("sum of two largest lags is %d", *got.Lag)
	}
}

func TestErrorsAreNamedOnce(t *testing.T) {
	s := shop()
	s.Errors = []*cluster.Error{{Scope: cluster.ScopeBroker, Name: "2 (host:9092)", Code: "REQUEST_TIMED_OUT"}}
	var got []string
	for _, e := range Errors(s, nil) {
		got = append(got, string(e.Scope)+" "+e.Name+" "+e.Code)
	}
	want := []string{"broker 2 (host:9092) REQUEST_TIMED_OUT", "partition orders:0 LEADER_NOT_AVAILABLE", "partition orders:0 GROUP_AUTHORIZATION_FAILED"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestFindingsTallyStatusesAndWhatCouldNotBeRead(t *testing.T) {
	s := shop()
	found := NewFindings(s)
	Each(s, nil, found.Add)
	want := map[Status]Tally{
		OK:           {Rows: 1, Group: "app", At: &cluster.TP{Topic: "orders"}},
		Unassigned:   {Rows: 2, Group: "app", At: &cluster.TP{Topic: "payments"}}, // the second one has no leader either
		NoLeader:     {Rows: 1, Group: "app", At: &cluster.TP{Topic: "payments", Partition: 1}},
		Unauthorized: {Rows: 1, Group: "secret"},
	}
	if diff := cmp.Diff(want, found.ByStatus); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestStatusesAreOrderedFromMildToBad(t *testing.T) {
	all := Statuses()
	for i, a := range all {
		for k, b := range all {
			want := a
			if k > i {
				want = b
			}
			if got := worse(a, b); got != want {
				t.Errorf("worse(%s, %s) = %s, want %s", a, b, got, want)
			}
		}
	}
}

func BenchmarkCompute(b *testing.B) {
	s := &Snapshot{Topics: map[string]cluster.Topic{}, Logs: map[cluster.TP]cluster.Log{}}
	t := cluster.Topic{Name: "orders"}
	for p := range int32(60) {
		t.Partitions = append(t.Partitions, cluster.Partition{ID: p})
		s.Logs[cluster.TP{Topic: "orders", Partition: p}] = logOf(0, 100)
	}
	s.Topics["orders"] = t
	for i := range 1000 {
		g := empty()
		g.Name = string(rune('a'+i/26%26)) + string(rune('a'+i%26))
		for p := range int32(60) {
			g.Commits = append(g.Commits, cluster.Commit{TP: cluster.TP{Topic: "orders", Partition: p}, Offset: int64(p)})
		}
		s.Groups = append(s.Groups, g)
	}
	b.ReportAllocs()
	for b.Loop() {
		Each(s, nil, func(g *cluster.Group, rows []Row) { OfGroup(g, rows) })
	}
}
