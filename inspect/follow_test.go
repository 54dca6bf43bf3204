package inspect

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/offsetctl/offsetctl/internal/cluster"
)

// followed is what a Follower was told, but for the rows that were not flushed.
type followed struct {
	scanned
	pending []string
	err     error
}

// follow follows from the range on in a goroutine of its own, until stop is called or it ends.
func (f *liveFake) follow(o Options) (got *followed, stop func()) {
	f.t.Helper()
	live, _ := f.plan(Wanted{Range: o.Range, Follow: true})
	before := slices.Clone(live.Parts)
	ctx, cancel := context.WithCancel(f.t.Context())
	got = &followed{}
	done := make(chan struct{})
	go func() {
		defer close(done)
		got.err = live.Follow(ctx, o, Follower{
			Row: func(r *Row) error { got.pending = append(got.pending, line(r)); return nil },
			Flush: func() error {
				got.Rows, got.pending = append(got.Rows, got.pending...), nil
				return nil
			},
			Note:   func(n string) { got.Notes = append(got.Notes, n) },
			Failed: func(e *cluster.Error) { got.Errors = append(got.Errors, e.Error()) },
		})
	}()
	return got, func() {
		cancel()
		<-done
		if !slices.Equal(before, live.Parts) {
			f.t.Errorf("the parts changed from %v to %v", before, live.Parts)
		}
	}
}

// sorted are the rows in the order of partitions, each as it came.
func (f *followed) sorted() scanned {
	slices.SortStableFunc(f.Rows, func(a, b string) int { return strings.Compare(a[:1], b[:1]) })
	return f.scanned
}

// pass lets so much time pass, and whatever happens in it.
func pass(d time.Duration) {
	time.Sleep(d) // of the bubble
	synctest.Wait()
}

func TestFollowShowsWhatComes(t *testing.T) {
	live(t, 3, func(t *testing.T, f *liveFake) {
		p := f.producer()
		f.commits(p, 1, "g", 1)
		got, stop := f.follow(Options{Range: Range{From: Latest()}})
		pass(2 * time.Minute) // much longer than a scan has patience
		f.commits(p, 1, "g", 2, 3)
		pass(time.Second)
		wantScan(t, scanned{Rows: []string{"1/1 OffsetCommit g orders:0 2", "1/2 OffsetCommit g orders:0 3"}}, got.scanned)
		f.commits(p, 2, "g", 4)
		pass(time.Second)
		stop()
		wantScan(t, scanned{Rows: []string{"1/1 OffsetCommit g orders:0 2", "1/2 OffsetCommit g orders:0 3", "2/0 OffsetCommit g orders:0 4"}}, got.scanned)
		if !errors.Is(got.err, context.Canceled) {
			t.Errorf("ended with %v", got.err)
		}
	})
}

func TestFollowFromTheStartAndWithAFilter(t *testing.T) {
	live(t, 3, func(t *testing.T, f *liveFake) {
		p := f.producer()
		f.commits(p, 1, "g", 1)
		f.commits(p, 1, "other", 2)
		got, stop := f.follow(Options{Filter: Filter{Group: groupIs("g")}, Range: Range{From: Earliest()}})
		pass(time.Second)
		f.commits(p, 1, "other", 3)
		f.commits(p, 1, "g", 4)
		pass(time.Second)
		stop()
		wantScan(t, scanned{Rows: []string{"1/0 OffsetCommit g orders:0 1", "1/3 OffsetCommit g orders:0 4"}}, got.scanned)
	})
}

// What becomes of a transaction is told by the marker, which comes later.
func TestFollowShowsTransactionsAsOpenUntilTheirMarker(t *testing.T) {
	live(t, 1, func(t *testing.T, f *liveFake) {
		got, stop := f.follow(Options{})
		p := f.begin("one")
		f.commits(p, 0, "g", 1)
		pass(time.Second)
		if len(got.Rows) != 1 {
			t.Errorf("got %v while the transaction is open", got.Rows)
		}
		f.end(p, kgo.TryAbort)
		pass(time.Second)
		stop()
		wantPrefixes(t, []string{"0/0 OffsetCommit g orders:0 1 open(", "0/1 TransactionMarker aborted("}, got.Rows)
	})
}

