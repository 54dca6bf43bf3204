package lag

import (
	"fmt"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/offsetctl/offsetctl/internal/cluster"
)

// partition is one case's world: a group with one commit on orders:0, whose log is [start, end).
type partition struct {
	group     cluster.Group
	commit    *cluster.Commit
	topic     cluster.Topic
	log       cluster.Log
	isolation Isolation
}

func p64(v int64) *int64 { return &v }
func p32(v int32) *int32 { return &v }

func commitAt(offset int64) *cluster.Commit {
	return &cluster.Commit{TP: cluster.TP{Topic: "orders"}, Offset: offset, LeaderEpoch: -1}
}

func logOf(start, end int64) cluster.Log { return cluster.Log{Start: &start, End: &end} }

func orders() cluster.Topic {
	return cluster.Topic{Name: "orders", Partitions: []cluster.Partition{{ID: 0}}}
}

func failed(code string) *cluster.Error {
	return &cluster.Error{Scope: cluster.ScopePartition, Name: "orders:0", Code: code, Message: "it failed"}
}

func (c partition) rows() []Row {
	g := c.group
	g.Name = "g"
	if c.commit != nil {
		g.Commits = []cluster.Commit{*c.commit}
	}
	return Compute(&Snapshot{
		Groups:    []cluster.Group{g},
		Topics:    map[string]cluster.Topic{"orders": c.topic},
		Logs:      map[cluster.TP]cluster.Log{{Topic: "orders"}: c.log},
		Isolation: c.isolation,
	}, nil)
}

func live(owner bool) cluster.Group {
	m := cluster.Member{ID: "m-1", ClientID: "app", Host: "10.0.0.1"}
	if owner {
		m.Assignment = []cluster.Assigned{{Topic: "orders", Partitions: []int32{0}}}
	}
	return cluster.Group{Type: cluster.Classic, State: "Stable", Assigned: true, Members: []cluster.Member{m}}
}

func empty() cluster.Group {
	return cluster.Group{Type: cluster.Classic, State: "Empty", Assigned: true, Members: []cluster.Member{}}
}

// numbers is what a case expects: lag and lost nil for unknown.
type numbers struct {
	Status                  Status
	Current, End, Lag, Lost *int64
	Code                    string // of the error, if there is one
}

