package cluster

import (
	"slices"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

func TestCommitIsOneRequestAndIsReadBackAsItWas(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := startFake(t, kfake.SeedTopics(2, "a"))
		r := f.ready()
		at := node(f.CoordinatorFor("g"))
		ref := Ref{Group: "g", Coordinator: &at}
		items := []Commit{
			{TP: TP{"t", 4}, Offset: 1<<63 - 1, LeaderEpoch: 3, Metadata: "a\x00\t\"ü\\"},
			{TP: TP{"a", 1}, Offset: 0, LeaderEpoch: -1},
			{TP: TP{"t", 0}, Offset: 7, LeaderEpoch: 0, Metadata: strings.Repeat("x", 4096)},
		}
		diff(t, "outcomes", Outcomes{"g", []Outcome{{TP: TP{"t", 4}}, {TP: TP{"a", 1}}, {TP: TP{"t", 0}}}}, r.Commit(t.Context(), ref, items))
		diff(t, "requests", []call{{at.ID, kmsg.OffsetCommit}}, f.log())
		diff(t, "commits", []Commits{{Group: "g", Items: []Commit{items[1], items[2], items[0]}}}, r.Committed(t.Context(), []Ref{ref}))
	})
}

func TestCommitSaysThatItIsNoMember(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := startFake(t)
		r := f.ready()
		var sent [][]byte
		reply(f, kmsg.OffsetCommit, func(_ int32, req *kmsg.OffsetCommitRequest, _ *kmsg.OffsetCommitResponse) bool {
			sent = append(sent, req.AppendTo(nil))
			return false
		})
		succeeds(t, verbs()["commit"].send(t.Context(), r, Ref{Group: "g"}))
		empty := ""
		want := kmsg.OffsetCommitRequest{Version: 9, Group: "g", Generation: -1, RetentionTimeMillis: -1, Topics: []kmsg.OffsetCommitRequestTopic{
			{Topic: "t", Partitions: []kmsg.OffsetCommitRequestTopicPartition{{Offset: 7, Timestamp: -1, LeaderEpoch: -1, Metadata: &empty}}},
		}}
		diff(t, "request", [][]byte{want.AppendTo(nil)}, sent)
	})
}

func TestCommitOfNothingAsksNobody(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := startFake(t)
		r := f.ready()
		diff(t, "outcomes", Outcomes{Group: "g"}, r.Commit(t.Context(), Ref{Group: "g"}, nil))
		diff(t, "requests", map[kmsg.Key]int{}, f.calls())
	})
}

// onPartitions is a commit of partitions 0 to n-1 of topic "t".
func onPartitions(n int32) []Commit {
	var items []Commit
	for p := range n {
		items = append(items, Commit{TP: TP{"t", p}, Offset: int64(10 * p), LeaderEpoch: -1})
	}
	return items
}

func TestCommitFailsPerPartition(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := startFake(t)
		r := f.ready()
		items := onPartitions(8) // 6 and 7 do not exist
		items[1].Metadata = strings.Repeat("ü😀", 2000)
		fault := func(p int32, e *kerr.Error) {
			f.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.OffsetCommit}, Topic: "t", Partitions: []int32{p}, Err: e, Count: -1})
		}
		fault(1, kerr.OffsetMetadataTooLarge)
		fault(3, kerr.TopicAuthorizationFailed)
		fault(4, kerr.UnknownMemberID)
		refused := func(p int, code, message string) Outcome {
			return Outcome{TP: items[p].TP, Err: &Error{Scope: ScopePartition, Name: items[p].TP.String(), Code: code, Message: message}}
		}
		missing := func(p int) Outcome {
			o := refused(p, "UNKNOWN_TOPIC_OR_PARTITION", "this server does not host this topic-partition")
			o.Err.Retriable = true
			return o
		}
		got := r.Commit(t.Context(), Ref{Group: "g"}, items)
		diff(t, "outcomes", Outcomes{"g", []Outcome{
			{TP: items[0].TP},
			refused(1, "OFFSET_METADATA_TOO_LARGE", "the metadata of 6000 characters is longer than the broker takes (offset.metadata.max.bytes)"),
			{TP: items[2].TP},
			refused(3, "TOPIC_AUTHORIZATION_FAILED", "this user is not authorized"),
			refused(4, "UNKNOWN_MEMBER_ID", "the group has become active: it has members"),
			{TP: items[5].TP}, missing(6), missing(7),
		}}, got)
		var predicates []bool
		for _, i := range got.Items {
			predicates = append(predicates, i.Err.metadataTooLong(), i.Err.Unauthorized(), i.Err.becameActive(), i.Err.UnknownTopic())
		}
		diff(t, "predicates", []bool{
			false, false, false, false, true, false, false, false, false, false, false, false, false, true, false, false,
			false, false, true, false, false, false, false, false, false, false, false, true, false, false, false, true,
		}, predicates)
		diff(t, "commits", map[int32]int64{0: 0, 2: 20, 5: 50}, offsetsOf(r.Committed(t.Context(), refs("g"))[0]))
		diff(t, "requests", map[kmsg.Key]int{kmsg.FindCoordinator: 2, kmsg.OffsetCommit: 1, kmsg.OffsetFetch: 1}, f.calls())
	})
}

