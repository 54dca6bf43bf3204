package cluster

import (
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// spread makes broker p % 3 the leader of partition p of "t" and returns all of them.
func spread(f *fake) []TP {
	f.t.Helper()
	var tps []TP
	for p := range int32(6) {
		if err := f.MoveTopicPartition("t", p, p%3); err != nil {
			f.t.Fatal(err)
		}
		tps = append(tps, TP{"t", p})
	}
	return tps
}

// ends are the logs of empty partitions.
func emptyLogs(tps []TP) map[TP]Log {
	m := map[TP]Log{}
	for _, tp := range tps {
		m[tp] = Log{Start: ptr(int64(0)), End: ptr(int64(0)), Stable: ptr(int64(0))}
	}
	return m
}

func TestTopicsComeOnceEachSortedWithErrors(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := startFake(t, kfake.SeedTopics(1, "a", "secret"))
		r := f.ready()
		f.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Metadata}, Topic: "secret", Err: kerr.TopicAuthorizationFailed, Count: -1})
		got := r.Topics(t.Context(), []string{"secret", "t", "gone", "a", "t"})
		var names []string
		for _, topic := range got {
			names = append(names, topic.Name)
			for i, p := range topic.Partitions {
				if p.ID != int32(i) || p.Err != nil {
					t.Errorf("%s: partition %d of %+v", topic.Name, i, topic.Partitions)
				}
			}
		}
		diff(t, "names", []string{"a", "gone", "secret", "t"}, names)
		diff(t, "codes", []string{"", "UNKNOWN_TOPIC_OR_PARTITION", "TOPIC_AUTHORIZATION_FAILED", ""}, codes(got[0].Err, got[1].Err, got[2].Err, got[3].Err))
		if len(got[3].Partitions) != 6 || !got[1].Err.UnknownTopic() || f.TopicInfo("gone") != nil {
			t.Errorf("got %+v, topic created: %v", got, f.TopicInfo("gone"))
		}
		diff(t, "requests", map[kmsg.Key]int{kmsg.Metadata: 1}, f.calls())
	})
}

func TestTopicLeftOutOfTheMetadataIsAnError(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := startFake(t)
		r := f.ready()
		reply(f, kmsg.Metadata, func(_ int32, _ *kmsg.MetadataRequest, resp *kmsg.MetadataResponse) bool {
			resp.Topics = []kmsg.MetadataResponseTopic{{Topic: kmsg.StringPtr("never asked for")}, {Topic: nil}}
			return true
		})
		diff(t, "topics", []Topic{{Name: "t", Err: missing(ScopeTopic, "t")}}, r.Topics(t.Context(), []string{"t"}))
	})
}

func TestOffsetsAreOneRequestPerSpecAndLeader(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := startFake(t)
		r := f.ready()
		tps := spread(f)
		topics := r.Topics(t.Context(), []string{"t"})
		f.calls()
		gone := TP{"t", 6}
		want := emptyLogs(tps)
		want[gone] = Log{Err: kafkaError(ScopePartition, "t:6", kerr.UnknownTopicOrPartition.Code, nil)}
		diff(t, "logs", want, r.Offsets(t.Context(), topics, append(tps, gone), LogStart, LogEnd, LastStable))
		diff(t, "requests", map[kmsg.Key]int{kmsg.ListOffsets: 9}, f.calls())
	})
}

func TestLastStableOffsetEndsBeforeAnOpenTransaction(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := startFake(t)
		r := f.ready()
		p := f.transaction()
		if err := p.ProduceSync(t.Context(), &kgo.Record{Topic: "t"}, &kgo.Record{Topic: "t"}).FirstErr(); err != nil {
			t.Fatal(err)
		}
		got := r.Offsets(t.Context(), r.Topics(t.Context(), []string{"t"}), []TP{{"t", 0}}, LogStart, LogEnd, LastStable)
		diff(t, "log", map[TP]Log{{"t", 0}: {Start: ptr(int64(0)), End: ptr(int64(2)), Stable: ptr(int64(0))}}, got)
	})
}

