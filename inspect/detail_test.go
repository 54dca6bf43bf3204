package inspect

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "make testdata anew: details.txt, and with the tag kafka what real clients write")

// rowOf is the row of one record.
func rowOf(t testing.TB, topic Topic, key, value []byte) *Row {
	t.Helper()
	var row *Row
	p := partitionReader{topic: topic, emit: func(r *Row) error { row = r; return nil }}
	if err := p.record(Record{Timestamp: -1, Key: key, Value: value}, nil); err != nil {
		t.Fatal(err)
	}
	return row
}

// What people read of each type and version of records is what testdata/details.txt has: of those that a script has
// made, then of those that real clients and brokers have.
func TestDetails(t *testing.T) {
	var got bytes.Buffer
	add := func(name string, topic Topic, key, value []byte) {
		fmt.Fprintf(&got, "%s\n\t%q\n", name, rowOf(t, topic, key, value).AppendDetail(nil, nil))
	}
	for _, topic := range []Topic{ConsumerOffsets, ShareGroupState, TransactionState} {
		for _, s := range readSamples(t, filepath.Join("testdata", "records", topic.LogName()+".txt"), topic) {
			add(s.name, topic, s.key, s.value)
		}
	}
	for _, s := range readSamples(t, filepath.Join("testdata", "records", "blobs.txt"), ConsumerOffsets) {
		add(s.name, ConsumerOffsets, s.key, s.value)
	}
	for _, version := range corpusVersions {
		for _, r := range readCorpus(t, version) {
			if r.value != nil {
				add(version+" "+r.kind, r.topic, r.key, r.value)
			}
		}
	}
	path := filepath.Join("testdata", "details.txt")
	if *update {
		if err := os.WriteFile(path, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got.String(), "\n")); diff != "" {
		t.Errorf("(-want +got, -update takes it)\n%s", diff)
	}
}

// Each record type but commits has words for what it says.
func TestDetailsOfAllTypes(t *testing.T) {
	left := len(details)
	for _, topic := range []Topic{ConsumerOffsets, ShareGroupState, TransactionState} {
		for _, name := range topic.Names() {
			commit := strings.HasSuffix(name, "OffsetCommit")
			if (details[name] == nil) != commit {
				t.Errorf("%s: details are there: %t", name, details[name] != nil)
			}
			if !commit {
				left--
			}
		}
	}
	if left != 0 {
		t.Errorf("%d details are of no record type", left)
	}
}

// wantDetail checks what holds of the detail of any record: it is there, it is bounded, and it is text.
func wantDetail(t *testing.T, r *Row) {
	t.Helper()
	detail := r.AppendDetail([]byte("x"), nil)[1:]
	bounded := r.Err == nil && r.Commit == nil && !r.Key.HasTopic()
	switch {
	case len(detail) == 0:
		t.Errorf("no detail of %s %s", r.Type, r.ValueJSON)
	case bounded && len(detail) > maxDetail:
		t.Errorf("%d bytes of detail of %s: %s", len(detail), r.Type, detail)
	case r.Err == nil && !utf8.Valid(detail):
		t.Errorf("no text of %s: %q", r.Type, detail)
	case bounded && !r.Tombstone && detail[0] == '{':
		t.Errorf("no words for %s: %s", r.Type, detail)
	}
}

// Whatever the decoder makes has a detail.
func FuzzDetail(f *testing.F) {
	addRecords(f)
	f.Fuzz(func(t *testing.T, b byte, key, value []byte) {
		wantDetail(t, rowOf(t, topicOf(b), key, value))
	})
}

// Lists are cut, and say how much more there is; names are cut between characters.
func TestDetailIsCut(t *testing.T) {
	member := `{"memberId":"m","clientId":"app","clientHost":"/10.0.0.7","assignment":{"assignedPartitions":[{"topic":"orders","partitions":[3,1,2,7,0]}]}}`
	members := strings.Repeat(member+",", 99) + member
	evens := "0"
	for i := 2; i < 200; i += 2 {
		evens += fmt.Sprintf(",%d", i)
	}
	topics := strings.TrimSuffix(strings.Repeat(`"orders",`, 500), ",")
	for _, c := range []struct{ what, name, data, want string }{
		{"members", "GroupMetadata", `{"protocolType":"consumer","generation":3,"protocol":"range","leader":"m","members":[` + members + `]}`,
			"generation 3, protocol range, leader m, 100 members: " + strings.Repeat("app (10.0.0.7) orders:0-3,7; ", 5) + "app (10.0.0.7) orders:0-3,7 … and 94 more"},
		{"partitions", "ConsumerGroupTargetAssignmentMember", `{"topicPartitions":[{"topicId":"A","partitions":[` + evens + `]}]}`,
			"A:0,2,4,6,8,10,12,14,16,18,20,22,24,26,28,30,32,34,36,38,40,42,44,46,48,50,52,54,56,58,60,62 … and 68 more"},
		{"topics", "ConsumerGroupRegularExpression", `{"topics":[` + topics + `],"version":1}`,
			"500 topics: " + strings.Repeat("orders ", 24) + "orders … and 475 more, metadata version 1"},
		{"a long name", "ShareGroupMemberMetadata", `{"clientId":"` + strings.Repeat("é", 90) + `","clientHost":"/h"}`, strings.Repeat("é", 48) + "… (h)"},
		{"unknown fields", "GroupMetadata", `[1]`, `{"version":0,"data":[1]}`},
		{"an unknown type", "Other", `"` + strings.Repeat("x", 400) + `"`, `{"version":0,"data":"` + strings.Repeat("x", maxDetail-24) + "…"},
	} {
		got := string(appendDetail(nil, c.name, []byte(`{"version":0,"data":`+c.data+`}`), nil))
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", c.what, diff)
		}
	}
}

func TestRuns(t *testing.T) {
	for want, numbers := range map[string][]int32{
		"":                      {},
		"5":                     {5},
		"0,1":                   {1, 0},
		"0-2":                   {2, 0, 1, 1},
		"0-2,4,5,7-9":           {0, 1, 2, 4, 5, 7, 8, 9},
		"-1,0":                  {0, -1},
		"-2,-1,0-2":             {0, -1, -2, 1, 2},
		"2147483646,2147483647": {2147483647, 2147483646},
	} {
		if got := runs(numbers); got != want {
			t.Errorf("%v: %s, want %s", numbers, got, want)
		}
	}
}
