package inspect

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// someOpen fills partition 0, where nothing is open, and 1: offsets 0 to 2 are plain, 3 to 5 open, 6 and 7 over, 8 is
// plain.
func (f *liveFake) someOpen() {
	f.t.Helper()
	plain := f.plainProducer()
	f.commits(plain, 0, "a", 1, 2, 3)
	f.commits(plain, 1, "a", 1, 2, 3)
	open, over := f.begin("open"), f.begin("over")
	f.commits(open, 1, "b", 4, 5)
	f.commits(open, 1, "c", 6)
	f.commits(over, 1, "d", 7)
	f.end(over, kgo.TryCommit)
	f.commits(plain, 1, "a", 8)
}

// isSomeOpen checks that these are the open transactions of someOpen, but for the producer, whose id is kfake's.
func isSomeOpen(t *testing.T, name string, open []OpenTransaction) {
	t.Helper()
	for i := range open {
		open[i].ProducerID = 0
	}
	wantLines(t, name, []string{"1 producer 0: b from 3: 2", "1 producer 0: c from 3: 1"}, openLines(open))
}

// Of open transactions nothing is read but what is beyond the last stable offset.
func TestLiveOpenReadsOnlyBeyondTheLastStableOffset(t *testing.T) {
	live(t, 2, func(t *testing.T, f *liveFake) {
		f.commits(f.producer(), 0, "a", 1, 2, 3)
		f.commits(f.producer(), 1, "b", 1, 2, 3)
		f.commits(f.begin("tx"), 1, "b", 4, 5)
		live, _ := f.plan(Wanted{})
		var asked []int64
		f.fetches(func(_ int32, req *kmsg.FetchRequest) (kmsg.Response, error, bool) {
			for _, tp := range req.Topics[0].Partitions {
				if tp.Partition != 1 {
					t.Errorf("partition %d is fetched", tp.Partition)
				}
				asked = append(asked, tp.FetchOffset)
			}
			return nil, nil, false
		})
		report, err := live.Open(t.Context(), Options{})
		if err != nil || len(report.Open) != 1 || len(report.Errors) > 0 {
			t.Fatalf("%+v, %v", report, err)
		}
		got := report.Open[0]
		if *got.Group != "b" || got.Partition != 1 || got.StartOffset != 3 || got.Records != 2 {
			t.Errorf("got %+v", got)
		}
		if slices.Min(asked) != 3 {
			t.Errorf("fetched from %v, want from 3 on", asked)
		}
	})
}

// countRequests counts those for records, and those of them that are for partition 0.
func (f *liveFake) countRequests() (all, ofZero *atomic.Int64) {
	all, ofZero = new(atomic.Int64), new(atomic.Int64)
	f.fetches(func(_ int32, req *kmsg.FetchRequest) (kmsg.Response, error, bool) {
		all.Add(1)
		for _, tp := range req.Topics[0].Partitions {
			if tp.Partition == 0 {
				ofZero.Add(1)
			}
		}
		return nil, nil, false
	})
	return all, ofZero
}

// An open transaction hides what comes after it, whatever is shown; it costs a request where it was not seen anyway.
func TestLiveSeesOpenTransactionsWhateverIsShown(t *testing.T) {
	type read func(ctx context.Context, l *Live, o Options) (Report, error)
	none := func(*Row) error { return nil }
	all := func(ctx context.Context, l *Live, o Options) (Report, error) { return l.Read(ctx, o, none) }
	last := func(ctx context.Context, l *Live, o Options) (Report, error) { return l.ReadLast(ctx, 1, o, none) }
	nobody := Filter{Group: groupIs("nobody")}
	live(t, 2, func(t *testing.T, f *liveFake) {
		f.someOpen()
		requests, ofZero := f.countRequests()
		for name, c := range map[string]struct {
			read
			o      Options
			counts [2]int64 // requests in all, and of partition 0, in which nothing is open; 0: what was fetched ahead is chance
		}{
			"all":          {all, Options{}, [2]int64{4, 1}}, // of 1: what is decided, markers, the rest
			"nobody":       {all, Options{Filter: nobody}, [2]int64{4, 1}},
			"before":       {all, Options{Range: Range{To: AtOffset(2)}}, [2]int64{3, 1}},
			"from within":  {all, Options{Range: Range{From: AtOffset(4)}}, [2]int64{3, 0}},
			"to within":    {all, Options{Range: Range{To: AtOffset(4)}}, [2]int64{5, 1}},
			"behind":       {all, Options{Range: Range{From: Latest()}}, [2]int64{1, 0}},
			"first rows":   {all, Options{Limit: 4}, [2]int64{}},
			"last":         {last, Options{}, [2]int64{4, 1}},
			"last nobody":  {last, Options{Filter: nobody}, [2]int64{4, 1}},
			"last before":  {last, Options{Range: Range{To: AtOffset(2)}}, [2]int64{3, 1}},
			"last of none": {last, Options{Range: Range{From: Latest()}}, [2]int64{1, 0}},
		} {
			l, _ := f.plan(Wanted{Range: c.o.Range})
			requests.Store(0)
			ofZero.Store(0)
			report, err := c.read(t.Context(), l, c.o)
			if err != nil || len(report.Errors)+len(report.Notes) > 0 {
				t.Fatalf("%s: %v, %+v", name, err, report)
			}
			isSomeOpen(t, name, report.Open)
			if got := [2]int64{requests.Load(), ofZero.Load()}; got != c.counts && c.counts[0] > 0 {
				t.Errorf("%s: %d requests, %d of them of partition 0; want %d", name, got[0], got[1], c.counts)
			}
		}
	})
}

