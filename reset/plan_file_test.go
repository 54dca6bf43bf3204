package reset

import (
	"testing"
	"time"

	"github.com/offsetctl/offsetctl/internal/cluster"
)

// remade is the plan as it comes back from its file.
func remade(p *Plan) *Document { return &Document{ClusterID: p.ClusterID, Items: p.Rows()} }

// undoOf is the undo file of a plan whose changes all have one result; a plan that has not been carried out is of a command
// that did not come to its end.
func undoOf(p *Plan, result Result) *Document {
	var groups []*Group
	for i := range p.Groups {
		groups = append(groups, &p.Groups[i])
		for k := range p.Groups[i].Changes {
			if c := &p.Groups[i].Changes[k]; c.Result == Planned {
				c.Result = result
			}
		}
	}
	d := undoDocument(p, groups, Options{})
	if result != Planned {
		d.Finished = new(time.Unix(1, 0))
	}
	return d
}

func TestPlanIsWhatItWas(t *testing.T) {
	before := func() *Snapshot {
		return world(stopped("a", full("orders:0", 20), full("orders:1", 0)), stopped("b", commitAt("gone:0", 4), full("orders:0", 20))).absent("new")
	}
	q := asked(ToEarliest(), "orders:0", "orders:1", "payments")
	q.NewGroup = true
	p := build(t, before(), q)
	q.Target, q.Filter = FromPlan(remade(p)), nil
	want := lines(p)
	for i, l := range want {
		if l == `a payments:1 | - → - | refused | LEADER_NOT_AVAILABLE partition payments:1: the partition has no leader` {
			break
		} else if i == len(want)-1 {
			t.Fatal(want)
		}
	}
	same(t, want, lines(build(t, before(), q)))
	same(t, []string{"a", "b", "new"}, q.Target.Groups())
}

