package inspect

import (
	"context"
	"fmt"
	"testing"
	"time"
)

// openLines are open transactions as lines: partition, producer, group, start and number of records.
func openLines(open []OpenTransaction) []string {
	var lines []string
	for _, t := range open {
		group := "-"
		if t.Group != nil {
			group = *t.Group
		}
		lines = append(lines, fmt.Sprintf("%d producer %d: %s from %d: %d", t.Partition, t.ProducerID, group, t.StartOffset, t.Records))
	}
	return lines
}

// Where a transaction began is what tells its age, so that it counts though it is before what is shown.
func TestFilesSeeOpenTransactionsWhateverIsShown(t *testing.T) {
	l := newTestLog(t).commits("a", 1).pending(1, 0, "over", 2).ends(1, 0, true)                           // 0 1 2
	l.batch(Batch{ProducerID: 1, Transactional: true}, append(l.records("a", 3), l.records("b", 4)...)...) // 3 4
	l.commits("a", 5).pending(1, 0, "a", 6)                                                                // 5 6
	segment := l.write(folder(t, 7), 0)
	want := []string{"7 producer 1: a from 3: 2", "7 producer 1: b from 3: 1"}
	nobody := Filter{Group: groupIs("nobody")}
	for name, o := range map[string]Options{
		"all":                    {},
		"nobody":                 {Filter: nobody},
		"before":                 {Range: Range{To: AtOffset(2)}},
		"from within":            {Range: Range{From: AtOffset(4)}},
		"to within":              {Range: Range{To: AtOffset(4)}},
		"behind":                 {Range: Range{From: Latest()}},
		"behind, of nobody":      {Range: Range{From: Latest()}, Filter: nobody},
		"between, of one record": {Range: Range{AtOffset(5), AtOffset(6)}},
	} {
		report, err := Files(context.Background(), []Segment{segment}, o, func(r *Row) error { return nil })
		if err != nil {
			t.Fatal(err)
		}
		wantLines(t, name, want, openLines(report.Open))
		report, err = LastOfFiles(context.Background(), []Segment{segment}, 1, o, func(r *Row) error { return nil })
		if err != nil {
			t.Fatal(err)
		}
		wantLines(t, "last of "+name, want, openLines(report.Open))
	}
}

// What is counted of an open transaction is no row of the range.
func TestFilesShowNothingOutsideOfTheRange(t *testing.T) {
	l := newTestLog(t).batch(Batch{ProducerID: 1, Transactional: true}, newTestLog(t).records("a", 1, 2, 3)...).pending(2, 0, "a", 4)
	segment := l.write(folder(t, 7), 0)
	got := scanFiles(t, Options{Range: Range{AtOffset(1), AtOffset(2)}}, segment)
	wantPrefixes(t, []string{"7/1 OffsetCommit a orders:0 2 open"}, got.Rows)
}

func TestOpenTransactionsHaveAnAge(t *testing.T) {
	segment := newTestLog(t).pending(1, 0, "a", 1).write(folder(t, 7), 0)
	for now, want := range map[time.Time]string{
		{}:                                "none",
		time.UnixMilli(testTime + 90_000): "90000",
		time.UnixMilli(testTime - 1000):   "-1000", // by a clock that is behind the broker's
	} {
		report, err := OpenInFiles(context.Background(), []Segment{segment}, Options{Now: now})
		if err != nil || len(report.Open) != 1 {
			t.Fatalf("%v, %v", report.Open, err)
		}
		got := "none"
		if age := report.Open[0].AgeMs; age != nil {
			got = fmt.Sprint(*age)
		}
		if got != want {
			t.Errorf("at %v: age %s, want %s", now, got, want)
		}
	}
}
