package lag

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/offsetctl/offsetctl/internal/cluster"
)

// tallied are the statuses under which the findings count the case's one row, from mild to bad, and shown is the one
// that it has.
func (c partition) tallied() (all []Status, shown Status) {
	found := NewFindings(&Snapshot{})
	rows := c.rows()
	found.Add(&c.group, rows)
	for _, st := range Statuses() {
		for range found.ByStatus[st].Rows {
			all = append(all, st)
		}
	}
	return all, rows[0].Status
}

func TestFindingsSeeAStatusBehindAWorseOne(t *testing.T) {
	at := func(offset int64, pending bool) *cluster.Commit {
		c := commitAt(offset)
		c.Pending = pending
		return c
	}
	unreadable := at(0, true)
	unreadable.Err = failed("UNKNOWN_SERVER_ERROR")
	share := live(true)
	share.Type = cluster.Share
	gone := cluster.Topic{Name: "orders", Err: failed("UNKNOWN_TOPIC_OR_PARTITION")}
	leaderless := cluster.Topic{Name: "orders", Partitions: []cluster.Partition{{ID: 0, Leader: -1, Err: failed("LEADER_NOT_AVAILABLE")}}}
	late := failed("REQUEST_TIMED_OUT")
	for name, c := range map[string]struct {
		in   partition
		want []Status
	}{
		"nothing odd":                         {partition{group: live(true), commit: at(4, false), topic: orders(), log: logOf(0, 10)}, []Status{OK}},
		"one thing":                           {partition{group: live(true), commit: at(4, true), topic: orders(), log: logOf(0, 10)}, []Status{PendingTxn}},
		"pending in a stopped one":            {partition{group: empty(), commit: at(4, true), topic: orders(), log: logOf(0, 10)}, []Status{PendingTxn, NoMembers}},
		"pending behind no commit":            {partition{group: live(true), commit: at(-1, true), topic: orders(), log: logOf(0, 10)}, []Status{PendingTxn, NoCommit}},
		"stopped, log trimmed past it":        {partition{group: empty(), commit: at(2, false), topic: orders(), log: logOf(5, 10)}, []Status{NoMembers, BeforeStart}},
		"stopped, log trimmed to its end":     {partition{group: empty(), commit: at(2, false), topic: orders(), log: logOf(10, 10)}, []Status{BeforeStart}},
		"no member owns what is beyond":       {partition{group: live(false), commit: at(11, false), topic: orders(), log: logOf(0, 10)}, []Status{Unassigned, PastEnd}},
		"three things":                        {partition{group: live(false), commit: at(2, true), topic: orders(), log: logOf(5, 10)}, []Status{PendingTxn, Unassigned, BeforeStart}},
		"no member owns what is gone":         {partition{group: live(false), commit: at(4, true), topic: gone}, []Status{PendingTxn, Unassigned, TopicGone}},
		"pending, no leader":                  {partition{group: live(true), commit: at(4, true), topic: leaderless}, []Status{PendingTxn, NoLeader}},
		"commit unreadable":                   {partition{group: live(false), commit: unreadable, topic: orders(), log: logOf(0, 10)}, []Status{PendingTxn, Unassigned, Failed}},
		"trimmed past it, end unknown":        {partition{group: live(true), commit: at(2, false), topic: orders(), log: cluster.Log{Start: p64(5), Err: late}}, []Status{BeforeStart, Failed}},
		"beyond the end, start unknown":       {partition{group: live(true), commit: at(11, false), topic: orders(), log: cluster.Log{End: p64(10), Err: late}}, []Status{PastEnd, Failed}},
		"beyond the end, stable part unknown": {partition{group: live(true), commit: at(11, false), topic: orders(), log: cluster.Log{Start: p64(0), End: p64(10), Err: late}, isolation: ReadCommitted}, []Status{PastEnd, Failed}},
		"trimmed, no lag of a share group":    {partition{group: share, commit: at(2, false), topic: orders(), log: logOf(5, 10)}, []Status{BeforeStart, Failed}},
		"group unreadable":                    {partition{group: cluster.Group{CommitsErr: failed("GROUP_AUTHORIZATION_FAILED")}}, []Status{Unauthorized}},
	} {
		t.Run(name, func(t *testing.T) {
			got, shown := c.in.tallied()
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if worst := c.want[len(c.want)-1]; shown != worst {
				t.Errorf("the row shows %s, want %s", shown, worst)
			}
		})
	}
}

func TestEachStatusHasItsPlaceInASet(t *testing.T) {
	var set statusSet
	for i, st := range slices.Backward(Statuses()) {
		set = set.with(st)
		if diff := cmp.Diff(Statuses()[i:], slices.Collect(set.all())); diff != "" {
			t.Errorf("with %s (-want +got)\n%s", st, diff)
		}
	}
}
