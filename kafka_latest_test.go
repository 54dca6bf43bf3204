//go:build kafka

package main_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/kversion"

	"github.com/offsetctl/offsetctl/inspect"
	"github.com/offsetctl/offsetctl/internal/kafkatest"
)

// latestItem is a row of inspect --latest, as a script reads it.
type latestItem struct {
	Group, Topic    string
	Partition       int32
	Offset          *int64
	LeaderEpoch     *int32
	Metadata        *string
	CommitTimestamp *string
	TopicID         *string
	Pending         []struct{ Offset int64 }
	TopicRecreated  *bool
	Error           *string
	LogPartition    int32
	ExpireTimestamp *string
}

// TestKafkaLatestIsWhatTheBrokerAnswers holds the state that the log adds up to, live and from the files, against
// OffsetFetch of the same broker: for real clients of all kinds, transactions that are committed, aborted and open,
// offsets, groups and topics that were deleted.
func TestKafkaLatestIsWhatTheBrokerAnswers(t *testing.T) {
	c := kafkatest.Start(t, kafkatest.Options{})
	c.Topic(t, "copies", 2, 0)
	apps := slices.DeleteFunc(applications(), func(a application) bool {
		return a.from4 && before4(c) || a.group == "flink" || a.group == "streams-classic" || a.group == "static" || a.group == "share"
	})
	apps = append(apps, application{group: "tx-first", file: "TransactionApp.java", args: []string{"id-tx-first"}, do: []string{"offsets 0=3"}})
	startAll(t, c, apps)
	leaveTraces(t, c)

	poll(t, "inspect --latest and OffsetFetch", func() error { // clients go on committing
		want := answered(t, c)
		for name, args := range map[string][]string{"live": nil, "files": {"--file", c.DataDir(1)}} {
			r := offsetctl(t, c, append([]string{"inspect", "--latest", "-o", "ndjson"}, args...)...)
			if r.Exit != 0 {
				t.Fatalf("%s: %+v", name, r)
			}
			items := latestItems(t, r.Stdout)
			if diff := gocmp.Diff(want, latestLines(t, items)); diff != "" {
				return fmt.Errorf("%s (-kafka +offsetctl)\n%s", name, diff)
			}
			checkPending(t, name, items)
			checkIDs(t, c, name == "live", items)
		}
		if len(want) < 12 {
			t.Fatalf("the broker has only %q", want)
		}
		return nil
	})
	if got := ok(t, c, "inspect", "--latest", "-q", "-o", "name"); strings.Contains(got, "group-deleted") || !strings.Contains(got, "back\n") || !strings.Contains(got, "tx-first\n") {
		t.Errorf("groups %q", got)
	}
	t.Run("named", func(t *testing.T) {
		items := latestItems(t, ok(t, c, "inspect", "manual", "--latest", "-o", "ndjson"))
		if len(items) != 2 || *items[1].Metadata != "why not" || items[0].CommitTimestamp == nil {
			t.Errorf("%+v", items)
		}
		if r := offsetctl(t, c, "inspect", "no-such-group", "--latest"); r.Exit != 1 {
			t.Errorf("%+v", r)
		}
	})
	t.Run("group records", func(t *testing.T) {
		var members int
		for _, r := range inspected(t, ok(t, c, "inspect", "kip848", "--latest", "--type", "ConsumerGroupMemberMetadata", "-o", "ndjson")) {
			if r.Value != nil {
				members++
			}
		}
		if members != 2 {
			t.Errorf("%d members of kip848, want 2", members)
		}
	})
	t.Run("open transactions", func(t *testing.T) { checkOpen(t, c) })
	t.Run("recreated topic", func(t *testing.T) { checkRecreated(t, c) })
}

// leaveTraces deletes offsets, groups and topics.
func leaveTraces(t *testing.T, c *kafkatest.Cluster) {
	t.Helper()
	adm := kadm.NewClient(c.Kgo(t))
	c.Topic(t, "orders", 3, 10)
	c.Topic(t, "doomed", 1, 10)
	c.Topic(t, "anew", 1, 10)
	for _, g := range []string{"offsets-deleted", "group-deleted", "back"} {
		commit(t, c, g, at("orders", 1, 2, 3))
	}
	commit(t, c, "of-topics", at("doomed", 4))
	commit(t, c, "of-topics", at("anew", 5))
	commit(t, c, "of-topics", at("orders", 6))
	var some kadm.TopicsSet
	some.Add("orders", 0, 2)
	if _, err := adm.DeleteOffsets(t.Context(), "offsets-deleted", some); err != nil {
		t.Fatal(err)
	}
	if err := errorsOf(adm.DeleteGroups(t.Context(), "group-deleted", "back")); err != nil {
		t.Fatal(err)
	}
	commit(t, c, "back", at("orders", 7))
	if err := errorsOf(adm.DeleteTopics(t.Context(), "doomed", "anew")); err != nil {
		t.Fatal(err)
	}
	poll(t, "creating the topic anew", func() error { _, err := adm.CreateTopic(t.Context(), 1, 1, nil, "anew"); return err })
}

// errorsOf is the first error of an answer.
func errorsOf[R interface{ Error() error }](resp R, err error) error {
	if err != nil {
		return err
	}
	return resp.Error()
}