func TestLeaderThatMovedIsLookedUpOnceMore(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := startFake(t)
		r := f.ready()
		tps := spread(f)
		topics := r.Topics(t.Context(), []string{"t"})
		if err := f.MoveTopicPartition("t", 0, 1); err != nil {
			t.Fatal(err)
		}
		f.calls()
		diff(t, "logs", emptyLogs(tps), r.Offsets(t.Context(), topics, tps, LogStart, LogEnd, LastStable))
		diff(t, "requests", map[kmsg.Key]int{kmsg.ListOffsets: 12, kmsg.Metadata: 1}, f.calls())
	})
}

func TestLeaderThatMovedToABrokerThatHasJustStartedIsAsked(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := startFake(t)
		r := f.ready()
		if _, _, err := f.AddNode(3, 9095); err != nil {
			t.Fatal(err)
		}
		if err := f.MoveTopicPartition("t", 0, 3); err != nil {
			t.Fatal(err)
		}
		topics := r.Topics(t.Context(), []string{"t"})
		diff(t, "logs", emptyLogs([]TP{{"t", 0}}), r.Offsets(t.Context(), topics, []TP{{"t", 0}}, LogStart, LogEnd, LastStable))
	})
}

func TestLeaderThatNoBrokerIsTheErrorInTheEnd(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := startFake(t)
		r := f.ready()
		tps := spread(f)
		topics := r.Topics(t.Context(), []string{"t"})
		f.calls()
		f.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.ListOffsets}, Topic: "t", Partitions: []int32{2}, Err: kerr.NotLeaderForPartition, Count: -1})
		got := r.Offsets(t.Context(), topics, tps, LogEnd)
		diff(t, "code", []string{"NOT_LEADER_FOR_PARTITION"}, codes(got[tps[2]].Err))
		if got[tps[1]].Err != nil {
			t.Errorf("the next partition: %v", got[tps[1]].Err)
		}
		diff(t, "requests", map[kmsg.Key]int{kmsg.ListOffsets: 11, kmsg.Metadata: 8}, f.calls()) // with pauses of 50 ms to 1 s in 5 s
	})
}

func TestOffsetNotAvailableIsAskedAgain(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := startFake(t)
		r := f.ready()
		tps := spread(f)
		topics := r.Topics(t.Context(), []string{"t"})
		f.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.ListOffsets}, Topic: "t", Partitions: []int32{2}, Err: kerr.OffsetNotAvailable, Count: 2})
		f.calls()
		start := time.Now()
		got := r.Offsets(t.Context(), topics, tps, LogEnd)
		took(t, 150*time.Millisecond, start)
		diff(t, "log", Log{End: ptr(int64(0))}, got[tps[2]])
		diff(t, "requests", map[kmsg.Key]int{kmsg.ListOffsets: 5}, f.calls())
	})
}

func TestOffsetNeverAvailableIsTheErrorInTheEnd(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := startFake(t)
		r := f.ready()
		topics := r.Topics(t.Context(), []string{"t"})
		f.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.ListOffsets}, Err: kerr.OffsetNotAvailable, Topic: "t", Count: -1})
		start := time.Now()
		got := r.Offsets(t.Context(), topics, []TP{{"t", 0}}, LogEnd)
		diff(t, "code", []string{"OFFSET_NOT_AVAILABLE"}, codes(got[TP{"t", 0}].Err))
		if d := time.Since(start); d > requestCap {
			t.Errorf("took %v", d)
		}
	})
}

