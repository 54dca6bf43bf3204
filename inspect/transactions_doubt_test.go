package inspect

import (
	"encoding/binary"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/offsetctl/offsetctl/internal/cluster"
)

// moved has the batch there say another offset.
func moved(b []byte, at int, offset uint64) { binary.BigEndian.PutUint64(b[at:], offset) }

// wantCommittedOrDoubt is of the row that begins so, which is of a committed transaction.
func wantCommittedOrDoubt(t *testing.T, got scanned, row string) {
	t.Helper()
	for _, r := range got.Rows {
		if strings.HasPrefix(r, row) && !strings.Contains(r, "committed(1,0)") && !strings.Contains(r, "DOUBT") {
			t.Errorf("committed transaction: %q; errors %q", r, got.Errors)
		}
	}
}

// A marker whose offset is wrong decides by it, so that the outcomes of its producer are in doubt.
func TestFilesDoubtWhatAMarkerWithAWrongOffsetDecides(t *testing.T) {
	l := newTestLog(t).pending(1, 0, "x", 1) // 0
	at := len(l.bytes)
	l.ends(1, 0, false)                      // 1, says 1000
	l.pending(1, 0, "y", 2).ends(1, 0, true) // 2 committed, 3
	moved(l.bytes, at, 1000)
	s := l.write(folder(t, 7), 0)
	got := scanFiles(t, Options{}, s)
	wantCommittedOrDoubt(t, got, "7/2 ")
}

// A batch whose offset is wrong seems to be open, though its marker follows it.
func TestFilesDoubtAnOpenTransactionWithAWrongOffset(t *testing.T) {
	l := newTestLog(t).commits("a", 1) // 0
	at := len(l.bytes)
	l.pending(1, 0, "x", 1).ends(1, 0, true).commits("a", 2) // 1, 2, 3
	moved(l.bytes, at, 1000)
	s := l.write(folder(t, 7), 0)
	got := scanFiles(t, Options{}, s)
	wantCommittedOrDoubt(t, got, "7/1000 ")
	for name, report := range openReports(t, []Segment{s}) {
		for _, o := range report.Open {
			if o.Error == nil {
				t.Errorf("%s: an open transaction that is none, without doubt: %+v", name, o)
			}
		}
	}
}

// Two damages, the first of which says a large offset: the doubt of the second is not noted.
func TestFilesDoubtALossBehindAWrongOffset(t *testing.T) {
	l := newTestLog(t).commits("a", 1) // 0
	at := len(l.bytes)
	l.commits("a", 2) // 1, says 1000; CRC holds
	bad := len(l.bytes)
	l.ends(9, 0, false) // damaged: lost at 1001
	l.commits("a", 3).pending(1, 0, "x", 1)
	bad2 := len(l.bytes)
	l.ends(1, 0, false).pending(1, 0, "x", 2).ends(1, 0, true)
	moved(l.bytes, at, 1000)
	l.bytes[bad+70] ^= 1
	l.bytes[bad2+70] ^= 1
	got := scanFiles(t, Options{}, l.write(folder(t, 7), 0))
	for _, r := range got.Rows {
		if strings.HasPrefix(r, "7/4 ") && !strings.Contains(r, "DOUBT") {
			t.Errorf("its marker is in what cannot be read: %q; errors %q", r, got.Errors)
		}
	}
}

