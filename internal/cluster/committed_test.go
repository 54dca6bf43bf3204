package cluster

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"iter"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/kversion"
)

func TestCommitsOfGroupsOnAllBrokersComeInTheOrderAsked(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := startFake(t)
		r := f.ready()
		names := groupsOn(f, 2)
		for i, g := range names {
			f.commit(g, int64(i), int64(10*i))
		}
		slices.Reverse(names)
		f.calls()
		got := r.Committed(t.Context(), refs(names...))
		for i, g := range names {
			o := int64(5 - i)
			diff(t, g, Commits{Group: g, Items: []Commit{
				{TP: TP{"t", 0}, Offset: o, LeaderEpoch: -1, Metadata: g + "0"}, {TP: TP{"t", 1}, Offset: 10 * o, LeaderEpoch: -1, Metadata: g + "1"},
			}}, got[i])
		}
		diff(t, "requests", map[kmsg.Key]int{kmsg.FindCoordinator: 1, kmsg.OffsetFetch: 3}, f.calls())
	})
}

func TestMoreGroupsThanOneFetchTakesAreSplit(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := startFake(t, kfake.NumBrokers(1), kfake.Ports(9092))
		r := f.ready()
		replyCommits(f, func(g string) []kmsg.OffsetFetchResponseGroup { return []kmsg.OffsetFetchResponseGroup{{Group: g}} })
		var all []Ref
		for i := range groupsPerRequest + 1 {
			all = append(all, Ref{Group: "g" + string(rune(0x4e00+i)), Coordinator: ptr(node(0))})
		}
		for i, c := range r.Committed(t.Context(), all) {
			diff(t, "commits", Commits{Group: all[i].Group}, c)
		}
		diff(t, "requests", map[kmsg.Key]int{kmsg.OffsetFetch: 2}, f.calls())
	})
}

// Many requests for one group each would time out while they queue: the clock of each runs from the moment
// it is sent.
func TestBrokerThatTakesOneGroupPerFetchHasFewWaiting(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := startFake(t, old(kversion.V2_8_0()), kfake.NumBrokers(1), kfake.Ports(9092))
		queue := &queue{}
		f.wire(node(0), queue.before(f, node(0)))
		reply(f, kmsg.OffsetFetch, func(int32, *kmsg.OffsetFetchRequest, *kmsg.OffsetFetchResponse) bool {
			time.Sleep(time.Millisecond) // of the bubble
			return true                  // no commits
		})
		r := f.ready()
		var all []Ref
		for i := range 3000 {
			all = append(all, Ref{Group: fmt.Sprint("g", i), Coordinator: ptr(node(0))})
		}
		start := time.Now()
		for i, c := range r.Committed(t.Context(), all) {
			diff(t, "commits", Commits{Group: all[i].Group}, c)
		}
		took(t, 3*time.Second, start)
		diff(t, "most waiting", inFlight, queue.most)
	})
}

// queue takes in requests to a broker as fast as they are sent, and counts those that wait for their answers.
type queue struct {
	mu            sync.Mutex
	waiting, most int
}

func (q *queue) count(n int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.waiting += n
	q.most = max(q.most, q.waiting)
}

func (q *queue) before(f *fake, b Broker) dialFunc {
	return func(ctx context.Context) (net.Conn, error) {
		broker, err := f.pipes.DialContext(ctx, "tcp", b.Addr())
		if err != nil {
			return nil, err
		}
		client, server := net.Pipe()
		requests := make(chan []byte, 10_000)
		go func() { // ends when the client hangs up
			defer close(requests)
			for frame := range frames(server) {
				q.count(1)
				requests <- frame
			}
		}()
		go func() {
			for frame := range requests {
				_, _ = broker.Write(frame)
			}
			_ = broker.Close()
		}()
		go func() {
			for frame := range frames(broker) {
				q.count(-1)
				_, _ = server.Write(frame)
			}
			_ = server.Close()
		}()
		return client, nil
	}
}

// frames are the requests or answers on a connection.
func frames(from io.Reader) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for {
			frame := make([]byte, 4)
			if _, err := io.ReadFull(from, frame); err != nil {
				return
			}
			frame = append(frame, make([]byte, binary.BigEndian.Uint32(frame))...)
			if _, err := io.ReadFull(from, frame[4:]); err != nil || !yield(frame) {
				return
			}
		}
	}
}

