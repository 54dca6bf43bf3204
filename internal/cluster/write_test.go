package cluster

import (
	"context"
	"fmt"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/kversion"
)

// TestChangeWithoutAnswer is about what is known of a change that no broker has answered, by how it failed: in each
// case no second request may go out.
func TestChangeWithoutAnswer(t *testing.T) {
	for name, tc := range map[string]struct {
		prepare func(t *testing.T, f *fake, at Broker, key kmsg.Key) context.Context
		opts    []kfake.Opt
		code    string
		unknown bool
		took    time.Duration
		sent    int
	}{
		"cut when it was carried out": {code: CodeClosed, unknown: true, sent: 1, prepare: func(t *testing.T, f *fake, at Broker, key kmsg.Key) context.Context {
			f.wire(at, f.cutting(at, key))
			return t.Context()
		}},
		"cut before it was read": {code: CodeClosed, unknown: true, sent: 1, prepare: func(t *testing.T, f *fake, at Broker, key kmsg.Key) context.Context {
			f.cut(at, key)
			return t.Context()
		}},
		"mute when it was carried out": {code: CodeTimeout, unknown: true, took: 5 * time.Second, sent: 1, prepare: func(t *testing.T, f *fake, at Broker, key kmsg.Key) context.Context {
			f.wire(at, f.muffling(at, key))
			return t.Context()
		}},
		"interrupted when it was sent": {code: CodeInterrupted, unknown: true, took: time.Second, sent: 1, prepare: func(t *testing.T, f *fake, at Broker, key kmsg.Key) context.Context {
			f.wire(at, f.muffling(at, key))
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(time.Second, cancel)
			return ctx
		}},
		"interrupted before": {code: CodeInterrupted, prepare: func(t *testing.T, _ *fake, _ Broker, _ kmsg.Key) context.Context {
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			return ctx
		}},
		"interrupted while connecting": {code: CodeInterrupted, took: time.Second, prepare: func(t *testing.T, f *fake, at Broker, _ kmsg.Key) context.Context {
			f.wire(at, hang)
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(time.Second, cancel)
			return ctx
		}},
		"mute from the first": {code: CodeTimeout, took: 5 * time.Second, prepare: func(t *testing.T, f *fake, at Broker, _ kmsg.Key) context.Context {
			f.wire(at, mute)
			return t.Context()
		}},
		"never connecting": {code: CodeTimeout, took: 5 * time.Second, prepare: func(t *testing.T, f *fake, at Broker, _ kmsg.Key) context.Context {
			f.wire(at, hang)
			return t.Context()
		}},
		"refused": {code: CodeRefused, prepare: func(t *testing.T, f *fake, at Broker, _ kmsg.Key) context.Context {
			f.wire(at, func(context.Context) (net.Conn, error) { return nil, errRefused })
			return t.Context()
		}},
		"host not found": {code: CodeNoHost, prepare: func(t *testing.T, f *fake, at Broker, _ kmsg.Key) context.Context {
			f.wire(at, func(context.Context) (net.Conn, error) { return nil, &net.DNSError{Name: "b", IsNotFound: true} })
			return t.Context()
		}},
		"request that the broker does not know": {code: CodeUnsupported, opts: []kfake.Opt{old(kversion.V0_10_1())}, prepare: func(t *testing.T, _ *fake, _ Broker, key kmsg.Key) context.Context {
			if key == kmsg.OffsetCommit {
				t.Skip("every broker knows it")
			}
			return t.Context()
		}},
	} {
		for kind, v := range verbs() {
			t.Run(name+"/"+kind, func(t *testing.T) {
				inBubble(t, func(t *testing.T) {
					f := startFake(t, tc.opts...)
					at := node(1)
					r := f.ready()
					ctx := tc.prepare(t, f, at, v.key)
					start := time.Now()
					got := v.send(ctx, r, Ref{Group: groupOn(f, at), Coordinator: &at})
					took(t, tc.took, start)
					diff(t, "code", []string{tc.code}, codes(got.err))
					diff(t, "unknown", tc.unknown, got.unknown)
					time.Sleep(time.Minute) // of the bubble: nothing may follow
					diff(t, "sent", tc.sent, f.calls()[v.key])
				})
			})
		}
	}
}

func TestChangeThatWasCutOffIsCarriedOutOnce(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := startFake(t)
		r := f.ready()
		at := node(1)
		ref := Ref{Group: groupOn(f, at), Coordinator: &at}
		f.wire(at, f.cutting(at, kmsg.OffsetCommit))
		diff(t, "outcomes", Outcomes{ref.Group, []Outcome{{TP: TP{"t", 0}, Unknown: true, Err: &Error{
			Scope: ScopePartition, Name: "t:0", Code: CodeClosed, Message: "broker 1 (localhost:9093): the connection was closed while waiting for the answer", Retriable: true,
		}}}}, r.Commit(t.Context(), ref, []Commit{{TP: TP{"t", 0}, Offset: 5, LeaderEpoch: -1}}))
		diff(t, "commits", map[int32]int64{0: 5}, offsetsOf(r.Committed(t.Context(), []Ref{ref})[0]))
	})
}

