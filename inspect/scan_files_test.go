package inspect

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFilesComeInTheOrderOfPartitionAndOffset(t *testing.T) {
	dir := t.TempDir()
	two, one := filepath.Join(dir, "__consumer_offsets-2"), filepath.Join(dir, "__consumer_offsets-10")
	newTestLog(t).commits("z", 1).write(one, 0)
	l := newTestLog(t).commits("a", 1, 2)
	l.write(two, 0)
	l.commits("a", 3).write(two, 2)
	segments, err := FindSegments(ConsumerOffsets, []string{one, two}, nil)
	if err != nil {
		t.Fatal(err)
	}
	wantScan(t, scanned{Rows: []string{
		"2/0 OffsetCommit a orders:0 1", "2/1 OffsetCommit a orders:0 2", "2/2 OffsetCommit a orders:0 3", "10/0 OffsetCommit z orders:0 1",
	}}, scanFiles(t, Options{}, segments...))
}

func TestFilesTellWhatBecameOfTransactions(t *testing.T) {
	dir := folder(t, 7)
	l := newTestLog(t).pending(1, 0, "committed", 10).pending(2, 0, "aborted", 11).pending(3, 0, "open", 12)
	first := l.write(dir, 0)
	l.ends(2, 1, false).ends(1, 1, true) // in a later segment, and with a later epoch: KIP-890
	l.pending(1, 1, "again", 13).ends(1, 2, false)
	second := l.write(dir, 3)
	wantScan(t, scanned{Rows: []string{
		"7/0 OffsetCommit committed orders:0 10 committed(1,0)",
		"7/1 OffsetCommit aborted orders:0 11 aborted(2,0)",
		"7/2 OffsetCommit open orders:0 12 open(3,0)",
		"7/3 TransactionMarker aborted(2,1)",
		"7/4 TransactionMarker committed(1,1)",
		"7/5 OffsetCommit again orders:0 13 aborted(1,1)",
		"7/6 TransactionMarker aborted(1,2)",
	}}, scanFiles(t, Options{}, first, second))
}

func TestFilesShowADamagedBatchAsOneRow(t *testing.T) {
	dir := folder(t, 7)
	s := newTestLog(t).commits("a", 1).damaged("a", 2, 3, 4).commits("a", 5).write(dir, 0)
	got := scanFiles(t, Options{}, s)
	want := []string{"7/0 OffsetCommit a orders:0 1", "7/1 ERROR batch of offsets 1 to 3: CRC is", "7/4 OffsetCommit a orders:0 5"}
	wantPrefixes(t, want, got.Rows)
	if len(got.Errors) != 1 || !strings.HasPrefix(got.Errors[0], "partition __consumer_offsets:7: batch of offsets 1 to 3: CRC") {
		t.Errorf("errors %q", got.Errors)
	}
	filtered := scanFiles(t, Options{Filter: Filter{Group: groupIs("nobody")}}, s)
	if len(filtered.Rows) != 1 || len(filtered.Errors) != 1 {
		t.Errorf("a filter hides damage, which may hold what it asks for: %+v", filtered)
	}
}

func wantPrefixes(t *testing.T, want, got []string) {
	t.Helper()
	if !slices.EqualFunc(got, want, strings.HasPrefix) {
		t.Errorf("rows (-beginnings wanted +got):\n%s", cmp.Diff(want, got))
	}
}

