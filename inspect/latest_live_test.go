package inspect

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

func (f *liveFake) latest(o Options) *State {
	f.t.Helper()
	live, plan := f.plan(Wanted{Topic: o.Topic})
	l, err := live.Latest(f.t.Context(), o)
	if err != nil {
		f.t.Fatal(err)
	}
	l.Report.Errors = slices.Concat(plan.Errors, l.Report.Errors)
	return l
}

// plainProducer writes as a coordinator does outside of transactions: without a producer id.
func (f *liveFake) plainProducer() *kgo.Client {
	f.t.Helper()
	return f.producer(kgo.DisableIdempotentWrite())
}

func TestLatestOfAClusterReadsEachRecordOnce(t *testing.T) {
	live(t, 4, func(t *testing.T, f *liveFake) {
		plain := f.plainProducer()
		f.commits(plain, 0, "both", 1)
		f.commits(plain, 1, "plain", 1, 2, 3)
		one, two, open := f.begin("one"), f.begin("two"), f.begin("open")
		f.commits(open, 0, "open", 7) // behind it read_committed readers see nothing
		f.commits(one, 0, "both", 10)
		f.commits(two, 0, "plain too", 20)
		f.commits(plain, 0, "plain too", 5)
		f.commits(plain, 2, "elsewhere", 8)
		f.end(one, kgo.TryCommit)
		f.end(two, kgo.TryAbort)
		var fetches, committed atomic.Int64
		f.fetches(func(_ int32, req *kmsg.FetchRequest) (kmsg.Response, error, bool) {
			fetches.Add(1)
			committed.Add(int64(req.IsolationLevel))
			return nil, nil, false
		})
		got := latestLines(t, f.latest(Options{}))
		for i, r := range got.Rows { // without the producer id, which is kfake's
			if at := strings.IndexByte(r, '('); at >= 0 {
				got.Rows[i] = r[:at]
			}
		}
		wantScan(t, scanned{Rows: []string{"both orders:0 10@2", "elsewhere orders:0 8@0", "open orders:0 - 7@1", "plain orders:0 3@2", "plain too orders:0 5@4"}}, got)
		if fetches.Load() != 3 || committed.Load() != 0 {
			t.Errorf("%d requests, %d of them read_committed; want one per leader, all read_uncommitted", fetches.Load(), committed.Load())
		}
	})
}

func TestLatestShowsWhatOtherLeadersHave(t *testing.T) {
	live(t, 3, func(t *testing.T, f *liveFake) {
		p := f.plainProducer()
		for partition, group := range []string{"a", "b", "c"} {
			f.commits(p, int32(partition), group, 1)
		}
		f.fetches(func(node int32, _ *kmsg.FetchRequest) (kmsg.Response, error, bool) {
			return nil, errors.New("dies"), node == 1
		})
		l := f.latest(Options{})
		got := latestLines(t, l)
		if len(got.Rows) != 2 || got.Rows[0] != "a orders:0 1@0" || got.Rows[1] != "c orders:0 1@0" {
			t.Errorf("%q", got.Rows)
		}
		if len(l.Report.Errors) != 1 || l.Report.Errors[0].Name != "__consumer_offsets:1" {
			t.Errorf("%v", l.Report.Errors)
		}
	})
}

func TestLatestCancelledReturnsAtOnce(t *testing.T) {
	live(t, 3, func(t *testing.T, f *liveFake) {
		f.commits(f.plainProducer(), 0, "a", 1)
		live, _ := f.plan(Wanted{})
		ctx, cancel := context.WithCancel(t.Context())
		f.fetches(func(int32, *kmsg.FetchRequest) (kmsg.Response, error, bool) {
			cancel()
			return nil, nil, false
		})
		if l, err := live.Latest(ctx, Options{}); !errors.Is(err, context.Canceled) || l != nil {
			t.Errorf("%v and %v, want only %v", l, err, context.Canceled)
		}
	})
}

func TestLatestOfAClusterWithDamage(t *testing.T) {
	live(t, 1, func(t *testing.T, f *liveFake) {
		f.commits(f.plainProducer(), 0, "x", 1, 2, 3)
		l := newTestLog(t).commits("a", 1).commits("b", 2).commits("c", 3)
		l.bytes[len(l.bytes)/3+70] ^= 1
		f.sends(0, l.bytes)
		state := f.latest(Options{})
		if rows := latestLines(t, state).Rows; len(rows) != 2 || !strings.HasPrefix(rows[0], "maybe ") {
			t.Errorf("%q", rows)
		}
		wantOne(t, state.Report.Errors, "__consumer_offsets:0", "CORRUPT_MESSAGE", "batch of offsets 1 to 1: CRC is")
	})
}

func TestLatestOfAPartitionReadInPartMayBeOutOfDate(t *testing.T) {
	live(t, 1, func(t *testing.T, f *liveFake) {
		f.commits(f.plainProducer(), 0, "x", 1, 2, 3)
		f.sends(0, newTestLog(t).commits("a", 1).bytes) // and nothing more
		state := f.latest(Options{})
		rows := state.Commits()
		if len(rows) != 1 || *rows[0].Offset != 1 || !rows[0].Incomplete || rows[0].Error == nil || !strings.HasPrefix(*rows[0].Error, "may be out of date: partition __consumer_offsets:0: ") {
			t.Errorf("%+v", rows)
		}
		wantOne(t, state.Report.Errors, "__consumer_offsets:0", "CORRUPT_MESSAGE", "sends nothing from offset 1 on")
	})
}
