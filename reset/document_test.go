package reset

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/offsetctl/offsetctl/internal/cluster"
)

func at() time.Time { return time.Date(2026, 11, 29, 1, 22, 33, 444e6, time.UTC) }

// everyRow is a plan with a row of every shape there is.
func everyRow() *Plan {
	five := int32(5)
	denied := &cluster.Error{Scope: cluster.ScopePartition, Name: "orders:2", Code: "TOPIC_AUTHORIZATION_FAILED", Message: "not allowed"}
	start, end := int64(0), int64(1<<63-1)
	tp := func(partition int32) cluster.TP { return cluster.TP{Topic: "orders", Partition: partition} }
	return &Plan{ClusterID: "MkU3OEVBNTcwNTJENDM2Qg", Groups: []Group{
		{Name: "", Changes: []Change{
			{TP: tp(0), Current: &Position{Offset: 7, LeaderEpoch: &five, Metadata: "é\n\u2028<&>\x00"}, New: &Position{Offset: 1<<63 - 1}, LogStart: &start, LogEnd: &end, Result: Planned},
			{TP: tp(1), Current: &Position{}, Result: Planned},
			{TP: tp(2), Result: Refused, Err: denied},
		}},
		{Name: "billing", Type: "classic", Changes: []Change{
			{TP: tp(0), TopicID: cluster.TopicID{1}, Current: &Position{Offset: 3}, New: &Position{Offset: 3}, Result: Unchanged, Notes: []string{"a", "b"}},
			{TP: cluster.TP{Topic: "gone"}, Whole: true, Result: Unchanged},
			{Whole: true, Result: Planned},
		}},
	}}
}