func TestFollowEndsAtItsLimit(t *testing.T) {
	live(t, 1, func(t *testing.T, f *liveFake) {
		got, stop := f.follow(Options{Limit: 2})
		f.commits(f.producer(), 0, "g", 1, 2, 3)
		pass(time.Second)
		wantScan(t, scanned{Rows: []string{"0/0 OffsetCommit g orders:0 1", "0/1 OffsetCommit g orders:0 2"}}, got.scanned)
		stop()
		if got.err != nil {
			t.Errorf("ended with %v", got.err)
		}
	})
}

// Leaders move and brokers are down for longer than a scan has patience: nothing is lost, nothing comes twice.
func TestFollowSurvivesWhatHappensToLeaders(t *testing.T) {
	live(t, 6, func(t *testing.T, f *liveFake) {
		p := f.producer()
		got, stop := f.follow(Options{})
		var down atomic.Int32
		down.Store(-1)
		f.fetches(func(node int32, _ *kmsg.FetchRequest) (kmsg.Response, error, bool) {
			return nil, io.EOF, node == down.Load()
		})
		var want []string
		for n := range int64(12) {
			for part := range int32(6) {
				f.commits(p, part, "g", n)
				want = append(want, fmt.Sprintf("%d/%d OffsetCommit g orders:0 %d", part, n, n))
			}
			switch n % 4 {
			case 0:
				f.lead(int32(n/4), 1, 3, 5)
			case 1:
				down.Store(int32(n / 4))
			case 2:
				pass(time.Minute)
			case 3:
				down.Store(-1)
			}
			pass(10 * time.Millisecond)
		}
		pass(10 * time.Second)
		stop()
		slices.SortStableFunc(want, func(a, b string) int { return strings.Compare(a[:1], b[:1]) })
		rows := got.sorted()
		rows.Notes = nil // that brokers do not answer, which they did not for a minute
		wantScan(t, scanned{Rows: want}, rows)
	})
}

func TestFollowGoesOnAtTheStartOfALogThatWasTrimmed(t *testing.T) {
	live(t, 1, func(t *testing.T, f *liveFake) {
		f.Fault(kfake.Fault{Count: 3, Keys: []kmsg.Key{kmsg.Fetch}, Topic: "__consumer_offsets", Err: kerr.NotLeaderForPartition}) // it is late
		got, stop := f.follow(Options{})
		f.commits(f.producer(), 0, "g", 1)
		f.commits(f.producer(), 0, "g", 2)
		if err := f.DeleteRecords("__consumer_offsets", 0, 1); err != nil {
			t.Fatal(err)
		}
		pass(time.Minute)
		stop()
		wantScan(t, scanned{
			Rows:  []string{"0/1 OffsetCommit g orders:0 2"},
			Notes: []string{"partition __consumer_offsets:0: the records from offset 0 to 0 are gone: the log was trimmed meanwhile"},
		}, got.scanned)
	})
}

// What is open hides what comes later, too: it is told in the beginning.
func TestFollowTellsWhatIsOpen(t *testing.T) {
	live(t, 2, func(t *testing.T, f *liveFake) {
		f.someOpen()
		l, _ := f.plan(Wanted{Range: Range{From: Latest()}})
		var told []string
		rows := 0
		done := make(chan error, 1)
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			done <- l.Follow(ctx, Options{}, Follower{
				Open:  func(open []OpenTransaction) { isSomeOpen(t, "open", open); told = append(told, "open") },
				Row:   func(*Row) error { rows++; return nil },
				Flush: func() error { return nil },
				Note:  func(n string) { told = append(told, n) },
			})
		}()
		pass(time.Second)
		f.commits(f.plainProducer(), 1, "a", 9)
		pass(time.Second)
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) || rows != 1 {
			t.Errorf("%d rows, %v", rows, err)
		}
		wantLines(t, "told", []string{"open"}, told)
	})
}