func TestChangeGoesToTheCoordinatorThatTakesIt(t *testing.T) {
	for _, code := range []*kerr.Error{kerr.NotCoordinator, kerr.CoordinatorNotAvailable, kerr.CoordinatorLoadInProgress} {
		for kind, v := range verbs() {
			t.Run(code.Message+"/"+kind, func(t *testing.T) {
				inBubble(t, func(t *testing.T) {
					f := startFake(t)
					r := f.ready()
					at := node(1)
					ref := Ref{Group: groupOn(f, at), Coordinator: &at}
					v.prepare(f, r, ref)
					f.Fault(kfake.Fault{Keys: []kmsg.Key{v.key}, Group: ref.Group, Err: code})
					start := time.Now()
					succeeds(t, v.send(t.Context(), r, ref))
					took(t, 50*time.Millisecond, start)
					want := map[kmsg.Key]int{v.key: 2}
					if code == kerr.NotCoordinator {
						want[kmsg.FindCoordinator] = 1
					}
					diff(t, "requests", want, f.calls())
				})
			})
		}
	}
}

// An answer that the coordinator is another is no proof that nothing was written: the coordinator may have lost its
// log in between. So a refusal of the second request does not settle it.
func TestDoubtIsNotDispelledByARefusal(t *testing.T) {
	for name, tc := range map[string]struct {
		faults  []*kerr.Error
		unknown bool
		code    string
	}{
		"refused at once":              {[]*kerr.Error{kerr.UnknownMemberID}, false, "UNKNOWN_MEMBER_ID"},
		"refused after a move":         {[]*kerr.Error{kerr.NotCoordinator, kerr.UnknownMemberID}, true, "UNKNOWN_MEMBER_ID"},
		"done after a move":            {[]*kerr.Error{kerr.NotCoordinator}, false, ""},
		"not replicated in time":       {[]*kerr.Error{kerr.RequestTimedOut}, true, "REQUEST_TIMED_OUT"},
		"not enough replicas":          {[]*kerr.Error{kerr.NotEnoughReplicasAfterAppend}, true, "NOT_ENOUGH_REPLICAS_AFTER_APPEND"},
		"error of the broker's inside": {[]*kerr.Error{kerr.UnknownServerError}, true, "UNKNOWN_SERVER_ERROR"},
		"not authorized":               {[]*kerr.Error{kerr.TopicAuthorizationFailed}, false, "TOPIC_AUTHORIZATION_FAILED"},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				f := startFake(t)
				r := f.ready()
				reply(f, kmsg.OffsetCommit, func(_ int32, req *kmsg.OffsetCommitRequest, resp *kmsg.OffsetCommitResponse) bool {
					var code int16
					if len(tc.faults) > 0 {
						code, tc.faults = tc.faults[0].Code, tc.faults[1:]
					}
					resp.Topics = commitAnswer(req, func(TP) int16 { return code })
					return true
				})
				got := verbs()["commit"].send(t.Context(), r, Ref{Group: "g"})
				diff(t, "code", []string{tc.code}, codes(got.err))
				diff(t, "unknown", tc.unknown, got.unknown)
			})
		})
	}
}

func TestChangeWhoseCoordinatorIsNeverFoundIsKnownNotToBeSent(t *testing.T) {
	for kind, v := range verbs() {
		t.Run(kind, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				f := startFake(t)
				r := f.ready()
				f.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.FindCoordinator}, Group: "g", Err: kerr.CoordinatorNotAvailable, Count: -1})
				got := v.send(t.Context(), r, Ref{Group: "g"})
				diff(t, "code", []string{"COORDINATOR_NOT_AVAILABLE"}, codes(got.err))
				diff(t, "unknown", false, got.unknown)
				diff(t, "sent", 0, f.calls()[v.key])
			})
		})
	}
}

func TestChangeWhoseCoordinatorIsLostKeepsItsDoubt(t *testing.T) {
	for kind, v := range verbs() {
		t.Run(kind, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				f := startFake(t)
				r := f.ready()
				at := node(1)
				ref := Ref{Group: groupOn(f, at), Coordinator: &at}
				v.prepare(f, r, ref)
				f.Fault(kfake.Fault{Keys: []kmsg.Key{v.key}, Group: ref.Group, Err: kerr.NotCoordinator})
				f.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.FindCoordinator}, Group: ref.Group, Err: kerr.GroupAuthorizationFailed})
				got := v.send(t.Context(), r, ref)
				diff(t, "code", []string{"GROUP_AUTHORIZATION_FAILED"}, codes(got.err))
				diff(t, "unknown", true, got.unknown)
				diff(t, "requests", map[kmsg.Key]int{kmsg.FindCoordinator: 1, v.key: 1}, f.calls())
			})
		})
	}
}