// A control batch that is no marker ends nothing, as for consumers (CompletedFetch.containsAbortMarker).
func TestLiveOddControlBatchEndsNothing(t *testing.T) {
	for name, odd := range map[string]func(*testLog){
		"odd marker": func(l *testLog) {
			m := Marker{}.Record(0, 0)
			m.Value = m.Value[:3]
			l.batch(Batch{ProducerID: 9, BaseSequence: -1, Transactional: true, Control: true}, m)
		},
		"other kind": func(l *testLog) {
			m := Marker{}.Record(0, 0)
			m.Key[3] = 7
			l.batch(Batch{ProducerID: 9, BaseSequence: -1, Transactional: true, Control: true}, m)
		},
	} {
		log := newTestLog(t).pending(9, 1, "x", 1)
		odd(log)
		log.pending(9, 1, "z", 2).ends(9, 1, false)
		live(t, 1, func(t *testing.T, f *liveFake) {
			l := leaderLog{segments: []logSegment{{[]int64{0}, log.bytes}}, end: 4, limit: 1 << 20}
			l.aborted = []kmsg.FetchResponseTopicPartitionAbortedTransaction{{ProducerID: 9, FirstOffset: 0}}
			f.answers(&l)
			lv, _ := f.plan(Wanted{})
			lv.Parts[0].End, lv.Parts[0].Stable, lv.Parts[0].LogEnd = 4, 4, 4
			got := f.read(lv, Options{})
			for _, r := range got.Rows {
				if strings.HasPrefix(r, "0/2 ") && !strings.Contains(r, "aborted") && !strings.Contains(r, "DOUBT") {
					t.Errorf("%s live: %q errors %q", name, r, got.Errors)
				}
			}
		})
	}
}

// A marker of producer -1 is not something that cannot be read.
func TestFilesMarkerOfNobodyIsNoLoss(t *testing.T) {
	l := newTestLog(t).pending(1, 0, "x", 1).ends(-1, 0, false).ends(1, 0, true)
	got := scanFiles(t, Options{}, l.write(folder(t, 7), 0))
	if strings.Contains(got.Rows[0], "DOUBT") {
		t.Errorf("all can be read: %q, %q", got.Rows, got.Errors)
	}
}

// Garbage between two batches whose offsets follow one another: its own error says that no offset is missing.
func TestFilesDoubtNothingWhereNoOffsetIsMissing(t *testing.T) {
	l := newTestLog(t).commits("a", 1).pending(1, 0, "x", 1)
	l.bytes = append(l.bytes, strings.Repeat("garbage!", 20)...)
	l.ends(1, 0, true).commits("a", 2).commits("a", 3)
	got := scanFiles(t, Options{}, l.write(folder(t, 7), 0))
	if strings.Contains(got.Rows[1], "DOUBT") {
		t.Errorf("%s", strings.Join(got.Rows, "\n"))
	}
}

// What comes later is of the transaction that began first, if that has not ended.
func TestFilesOpenKeepsTheDoubtOfItsFirstRecord(t *testing.T) {
	l := newTestLog(t).pending(1, 0, "x", 1)
	at := len(l.bytes)
	l.ends(1, 0, true).pending(1, 0, "x", 2)
	l.bytes[at+70] ^= 1
	for name, report := range openReports(t, []Segment{l.commits("a", 1).write(folder(t, 7), 0)}) {
		if len(report.Open) != 1 || report.Open[0].Error == nil || report.Open[0].Records != 2 {
			t.Errorf("%s: %+v", name, report.Open)
		}
	}
}

// Compaction took the first records of an aborted transaction, so that it has not begun where what cannot be read comes.
// One that begins inside of that is not lost by it.
func TestDecidedLosesWhatHasNotBegun(t *testing.T) {
	bad := newTestLog(t)
	bad.next = 7
	bad.commits("a", 1, 2, 3) // 7 to 9
	bad.bytes[70] ^= 1
	b, err := NextBatch(bad.bytes)
	if err != nil {
		t.Fatal(err)
	}
	var d decided
	d.add([]cluster.Aborted{{ProducerID: 1, FirstOffset: 5}, {ProducerID: 2, FirstOffset: 8}})
	d.batch(&b)
	if got := d.of(1, 10); got.doubt == nil || !strings.HasSuffix(got.doubt.Error(), "offset 7 on") {
		t.Errorf("got %+v", got)
	}
	if got := d.of(2, 10); got.outcome != Aborted {
		t.Errorf("got %+v", got)
	}
}
