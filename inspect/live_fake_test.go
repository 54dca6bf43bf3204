package inspect

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

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

// later does something after d. The test ends behind it, be it over before: a cluster that is closed answers nobody.
func (f *liveFake) later(d time.Duration, do func()) {
	done := make(chan struct{})
	time.AfterFunc(d, func() {
		defer close(done)
		do()
	})
	f.t.Cleanup(func() { <-done })
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

// begin begins a transaction.
func (f *liveFake) begin(id string) *kgo.Client {
	f.t.Helper()
	p := f.producer(kgo.TransactionalID(id))
	if err := p.BeginTransaction(); err != nil {
		f.t.Fatal(err)
	}
	return p
}

// end ends a transaction.
func (f *liveFake) end(p *kgo.Client, commit kgo.TransactionEndTry) {
	f.t.Helper()
	if err := p.EndTransaction(f.t.Context(), commit); err != nil {
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