func TestFollowThatCannotLookForOpenTransactionsSaysSo(t *testing.T) {
	live(t, 2, func(t *testing.T, f *liveFake) {
		f.someOpen()
		l, _ := f.plan(Wanted{})
		f.fetches(func(node int32, req *kmsg.FetchRequest) (kmsg.Response, error, bool) {
			return nil, io.EOF, req.Topics[0].Partitions[0].FetchOffset == 3 && req.Topics[0].Partitions[0].Partition == 1
		})
		var notes []string
		rows := 0
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
		defer cancel()
		err := l.Follow(ctx, Options{}, Follower{
			Open: func(open []OpenTransaction) { wantLines(t, "open", nil, openLines(open)) },
			Row:  func(*Row) error { rows++; return nil }, Flush: func() error { return nil },
			Note: func(n string) { notes = append(notes, n) },
		})
		if !errors.Is(err, context.DeadlineExceeded) || rows == 0 {
			t.Errorf("%d rows, %v", rows, err)
		}
		wantPrefixes(t, []string{"which transactions are open could not be found out: partition __consumer_offsets:1: "}, notes)
	})
}

// What is followed is shown as it comes, whatever looking for open transactions costs.
func TestFollowIsNotHeldUpByOpenTransactions(t *testing.T) {
	live(t, 3, func(t *testing.T, f *liveFake) {
		hanging := f.begin("hanging")
		f.commits(hanging, 1, "h", 1)
		defer func() { f.end(hanging, kgo.TryAbort) }()
		l, _ := f.plan(Wanted{Range: Range{From: Latest()}, Follow: true})
		var mute atomic.Bool
		mute.Store(true)
		f.fetches(func(node int32, _ *kmsg.FetchRequest) (kmsg.Response, error, bool) {
			return nil, nil, mute.Load() && node == 1
		})
		f.commits(f.producer(), 0, "g", 1)
		ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
		defer cancel()
		start, first := time.Now(), time.Hour
		_ = l.Follow(ctx, Options{}, Follower{
			Row:   func(*Row) error { first = min(first, time.Since(start)); return nil },
			Flush: func() error { return nil }, Note: func(string) {}, Failed: func(*cluster.Error) {}, Open: func([]OpenTransaction) {},
		})
		mute.Store(false)
		if first > 2*time.Second { // of the test's clock
			t.Errorf("the first row of a partition whose leader answers came after %v", first)
		}
	})
}

// Of a partition that cannot be followed any more it is told at once, and the others go on.
func TestFollowTellsOfAFailureAtOnce(t *testing.T) {
	live(t, 3, func(t *testing.T, f *liveFake) {
		got, stop := f.follow(Options{})
		f.Fault(kfake.Fault{Count: -1, Keys: []kmsg.Key{kmsg.Fetch}, Topic: "__consumer_offsets", Partitions: []int32{1}, Err: kerr.UnknownServerError})
		pass(time.Second)
		f.commits(f.producer(), 0, "g", 1)
		pass(time.Second)
		wantPrefixes(t, []string{"0/0 "}, got.Rows)
		wantPrefixes(t, []string{"partition __consumer_offsets:1: "}, got.Errors)
		stop()
	})
}

func TestFollowEndsWhenNothingIsLeftToFollow(t *testing.T) {
	live(t, 3, func(t *testing.T, f *liveFake) {
		f.Fault(kfake.Fault{Count: -1, Keys: []kmsg.Key{kmsg.Fetch}, Topic: "__consumer_offsets", Err: kerr.TopicAuthorizationFailed})
		got, stop := f.follow(Options{})
		pass(time.Minute)
		wantPrefixes(t, []string{"topic __consumer_offsets: "}, got.Errors)
		if stop(); got.err != nil {
			t.Errorf("ended with %v", got.err)
		}
	})
}

