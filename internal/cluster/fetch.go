package cluster

import (
	"context"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// FetchFrom is one partition of a Fetch, and where to begin.
type FetchFrom struct {
	Partition int32
	Offset    int64
}

// FetchLimits bound the answer to a Fetch.
type FetchLimits struct {
	Partition int32 // bytes of one partition; a batch that is larger comes whole all the same
	Total     int32 // bytes of all partitions, likewise
	Wait      time.Duration
	MinBytes  int32 // the broker waits, up to Wait, until it has as many
}

// Fetched is what the leader of one partition sent. With Err all else is unknown.
type Fetched struct {
	Partition     int32
	Records       []byte // batches as they stand in the log, beginning with the one that holds the offset asked for; the last may be cut
	LogStart      int64  // −1 where the broker is too old to say
	HighWatermark int64
	LastStable    int64     // first offset of the first open transaction, or the high watermark
	Aborted       []Aborted // transactions in Records that were aborted; only as far as LastStable
	Err           *Error
}

// Aborted is an aborted transaction: the records of that producer from FirstOffset to its next marker do not
// count.
type Aborted struct {
	ProducerID  int64
	FirstOffset int64
}

// OutOfRange reports whether a log does not have the offset that was asked for: it was trimmed, or cut back.
func (e *Error) OutOfRange() bool { return e.is(kerr.OffsetOutOfRange) }

// Interrupted reports whether it was us who gave the request up.
func (e *Error) Interrupted() bool { return e != nil && e.Code == CodeInterrupted }

// Fetch asks one broker, once, for the records of partitions that it leads: as they stand in the log, also those
// of aborted transactions and the markers. stable: only up to the last stable offset, and with the list of
// aborted transactions (read_committed); else up to the high watermark. Every partition asked for comes back,
// in the order asked.
func (r *Run) Fetch(ctx context.Context, node Broker, topic Topic, from []FetchFrom, stable bool, limits FetchLimits) ([]Fetched, *Error) {
	resp, e := ask[*kmsg.FetchResponse](ctx, r, node, fetchRequest(topic, from, stable, limits))
	if e == nil {
		e = kafkaError(ScopeBroker, node.Name(), resp.ErrorCode, nil)
	}
	if e != nil {
		return nil, e
	}
	out := make([]Fetched, len(from))
	at := make(map[int32]int, len(from))
	for i, f := range from {
		out[i] = Fetched{Partition: f.Partition, Err: missing(ScopePartition, TP{topic.Name, f.Partition}.String())}
		at[f.Partition] = i
	}
	for i := range resp.Topics {
		t := &resp.Topics[i]
		if t.Topic != topic.Name && t.TopicID != topic.ID {
			continue
		}
		for k := range t.Partitions {
			if i, asked := at[t.Partitions[k].Partition]; asked {
				out[i] = fetchedOf(topic.Name, &t.Partitions[k])
			}
		}
	}
	return out, nil
}

// namedFetch is a Fetch of a topic that has no id: from v13 topics have no other name. Brokers that know v13 may be
// in a cluster without ids, since those came with inter-broker protocol 2.8.
type namedFetch struct{ *kmsg.FetchRequest }

// MaxVersion is the last version that names topics.
func (namedFetch) MaxVersion() int16 { return 12 }

// Timeout tells kgo how long the broker may wait; of a FetchRequest itself it knows.
func (f namedFetch) Timeout() int32 { return f.MaxWaitMillis }

func fetchRequest(topic Topic, from []FetchFrom, stable bool, limits FetchLimits) kmsg.Request {
	req := kmsg.NewPtrFetchRequest()
	req.ReplicaID, req.SessionEpoch = -1, -1 // a client; no session: each request says all
	req.MaxWaitMillis, req.MinBytes, req.MaxBytes = int32(limits.Wait.Milliseconds()), limits.MinBytes, limits.Total
	if stable {
		req.IsolationLevel = 1
	}
	t := kmsg.NewFetchRequestTopic()
	t.Topic, t.TopicID = topic.Name, topic.ID // up to v12 the one is sent, from v13 the other
	for _, f := range from {
		p := kmsg.NewFetchRequestTopicPartition()
		p.Partition, p.FetchOffset, p.PartitionMaxBytes = f.Partition, f.Offset, limits.Partition
		p.CurrentLeaderEpoch, p.LogStartOffset = -1, -1
		t.Partitions = append(t.Partitions, p)
	}
	req.Topics = append(req.Topics, t)
	if topic.ID == (TopicID{}) {
		return namedFetch{req}
	}
	return req
}

func fetchedOf(topic string, p *kmsg.FetchResponseTopicPartition) Fetched {
	f := Fetched{
		Partition: p.Partition, Records: p.RecordBatches, LogStart: p.LogStartOffset, HighWatermark: p.HighWatermark, LastStable: p.LastStableOffset,
		Err: kafkaError(ScopePartition, TP{topic, p.Partition}.String(), p.ErrorCode, nil),
	}
	for _, a := range p.AbortedTransactions {
		f.Aborted = append(f.Aborted, Aborted{a.ProducerID, a.FirstOffset})
	}
	return f
}
