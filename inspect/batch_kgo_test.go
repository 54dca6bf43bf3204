package inspect

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/kversion"
)

// fetched is the body of a Fetch of the topic's partition 0, as kfake sends it.
func fetched(t *testing.T, cl *kgo.Client, topic string) []byte {
	t.Helper()
	req := kmsg.NewPtrFetchRequest()
	req.MaxWaitMillis, req.MaxBytes = 10, 16<<20
	partition := kmsg.NewFetchRequestTopicPartition()
	partition.PartitionMaxBytes = 16 << 20
	rt := kmsg.NewFetchRequestTopic()
	rt.Topic, rt.Partitions = topic, []kmsg.FetchRequestTopicPartition{partition}
	req.Topics = []kmsg.FetchRequestTopic{rt}
	resp, err := cl.Broker(0).Request(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	p := resp.(*kmsg.FetchResponse).Topics[0].Partitions[0]
	if p.ErrorCode != 0 {
		t.Fatalf("error code %d", p.ErrorCode)
	}
	return p.RecordBatches
}

// kgoClient is a client whose Fetch requests have topic names in them, not ids.
func kgoClient(t *testing.T, c *kfake.Cluster, opts ...kgo.Opt) *kgo.Client {
	t.Helper()
	opts = append(opts, kgo.SeedBrokers(c.ListenAddrs()...), kgo.MaxVersions(kversion.V2_8_0()), kgo.DefaultProduceTopic("t"))
	cl, err := kgo.NewClient(opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cl.Close)
	return cl
}

func kfakeCluster(t *testing.T) *kfake.Cluster {
	t.Helper()
	c, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "t"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// produced is n records for kgo, with headers.
func produced(n int) []*kgo.Record {
	records := make([]*kgo.Record, n)
	for i := range records {
		records[i] = &kgo.Record{
			Key: fmt.Appendf(nil, "key-%d", i), Value: make([]byte, 10*i),
			Headers: []kgo.RecordHeader{{Key: "a", Value: []byte("b")}, {Key: ""}},
		}
		switch i % 3 {
		case 1:
			records[i].Key = nil
		case 2:
			records[i].Value = nil
		}
	}
	return records
}

func TestWalkWhatKgoWrites(t *testing.T) {
	for codec, option := range map[Compression]kgo.CompressionCodec{
		None: kgo.NoCompression(), Gzip: kgo.GzipCompression(), Snappy: kgo.SnappyCompression(), LZ4: kgo.Lz4Compression(), Zstd: kgo.ZstdCompression(),
	} {
		c := kfakeCluster(t)
		cl := kgoClient(t, c, kgo.ProducerBatchCompression(option))
		var want walked
		for range 3 {
			for _, r := range mustProduce(t, cl, produced(300)) {
				want.Records = append(want.Records, Record{Offset: r.Offset, Timestamp: r.Timestamp.UnixMilli(), Key: r.Key, Value: r.Value})
			}
		}
		body := fetched(t, cl, "t")
		if got := walkBatches(body); !sameRecords(want.Records, got.Records) || len(got.Errors) > 0 {
			t.Errorf("%v: %d records of %d: %q", codec, len(got.Records), len(want.Records), got.Errors)
		}
		for batch, err := range Batches(body) {
			if err != nil || batch.Compression != codec || batch.ProducerID < 0 || batch.Transactional {
				t.Errorf("%v: %v %+v", codec, err, batch)
			}
		}
	}
}

func mustProduce(t *testing.T, cl *kgo.Client, records []*kgo.Record) []*kgo.Record {
	t.Helper()
	if err := cl.ProduceSync(t.Context(), records...).FirstErr(); err != nil {
		t.Fatal(err)
	}
	return records
}

// ended is what a reader needs of a batch to know what becomes of a transaction.
type ended struct {
	First, Last            int64
	Transactional, Control bool
	Marker                 string
}

func TestWalkTransactionsOfKgo(t *testing.T) {
	c := kfakeCluster(t)
	cl := kgoClient(t, c, kgo.TransactionalID("x"))
	for _, commit := range []kgo.TransactionEndTry{kgo.TryCommit, kgo.TryAbort} {
		if err := cl.BeginTransaction(); err != nil {
			t.Fatal(err)
		}
		mustProduce(t, cl, produced(3))
		if err := cl.EndTransaction(t.Context(), commit); err != nil {
			t.Fatal(err)
		}
	}
	var got []ended
	for batch, err := range Batches(fetched(t, cl, "t")) {
		if err != nil {
			t.Fatal(err)
		}
		e := ended{First: batch.BaseOffset, Last: batch.LastOffset, Transactional: batch.Transactional, Control: batch.Control}
		if batch.Control {
			e.Marker = marked(t, &batch)
		}
		got = append(got, e)
	}
	want := []ended{{0, 2, true, false, ""}, {3, 3, true, true, "commit"}, {4, 6, true, false, ""}, {7, 7, true, true, "abort"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func marked(t *testing.T, b *Batch) string {
	t.Helper()
	text := ""
	err := new(Decompressor).Each(b, func(r Record) error {
		m, err := parseMarker(r.Key, r.Value)
		if text += "abort"; m.Commit {
			text = "commit"
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// What AppendBatch writes is what kmsg reads, so that a broker takes it from the demo cluster's client.
func TestKmsgReadsWhatAppendBatchWrites(t *testing.T) {
	b := Batch{BaseOffset: 40, Transactional: true, ProducerID: 4, ProducerEpoch: 1, BaseSequence: 9, LeaderEpoch: 3}
	written := AppendBatch(nil, b, batchRecords(40, 5))
	var got kmsg.RecordBatch
	if err := got.ReadFrom(written); err != nil {
		t.Fatal(err)
	}
	want := kmsg.RecordBatch{
		FirstOffset: 40, Length: int32(len(written) - 12), PartitionLeaderEpoch: 3, Magic: 2, CRC: got.CRC, Attributes: 16, LastOffsetDelta: 4,
		FirstTimestamp: 1_700_000_000_000, MaxTimestamp: 1_700_000_000_004, ProducerID: 4, ProducerEpoch: 1, FirstSequence: 9, NumRecords: 5, Records: written[61:],
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	c := kfakeCluster(t)
	cl := kgoClient(t, c)
	plain := plainBatch(0)
	req := kmsg.NewPtrProduceRequest()
	req.Acks, req.TimeoutMillis = -1, 1000
	partition := kmsg.NewProduceRequestTopicPartition()
	partition.Records = AppendBatch(nil, plain, batchRecords(0, 5))
	rt := kmsg.NewProduceRequestTopic()
	rt.Topic, rt.Partitions = "t", []kmsg.ProduceRequestTopicPartition{partition}
	req.Topics = []kmsg.ProduceRequestTopic{rt}
	resp, err := cl.Broker(0).Request(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	if p := resp.(*kmsg.ProduceResponse).Topics[0].Partitions[0]; p.ErrorCode != 0 {
		t.Fatalf("produce: error code %d", p.ErrorCode)
	}
	if diff := cmp.Diff(walked{Records: batchRecords(0, 5)}, walkBatches(fetched(t, cl, "t"))); diff != "" {
		t.Error(diff)
	}
}
