//go:build kafka

package main_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/offsetctl/offsetctl/internal/kafkatest"
)

// TestKafkaDelete runs the scenarios of Kafka's own DeleteConsumerGroupsTest and
// DeleteOffsetsConsumerGroupCommandIntegrationTest: what is deleted, and what is refused, of groups with real clients as
// members, without members, and that do not exist.
func TestKafkaDelete(t *testing.T) {
	c := startForReset(t, kafkatest.Options{})
	f := deleteTest{c, c.Kgo(t, maxOffsetCommit9())}
	groups := liveGroups()[:2] // classic and KIP-848
	c.Topic(t, "other", 2, 10)
	running := make([]*kafkatest.Client, len(groups))
	for i, l := range groups {
		c.Topic(t, "in-"+l.group, 2, 10)
		commitAt(t, f.cl, l.group, "other", map[int32]position{0: {3, 2, "old"}})
		running[i] = l.start(t, c)
	}
	t.Run("no such group", f.noGroup)
	t.Run("empty group", f.emptyGroup)
	t.Run("offsets of an empty group", f.emptyOffsets)
	for i, l := range groups {
		running[i].Await(t, "READY")
		t.Run(l.group+" runs", func(t *testing.T) {
			f.liveGroup(t, l)
			f.liveOffsets(t, l)
		})
	}
	t.Run("some of several", f.mixed)
	for _, r := range running {
		r.Send(t, "close")
	}
	for i, l := range groups {
		running[i].Await(t, "OK close")
		awaitEmpty(t, c, l.group)
		t.Run(l.group+" is stopped", func(t *testing.T) { f.stopped(t, l) })
	}
	t.Run("all groups", f.all)
}

type deleteTest struct {
	c  *kafkatest.Cluster
	cl *kgo.Client
}

// run expects of a changing command its exit code, results and errors.
func (f deleteTest) run(t *testing.T, exit int, want map[string]string, codes []string, args ...string) changes {
	t.Helper()
	return expectChanges(t, f.c, exit, want, codes, args...)
}

func expectChanges(t *testing.T, c *kafkatest.Cluster, exit int, want map[string]string, codes []string, args ...string) changes {
	t.Helper()
	d := changed(t, c, args...)
	what := strings.Join(args, " ")
	same(t, what, want, d.results())
	same(t, what+": errors", codes, d.codes())
	if d.Exit != exit {
		t.Errorf("%s: exit %d, want %d\n%s", what, d.Exit, exit, d.Stderr)
	}
	return d
}

