package inspect

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

func TestLiveReadsAllInOrder(t *testing.T) {
	live(t, 5, func(t *testing.T, f *liveFake) {
		p := f.producer()
		var want []string
		for part := range int32(5) {
			for n := range int64(6) {
				f.commits(p, part, "g", 10*n, 10*n+1)
				for k := range int64(2) {
					want = append(want, fmt.Sprintf("%d/%d OffsetCommit g orders:0 %d", part, 2*n+k, 10*n+k))
				}
			}
		}
		wantScan(t, scanned{Rows: want}, f.scan(Options{}))
	})
}

func TestLiveShowsNothingThatCameSinceItWasPlanned(t *testing.T) {
	live(t, 1, func(t *testing.T, f *liveFake) {
		p := f.producer()
		f.commits(p, 0, "g", 1)
		live, _ := f.plan(Wanted{})
		f.commits(p, 0, "g", 2)
		var rows []string
		if _, err := live.Read(t.Context(), Options{}, func(r *Row) error { rows = append(rows, line(r)); return nil }); err != nil {
			t.Fatal(err)
		}
		wantScan(t, scanned{Rows: []string{"0/0 OffsetCommit g orders:0 1"}}, scanned{Rows: rows})
	})
}

func TestLiveTellsWhatBecameOfTransactions(t *testing.T) {
	live(t, 1, func(t *testing.T, f *liveFake) {
		one := f.begin("one")
		f.commits(one, 0, "committed", 1)
		f.end(one, kgo.TryCommit)
		two := f.begin("two")
		f.commits(two, 0, "aborted", 2)
		f.end(two, kgo.TryAbort)
		open := f.begin("open") // the last stable offset is here: what comes after it is told by the markers
		f.commits(open, 0, "open", 3)
		three := f.begin("three")
		f.commits(three, 0, "committed beyond", 4)
		f.end(three, kgo.TryCommit)
		four := f.begin("four")
		f.commits(four, 0, "aborted beyond", 5)
		f.end(four, kgo.TryAbort)
		f.commits(f.producer(), 0, "plain", 6)

		got := f.scan(Options{})
		for i, r := range got.Rows { // without the producer, whose id and epoch are kfake's
			if at := strings.IndexByte(r, '('); at >= 0 {
				got.Rows[i] = r[:at]
			}
		}
		wantScan(t, scanned{Rows: []string{
			"0/0 OffsetCommit committed orders:0 1 committed",
			"0/1 TransactionMarker committed",
			"0/2 OffsetCommit aborted orders:0 2 aborted",
			"0/3 TransactionMarker aborted",
			"0/4 OffsetCommit open orders:0 3 open",
			"0/5 OffsetCommit committed beyond orders:0 4 committed",
			"0/6 TransactionMarker committed",
			"0/7 OffsetCommit aborted beyond orders:0 5 aborted",
			"0/8 TransactionMarker aborted",
			"0/9 OffsetCommit plain orders:0 6",
		}}, got)
	})
}

func TestLiveBeginsAtTheLogStart(t *testing.T) {
	live(t, 1, func(t *testing.T, f *liveFake) {
		p := f.producer()
		f.commits(p, 0, "g", 1, 2, 3)
		f.commits(p, 0, "g", 4)
		if err := f.DeleteRecords("__consumer_offsets", 0, 2); err != nil { // inside the first batch
			t.Fatal(err)
		}
		wantScan(t, scanned{Rows: []string{"0/2 OffsetCommit g orders:0 3", "0/3 OffsetCommit g orders:0 4"}}, f.scan(Options{}))
	})
}

func TestLiveLimitEndsTheScan(t *testing.T) {
	live(t, 3, func(t *testing.T, f *liveFake) {
		p := f.producer()
		for part := range int32(3) {
			f.commits(p, part, "g", 1, 2)
		}
		wantScan(t, scanned{Rows: []string{"0/0 OffsetCommit g orders:0 1", "0/1 OffsetCommit g orders:0 2", "1/0 OffsetCommit g orders:0 1"}}, f.scan(Options{Limit: 3}))
	})
}

func TestLiveCancelledInTheMiddleReturnsAtOnce(t *testing.T) {
	live(t, 3, func(t *testing.T, f *liveFake) {
		f.commits(f.producer(), 0, "g", 1)
		f.commits(f.producer(), 1, "g", 1)
		f.fetches(func(node int32, _ *kmsg.FetchRequest) (kmsg.Response, error, bool) {
			return nil, nil, node == 1 // never answers
		})
		live, _ := f.plan(Wanted{})
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		start := time.Now()
		time.AfterFunc(time.Second, cancel)
		rows := 0
		_, err := live.Read(ctx, Options{}, func(*Row) error { rows++; return nil })
		if !errors.Is(err, context.Canceled) || rows != 1 {
			t.Errorf("%d rows and %v, want one and %v", rows, err, context.Canceled)
		}
		if took := time.Since(start); took > 1100*time.Millisecond {
			t.Errorf("it took %v", took)
		}
	})
}

func TestLiveEndsWithTheCallersError(t *testing.T) {
	live(t, 3, func(t *testing.T, f *liveFake) {
		f.commits(f.producer(), 0, "g", 1)
		f.commits(f.producer(), 1, "g", 1)
		live, _ := f.plan(Wanted{})
		mine := errors.New("mine")
		if _, err := live.Read(t.Context(), Options{}, func(*Row) error { return mine }); !errors.Is(err, mine) {
			t.Errorf("got %v", err)
		}
	})
}
