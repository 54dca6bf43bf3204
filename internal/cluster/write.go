package cluster

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// A request that changes something is sent once. It is sent again only where the coordinator answered that it is not,
// or not yet, the one to ask: then nothing was done, or, if the coordinator was just losing the group, the very same
// was. Everything else that leaves a doubt is said to be unknown, and is for the caller to read back.

// Outcome is what became of one partition of a changing request. Err nil: it was carried out.
type Outcome struct {
	TP
	Err     *Error
	Unknown bool // it may have been carried out all the same, now or in a moment; Err says why nobody knows
}

// Outcomes are those of one group: every partition asked for, once, in the order given.
type Outcomes struct {
	Group string
	Items []Outcome
}

// becameActive reports whether a change was refused because the group has members.
func (e *Error) becameActive() bool {
	return e.is(kerr.UnknownMemberID, kerr.IllegalGeneration, kerr.RebalanceInProgress, kerr.NonEmptyGroup)
}

// subscribed reports whether offsets were not deleted because a member of the group reads the topic.
func (e *Error) subscribed() bool { return e.is(kerr.GroupSubscribedToTopic) }

// UnknownGroup reports whether there is no such group.
func (e *Error) UnknownGroup() bool { return e.is(kerr.GroupIDNotFound) }

// metadataTooLong reports whether a commit was refused for its metadata.
func (e *Error) metadataTooLong() bool { return e.is(kerr.OffsetMetadataTooLarge) }

// inDoubt reports whether a coordinator that answered so may yet have carried the request out. It writes to its log
// first; where the replicas do not follow in time, or it loses the log meanwhile, the answer is one of these, and the
// record stays in the log.
func (e *Error) inDoubt() bool {
	return e.coordinatorMoves() || e.is(kerr.RequestTimedOut, kerr.NotEnoughReplicasAfterAppend, kerr.UnknownServerError, kerr.KafkaStorageError, kerr.NetworkException)
}

// explained puts what a broker refused in the words of who asked for it.
func explained(e *Error) *Error {
	switch {
	case e.becameActive():
		e.Message = "the group has become active: it has members"
	case e.subscribed():
		e.Message = "a member of the group is subscribed to the topic"
	}
	return e
}

// fate is an Outcome of anything.
type fate struct {
	err     *Error
	unknown bool
}

// verdict is what came back for a request about several things.
type verdict[K comparable] struct {
	each map[K]*Error // of the things that the answer mentions; nil: done
	fate              // of all, if its err is not nil
}

// fates collects what becomes of things, each named by a scope and a name.
type fates[K comparable] struct {
	name func(K) (Scope, string)
	of   map[K]fate
}

// record takes in the answer about the things asked for. It returns those to ask for again, and the error that
// says why. A doubt stays: that a second request was refused does not say that the first was.
func (f *fates[K]) record(asked []K, a verdict[K]) (again []K, why *Error) {
	for _, k := range asked {
		now := a.fate
		if now.err != nil {
			now.err = now.err.Of(f.name(k))
		} else if e, mentioned := a.each[k]; mentioned {
			now = fate{explained(e), e.inDoubt()}
		} else {
			now = fate{missing(f.name(k)), true}
		}
		now.unknown = now.err != nil && (now.unknown || f.of[k].unknown)
		f.of[k] = now
		if now.err.coordinatorMoves() {
			again = append(again, k)
			if why == nil || now.err.is(kerr.NotCoordinator) {
				why = now.err
			}
		}
	}
	return again, why
}

// change has the coordinator of one group change several things, of which those that it was not responsible for are
// asked for again. Every thing has a fate.
func change[K comparable](ctx context.Context, r *Run, ref Ref, things []K, name func(K) (Scope, string), once func(node Broker, things []K) verdict[K]) map[K]fate {
	f := fates[K]{name, make(map[K]fate, len(things))}
	if len(things) == 0 {
		return f.of
	}
	left := things
	errs := r.perCoordinator(ctx, []Ref{ref}, func(_ context.Context, node Broker, _ []string) map[string]*Error {
		var why *Error
		left, why = f.record(left, once(node, left))
		return map[string]*Error{ref.Group: why}
	})
	for _, k := range left { // it was never found, or not found again
		f.of[k] = fate{errs[ref.Group].Of(name(k)), f.of[k].unknown}
	}
	return f.of
}

// namePartition is how errors call a partition.
func namePartition(tp TP) (Scope, string) { return ScopePartition, tp.String() }

// outcomes are the fates of partitions, in order.
func outcomes(group string, tps []TP, of map[TP]fate) Outcomes {
	out := Outcomes{Group: group, Items: make([]Outcome, len(tps))}
	for i, tp := range tps {
		out.Items[i] = Outcome{tp, of[tp].err, of[tp].unknown}
	}
	return out
}

// byTopic divides partitions by topic, in the order in which the topics come.
func byTopic(tps []TP) [][]TP {
	var out [][]TP
	at := map[string]int{}
	for _, tp := range tps {
		i, known := at[tp.Topic]
		if !known {
			i, at[tp.Topic] = len(out), len(out)
			out = append(out, nil)
		}
		out[i] = append(out[i], tp)
	}
	return out
}

// write sends a changing request to one broker, at most once. Without an answer the fate says why, and whether it may
// have been carried out. What a run knows of dead brokers is left alone, both ways: each write is tried.
func write[R kmsg.Response](ctx context.Context, r *Run, node Broker, req kmsg.Request) (R, fate) {
	var none R
	slots := r.slotsOf(node)
	select {
	case slots <- struct{}{}:
		defer func() { <-slots }()
	case <-ctx.Done():
	}
	if ctx.Err() != nil { // select takes either where both may go on, and a request that was given to kgo is in doubt
		return none, fate{err: transportError(node.Name(), ctx.Err(), 0, false)}
	}
	limit := r.requestTimeout(time.Now())
	if limit == 0 {
		return none, fate{err: notAsked(node)}
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	resp, lost := r.writeWithin(ctx, node, req)
	if lost.err != nil {
		return none, lost
	}
	return resp.(R), fate{}
}

func (r *Run) writeWithin(ctx context.Context, node Broker, req kmsg.Request) (kmsg.Response, fate) {
	start := time.Now()
	conn, back, err := r.c.lend(node.Addr())
	if err != nil {
		return nil, fate{err: transportError(node.Name(), err, 0, false)}
	}
	defer back()
	defer r.c.gate.ask(node.Addr())()
	once := &onceRequest{Request: req}
	resp, err := conn.SeedBrokers()[0].Request(ctx, once)
	if err == nil {
		r.c.knowKafka(node.Addr())
		r.c.gate.answered(node.Addr())
		return resp, fate{}
	}
	if ctx.Err() != nil {
		err = errors.Join(ctx.Err(), err)
	}
	e := r.failure(node, err, time.Since(start), false)
	if e.Code == CodeTimeout {
		r.c.hangUp(node.Addr(), conn) // later writes would queue behind this one
	}
	return nil, fate{e, once.begun.Load() && e.Code != CodeRefused && e.Code != CodeNoHost}
}

// onceRequest notes whether kgo has begun to send a request. kgo sets its version once it has a connection, and only
// then looks for the last time whether it was given up: if no version was set, it is not sent any more. It writes
// again only if not one byte of the first attempt went out; where that fails to connect, nothing was sent.
type onceRequest struct {
	kmsg.Request
	begun atomic.Bool
}

// SetVersion implements kmsg.Request.
func (o *onceRequest) SetVersion(v int16) {
	o.begun.Store(true)
	o.Request.SetVersion(v)
}
