package inspect

import (
	"context"
	"encoding/binary"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// lostFrom is how a row of whose outcome is in doubt ends.
func lostFrom(offset string) string {
	return " DOUBT the transaction's marker may be in what cannot be read from offset " + offset + " on"
}

// damagedAt is a log with one batch, at offset 4, that damage gets the bytes of. Two producers have transactions around
// it, and one has ended before.
func damagedAt(t *testing.T, damaged func(*testLog), damage func(batch []byte)) []Segment {
	t.Helper()
	l := newTestLog(t).pending(3, 0, "before", 1).ends(3, 0, false)
	l.pending(1, 0, "x", 1).pending(2, 0, "y", 1)
	at := len(l.bytes)
	damaged(l)
	damage(l.bytes[at:])
	return []Segment{l.pending(1, 0, "z", 1).ends(1, 0, true).write(folder(t, 7), 0)}
}

// A marker in what cannot be read may be of any producer: those whose next marker is behind it may have had one there.
func TestFilesSayWhoseMarkersMayBeLost(t *testing.T) {
	marker := func(l *testLog) { l.ends(1, 0, false) }
	commit := func(l *testLog) { l.commits("lost", 1) }
	for name, segments := range map[string][]Segment{
		"CRC of a marker":         damagedAt(t, marker, func(b []byte) { b[70] ^= 1 }),
		"its producer":            damagedAt(t, marker, func(b []byte) { b[50] ^= 1 }),
		"of no marker, it says":   damagedAt(t, marker, func(b []byte) { b[22] ^= 48 }),
		"a batch without markers": damagedAt(t, commit, func(b []byte) { b[70] ^= 1 }),
		"length":                  damagedAt(t, marker, func(b []byte) { b[10] ^= 1 }),
		"no batch":                damagedAt(t, marker, func(b []byte) { clear(b) }),
		"version":                 damagedAt(t, func(l *testLog) { l.oddMarker() }, func([]byte) {}),
		"last offset":             damagedAt(t, marker, func(b []byte) { b[24] ^= 1 }),
		"CRC, and a late offset":  damagedAt(t, marker, func(b []byte) { b[70] ^= 1; b[5] = 1 }),
		"CRC, and an early one":   damagedAt(t, marker, func(b []byte) { b[70] ^= 1; b[7] = 0 }),
	} {
		t.Run(name, func(t *testing.T) {
			got := scanFiles(t, Options{}, segments...)
			if len(got.Rows) != 7 || len(got.Errors) != 1 {
				t.Fatalf("%q %q", got.Rows, got.Errors)
			}
			wantLines(t, "rows", []string{
				"7/0 OffsetCommit before orders:0 1 aborted(3,0)",
				"7/1 TransactionMarker aborted(3,0)",
				"7/2 OffsetCommit x orders:0 1 committed(1,0)" + lostFrom("4"),
				"7/3 OffsetCommit y orders:0 1 open(2,0)" + lostFrom("4"),
				"7/5 OffsetCommit z orders:0 1 committed(1,0)",
				"7/6 TransactionMarker committed(1,0)",
			}, append(got.Rows[:4:4], got.Rows[5:]...))
			for name, report := range openReports(t, segments) {
				if len(report.Open) != 1 || report.Open[0].Error == nil || report.Open[0].ProducerID != 2 {
					t.Errorf("%s: %+v", name, report.Open)
				}
			}
		})
	}
}

// oddMarker appends a marker that ends before its value does.
func (l *testLog) oddMarker() {
	m := Marker{}.Record(0, 0)
	m.Value = m.Value[:3]
	l.batch(Batch{ProducerID: 1, BaseSequence: -1, Transactional: true, Control: true}, m)
}

// openReports are the ways to be told of open transactions.
func openReports(t *testing.T, segments []Segment) map[string]Report {
	t.Helper()
	report, err := OpenInFiles(context.Background(), segments, Options{})
	if err != nil {
		t.Fatal(err)
	}
	return map[string]Report{"open": report, "latest": latestOf(t, Options{}, segments...).Report}
}

// A segment that is cut, or not to be read, before another one may have had markers.
func TestFilesSayWhoseMarkersMayBeInTheRestOfASegment(t *testing.T) {
	dir := folder(t, 7)
	l := newTestLog(t).pending(1, 0, "x", 1).ends(1, 0, false)
	l.bytes = l.bytes[:len(l.bytes)-1]
	cut := l.write(dir, 0)
	gone := Segment{Path: filepath.Join(dir, "gone.log"), Partition: 7}
	whole := newTestLog(t).pending(1, 0, "x", 1).write(folder(t, 7), 0)
	after := l.pending(1, 0, "z", 1).ends(1, 0, true).write(dir, 2)
	for name, segments := range map[string][]Segment{"cut": {cut, after}, "gone": {whole, gone, after}} {
		got := scanFiles(t, Options{}, segments...)
		if want := "7/0 OffsetCommit x orders:0 1 committed(1,0)" + lostFrom("1"); got.Rows[0] != want {
			t.Errorf("%s: got %q, want %q", name, got.Rows[0], want)
		}
		if last := got.Rows[len(got.Rows)-2]; strings.Contains(last, "DOUBT") {
			t.Errorf("%s: got %q", name, last)
		}
	}
	// One that ends inside a batch because it is being written has lost nothing.
	got := scanFiles(t, Options{}, cut)
	wantLines(t, "being written", []string{"7/0 OffsetCommit x orders:0 1 open(1,0)"}, got.Rows)
	for name, report := range openReports(t, []Segment{cut}) {
		if len(report.Open) != 1 || report.Open[0].Error != nil {
			t.Errorf("%s: %+v", name, report.Open)
		}
	}
	for name, report := range openReports(t, []Segment{whole, gone}) {
		if len(report.Open) != 1 || report.Open[0].Error == nil {
			t.Errorf("%s: %+v", name, report.Open)
		}
	}
}

// An outcome that is in doubt is a failure, also where the damage is not in what is asked for, and says so in each format.
func TestFilesFailForAnOutcomeInDoubt(t *testing.T) {
	segments := damagedAt(t, func(l *testLog) { l.ends(1, 0, false) }, func(b []byte) { b[70] ^= 1 })
	var text, detail string
	report, err := Files(context.Background(), segments, Options{Range: Range{AtOffset(2), AtOffset(3)}}, func(r *Row) error {
		text, detail = string(r.AppendJSON(nil)), string(r.AppendDetail(nil, nil))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	const doubt = "the transaction's marker may be in what cannot be read from offset 4 on"
	wantOne(t, report.Errors, "__consumer_offsets:7", "CORRUPT_MESSAGE", "outcome of the record at offset 2: "+doubt)
	if want := `"outcome":"committed"},"error":"` + doubt + `"}`; !strings.HasSuffix(text, want) {
		t.Errorf("got %s, want %s at the end", text, want)
	}
	if want := "committed transaction of producer 1 (" + doubt + "): offset 1"; detail != want {
		t.Errorf("got %q, want %q", detail, want)
	}
	if whole := scanFiles(t, Options{Range: Range{To: AtOffset(2)}}, segments...); whole.Errors != nil {
		t.Errorf("nothing in the range is in doubt: %q", whole.Errors)
	}
}

// What is not understood and in doubt says both.
func TestRowSaysWhatIsNotUnderstoodAndInDoubt(t *testing.T) {
	row := Row{Err: errStop, Transaction: &Transaction{Doubt: lostMarker(3)}}
	if text := string(row.AppendJSON(nil)); !strings.Contains(text, `"error":"stopped; the transaction's marker may`) {
		t.Error(text)
	}
}

// The last offset of a batch is under its CRC: where that does not hold, the offsets that follow go not back.
func TestFilesDoNotBelieveTheLastOffsetOfADamagedBatch(t *testing.T) {
	for bit := range 31 {
		l := newTestLog(t).commits("a", 1)
		at := len(l.bytes)
		l.commits("a", 2, 3, 4, 5)
		delta := binary.BigEndian.Uint32(l.bytes[at+23:])
		binary.BigEndian.PutUint32(l.bytes[at+23:], delta^1<<bit)
		s := l.commits("a", 6).commits("a", 7).write(folder(t, 7), 0)
		for name, read := range waysToRead(t) {
			if _, report := read([]Segment{s}); len(report.Errors) != 1 || strings.Contains(report.Errors[0].Message, "go back") || strings.Contains(report.Errors[0].Message, "places") {
				t.Errorf("bit %d, %s: %v", bit, name, report.Errors)
			}
		}
	}
}

// Below the last stable offset brokers tell which transactions were aborted, but not where they end.
func TestLiveSaysWhoseMarkersMayBeLost(t *testing.T) {
	for name, damage := range map[string]func([]byte){
		"CRC": func(b []byte) { b[70] ^= 1 }, "of no marker, it says": func(b []byte) { b[22] ^= 48 }, "of another producer": func(b []byte) { b[50] ^= 1 },
	} {
		t.Run(name, func(t *testing.T) { saysWhoseMarkersMayBeLost(t, damage) })
	}
}

func saysWhoseMarkersMayBeLost(t *testing.T, damage func(batch []byte)) {
	t.Helper()
	log := newTestLog(t).pending(9, 1, "x", 1).pending(8, 1, "y", 1)
	at := len(log.bytes)
	log.ends(9, 1, false).pending(9, 1, "z", 1).pending(8, 1, "y", 2).ends(8, 1, true).ends(9, 1, true).pending(9, 1, "z", 2).ends(9, 1, true)
	damage(log.bytes[at:])
	for stable, want := range map[int64][]string{
		0: {
			"0/0 OffsetCommit x orders:0 1 committed(9,1)" + lostFrom("2"), "0/1 OffsetCommit y orders:0 1 committed(8,1)" + lostFrom("2"), "0/2 ERROR ",
			"0/3 OffsetCommit z orders:0 1 committed(9,1)", "0/4 OffsetCommit y orders:0 2 committed(8,1)", "0/5 ", "0/6 ", "0/7 OffsetCommit z orders:0 2 committed(9,1)", "0/8 ",
		},
		9: {
			"0/0 OffsetCommit x orders:0 1 aborted(9,1)", "0/1 OffsetCommit y orders:0 1 committed(8,1)", "0/2 ERROR ",
			"0/3 OffsetCommit z orders:0 1 aborted(9,1)" + lostFrom("2"), "0/4 OffsetCommit y orders:0 2 committed(8,1)", "0/5 ", "0/6 ", "0/7 OffsetCommit z orders:0 2 committed(9,1)", "0/8 ",
		},
	} {
		live(t, 1, func(t *testing.T, f *liveFake) {
			l := leaderLog{segments: []logSegment{{[]int64{0}, log.bytes}}, end: 9, limit: 1 << 20}
			l.aborted = []kmsg.FetchResponseTopicPartitionAbortedTransaction{{ProducerID: 9, FirstOffset: 0}}
			f.answers(&l)
			live, _ := f.plan(Wanted{})
			live.Parts[0].End, live.Parts[0].Stable, live.Parts[0].LogEnd = 9, stable, 9
			got := f.read(live, Options{})
			wantPrefixes(t, want, got.Rows)
			for i, row := range got.Rows {
				if strings.Contains(row, "DOUBT") && row != want[i] {
					t.Errorf("stable up to %d: %q", stable, row)
				}
			}
		})
	}
}

// A marker that is lost may have ended any transaction that is open, so that its age may be that of another one.
func TestOpenFinderSaysWhichTransactionsMayHaveEnded(t *testing.T) {
	log := newTestLog(t).pending(1, 0, "a", 1)
	at := len(log.bytes)
	log.ends(1, 0, true).pending(1, 0, "b", 2).pending(2, 0, "c", 3)
	log.bytes[at+70] ^= 1
	f := openFinder{topic: ConsumerOffsets, open: map[int64]openings{}}
	for b := range Batches(log.bytes) {
		f.batch(&b)
	}
	var got []string
	for _, o := range f.all().rows(7, time.Time{}) {
		text := *o.Group
		if o.Error != nil {
			text += ": " + *o.Error
		}
		got = append(got, text)
	}
	const doubt = "the transaction's marker may be in what cannot be read from offset 1 on"
	wantLines(t, "open", []string{"a: " + doubt, "b: " + doubt, "c"}, got)
}
