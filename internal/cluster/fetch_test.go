package cluster

import (
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

func fetchAll() FetchLimits { return FetchLimits{Partition: 1 << 20, Total: 1 << 20} }

func TestFetchBringsRecordsAsTheyStandInTheLog(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := startFake(t)
		r := f.ready()
		f.produce(0, "first", "second")
		topic, leader := f.topicOf(r, 0)
		if err := f.MoveTopicPartition("t", 1, (leader.ID+1)%3); err != nil { // kfake chooses leaders at random
			t.Fatal(err)
		}
		got, e := r.Fetch(t.Context(), leader, topic, []FetchFrom{{1, 0}, {0, 0}}, false, fetchAll())
		diff(t, "error", []string{""}, codes(e))
		diff(t, "codes", []string{"NOT_LEADER_FOR_PARTITION", ""}, codes(got[0].Err, got[1].Err))
		var batch kmsg.RecordBatch
		if err := batch.ReadFrom(got[1].Records); err != nil {
			t.Fatal(err)
		}
		diff(t, "records", []int32{2}, []int32{batch.NumRecords})
		diff(t, "high watermark", []int64{2, 2}, []int64{got[1].HighWatermark, got[1].LastStable})
	})
}

// A cluster whose inter-broker protocol is older than 2.8 has no topic ids, though its brokers may know Fetch v13,
// which names topics by nothing else.
func TestFetchNamesTopicsWithoutID(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := startFake(t)
		r := f.ready()
		f.produce(0, "first")
		topic, leader := f.topicOf(r, 0)
		topic.ID = TopicID{}
		got, e := r.Fetch(t.Context(), leader, topic, []FetchFrom{{0, 0}}, false, fetchAll())
		diff(t, "codes", []string{"", ""}, codes(e, got[0].Err))
		diff(t, "high watermark", int64(1), got[0].HighWatermark)
	})
}

func TestFetchedPartitionsThatTheAnswerLeavesOutAreErrors(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := startFake(t)
		r := f.ready()
		topic, leader := f.topicOf(r, 0)
		reply(f, kmsg.Fetch, func(int32, *kmsg.FetchRequest, *kmsg.FetchResponse) bool { return true })
		got, e := r.Fetch(t.Context(), leader, topic, []FetchFrom{{0, 0}}, false, fetchAll())
		diff(t, "codes", []string{"", CodeIncomplete}, codes(e, got[0].Err))
	})
}

func TestFetchRefusedAsAWholeIsTheBrokersError(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := startFake(t)
		r := f.ready()
		topic, leader := f.topicOf(r, 0)
		reply(f, kmsg.Fetch, func(_ int32, _ *kmsg.FetchRequest, resp *kmsg.FetchResponse) bool {
			resp.ErrorCode = kerr.FetchSessionTopicIDError.Code
			return true
		})
		got, e := r.Fetch(t.Context(), leader, topic, []FetchFrom{{0, 0}}, false, fetchAll())
		diff(t, "codes", []string{"FETCH_SESSION_TOPIC_ID_ERROR"}, codes(e))
		diff(t, "fetched", []Fetched(nil), got)
	})
}

func TestFetchOfAMuteBrokerEndsInTime(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := startFake(t)
		r := f.ready()
		topic, leader := f.topicOf(r, 0)
		f.wire(leader, mute)
		r = f.client(func(c *Config) { c.Bootstrap = []string{node((leader.ID + 1) % 3).Addr()} }).Run(usual())
		start := time.Now()
		_, e := r.Fetch(t.Context(), leader, topic, []FetchFrom{{0, 0}}, false, fetchAll())
		took(t, 5*time.Second, start)
		diff(t, "codes", []string{CodeTimeout}, codes(e))
	})
}

// produce appends records to a partition of topic "t".
func (f *fake) produce(partition int32, values ...string) {
	f.t.Helper()
	p, err := kgo.NewClient(kgo.SeedBrokers(node(0).Addr()), kgo.Dialer(f.pipes.DialContext), kgo.DisableClientMetrics(), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		f.t.Fatal(err)
	}
	defer p.Close()
	var records []*kgo.Record
	for _, v := range values {
		records = append(records, &kgo.Record{Topic: "t", Partition: partition, Value: []byte(v)})
	}
	if err := p.ProduceSync(f.t.Context(), records...).FirstErr(); err != nil {
		f.t.Fatal(err)
	}
}

// topicOf is topic "t" and the leader of one of its partitions.
func (f *fake) topicOf(r *Run, partition int32) (Topic, Broker) {
	f.t.Helper()
	topic := r.Topics(f.t.Context(), []string{"t"})[0]
	p, _ := topic.Partition(partition)
	return topic, node(p.Leader)
}
