//go:build kafka

package cluster_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/offsetctl/offsetctl/internal/cluster"
	"github.com/offsetctl/offsetctl/internal/kafkatest"
)

// TestKafkaWrites changes groups of every type, with members and without.
func TestKafkaWrites(t *testing.T) {
	c := kafkatest.Start(t, kafkatest.Options{})
	c.Topic(t, "in", 2, 10)
	c.Topic(t, "other", 2, 10)
	w := writes{t: t, c: c, r: writer(t, c)}
	t.Run("commit", func(t *testing.T) { w.on(t).commit() })
	t.Run("refused commit", func(t *testing.T) { w.on(t).refusedCommit() })
	t.Run("delete", func(t *testing.T) { w.on(t).delete() })
	t.Run("members", func(t *testing.T) {
		for group, args := range map[string][]string{"classic": nil, "kip848": {"group.protocol=consumer"}} {
			t.Run(group, func(t *testing.T) { w.on(t).members(group, args) })
		}
	})
	if strings.HasPrefix(c.Version, "3.") {
		t.Run("share", func(t *testing.T) { w.on(t).noShare() })
		return
	}
	t.Run("share", func(t *testing.T) { w.on(t).share() })
	t.Run("streams", func(t *testing.T) { w.on(t).streams() })
}

// writer is a run that knows the brokers, and waits for each request as a change does.
func writer(t *testing.T, c *kafkatest.Cluster) *cluster.Run {
	t.Helper()
	client, err := cluster.Dial(cluster.Config{Bootstrap: strings.Split(c.Bootstrap(), ",")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	r := client.Run(cluster.Deadline{Each: 30 * time.Second})
	if _, errs := r.Brokers(t.Context()); errs != nil {
		t.Fatal(errs)
	}
	return r
}

type writes struct {
	t *testing.T
	c *kafkatest.Cluster
	r *cluster.Run
}

func (w writes) on(t *testing.T) writes { return writes{t, w.c, w.r} }

// same fails the test unless got is want, causes of errors aside.
func (w writes) same(what string, want, got any) {
	w.t.Helper()
	if d := cmp.Diff(want, got, cmpopts.IgnoreFields(cluster.Error{}, "Err"), cmpopts.EquateEmpty()); d != "" {
		w.t.Errorf("%s (-want +got):\n%s", what, d)
	}
}

// set commits, which must succeed, and returns what was committed.
func (w writes) set(group string, items ...cluster.Commit) {
	w.t.Helper()
	want := cluster.Outcomes{Group: group}
	for _, i := range items {
		want.Items = append(want.Items, cluster.Outcome{TP: i.TP})
	}
	w.same("commit of "+group, want, w.r.Commit(w.t.Context(), cluster.Ref{Group: group}, items))
}

// holds fails the test unless the group has these commits and no others.
func (w writes) holds(group string, items ...cluster.Commit) {
	w.t.Helper()
	w.same("commits of "+group, []cluster.Commits{{Group: group, Items: items}}, w.r.Committed(w.t.Context(), []cluster.Ref{{Group: group}}))
}

func at(topic string, partition int32, offset int64, epoch int32, metadata string) cluster.Commit {
	return cluster.Commit{TP: cluster.TP{Topic: topic, Partition: partition}, Offset: offset, LeaderEpoch: epoch, Metadata: metadata}
}

// refused is the outcome of a partition that the broker refused.
func refused(topic string, partition int32, code, message string) cluster.Outcome {
	tp := cluster.TP{Topic: topic, Partition: partition}
	return cluster.Outcome{TP: tp, Err: &cluster.Error{Scope: cluster.ScopePartition, Name: tp.String(), Code: code, Message: message}}
}

func notHosted(topic string, partition int32) cluster.Outcome {
	o := refused(topic, partition, "UNKNOWN_TOPIC_OR_PARTITION", "this server does not host this topic-partition")
	o.Err.Retriable = true
	return o
}

func done(topic string, partition int32) cluster.Outcome {
	return cluster.Outcome{TP: cluster.TP{Topic: topic, Partition: partition}}
}

const becameActive = "the group has become active: it has members"

func (w writes) commit() {
	first := []cluster.Commit{
		at("in", 0, 1<<63-1, 1<<31-1, strings.Repeat("x", 4096)), at("in", 1, 0, 0, "a\x00\t\n\"ü\\😀"), at("other", 1, 3, -1, ""),
	}
	w.set("new", first[2], first[0], first[1])
	w.holds("new", first...)
	second := []cluster.Commit{at("in", 0, 1, -1, ""), at("in", 1, 2, 5, "b"), at("other", 1, 3, 0, "c")}
	w.set("new", second...)
	w.holds("new", second...)
	w.set("", at("in", 0, 4, 2, "d"))
	w.holds("", at("in", 0, 4, 2, "d"))
}

func (w writes) refusedCommit() {
	tooLong := func(topic string, partition int32, n string) cluster.Outcome {
		return refused(topic, partition, "OFFSET_METADATA_TOO_LARGE", "the metadata of "+n+" characters is longer than the broker takes (offset.metadata.max.bytes)")
	}
	longest := at("other", 1, 7, 1, strings.Repeat("ü", 4096))
	got := w.r.Commit(w.t.Context(), cluster.Ref{Group: "some"}, []cluster.Commit{
		at("in", 0, 1, -1, strings.Repeat("x", 4097)), at("none", 0, 1, -1, ""), at("in", 2, 1, -1, ""), longest, at("in", 1, 1, -1, strings.Repeat("😀", 2049)),
	})
	w.same("outcomes", cluster.Outcomes{Group: "some", Items: []cluster.Outcome{
		tooLong("in", 0, "4097"), notHosted("none", 0), notHosted("in", 2), done("other", 1), tooLong("in", 1, "4098"),
	}}, got)
	w.holds("some", longest)
}

func (w writes) delete() {
	w.set("doomed", at("in", 0, 1, -1, ""), at("in", 1, 2, -1, "kept"), at("other", 0, 3, -1, ""))
	ctx := w.t.Context()
	tps := []cluster.TP{{Topic: "other", Partition: 1}, {Topic: "none", Partition: 0}, {Topic: "in", Partition: 0}, {Topic: "in", Partition: 9}, {Topic: "other", Partition: 0}}
	w.same("outcomes", cluster.Outcomes{Group: "doomed", Items: []cluster.Outcome{
		done("other", 1), notHosted("none", 0), done("in", 0), notHosted("in", 9), done("other", 0),
	}}, w.r.DeleteOffsets(ctx, cluster.Ref{Group: "doomed"}, tps))
	w.holds("doomed", at("in", 1, 2, -1, "kept"))
	none := "the group id does not exist"
	w.same("outcomes without a group", cluster.Outcomes{Group: "nobody", Items: []cluster.Outcome{
		refused("in", 0, "GROUP_ID_NOT_FOUND", none), refused("in", 1, "GROUP_ID_NOT_FOUND", none),
	}}, w.r.DeleteOffsets(ctx, cluster.Ref{Group: "nobody"}, []cluster.TP{{Topic: "in", Partition: 0}, {Topic: "in", Partition: 1}}))

	w.set("also", at("in", 0, 1, -1, ""))
	got := w.r.DeleteGroups(ctx, []cluster.Ref{{Group: "doomed"}, {Group: "nobody"}, {Group: "also"}})
	for i := range got {
		if got[i].Err != nil {
			got[i].Err.Message = "" // 4.x names the group in it
		}
	}
	w.same("groups", []cluster.GroupOutcome{
		{Group: "doomed"}, {Group: "nobody", Err: &cluster.Error{Scope: cluster.ScopeGroup, Name: "nobody", Code: "GROUP_ID_NOT_FOUND"}}, {Group: "also"},
	}, got)
	w.holds("doomed")
	w.holds("also")
}

// members is about a group with members that read one of the two topics for which it has commits.
func (w writes) members(group string, args []string) {
	w.set(group, at("in", 0, 1, -1, ""), at("other", 0, 2, 3, "old"), at("other", 1, 3, -1, ""))
	app := w.c.Client(w.t, "ConsumerApp.java", append([]string{group, "in", "manual"}, args...)...)
	app.Await(w.t, "READY")
	ctx, ref := w.t.Context(), cluster.Ref{Group: group}

	got := w.r.Commit(ctx, ref, []cluster.Commit{at("in", 0, 5, -1, ""), at("other", 0, 5, -1, "")})
	w.same("commit", cluster.Outcomes{Group: group, Items: []cluster.Outcome{
		refused("in", 0, "UNKNOWN_MEMBER_ID", becameActive), refused("other", 0, "UNKNOWN_MEMBER_ID", becameActive),
	}}, got)
	w.same("delete offsets", cluster.Outcomes{Group: group, Items: []cluster.Outcome{
		refused("in", 0, "GROUP_SUBSCRIBED_TO_TOPIC", "a member of the group is subscribed to the topic"), done("other", 1),
	}}, w.r.DeleteOffsets(ctx, ref, []cluster.TP{{Topic: "in", Partition: 0}, {Topic: "other", Partition: 1}}))
	w.same("delete groups", []cluster.GroupOutcome{{Group: group, Err: &cluster.Error{
		Scope: cluster.ScopeGroup, Name: group, Code: "NON_EMPTY_GROUP", Message: becameActive,
	}}}, w.r.DeleteGroups(ctx, []cluster.Ref{ref}))
	w.holds(group, at("in", 0, 1, -1, ""), at("other", 0, 2, 3, "old"))

	app.Do(w.t, "close")
	app.Wait(w.t)
	w.empties(ref)
	w.set(group, at("in", 0, 5, 0, "new"), at("other", 0, 6, -1, ""))
	w.holds(group, at("in", 0, 5, 0, "new"), at("other", 0, 6, -1, ""))
	w.same("delete groups", []cluster.GroupOutcome{{Group: group}}, w.r.DeleteGroups(ctx, []cluster.Ref{ref}))
	w.holds(group)
}

// empties waits until a group has no members.
func (w writes) empties(ref cluster.Ref) {
	w.t.Helper()
	deadline := time.Now().Add(time.Minute)
	for {
		types := []cluster.GroupType{cluster.Classic, cluster.Consumer}
		if ref.Type != "" {
			types = nil
		}
		d := w.r.Describe(w.t.Context(), []cluster.Ref{ref}, types...)[0]
		if d.Err == nil && d.State == "Empty" {
			return
		}
		if time.Now().After(deadline) {
			w.t.Fatalf("group %s is %+v", ref.Group, d)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// noShare is about brokers that know no share groups.
func (w writes) noShare() {
	ref := cluster.Ref{Group: "share"}
	altered := w.r.AlterShareOffsets(w.t.Context(), ref, []cluster.Commit{at("in", 0, 1, -1, "")}).Items[0]
	deleted := w.r.DeleteShareOffsets(w.t.Context(), ref, []string{"in"})[0]
	if altered.Err == nil || altered.Err.Code != cluster.CodeUnsupported || altered.Unknown {
		w.t.Errorf("altering gave %+v", altered)
	}
	if deleted.Err == nil || deleted.Err.Code != cluster.CodeUnsupported || deleted.Unknown {
		w.t.Errorf("deleting gave %+v", deleted)
	}
}

func (w writes) share() {
	ctx, ref := w.t.Context(), cluster.Ref{Group: "share", Type: cluster.Share}
	app := w.c.Client(w.t, "ShareApp.java", "share", "in")
	app.Await(w.t, "READY")
	set := []cluster.Commit{at("in", 1, 4, -1, ""), at("in", 0, 3, -1, "")}
	w.same("alter with a member", cluster.Outcomes{Group: "share", Items: []cluster.Outcome{
		refused("in", 1, "NON_EMPTY_GROUP", becameActive), refused("in", 0, "NON_EMPTY_GROUP", becameActive),
	}}, w.r.AlterShareOffsets(ctx, ref, set))
	w.same("delete offsets with a member", []cluster.TopicOutcome{{Topic: "in", Err: &cluster.Error{
		Scope: cluster.ScopeTopic, Name: "in", Code: "NON_EMPTY_GROUP", Message: becameActive,
	}}}, w.r.DeleteShareOffsets(ctx, ref, []string{"in"}))
	w.same("delete with a member", []cluster.GroupOutcome{{Group: "share", Err: &cluster.Error{
		Scope: cluster.ScopeGroup, Name: "share", Code: "NON_EMPTY_GROUP", Message: becameActive,
	}}}, w.r.DeleteGroups(ctx, []cluster.Ref{ref}))
	app.Do(w.t, "close")
	app.Wait(w.t)
	w.empties(ref)

	w.same("alter", cluster.Outcomes{Group: "share", Items: []cluster.Outcome{done("in", 1), done("in", 0), notHosted("none", 0), notHosted("in", 9), done("other", 1)}},
		w.r.AlterShareOffsets(ctx, ref, append(set, at("none", 0, 1, -1, ""), at("in", 9, 1, -1, ""), at("other", 1, 2, -1, ""))))
	w.starts(ref, map[cluster.TP]int64{{Topic: "in", Partition: 0}: 3, {Topic: "in", Partition: 1}: 4, {Topic: "other", Partition: 1}: 2})
	w.same("delete offsets", []cluster.TopicOutcome{{Topic: "in"}}, w.r.DeleteShareOffsets(ctx, ref, []string{"in"}))
	w.starts(ref, map[cluster.TP]int64{{Topic: "other", Partition: 1}: 2})
	w.same("delete", []cluster.GroupOutcome{{Group: "share"}}, w.r.DeleteGroups(ctx, []cluster.Ref{ref}))
	w.starts(ref, map[cluster.TP]int64{})
}

// starts fails the test unless the share group has these start offsets and no others.
func (w writes) starts(ref cluster.Ref, want map[cluster.TP]int64) {
	w.t.Helper()
	got := map[cluster.TP]int64{}
	for _, c := range w.r.ShareOffsets(w.t.Context(), []cluster.Ref{ref})[0].Items {
		got[c.TP] = c.Offset
	}
	w.same("start offsets", want, got)
}

func (w writes) streams() {
	w.c.Topic(w.t, "copies", 2, 0)
	ctx, ref := w.t.Context(), cluster.Ref{Group: "streams", Type: cluster.Streams}
	app := w.c.Client(w.t, "StreamsApp.java", "streams", "in", "copies", "group.protocol=streams")
	app.Await(w.t, "READY")
	items := []cluster.Commit{at("in", 0, 5, 0, "x")}
	w.same("commit with a member", []cluster.Outcome{refused("in", 0, "UNKNOWN_MEMBER_ID", becameActive)}, w.r.Commit(ctx, ref, items).Items)
	app.Do(w.t, "close")
	app.Wait(w.t)
	w.empties(ref)
	w.same("commit", []cluster.Outcome{done("in", 0)}, w.r.Commit(ctx, ref, items).Items)
	w.same("delete offsets", []cluster.Outcome{done("in", 1)}, w.r.DeleteOffsets(ctx, ref, []cluster.TP{{Topic: "in", Partition: 1}}).Items)
	w.holds("streams", items...)
	w.same("delete", []cluster.GroupOutcome{{Group: "streams"}}, w.r.DeleteGroups(ctx, []cluster.Ref{ref}))
	w.holds("streams")
}