func TestOneUnauthorizedGroupIsOneError(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := startFake(t)
		r := f.ready()
		f.commit("secret", 1)
		f.commit("open", 2)
		f.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.OffsetFetch, kmsg.DescribeGroups, kmsg.ConsumerGroupDescribe}, Group: "secret", Err: kerr.GroupAuthorizationFailed, Count: -1})
		denied := &Error{Scope: ScopeGroup, Name: "secret", Code: "GROUP_AUTHORIZATION_FAILED", Message: "this user is not authorized"}
		diff(t, "commits", []Commits{
			{Group: "open", Items: []Commit{{TP: TP{"t", 0}, Offset: 2, LeaderEpoch: -1, Metadata: "open0"}}}, {Group: "secret", Err: denied},
		}, r.Committed(t.Context(), refs("open", "secret")))
		described := r.Describe(t.Context(), refs("open", "secret"), Classic, Consumer)
		if described[0].Err != nil || described[0].State != "Empty" {
			t.Errorf("describe of the open group: %+v", described[0])
		}
		diff(t, "describe of the secret group", denied, described[1].Err)
		if !described[1].Err.Unauthorized() {
			t.Error("the error does not say unauthorized")
		}
	})
}

func TestLoadingCoordinatorIsAskedAgain(t *testing.T) {
	for name, code := range map[string]*kerr.Error{"loading": kerr.CoordinatorLoadInProgress, "not available": kerr.CoordinatorNotAvailable} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				f := startFake(t)
				r := f.ready()
				f.commit("g", 3)
				f.calls()
				f.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.OffsetFetch}, Group: "g", Err: code, Count: 2})
				start := time.Now()
				got := r.Committed(t.Context(), refs("g"))
				took(t, 150*time.Millisecond, start)
				diff(t, "offsets", map[int32]int64{0: 3}, offsetsOf(got[0]))
				diff(t, "requests", map[kmsg.Key]int{kmsg.FindCoordinator: 1, kmsg.OffsetFetch: 3}, f.calls())
			})
		})
	}
}

func TestCoordinatorThatNeverLoadsIsTheErrorInTheEnd(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := startFake(t)
		r := f.ready()
		f.Fault(kfake.Fault{
			Keys:  []kmsg.Key{kmsg.OffsetFetch, kmsg.DescribeGroups, kmsg.ConsumerGroupDescribe, kmsg.ShareGroupDescribe, kmsg.DescribeShareGroupOffsets},
			Group: "g", Err: kerr.CoordinatorLoadInProgress, Count: -1,
		})
		want := []*Error{{Scope: ScopeGroup, Name: "g", Code: "COORDINATOR_LOAD_IN_PROGRESS", Retriable: true,
			Message: "the coordinator is loading and hence can't process requests"}}
		start := time.Now()
		diff(t, "commits", want, []*Error{r.Committed(t.Context(), refs("g"))[0].Err})
		diff(t, "describe", want, []*Error{r.Describe(t.Context(), refs("g"), Classic, Consumer)[0].Err})
		diff(t, "describe of a known type", want, []*Error{r.Describe(t.Context(), []Ref{{Group: "g", Type: Share}})[0].Err})
		diff(t, "share offsets", want, []*Error{r.ShareOffsets(t.Context(), refs("g"))[0].Err})
		if d := time.Since(start); d > 4*requestCap {
			t.Errorf("took %v", d)
		}
	})
}

func TestGroupThatMovedIsLookedUpOnceMore(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := startFake(t)
		r := f.ready()
		f.commit("moved", 4)
		f.commit("stayed", 5)
		f.calls()
		wrong := node((f.CoordinatorFor("moved") + 1) % 3)
		got := r.Committed(t.Context(), []Ref{
			{Group: "moved", Coordinator: &wrong}, {Group: "stayed", Coordinator: ptr(node(f.CoordinatorFor("stayed")))},
		})
		diff(t, "moved", map[int32]int64{0: 4}, offsetsOf(got[0]))
		diff(t, "stayed", map[int32]int64{0: 5}, offsetsOf(got[1]))
		want := map[kmsg.Key]int{kmsg.FindCoordinator: 1, kmsg.OffsetFetch: 3}
		if wrong == node(f.CoordinatorFor("stayed")) {
			want[kmsg.OffsetFetch] = 2
		}
		diff(t, "requests", want, f.calls())
	})
}

