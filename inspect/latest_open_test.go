package inspect

import (
	"testing"
	"time"
)

// An open transaction hides what comes after it of all groups, so that it is told whatever the state is of.
func TestLatestSeesOpenTransactionsWhateverIsShown(t *testing.T) {
	l := newTestLog(t).pending(1, 0, "over", 1).ends(1, 0, true).commits("a", 1)                                           // 0 1 2
	l.pending(2, 0, "b", 2).pending(2, 0, "c", 3).pending(1, 0, "b", 2).pending(3, 0, "b", 2).ends(3, 1, false)            // 3 to 7
	l.batch(Batch{ProducerID: 4, ProducerEpoch: 1, Transactional: true}, record(t, `{"type":2,"data":{"group":"d"}}`, "")) // 8
	segment := l.write(folder(t, 7), 0)
	want := []string{"7 producer 2: - from 3: 2", "7 producer 1: - from 5: 1", "7 producer 4: - from 8: 1"}
	for name, f := range map[string]Filter{
		"all":           {},
		"a group":       {Group: groupIs("a")},
		"group records": {Types: map[string]bool{"GroupMetadata": true}},
	} {
		got := latestOf(t, Options{Filter: f, Now: time.UnixMilli(testTime + 5000)}, segment).Report.Open
		wantLines(t, name, want, openLines(got))
		for _, o := range got {
			if o.AgeMs == nil || *o.AgeMs != 5000 {
				t.Errorf("%s: age %v", name, o.AgeMs)
			}
		}
	}
}

func TestLatestOfAClusterSeesOpenTransactions(t *testing.T) {
	live(t, 2, func(t *testing.T, f *liveFake) {
		f.someOpen()
		open := f.latest(Options{Filter: Filter{Group: groupIs("nobody")}}).Report.Open
		if len(open) != 1 || open[0].Partition != 1 || open[0].StartOffset != 3 || open[0].Records != 3 || open[0].StartTimestamp == nil {
			t.Errorf("%+v", open)
		}
	})
}

// Where timestamps are the broker's, a batch has one for all its records.
func TestLatestTakesTheStartOfATransactionFromTheBroker(t *testing.T) {
	open := begun{}
	b := Batch{ProducerID: 1, Transactional: true, Records: 1, LogAppendTime: true, MaxTimestamp: 20}
	batch, _ := NextBatch(AppendBatch(nil, Batch{ProducerID: 1, Transactional: true}, []Record{{Timestamp: 10}}))
	b.Bytes = batch.Bytes
	open.batch(&batch)
	b.ProducerID = 2
	open.batch(&b)
	rows := open.rows(7, time.Time{})
	if len(rows) != 2 || *rows[0].StartTimestamp+*rows[1].StartTimestamp != 30 {
		t.Errorf("%+v", rows)
	}
}