// planText is a plan as the command prints it.
func planText(t *testing.T, items any) []byte {
	t.Helper()
	text, err := json.MarshalIndent(map[string]any{
		"kind": KindPlan, "schemaVersion": 1, "time": "2026-11-29T01:22:33.444Z", "clusterId": "MkU3OEVBNTcwNTJENDM2Qg", "items": items, "errors": []*cluster.Error{},
	}, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestParsePlanReadsWhatWasPrinted(t *testing.T) {
	plan := everyRow()
	plan.Groups[0].Changes[1].Result, plan.Groups[1].Changes[2].Result = Refused, Refused // reset plans no deletions
	want := &Document{Time: at(), ClusterID: plan.ClusterID, Items: plan.Rows()}
	for _, mark := range []string{"", "\uFEFF", " \r\n\t"} {
		got, err := ParsePlan(append([]byte(mark), planText(t, plan.Rows())...))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
}

// People make plans too, with no more than what is needed; and later versions have more.
func TestParsePlanTakesLessAndMore(t *testing.T) {
	got, err := ParsePlan([]byte(`{"kind":"reset-plan","schemaVersion":1,"time":"2026-11-29T02:22:33.444+01:00","clusterId":null,"later":[1],
		"items":[{"group":"","topic":"orders","partition":0,"newOffset":5,"later":{}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	topic, partition, offset := "orders", int32(0), int64(5)
	want := []Row{{Topic: &topic, Partition: &partition, NewOffset: &offset}}
	if diff := cmp.Diff(want, got.Items); diff != "" {
		t.Error(diff)
	}
	if !got.Time.Equal(at()) || got.ClusterID != "" {
		t.Errorf("got time %v, cluster id %q", got.Time, got.ClusterID)
	}
}

const planHead = `"schemaVersion":1,"time":"2026-11-29T01:22:33.444Z","clusterId":null`

func TestParsePlanRefusesItems(t *testing.T) {
	const good = `{"group":"g","topic":"orders","partition":0,"newOffset":5}`
	for _, tc := range []struct{ item, want string }{
		{`{"topic":"orders","partition":0,"newOffset":5}`, "item 2: group is missing"},
		{`{"group":null,"topic":"orders","partition":1,"newOffset":5}`, "item 2: group is missing"},
		{`{"group":"g","partition":1,"newOffset":5}`, "item 2: topic is missing"},
		{`{"group":"g","topic":"","partition":1,"newOffset":5}`, "item 2: topic is empty"},
		{`{"group":"g","topic":"orders","newOffset":5}`, "item 2: partition is missing"},
		{`{"group":"g","topic":"orders","partition":-1,"newOffset":5}`, "item 2: partition is -1, below 0"},
		{`{"group":"g","topic":"orders","partition":1,"newOffset":-1}`, "item 2: newOffset is -1, below 0"},
		{`{"group":"g","topic":"orders","partition":1,"newOffset":1,"currentOffset":-1}`, "item 2: currentOffset is -1, below 0"},
		{`{"group":"g","topic":"orders","partition":1,"newOffset":1,"newLeaderEpoch":-1}`, "item 2: newLeaderEpoch is -1, below 0: none is null"},
		{`{"group":"g","topic":"orders","partition":1,"newOffset":null,"result":"planned"}`,
			"item 2: newOffset is missing: reset deletes no commits; leave a partition alone by removing its item"},
		{`{"group":"g","topic":"orders","partition":1,"newOffset":"5"}`, "item 2: newOffset is a JSON string, where a whole number is expected"},
		{`{"group":"g","topic":"orders","partition":1,"newOffset":5.5}`, "item 2: newOffset is a JSON number 5.5, where a whole number is expected"},
		{`{"group":"g","topic":"orders","partition":2147483648,"newOffset":5}`, "item 2: partition is a JSON number 2147483648, where a whole number is expected"},
		{`{"group":"g","topic":"orders","partition":1,"newOffset":9223372036854775808}`, "item 2: newOffset is a JSON number 9223372036854775808, where a whole number is expected"},
		{`{"group":7,"topic":"orders","partition":1,"newOffset":5}`, "item 2: group is a JSON number, where a string is expected"},
		{`{"group":"g","topic":["orders"],"partition":1,"newOffset":5}`, "item 2: topic is a JSON array, where a string is expected"},
		{`{"group":"g","topic":"orders","partition":1,"error":"x"}`, "item 2: error is a JSON string, where an object is expected"},
		{`null`, "item 2: group is missing"},
		{`7`, "item 2: it is a JSON number, where an object is expected"},
		{good, "item 2: it is of the same partition as item 1: remove one of them"},
	} {
		text := fmt.Sprintf(`{"kind":"reset-plan",%s,"items":[%s,%s],"errors":[]}`, planHead, good, tc.item)
		got, err := ParsePlan([]byte(text))
		if got != nil || err == nil || err.Error() != tc.want {
			t.Errorf("an item %s:\n got %v, %v\nwant %s", tc.item, got, err, tc.want)
		}
	}
}

func TestParsePlanRefusesDocuments(t *testing.T) {
	const printed = `; a plan is what "offsetctl reset … -o json" prints without --execute`
	for _, tc := range []struct{ text, want string }{
		{``, "line 1: it is no JSON document: unexpected end of JSON input"},
		{"{\n\n\"kind\": x}", "line 3: it is no JSON document: invalid character 'x' looking for beginning of value"},
		{"{\"kind\":\"reset-plan\",\n\"items\":[", "line 2: it is no JSON document: unexpected end of JSON input"},
		{"{}\n{}", "line 2: it is no JSON document: invalid character '{' after top-level value"},
		{"{\"kind\":\"\xff\"}", "the text is not UTF-8"},
		{`[]`, "it is a JSON array, where an object is expected"},
		{`{"group":"g","topic":"orders","partition":0,"newOffset":5}`, `kind is "", not what is expected here` + printed},
		{`{"kind":"lag","schemaVersion":1}`, `kind is "lag", not what is expected here` + printed},
		{`{"kind":"reset-result","schemaVersion":1}`, `kind is "reset-result", a result, not a plan: it has been carried out` + printed},
		{`{"kind":"undo","schemaVersion":1}`, `kind is "undo", what undoes a change: offsetctl undo takes it` + printed},
		{`{"kind":"reset-plan"}`, "schemaVersion is 0, not 1"},
		{`{"kind":"reset-plan","schemaVersion":2}`, "schemaVersion is 2: a newer offsetctl wrote it, and this one knows 1"},
		{`{"kind":"reset-plan","schemaVersion":"1"}`, "schemaVersion is a JSON string, where a whole number is expected"},
		{`{"kind":"reset-plan","schemaVersion":1}`, `time is not RFC 3339: ""`},
		{`{"kind":"reset-plan","schemaVersion":1,"time":"yesterday"}`, `time is not RFC 3339: "yesterday"`},
		{`{"kind":"reset-plan",` + planHead + `}`, "there are no items"},
		{`{"kind":"reset-plan",` + planHead + `,"items":[]}`, "there are no items"},
		{`{"kind":"reset-plan",` + planHead + `,"items":{}}`, "items is a JSON object, where an array is expected"},
		{`{"kind":"reset-plan","schemaVersion":1,"time":"2026-11-29T01:22:33Z","clusterId":7}`, "clusterId is a JSON number, where a string is expected"},
	} {
		got, err := ParsePlan([]byte(tc.text))
		if got != nil || err == nil || err.Error() != tc.want {
			t.Errorf("ParsePlan(%s):\n got %v, %v\nwant %s", tc.text, got, err, tc.want)
		}
	}
}

func TestUndoRoundTrips(t *testing.T) {
	plan, finished := everyRow(), at().Add(time.Second)
	for _, d := range []*Document{
		{ID: "20261129T012233Z-k3f9", Time: at(), ClusterID: plan.ClusterID, Command: "reset", Items: plan.Rows()},
		{Time: at(), Command: "delete-group", Finished: &finished, Items: plan.Rows()},
	} {
		text, err := d.encode()
		if err != nil {
			t.Fatal(err)
		}
		got, err := ParseUndo(text)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(d, got); diff != "" {
			t.Error(diff)
		}
	}
}

// The format is a contract: files must be read by later versions.
func TestUndoText(t *testing.T) {
	plan := &Plan{Groups: []Group{{Name: "<g>", Changes: []Change{{TP: cluster.TP{Topic: "orders"}, Current: &Position{Offset: 7, Metadata: "m"}, New: &Position{}, Result: Planned}}}}}
	row := `{"group":"\u003cg\u003e","type":null,"topic":"orders","topicId":null,"partition":0,"currentOffset":7,"currentLeaderEpoch":null,"currentMetadata":"m",` +
		`"newOffset":0,"newLeaderEpoch":null,"newMetadata":"","change":-7,"logStartOffset":null,"logEndOffset":null,"result":"planned","note":null,"error":null}`
	finished := at().Add(time.Minute)
	for _, tc := range []struct {
		doc  Document
		want string
	}{
		{Document{ID: "x-1", Time: at(), ClusterID: "c", Command: "reset"},
			`{"kind":"undo","schemaVersion":1,"id":"x-1","time":"2026-11-29T01:22:33.444Z","clusterId":"c","command":"reset","finished":null,"items":[` + row + `],"errors":[]}`},
		{Document{Time: at().In(time.FixedZone("", 3600)), Command: "undo", Finished: &finished, Errors: []*cluster.Error{{Scope: cluster.ScopeBroker, Name: "b", Code: "C", Message: "m"}}},
			`{"kind":"undo","schemaVersion":1,"time":"2026-11-29T01:22:33.444Z","clusterId":null,"command":"undo","finished":"2026-11-29T01:23:33.444Z","items":[` + row +
				`],"errors":[{"scope":"broker","name":"b","code":"C","message":"m","retriable":false}]}`},
	} {
		tc.doc.Items = plan.Rows()
		got, err := tc.doc.encode()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tc.want+"\n", string(got)); diff != "" {
			t.Error(diff)
		}
	}
}

func TestParseUndoRefuses(t *testing.T) {
	undo := func(items string) string { return `{"kind":"undo",` + planHead + `,"items":[` + items + `]}` }
	const whole = `{"group":"g","topic":null,"partition":null,"result":"planned"}`
	for _, tc := range []struct{ text, want string }{
		{string(planText(t, nil)), `kind is "reset-plan", a plan: offsetctl reset --from-file takes it`},
		{`{"kind":"undo",` + planHead + `,"finished":"soon","items":[` + whole + `]}`, `finished is not RFC 3339: "soon"`},
		{undo(""), "there are no items"},
		{undo(whole + "," + whole), "item 2: it is of the same partition as item 1: remove one of them"},
		{undo(`{"group":"g","topic":"t","partition":0}`), `item 1: result is "", which is none`},
		{undo(`{"group":"g","topic":"t","partition":0,"result":"later"}`), `item 1: result is "later", which is none`},
		{undo(`{"group":"g","partition":0,"result":"planned"}`), "item 1: topic is missing"},
		{undo(`{"group":"g","topic":"t","currentOffset":5,"result":"planned"}`), "item 1: partition is missing"},
		{undo(`{"group":"g","topic":"t","newOffset":5,"result":"planned"}`), "item 1: partition is missing"},
	} {
		got, err := ParseUndo([]byte(tc.text))
		if got != nil || err == nil || err.Error() != tc.want {
			t.Errorf("ParseUndo(%s):\n got %v, %v\nwant %s", tc.text, got, err, tc.want)
		}
	}
}

// What JSON would change must not be what a commit is restored from.
func TestUndoRefusesWhatItCannotKeep(t *testing.T) {
	bad, zero := "a\xff", int32(0)
	topic, offset := "t", int64(5)
	for what, row := range map[string]Row{
		"group":           {Group: bad, Topic: &topic, Partition: &zero, Result: Planned},
		"topic":           {Topic: &bad, Partition: &zero, Result: Planned},
		"currentMetadata": {Topic: &topic, Partition: &zero, CurrentOffset: &offset, CurrentMetadata: &bad, Result: Planned},
		"newMetadata":     {Topic: &topic, Partition: &zero, NewOffset: &offset, NewMetadata: &bad, Result: Planned},
	} {
		_, err := (&Document{Time: at(), Items: []Row{row}}).encode()
		if want := "item 1: " + what + ` is not UTF-8, and cannot be kept in a file: "a\xff"`; err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	if _, err := (&Document{Time: at()}).encode(); err == nil {
		t.Error("a document that undoes nothing has been made")
	}
}

func TestIsDocument(t *testing.T) {
	for text, want := range map[string]bool{
		"{": true, "\uFEFF{": true, "\uFEFF \r\n\t{}": true, "": false, " ": false, "\uFEFF": false, "orders,0,1": false, `"{",0,1`: false, "[{}]": false,
	} {
		if got := IsDocument([]byte(text)); got != want {
			t.Errorf("IsDocument(%q) = %t", text, got)
		}
	}
}

// FuzzParseDocument: what is read of either kind is in the bounds, and an undo reads the same after it was written.
func FuzzParseDocument(f *testing.F) {
	d := Document{ID: "x", Time: at(), Command: "reset", Items: everyRow().Rows()}
	text, err := d.encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte(strings.Replace(string(text), `"undo"`, `"reset-plan"`, 1)))
	f.Add([]byte(`{"kind":"reset-plan",` + planHead + `,"items":[{"group":"","topic":"\ud800","partition":0,"newOffset":5}]}`))
	f.Add([]byte("\uFEFF{}"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if p, err := ParsePlan(text); err == nil {
			for i := range p.Items {
				if r := &p.Items[i]; r.NewOffset != nil && (r.Topic == nil || r.Partition == nil || *r.NewOffset < 0 || *r.Partition < 0) {
					t.Fatalf("item %d: %+v", i, r)
				}
			}
		}
		d, err := ParseUndo(text)
		if err != nil {
			return
		}
		again, err := d.encode()
		if err != nil {
			return // the year of its time is none of RFC 3339, as in another zone
		}
		got, err := ParseUndo(again)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(d.Items, got.Items); diff != "" {
			t.Fatal(diff)
		}
	})
}

// An item of a plan that says neither where to go nor that it was left alone is a typing mistake, not a wish to leave it.
func TestPlanItemWithoutNewOffset(t *testing.T) {
	for _, item := range []string{
		`{"group":"g","topic":"orders","partition":0,"currentOffset":20,"newOfset":5}`,
		`{"group":"g","topic":"orders","partition":0,"currentOffset":20,"newOfset":5,"result":"Planned"}`,
	} {
		text := `{"kind":"reset-plan","schemaVersion":1,"time":"2026-11-21T09:00:00.000Z","clusterId":"here","items":[` + item + `],"errors":[]}`
		if d, err := ParsePlan([]byte(text)); err == nil {
			t.Errorf("%s: no error; it is planned as\n%q", item, lines(build(t, world(stopped("g", commitAt("orders:0", 20))), asked(FromPlan(d)))))
		}
	}
}
