package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kadm"

	"github.com/offsetctl/offsetctl/inspect"
	"github.com/offsetctl/offsetctl/internal/cluster"
)

// rowsOf are the records of __consumer_offsets as inspect shows them, of all groups or of some.
func rowsOf(t *testing.T, c *Cluster, groups ...string) []inspect.Row {
	t.Helper()
	client, err := cluster.Dial(cluster.Config{Bootstrap: c.Addrs(), Dial: c.Dial})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	live, report, errs := inspect.Plan(t.Context(), client.Run(cluster.Deadline{}), inspect.Wanted{Groups: groups})
	if errs != nil || len(report.Errors)+len(report.Notes) > 0 {
		t.Fatalf("planning the scan: %v, %+v", errs, report)
	}
	o := inspect.Options{Raw: true}
	if groups != nil {
		o.Filter.Group = func(g []byte) bool { return slices.Contains(groups, string(g)) }
	}
	var rows []inspect.Row
	report, err = live.Read(t.Context(), o, func(r *inspect.Row) error {
		if r.Err != nil {
			t.Errorf("%d/%d: %v", r.Partition, r.Offset, r.Err)
		}
		kept := *r
		kept.RawKey, kept.RawValue = bytes.Clone(r.RawKey), bytes.Clone(r.RawValue)
		kept.KeyJSON, kept.ValueJSON = bytes.Clone(r.KeyJSON), bytes.Clone(r.ValueJSON)
		if r.Commit != nil { // which tells it all
			kept.KeyJSON, _ = inspect.ConsumerOffsets.AppendKey(nil, r.RawKey)
			kept.ValueJSON, _ = inspect.ConsumerOffsets.AppendValue(nil, r.Key.Type, r.RawValue)
		}
		if kept.Timestamp != nil {
			at := *r.Timestamp
			kept.Timestamp = &at
		}
		if kept.Transaction != nil {
			txn := *r.Transaction
			kept.Transaction = &txn
		}
		if !kept.Marker {
			if kept.Key, err = inspect.ConsumerOffsets.ParseKey(kept.RawKey); err != nil {
				return err
			}
		}
		rows = append(rows, kept)
		return nil
	})
	if err != nil || len(report.Errors) > 0 {
		t.Fatalf("scanning: %v, %+v", err, report)
	}
	return rows
}

// latest is the state that a broker would load: of each key the record with the highest offset that is not part of a
// transaction, or of one that was committed. The commits are offset, epoch and metadata.
func latest(t *testing.T, rows []inspect.Row) map[string]string {
	t.Helper()
	state := make(map[string]string)
	for _, r := range rows {
		if r.Marker || r.Transaction != nil && r.Transaction.Outcome != inspect.Committed {
			continue
		}
		key := string(r.KeyJSON)
		if r.Key.HasTopic() {
			key = fmt.Sprintf("%s %s/%d", r.Key.Group, r.Key.Topic, r.Key.Partition)
		}
		switch commit, ok := inspect.ParseCommit(r.RawValue); {
		case r.Tombstone:
			delete(state, key)
		case !r.Key.HasTopic():
			state[key] = r.Type
		case !ok:
			t.Fatalf("%s: no commit in %x", key, r.RawValue)
		default:
			state[key] = fmt.Sprintf("%d epoch %d %q", commit.Offset, commit.LeaderEpoch, commit.Metadata)
		}
	}
	return state
}

// fetched are the commits of all groups, as brokers answer OffsetFetch.
func fetched(t *testing.T, c *Cluster) map[string]string {
	t.Helper()
	o := newObserver(t, c)
	listed, err := o.admin.ListGroups(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	commits := make(map[string]string)
	for _, group := range listed.Groups() {
		if listed[group].ProtocolType == "share" {
			continue
		}
		answer, err := o.admin.FetchOffsets(t.Context(), group)
		if err != nil {
			t.Fatal(err)
		}
		answer.Each(func(r kadm.OffsetResponse) {
			commits[fmt.Sprintf("%s %s/%d", group, r.Topic, r.Partition)] = fmt.Sprintf("%d epoch %d %q", r.At, r.LeaderEpoch, r.Metadata)
		})
	}
	return commits
}

func commitsIn(state map[string]string) map[string]string {
	commits := make(map[string]string)
	for key, value := range state {
		if !strings.HasPrefix(key, "{") {
			commits[key] = value
		}
	}
	return commits
}

func TestOffsetsTopicSaysWhatOffsetFetchSays(t *testing.T) {
	c := start(t, Options{})
	if diff := cmp.Diff(fetched(t, c), commitsIn(latest(t, rowsOf(t, c)))); diff != "" {
		t.Errorf("latest commits of __consumer_offsets (-OffsetFetch +topic):\n%s", diff)
	}
}

func TestOffsetsTopicSaysTheSameWhenCompacted(t *testing.T) {
	c := start(t, Options{})
	before := latest(t, rowsOf(t, c))
	c.fake.Compact()
	after := latest(t, rowsOf(t, c))
	const replaced = "payments-export payments/0" // by the open transaction, which kfake should have waited for
	delete(before, replaced)
	delete(after, replaced)
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("latest state (-before +after compaction):\n%s", diff)
	}
}

