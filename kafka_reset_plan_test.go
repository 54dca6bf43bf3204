//go:build kafka

package main_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/offsetctl/offsetctl/internal/kafkatest"
)

// TestKafkaResetPlans: what is beside the offset of a commit, and plans that are reviewed, edited and applied.
func TestKafkaResetPlans(t *testing.T) {
	c := startForReset(t, kafkatest.Options{})
	f := planTest{c, c.Kgo(t, maxOffsetCommit9())}
	c.Topic(t, "orders", 2, 100)
	t.Run("to where it is", f.current)
	t.Run("to another offset", f.moved)
	t.Run("to where another group is", f.copied)
	t.Run("edited", f.edited)
	t.Run("commits moved", f.stale)
	t.Run("members came", f.joined)
	t.Run("open transaction", f.pending)
	t.Run("topic made anew", f.anew)
	t.Run("another cluster", f.elsewhere)
	t.Run("metadata too long", f.tooLong)
}

type planTest struct {
	c  *kafkatest.Cluster
	cl *kgo.Client
}

// beside are two commits with something beside the offset.
func beside() map[int32]position {
	return map[int32]position{0: {10, 5, "so \"it\" is,\n\tÄ👍"}, 1: {20, -1, "second"}}
}

func ofOrders(at map[int32]position) map[string]position {
	return map[string]position{"orders:0": at[0], "orders:1": at[1]}
}

func (f planTest) want(t *testing.T, group string, at map[int32]position) {
	t.Helper()
	same(t, "commits of "+group, ofOrders(at), committed(t, f.cl, group))
}

func (f planTest) current(t *testing.T) {
	commitAt(t, f.cl, "current", "orders", beside())
	for _, args := range [][]string{nil, {"--execute"}, {"--topic", "orders:0", "--execute"}} {
		d := reset(t, f.c, append([]string{"current", "--to-current"}, args...)...)
		if d.Exit != 0 || d.Items[0].Result != "unchanged" {
			t.Errorf("%q: exit %d\n%s", args, d.Exit, d.Text)
		}
		got := position{*d.Items[0].NewOffset, *d.Items[0].NewLeaderEpoch, *d.Items[0].NewMetadata}
		same(t, "the row", beside()[0], got)
	}
	f.want(t, "current", beside())
}

// moved: metadata and leader epoch stay where the offset does, and describe nothing elsewhere.
func (f planTest) moved(t *testing.T) {
	commitAt(t, f.cl, "moved", "orders", beside())
	d := reset(t, f.c, "moved", "--to-offset", "10", "--execute")
	same(t, "one of two moves", map[string]string{"moved orders:0": "10 unchanged", "moved orders:1": "10 applied"}, d.results())
	f.want(t, "moved", map[int32]position{0: beside()[0], 1: {10, -1, ""}})
	d = reset(t, f.c, "moved", "--shift-by", "1", "--execute")
	same(t, "both move", map[string]string{"moved orders:0": "11 applied", "moved orders:1": "11 applied"}, d.results())
	f.want(t, "moved", map[int32]position{0: {11, -1, ""}, 1: {11, -1, ""}})
	if d.Exit != 0 {
		t.Errorf("exit %d: %s", d.Exit, d.Stderr)
	}
}

func (f planTest) copied(t *testing.T) {
	commitAt(t, f.cl, "source", "orders", beside())
	commitAt(t, f.cl, "there", "orders", map[int32]position{0: {1, 1, "old"}})
	if d := reset(t, f.c, "made", "--from-group", "source", "--execute"); d.Exit != 1 {
		t.Errorf("a group that does not exist: exit %d, want 1", d.Exit)
	}
	for _, args := range [][]string{{"made", "--new-group"}, {"there"}} {
		d := reset(t, f.c, append(args, "--from-group", "source", "--execute")...)
		if d.Exit != 0 {
			t.Errorf("%q: exit %d: %s", args, d.Exit, d.Stderr)
		}
		f.want(t, args[0], beside())
	}
	if d := reset(t, f.c, "there", "--from-group", "no-such-group"); d.Exit != 1 {
		t.Errorf("a source that does not exist: exit %d, want 1\n%s", d.Exit, d.Text)
	}
}

// edit makes a plan and changes it as people do.
func (f planTest) edit(t *testing.T, edit func(plan map[string]any, items []map[string]any), args ...string) string {
	t.Helper()
	var plan map[string]any
	if err := json.Unmarshal([]byte(reset(t, f.c, args...).Text), &plan); err != nil {
		t.Fatal(err)
	}
	var items []map[string]any
	for _, i := range plan["items"].([]any) {
		items = append(items, i.(map[string]any))
	}
	edit(plan, items)
	text, err := json.MarshalIndent(plan, "", "\t")
	if err != nil {
		t.Fatal(err)
	}
	return write(t, string(text))
}

func untouched(map[string]any, []map[string]any) {}

