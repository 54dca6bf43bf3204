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
		Groups: []Group{g, {Name: "idle", State: "Empty", Members: []cluster.Member{}}, {Name: "secret", CommitsErr: failed("GROUP_AUTHORIZATION_FAILED"), DescribeErr: failed("GROUP_AUTHORIZATION_FAILED")}},
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
	s := shop()
	got := asJSON(t, ByGroup(s, Compute(s, nil), nil))
	want := `[` +
		`{"group":"app","type":"classic","state":"Stable","protocol":null,"assignor":null,"coordinator":null,"members":2,"topics":2,"partitions":3,"lag":15,"maxLag":9,"unknownPartitions":1,"status":"no-leader","error":null},` +
		`{"group":"idle","type":null,"state":"Empty","protocol":null,"assignor":null,"coordinator":null,"members":0,"topics":0,"partitions":0,"lag":null,"maxLag":null,"unknownPartitions":0,"status":"ok","error":null},` +
		`{"group":"secret","type":null,"state":null,"protocol":null,"assignor":null,"coordinator":null,"members":null,"topics":null,"partitions":null,"lag":null,"maxLag":null,"unknownPartitions":0,"status":"unauthorized","error":{"scope":"partition","name":"orders:0","code":"GROUP_AUTHORIZATION_FAILED","message":"it failed","retriable":false}}]`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestSumsByGroupLeaveOutGroupsWithoutARowInTheFilter(t *testing.T) {
	s := shop()
	f := Filter{"orders": nil}
	groups := ByGroup(s, Compute(s, f), f)
	var got []string
	for _, g := range groups {
		got = append(got, g.Group)
	}
	if diff := cmp.Diff([]string{"app", "secret"}, got); diff != "" { // what secret has is not known
		t.Errorf("(-want +got)\n%s", diff)
	}
	if *groups[0].Lag != 6 {
		t.Errorf("lag of the topic asked for is %d, want 6", *groups[0].Lag)
	}
}

func TestSumsByTopic(t *testing.T) {
	s := shop()
	got := asJSON(t, ByTopic(Compute(s, nil))[:2])
	want := `[` +
		`{"group":"app","topic":"orders","partitions":1,"lag":6,"maxLag":6,"unknownPartitions":0,"status":"ok","error":null},` +
		`{"group":"app","topic":"payments","partitions":2,"lag":9,"maxLag":9,"unknownPartitions":1,"status":"no-leader","error":{"scope":"partition","name":"orders:0","code":"LEADER_NOT_AVAILABLE","message":"it failed","retriable":false}}]`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestSumsByMemberKeepWhatNoMemberOwns(t *testing.T) {
	s := shop()
	got := asJSON(t, ByMember(s, Compute(s, nil), nil)[:3])
	want := `[` +
		`{"group":"app","consumerId":"m-1","instanceId":null,"host":"10.0.0.1","clientId":"app","partitions":1,"lag":6,"maxLag":6,"unknownPartitions":0,"error":null},` +
		`{"group":"app","consumerId":"m-2","instanceId":null,"host":"10.0.0.2","clientId":"app","partitions":0,"lag":null,"maxLag":null,"unknownPartitions":0,"error":null},` +
		`{"group":"app","consumerId":null,"instanceId":null,"host":null,"clientId":null,"partitions":2,"lag":9,"maxLag":9,"unknownPartitions":1,"error":null}]`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestSumNeverOverflows(t *testing.T) {
	rows := []Row{{Partition: p32(0), Lag: p64(math.MaxInt64)}, {Partition: p32(1), Lag: p64(math.MaxInt64)}}
	if got := sum(rows); *got.Lag != math.MaxInt64 {
		t.Errorf("sum of two largest lags is %d", *got.Lag)
	}
}

func TestErrorsAreNamedOnce(t *testing.T) {
	s := shop()
	s.Errors = []*cluster.Error{{Scope: cluster.ScopeBroker, Name: "2 (host:9092)", Code: "REQUEST_TIMED_OUT"}}
	var got []string
	for _, e := range Errors(s, Compute(s, nil)) {
		got = append(got, string(e.Scope)+" "+e.Name+" "+e.Code)
	}
	want := []string{"broker 2 (host:9092) REQUEST_TIMED_OUT", "partition orders:0 LEADER_NOT_AVAILABLE", "partition orders:0 GROUP_AUTHORIZATION_FAILED"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestAboveCountsOnlyKnownLagAndReportsFailures(t *testing.T) {
	s := shop()
	rows := Compute(s, nil)
	groups := ByGroup(s, rows, nil)
	above, failed := Above(groups, rows, 14)
	if len(above) != 1 || above[0].Group != "app" || !failed {
		t.Errorf("above 14: %d groups, failed %t; want app, true", len(above), failed)
	}
	if above, _ := Above(groups, rows, 15); len(above) != 0 {
		t.Errorf("above 15: %d groups, want none", len(above))
	}
	never := []Row{{Partition: p32(0), Status: NoCommit}, {Partition: p32(1), Status: TopicGone}}
	if _, failed := Above(nil, never, 0); failed {
		t.Error("partitions without a commit and of deleted topics are not failures")
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
		ByGroup(s, Compute(s, nil), nil)
	}
}