// However far the windows of the newest rows reach into a transaction, it is told whole.
func TestLastSeesOpenTransactionsWhole(t *testing.T) {
	live(t, 2, func(t *testing.T, f *liveFake) {
		f.someOpen()
		f.commits(f.plainProducer(), 1, "a", make([]int64, 90)...)
		l, _ := f.plan(Wanted{})
		for n := range 110 {
			report, err := l.ReadLast(t.Context(), n+1, Options{}, func(*Row) error { return nil })
			if err != nil {
				t.Fatal(err)
			}
			isSomeOpen(t, fmt.Sprintf("last %d", n+1), report.Open)
		}
	})
}

// A partition that a limit leaves out has not been read.
func TestLiveLooksForNothingInWhatALimitLeavesOut(t *testing.T) {
	live(t, 2, func(t *testing.T, f *liveFake) {
		f.someOpen()
		l, _ := f.plan(Wanted{})
		report, err := l.Read(t.Context(), Options{Limit: 1}, func(*Row) error { return nil })
		if err != nil || len(report.Open) > 0 {
			t.Errorf("%v, %+v", err, report)
		}
	})
}

// beyond has Fetches from the last stable offset of someOpen on answered by make.
func (f *liveFake) beyond(make func(*kmsg.FetchRequest) (kmsg.Response, error, bool)) {
	f.fetches(func(_ int32, req *kmsg.FetchRequest) (kmsg.Response, error, bool) {
		if req.Topics[0].Partitions[0].FetchOffset < 3 {
			return nil, nil, false
		}
		return make(req)
	})
}

// What is shown is all there, so that the scan has not failed; but it is said what is not known.
func TestLiveThatCannotLookForOpenTransactionsSaysSo(t *testing.T) {
	damaged := newTestLog(t)
	damaged.next = 3
	damaged.commits("a", 1, 2, 3, 4, 5, 6)
	damaged.bytes[70] ^= 1
	for name, c := range map[string]struct {
		make func(*kmsg.FetchRequest) (kmsg.Response, error, bool)
		want string
	}{
		"dies": {func(*kmsg.FetchRequest) (kmsg.Response, error, bool) { return nil, io.EOF, true }, "the connection was closed"},
		"damage": {func(req *kmsg.FetchRequest) (kmsg.Response, error, bool) {
			return answer(req, 1, damaged.bytes), nil, true
		}, "batch of offsets 3 to 8: CRC is"},
	} {
		t.Run(name, func(t *testing.T) {
			live(t, 2, func(t *testing.T, f *liveFake) {
				f.someOpen()
				f.beyond(c.make)
				for name, read := range map[string]func(*Live, func(*Row) error) (Report, error){
					"range": func(l *Live, emit func(*Row) error) (Report, error) { return l.Read(t.Context(), Options{}, emit) },
					"last": func(l *Live, emit func(*Row) error) (Report, error) {
						return l.ReadLast(t.Context(), 9, Options{}, emit)
					},
				} {
					l, _ := f.plan(Wanted{Partitions: map[int32]bool{1: true}, Range: Range{To: AtOffset(2)}})
					rows := 0
					report, err := read(l, func(*Row) error { rows++; return nil })
					if err != nil || rows != 2 || len(report.Open)+len(report.Errors) > 0 {
						t.Errorf("%s: %v, %d rows, %+v", name, err, rows, report)
					}
					wantPrefixes(t, []string{"which transactions are open could not be found out: partition __consumer_offsets:1: "}, report.Notes)
					if !strings.Contains(strings.Join(report.Notes, ""), c.want) {
						t.Errorf("%s: %q does not say %q", name, report.Notes, c.want)
					}
				}
			})
		})
	}
}