func TestPartitionWithoutLeaderIsNotAsked(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := startFake(t)
		r := f.ready()
		reply(f, kmsg.Metadata, func(_ int32, _ *kmsg.MetadataRequest, resp *kmsg.MetadataResponse) bool {
			resp.Topics = []kmsg.MetadataResponseTopic{{Topic: kmsg.StringPtr("t"), Partitions: []kmsg.MetadataResponseTopicPartition{
				{Partition: 1, Leader: 9, LeaderEpoch: 3}, {Partition: 0, Leader: -1, LeaderEpoch: 4, ErrorCode: 5}, {Partition: 2, Leader: 2, ErrorCode: kerr.ReplicaNotAvailable.Code},
			}}}
			return true
		})
		topics := r.Topics(t.Context(), []string{"t"})
		none := &Error{Scope: ScopePartition, Name: "t:0", Code: "LEADER_NOT_AVAILABLE", Message: "the partition has no leader", Retriable: true}
		diff(t, "topics", []Topic{{Name: "t", Partitions: []Partition{{ID: 0, Leader: -1, LeaderEpoch: 4, Err: none}, {ID: 1, Leader: 9, LeaderEpoch: 3}, {ID: 2, Leader: 2}}}}, topics)
		got := r.Offsets(t.Context(), topics, []TP{{"t", 0}, {"t", 1}}, LogStart, LogEnd)
		diff(t, "no leader", Log{Err: none}, got[TP{"t", 0}])
		diff(t, "leader unknown", []string{"BROKER_NOT_AVAILABLE"}, codes(got[TP{"t", 1}].Err))
		diff(t, "requests", map[kmsg.Key]int{kmsg.Metadata: 1}, f.calls())
	})
}

func TestOddAnswersToListOffsets(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := startFake(t)
		r := f.ready()
		topics := r.Topics(t.Context(), []string{"t"})
		reply(f, kmsg.ListOffsets, func(_ int32, _ *kmsg.ListOffsetsRequest, resp *kmsg.ListOffsetsResponse) bool {
			at := func(p int32, o int64, code int16) kmsg.ListOffsetsResponseTopicPartition {
				return kmsg.ListOffsetsResponseTopicPartition{Partition: p, Offset: o, ErrorCode: code}
			}
			resp.Topics = []kmsg.ListOffsetsResponseTopic{
				{Topic: "never asked for", Partitions: []kmsg.ListOffsetsResponseTopicPartition{at(0, 5, 0)}},
				{Topic: "t", Partitions: []kmsg.ListOffsetsResponseTopicPartition{at(9, 5, 0), at(0, 5, 0), at(0, 5, 0), at(2, -1, 0), at(3, 0, kerr.TopicAuthorizationFailed.Code)}},
			}
			return true
		})
		got := r.Offsets(t.Context(), topics, []TP{{"t", 0}, {"t", 1}, {"t", 2}, {"t", 3}}, LogEnd)
		diff(t, "logs", map[TP]Log{
			{"t", 0}: {End: ptr(int64(5))},
			{"t", 1}: {Err: missing(ScopePartition, "t:1")},
			{"t", 2}: {Err: missing(ScopePartition, "t:2")},
			{"t", 3}: {Err: kafkaError(ScopePartition, "t:3", kerr.TopicAuthorizationFailed.Code, nil)},
		}, got)
	})
}

// A request may name a partition once only, so that each time is a request of its own.
func TestOffsetsByTimeAreOneMoreRequestPerLeader(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := startFake(t)
		r := f.ready()
		tps := spread(f)
		var times []int64
		for range 3 {
			times = append(times, time.Now().UnixMilli())
			f.produce(0, "x")
			time.Sleep(time.Second) // of the bubble
		}
		topics := r.Topics(t.Context(), []string{"t"})
		f.calls()
		early, second, late := At(-5), At(times[1]-1), At(times[2]+1)
		got := r.Offsets(t.Context(), topics, tps, LogStart, LogEnd, LastStable, early, second, late)
		diff(t, "requests", map[kmsg.Key]int{kmsg.ListOffsets: 18}, f.calls())
		moment := func(i int) *Moment { return &Moment{int64(i), times[i], ptr(int32(0))} }
		for i, tp := range tps {
			want := Log{Start: ptr(int64(0)), End: ptr(int64(0)), Stable: ptr(int64(0)), Times: map[Spec]*Moment{early: nil, second: nil, late: nil}}
			if i == 0 {
				want.End, want.Stable, want.Times = ptr(int64(3)), ptr(int64(3)), map[Spec]*Moment{early: moment(0), second: moment(1), late: nil}
			}
			got[tp].Times[early].forget()
			got[tp].Times[second].forget()
			diff(t, tp.String(), want, got[tp])
		}
	})
}

// forget makes nothing of the leader epoch, which moving the leaders has raised.
func (m *Moment) forget() {
	if m != nil && m.LeaderEpoch != nil {
		m.LeaderEpoch = ptr(int32(0))
	}
}
