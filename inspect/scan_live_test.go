package inspect

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/offsetctl/offsetctl/internal/cluster"
)

// liveFake is a kfake cluster of three brokers on pipes, with a topic __consumer_offsets whose partition p is led
// by node p % 3. Its tests run in a bubble, where waiting costs nothing.
type liveFake struct {
	*kfake.Cluster
	t     *testing.T
	pipes kfake.VirtualNetwork
}

// live runs a test on a cluster whose topic has so many partitions, 0 for no topic.
func live(t *testing.T, partitions int32, test func(t *testing.T, f *liveFake)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		f := &liveFake{t: t}
		c, err := kfake.NewCluster(kfake.NumBrokers(3), kfake.Ports(9092, 9093, 9094), kfake.ListenFn(f.pipes.Listen), kfake.ClusterID("fake"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(c.Close)
		f.Cluster = c
		if partitions > 0 {
			f.create(partitions)
		}
		test(t, f)
	})
}

func (f *liveFake) create(partitions int32) {
	f.t.Helper()
	if err := f.CreateTopic("__consumer_offsets", partitions, nil); err != nil {
		f.t.Fatal(err)
	}
	for p := range partitions {
		if err := f.MoveTopicPartition("__consumer_offsets", p, p%3); err != nil {
			f.t.Fatal(err)
		}
	}
}

func (f *liveFake) producer(opts ...kgo.Opt) *kgo.Client {
	f.t.Helper()
	c, err := kgo.NewClient(append([]kgo.Opt{
		kgo.SeedBrokers("localhost:9092"), kgo.Dialer(f.pipes.DialContext), kgo.DisableClientMetrics(), kgo.DefaultProduceTopic("__consumer_offsets"),
		kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.ProducerBatchCompression(kgo.NoCompression()),
	}, opts...)...)
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(c.Close)
	return c
}

// commits appends a batch with a commit of the group for orders:0 at each offset.
func (f *liveFake) commits(c *kgo.Client, partition int32, group string, offsets ...int64) {
	f.t.Helper()
	var records []*kgo.Record
	for _, o := range offsets {
		records = append(records, &kgo.Record{Partition: partition, Key: commitKey1(f.t, group, "orders", 0), Value: commitValue3(f.t, o)})
	}
	if err := c.ProduceSync(f.t.Context(), records...).FirstErr(); err != nil {
		f.t.Fatal(err)
	}
}

// plan dials and plans a scan.
func (f *liveFake) plan(w Wanted) (*Live, Report) {
	f.t.Helper()
	client, err := cluster.Dial(cluster.Config{Bootstrap: []string{"localhost:9092"}, Dial: f.pipes.DialContext})
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(client.Close)
	run := client.Run(cluster.In(time.Now(), 30*time.Second))
	live, report, errs := Plan(f.t.Context(), run, w)
	if errs != nil {
		f.t.Fatal(errs)
	}
	live.Run = run.Until(cluster.Deadline{Each: 30 * time.Second})
	return live, report
}

// scan plans and reads.
func (f *liveFake) scan(o Options) scanned {
	f.t.Helper()
	live, plan := f.plan(Wanted{Topic: o.Topic, Range: o.Range})
	var rows []string
	report, err := live.Read(f.t.Context(), o, func(r *Row) error {
		rows = append(rows, line(r))
		return nil
	})
	if err != nil {
		f.t.Fatal(err)
	}
	report.Errors = slices.Concat(plan.Errors, report.Errors)
	report.Notes = slices.Concat(plan.Notes, report.Notes)
	return reported(rows, report)
}

// fetches has make say what is answered to each Fetch that a node gets; where that is false, kfake answers.
func (f *liveFake) fetches(make func(node int32, req *kmsg.FetchRequest) (kmsg.Response, error, bool)) {
	f.ControlKey(int16(kmsg.Fetch), func(req kmsg.Request) (kmsg.Response, error, bool) {
		f.KeepControl()
		return make(f.CurrentNode(), req.(*kmsg.FetchRequest))
	})
}

