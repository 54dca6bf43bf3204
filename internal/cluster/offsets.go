package cluster

import (
	"context"
	"maps"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// Spec says which offset of a log is asked for: one of those below, or At.
type Spec int64

// The offsets of a log that do not depend on its records' times. Their numbers are ListOffsets' special
// timestamps (ListOffsetsRequest.json), but for LastStable, which is LogEnd under another isolation.
const (
	LogEnd     Spec = -1   // high watermark: the offset the next record visible to read_uncommitted will have
	LogStart   Spec = -2   // first offset that still exists
	LastStable Spec = -100 // LogEnd for read_committed: the log end, or the first open transaction
)

// At is the first record whose timestamp is at or after so many milliseconds since 1970. Before 1970 there is none.
func At(ms int64) Spec { return Spec(max(ms, 0)) }

// MillisFrom is the first millisecond since 1970 that does not begin before t: no record of one before it is as late.
func MillisFrom(t time.Time) int64 {
	ms := t.UnixMilli()
	if t.After(time.UnixMilli(ms)) {
		ms++
	}
	return ms
}

// timestamp is what a ListOffsets request says.
func (s Spec) timestamp() int64 {
	if s == LastStable {
		return int64(LogEnd)
	}
	return int64(s)
}

// Log is one partition's log as its leader described it. A nil offset was not asked for, or Err
// says why it is unknown.
type Log struct {
	Start, End, Stable *int64
	Times              map[Spec]*Moment // by each time asked for; nil: the log has no such record
	Err                *Error
}

// Moment is a record found by its time.
type Moment struct {
	Offset      int64
	Timestamp   int64  // of the record, milliseconds since 1970
	LeaderEpoch *int32 // nil where the broker does not say
}

// set takes in what was listed for one Spec.
func (l *Log) set(s Spec, got listed) {
	switch s {
	case LogStart:
		l.Start = &got.offset
	case LogEnd:
		l.End = &got.offset
	case LastStable:
		l.Stable = &got.offset
	default:
		if l.Times == nil {
			l.Times = map[Spec]*Moment{}
		}
		l.Times[s] = got.moment()
	}
}

// Offsets asks the leaders for offsets of the partitions given: one request per Spec and leader, all
// sent together (a request may name a partition once only). Partitions whose leader has moved are
// looked up again, and those that are just being elected are asked again, for a while. Every partition
// given comes back, with its offsets or an error.
func (r *Run) Offsets(ctx context.Context, topics []Topic, want []TP, specs ...Spec) map[TP]Log {
	out := make(map[TP]Log, len(want))
	leaders := leadersOf(topics)
	pending, stale := want, false
	r.backoff(ctx, func() bool {
		if stale { // after the wait: at once it would often find the old leader
			maps.Copy(leaders, leadersOf(r.Topics(ctx, topicsOf(pending))))
		}
		r.offsetsOnce(ctx, leaders, pending, specs, out)
		stale = false
		var again []TP
		for _, tp := range pending {
			switch e := out[tp].Err; {
			case e.is(kerr.NotLeaderForPartition, kerr.FencedLeaderEpoch, kerr.UnknownLeaderEpoch):
				stale = true
				again = append(again, tp)
			case e.is(kerr.OffsetNotAvailable, kerr.LeaderNotAvailable) && leaders[tp] >= 0:
				again = append(again, tp)
			}
		}
		pending = again
		return len(again) > 0
	})
	return out
}

// leadersOf maps each existing partition to the node id of its leader, -1 for none.
func leadersOf(topics []Topic) map[TP]int32 {
	m := map[TP]int32{}
	for _, t := range topics {
		for _, p := range t.Partitions {
			m[TP{t.Name, p.ID}] = p.Leader
		}
	}
	return m
}

func topicsOf(tps []TP) []string {
	var names []string
	for _, tp := range tps {
		names = append(names, tp.Topic)
	}
	return names
}

func (r *Run) offsetsOnce(ctx context.Context, leaders map[TP]int32, want []TP, specs []Spec, out map[TP]Log) {
	byNode := map[int32][]TP{}
	for _, tp := range want {
		leader, known := leaders[tp]
		switch {
		case !known:
			out[tp] = Log{Err: kafkaError(ScopePartition, tp.String(), kerr.UnknownTopicOrPartition.Code, nil)}
		case leader < 0:
			out[tp] = Log{Err: kafkaError(ScopePartition, tp.String(), kerr.LeaderNotAvailable.Code, ptr("the partition has no leader"))}
		default:
			out[tp] = Log{}
			byNode[leader] = append(byNode[leader], tp)
		}
	}
	var mu sync.Mutex // guards out
	var wg sync.WaitGroup
	for id, tps := range byNode {
		for _, s := range specs {
			wg.Go(func() {
				got := r.listOffsets(ctx, id, tps, s)
				mu.Lock()
				defer mu.Unlock()
				for i, tp := range tps {
					l := out[tp]
					if e := got[i].err; e != nil {
						if l.Err == nil || e.Code < l.Err.Code { // of two the same one each time
							l.Err = e
						}
					} else {
						l.set(s, got[i])
					}
					out[tp] = l
				}
			})
		}
	}
	wg.Wait()
}

// listed is the answer about one partition.
type listed struct {
	offset    int64 // −1: no such record
	timestamp int64
	epoch     int32 // −1: unknown
	err       *Error
}

// moment is the record that was found by its time; nil: none.
func (l listed) moment() *Moment {
	if l.offset < 0 {
		return nil
	}
	m := &Moment{Offset: l.offset, Timestamp: l.timestamp}
	if l.epoch >= 0 {
		m.LeaderEpoch = &l.epoch
	}
	return m
}

// listOffsets is one ListOffsets request; the answers are in the order of tps.
func (r *Run) listOffsets(ctx context.Context, id int32, tps []TP, s Spec) []listed {
	out := make([]listed, len(tps))
	fail := func(e *Error) []listed {
		for i, tp := range tps {
			out[i].err = e.Of(ScopePartition, tp.String())
		}
		return out
	}
	node, ok := r.Node(id)
	if !ok {
		return fail(&Error{Scope: ScopeBroker, Name: Broker{ID: id, Host: "?"}.Name(), Code: kerr.BrokerNotAvailable.Message, Message: "the leader is not among the brokers that the cluster lists", Retriable: true})
	}
	req, at := listOffsetsRequest(tps, s)
	resp, e := ask[*kmsg.ListOffsetsResponse](ctx, r, node, req)
	if e != nil {
		return fail(e)
	}
	for i, tp := range tps {
		out[i].err = missing(ScopePartition, tp.String())
	}
	for _, t := range resp.Topics {
		for _, p := range t.Partitions {
			i, ok := at[TP{t.Topic, p.Partition}]
			if !ok {
				continue
			}
			out[i] = listed{p.Offset, p.Timestamp, p.LeaderEpoch, kafkaError(ScopePartition, tps[i].String(), p.ErrorCode, nil)}
			if out[i].err == nil && p.Offset < 0 && s < 0 {
				out[i].err = missing(ScopePartition, tps[i].String())
			}
		}
	}
	return out
}

func listOffsetsRequest(tps []TP, s Spec) (*kmsg.ListOffsetsRequest, map[TP]int) {
	req := kmsg.NewPtrListOffsetsRequest()
	req.ReplicaID = -1
	if s == LastStable {
		req.IsolationLevel = 1
	}
	at := make(map[TP]int, len(tps))
	topics := map[string]int{}
	for i, tp := range tps {
		at[tp] = i
		k, ok := topics[tp.Topic]
		if !ok {
			k = len(req.Topics)
			topics[tp.Topic] = k
			t := kmsg.NewListOffsetsRequestTopic()
			t.Topic = tp.Topic
			req.Topics = append(req.Topics, t)
		}
		p := kmsg.NewListOffsetsRequestTopicPartition()
		p.Partition, p.CurrentLeaderEpoch, p.Timestamp = tp.Partition, -1, s.timestamp()
		req.Topics[k].Partitions = append(req.Topics[k].Partitions, p)
	}
	return req, at
}
