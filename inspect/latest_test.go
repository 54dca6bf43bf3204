package inspect

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/offsetctl/offsetctl/internal/cluster"
)

func latestOf(t *testing.T, o Options, segments ...Segment) *State {
	t.Helper()
	l, err := LatestFiles(context.Background(), segments, o)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// latestLines are the state's rows, of commits or else of records, with its errors and notes.
func latestLines(t *testing.T, l *State) scanned {
	t.Helper()
	var rows []string
	for _, r := range l.Commits() {
		rows = append(rows, commitLine(&r))
	}
	if err := l.Records(false, func(r *Row) error {
		rows = append(rows, line(r))
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return reported(rows, l.Report)
}

func record(t *testing.T, key, value string) Record {
	t.Helper()
	r := Record{Key: testKey(t, "%s", key)}
	if value != "" {
		var err error
		if r.Value, err = ConsumerOffsets.EncodeValue(int16(r.Key[1]), []byte(value)); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

func TestLatestFilesOfSeveralPartitionsAndSegments(t *testing.T) {
	dir := t.TempDir()
	two, ten := filepath.Join(dir, "__consumer_offsets-2"), filepath.Join(dir, "__consumer_offsets-10")
	a := newTestLog(t).commits("z", 1, 2).pending(7, 1, "z", 3)
	first := a.write(two, 0)
	second := a.ends(7, 1, true).pending(7, 2, "z", 9).write(two, 3)
	third := newTestLog(t).commits("a", 5).pending(8, 0, "only pending", 6).write(ten, 0)
	wantScan(t, scanned{Rows: []string{"a orders:0 5@0", "only pending orders:0 - 6@1(8)", "z orders:0 3@2 9@4(7)"}},
		latestLines(t, latestOf(t, Options{}, first, second, third)))
}

func TestLatestSelectsByGroupTopicAndType(t *testing.T) {
	l := newTestLog(t).commits("a", 1).commits("b", 2)
	legacy := l.records("b", 3)
	legacy[0].Key[1] = 0
	l.batch(plainBatch(0), legacy...)
	l.batch(plainBatch(0), record(t, `{"type":2,"data":{"group":"c"}}`, ""), record(t, `{"type":3,"data":{"groupId":"d"}}`, ""))
	s := l.write(folder(t, 7), 0)
	for _, c := range []struct {
		name   string
		filter Filter
		rows   []string
		groups []string
	}{
		{"all", Filter{}, []string{"a orders:0 1@0", "b orders:0 3@2"}, nil},
		{"groups", Filter{Group: groupIs("a", "c")}, []string{"a orders:0 1@0"}, []string{"a", "c"}},
		{"another topic", Filter{Partition: func(topic []byte, _ int32) bool { return string(topic) == "x" }}, nil, nil},
		{"another partition", Filter{Partition: func(_ []byte, p int32) bool { return p == 1 }}, nil, nil},
		{"type 1", Filter{Types: map[string]bool{"OffsetCommit": true}}, []string{"a orders:0 1@0"}, nil},
		{"type 0", Filter{Types: map[string]bool{"LegacyOffsetCommit": true}}, []string{"b orders:0 3@2"}, nil},
		{"group records", Filter{Group: groupIs("b", "d"), Types: map[string]bool{"GroupMetadata": true}}, nil, []string{"b", "d"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var groups []string // of those asked for, the ones that the filter is shown
			if selects := c.filter.Group; selects != nil {
				c.filter.Group = func(g []byte) bool {
					if selects(g) && !slices.Contains(groups, string(g)) {
						groups = append(groups, string(g))
					}
					return selects(g)
				}
			}
			wantScan(t, scanned{Rows: c.rows}, latestLines(t, latestOf(t, Options{Filter: c.filter}, s)))
			wantLines(t, "groups that have records", c.groups, groups)
		})
	}
}

func TestLatestRecordsAreTheNewestPerKey(t *testing.T) {
	group := func(g string, generation int) Record {
		return record(t, fmt.Sprintf(`{"type":2,"data":{"group":%q}}`, g), fmt.Sprintf(`{"version":3,"data":{"protocolType":"consumer","generation":%d,"protocol":null,"leader":null,"currentStateTimestamp":-1,"members":[]}}`, generation))
	}
	epoch := record(t, `{"type":3,"data":{"groupId":"new"}}`, `{"version":0,"data":{"epoch":4,"metadataHash":0}}`)
	gone := group("gone", 1)
	l := newTestLog(t).batch(plainBatch(0), group("old", 1), gone).commits("old", 1)
	l.batch(Batch{ProducerID: 5, Transactional: true}, epoch).batch(plainBatch(0), group("old", 2), Record{Key: gone.Key})
	s := l.write(folder(t, 7), 0)
	want := []string{"7/3 ConsumerGroupMetadata new", "7/4 GroupMetadata old"}
	types := map[string]bool{"GroupMetadata": true, "ConsumerGroupMetadata": true}
	wantScan(t, scanned{Rows: want}, latestLines(t, latestOf(t, Options{Filter: Filter{Types: types}}, s)))
	delete(types, "ConsumerGroupMetadata")
	wantScan(t, scanned{Rows: want[1:]}, latestLines(t, latestOf(t, Options{Filter: Filter{Types: types}}, s)))
	types = map[string]bool{"GroupMetadata": true}
	wantScan(t, scanned{}, latestLines(t, latestOf(t, Options{Filter: Filter{Types: types, Group: groupIs("new")}}, s)))
}

func TestLatestTellsWhatIsNotUnderstood(t *testing.T) {
	l := newTestLog(t).commits("a", 1)
	bad := l.records("b", 5)
	bad[0].Value = []byte{0, 9, 1}
	over := l.records("a", 6)
	over[0].Value = []byte{0, 3}
	l.batch(plainBatch(0), bad[0], over[0]).commits("a", 7)
	pending := l.records("c", 8)
	pending[0].Value = []byte{0, 3}
	l.batch(Batch{ProducerID: 1, Transactional: true}, pending...)
	l.batch(plainBatch(0), Record{Key: []byte{0, 77, 1}, Value: []byte("x")}, Record{Value: []byte("no key")}, Record{Key: append(l.records("a", 1)[0].Key, 0), Value: []byte("x")})
	s := l.write(folder(t, 7), 0)
	got := latestOf(t, Options{}, s)
	rows := got.Commits()
	if len(rows) != 3 || rows[0].Error != nil || *rows[0].Offset != 7 {
		t.Fatalf("%+v", rows)
	}
	for i, want := range []string{"value: unknown version 9 of OffsetCommit, known are 0 to 4", "value: offset at byte 2: 0 bytes left, 8 needed"} {
		r := rows[1+i]
		if r.Offset != nil || r.Error == nil || *r.Error != want {
			t.Errorf("%+v, want no offset and %q", r, want)
		}
	}
	wantPrefixes(t, []string{"3 records are not understood and left out; the first is at offset 5 of __consumer_offsets:7: key: unknown record type 77"}, got.Report.Notes)
	if len(got.Report.Errors) > 0 {
		t.Errorf("errors %v", got.Report.Errors)
	}
	wantScan(t, scanned{Rows: []string{"a orders:0 7@3"}}, latestLines(t, latestOf(t, Options{Filter: Filter{Group: groupIs("a")}}, s)))
}

func TestLatestReportsDamageAndGoesOn(t *testing.T) {
	dir := folder(t, 7)
	l := newTestLog(t).commits("a", 1)
	at := len(l.bytes)
	l.commits("a", 2)
	l.bytes[at+70] ^= 1
	l.commits("b", 3)
	cut := len(l.bytes)
	l.commits("b", 4)
	l.bytes = l.bytes[:cut+80]
	first := l.write(dir, 0)
	got := latestOf(t, Options{}, first)
	rows := latestLines(t, got).Rows
	if d := gocmp.Diff([]string{"maybe a orders:0 1@0", "maybe b orders:0 3@2"}, rows); d != "" {
		t.Error(d)
	}
	wantOne(t, got.Report.Errors, "__consumer_offsets:7", "CORRUPT_MESSAGE", "batch of offsets 1 to 1: CRC is")
	wantPrefixes(t, []string{first.Path + " ends inside a batch"}, got.Report.Notes)

	later := newTestLog(t)
	later.next = 9
	second := later.commits("c", 1).write(dir, 9)
	got = latestOf(t, Options{}, first, second, Segment{Path: filepath.Join(dir, "none"), Partition: 8})
	if n := len(got.Report.Errors); n != 2 || got.Report.Errors[0].Code != "UNREADABLE_FILE" || !strings.Contains(got.Report.Errors[1].Message, "2 places") {
		t.Errorf("%v", got.Report.Errors)
	}
}

func TestLatestItem(t *testing.T) {
	for _, c := range []struct{ name, value, want string }{
		{
			"version 4", `{"version":4,"data":{"offset":42,"leaderEpoch":3,"metadata":"m","commitTimestamp":1700000000123,"topicId":"AQIDBAUGBwgJCgsMDQ4PEA"}}`,
			`{"group":"g","topic":"t","partition":3,"offset":42,"leaderEpoch":3,"metadata":"m","commitTimestamp":"2023-11-14T22:13:20.123Z","expireTimestamp":null,"topicId":"AQIDBAUGBwgJCgsMDQ4PEA","logPartition":7,"logOffset":0,"pending":[],"topicRecreated":null,"error":null}`,
		},
		{
			"version 1", `{"version":1,"data":{"offset":42,"metadata":"","commitTimestamp":1700000000123,"expireTimestamp":1700000001123}}`,
			`{"group":"g","topic":"t","partition":3,"offset":42,"leaderEpoch":null,"metadata":"","commitTimestamp":"2023-11-14T22:13:20.123Z","expireTimestamp":"2023-11-14T22:13:21.123Z","topicId":null,"logPartition":7,"logOffset":0,"pending":[],"topicRecreated":null,"error":null}`,
		},
		{
			"left to the table", `{"version":4,"data":{"offset":42,"leaderEpoch":3,"metadata":"` + strings.Repeat("m", 20000) + `","commitTimestamp":1700000000123,"topicId":"AQIDBAUGBwgJCgsMDQ4PEA"}}`,
			`{"group":"g","topic":"t","partition":3,"offset":42,"leaderEpoch":3,"metadata":"` + strings.Repeat("m", 20000) + `","commitTimestamp":"2023-11-14T22:13:20.123Z","expireTimestamp":null,"topicId":"AQIDBAUGBwgJCgsMDQ4PEA","logPartition":7,"logOffset":0,"pending":[],"topicRecreated":null,"error":null}`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := newTestLog(t).batch(plainBatch(0), record(t, `{"type":1,"data":{"group":"g","topic":"t","partition":3}}`, c.value))
			rows := latestOf(t, Options{}, l.write(folder(t, 7), 0)).Commits()
			text := rows[0].AppendJSON(nil)
			if d := gocmp.Diff(c.want, string(text)); d != "" || !json.Valid(text) {
				t.Error(d)
			}
		})
	}
	l := newTestLog(t).pending(9, 2, "g", 5)
	text := latestOf(t, Options{}, l.write(folder(t, 7), 0)).Commits()[0].AppendJSON(nil)
	want := `{"group":"g","topic":"orders","partition":0,"offset":null,"leaderEpoch":null,"metadata":null,"commitTimestamp":null,"expireTimestamp":null,"topicId":null,"logPartition":7,"logOffset":null,"pending":[{"offset":5,"logOffset":0,"producerId":9,"producerEpoch":2,"timestamp":"2023-11-14T22:13:20.000Z"}],"topicRecreated":null,"error":null}`
	if d := gocmp.Diff(want, string(text)); d != "" || !json.Valid(text) {
		t.Error(d)
	}
}

func TestMarkRecreated(t *testing.T) {
	id := func(b byte) *string { return new(topicIDText([16]byte{b})) }
	rows := []LatestCommit{{Topic: "same", TopicID: id(1)}, {Topic: "anew", TopicID: id(1)}, {Topic: "gone", TopicID: id(1)}, {Topic: "none"}, {Topic: "old broker", TopicID: id(1)}, {Topic: "denied", TopicID: id(1)}}
	if d := gocmp.Diff([]string{"anew", "denied", "gone", "old broker", "same"}, TopicsWithID(rows)); d != "" {
		t.Error(d)
	}
	errs := MarkRecreated(rows, []cluster.Topic{
		{Name: "same", ID: cluster.TopicID{1}}, {Name: "anew", ID: cluster.TopicID{2}}, {Name: "none", ID: cluster.TopicID{1}}, {Name: "old broker"},
		{Name: "gone", Err: &cluster.Error{Scope: cluster.ScopeTopic, Name: "gone", Code: "UNKNOWN_TOPIC_OR_PARTITION"}},
		{Name: "denied", Err: &cluster.Error{Scope: cluster.ScopeTopic, Name: "denied", Code: "TOPIC_AUTHORIZATION_FAILED"}},
	})
	var got []*bool
	for _, r := range rows {
		got = append(got, r.TopicRecreated)
	}
	if d := gocmp.Diff([]*bool{new(false), new(true), nil, nil, nil, nil}, got); d != "" {
		t.Error(d)
	}
	if len(errs) != 1 || errs[0].Name != "denied" {
		t.Errorf("%v", errs)
	}
}