func TestComputeOddCases(t *testing.T) {
	share := func(state string) cluster.Group { g := live(true); g.Type, g.State = cluster.Share, state; return g }
	rebalancing := live(false)
	rebalancing.State, rebalancing.Assigned = "PreparingRebalance", false
	pending := commitAt(7)
	pending.Pending = true
	unreadable := commitAt(0)
	unreadable.Err = failed("UNKNOWN_SERVER_ERROR")
	shareCommit := commitAt(3)
	shareCommit.Lag = p64(2)
	for name, c := range map[string]struct {
		in   partition
		want numbers
	}{
		"caught up":                    {partition{group: live(true), commit: commitAt(10), topic: orders(), log: logOf(0, 10)}, numbers{OK, p64(10), p64(10), p64(0), p64(0), ""}},
		"behind":                       {partition{group: live(true), commit: commitAt(4), topic: orders(), log: logOf(0, 10)}, numbers{OK, p64(4), p64(10), p64(6), p64(0), ""}},
		"empty log":                    {partition{group: live(true), commit: commitAt(0), topic: orders(), log: logOf(0, 0)}, numbers{OK, p64(0), p64(0), p64(0), p64(0), ""}},
		"stopped, behind":              {partition{group: empty(), commit: commitAt(4), topic: orders(), log: logOf(0, 10)}, numbers{NoMembers, p64(4), p64(10), p64(6), p64(0), ""}},
		"stopped, caught up":           {partition{group: empty(), commit: commitAt(10), topic: orders(), log: logOf(0, 10)}, numbers{OK, p64(10), p64(10), p64(0), p64(0), ""}},
		"log trimmed past it":          {partition{group: live(true), commit: commitAt(2), topic: orders(), log: logOf(5, 10)}, numbers{BeforeStart, p64(2), p64(10), p64(5), p64(3), ""}},
		"log trimmed to its end":       {partition{group: live(true), commit: commitAt(2), topic: orders(), log: logOf(10, 10)}, numbers{BeforeStart, p64(2), p64(10), p64(0), p64(8), ""}},
		"beyond the end":               {partition{group: live(true), commit: commitAt(99), topic: orders(), log: logOf(0, 10)}, numbers{PastEnd, p64(99), p64(10), p64(0), p64(0), ""}},
		"beyond the end by 2^63":       {partition{group: empty(), commit: commitAt(math.MaxInt64), topic: orders(), log: logOf(0, 10)}, numbers{PastEnd, p64(math.MaxInt64), p64(10), p64(0), p64(0), ""}},
		"offsets up to 2^63":           {partition{group: empty(), commit: commitAt(0), topic: orders(), log: logOf(0, math.MaxInt64)}, numbers{NoMembers, p64(0), p64(math.MaxInt64), p64(math.MaxInt64), p64(0), ""}},
		"never committed":              {partition{group: live(true), topic: orders(), log: logOf(0, 10)}, numbers{NoCommit, nil, p64(10), nil, nil, ""}},
		"committed -1":                 {partition{group: live(true), commit: commitAt(-1), topic: orders(), log: logOf(0, 10)}, numbers{NoCommit, nil, p64(10), nil, nil, ""}},
		"no member owns it":            {partition{group: live(false), commit: commitAt(4), topic: orders(), log: logOf(0, 10)}, numbers{Unassigned, p64(4), p64(10), p64(6), p64(0), ""}},
		"while it rebalances":          {partition{group: rebalancing, commit: commitAt(4), topic: orders(), log: logOf(0, 10)}, numbers{OK, p64(4), p64(10), p64(6), p64(0), ""}},
		"pending transaction":          {partition{group: live(true), commit: pending, topic: orders(), log: logOf(0, 10)}, numbers{PendingTxn, p64(7), p64(10), p64(3), p64(0), ""}},
		"pending in a stopped one":     {partition{group: empty(), commit: pending, topic: orders(), log: logOf(0, 10)}, numbers{NoMembers, p64(7), p64(10), p64(3), p64(0), ""}},
		"topic deleted":                {partition{group: empty(), commit: commitAt(4), topic: cluster.Topic{Name: "orders", Err: failed("UNKNOWN_TOPIC_OR_PARTITION")}}, numbers{TopicGone, p64(4), nil, nil, nil, ""}},
		"topic made anew, smaller":     {partition{group: empty(), commit: commitAt(4), topic: cluster.Topic{Name: "orders"}}, numbers{TopicGone, p64(4), nil, nil, nil, ""}},
		"deleted between requests":     {partition{group: empty(), commit: commitAt(4), topic: orders(), log: cluster.Log{Err: failed("UNKNOWN_TOPIC_OR_PARTITION")}}, numbers{TopicGone, p64(4), nil, nil, nil, ""}},
		"no leader":                    {partition{group: live(true), commit: commitAt(4), topic: cluster.Topic{Name: "orders", Partitions: []cluster.Partition{{ID: 0, Leader: -1, Err: failed("LEADER_NOT_AVAILABLE")}}}}, numbers{NoLeader, p64(4), nil, nil, nil, "LEADER_NOT_AVAILABLE"}},
		"topic not authorized":         {partition{group: live(true), commit: commitAt(4), topic: cluster.Topic{Name: "orders", Err: failed("TOPIC_AUTHORIZATION_FAILED")}}, numbers{Unauthorized, p64(4), nil, nil, nil, "TOPIC_AUTHORIZATION_FAILED"}},
		"leader does not answer":       {partition{group: live(true), commit: commitAt(4), topic: orders(), log: cluster.Log{Err: failed("REQUEST_TIMED_OUT")}}, numbers{Failed, p64(4), nil, nil, nil, "REQUEST_TIMED_OUT"}},
		"only the end is known":        {partition{group: live(true), commit: commitAt(4), topic: orders(), log: cluster.Log{End: p64(10), Err: failed("REQUEST_TIMED_OUT")}}, numbers{Failed, p64(4), p64(10), nil, nil, "REQUEST_TIMED_OUT"}},
		"commit unreadable":            {partition{group: live(true), commit: unreadable, topic: orders(), log: logOf(0, 10)}, numbers{Failed, nil, p64(10), nil, nil, "UNKNOWN_SERVER_ERROR"}},
		"read_committed":               {partition{group: live(true), commit: commitAt(4), topic: orders(), log: cluster.Log{Start: p64(0), End: p64(10), Stable: p64(6)}, isolation: ReadCommitted}, numbers{OK, p64(4), p64(6), p64(2), p64(0), ""}},
		"past the stable offset":       {partition{group: live(true), commit: commitAt(8), topic: orders(), log: cluster.Log{Start: p64(0), End: p64(10), Stable: p64(6)}, isolation: ReadCommitted}, numbers{OK, p64(8), p64(6), p64(0), p64(0), ""}},
		"stable offset unknown":        {partition{group: live(true), commit: commitAt(8), topic: orders(), log: cluster.Log{Start: p64(0), End: p64(10), Err: failed("REQUEST_TIMED_OUT")}, isolation: ReadCommitted}, numbers{Failed, p64(8), nil, nil, nil, "REQUEST_TIMED_OUT"}},
		"share group":                  {partition{group: share("Stable"), commit: shareCommit, topic: orders(), log: logOf(0, 10)}, numbers{OK, p64(3), p64(10), p64(2), p64(0), ""}},
		"share group, stopped":         {partition{group: share("Empty"), commit: shareCommit, topic: orders(), log: logOf(0, 10)}, numbers{NoMembers, p64(3), p64(10), p64(2), p64(0), ""}},
		"share group without lag":      {partition{group: share("Stable"), commit: commitAt(3), topic: orders(), log: logOf(0, 10)}, numbers{Failed, p64(3), p64(10), nil, nil, "UNSUPPORTED_VERSION"}},
		"share group, not begun":       {partition{group: share("Stable"), commit: commitAt(-1), topic: orders(), log: logOf(0, 10)}, numbers{NoCommit, nil, p64(10), nil, nil, ""}},
		"group could not be described": {partition{group: cluster.Group{State: "Stable", DescribeErr: failed("REQUEST_TIMED_OUT")}, commit: commitAt(4), topic: orders(), log: logOf(0, 10)}, numbers{OK, p64(4), p64(10), p64(6), p64(0), ""}},
	} {
		t.Run(name, func(t *testing.T) {
			rows := c.in.rows()
			if len(rows) != 1 {
				t.Fatalf("got %d rows, want 1: %+v", len(rows), rows)
			}
			r := rows[0]
			got := numbers{r.Status, r.CurrentOffset, r.LogEndOffset, r.Lag, r.Lost, ""}
			if r.Error != nil {
				got.Code = r.Error.Code
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestComputeRowsAreInOrderWithAssignedOnesAmongThem(t *testing.T) {
	g := live(true)
	g.Name = "g"
	g.Members[0].Assignment = []cluster.Assigned{{Topic: "a", Partitions: []int32{2, 10}}, {Topic: "b", Partitions: []int32{0}}}
	g.Commits = []cluster.Commit{{TP: cluster.TP{Topic: "a", Partition: 9}, Offset: 1}, {TP: cluster.TP{Topic: "b"}, Offset: 1}}
	rows := Compute(&Snapshot{Groups: []cluster.Group{g, {Name: "z", CommitsErr: failed("GROUP_AUTHORIZATION_FAILED")}}}, nil)
	var got []string
	for _, r := range rows {
		if r.Topic == nil {
			got = append(got, fmt.Sprint(r.Group, " ", r.Status))
			continue
		}
		owner := "-"
		if r.ConsumerID != nil {
			owner = *r.ConsumerID
		}
		got = append(got, fmt.Sprintf("%s %s:%d %s", r.Group, *r.Topic, *r.Partition, owner))
	}
	want := []string{"g a:2 m-1", "g a:9 -", "g a:10 m-1", "g b:0 m-1", "z unauthorized"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestComputeFilterSelectsPartitions(t *testing.T) {
	g := empty()
	g.Name = "g"
	for i := range int32(4) {
		g.Commits = append(g.Commits, cluster.Commit{TP: cluster.TP{Topic: "orders", Partition: i}})
	}
	s := &Snapshot{Groups: []cluster.Group{g}}
	for name, c := range map[string]struct {
		f    cluster.Filter
		want int
	}{
		"all":              {nil, 4},
		"whole topic":      {cluster.Filter{"orders": nil}, 4},
		"some":             {cluster.Filter{"orders": {1: true, 3: true}}, 2},
		"another topic":    {cluster.Filter{"other": nil}, 0},
		"none of the four": {cluster.Filter{"orders": {7: true}}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			if got := len(Compute(s, c.f)); got != c.want {
				t.Errorf("got %d rows, want %d", got, c.want)
			}
		})
	}
}