func TestPlanItems(t *testing.T) {
	was := func(c cluster.Commit) *Plan { // a plan to 30 of a group that is committed at c, if anywhere
		g := stopped("g")
		if c.Topic != "" {
			g.Commits = []cluster.Commit{c}
		}
		return build(t, world(g), asked(ToOffset(30), "orders:0"))
	}
	edited := func(p *Plan, edit func(*Row)) *Document {
		d := remade(p)
		edit(&d.Items[0])
		return d
	}
	refused := func(p *Plan) *Plan {
		c := &p.Groups[0].Changes[0]
		c.New = nil
		c.refuse(broken("orders:0", "REQUEST_TIMED_OUT"))
		return p
	}
	for name, c := range map[string]struct {
		plan  *Document
		now   []cluster.Commit
		force bool
		want  string
	}{
		"as it was":                  {remade(was(full("orders:0", 20))), []cluster.Commit{full("orders:0", 20)}, false, `20 e3 "m" → 30 +10 | 10…100 | planned`},
		"no commit, as it was":       {remade(was(cluster.Commit{})), nil, false, `- → 30 | 10…100 | planned`},
		"commit −1 is none":          {remade(was(cluster.Commit{})), []cluster.Commit{commitAt("orders:0", -1)}, false, `- → 30 | 10…100 | planned`},
		"offset moved":               {remade(was(full("orders:0", 20))), []cluster.Commit{full("orders:0", 21)}, false, `21 e3 "m" → - | 10…100 | refused | PLAN_IS_STALE partition orders:0: the plan has it at 20 (leader epoch 3) (metadata "m"), and now it is at 21 (leader epoch 3) (metadata "m")`},
		"metadata alone changed":     {remade(was(full("orders:0", 20))), []cluster.Commit{{TP: tp("orders:0"), Offset: 20, LeaderEpoch: 3}}, false, `20 e3 → - | 10…100 | refused | PLAN_IS_STALE partition orders:0: the plan has it at 20 (leader epoch 3) (metadata "m"), and now it is at 20 (leader epoch 3)`},
		"epoch alone changed":        {remade(was(full("orders:0", 20))), []cluster.Commit{{TP: tp("orders:0"), Offset: 20, LeaderEpoch: -1, Metadata: "m"}}, false, `20 "m" → - | 10…100 | refused | PLAN_IS_STALE partition orders:0: the plan has it at 20 (leader epoch 3) (metadata "m"), and now it is at 20 (metadata "m")`},
		"commit gone":                {remade(was(commitAt("orders:0", 20))), nil, false, `- → - | 10…100 | refused | PLAN_IS_STALE partition orders:0: the plan has it at 20, and now it is at no commit`},
		"commit came":                {remade(was(cluster.Commit{})), []cluster.Commit{commitAt("orders:0", 20)}, false, `20 → - | 10…100 | refused | PLAN_IS_STALE partition orders:0: the plan has it at no commit, and now it is at 20`},
		"moved, by force":            {remade(was(commitAt("orders:0", 20))), []cluster.Commit{commitAt("orders:0", 21)}, true, `21 → 30 +9 | 10…100 | planned | the plan has it at 20`},
		"moved there, by force":      {remade(was(commitAt("orders:0", 20))), []cluster.Commit{commitAt("orders:0", 30)}, true, `30 → 30 +0 | 10…100 | unchanged | the plan has it at 20`},
		"edited":                     {edited(was(commitAt("orders:0", 20)), func(r *Row) { r.NewOffset = new(int64(40)) }), []cluster.Commit{commitAt("orders:0", 20)}, false, `20 → 40 +20 | 10…100 | planned`},
		"edited, past the log":       {edited(was(commitAt("orders:0", 20)), func(r *Row) { r.NewOffset = new(int64(101)) }), []cluster.Commit{commitAt("orders:0", 20)}, false, `20 → 101 +81 | 10…100 | planned | past the log end`},
		"edited, before the log":     {edited(was(commitAt("orders:0", 20)), func(r *Row) { r.NewOffset = new(int64(9)) }), []cluster.Commit{commitAt("orders:0", 20)}, false, `20 → 9 -11 | 10…100 | planned | before the log start`},
		"metadata edited":            {edited(was(commitAt("orders:0", 20)), func(r *Row) { r.NewMetadata = new("by hand") }), []cluster.Commit{commitAt("orders:0", 20)}, false, `20 → 30 "by hand" +10 | 10…100 | planned`},
		"unchanged":                  {remade(was(full("orders:0", 30))), []cluster.Commit{full("orders:0", 30)}, false, `30 e3 "m" → 30 e3 "m" +0 | 10…100 | unchanged`},
		"unchanged for want of one":  {remade(build(t, world(stopped("g", commitAt("orders:0", -1))), asked(ShiftBy(1)))), nil, false, `- → - | 10…100 | unchanged`},
		"refused":                    {remade(refused(was(commitAt("orders:0", 20)))), []cluster.Commit{commitAt("orders:0", 20)}, false, `20 → - | 10…100 | refused | PLAN_IS_STALE partition orders:0: the plan refused it: make it anew, or remove its item to go on without`},
		"refused, by force":          {remade(refused(was(commitAt("orders:0", 20)))), []cluster.Commit{commitAt("orders:0", 20)}, true, `20 → - | 10…100 | refused | PLAN_IS_STALE partition orders:0: the plan refused it: make it anew, or remove its item to go on without`},
		"refused, then edited":       {edited(refused(was(commitAt("orders:0", 20))), func(r *Row) { r.NewOffset = new(int64(40)) }), []cluster.Commit{commitAt("orders:0", 20)}, false, `20 → 40 +20 | 10…100 | planned`},
		"no epoch is no other epoch": {edited(was(commitAt("orders:0", 20)), func(r *Row) { r.CurrentMetadata = nil }), []cluster.Commit{commitAt("orders:0", 20)}, false, `20 → 30 +10 | 10…100 | planned`},
	} {
		t.Run(name, func(t *testing.T) {
			q := asked(FromPlan(c.plan))
			q.Force = c.force
			same(t, []string{"g orders:0 | " + c.want}, lines(build(t, world(stopped("g", c.now...)), q)))
		})
	}
}

// dated is a world whose topic orders has the id with that last byte; 0: the broker gives none.
func dated(id byte, groups ...cluster.Group) *Snapshot {
	s := world(groups...)
	orders := s.Topics["orders"]
	orders.ID[15] = id
	s.Topics["orders"] = orders
	return s
}

func TestTopicMadeAnewIsRefusedEvenByForce(t *testing.T) {
	g := func() cluster.Group { return stopped("g", commitAt("orders:0", 20)) }
	moved := func() cluster.Group { return stopped("g", commitAt("orders:0", 30)) }
	for name, c := range map[string]struct {
		was, is byte
		plan    string
		undo    string
	}{
		"the same":    {1, 1, `20 → 30 +10 | 10…100 | planned`, `30 → 20 -10 | 10…100 | planned`},
		"not said":    {0, 1, `20 → 30 +10 | 10…100 | planned`, `30 → 20 -10 | 10…100 | planned`},
		"unknown now": {1, 0, `20 → 30 +10 | 10…100 | planned`, `30 → 20 -10 | 10…100 | planned`},
		"another one": {1, 2,
			`20 → - | 10…100 | refused | PLAN_IS_STALE partition orders:0: the topic was made anew since the plan: its offsets mean other records`,
			`30 → - | 10…100 | refused | PLAN_IS_STALE partition orders:0: the topic was made anew since the change: its offsets mean other records`},
	} {
		t.Run(name, func(t *testing.T) {
			p := build(t, dated(c.was, g()), asked(ToOffset(30)))
			id := map[byte]string{1: " #AAAAAAAAAAAAAAAAAAAAAQ", 2: " #AAAAAAAAAAAAAAAAAAAAAg"}[c.is]
			q := asked(FromPlan(remade(p)))
			q.Force = true
			same(t, []string{"g orders:0" + id + " | " + c.plan}, lines(build(t, dated(c.is, g()), q)))
			q.Target = Undoing(undoOf(p, Applied))
			same(t, []string{"g orders:0" + id + " | " + c.undo}, lines(build(t, dated(c.is, moved()), q)))
		})
	}
}