func (f planTest) edited(t *testing.T) {
	commitAt(t, f.cl, "edited", "orders", beside())
	path := f.edit(t, func(_ map[string]any, items []map[string]any) {
		items[0]["newOffset"], items[0]["newLeaderEpoch"], items[0]["newMetadata"] = 33, 3, "as \\ edited"
	}, "edited", "--to-latest")
	d := reset(t, f.c, "--from-file", path)
	same(t, "preview", map[string]string{"edited orders:0": "33 planned", "edited orders:1": "100 planned"}, d.results())
	f.want(t, "edited", beside())
	if d = reset(t, f.c, "--from-file", path, "--execute"); d.Exit != 0 {
		t.Errorf("exit %d: %s", d.Exit, d.Stderr)
	}
	f.want(t, "edited", map[int32]position{0: {33, 3, `as \ edited`}, 1: {100, -1, ""}})
	// It is done, so the commits are not what the plan says any more.
	if d = reset(t, f.c, "--from-file", path, "--execute"); d.Exit != 1 {
		t.Errorf("once more: exit %d, want 1\n%s", d.Exit, d.Text)
	}
}

func (f planTest) stale(t *testing.T) {
	commitAt(t, f.cl, "stale", "orders", beside())
	path := f.edit(t, untouched, "stale", "--to-latest")
	now := map[int32]position{0: beside()[0], 1: {20, -1, "other metadata"}}
	commitAt(t, f.cl, "stale", "orders", map[int32]position{1: now[1]})
	for _, args := range [][]string{nil, {"--execute"}} {
		d := reset(t, f.c, append([]string{"--from-file", path}, args...)...)
		same(t, "results", map[string]string{"stale orders:0": "100 planned", "stale orders:1": "- refused"}, d.results())
		same(t, "errors", []string{"orders:1 PLAN_IS_STALE"}, d.codes())
		if d.Exit != 1 {
			t.Errorf("%q: exit %d, want 1", args, d.Exit)
		}
		f.want(t, "stale", now)
	}
	if d := reset(t, f.c, "--from-file", path, "--execute", "--force"); d.Exit != 0 {
		t.Errorf("--force: exit %d: %s", d.Exit, d.Stderr)
	}
	f.want(t, "stale", map[int32]position{0: {100, -1, ""}, 1: {100, -1, ""}})
}

// joined: a plan is of a group that nobody reads with, and is not carried out when somebody does.
func (f planTest) joined(t *testing.T) {
	commitAt(t, f.cl, "joined", "orders", beside())
	path := f.edit(t, untouched, "joined", "--to-latest")
	joinAs(t, f.cl, "joined", "consumer", nil)
	for _, more := range [][]string{nil, {"--force"}, {"--partial"}} {
		d := reset(t, f.c, append([]string{"--from-file", path, "--execute"}, more...)...)
		same(t, "results", map[string]string{"joined orders:0": "100 refused", "joined orders:1": "100 refused"}, d.results())
		same(t, "errors", []string{"joined NON_EMPTY_GROUP"}, d.codes())
		if d.Exit != 1 {
			t.Errorf("%q: exit %d, want 1", more, d.Exit)
		}
	}
	f.want(t, "joined", beside())
}

// pending: a commit of a transaction that is open is not there yet; when the transaction ends, what was committed after it
// stays.
func (f planTest) pending(t *testing.T) {
	commitAt(t, f.cl, "pending", "orders", beside())
	end := f.transaction(t, "pending", 50, 60)
	d := reset(t, f.c, "pending", "--to-offset", "3")
	same(t, "preview", map[string]string{"pending orders:0": "3 planned", "pending orders:1": "3 planned"}, d.results())
	for _, i := range d.Items {
		same(t, "note", "a transaction with another commit is open", show(i.Note))
	}
	d = reset(t, f.c, "pending", "--topic", "orders:0", "--to-offset", "3", "--execute")
	same(t, "result", map[string]string{"pending orders:0": "3 applied"}, d.results())
	if d.Exit != 0 {
		t.Errorf("exit %d: %s", d.Exit, d.Stderr)
	}
	f.want(t, "pending", map[int32]position{0: {3, -1, ""}, 1: beside()[1]})
	end()
	poll(t, "the end of the transaction", func() error { // markers are written after the answer
		if at := committed(t, f.cl, "pending")["orders:1"].Offset; at != 60 {
			return fmt.Errorf("orders:1 is at %d", at)
		}
		return nil
	})
	f.want(t, "pending", map[int32]position{0: {3, -1, ""}, 1: {60, -1, ""}})
}