// sends has a node answer each Fetch with the same bytes, as the records of the partition with its number.
func (f *liveFake) sends(id int32, records []byte) {
	f.fetches(func(node int32, req *kmsg.FetchRequest) (kmsg.Response, error, bool) {
		if node != id {
			return nil, nil, false
		}
		return answer(req, id, records), nil, true
	})
}

// answer is one with the records of a partition and nothing else.
func answer(req *kmsg.FetchRequest, partition int32, records []byte) *kmsg.FetchResponse {
	resp := req.ResponseKind().(*kmsg.FetchResponse)
	topic := kmsg.NewFetchResponseTopic()
	topic.Topic, topic.TopicID = "__consumer_offsets", req.Topics[0].TopicID
	p := kmsg.NewFetchResponseTopicPartition()
	p.Partition, p.RecordBatches = partition, records
	topic.Partitions = append(topic.Partitions, p)
	resp.Topics = append(resp.Topics, topic)
	return resp
}

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
		begin := func(id string) *kgo.Client {
			p := f.producer(kgo.TransactionalID(id))
			if err := p.BeginTransaction(); err != nil {
				t.Fatal(err)
			}
			return p
		}
		end := func(p *kgo.Client, commit kgo.TransactionEndTry) {
			if err := p.EndTransaction(t.Context(), commit); err != nil {
				t.Fatal(err)
			}
		}
		one := begin("one")
		f.commits(one, 0, "committed", 1)
		end(one, kgo.TryCommit)
		two := begin("two")
		f.commits(two, 0, "aborted", 2)
		end(two, kgo.TryAbort)
		open := begin("open") // the last stable offset is here: what comes after it is told by the markers
		f.commits(open, 0, "open", 3)
		three := begin("three")
		f.commits(three, 0, "committed beyond", 4)
		end(three, kgo.TryCommit)
		four := begin("four")
		f.commits(four, 0, "aborted beyond", 5)
		end(four, kgo.TryAbort)
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

func TestLiveUnauthorizedIsOneErrorOfTheTopic(t *testing.T) {
	live(t, 6, func(t *testing.T, f *liveFake) {
		f.commits(f.producer(), 4, "g", 1)
		f.Fault(kfake.Fault{Count: -1, Keys: []kmsg.Key{kmsg.Fetch}, Topic: "__consumer_offsets", Err: kerr.TopicAuthorizationFailed})
		got := f.scan(Options{})
		if len(got.Rows) > 0 || len(got.Errors) != 1 || !strings.HasPrefix(got.Errors[0], "topic __consumer_offsets: ") || !strings.HasSuffix(got.Errors[0], "(TOPIC_AUTHORIZATION_FAILED)") {
			t.Errorf("got %+v", got)
		}
	})
}

func TestLiveUnauthorizedToDescribeIsOneErrorOfTheTopic(t *testing.T) {
	live(t, 6, func(t *testing.T, f *liveFake) {
		f.Fault(kfake.Fault{Count: -1, Keys: []kmsg.Key{kmsg.Metadata}, Topic: "__consumer_offsets", Err: kerr.TopicAuthorizationFailed})
		got := f.scan(Options{})
		if len(got.Rows) > 0 || len(got.Errors) != 1 || !strings.HasPrefix(got.Errors[0], "topic __consumer_offsets: ") {
			t.Errorf("got %+v", got)
		}
	})
}

func TestLiveEmptyTopicAndNone(t *testing.T) {
	live(t, 3, func(_ *testing.T, f *liveFake) { wantScan(f.t, scanned{}, f.scan(Options{})) })
	live(t, 0, func(_ *testing.T, f *liveFake) {
		wantScan(f.t, scanned{Notes: []string{"the cluster has no topic __consumer_offsets yet"}}, f.scan(Options{}))
	})
}