// Of a connection that was closed before the request, not one byte of it goes out: kgo connects again.
func TestChangeOnAConnectionThatWasClosedBeforeIsKnownNotToBeSent(t *testing.T) {
	for name, tc := range map[string]struct {
		next dialFunc
		code string
		sent int
	}{
		"and nobody listens": {func(context.Context) (net.Conn, error) { return nil, errRefused }, CodeRefused, 0},
		"and it is back":     {nil, "", 1},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				f := startFake(t)
				r := f.ready()
				at := node(1)
				ref := Ref{Group: groupOn(f, at), Coordinator: &at}
				closing := make(chan struct{})
				f.wire(at, func(ctx context.Context) (net.Conn, error) {
					conn, err := f.pipes.DialContext(ctx, "tcp", at.Addr())
					if err == nil {
						go func() { <-closing; _ = conn.Close() }()
					}
					return conn, err
				})
				succeeds(t, verbs()["commit"].send(t.Context(), r, ref))
				close(closing)
				synctest.Wait()
				f.wire(at, tc.next)
				f.calls()
				got := verbs()["commit"].send(t.Context(), r, ref)
				diff(t, "code", []string{tc.code}, codes(got.err))
				diff(t, "unknown", false, got.unknown)
				diff(t, "sent", tc.sent, f.calls()[kmsg.OffsetCommit])
			})
		})
	}
}

// A broker that a reading request found dead may be back, and whoever changes something wants it tried.
func TestChangeIsSentToABrokerFoundDead(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := startFake(t)
		r := f.ready()
		at := node(1)
		ref := Ref{Group: groupOn(f, at), Coordinator: &at}
		f.wire(at, mute)
		if _, errs := r.ListGroups(t.Context()); len(errs) != 1 {
			t.Fatalf("got %v, want one mute broker", errs)
		}
		for range 2 { // a mute broker does not keep the next write from being tried either
			diff(t, "code", []string{CodeTimeout}, codes(verbs()["commit"].send(t.Context(), r, ref).err))
		}
		f.wire(at, nil)
		succeeds(t, verbs()["commit"].send(t.Context(), r, ref))
	})
}

func TestChangeOutlivesAReadThatGivesItsBrokerUp(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := startFake(t)
		r := f.ready()
		at := node(1)
		ref := Ref{Group: groupOn(f, at), Coordinator: &at}
		slow(f, kmsg.OffsetCommit, 3*time.Second)
		var wg sync.WaitGroup
		var got fate
		wg.Go(func() { got = verbs()["commit"].send(t.Context(), r, ref) })
		time.Sleep(time.Second)
		_, e := r.Until(In(time.Now(), time.Second)).groupsOf(t.Context(), at)
		diff(t, "code of the read", []string{CodeTimeout}, codes(e))
		wg.Wait()
		succeeds(t, got)
		f.calls()
		succeeds(t, verbs()["commit"].send(t.Context(), r, ref))
		diff(t, "connections", 2, f.dials[at.Addr()]) // the one hung up was not used again
	})
}

func TestChangesWaitForTheirTurnAtEachBroker(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := startFake(t, kfake.NumBrokers(1), kfake.Ports(9092))
		queue := &queue{}
		f.wire(node(0), queue.before(f, node(0)))
		slow(f, kmsg.OffsetCommit, 100*time.Millisecond) // 20 s for all: more than one has
		r := f.ready()
		var wg sync.WaitGroup
		for i := range 200 {
			wg.Go(func() {
				succeeds(t, verbs()["commit"].send(t.Context(), r.Until(Deadline{Each: 7 * time.Second}), Ref{Group: fmt.Sprint(i), Coordinator: ptr(node(0))}))
			})
		}
		wg.Wait()
		diff(t, "most waiting", inFlight, queue.most)
	})
}

func TestChangeIsNotSentWhenTheTimeIsUsedUp(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := startFake(t)
		r := f.ready()
		time.Sleep(31 * time.Second) // of the bubble
		got := verbs()["commit"].send(t.Context(), r, Ref{Group: "g", Coordinator: ptr(node(1))})
		diff(t, "error", notAsked(node(1)).Of(ScopePartition, "t:0"), got.err)
		diff(t, "unknown", false, got.unknown)
		diff(t, "requests", map[kmsg.Key]int{}, f.calls())
	})
}

func TestClosedClientSendsNothing(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := startFake(t)
		r := f.ready()
		r.c.Close()
		got := verbs()["commit"].send(t.Context(), r, Ref{Group: "g", Coordinator: ptr(node(1))})
		if got.err == nil || got.unknown {
			t.Errorf("got %+v", got)
		}
	})
}

func TestAnswerThatCannotBeReadLeavesTheChangeUnknown(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := startFake(t)
		r := f.ready()
		at := node(1)
		f.wire(at, f.garbling(at, kmsg.OffsetCommit))
		got := verbs()["commit"].send(t.Context(), r, Ref{Group: groupOn(f, at), Coordinator: &at})
		diff(t, "code", []string{CodeUnreadable}, codes(got.err))
		diff(t, "unknown", true, got.unknown)
	})
}
