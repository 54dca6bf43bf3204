package inspect

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/offsetctl/offsetctl/internal/cluster"
)

// waysToRead are the ways to read segments: what each gives as lines, and its report.
func waysToRead(t *testing.T) map[string]func([]Segment) ([]string, Report) {
	t.Helper()
	rows := func(read func(emit func(*Row) error) (Report, error)) ([]string, Report) {
		t.Helper()
		var got []string
		report, err := read(func(r *Row) error {
			got = append(got, line(r))
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return got, report
	}
	return map[string]func([]Segment) ([]string, Report){
		"all": func(s []Segment) ([]string, Report) {
			return rows(func(emit func(*Row) error) (Report, error) {
				return Files(context.Background(), s, Options{}, emit)
			})
		},
		"last": func(s []Segment) ([]string, Report) {
			return rows(func(emit func(*Row) error) (Report, error) {
				return LastOfFiles(context.Background(), s, 1000, Options{}, emit)
			})
		},
		"latest": func(s []Segment) ([]string, Report) {
			state, err := LatestFiles(context.Background(), s, Options{})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, c := range state.Commits() {
				got = append(got, c.Group)
			}
			return got, state.Report
		},
		"open": func(s []Segment) ([]string, Report) {
			report, err := OpenInFiles(context.Background(), s, Options{})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, o := range report.Open {
				got = append(got, *o.Group)
			}
			return got, report
		},
	}
}

// What the system does not give is an error of its partition, in whatever way it is read, and the other segments are
// shown: those of the partition too.
func TestSegmentsThatCannotBeReadDoNotHideTheOthers(t *testing.T) {
	dir := folder(t, 7)
	l := newTestLog(t).commits("first", 1).pending(1, 0, "first", 1)
	first := l.write(dir, 0)
	gone, isFolder := Segment{Path: filepath.Join(dir, "2.log"), Partition: 7}, Segment{Path: filepath.Join(dir, "3.log"), Partition: 7}
	if err := os.Mkdir(isFolder.Path, 0o700); err != nil {
		t.Fatal(err)
	}
	l.next = 4
	last := l.commits("last", 1).pending(2, 0, "last", 1).write(dir, 4)
	for name, read := range waysToRead(t) {
		for _, c := range []struct {
			odd  Segment
			want string
		}{{gone, "no such file"}, {isFolder, isFolder.Path + ": at byte 0, before any batch: read " + isFolder.Path + ": is a directory"}} {
			rows, report := read([]Segment{first, c.odd, last})
			text := strings.Join(rows, "\n")
			if !strings.Contains(text, "first") || !strings.Contains(text, "last") {
				t.Errorf("%s: got %q", name, rows)
			}
			wantOne(t, report.Errors, "__consumer_offsets:7", "UNREADABLE_FILE", c.want)
		}
	}
}

// Only the last segment of a partition may end inside a batch without being damaged, in whatever way it is read.
func TestSegmentsEndInsideABatch(t *testing.T) {
	dir := folder(t, 7)
	l := newTestLog(t).commits("a", 1).commits("b", 2)
	whole := slices.Clone(l.bytes)
	l.bytes = l.bytes[:len(l.bytes)-9]
	cut := l.write(dir, 0)
	l.bytes = whole
	after := l.write(dir, 2)
	codes := func(errs []*cluster.Error) (codes []string) {
		for _, e := range errs {
			codes = append(codes, e.Code)
		}
		return codes
	}
	for name, read := range waysToRead(t) {
		if _, report := read([]Segment{cut}); len(report.Errors) > 0 || len(report.Notes) != 1 {
			t.Errorf("%s, at the end: %v, notes %q", name, report.Errors, report.Notes)
		}
		if _, report := read([]Segment{cut, after}); !slices.Contains(codes(report.Errors), "CORRUPT_MESSAGE") || len(report.Notes) > 0 {
			t.Errorf("%s, before another: %v, notes %q", name, report.Errors, report.Notes)
		}
	}
}

// Zeros at the end of a segment are nothing only where no other follows.
func TestSegmentsEndInZeros(t *testing.T) {
	dir := folder(t, 7)
	l := newTestLog(t).commits("a", 1)
	whole := slices.Clone(l.bytes)
	l.bytes = append(l.bytes, make([]byte, 300)...)
	zeros := l.write(dir, 0)
	l.bytes = whole
	after := l.commits("b", 2).write(dir, 2)
	for name, read := range waysToRead(t) {
		if _, report := read([]Segment{zeros}); len(report.Errors) > 0 {
			t.Errorf("%s, at the end: %v", name, report.Errors)
		}
		if _, report := read([]Segment{zeros, after}); len(report.Errors) != 1 || !strings.Contains(report.Errors[0].Message, "300 zeros") {
			t.Errorf("%s, before another: %v", name, report.Errors)
		}
	}
}

// A length that is wrong in the middle of a segment costs the batch it is of, in whatever way the segment is read.
func TestSegmentsGoOnBehindAWrongLength(t *testing.T) {
	l := newTestLog(t).commits("a", 1).pending(1, 0, "a", 5)
	at := len(l.bytes)
	l.commits("lost", 1, 2).commits("b", 1).pending(2, 0, "b", 1).ends(1, 0, true)
	l.bytes[at+10] ^= 1
	damaged := l.write(folder(t, 7), 0)
	text := damaged.Path + ": at byte " + strconv.Itoa(at) + ", after offset 1: not a record batch: its length is wrong, since whole batches follow"
	want := map[string][]string{
		"all":    {"7/0 OffsetCommit a", "7/1 OffsetCommit a orders:0 5 committed(1,0)", "7/2 ERROR " + text, "7/4 OffsetCommit b", "7/5 OffsetCommit b orders:0 1 open(2,0)", "7/6 Tr"},
		"latest": {"a", "b"},
		"open":   {"b"},
	}
	want["last"] = want["all"]
	for name, read := range waysToRead(t) {
		rows, report := read([]Segment{damaged})
		wantPrefixes(t, want[name], rows)
		if len(report.Notes) > 0 {
			t.Errorf("%s: notes %q", name, report.Notes)
		}
		wantOne(t, report.Errors, "__consumer_offsets:7", "CORRUPT_MESSAGE", text)
	}
}

// Of a stretch that cannot be read nobody knows how late its records are: it counts as what comes behind it.
func TestFilesRangeHasTheDamageBesideIt(t *testing.T) {
	first := time.UnixMilli(testTime)
	minute := func(n int) Bound { return AtTime(first.Add(time.Duration(n) * time.Minute)) }
	l := newTestLog(t).at(first, 0, 1)
	at := len(l.bytes)
	l.at(first.Add(time.Minute), 2, 3).at(first.Add(2*time.Minute), 4, 5)
	l.bytes[at+10] ^= 1
	s := l.write(folder(t, 7), 0)
	for _, c := range []struct {
		Range
		offsets string
	}{
		{Range{}, "0 1 2 4 5"},
		{Range{From: minute(1)}, "2 4 5"},
		{Range{From: minute(2)}, "2 4 5"},
		{Range{From: minute(3)}, ""},
		{Range{To: minute(1)}, "0 1 2"},
		{Range{To: minute(0)}, ""},
		{Range{From: AtOffset(3)}, "2 4 5"},
		{Range{From: AtOffset(4)}, "4 5"},
		{Range{To: AtOffset(3)}, "0 1 2"},
		{Range{To: AtOffset(2)}, "0 1"},
	} {
		got := scanFiles(t, Options{Range: c.Range}, s)
		if offsets := offsetsOf(got.Rows); offsets != c.offsets || (len(got.Errors) == 1) != strings.Contains(offsets, "2") {
			t.Errorf("%+v: got offsets %q, want %q; %v", c.Range, offsets, c.offsets, got.Errors)
		}
	}
}
