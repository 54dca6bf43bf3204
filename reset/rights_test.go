package reset

import (
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/offsetctl/offsetctl/internal/cluster"
)

// may are operations that a broker says are allowed, as Kafka does with Describe among them.
func may(ops ...kmsg.ACLOperation) *cluster.Operations {
	bits := cluster.Operations(1 << kmsg.ACLOperationDescribe)
	for _, op := range ops {
		bits |= 1 << op
	}
	return &bits
}

func TestRights(t *testing.T) {
	const read, del = kmsg.ACLOperationRead, kmsg.ACLOperationDelete
	nothing := new(cluster.Operations)
	const group = "group g: this user may see the group and not change it: no "
	const topic = "topic payments: this user may see the topic and not change it: no Read (TOPIC_AUTHORIZATION_FAILED)"
	for name, c := range map[string]struct {
		target          Target
		group, payments *cluster.Operations
		ofGroup, of     string // why it is denied
		sendable, part  bool
	}{
		"nobody says":                         {ToEarliest(), nil, nil, "", "", true, true},
		"all that it takes":                   {ToEarliest(), may(read), may(read), "", "", true, true},
		"not the group":                       {ToEarliest(), may(del), may(read), group + "Read (GROUP_AUTHORIZATION_FAILED)", "", false, false},
		"not one topic":                       {ToEarliest(), may(read), may(), "", topic, false, true},
		"delete offsets":                      {ToNothing(), may(del), may(read), "", "", true, true},
		"delete offsets of a group":           {ToNothing(), may(read), may(read), group + "Delete (GROUP_AUTHORIZATION_FAILED)", "", false, false},
		"delete offsets of a topic":           {ToNothing(), may(del), may(), "", topic, false, true},
		"delete a group, whatever its topics": {ToNoGroup(), may(del), may(), "", "", true, true},
		"delete a group":                      {ToNoGroup(), may(read), may(read), group + "Delete (GROUP_AUTHORIZATION_FAILED)", "", false, false},
		"not even Describe: no sense":         {ToEarliest(), nothing, nothing, "", "", true, true},
	} {
		t.Run(name, func(t *testing.T) {
			g := stopped("g", commitAt("orders:0", 20), commitAt("payments:0", 5))
			g.Operations = c.group
			s := world(g)
			payments := s.Topics["payments"]
			payments.Operations = c.payments
			s.Topics["payments"] = payments
			q := asked(c.target, "orders:0", "payments:0")
			if c.target.kind == removed {
				q.Filter = nil
			}
			p := build(t, s, q)
			same(t, c.ofGroup, text(p.Groups[0].Denied))
			same(t, []string{"", c.of}, []string{text(p.Groups[0].Changes[0].Denied), text(p.Groups[0].Changes[1].Denied)})
			same(t, []bool{c.sendable, c.part}, []bool{p.Sendable(false, true), p.Sendable(true, true)})
			p.judge(false, true)
			same(t, c.sendable, len(p.sending()) == 1)
		})
	}
}

// A group that is known to exist and whose members and commits are hidden is not left out where many are selected.
func TestHiddenGroupIsRefused(t *testing.T) {
	g := stopped("g")
	g.DescribeErr = &cluster.Error{Scope: cluster.ScopeGroup, Name: "g", Code: "TOPIC_AUTHORIZATION_FAILED", Message: "hidden"}
	q := asked(ToEarliest())
	q.Named = false
	p := build(t, world(g), q)
	p.DropEmpty()
	same(t, []string{`g | - → - | refused | TOPIC_AUTHORIZATION_FAILED group g: whether it has members is not known: hidden`}, lines(p))
}

func TestWhoMayNotSeeAllIsToldBeforeAGroupGoes(t *testing.T) {
	const read, del, alter = kmsg.ACLOperationRead, kmsg.ACLOperationDelete, kmsg.ACLOperationAlter
	for name, c := range map[string]struct {
		target          Target
		group, payments *cluster.Operations
		unseen          bool
		note            string
	}{
		"nobody says":               {ToNoGroup(), nil, nil, false, ""},
		"everything":                {ToNoGroup(), may(read, del), may(read, alter), false, ""},
		"some topics":               {ToNoGroup(), may(read, del), may(read), true, ""},
		"the group in part":         {ToNoGroup(), may(del), may(read, alter), true, ""},
		"a topic only to look at":   {ToNoGroup(), may(read, del), may(), true, "undo takes Read on the topic, which this user does not have"},
		"where the group stays":     {ToNothing(), may(read, del), may(read), false, ""},
		"not even Describe of both": {ToNoGroup(), new(cluster.Operations), new(cluster.Operations), false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			g := stopped("g", commitAt("payments:0", 5))
			g.Operations = c.group
			s := world(g)
			payments := s.Topics["payments"]
			payments.Operations = c.payments
			s.Topics["payments"] = payments
			p := build(t, s, asked(c.target))
			same(t, c.unseen, p.Groups[0].Unseen)
			same(t, c.note, strings.Join(p.Groups[0].Changes[0].Notes, "; "))
		})
	}
}