func TestFilesCountDamageOfAPartition(t *testing.T) {
	s := newTestLog(t).damaged("a", 1).damaged("a", 2).write(folder(t, 7), 0)
	report, err := Files(context.Background(), []Segment{s}, Options{}, func(*Row) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	wantOne(t, report.Errors, "__consumer_offsets:7", "CORRUPT_MESSAGE", "2 places cannot be read, the first: batch of offsets 0 to 0")
}

func TestFilesWithALimitReportTheDamageTheyShow(t *testing.T) {
	s := newTestLog(t).damaged("a", 1).commits("a", 2).write(folder(t, 7), 0)
	got := scanFiles(t, Options{Limit: 1}, s)
	if len(got.Rows) != 1 || len(got.Errors) != 1 {
		t.Errorf("got %+v, want one row and its error", got)
	}
}

func TestFilesCutInTheTailIsANoteAndElsewhereAnError(t *testing.T) {
	dir := folder(t, 7)
	l := newTestLog(t).commits("a", 1).commits("a", 2)
	l.bytes = l.bytes[:len(l.bytes)-1]
	first := l.write(dir, 0)
	last := l.commits("a", 3).write(dir, 2)

	got := scanFiles(t, Options{}, first)
	wantPrefixes(t, []string{"7/0 OffsetCommit a orders:0 1"}, got.Rows)
	wantPrefixes(t, []string{first.Path + " ends inside a batch, as the file of a running broker may: at byte "}, got.Notes)
	wantPrefixes(t, nil, got.Errors)

	got = scanFiles(t, Options{}, first, last)
	wantPrefixes(t, []string{"7/0 OffsetCommit a orders:0 1", "7/1 ERROR " + first.Path + ": at byte ", "7/2 OffsetCommit a orders:0 3"}, got.Rows)
	wantPrefixes(t, []string{"partition __consumer_offsets:7: " + first.Path + ": at byte "}, got.Errors)
	wantPrefixes(t, nil, got.Notes)
}

func TestFilesThatAreNoSegments(t *testing.T) {
	for _, c := range []struct {
		name    string
		content []byte
		rows    []string
	}{
		{"empty", nil, nil},
		{"zeros", make([]byte, 5000), nil},
		{"text", []byte(strings.Repeat("this is no segment\n", 20)), []string{"7/0 ERROR "}},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "x")
			if err := os.WriteFile(path, c.content, 0o600); err != nil {
				t.Fatal(err)
			}
			got := scanFiles(t, Options{}, Segment{Path: path, Partition: 7})
			wantPrefixes(t, c.rows, got.Rows)
			if len(got.Errors) != len(c.rows) || len(got.Notes) > 0 {
				t.Errorf("errors %q, notes %q", got.Errors, got.Notes)
			}
		})
	}
}

func TestFilesShowALaterSegmentThatIsNoneAtItsOffset(t *testing.T) {
	dir := folder(t, 7)
	l := newTestLog(t).commits("a", 1, 2)
	first := l.write(dir, 0)
	l.bytes = []byte(strings.Repeat("garbage ", 20))
	second := l.write(dir, 2)
	wantPrefixes(t, []string{"7/0 OffsetCommit", "7/1 OffsetCommit", "7/2 ERROR "}, scanFiles(t, Options{}, first, second).Rows)
}

