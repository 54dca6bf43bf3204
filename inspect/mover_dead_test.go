package inspect

import (
	"io"
	"slices"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/offsetctl/offsetctl/internal/cluster"
)

// fails has all requests of a kind end with a closed connection for so long.
func (f *liveFake) fails(key kmsg.Key, d time.Duration) {
	start := time.Now()
	f.ControlKey(int16(key), func(kmsg.Request) (kmsg.Response, error, bool) {
		f.KeepControl()
		return nil, io.EOF, time.Since(start) < d
	})
}

// A leader that could not be asked where its log begins now is asked again, however long it was gone.
func TestLiveLeaderOfATrimmedLogThatComesBack(t *testing.T) {
	live(t, 3, func(t *testing.T, f *liveFake) {
		f.commits(f.producer(), 1, "g", 0)
		f.commits(f.producer(), 1, "g", 1)
		live, _ := f.plan(Wanted{})
		if err := f.DeleteRecords("__consumer_offsets", 1, 1); err != nil {
			t.Fatal(err)
		}
		f.fails(kmsg.ListOffsets, 5*time.Second)
		wantScan(t, scanned{
			Rows:  []string{"1/1 OffsetCommit g orders:0 1"},
			Notes: []string{"partition __consumer_offsets:1: the records from offset 0 to 0 are gone: the log was trimmed meanwhile"},
		}, f.read(live, Options{}))
	})
}

// Where all brokers are gone for a while, all of them are asked again.
func TestLiveBrokersThatAllComeBack(t *testing.T) {
	live(t, 3, func(t *testing.T, f *liveFake) {
		want := f.fill3()
		live, _ := f.plan(Wanted{})
		f.fails(kmsg.Fetch, 10*time.Second)
		f.fails(kmsg.Metadata, 10*time.Second)
		wantScan(t, scanned{Rows: want}, f.read(live, Options{}))
	})
}

// fill3 appends a commit to each of three partitions.
func (f *liveFake) fill3() (rows []string) {
	f.t.Helper()
	p := f.producer()
	for part := range int32(3) {
		f.commits(p, part, "g", 1)
		rows = append(rows, string('0'+part)+"/0 OffsetCommit g orders:0 1")
	}
	return rows
}

// Where all brokers that were known are gone, the bootstrap servers know who is there now.
func TestLiveBrokersThatAreAllReplaced(t *testing.T) {
	live(t, 3, func(t *testing.T, f *liveFake) {
		want := f.fill3()
		client, err := cluster.Dial(cluster.Config{Bootstrap: []string{"localhost:9092", "localhost:9099"}, Dial: f.pipes.DialContext})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(client.Close)
		run := client.Run(cluster.In(time.Now(), 30*time.Second))
		live, _, errs := Plan(t.Context(), run, Wanted{})
		if errs != nil {
			t.Fatal(errs)
		}
		live.Run = run.Until(cluster.Deadline{Each: 30 * time.Second})
		if _, _, err := f.AddNode(9, 9099); err != nil {
			t.Fatal(err)
		}
		f.lead(9, 0, 1, 2)
		f.ControlKey(-1, func(kmsg.Request) (kmsg.Response, error, bool) {
			f.KeepControl()
			return nil, io.EOF, f.CurrentNode() != 9
		})
		wantScan(t, scanned{Rows: want}, f.read(live, Options{}))
	})
}

// A new leader has as many answers to begin as the one before had.
func TestLiveNewLeaderThatIsSlowToo(t *testing.T) {
	live(t, 1, func(t *testing.T, f *liveFake) {
		f.commits(f.producer(), 0, "g", 1)
		n := 0
		f.fetches(func(_ int32, req *kmsg.FetchRequest) (kmsg.Response, error, bool) {
			n++
			resp := answer(req, 0, nil)
			if n == idleLimit {
				resp.Topics[0].Partitions[0].ErrorCode = kerr.NotLeaderForPartition.Code
			}
			return resp, nil, n < 2*idleLimit
		})
		wantScan(t, scanned{Rows: []string{"0/0 OffsetCommit g orders:0 1"}}, f.scan(Options{}))
	})
}

// What is before the range is not fetched, wherever the first open transaction begins.
func TestLiveRangeBeyondAnOpenTransactionIsReadFromItsStart(t *testing.T) {
	live(t, 1, func(t *testing.T, f *liveFake) {
		open := f.producer(kgo.TransactionalID("open"))
		if err := open.BeginTransaction(); err != nil {
			t.Fatal(err)
		}
		f.commits(open, 0, "open", 0)
		p := f.producer()
		for n := range int64(5) {
			f.commits(p, 0, "g", n+1)
		}
		live, _ := f.plan(Wanted{Range: Range{From: AtOffset(4)}})
		var asked []int64
		f.fetches(func(_ int32, req *kmsg.FetchRequest) (kmsg.Response, error, bool) {
			asked = append(asked, req.Topics[0].Partitions[0].FetchOffset)
			return nil, nil, false
		})
		wantScan(t, scanned{Rows: []string{"0/4 OffsetCommit g orders:0 4", "0/5 OffsetCommit g orders:0 5"}}, f.read(live, Options{}))
		if len(asked) < 2 || !slices.Equal(asked[:2], []int64{4, 4}) {
			t.Errorf("asked for %v, want twice for all from 4 on: for the markers, and for the records", asked)
		}
	})
}
