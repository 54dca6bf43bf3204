package inspect

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// read reads what was planned.
func (f *liveFake) read(l *Live, o Options) scanned {
	f.t.Helper()
	var rows []string
	report, err := l.Read(f.t.Context(), o, func(r *Row) error { rows = append(rows, line(r)); return nil })
	if err != nil {
		f.t.Fatal(err)
	}
	return reported(rows, report)
}

// fill appends batches of one commit to each of six partitions, and returns the rows of them.
func (f *liveFake) fill(batches int64) []string {
	f.t.Helper()
	p := f.producer()
	var rows []string
	for part := range int32(6) {
		for n := range batches {
			f.commits(p, part, "g", n)
			rows = append(rows, fmt.Sprintf("%d/%d OffsetCommit g orders:0 %d", part, n, n))
		}
	}
	return rows
}

// lead makes a node the leader of partitions.
func (f *liveFake) lead(node int32, partitions ...int32) {
	for _, p := range partitions {
		if err := f.MoveTopicPartition("__consumer_offsets", p, node); err != nil {
			f.t.Error(err)
		}
	}
}

func TestLiveLeaderThatIsNoLongerIt(t *testing.T) {
	live(t, 6, func(t *testing.T, f *liveFake) {
		want := f.fill(2)
		live, _ := f.plan(Wanted{})
		metadata := f.counted(kmsg.Metadata)
		f.lead(2, 0, 1, 3)
		wantScan(t, scanned{Rows: want}, f.read(live, Options{}))
		if *metadata != 1 {
			t.Errorf("%d requests for metadata, want one for all", *metadata)
		}
	})
}

// A leader that is gone for good, and nobody takes over, costs its partitions' rest, after a while.
func TestLiveLeaderThatDiesInTheMiddle(t *testing.T) {
	live(t, 6, func(t *testing.T, f *liveFake) {
		f.fill(2)
		served := 0
		f.fetches(func(node int32, req *kmsg.FetchRequest) (kmsg.Response, error, bool) {
			if node != 1 {
				return nil, nil, false
			}
			if served++; served > 1 {
				return nil, io.EOF, true
			}
			req.Topics[0].Partitions = req.Topics[0].Partitions[:1] // of partition 4 nothing comes
			req.Topics[0].Partitions[0].PartitionMaxBytes = 1       // one batch
			return nil, nil, false
		})
		start := time.Now()
		got := f.scan(Options{})
		if took := time.Since(start); took < 30*time.Second || took > 35*time.Second {
			t.Errorf("it took %v, want the time that one request may take", took)
		}
		var want []string
		for part := range int32(6) {
			switch part {
			case 1:
				want = append(want, "1/0 OffsetCommit g orders:0 0")
			case 4:
			default:
				want = append(want, fmt.Sprintf("%d/0 OffsetCommit g orders:0 0", part), fmt.Sprintf("%d/1 OffsetCommit g orders:0 1", part))
			}
		}
		wantPrefixes(t, want, got.Rows)
		wantPrefixes(t, []string{"partition __consumer_offsets:1: broker 1 (localhost:9093): the connection was closed", "partition __consumer_offsets:4: "}, got.Errors)
	})
}

func TestLiveLeaderThatComesBack(t *testing.T) {
	live(t, 6, func(t *testing.T, f *liveFake) {
		want := f.fill(3)
		start := time.Now()
		f.fetches(func(node int32, req *kmsg.FetchRequest) (kmsg.Response, error, bool) {
			oneBatch(req)
			down := node == 1 && time.Since(start) > 0 && time.Since(start) < 10*time.Second
			return nil, io.EOF, down
		})
		live, _ := f.plan(Wanted{})
		time.Sleep(time.Millisecond) // of the bubble
		wantScan(t, scanned{Rows: want}, f.read(live, Options{}))
	})
}

// A mute leader is noticed when its answer is late; others lead its partitions by then.
func TestLiveLeaderThatFallsSilent(t *testing.T) {
	live(t, 6, func(t *testing.T, f *liveFake) {
		want := f.fill(3)
		served := 0
		f.fetches(func(node int32, req *kmsg.FetchRequest) (kmsg.Response, error, bool) {
			oneBatch(req)
			if node == 1 {
				served++
			}
			return nil, nil, node == 1 && served > 1
		})
		f.later(6*time.Second, func() { f.lead(0, 1); f.lead(2, 4) })
		wantScan(t, scanned{Rows: want}, f.scan(Options{}))
	})
}

// oneBatch has a broker answer with one batch of each partition.
func oneBatch(req *kmsg.FetchRequest) {
	for i := range req.Topics[0].Partitions {
		req.Topics[0].Partitions[i].PartitionMaxBytes = 1
	}
}