// answered is what the broker has of all groups, without waiting for transactions to end.
func answered(t *testing.T, c *kafkatest.Cluster) []string {
	t.Helper()
	versions := kversion.Stable()
	versions.SetMaxKeyVersion(9, 9) // later ones have no topics that are gone
	cl := c.Kgo(t, kgo.MaxVersions(versions))
	groups, err := kadm.NewClient(cl).ListGroups(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	lines := []string{}
	for _, group := range groups.Groups() {
		req := kmsg.NewPtrOffsetFetchRequest()
		g := kmsg.NewOffsetFetchRequestGroup()
		g.Group = group
		req.Groups = append(req.Groups, g)
		resp, err := req.RequestWith(t.Context(), cl)
		if err == nil {
			err = kerr.ErrorForCode(resp.Groups[0].ErrorCode)
		}
		if err != nil {
			t.Fatal(group, err)
		}
		for _, rt := range resp.Groups[0].Topics {
			for _, p := range rt.Partitions {
				if p.Offset >= 0 {
					lines = append(lines, fmt.Sprintf("%s %s:%d %d %d %q", group, rt.Topic, p.Partition, p.Offset, p.LeaderEpoch, *p.Metadata))
				}
			}
		}
	}
	slices.Sort(lines)
	return lines
}

func latestItems(t *testing.T, ndjson string) []latestItem {
	t.Helper()
	var items []latestItem
	for line := range strings.Lines(ndjson) {
		var i latestItem
		decode(t, line, &i)
		if i.Error != nil {
			t.Fatalf("not understood: %s", line)
		}
		items = append(items, i)
	}
	return items
}

// latestLines are the commits that count, as answered has them.
func latestLines(t *testing.T, items []latestItem) []string {
	t.Helper()
	lines := []string{}
	for _, i := range items {
		if i.Offset == nil {
			continue
		}
		epoch := int32(-1)
		if i.LeaderEpoch != nil {
			epoch = *i.LeaderEpoch
		}
		lines = append(lines, fmt.Sprintf("%s %s:%d %d %d %q", i.Group, i.Topic, i.Partition, *i.Offset, epoch, *i.Metadata))
	}
	slices.Sort(lines)
	return lines
}

// checkPending: the three open transactions, of which one is of a partition without any commit.
func checkPending(t *testing.T, name string, items []latestItem) {
	t.Helper()
	got := map[string]string{}
	for _, i := range items {
		for _, p := range i.Pending {
			got[fmt.Sprintf("%s:%d", i.Group, i.Partition)] = fmt.Sprintf("%s, then %d", show(i.Offset), p.Offset)
		}
	}
	want := map[string]string{"tx:0": "3, then 7", "tx-member:0": "3, then 7", "tx-first:0": "-, then 3"}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("%s: pending (-want +got)\n%s", name, diff)
	}
}

// checkOpen: the three open transactions, of which a cluster is asked beyond its last stable offset only; files are read
// from their beginning.
func checkOpen(t *testing.T, c *kafkatest.Cluster) {
	t.Helper()
	open := func(args ...string) (groups []string, items []map[string]any) {
		for line := range strings.Lines(ok(t, c, append([]string{"inspect", "--open", "-o", "ndjson"}, args...)...)) {
			var item map[string]any
			if err := json.Unmarshal([]byte(line), &item); err != nil {
				t.Fatalf("%v: %s", err, line)
			}
			if age, _ := item["ageMs"].(float64); age <= 0 {
				t.Errorf("no age: %s", line)
			}
			delete(item, "ageMs")
			groups, items = append(groups, fmt.Sprint(item["group"])), append(items, item)
		}
		slices.Sort(groups)
		return groups, items
	}
	groups, live := open()
	if diff := gocmp.Diff([]string{"tx", "tx-first", "tx-member"}, groups); diff != "" {
		t.Errorf("groups (-want +got)\n%s", diff)
	}
	if _, files := open("--file", c.DataDir(1)); !gocmp.Equal(files, live) {
		t.Errorf("(-files +live)\n%s", gocmp.Diff(files, live))
	}
}

// checkIDs: plain commits of 4.1 and later have the id of their topic, which is the one that there is now.
func checkIDs(t *testing.T, c *kafkatest.Cluster, live bool, items []latestItem) {
	t.Helper()
	with := 0
	for _, i := range items {
		if i.TopicID != nil {
			with++
		}
		if (i.TopicRecreated != nil) != (live && i.TopicID != nil) || i.TopicRecreated != nil && *i.TopicRecreated {
			t.Errorf("topic recreated: %+v", i)
		}
	}
	if (with > 0) != !before4(c) {
		t.Errorf("%d commits with a topic id, on Kafka %s", with, c.Version)
	}
}

// checkRecreated writes a commit with the id of an earlier topic, as brokers may leave one that missed the deletion.
func checkRecreated(t *testing.T, c *kafkatest.Cluster) {
	key, err1 := inspect.ConsumerOffsets.EncodeKey([]byte(`{"type":1,"data":{"group":"old","topic":"orders","partition":0}}`))
	value, err2 := inspect.ConsumerOffsets.EncodeValue(1, []byte(`{"version":4,"data":{"offset":1,"leaderEpoch":-1,"metadata":"","commitTimestamp":1700000000000,"topicId":"AQIDBAUGBwgJCgsMDQ4PEA"}}`))
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	cl := c.Kgo(t, kgo.ClientID("__admin_client"), kgo.DisableIdempotentWrite(), kgo.DefaultProduceTopic("__consumer_offsets"))
	if err := cl.ProduceSync(t.Context(), &kgo.Record{Key: key, Value: value}).FirstErr(); err != nil {
		t.Fatal(err)
	}
	r := offsetctl(t, c, "inspect", "--match", "old", "--latest", "-o", "ndjson")
	items := latestItems(t, r.Stdout)
	if len(items) != 1 || items[0].TopicRecreated == nil || !*items[0].TopicRecreated || !strings.Contains(r.Stderr, "group old: its commits for topic orders are from before that topic was deleted") {
		t.Errorf("%+v", r)
	}
}