func TestFilesThatCannotBeOpenedAreErrorsOfTheirPartition(t *testing.T) {
	dir := folder(t, 8)
	good := newTestLog(t).commits("a", 1).write(dir, 0)
	gone := Segment{Path: filepath.Join(t.TempDir(), "gone.log"), Partition: 7}
	report, err := Files(context.Background(), []Segment{gone, good}, Options{}, func(*Row) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	wantOne(t, report.Errors, "__consumer_offsets:7", "UNREADABLE_FILE", "no such file")
}

func TestFilesShowForeignRecords(t *testing.T) {
	odd := Record{Key: []byte{0, 99, 1}, Value: []byte{2}}
	null := Record{Value: []byte{3}}
	broken := Record{Key: commitKey1(t, "a", "orders", 0), Value: []byte{0, 3, 1}}
	gone := Record{Key: commitKey1(t, "a", "orders", 0)}
	l := newTestLog(t)
	s := l.batch(plainBatch(0), odd, null, broken, gone).write(folder(t, 7), 0)

	var got []string
	_, err := Files(context.Background(), []Segment{s}, Options{}, func(r *Row) error {
		text := r.AppendJSON(nil)
		if !json.Valid(text) {
			t.Errorf("not JSON: %s", text)
		}
		got = append(got, string(text))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		`{"partition":7,"offset":0,"timestamp":"2023-11-14T22:13:20.000Z","key":{"type":99,"name":null,"data":null},"value":null,"tombstone":false,"transaction":null,"error":"key: unknown record type 99","rawKey":"006301","rawValue":"02"}`,
		`{"partition":7,"offset":1,"timestamp":"2023-11-14T22:13:20.000Z","key":{"type":null,"name":null,"data":null},"value":null,"tombstone":false,"transaction":null,"error":"key: null","rawKey":null,"rawValue":"03"}`,
	}
	if d := cmp.Diff(want, got[:2]); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if !strings.Contains(got[2], `"value":{"version":3,"data":null}`) || !strings.Contains(got[2], `"rawValue":"000301"`) {
		t.Errorf("the record with a broken value: %s", got[2])
	}
	if !strings.Contains(got[3], `"value":null,"tombstone":true,"transaction":null,"error":null}`) {
		t.Errorf("the tombstone: %s", got[3])
	}
	filtered := scanFiles(t, Options{Filter: Filter{Group: groupIs("a")}}, s)
	wantPrefixes(t, []string{"7/2 OffsetCommit a orders:0", "7/3 OffsetCommit a orders:0 tombstone"}, filtered.Rows)
}

func TestFilesFilter(t *testing.T) {
	l := newTestLog(t).pending(1, 0, "a", 1).pending(2, 0, "b", 2) // offsets 0, 1
	l.ends(1, 0, true).ends(2, 0, true)                            // 2, 3
	l.batch(plainBatch(0), Record{Key: testKey(t, `{"type":2,"data":{"group":"a"}}`)},
		Record{Key: commitKey1(t, "a", "emails", 3), Value: commitValue3(t, 5)}) // 4, 5
	l.ends(1, 0, true) // 6: ends nothing
	s := l.write(folder(t, 7), 0)
	isA := groupIs("a")
	emails := func(topic []byte, p int32) bool { return string(topic) == "emails" && p == 3 }
	orders := func(topic []byte, _ int32) bool { return string(topic) == "orders" }
	for _, c := range []struct {
		name   string
		filter Filter
		limit  int64
		want   string // offsets
	}{
		{"nothing", Filter{}, 0, "0 1 2 3 4 5 6"},
		{"limit", Filter{}, 3, "0 1 2"},
		{"limit beyond the end", Filter{}, 30, "0 1 2 3 4 5 6"},
		{"group", Filter{Group: isA}, 0, "0 2 4 5"},
		{"group and limit", Filter{Group: isA}, 2, "0 2"},
		{"topic and partition", Filter{Partition: emails}, 0, "5"},
		{"topic", Filter{Partition: orders}, 0, "0 1 2 3"},
		{"type", Filter{Types: map[string]bool{"GroupMetadata": true}}, 0, "4"},
		{"type and group", Filter{Group: groupIs("b"), Types: map[string]bool{"OffsetCommit": true}}, 0, "1"},
		{"markers", Filter{Types: map[string]bool{MarkerName: true}}, 0, "2 3 6"},
		{"markers of a group", Filter{Group: isA, Types: map[string]bool{MarkerName: true}}, 0, "2"},
		{"nobody", Filter{Group: groupIs("c")}, 0, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := scanFiles(t, Options{Filter: c.filter, Limit: c.limit}, s)
			var offsets []string
			for _, r := range got.Rows {
				offset, _, _ := strings.Cut(strings.TrimPrefix(r, "7/"), " ")
				offsets = append(offsets, offset)
			}
			if list := strings.Join(offsets, " "); list != c.want {
				t.Errorf("offsets %q, want %q", list, c.want)
			}
		})
	}
}

func TestFilesWithRawShowTheBytesOfAll(t *testing.T) {
	s := newTestLog(t).commits("a", 1).write(folder(t, 7), 0)
	_, err := Files(context.Background(), []Segment{s}, Options{Raw: true}, func(r *Row) error {
		if text := string(r.AppendJSON(nil)); !strings.Contains(text, `"error":null,"rawKey":"000100`) {
			t.Error(text)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestFilesEndWithTheCallersError(t *testing.T) {
	s := newTestLog(t).commits("a", 1, 2).write(folder(t, 7), 0)
	mine := errors.New("mine")
	rows := 0
	_, err := Files(context.Background(), []Segment{s}, Options{}, func(*Row) error { rows++; return mine })
	if !errors.Is(err, mine) || rows != 1 {
		t.Errorf("%d rows and error %v, want one and %v", rows, err, mine)
	}
}

// Reading ends when it is interrupted, whether or not it comes to a row.
func TestFilesEndWithTheContext(t *testing.T) {
	segment := largeLog(t, "g").write(folder(t, 0), 0)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	nobody := Options{Filter: Filter{Group: groupIs("nobody")}}
	if _, err := Files(ctx, []Segment{segment}, nobody, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("rows: %v", err)
	}
	if _, err := OpenInFiles(ctx, []Segment{segment}, Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("open transactions: %v", err)
	}
	if _, err := LastOfFiles(ctx, []Segment{segment}, 1, Options{}, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("newest rows: %v", err)
	}
}