// A partition that could not be read is an error, and is not asked again.
func TestLiveDoesNotLookWhereItCouldNotRead(t *testing.T) {
	live(t, 2, func(t *testing.T, f *liveFake) {
		f.someOpen()
		asked := 0
		f.fetches(func(node int32, _ *kmsg.FetchRequest) (kmsg.Response, error, bool) {
			if node == 1 {
				asked++
			}
			return nil, errors.New("dies"), node == 1
		})
		l, _ := f.plan(Wanted{Range: Range{To: AtOffset(2)}})
		for name, read := range map[string]func() (Report, error){
			"range": func() (Report, error) { return l.Read(t.Context(), Options{}, func(*Row) error { return nil }) },
			"last":  func() (Report, error) { return l.ReadLast(t.Context(), 1, Options{}, func(*Row) error { return nil }) },
		} {
			report, err := read()
			if err != nil || len(report.Errors) != 1 || len(report.Notes) > 0 || asked == 0 {
				t.Errorf("%s: %v, %+v", name, err, report)
			}
		}
	})
}

func TestLiveInterruptedWhileItLooksForOpenTransactions(t *testing.T) {
	live(t, 2, func(t *testing.T, f *liveFake) {
		f.someOpen()
		ctx, cancel := context.WithCancel(t.Context())
		f.beyond(func(*kmsg.FetchRequest) (kmsg.Response, error, bool) {
			cancel()
			return nil, nil, true
		})
		l, _ := f.plan(Wanted{Range: Range{To: AtOffset(2)}})
		if _, err := l.Read(ctx, Options{}, func(*Row) error { return nil }); !errors.Is(err, context.Canceled) {
			t.Errorf("ended with %v", err)
		}
	})
}

// The end of the range says nothing of what is open.
func TestLiveOpenLooksToTheEndOfTheLog(t *testing.T) {
	live(t, 2, func(t *testing.T, f *liveFake) {
		f.someOpen()
		for _, r := range []Range{{To: AtOffset(1)}, {From: AtOffset(4)}, {From: Latest()}} {
			l, _ := f.plan(Wanted{Range: r})
			report, err := l.Open(t.Context(), Options{})
			if err != nil {
				t.Fatal(err)
			}
			isSomeOpen(t, "open", report.Open)
		}
	})
}

// A marker whose offset is wrong ends its transaction all the same.
func TestLiveOpenTakesTheMarkerOfAMisplacedBatch(t *testing.T) {
	live(t, 1, func(t *testing.T, f *liveFake) {
		log := newTestLog(t).pending(9, 1, "a", 1).ends(9, 1, true).commits("g", 1).pending(9, 1, "b", 2)
		first, _ := NextBatch(log.bytes)
		binary.BigEndian.PutUint64(log.bytes[len(first.Bytes):], 1<<50)
		l := leaderLog{segments: []logSegment{{[]int64{0}, log.bytes}}, end: 4, limit: 1 << 20}
		f.answers(&l)
		live, _ := f.plan(Wanted{})
		live.Parts[0].End, live.Parts[0].Stable, live.Parts[0].LogEnd = 4, 0, 4
		report, err := live.Open(t.Context(), Options{})
		if err != nil {
			t.Fatal(err)
		}
		wantLines(t, "open", []string{"0 producer 9: b from 3: 1"}, openLines(report.Open))
		wantOne(t, report.Errors, "__consumer_offsets:0", "CORRUPT_MESSAGE", "batch that says it has offsets 1125899906842624")
	})
}

func TestOpenFinder(t *testing.T) {
	l := newTestLog(t)
	l.next = 10
	l.pending(1, 0, "a", 1).pending(2, 0, "a", 2).pending(1, 1, "b", 3) // 10 11 12
	l.ends(2, 5, false).pending(2, 5, "c", 4)                           // 13 14
	l.batch(Batch{ProducerID: 3, Transactional: true}, append(l.records("d", 1, 2), Record{Key: []byte{0, 99}})...)
	whole := l.bytes
	for name, c := range map[string]struct {
		from  int64
		open  []string
		spoil int // byte
		bad   int
	}{
		"all":           {0, []string{"7 producer 1: a from 10: 1", "7 producer 1: b from 10: 1", "7 producer 2: c from 14: 1", "7 producer 3: - from 15: 1", "7 producer 3: d from 15: 2"}, -1, 0},
		"trimmed":       {16, []string{"7 producer 3: - from 16: 1", "7 producer 3: d from 16: 1"}, -1, 0},
		"spoilt record": {15, []string{"7 producer 3: - from 15: 1", "7 producer 3: d from 15: 2"}, 80, 1},
	} {
		log := slices.Clone(whole)
		if c.spoil >= 0 {
			log[c.spoil] ^= 1
		}
		f := openFinder{topic: ConsumerOffsets, from: c.from, open: map[int64]openings{}}
		for b := range Batches(log) {
			f.batch(&b)
		}
		wantLines(t, name, c.open, openLines(f.all().rows(7, time.Time{})))
		if f.bad.rows != c.bad {
			t.Errorf("%s: %d places are damaged, want %d", name, f.bad.rows, c.bad)
		}
	}
}