func TestGroupThatMovedAndIsNotFoundAgainSaysWhy(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := startFake(t)
		r := f.ready()
		f.commit("g", 4)
		f.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.FindCoordinator}, Group: "g", Err: kerr.GroupAuthorizationFailed, Count: -1})
		got := r.Committed(t.Context(), []Ref{{Group: "g", Coordinator: ptr(node((f.CoordinatorFor("g") + 1) % 3))}})
		diff(t, "code", []string{"GROUP_AUTHORIZATION_FAILED"}, codes(got[0].Err))
	})
}

func TestGroupThatNobodyCoordinatesIsTheErrorInTheEnd(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := startFake(t)
		r := f.ready()
		f.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.OffsetFetch}, Group: "g", Err: kerr.NotCoordinator, Count: -1})
		got := r.Committed(t.Context(), refs("g"))
		diff(t, "code", []string{"NOT_COORDINATOR"}, codes(got[0].Err))
		diff(t, "requests", map[kmsg.Key]int{kmsg.FindCoordinator: 9, kmsg.OffsetFetch: 9}, f.calls()) // with pauses of 50 ms to 1 s in 5 s
	})
}

func TestOpenTransactionShowsTheLastStableOffsetAsPending(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := startFake(t)
		r := f.ready()
		f.commit("txn", 7, 8)
		f.commit("plain", 9)
		p := f.transaction()
		openTxn(t, p, "txn")
		refs := []Ref{{Group: "txn", Coordinator: ptr(node(f.CoordinatorFor("txn")))}, {Group: "plain", Coordinator: ptr(node(f.CoordinatorFor("plain")))}}
		var unstable [][]string // the groups of each OffsetFetch that takes unstable offsets
		f.ControlKey(int16(kmsg.OffsetFetch), func(req kmsg.Request) (kmsg.Response, error, bool) {
			f.KeepControl()
			if of := req.(*kmsg.OffsetFetchRequest); !of.RequireStable {
				var names []string
				for _, g := range of.Groups {
					names = append(names, g.Group)
				}
				unstable = append(unstable, names)
			}
			return nil, nil, false
		})
		diff(t, "commits", []Commits{
			{Group: "txn", Items: []Commit{
				{TP: TP{"t", 0}, Offset: 7, LeaderEpoch: -1, Metadata: "txn0", Pending: true},
				{TP: TP{"t", 1}, Offset: 8, LeaderEpoch: -1, Metadata: "txn1", Pending: true}, // kfake calls all of the group unstable
			}},
			{Group: "plain", Items: []Commit{{TP: TP{"t", 0}, Offset: 9, LeaderEpoch: -1, Metadata: "plain0"}}},
		}, r.Committed(t.Context(), refs))
		diff(t, "asked without RequireStable", [][]string{{"txn"}}, unstable)
	})
}