func TestLiveReadsOnlyThePartitionOfAGroup(t *testing.T) {
	live(t, 50, func(t *testing.T, f *liveFake) {
		live, report := f.plan(Wanted{Groups: []string{"payments"}})
		if len(live.Parts) != 1 || len(report.Errors) > 0 {
			t.Errorf("got %v, %v", live.Parts, report.Errors)
		}
		live, report = f.plan(Wanted{Partitions: cluster.Partitions{3: true, 50: true}})
		if len(live.Parts) != 1 || live.Parts[0].ID != 3 {
			t.Errorf("got %v", live.Parts)
		}
		wantOne(t, report.Errors, "__consumer_offsets:50", "UNKNOWN_TOPIC_OR_PARTITION", "only 0 to 49")
	})
}

// Where share state is stored depends on the topic too: a group's name alone does not tell the partition.
func TestLiveNamedGroupOfAnotherTopicReadsAllPartitions(t *testing.T) {
	live(t, 0, func(t *testing.T, f *liveFake) {
		if err := f.CreateTopic("__share_group_state", 5, nil); err != nil {
			t.Fatal(err)
		}
		live, _ := f.plan(Wanted{Topic: ShareGroupState, Groups: []string{"payments"}})
		if len(live.Parts) != 5 {
			t.Errorf("reads %d of 5 partitions", len(live.Parts))
		}
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

func TestLiveShowsDamage(t *testing.T) {
	live(t, 3, func(t *testing.T, f *liveFake) {
		l := newTestLog(t).commits("g", 1)
		at := len(l.bytes)
		l.commits("g", 2, 3)
		l.bytes[at+70] ^= 1
		l.commits("g", 4)
		f.commits(f.producer(), 1, "g", 1, 2, 3, 4)
		f.sends(1, l.bytes)
		got := f.scan(Options{})
		wantPrefixes(t, []string{"1/0 OffsetCommit g", "1/1 ERROR batch of offsets 1 to 2: CRC is", "1/3 OffsetCommit g"}, got.Rows)
		wantPrefixes(t, []string{"partition __consumer_offsets:1: batch of offsets 1 to 2: CRC is"}, got.Errors)
	})
}

func TestLiveGivesUpALeaderThatSendsNothingMore(t *testing.T) {
	for _, c := range []struct {
		name    string
		records func(*testing.T) []byte
		row     string
		message string
	}{
		{"nothing", func(*testing.T) []byte { return nil }, "", "its leader sends nothing from offset 0 on, though the log goes on to 3"},
		{"garbage", func(*testing.T) []byte { return []byte(strings.Repeat("garbage ", 20)) }, "", "reading from offset 0: not a record batch: "},
		{"a batch that never ends", func(t *testing.T) []byte { b := newTestLog(t).commits("g", 1).bytes; return b[:len(b)-1] }, "", "reading from offset 0: cut inside a batch: "},
		{"the first batch again and again", func(t *testing.T) []byte { return newTestLog(t).commits("g", 1).bytes }, "1/0 OffsetCommit", "its leader sends nothing from offset 1 on, though the log goes on to 3"},
	} {
		t.Run(c.name, func(t *testing.T) {
			live(t, 3, func(t *testing.T, f *liveFake) {
				p := f.producer()
				f.commits(p, 0, "g", 1)
				f.commits(p, 1, "g", 1, 2, 3)
				f.commits(p, 2, "g", 1)
				f.sends(1, c.records(t))
				live, _ := f.plan(Wanted{})
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				var rows []string
				report, err := live.Read(ctx, Options{}, func(r *Row) error {
					if rows = append(rows, line(r)); len(rows) > 10 {
						cancel()
					}
					return nil
				})
				if err != nil {
					t.Fatal(err)
				}
				want := []string{"0/0 ", "2/0 "}
				if c.row != "" {
					want = slices.Insert(want, 1, c.row)
				}
				wantPrefixes(t, want, rows)
				wantOne(t, report.Errors, "__consumer_offsets:1", "CORRUPT_MESSAGE", c.message)
			})
		})
	}
}