func TestFileOfAnotherClusterIsRefusedEvenByForce(t *testing.T) {
	p := build(t, world(stopped("g", commitAt("orders:0", 20))), asked(ToEarliest()))
	d := remade(p)
	for _, target := range []func(*Document) Target{FromPlan, Undoing} {
		q := asked(target(d))
		q.Force = true
		s := world()
		s.ClusterID = "there"
		if _, err := Build(s, q); err == nil || err.Error() != "the file is of cluster here, and this is cluster there" {
			t.Error(err)
		}
	}
	d.ClusterID = "" // not said
	if _, err := Build(world(), asked(FromPlan(d))); err == nil || err.Error() != "the file does not say which cluster it is of, and this is cluster here" {
		t.Error(err)
	}
}

func TestUndo(t *testing.T) {
	plan := func() *Plan { // orders:0 had a commit, orders:1 none, and orders:2 stays
		return build(t, world(stopped("g", full("orders:0", 20), full("orders:2", 7))), asked(ToLatest(), "orders"))
	}
	const (
		back0 = `g orders:0 | 100 → 20 e3 "m" -80 | 10…100 | planned`
		back1 = `g orders:1 | 50 → - | 0…50 | planned | it had no commit before: the commit is deleted`
		is0   = `g orders:0 | 20 e3 "m" → 20 e3 "m" +0 | 10…100 | unchanged`
		is1   = `g orders:1 | - → - | 0…50 | unchanged`
	)
	for name, c := range map[string]struct {
		result Result
		now    []cluster.Commit
		force  bool
		want   []string
	}{
		"applied":                  {Applied, []cluster.Commit{commitAt("orders:0", 100), commitAt("orders:1", 50), full("orders:2", 7)}, false, []string{back0, back1}},
		"unknown":                  {Unknown, []cluster.Commit{commitAt("orders:0", 100), commitAt("orders:1", 50)}, false, []string{back0, back1}},
		"failed is not undone":     {Failed, []cluster.Commit{commitAt("orders:0", 100), commitAt("orders:1", 50)}, false, nil},
		"killed after the commit":  {Planned, []cluster.Commit{commitAt("orders:0", 100), commitAt("orders:1", 50)}, false, []string{back0, back1}},
		"killed before the commit": {Planned, []cluster.Commit{full("orders:0", 20)}, false, []string{is0, is1}},
		"killed in the middle":     {Planned, []cluster.Commit{commitAt("orders:0", 100)}, false, []string{back0, is1}},
		"undone already":           {Applied, []cluster.Commit{full("orders:0", 20)}, false, []string{is0, is1}},
		"moved on": {Applied, []cluster.Commit{commitAt("orders:0", 110), commitAt("orders:1", 60)}, false, []string{
			`g orders:0 | 110 → - | 10…100 | refused | PLAN_IS_STALE partition orders:0: the change has it at 100, and now it is at 110`,
			`g orders:1 | 60 → - | 0…50 | refused | PLAN_IS_STALE partition orders:1: the change has it at 50, and now it is at 60`}},
		"moved on, by force": {Applied, []cluster.Commit{commitAt("orders:0", 110), commitAt("orders:1", 60)}, true, []string{
			`g orders:0 | 110 → 20 e3 "m" -90 | 10…100 | planned | the change has it at 100`,
			`g orders:1 | 60 → - | 0…50 | planned | the change has it at 50; it had no commit before: the commit is deleted`}},
	} {
		t.Run(name, func(t *testing.T) {
			q := asked(Undoing(undoOf(plan(), c.result)))
			q.Force = c.force
			q.Named = len(q.Target.Groups()) > 0
			same(t, c.want, lines(build(t, world(stopped("g", c.now...)), q)))
		})
	}
}