// listed are the names of all groups that brokers list.
func listed(t *testing.T, cl *kgo.Client) []string {
	t.Helper()
	groups, err := kadm.NewClient(cl).ListGroups(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return groups.Groups()
}

// gone: brokers have neither the groups nor any commit of theirs.
func gone(t *testing.T, cl *kgo.Client, groups ...string) {
	t.Helper()
	all := listed(t, cl)
	for _, g := range groups {
		if slices.Contains(all, g) {
			t.Errorf("group %q is still listed: %q", g, all)
		}
		same(t, fmt.Sprintf("commits of %q", g), map[string]position{}, committed(t, cl, g))
	}
}

// alike are the rows of one group, all with the same result.
func alike(group, result string, where ...string) map[string]string {
	out := map[string]string{}
	for _, w := range where {
		out[group+" "+w] = result
	}
	return out
}

func (f deleteTest) noGroup(t *testing.T) {
	codes := []string{"nobody GROUP_ID_NOT_FOUND"}
	for _, more := range [][]string{nil, {"--execute"}, {"--execute", "--force"}} {
		f.run(t, 1, map[string]string{}, codes, append([]string{"delete-group", "nobody"}, more...)...)
		for _, topic := range []string{"other", "other:0"} {
			f.run(t, 1, map[string]string{}, codes, append([]string{"delete-offsets", "nobody", "--topic", topic}, more...)...)
		}
	}
	gone(t, f.cl, "nobody")
	noUndoFiles(t)
}

func (f deleteTest) emptyGroup(t *testing.T) {
	commit(t, f.c, "simple", at("other", 1, 2))
	before := committed(t, f.cl, "simple")
	d := f.run(t, 0, alike("simple", "- planned", "other:0", "other:1"), nil, "delete-group", "simple")
	if d.Kind != "delete-group-plan" || !strings.Contains(d.Stderr, "offsetctl delete-group simple -o json -b "+f.c.Bootstrap()+" --execute") {
		t.Errorf("the preview is a %s, and says\n%s", d.Kind, d.Stderr)
	}
	same(t, "commits after the preview", before, committed(t, f.cl, "simple"))
	d = f.run(t, 0, alike("simple", "- applied", "other:0", "other:1"), nil, "delete-group", "simple", "--execute")
	if d.Kind != "delete-group-result" || !strings.Contains(d.Stderr, "undo with: offsetctl undo "+d.UndoID) {
		t.Errorf("it is a %s, and says\n%s", d.Kind, d.Stderr)
	}
	gone(t, f.cl, "simple")
	f.run(t, 1, map[string]string{}, []string{"simple GROUP_ID_NOT_FOUND"}, "delete-group", "simple", "--execute")
}

// emptyOffsets: a partition, a topic, and what is not there, in which case nothing else goes either.
func (f deleteTest) emptyOffsets(t *testing.T) {
	for topic, want := range map[string]map[string]position{
		"other:0": {"other:1": {2, -1, ""}, "in-classic:0": {5, -1, ""}},
		"other":   {"in-classic:0": {5, -1, ""}},
	} {
		group := "without " + topic
		commit(t, f.c, group, map[string]map[int32]int64{"other": {0: 1, 1: 2}, "in-classic": {0: 5}})
		before := committed(t, f.cl, group)
		for _, absent := range []string{"nope", "nope:0", "in-classic:7"} {
			where := alike(group, "- planned", "other:0", "other:1")
			if topic == "other:0" {
				delete(where, group+" other:1")
			}
			where[group+" "+absent] = "- refused"
			codes := []string{strings.TrimSuffix(absent, ":0") + " UNKNOWN_TOPIC_OR_PARTITION"} // of the topic, if there is none
			f.run(t, 1, where, codes, "delete-offsets", group, "--topic", topic, "--topic", absent, "--execute")
			f.run(t, 1, alike(group, "- refused", absent), codes, "delete-offsets", group, "--topic", absent, "--execute")
		}
		same(t, "commits", before, committed(t, f.cl, group))
		goes := map[string]string{}
		for w := range before {
			if _, stays := want[w]; !stays {
				goes[group+" "+w] = "- applied"
			}
		}
		f.run(t, 0, goes, nil, "delete-offsets", group, "--topic", topic, "--execute")
		same(t, "commits", want, committed(t, f.cl, group))
	}
}

// liveGroup: a group with members is not deleted.
func (f deleteTest) liveGroup(t *testing.T, l live) {
	members, at := described(t, f.cl, l.typ, l.group), committed(t, f.cl, l.group)
	where := []string{"in-" + l.group + ":0", "in-" + l.group + ":1", "other:0"}
	d := f.run(t, 0, alike(l.group, "- planned", where...), nil, "delete-group", l.group)
	if want := "offsetctl: note: group " + l.group + ": --execute would be refused: " + l.advice; !strings.Contains(d.Stderr, want) {
		t.Errorf("preview says\n%s, want it to say\n%s", d.Stderr, want)
	}
	for _, more := range [][]string{nil, {"--force"}, {"--partial"}} {
		d := f.run(t, 1, alike(l.group, "- refused", where...), []string{l.group + " NON_EMPTY_GROUP"}, append([]string{"delete-group", l.group, "--execute"}, more...)...)
		if d.UndoID != "" || !strings.Contains(d.Stderr, l.advice) {
			t.Errorf("undo %q; it says\n%s, want it to say\n%s", d.UndoID, d.Stderr, l.advice)
		}
	}
	same(t, "commits", at, committed(t, f.cl, l.group))
	same(t, "the group as the broker describes it", members, described(t, f.cl, l.typ, l.group))
}

// liveOffsets: of a group with members go the offsets of topics that none of them reads.
func (f deleteTest) liveOffsets(t *testing.T, l live) {
	members, before := described(t, f.cl, l.typ, l.group), committed(t, f.cl, l.group)
	in := "in-" + l.group
	both := alike(l.group, "- refused", in+":0", in+":1")
	subscribed := []string{in + " GROUP_SUBSCRIBED_TO_TOPIC"}
	for _, more := range [][]string{nil, {"--execute"}, {"--execute", "--force"}} {
		args := append([]string{"delete-offsets", l.group}, more...)
		f.run(t, 1, alike(l.group, "- refused", in+":0"), subscribed, append(args, "--topic", in+":0")...)
		f.run(t, 1, both, subscribed, append(args, "--topic", in)...)
		f.run(t, 1, with(both, alike(l.group, "- planned", "other:0")), subscribed, append(args, "--topic", in, "--topic", "other:0")...)
		for _, absent := range []string{"nope", "nope:0", "other:7"} {
			codes := []string{strings.TrimSuffix(absent, ":0") + " UNKNOWN_TOPIC_OR_PARTITION"}
			f.run(t, 1, alike(l.group, "- refused", absent), codes, append(args, "--topic", absent)...)
		}
	}
	same(t, "commits", before, committed(t, f.cl, l.group))
	want := map[string]string{l.group + " other:0": "- applied", l.group + " other:1": "- unchanged"}
	d := f.run(t, 0, want, nil, "delete-offsets", l.group, "--topic", "other", "--execute")
	left := maps.Clone(before)
	delete(left, "other:0")
	same(t, "commits", left, committed(t, f.cl, l.group))
	// Nobody but a member may commit while there are any.
	f.run(t, 1, alike(l.group, "3 refused", "other:0"), []string{l.group + " NON_EMPTY_GROUP"}, "undo", d.UndoID, "--execute", "--force")
	same(t, "commits", left, committed(t, f.cl, l.group))
	same(t, "the group as the broker describes it", members, described(t, f.cl, l.typ, l.group))
}

// mixed: of several groups those go that can, and it is a failure all the same.
func (f deleteTest) mixed(t *testing.T) {
	for _, g := range []string{"mixed-1", "mixed-2"} {
		commit(t, f.c, g, at("other", 1))
	}
	want := map[string]string{
		"mixed-1 other:0": "- applied", "mixed-2 other:0": "- applied", "classic in-classic:0": "- refused", "classic in-classic:1": "- refused",
	}
	codes := []string{"nobody GROUP_ID_NOT_FOUND", "classic NON_EMPTY_GROUP"}
	before := committed(t, f.cl, "classic")
	f.run(t, 1, want, codes, "delete-group", "mixed-1", "nobody", "classic", "mixed-2", "--execute")
	gone(t, f.cl, "mixed-1", "mixed-2", "nobody")
	same(t, "commits of classic", before, committed(t, f.cl, "classic"))
}

// stopped: what was refused is done once the members are gone, and taken back. A group without offsets is a group.
func (f deleteTest) stopped(t *testing.T, l live) {
	in := "in-" + l.group
	before := committed(t, f.cl, l.group)
	first := f.run(t, 0, alike(l.group, "- applied", in+":0"), nil, "delete-offsets", l.group, "--topic", in+":0", "--execute")
	same(t, "commits", map[string]position{in + ":1": before[in+":1"]}, committed(t, f.cl, l.group))
	want := map[string]string{l.group + " " + in + ":0": "- unchanged", l.group + " " + in + ":1": "- applied"}
	second := f.run(t, 0, want, nil, "delete-offsets", l.group, "--topic", in, "--execute")
	same(t, "commits", map[string]position{}, committed(t, f.cl, l.group))
	if all := listed(t, f.cl); !slices.Contains(all, l.group) {
		t.Errorf("group %s is not listed any more: %q", l.group, all)
	}
	d := f.run(t, 0, map[string]string{l.group + " -": "- applied"}, nil, "delete-group", l.group, "--execute")
	gone(t, f.cl, l.group)
	f.run(t, 1, map[string]string{l.group + " -": "- refused"}, []string{l.group + " NOTHING_TO_CHANGE"}, "undo", d.UndoID, "--execute")
	gone(t, f.cl, l.group)
	f.run(t, 0, alike(l.group, "10 applied", in+":1"), nil, "undo", second.UndoID, "--execute")
	f.run(t, 0, alike(l.group, "10 applied", in+":0"), nil, "undo", first.UndoID, "--execute")
	same(t, "commits", before, committed(t, f.cl, l.group))
	// It has no members, and what they committed is no sign of something that commits without being one.
	d = f.run(t, 0, alike(l.group, "- applied", in+":0", in+":1"), nil, "delete-group", l.group, "--execute")
	gone(t, f.cl, l.group)
	f.run(t, 0, alike(l.group, "10 applied", in+":0", in+":1"), nil, "undo", d.UndoID, "--execute")
	same(t, "commits", before, committed(t, f.cl, l.group))
}

// all: all groups that there are, of which the number must be said.
func (f deleteTest) all(t *testing.T) {
	for _, g := range []string{"all-1", "all-2", "all-3"} {
		commit(t, f.c, g, at("other", 1))
	}
	names := listed(t, f.cl)
	for exit, more := range map[int][]string{2: nil, 1: {"--expect-groups", fmt.Sprint(len(names) + 1)}} {
		r := offsetctl(t, f.c, append([]string{"delete-group", "--all-groups", "--execute"}, more...)...)
		if r.Exit != exit || r.Stdout != "" {
			t.Errorf("%q: exit %d, want %d\n%s%s", more, r.Exit, exit, r.Stdout, r.Stderr)
		}
	}
	same(t, "groups", names, listed(t, f.cl))
	d := changed(t, f.c, "delete-group", "--all-groups", "--execute", "--expect-groups", fmt.Sprint(len(names)))
	if d.Exit != 0 {
		t.Errorf("exit %d\n%s%s", d.Exit, d.Text, d.Stderr)
	}
	gone(t, f.cl, names...)
	same(t, "groups", 0, len(listed(t, f.cl)))
}
