package inspect

import (
	"context"
	"encoding/binary"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// at appends a batch with a commit at each offset, all written at one time.
func (l *testLog) at(when time.Time, offsets ...int64) *testLog {
	l.t.Helper()
	records := l.records("g", offsets...)
	for i := range records {
		records[i].Offset, records[i].Timestamp = l.next, when.UnixMilli()
		l.next++
	}
	b := plainBatch(records[0].Offset)
	l.bytes = AppendBatch(l.bytes, b, records)
	return l
}

func TestFilesRange(t *testing.T) {
	first := time.UnixMilli(testTime)
	l := newTestLog(t)
	dir := folder(t, 7)
	segments := []Segment{
		l.at(first, 0, 1, 2).write(dir, 0),
		l.at(first.Add(time.Minute), 3, 4).at(first.Add(2*time.Minute), 5).write(dir, 3),
	}
	for name, c := range rangeCases(first) {
		got := scanFiles(t, Options{Range: c.Range}, segments...)
		if offsets := offsetsOf(got.Rows); offsets != c.offsets || got.Errors != nil || got.Notes != nil {
			t.Errorf("%s: got offsets %q, want %q; %v %v", name, offsets, c.offsets, got.Errors, got.Notes)
		}
	}
}

// Times need not be in the order of the log: the first record that is late enough decides, as of ListOffsets.
func TestFilesRangeBeginsAtTheFirstRecordThatIsLateEnough(t *testing.T) {
	first := time.UnixMilli(testTime)
	l := newTestLog(t)
	s := l.at(first, 0).at(first.Add(time.Hour), 1).at(first.Add(time.Minute), 2).write(folder(t, 7), 0)
	from := AtTime(first.Add(time.Minute))
	if got := offsetsOf(scanFiles(t, Options{Range: Range{From: from}}, s).Rows); got != "1 2" {
		t.Errorf("got offsets %q", got)
	}
}

func TestFilesRangeIsOfEachPartition(t *testing.T) {
	first := time.UnixMilli(testTime)
	a := newTestLog(t).at(first, 0, 1).at(first.Add(time.Minute), 2).write(folder(t, 1), 0)
	b := newTestLog(t).at(first.Add(time.Minute), 0).at(first.Add(time.Hour), 1).write(folder(t, 2), 0)
	got := scanFiles(t, Options{Range: Range{AtTime(first.Add(time.Second)), AtTime(first.Add(time.Hour))}}, a, b)
	wantPrefixes(t, []string{"1/2 ", "2/0 "}, got.Rows)
}

// What became of a transaction is told by a marker beyond the range.
func TestFilesRangeTellsWhatBecameOfTransactionsAcrossItsEnds(t *testing.T) {
	s := newTestLog(t).pending(9, 0, "g", 1).pending(9, 0, "g", 2).ends(9, 0, false).write(folder(t, 7), 0)
	got := scanFiles(t, Options{Range: Range{AtOffset(1), AtOffset(2)}}, s)
	wantScan(t, scanned{Rows: []string{"7/1 OffsetCommit g orders:0 2 aborted(9,0)"}}, got)
}

// A batch that cannot be read may hold the first record that is late enough: it is shown, not left out.
func TestFilesRangeByTimeDoesNotHideDamage(t *testing.T) {
	first := time.UnixMilli(testTime)
	l := newTestLog(t).at(first, 0)
	at := len(l.bytes)
	l.at(first.Add(time.Minute), 1, 2)
	l.bytes[at+70] ^= 1
	s := l.at(first.Add(2*time.Minute), 3).write(folder(t, 7), 0)
	wantPrefixes(t, []string{"7/1 ERROR batch of offsets 1 to 2", "7/3"}, scanFiles(t, Options{Range: Range{From: AtTime(first.Add(time.Minute))}}, s).Rows)
	wantPrefixes(t, []string{"7/0", "7/1 ERROR batch of offsets 1 to 2"}, scanFiles(t, Options{Range: Range{To: AtTime(first.Add(time.Minute))}}, s).Rows)
	wantPrefixes(t, []string{"7/3"}, scanFiles(t, Options{Range: Range{From: AtOffset(3)}}, s).Rows)
}

// What a damaged batch says of its time may be the damage: it is shown where it is beside the range.
func TestFilesRangeByTimeDoesNotBelieveADamagedTime(t *testing.T) {
	first := time.UnixMilli(testTime)
	minute := func(n int) Bound { return AtTime(first.Add(time.Duration(n) * time.Minute)) }
	l := newTestLog(t).at(first, 0)
	at := len(l.bytes)
	l.at(first.Add(time.Minute), 1, 2)
	binary.BigEndian.PutUint64(l.bytes[at+35:], 0)
	s := l.at(first.Add(2*time.Minute), 3).at(first.Add(3*time.Minute), 4).write(folder(t, 7), 0)
	wantPrefixes(t, []string{"7/1 ERROR batch of offsets 1 to 2", "7/3", "7/4"}, scanFiles(t, Options{Range: Range{From: minute(1)}}, s).Rows)
	wantPrefixes(t, []string{"7/4"}, scanFiles(t, Options{Range: Range{From: minute(3)}}, s).Rows)
}

// No record has the largest offset there is, since the log end is behind it: it comes of damage.
func TestFilesShowABatchOfTheLargestOffset(t *testing.T) {
	l := newTestLog(t).commits("a", 1)
	at := len(l.bytes)
	l.commits("a", 2)
	binary.BigEndian.PutUint64(l.bytes[at:], math.MaxInt64)
	s := l.write(folder(t, 7), 0)
	for name, read := range waysToRead(t) {
		if rows, report := read([]Segment{s}); len(report.Errors) != 1 || report.Errors[0].Code != "CORRUPT_MESSAGE" {
			t.Errorf("%s: %q, %v", name, rows, report.Errors)
		}
	}
}

// A compressed message set of old brokers says where it ends, not where it begins.
func TestRangeEndsInsideAMessageSet(t *testing.T) {
	for _, c := range []struct {
		compression Compression
		want        bool
	}{{None, false}, {Gzip, true}} {
		b := Batch{Magic: 1, BaseOffset: 10, LastOffset: 10, Compression: c.compression}
		if got := (span{0, 8}).has(&b); got != c.want {
			t.Errorf("%v: got %v", c.compression, got)
		}
	}
}

// No offset is behind the largest one, so that a batch there is damage wherever a range ends.
func TestFilesRangeDoesNotHideABatchOfTheLargestOffset(t *testing.T) {
	l := newTestLog(t).commits("a", 1)
	at := len(l.bytes)
	l.commits("a", 2)
	binary.BigEndian.PutUint64(l.bytes[at:], math.MaxInt64)
	s := l.commits("a", 3).write(folder(t, 7), 0)
	for name, r := range map[string]Range{"all": {}, "to": {To: AtOffset(1)}, "from": {From: AtOffset(2)}, "both": {AtOffset(2), AtOffset(3)}, "to a time": {To: AtTime(time.UnixMilli(testTime))}} {
		got := scanFiles(t, Options{Range: r}, s)
		if !slices.ContainsFunc(got.Rows, func(row string) bool { return strings.HasPrefix(row, "7/9223372036854775807 ERROR ") }) || len(got.Errors) != 1 {
			t.Errorf("%s: got %q, %q", name, got.Rows, got.Errors)
		}
		var past []PastEnd
		report, err := Files(context.Background(), []Segment{s}, Options{Range: r}, func(*Row) error { return nil })
		if err != nil || cmp.Diff(past, report.PastEnd) != "" {
			t.Errorf("%s: %v, past the end %v", name, err, report.PastEnd)
		}
	}
}

// Damage before a record that is too early is not beside the range, though the batch of that record goes on into it.
func TestFilesRangeByTimeLeavesOutDamageBeforeARecordThatIsTooEarly(t *testing.T) {
	first := time.UnixMilli(testTime)
	l := newTestLog(t).at(first, 0)
	l.bytes[70] ^= 1
	records := l.records("g", 1, 2)
	for i := range records {
		records[i].Offset, records[i].Timestamp = int64(1+i), first.Add(time.Duration(2*i)*time.Minute).UnixMilli()
	}
	l.bytes = AppendBatch(l.bytes, plainBatch(1), records)
	s := l.write(folder(t, 7), 0)
	wantPrefixes(t, []string{"7/2"}, scanFiles(t, Options{Range: Range{From: AtTime(first.Add(time.Minute))}}, s).Rows)
}