// Whatever the moment at which leaders change: nothing is lost, nothing comes twice, all is in order.
func TestLiveLeadersThatChangeAllTheTime(t *testing.T) {
	for _, every := range []int{1, 2, 3, 7} {
		t.Run(fmt.Sprintf("every %d requests", every), func(t *testing.T) {
			live(t, 6, func(t *testing.T, f *liveFake) {
				f.fill(5)
				open := f.producer(kgo.TransactionalID("open"))
				if err := open.BeginTransaction(); err != nil {
					t.Fatal(err)
				}
				f.commits(open, 1, "open", 1) // what comes after it is read in other phases
				f.commits(f.producer(), 1, "g", 6)
				want := f.scan(Options{}).Rows
				if len(want) != 32 {
					t.Fatalf("%d rows", len(want))
				}
				live, _ := f.plan(Wanted{})
				n := 0
				f.fetches(func(_ int32, req *kmsg.FetchRequest) (kmsg.Response, error, bool) {
					oneBatch(req)
					if n++; n%every == 0 && n < 200 {
						p := int32(n / every % 6)
						f.SleepControl(func() { f.lead((f.LeaderFor("__consumer_offsets", p)+1)%3, p) })
					}
					return nil, nil, false
				})
				wantScan(t, scanned{Rows: want}, f.read(live, Options{}))
			})
		})
	}
}

func TestLiveLogTrimmedMeanwhileGoesOnAtItsStart(t *testing.T) {
	live(t, 3, func(t *testing.T, f *liveFake) {
		p := f.producer()
		for n := range int64(5) {
			f.commits(p, 1, "g", n)
		}
		live, _ := f.plan(Wanted{Range: Range{To: AtOffset(4)}})
		if err := f.DeleteRecords("__consumer_offsets", 1, 3); err != nil {
			t.Fatal(err)
		}
		wantScan(t, scanned{
			Rows:  []string{"1/3 OffsetCommit g orders:0 3"},
			Notes: []string{"partition __consumer_offsets:1: the records from offset 0 to 2 are gone: the log was trimmed meanwhile"},
		}, f.read(live, Options{}))

		live, _ = f.plan(Wanted{Range: Range{To: AtOffset(4)}})
		if err := f.DeleteRecords("__consumer_offsets", 1, 5); err != nil {
			t.Fatal(err)
		}
		fetches := f.counted(kmsg.Fetch)
		wantScan(t, scanned{Notes: []string{"partition __consumer_offsets:1: the records from offset 3 to 3 are gone: the log was trimmed meanwhile"}}, f.read(live, Options{}))
		if *fetches != 1 {
			t.Errorf("%d requests, want no other once nothing is left to read", *fetches)
		}
	})
}

func TestLiveLogCutBackIsAnError(t *testing.T) {
	live(t, 3, func(t *testing.T, f *liveFake) {
		f.commits(f.producer(), 1, "g", 1)
		live, _ := f.plan(Wanted{})
		live.Parts[1].Start, live.Parts[1].End, live.Parts[1].Stable, live.Parts[1].LogEnd = 3, 5, 5, 5
		got := f.read(live, Options{})
		wantPrefixes(t, []string{"partition __consumer_offsets:1: the log was cut back to offset 1 meanwhile, and 3 is read next (OFFSET_OUT_OF_RANGE)"}, got.Errors)
	})
}

// What stands in a new topic of the same name is not what the scan was about.
func TestLiveTopicThatIsCreatedAnewIsAnError(t *testing.T) {
	live(t, 3, func(t *testing.T, f *liveFake) {
		f.commits(f.producer(), 1, "g", 1, 2)
		live, _ := f.plan(Wanted{})
		if err := f.DeleteTopic("__consumer_offsets"); err != nil {
			t.Fatal(err)
		}
		f.create(3)
		f.commits(f.producer(), 1, "new", 1, 2)
		got := f.read(live, Options{})
		wantPrefixes(t, nil, got.Rows)
		wantPrefixes(t, []string{"partition __consumer_offsets:1: the topic was deleted and created anew meanwhile (UNKNOWN_TOPIC_ID)"}, got.Errors)
	})
}

// A topic that is deleted looks like one whose leaders are moving.
func TestLiveTopicThatIsDeletedIsAnErrorInTheEnd(t *testing.T) {
	live(t, 3, func(t *testing.T, f *liveFake) {
		f.commits(f.producer(), 1, "g", 1)
		live, _ := f.plan(Wanted{})
		if err := f.DeleteTopic("__consumer_offsets"); err != nil {
			t.Fatal(err)
		}
		got := f.read(live, Options{})
		if len(got.Errors) != 1 || !strings.HasPrefix(got.Errors[0], "partition __consumer_offsets:1: ") {
			t.Errorf("got %v", got.Errors)
		}
	})
}

func TestLiveEndsWhileLeadersAreLookedUp(t *testing.T) {
	live(t, 3, func(t *testing.T, f *liveFake) {
		f.commits(f.producer(), 0, "g", 1)
		f.commits(f.producer(), 1, "g", 1)
		f.Fault(kfake.Fault{Count: -1, Keys: []kmsg.Key{kmsg.Fetch}, Topic: "__consumer_offsets", Partitions: []int32{1}, Err: kerr.NotLeaderForPartition})
		live, _ := f.plan(Wanted{})
		mine := errors.New("mine")
		start := time.Now()
		if _, err := live.Read(t.Context(), Options{}, func(*Row) error { return mine }); !errors.Is(err, mine) {
			t.Errorf("got %v", err)
		}
		if took := time.Since(start); took > 2*time.Second {
			t.Errorf("it took %v", took)
		}
	})
}

func TestWaitBeforeALeaderIsLookedUpAgainGrows(t *testing.T) {
	var waits []time.Duration
	for n := range 7 {
		waits = append(waits, (&trouble{tries: n + 1}).wait()/time.Millisecond)
	}
	if d := cmp.Diff([]time.Duration{50, 100, 200, 400, 800, 1000, 1000}, waits); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}