func TestUndoWhereTheTopicIsGoneOrCannotBeAsked(t *testing.T) {
	moved := build(t, world(stopped("g", commitAt("orders:0", 20), commitAt("orders:1", 20), commitAt("orders:2", 3))), asked(ToLatest()))
	s := world(stopped("g", commitAt("orders:0", 100), commitAt("orders:1", 50), commitAt("orders:2", 7)))
	orders := s.Topics["orders"]
	orders.Partitions = orders.Partitions[:2]
	orders.Partitions[0].Err = broken("orders:0", "LEADER_NOT_AVAILABLE")
	s.Topics["orders"], s.Logs = orders, map[cluster.TP]cluster.Log{tp("orders:1"): {Err: broken("orders:1", "REQUEST_TIMED_OUT")}}
	same(t, []string{
		`g orders:0 | 100 → 20 -80 | planned | its log cannot be asked`,
		`g orders:1 | 50 → - | refused | REQUEST_TIMED_OUT partition orders:1: it failed`,
		`g orders:2 | 7 → - | refused | UNKNOWN_TOPIC_OR_PARTITION partition orders:2: the topic has no such partition, only 0 to 1`,
	}, lines(build(t, s, asked(Undoing(undoOf(moved, Applied))))))
}

// A group is all or nothing in its plan too: what the plan refused as a whole is not left out when it is carried out.
func TestPlanThatRefusedATopicOrAGroup(t *testing.T) {
	unreadable := stopped("h")
	unreadable.CommitsErr = &cluster.Error{Scope: cluster.ScopeGroup, Name: "h", Code: "COORDINATOR_NOT_AVAILABLE", Message: "no coordinator"}
	p := build(t, world(stopped("g", commitAt("orders:0", 20)), unreadable), asked(ToEarliest(), "gone", "orders:0"))
	now := func() *Snapshot {
		return world(stopped("g", commitAt("orders:0", 20)), stopped("h", commitAt("orders:0", 20)))
	}
	const (
		topic = `g gone | - → - | refused | PLAN_IS_STALE topic gone: the plan refused it: make it anew, or remove its item to go on without`
		go0   = `g orders:0 | 20 → 10 -10 | 10…100 | planned`
		group = `h | - → - | refused | PLAN_IS_STALE group h: the plan refused it: make it anew, or remove its item to go on without`
	)
	same(t, []string{topic, go0, group}, lines(build(t, now(), asked(FromPlan(remade(p))))))
	same(t, []string{go0, group}, lines(build(t, now(), asked(FromPlan(remade(p)), "orders"))))
	same(t, []string{`g gone | - → - | refused | UNKNOWN_TOPIC_OR_PARTITION topic gone: no such topic`, go0},
		lines(build(t, now(), asked(FromPlan(remade(p)), "orders", "gone")))[:2])
}

func TestUndoOfADeletion(t *testing.T) {
	g := stopped("g", full("orders:0", 20), full("payments:1", 5))
	empty := stopped("none")
	before := world(g, empty)
	before.Logs = nil // none is asked for a deletion
	p := build(t, before, asked(ToNoGroup()))
	same(t, []string{`g orders:0 | 20 e3 "m" → - | planned`, `g payments:1 | 5 e3 "m" → - | planned`, `none | - → - | planned | it has no commits that this user may see`}, lines(p))
	q := asked(Undoing(undoOf(p, Applied)))
	q.NewGroup = true
	same(t, []string{"g", "none"}, q.Target.Groups())
	same(t, []string{
		`g (?) orders:0 | - → 20 e3 "m" | 10…100 | planned`,
		`g (?) payments:1 | - → 5 e3 "m" | planned | its log cannot be asked`,
		`none (?) | - → - | refused | NOTHING_TO_CHANGE group none: it had no commits: there is nothing to bring back, and a group without any cannot be made`,
	}, lines(build(t, world().absent("g", "none"), q)))

	share := stopped("s", commitAt("orders:0", 20))
	share.Type = cluster.Share
	q.Target = Undoing(undoOf(build(t, world(share), asked(ToNoGroup())), Applied))
	same(t, []string{`s (share) orders:0 | - → 20 | 10…100 | planned`}, lines(build(t, world().absent("s"), q)))
}

// A group that a change has made goes again with its commits, unless it has got others since.
func TestUndoOfAGroupThatWasMade(t *testing.T) {
	q := asked(ToOffset(30), "orders:0")
	q.NewGroup = true
	s := world()
	s.Absent = []*cluster.Error{broken("g", "GROUP_ID_NOT_FOUND")}
	q.Selection = cluster.Selection{Named: true, Groups: []string{"g"}}
	undo := asked(Undoing(undoOf(build(t, s, q), Applied)))
	for name, c := range map[string]struct {
		now  []cluster.Commit
		want bool
	}{
		"as it was left":        {[]cluster.Commit{commitAt("orders:0", 30)}, true},
		"with another commit":   {[]cluster.Commit{commitAt("orders:0", 30), commitAt("orders:1", 5)}, false},
		"without commits again": {nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			same(t, c.want, build(t, world(stopped("g", c.now...)), undo).Groups[0].Delete)
		})
	}
	was := asked(Undoing(undoOf(build(t, world(stopped("g")), asked(ToOffset(30), "orders:0")), Applied)))
	same(t, false, build(t, world(stopped("g", commitAt("orders:0", 30))), was).Groups[0].Delete) // it was there before
}
