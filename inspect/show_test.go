package inspect

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// largeLog is several pieces long, and has a transaction and a marker in each.
func largeLog(t testing.TB, group string) *testLog {
	l := newTestLog(t)
	for i := range 60 {
		producer := int64(i % 3)
		l.pending(producer, 0, group, int64(i))
		l.commits(group, slices.Repeat([]int64{int64(i)}, 400)...)
		l.ends(producer, 0, i%2 == 0)
	}
	if len(l.bytes) < 4*pieceSize {
		t.Fatalf("%d bytes are no large log", len(l.bytes))
	}
	return l
}

// asLines are Lines that keep what is written, one string a row, and how often it was written.
func asLines(into *[]string, writes *int) *Lines {
	return &Lines{
		New: func() func([]byte, *Row) ([]byte, error) {
			return func(dst []byte, r *Row) ([]byte, error) { return append(append(dst, line(r)...), '\n'), nil }
		},
		Write: func(lines []byte) error {
			*writes++
			*into = append(*into, strings.Split(strings.TrimSuffix(string(lines), "\n"), "\n")...)
			return nil
		},
	}
}

// Lines that several goroutines make are the rows that one makes, in the same order.
func TestLinesAreTheRows(t *testing.T) {
	var segments []Segment
	for p := range 4 {
		segments = append(segments, largeLog(t, fmt.Sprintf("g%d", p)).write(folder(t, p), 0))
	}
	want := scanFiles(t, Options{}, segments...)
	var got []string
	writes := 0
	report, err := Files(context.Background(), segments, Options{Lines: asLines(&got, &writes)}, func(*Row) error {
		t.Error("a row and not a line")
		return nil
	})
	if err != nil || report.Errors != nil {
		t.Fatal(err, report.Errors)
	}
	if diff := cmp.Diff(want.Rows, got); diff != "" {
		t.Error(diff[:min(len(diff), 2000)])
	}
	if writes < 4*4 {
		t.Errorf("%d writes of 4 partitions of several pieces", writes)
	}
}

// What a row depends on those before it for is made in one goroutine, whatever is asked for.
func TestLinesAreRowsWhereTheirOrderMatters(t *testing.T) {
	segment := largeLog(t, "g").write(folder(t, 0), 0)
	for name, o := range map[string]Options{
		"limit":     {Limit: 3},
		"group":     {Filter: Filter{Group: groupIs("g")}},
		"partition": {Filter: Filter{Partition: func([]byte, int32) bool { return true }}},
	} {
		want := scanFiles(t, o, segment)
		writes := 0
		o.Lines = asLines(new([]string), &writes)
		if got := scanFiles(t, o, segment); !cmp.Equal(want, got) || writes != 0 {
			t.Errorf("%s: %d lines written, %s", name, writes, cmp.Diff(want, got))
		}
	}
}

func TestLinesCountDamage(t *testing.T) {
	l := largeLog(t, "g")
	l.bytes[len(l.bytes)/2] ^= 1
	l.bytes[len(l.bytes)-80] ^= 1
	segment := l.write(folder(t, 3), 0)
	want := scanFiles(t, Options{}, segment)
	if len(want.Errors) != 1 {
		t.Fatal(want.Errors)
	}
	var rows []string
	report, err := Files(context.Background(), []Segment{segment}, Options{Lines: asLines(&rows, new(int))}, nil)
	if diff := cmp.Diff(want, reported(rows, report)); err != nil || diff != "" {
		t.Error(err, diff)
	}
}

func TestLinesEndWithTheErrorOfWriting(t *testing.T) {
	full := errors.New("no space left")
	writes := 0
	lines := asLines(new([]string), new(int))
	lines.Write = func([]byte) error {
		if writes++; writes == 3 {
			return full
		}
		return nil
	}
	_, err := Files(context.Background(), []Segment{largeLog(t, "g").write(folder(t, 0), 0)}, Options{Lines: lines}, nil)
	if err != full || writes != 3 {
		t.Errorf("got %v after %d writes", err, writes)
	}
}

// A scan that has shown enough says nothing of what it may have read ahead.
func TestFilesWithALimitSayNothingOfWhatTheyDoNotShow(t *testing.T) {
	cut := newTestLog(t).commits("g", 1, 2)
	cut.bytes = cut.bytes[:len(cut.bytes)-1]
	bad := newTestLog(t)
	bad.bytes = []byte("no segment at all, and long enough to be one")
	segments := []Segment{
		newTestLog(t).commits("g", 1, 2).write(folder(t, 0), 0),
		cut.write(folder(t, 1), 0),
		bad.write(folder(t, 2), 0),
	}
	got := scanFiles(t, Options{Limit: 1}, segments...)
	if len(got.Rows) != 1 || got.Errors != nil || got.Notes != nil {
		t.Errorf("got %+v", got)
	}
}

// Bytes of JSON and rows a second, of all goroutines.
func BenchmarkFilesLines(b *testing.B) {
	l := newTestLog(b)
	records := l.records("orders-app", slices.Repeat([]int64{1_234_567}, 20)...)
	for len(l.bytes) < 32<<20 {
		l.batch(plainBatch(l.next), records...)
	}
	segment := l.write(b.TempDir(), 0)
	lines := &Lines{
		New: func() func([]byte, *Row) ([]byte, error) {
			return func(dst []byte, r *Row) ([]byte, error) { return append(r.AppendJSON(dst), '\n'), nil }
		},
		Write: func(lines []byte) error { return nil },
	}
	b.SetBytes(int64(len(l.bytes)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Files(context.Background(), []Segment{segment}, Options{Lines: lines}, nil); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(l.next)*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mrecords/s")
}

// A marker is shown with its group's records however far from them it stands.
func TestFilesShowAMarkerFarFromItsRecords(t *testing.T) {
	l := newTestLog(t).pending(7, 0, "g", 1)
	l.commits("other", slices.Repeat([]int64{1}, 10_000)...)
	for range 10 {
		l.commits("other", slices.Repeat([]int64{1}, 1000)...)
	}
	if len(l.bytes) < 2*pieceSize {
		t.Fatalf("%d bytes are one piece", len(l.bytes))
	}
	got := scanFiles(t, Options{Filter: Filter{Group: groupIs("g")}}, l.ends(7, 0, true).write(folder(t, 0), 0))
	wantPrefixes(t, []string{"0/0 OffsetCommit g", "0/20001 TransactionMarker"}, got.Rows)
}

// Nor does a scan that has shown enough say anything of the partition in which it stopped but what it has shown.
func TestFilesWithALimitSayNothingOfTheRestOfAPartition(t *testing.T) {
	cut := newTestLog(t).commits("g", 1).commits("g", 2)
	cut.bytes = cut.bytes[:len(cut.bytes)-1]
	got := scanFiles(t, Options{Limit: 1}, cut.write(folder(t, 1), 0))
	if len(got.Rows) != 1 || got.Errors != nil || got.Notes != nil {
		t.Errorf("got %+v", got)
	}
}
