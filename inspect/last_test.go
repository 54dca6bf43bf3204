package inspect

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// lastRows are the newest rows of a live topic.
func (f *liveFake) lastRows(n int, o Options) scanned {
	f.t.Helper()
	live, _ := f.plan(Wanted{Range: o.Range})
	before := slices.Clone(live.Parts)
	var rows []string
	report, err := live.ReadLast(f.t.Context(), n, o, func(r *Row) error { rows = append(rows, line(r)); return nil })
	if err != nil {
		f.t.Fatal(err)
	}
	if d := cmp.Diff(before, live.Parts); d != "" {
		f.t.Errorf("the parts changed (-before +after):\n%s", d)
	}
	return reported(rows, report)
}

func TestLastAreTheNewestByTimePartitionAndOffset(t *testing.T) {
	first := time.UnixMilli(testTime)
	a := newTestLog(t).at(first, 0).at(first.Add(time.Hour), 1).at(first.Add(time.Minute), 2).write(folder(t, 1), 0)
	b := newTestLog(t).at(first.Add(time.Minute), 0, 1).write(folder(t, 2), 0)
	for n, want := range [][]string{
		1: {"1/1 "},
		2: {"1/1 ", "2/1 "},
		3: {"1/1 ", "2/0 ", "2/1 "},
		4: {"1/1 ", "1/2 ", "2/0 ", "2/1 "},
		5: {"1/0 ", "1/1 ", "1/2 ", "2/0 ", "2/1 "},
		6: {"1/0 ", "1/1 ", "1/2 ", "2/0 ", "2/1 "},
	} {
		if n == 0 {
			continue
		}
		var rows []string
		if _, err := LastOfFiles(context.Background(), []Segment{a, b}, n, Options{}, func(r *Row) error { rows = append(rows, line(r)); return nil }); err != nil {
			t.Fatal(err)
		}
		wantPrefixes(t, want, rows)
	}
}