func TestFollowEndsWithTheFollowersError(t *testing.T) {
	live(t, 1, func(t *testing.T, f *liveFake) {
		f.commits(f.producer(), 0, "g", 1)
		mine := errors.New("mine")
		for name, to := range map[string]Follower{
			"row":   {Row: func(*Row) error { return mine }},
			"flush": {Row: func(*Row) error { return nil }, Flush: func() error { return mine }},
		} {
			live, _ := f.plan(Wanted{})
			if err := live.Follow(t.Context(), Options{}, to); !errors.Is(err, mine) {
				t.Errorf("%s: ended with %v", name, err)
			}
		}
	})
}

func TestFollowShowsDamage(t *testing.T) {
	live(t, 3, func(t *testing.T, f *liveFake) {
		l := newTestLog(t).commits("g", 1).damaged("g", 2, 3)
		n := 0
		f.fetches(func(node int32, req *kmsg.FetchRequest) (kmsg.Response, error, bool) {
			if n++; node != 1 || n > 3 {
				return nil, nil, node == 1 // and then nothing
			}
			return answer(req, 1, l.bytes), nil, true
		})
		got, stop := f.follow(Options{})
		pass(time.Second)
		stop()
		wantPrefixes(t, []string{"1/0 OffsetCommit g", "1/1 ERROR batch of offsets 1 to 2: CRC is"}, got.Rows)
		wantPrefixes(t, []string{"partition __consumer_offsets:1: batch of offsets 1 to 2: CRC is"}, got.Errors)
		if d := cmp.Diff(1, len(got.Errors)); d != "" {
			t.Error(d)
		}
	})
}

// After a log was cut back its offsets come again, and are shown.
func TestFollowShowsWhatComesAfterALogWasCutBack(t *testing.T) {
	var rows []string
	row := func(r *Row) error {
		rows = append(rows, line(r))
		return nil
	}
	s := &scan{Live: Live{Parts: []Part{{ID: 0, Start: 3, End: math.MaxInt64}}}}
	w := &following{s, Options{}, Follower{}, row, make([]*partitionReader, 1), cluster.Errors{}}
	log := newTestLog(t).commits("g", 1, 2, 3, 4)
	if err := w.body(0, body{batches: log.bytes}); err != nil {
		t.Fatal(err)
	}
	back := int64(1)
	if err := w.body(0, body{back: &back}); err != nil {
		t.Fatal(err)
	}
	again := newTestLog(t)
	again.next = 1
	if err := w.body(0, body{batches: again.commits("g", 8, 9).bytes}); err != nil {
		t.Fatal(err)
	}
	wantPrefixes(t, []string{"0/3 ", "0/1 ", "0/2 "}, rows)
	if w.readers[0].open != nil {
		t.Error("what is open is kept, though nobody asks")
	}
}

// A leader that does not answer for long is told of once, since a quiet topic looks the same.
func TestFollowTellsOfALeaderThatDoesNotAnswer(t *testing.T) {
	live(t, 1, func(t *testing.T, f *liveFake) {
		f.commits(f.producer(), 0, "g", 1)
		f.Fault(kfake.Fault{Count: -1, Keys: []kmsg.Key{kmsg.Fetch}, Topic: "__consumer_offsets", Partitions: []int32{0}, Err: kerr.NotLeaderForPartition})
		plan, _ := f.plan(Wanted{})
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
		defer cancel()
		var notes []string
		err := plan.Follow(ctx, Options{}, Follower{
			Row: func(*Row) error { return nil }, Flush: func() error { return nil },
			Note: func(n string) { notes = append(notes, n) }, Failed: func(e *cluster.Error) { t.Error(e) },
		})
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		wantPrefixes(t, []string{"partition __consumer_offsets:0: its leader has not answered for "}, notes)
	})
}