// transaction commits an offset of each partition of orders in a transaction, and returns what ends it.
func (f planTest) transaction(t *testing.T, group string, offsets ...int64) (end func()) {
	t.Helper()
	id := "tx-" + group
	begin := kmsg.NewPtrInitProducerIDRequest()
	begin.TransactionalID, begin.TransactionTimeoutMillis = &id, 60_000
	var producer *kmsg.InitProducerIDResponse
	poll(t, "a producer id", func() (err error) {
		if producer, err = begin.RequestWith(t.Context(), f.cl); err != nil {
			return err
		}
		return kerr.ErrorForCode(producer.ErrorCode)
	})
	add := kmsg.NewPtrAddOffsetsToTxnRequest()
	add.TransactionalID, add.ProducerID, add.ProducerEpoch, add.Group = id, producer.ProducerID, producer.ProducerEpoch, group
	added, err := add.RequestWith(t.Context(), f.cl)
	if err == nil {
		err = kerr.ErrorForCode(added.ErrorCode)
	}
	if err != nil {
		t.Fatal(err)
	}
	commit := kmsg.NewPtrTxnOffsetCommitRequest()
	commit.TransactionalID, commit.Group, commit.ProducerID, commit.ProducerEpoch, commit.Generation = id, group, producer.ProducerID, producer.ProducerEpoch, -1
	orders := kmsg.TxnOffsetCommitRequestTopic{Topic: "orders"}
	for p, offset := range offsets {
		orders.Partitions = append(orders.Partitions, kmsg.TxnOffsetCommitRequestTopicPartition{Partition: int32(p), Offset: offset, LeaderEpoch: -1})
	}
	commit.Topics = []kmsg.TxnOffsetCommitRequestTopic{orders}
	resp, err := commit.RequestWith(t.Context(), f.cl)
	if err == nil {
		err = kerr.ErrorForCode(resp.Topics[0].Partitions[0].ErrorCode)
	}
	if err != nil {
		t.Fatal(err)
	}
	return func() {
		end := kmsg.NewPtrEndTxnRequest()
		end.TransactionalID, end.ProducerID, end.ProducerEpoch, end.Commit = id, producer.ProducerID, producer.ProducerEpoch, true
		resp, err := end.RequestWith(t.Context(), f.cl)
		if err == nil {
			err = kerr.ErrorForCode(resp.ErrorCode)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// anew: a plan with the id of a topic is of no other with its name.
func (f planTest) anew(t *testing.T) {
	f.c.Topic(t, "anew", 1, 10)
	path := f.edit(t, untouched, "to-be", "--new-group", "--topic", "anew", "--to-offset", "5")
	makeAnew(t, f.cl, "anew")
	f.c.Produce(t, "anew", 0, 10)
	for _, more := range [][]string{nil, {"--execute"}, {"--execute", "--force"}} {
		d := reset(t, f.c, append([]string{"--from-file", path, "--new-group"}, more...)...)
		if d.Exit != 1 || !strings.Contains(d.Stderr, "made anew") {
			t.Errorf("%q: exit %d, want 1: %s", more, d.Exit, d.Stderr)
		}
		same(t, "results", map[string]string{"to-be anew:0": "- refused"}, d.results())
	}
	same(t, "commits", map[string]position{}, committed(t, f.cl, "to-be"))
}

// makeAnew deletes a topic, and makes another of its name with one partition.
func makeAnew(t *testing.T, cl *kgo.Client, topic string) {
	t.Helper()
	adm := kadm.NewClient(cl)
	if _, err := adm.DeleteTopic(t.Context(), topic); err != nil {
		t.Fatal(err)
	}
	var made kadm.TopicID
	poll(t, "making the topic anew", func() error { // the old one goes by and by
		resp, err := adm.CreateTopic(t.Context(), 1, 1, nil, topic)
		if err == nil {
			err = resp.Err
		}
		made = resp.ID
		return err
	})
	poll(t, "the broker to know it", func() error {
		topics, err := adm.ListTopics(t.Context(), topic)
		if err == nil && topics[topic].ID != made {
			err = fmt.Errorf("%+v", topics[topic])
		}
		return err
	})
}

func (f planTest) elsewhere(t *testing.T) {
	commitAt(t, f.cl, "elsewhere", "orders", beside())
	path := f.edit(t, func(plan map[string]any, _ []map[string]any) { plan["clusterId"] = "another-cluster" }, "elsewhere", "--to-latest")
	for _, more := range [][]string{nil, {"--execute"}, {"--execute", "--force"}} {
		r := offsetctl(t, f.c, append([]string{"reset", "--from-file", path}, more...)...)
		if r.Exit != 1 || !strings.Contains(r.Stderr, "another-cluster") || !strings.Contains(r.Stderr, f.c.ID()) {
			t.Errorf("%q: exit %d: %s", more, r.Exit, r.Stderr)
		}
	}
	f.want(t, "elsewhere", beside())
}

// tooLong: brokers refuse the one partition, and take the others of the request.
func (f planTest) tooLong(t *testing.T) {
	commitAt(t, f.cl, "long", "orders", beside())
	path := f.edit(t, func(_ map[string]any, items []map[string]any) {
		items[0]["newMetadata"] = strings.Repeat("x", 4097)
	}, "long", "--to-latest")
	d := reset(t, f.c, "--from-file", path, "--execute")
	same(t, "results", map[string]string{"long orders:0": "100 failed", "long orders:1": "100 applied"}, d.results())
	same(t, "errors", []string{"orders:0 OFFSET_METADATA_TOO_LARGE"}, d.codes())
	if d.Exit != 1 || !strings.Contains(d.Stderr, "undo with") {
		t.Errorf("exit %d, want 1, and how to undo what was done: %s", d.Exit, d.Stderr)
	}
	f.want(t, "long", map[int32]position{0: beside()[0], 1: {100, -1, ""}})
}