// What is kept is a copy: the memory of a row is used again for the next one.
func TestLastKeepsWholeRows(t *testing.T) {
	s := newTestLog(t).pending(9, 1, "first", 1).commits("second", 2).ends(9, 1, true).write(folder(t, 1), 0)
	items := func(scan func(emit func(*Row) error) (Report, error)) []string {
		var out []string
		if _, err := scan(func(r *Row) error {
			out = append(out, line(r)+string(r.AppendDetail(r.AppendJSON(nil), nil)))
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		return out
	}
	o := Options{Raw: true}
	want := items(func(emit func(*Row) error) (Report, error) { return Files(context.Background(), []Segment{s}, o, emit) })
	got := items(func(emit func(*Row) error) (Report, error) {
		return LastOfFiles(context.Background(), []Segment{s}, 3, o, emit)
	})
	if d := cmp.Diff(want, got); d != "" || len(want) != 3 {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestLiveLastReadsNoMoreThanItHasTo(t *testing.T) {
	live(t, 3, func(t *testing.T, f *liveFake) {
		p := f.producer()
		const records = 1000
		for n := range int64(records) {
			f.commits(p, 1, "g", n)
		}
		f.commits(p, 2, "g", 0)
		lowest := int64(records)
		f.fetches(func(_ int32, req *kmsg.FetchRequest) (kmsg.Response, error, bool) {
			for _, p := range req.Topics[0].Partitions {
				if p.Partition == 1 {
					lowest = min(lowest, p.FetchOffset)
				}
			}
			return nil, nil, false
		})
		for _, c := range []struct {
			n          int
			o          Options
			rows       int
			readFrom   int64
			first, end string
		}{
			{1, Options{}, 1, records - 64, "2/0", "2/0"}, // written last
			{100, Options{}, 100, records - 100, "1/901", "2/0"},
			{2000, Options{}, records + 1, 0, "1/0", "2/0"},
			{2, Options{Range: Range{To: AtOffset(500)}}, 2, 500 - 64, "1/499", "2/0"},
			{2, Options{Range: Range{AtOffset(1), AtOffset(3)}}, 2, 1, "1/1", "1/2"},
			{1, Options{Filter: Filter{Group: groupIs("g")}}, 1, 0, "2/0", "2/0"},
		} {
			lowest = records
			got := f.lastRows(c.n, c.o)
			name := fmt.Sprintf("last %d of %+v", c.n, c.o.Range)
			if len(got.Rows) != c.rows || lowest != c.readFrom || got.Errors != nil {
				t.Fatalf("%s: %d rows, want %d; read from %d, want %d; errors %v", name, len(got.Rows), c.rows, lowest, c.readFrom, got.Errors)
			}
			wantPrefixes(t, []string{c.first + " "}, got.Rows[:1])
			wantPrefixes(t, []string{c.end + " "}, got.Rows[len(got.Rows)-1:])
		}
	})
}

// Where compaction has left few records the windows grow until there are enough, and none is read twice.
func TestLastWindowsGrowAndMeet(t *testing.T) {
	w := &windows{last: NewLast(10), ends: map[int32]int64{1: 1000, 2: 50}, found: map[int32]int{}}
	all := []Part{{ID: 1, Start: 100, End: 1000}, {ID: 2, End: 50}}
	var got [][3]int64
	for size := int64(100); size < 2000; size *= 2 {
		for _, p := range w.next(all, size) {
			got = append(got, [3]int64{int64(p.ID), p.Start, p.End})
		}
		if size == 100 {
			w.found[1] = 9
		}
	}
	want := [][3]int64{{1, 900, 1000}, {2, 0, 50}, {1, 800, 900}, {1, 600, 800}, {1, 200, 600}, {1, 100, 200}}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	w.ends[1], w.found[1] = 1000, 10
	if more := w.next(all, 100); len(more) > 0 {
		t.Errorf("reads %v of a partition that has given enough", more)
	}
}

// A batch that cannot be read and reaches over the beginning of a window is shown once.
func TestReadLastShowsADamagedBatchOnce(t *testing.T) {
	live(t, 1, func(t *testing.T, f *liveFake) {
		l := newTestLog(t)
		var ten []Record
		for i := range int64(10) {
			ten = append(ten, Record{Key: commitKey1(t, "g", "orders", 0), Value: commitValue3(t, i)})
		}
		l.batch(plainBatch(0), ten...)
		l.bytes[len(l.bytes)-1] ^= 1
		for i := range int64(90) {
			l.batch(plainBatch(0), Record{Key: commitKey1(t, "g", "orders", 0), Value: commitValue3(t, 10+i)})
		}
		f.sends(0, l.bytes)
		live, _ := f.plan(Wanted{})
		live.Parts[0].End, live.Parts[0].Stable, live.Parts[0].LogEnd = 100, 100, 100
		rows := 0
		report, err := live.ReadLast(t.Context(), 95, Options{}, func(*Row) error { rows++; return nil })
		if err != nil || len(report.Errors) != 1 || rows != 91 {
			t.Errorf("%d rows, %v, %v", rows, report.Errors, err)
		}
	})
}

// A partition that is given up is not waited for again with each window.
func TestReadLastGivesAPartitionUpOnce(t *testing.T) {
	live(t, 1, func(t *testing.T, f *liveFake) {
		asked := 0
		f.fetches(func(_ int32, req *kmsg.FetchRequest) (kmsg.Response, error, bool) {
			asked++
			return answer(req, 0, nil), nil, true
		})
		live, _ := f.plan(Wanted{})
		live.Parts[0].End, live.Parts[0].Stable, live.Parts[0].LogEnd = 1e6, 1e6, 1e6
		report, err := live.ReadLast(t.Context(), 10, Options{}, func(*Row) error { return nil })
		if err != nil || len(report.Errors) != 1 || asked > idleLimit {
			t.Errorf("%d requests, %v, %v", asked, report.Errors, err)
		}
	})
}

// A window that begins inside of a transaction has but a stretch of it: its start is not known.
func TestWindowsTellOnlyOfTransactionsThatAreWholeInThem(t *testing.T) {
	var w windows
	parts := []Part{{ID: 1, Stable: 5, Start: 10, End: 20, LogEnd: 20}, {ID: 2, Stable: 5, Start: 5, End: 20, LogEnd: 20}, {ID: 3, Stable: 5, Start: 0, End: 10, LogEnd: 20}}
	w.heed(parts, Report{Open: []OpenTransaction{{Partition: 1}, {Partition: 2}, {Partition: 3}}})
	if len(w.open) != 1 || w.open[0].Partition != 2 {
		t.Errorf("%+v", w.open)
	}
}