func TestOffsetsTopicHasWhatBrokersStoreOfEachKind(t *testing.T) {
	c := start(t, Options{})
	got := make(map[string]map[string]int)
	for _, r := range rowsOf(t, c, "orders-app", "search-indexer", "thumbnails", "email-sender") {
		group := string(r.Key.Group)
		if got[group] == nil {
			got[group] = make(map[string]int)
		}
		got[group][r.Type]++
	}
	const commits = 7 // of each partition, by a group that runs
	want := map[string]map[string]int{
		"orders-app":   {"GroupMetadata": 2, "OffsetCommit": 6 * commits},
		"email-sender": {"OffsetCommit": 3 * (commits - 1)},
		"search-indexer": {
			"ConsumerGroupMemberMetadata": 2, "ConsumerGroupMetadata": 1, "ConsumerGroupTargetAssignmentMember": 2,
			"ConsumerGroupTargetAssignmentMetadata": 1, "ConsumerGroupCurrentMemberAssignment": 2,
			"OffsetCommit": 8 * commits,
		},
		"thumbnails": {
			"ShareGroupMemberMetadata": 2, "ShareGroupMetadata": 1, "ShareGroupTargetAssignmentMember": 2,
			"ShareGroupTargetAssignmentMetadata": 1, "ShareGroupCurrentMemberAssignment": 2, "ShareGroupStatePartitionMetadata": 1,
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("records by group and type (-want +got):\n%s", diff)
	}
}

func TestOffsetsTopicHasTheAssignments(t *testing.T) {
	c := start(t, Options{})
	inventory := idText(c.topicID("inventory"))
	found := 0
	for _, r := range rowsOf(t, c, "orders-app", "search-indexer") {
		switch r.Type {
		case "GroupMetadata":
			var v struct {
				Data struct {
					Generation int32
					Leader     *string
					Members    []struct {
						MemberID   string
						Assignment struct {
							AssignedPartitions []struct{ Partitions []int32 }
						}
					}
				}
			}
			if err := json.Unmarshal(r.ValueJSON, &v); err != nil {
				t.Fatal(err)
			}
			leads := false
			for _, m := range v.Data.Members {
				leads = leads || v.Data.Leader != nil && m.MemberID == *v.Data.Leader
				found += len(m.Assignment.AssignedPartitions[0].Partitions)
			}
			if leads != (v.Data.Generation > 0) || (v.Data.Generation == 0) != (len(v.Data.Members) == 0) {
				t.Errorf("generation and members do not fit: %s", r.ValueJSON)
			}
		case "ConsumerGroupCurrentMemberAssignment":
			if !bytes.Contains(r.ValueJSON, []byte(inventory)) {
				t.Errorf("no partition of inventory, whose id is %s: %s", inventory, r.ValueJSON)
			}
		}
	}
	if found != 6 {
		t.Errorf("orders-app has %d partitions assigned, want 6", found)
	}
}

// TestOffsetsTopicTellsAStory: commits never go back, time neither, but that markers are written when the demo starts.
func TestOffsetsTopicTellsAStory(t *testing.T) {
	c := start(t, Options{})
	now := time.Now().UnixMilli()
	offsets, times := make(map[string]int64), make(map[int32]int64)
	for _, r := range rowsOf(t, c) {
		if *r.Timestamp > now || *r.Timestamp < now-48*time.Hour.Milliseconds() {
			t.Errorf("%d/%d is of %s", r.Partition, r.Offset, time.UnixMilli(*r.Timestamp))
		}
		if r.Marker {
			continue
		}
		if *r.Timestamp < times[r.Partition] {
			t.Errorf("%d/%d is older than the record before", r.Partition, r.Offset)
		}
		times[r.Partition] = *r.Timestamp
		commit, ok := inspect.ParseCommit(r.RawValue)
		if !r.Key.HasTopic() || !ok {
			continue
		}
		if key := string(r.KeyJSON); commit.Offset < offsets[key] {
			t.Errorf("%s goes back from %d to %d", key, offsets[key], commit.Offset)
		} else {
			offsets[key] = commit.Offset
		}
		if hasID := bytes.Contains(r.ValueJSON, []byte(`"topicId"`)); hasID != (r.Transaction == nil) {
			t.Errorf("%s: transaction %+v, value %s", r.KeyJSON, r.Transaction, r.ValueJSON)
		}
	}
}

func TestOffsetsTopicHasTransactionsAndTombstones(t *testing.T) {
	c := start(t, Options{})
	var got []string
	for _, r := range rowsOf(t, c, "payments-export", "legacy-importer", "spring-sale", "flink-revenue") {
		switch subject := string(r.AppendSubject(nil, nil)); {
		case r.Marker:
			got = append(got, fmt.Sprint("marker ", r.Transaction.Outcome))
		case r.Transaction != nil:
			got = append(got, fmt.Sprint(string(r.Key.Group), " ", subject, " ", r.Transaction.Outcome))
		case r.Tombstone:
			got = append(got, fmt.Sprint(string(r.Key.Group), " ", r.Type, " ", subject, " deleted"))
		}
	}
	want := []string{
		"flink-revenue OffsetCommit orders-v1:1 deleted",
		"flink-revenue OffsetCommit orders-v1:0 deleted",
		"payments-export payments:0 open",
		"payments-export payments:1 committed",
		"marker committed",
		"payments-export payments:2 aborted",
		"marker aborted",
		"legacy-importer orders-v1:0 committed",
		"legacy-importer orders-v1:1 committed",
		"marker committed",
		"spring-sale OffsetCommit emails:2 deleted",
		"spring-sale OffsetCommit emails:1 deleted",
		"spring-sale OffsetCommit emails:0 deleted",
		"spring-sale GroupMetadata  deleted",
	}
	slices.Sort(want)
	slices.Sort(got) // which partition comes first does not matter
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestLiveWritesDownWhatChanges(t *testing.T) {
	c := start(t, Options{})
	before := len(rowsOf(t, c, "flink-revenue"))
	ctx, cancel := context.WithCancel(t.Context())
	live := make(chan error, 1)
	go func() { live <- c.Live(ctx) }()
	eventually(t, "a checkpoint of flink-revenue", func() bool { return len(rowsOf(t, c, "flink-revenue")) >= before+10 })
	admin := newObserver(t, c).admin
	if _, err := admin.DeleteGroup(t.Context(), "email-sender"); err != nil {
		t.Fatal(err)
	}
	offsets := make(kadm.Offsets)
	offsets.AddOffset("emails", 1, 7, -1)
	if err := admin.CommitAllOffsets(t.Context(), "visitor", offsets); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the visitor's commit", func() bool { return len(rowsOf(t, c, "visitor")) == 1 })
	cancel()
	if err := <-live; err != nil {
		t.Fatal(err)
	}
	if err := c.diary.catchUp(t.Context(), time.Now()); err != nil { // Live may have ended between a commit and its record
		t.Fatal(err)
	}
	state := latest(t, rowsOf(t, c))
	if diff := cmp.Diff(fetched(t, c), commitsIn(state)); diff != "" {
		t.Errorf("latest commits of __consumer_offsets (-OffsetFetch +topic):\n%s", diff)
	}
	for key := range state {
		if strings.Contains(key, "email-sender") {
			t.Errorf("%s: the group is deleted", key)
		}
	}
	settled := []string{"orders-app", "search-indexer", "payments-export", "visitor"} // workers of thumbnails may move
	written := len(rowsOf(t, c, settled...))
	if err := c.diary.catchUp(t.Context(), time.Now()); err != nil {
		t.Fatal(err)
	}
	if again := len(rowsOf(t, c, settled...)); again != written {
		t.Errorf("%d records written although nothing has changed", again-written)
	}
}

func TestRebalanceIsWrittenDown(t *testing.T) {
	c := start(t, Options{})
	before := len(rowsOf(t, c, "orders-app"))
	extra, err := c.newMembers(group{name: "orders-app", topics: []string{"orders"}, members: []string{"visitor"}})
	if err != nil {
		t.Fatal(err)
	}
	joined := make(chan error, 1)
	go func() { joined <- extra[0].join(t.Context(), 1) }()
	eventually(t, "the visitor waiting", func() bool { return len(c.fake.GroupInfo("orders-app").Members) == 4 })
	if err := c.diary.catchUp(t.Context(), time.Now()); err != nil {
		t.Fatal(err)
	}
	if got := len(rowsOf(t, c, "orders-app")); got != before {
		t.Errorf("%d records written in the middle of a rebalance", got-before)
	}
	for _, m := range slices.Clone(c.members) {
		if m.group.name == "orders-app" && m != extra[0] {
			go func() { _ = m.beat(t.Context()) }() // together, as they wait for each other
		}
	}
	if err := <-joined; err != nil {
		t.Fatal(err)
	}
	eventually(t, "a stable group", func() bool { return c.fake.GroupInfo("orders-app").State == "Stable" })
	if err := c.diary.catchUp(t.Context(), time.Now()); err != nil {
		t.Fatal(err)
	}
	rows := rowsOf(t, c, "orders-app")
	last := rows[len(rows)-1]
	if len(rows) != before+1 || last.Type != "GroupMetadata" || !bytes.Contains(last.ValueJSON, []byte(`"clientId":"visitor"`)) {
		t.Errorf("%d new records, the last: %s %s", len(rows)-before, last.Type, last.ValueJSON)
	}
}