// openTxn adds a commit of the group to the producer's transaction and leaves it open.
func openTxn(t *testing.T, p *kgo.Client, group string) {
	t.Helper()
	id, epoch, err := p.ProducerID(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	add := kmsg.NewPtrAddOffsetsToTxnRequest()
	add.TransactionalID, add.ProducerID, add.ProducerEpoch, add.Group = "x", id, epoch, group
	added, err := add.RequestWith(t.Context(), p)
	if err != nil || added.ErrorCode != 0 {
		t.Fatal(err, added)
	}
	req := kmsg.NewPtrTxnOffsetCommitRequest()
	req.TransactionalID, req.ProducerID, req.ProducerEpoch, req.Group, req.Generation = "x", id, epoch, group, -1
	topic := kmsg.NewTxnOffsetCommitRequestTopic()
	topic.Topic = "t"
	part := kmsg.NewTxnOffsetCommitRequestTopicPartition()
	part.Offset = 100
	topic.Partitions = append(topic.Partitions, part)
	req.Topics = append(req.Topics, topic)
	resp, err := req.RequestWith(t.Context(), p)
	if err != nil || resp.Topics[0].Partitions[0].ErrorCode != 0 {
		t.Fatal(err, resp)
	}
}

// replyCommits has the brokers answer an OffsetFetch with what make returns for each group.
func replyCommits(f *fake, make func(group string) []kmsg.OffsetFetchResponseGroup) {
	reply(f, kmsg.OffsetFetch, func(_ int32, req *kmsg.OffsetFetchRequest, resp *kmsg.OffsetFetchResponse) bool {
		for _, g := range req.Groups {
			resp.Groups = append(resp.Groups, make(g.Group)...)
		}
		return true
	})
}

func groupTopic(name string, partitions ...kmsg.OffsetFetchResponseGroupTopicPartition) kmsg.OffsetFetchResponseGroupTopic {
	return kmsg.OffsetFetchResponseGroupTopic{Topic: name, Partitions: partitions}
}

type oddAnswer struct {
	answer func(g string) []kmsg.OffsetFetchResponseGroup
	want   Commits
}

func oddAnswers() map[string]oddAnswer {
	at := func(p int32, o int64) kmsg.OffsetFetchResponseGroupTopicPartition {
		return kmsg.OffsetFetchResponseGroupTopicPartition{Partition: p, Offset: o, LeaderEpoch: -1}
	}
	item := func(topic string, p int32, o int64) Commit {
		return Commit{TP: TP{topic, p}, Offset: o, LeaderEpoch: -1}
	}
	return map[string]oddAnswer{
		"group left out": {
			func(string) []kmsg.OffsetFetchResponseGroup { return nil },
			Commits{Group: "g", Err: missing(ScopeGroup, "g")},
		},
		"only a group never asked for": {
			func(string) []kmsg.OffsetFetchResponseGroup { return []kmsg.OffsetFetchResponseGroup{{Group: "other"}} },
			Commits{Group: "g", Err: missing(ScopeGroup, "g")},
		},
		"a group never asked for beside it": {
			func(g string) []kmsg.OffsetFetchResponseGroup {
				return []kmsg.OffsetFetchResponseGroup{{Group: "other", ErrorCode: 30}, {Group: g, Topics: []kmsg.OffsetFetchResponseGroupTopic{groupTopic("t", at(0, 1))}}}
			},
			Commits{Group: "g", Items: []Commit{item("t", 0, 1)}},
		},
		"group twice": {
			func(g string) []kmsg.OffsetFetchResponseGroup {
				one := kmsg.OffsetFetchResponseGroup{Group: g, Topics: []kmsg.OffsetFetchResponseGroupTopic{groupTopic("t", at(0, 1))}}
				return []kmsg.OffsetFetchResponseGroup{one, one}
			},
			Commits{Group: "g", Items: []Commit{item("t", 0, 1)}},
		},
		"partition twice, unsorted": {
			func(g string) []kmsg.OffsetFetchResponseGroup {
				return []kmsg.OffsetFetchResponseGroup{{Group: g, Topics: []kmsg.OffsetFetchResponseGroupTopic{groupTopic("t", at(2, 2), at(0, 1), at(2, 2)), groupTopic("a", at(1, 3))}}}
			},
			Commits{Group: "g", Items: []Commit{item("a", 1, 3), item("t", 0, 1), item("t", 2, 2)}},
		},
		"topic twice": {
			func(g string) []kmsg.OffsetFetchResponseGroup {
				return []kmsg.OffsetFetchResponseGroup{{Group: g, Topics: []kmsg.OffsetFetchResponseGroupTopic{groupTopic("t", at(0, 1), at(2, 2)), groupTopic("t", at(1, 3), at(2, 2))}}}
			},
			Commits{Group: "g", Items: []Commit{item("t", 0, 1), item("t", 1, 3), item("t", 2, 2)}},
		},
		"error of one partition": {
			func(g string) []kmsg.OffsetFetchResponseGroup {
				bad := at(1, -1)
				bad.ErrorCode = kerr.TopicAuthorizationFailed.Code
				return []kmsg.OffsetFetchResponseGroup{{Group: g, Topics: []kmsg.OffsetFetchResponseGroupTopic{groupTopic("t", at(0, 1), bad)}}}
			},
			Commits{Group: "g", Items: []Commit{item("t", 0, 1), {TP: TP{"t", 1}, Offset: -1, LeaderEpoch: -1, Err: &Error{
				Scope: ScopePartition, Name: "t:1", Code: "TOPIC_AUTHORIZATION_FAILED", Message: "this user is not authorized"}}}},
		},
		"code unknown to us": {
			func(g string) []kmsg.OffsetFetchResponseGroup {
				return []kmsg.OffsetFetchResponseGroup{{Group: g, ErrorCode: 3001}}
			},
			Commits{Group: "g", Err: &Error{Scope: ScopeGroup, Name: "g", Code: "UNKNOWN_ERROR_3001", Message: "the broker answered with an error unknown to offsetctl"}},
		},
	}
}

func TestOddAnswersToOffsetFetch(t *testing.T) {
	for name, tc := range oddAnswers() {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				f := startFake(t)
				r := f.ready()
				replyCommits(f, tc.answer)
				diff(t, "commits", []Commits{tc.want}, r.Committed(t.Context(), []Ref{{Group: "g", Coordinator: ptr(node(1))}}))
			})
		})
	}
}