func TestOnlyPartitionsThatTheCoordinatorDidNotTakeAreSentAgain(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := startFake(t)
		r := f.ready()
		var sent [][]TP
		reply(f, kmsg.OffsetCommit, func(_ int32, req *kmsg.OffsetCommitRequest, resp *kmsg.OffsetCommitResponse) bool {
			first := len(sent) == 0
			sent = append(sent, nil)
			resp.Topics = commitAnswer(req, func(tp TP) int16 {
				sent[len(sent)-1] = append(sent[len(sent)-1], tp)
				switch {
				case first && tp.Partition == 1:
					return kerr.CoordinatorLoadInProgress.Code
				case first && tp.Partition == 2:
					return kerr.NotCoordinator.Code
				case tp.Partition == 3:
					return kerr.TopicAuthorizationFailed.Code
				}
				return 0
			})
			return true
		})
		var got []string
		for _, o := range r.Commit(t.Context(), Ref{Group: "g"}, onPartitions(5)).Items {
			got = append(got, codes(o.Err)...)
		}
		diff(t, "codes", []string{"", "", "", "TOPIC_AUTHORIZATION_FAILED", ""}, got)
		diff(t, "sent", [][]TP{{{"t", 0}, {"t", 1}, {"t", 2}, {"t", 3}, {"t", 4}}, {{"t", 1}, {"t", 2}}}, sent)
		diff(t, "requests", map[kmsg.Key]int{kmsg.FindCoordinator: 2, kmsg.OffsetCommit: 2}, f.calls())
	})
}

func TestPartitionThatTheAnswerDoesNotMentionIsUnknown(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := startFake(t)
		r := f.ready()
		reply(f, kmsg.OffsetCommit, func(_ int32, req *kmsg.OffsetCommitRequest, resp *kmsg.OffsetCommitResponse) bool {
			resp.Topics = commitAnswer(req, func(TP) int16 { return 0 })
			resp.Topics[0].Partitions = slices.Delete(resp.Topics[0].Partitions, 1, 2)
			return true
		})
		diff(t, "outcomes", []Outcome{
			{TP: TP{"t", 0}}, {TP: TP{"t", 1}, Unknown: true, Err: &Error{Scope: ScopePartition, Name: "t:1", Code: CodeIncomplete, Message: "the broker's answer does not mention it"}}, {TP: TP{"t", 2}},
		}, r.Commit(t.Context(), Ref{Group: "g"}, onPartitions(3)).Items)
	})
}

// join makes a group with a member that reads topic "t".
func (f *fake) join(group string) {
	f.t.Helper()
	c, err := kgo.NewClient(kgo.SeedBrokers(node(0).Addr()), kgo.Dialer(f.pipes.DialContext), kgo.DisableClientMetrics(), kgo.ConsumerGroup(group), kgo.ConsumeTopics("t"), kgo.DisableAutoCommit())
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(c.Close)
	if _, err := f.WaitGroupStable(f.t.Context(), group, 1); err != nil {
		f.t.Fatal(err)
	}
}

func TestGroupThatHasMembersRefusesACommit(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := startFake(t)
		r := f.ready()
		f.join("g")
		for kind, code := range map[string]string{"commit": "UNKNOWN_MEMBER_ID", "delete groups": "NON_EMPTY_GROUP", "delete offsets": "GROUP_SUBSCRIBED_TO_TOPIC"} {
			got := verbs()[kind].send(t.Context(), r, Ref{Group: "g"})
			diff(t, kind, []string{code}, codes(got.err))
			diff(t, "became active", kind != "delete offsets", got.err.becameActive())
			diff(t, "subscribed", kind == "delete offsets", got.err.subscribed())
			diff(t, "unknown", false, got.unknown)
		}
	})
}
