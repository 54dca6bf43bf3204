package cluster

import (
	"cmp"
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// requestCap bounds one request where nothing else does: long enough for a loaded broker, short
// enough that a mute one does not look like a hang.
const requestCap = 5 * time.Second

// patience bounds one request of a run without a deadline: who asks for none is in no hurry, but no
// broker needs longer for what we ask.
const patience = time.Minute

// Deadline bounds one Run as a whole. The zero value means no bound, only that of each request.
type Deadline struct {
	At    time.Time     // when the run must have ended
	Total time.Duration // what it had at its beginning
	Each  time.Duration // what one request gets where the run as a whole has no bound; 0: a minute
}

// In returns the deadline d from now; none for d = 0.
func In(now time.Time, d time.Duration) Deadline {
	if d <= 0 {
		return Deadline{}
	}
	return Deadline{At: now.Add(d), Total: d}
}

// Run is one command, or one tick of a watching one: what it knows of the cluster, which brokers it
// found dead, and how much time and how many dependent rounds of requests are left.
type Run struct {
	c      *Client
	end    Deadline
	rounds int  // dependent rounds left, this one included
	rights bool // see WithRights
	*shared
}

// shared is what all stages of one run have in common.
type shared struct {
	mu      sync.Mutex
	nodes   []Broker     // nil before Brokers
	seed    Broker       // the bootstrap server that answered
	offsets offsetsTopic // as it was then
	listed  bool         // any broker has listed any group
	dead    map[string]*Error
	single  map[string]bool // brokers that take one group per OffsetFetch (Kafka before 3.0)
	slots   map[string]chan struct{}
}

// Run begins a run. It forgets what earlier runs learned about dead brokers.
func (c *Client) Run(end Deadline) *Run {
	return &Run{c: c, end: end, rounds: 1, shared: &shared{dead: map[string]*Error{}, single: map[string]bool{}, slots: map[string]chan struct{}{}}}
}

// Left returns the same run with n dependent rounds of requests left, this one included. It decides
// what share of the remaining time one request may take.
func (r *Run) Left(n int) *Run {
	c := *r
	c.rounds = max(n, 1)
	return &c
}

// WithRights returns the same run, which with groups that are described and with topics also asks what this user may do with
// them: it costs brokers some work, and no request.
func (r *Run) WithRights() *Run {
	c := *r
	c.rights = true
	return &c
}

// operations are those of an answer, if they were asked for.
func (r *Run) operations(bits int32) *Operations {
	if !r.rights {
		return nil
	}
	return operations(bits)
}

// Until returns a run with another deadline that knows what this one does.
func (r *Run) Until(end Deadline) *Run {
	c := *r
	c.end = end
	return &c
}

// PerRequest returns a run that knows what this one does and is not bounded as a whole: each request has the time that this
// one had in all.
func (r *Run) PerRequest() *Run { return r.Until(Deadline{Each: r.end.Total}) }

// requestTimeout is the time one request of this round gets: an equal share of what is left, and
// never more than the cap. A longer --timeout raises the cap with it, since whoever asks for five
// minutes has brokers that need more than five seconds.
func (r *Run) requestTimeout(now time.Time) time.Duration {
	limit := r.c.config.RequestTimeout
	switch {
	case limit > 0:
	case r.end.At.IsZero():
		limit = cmp.Or(r.end.Each, patience)
	default:
		limit = max(requestCap, r.end.Total/6)
	}
	if r.end.At.IsZero() {
		return limit
	}
	return max(min(limit, r.end.At.Sub(now)/time.Duration(r.rounds)), 0)
}

// Patience is how long one request of the run is waited for, and so how long it is worth while to try again.
func (r *Run) Patience() time.Duration { return r.requestTimeout(time.Now()) }

// Forget has a broker asked again that the run found dead: one that goes on for long outlives a restart. Without a
// broker, all are.
func (r *Run) Forget(brokers ...Broker) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(brokers) == 0 {
		clear(r.dead)
	}
	for _, b := range brokers {
		delete(r.dead, b.Addr())
	}
}

// do sends one request to one broker. It owns the deadline, the one retry after a broken connection,
// and the memory of brokers found dead: a broker that timed out or could not be reached is not asked
// again in this run, its later requests fail at once with the same error.
func (r *Run) do(ctx context.Context, node Broker, req kmsg.Request) (kmsg.Response, *Error) {
	if e := r.deadBroker(node); e != nil {
		return nil, e
	}
	defer r.c.gate.ask(node.Addr())()
	start := time.Now()
	resp, conn, err := r.try(ctx, node, req)
	for ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded) && r.c.gate.heldUp(node.Addr(), start) {
		start = time.Now()
		resp, conn, err = r.try(ctx, node, req)
	}
	if err == nil {
		r.c.knowKafka(node.Addr())
		r.c.gate.answered(node.Addr())
		return resp, nil
	}
	if ctx.Err() == nil && isGivenUp(err) {
		err = io.ErrUnexpectedEOF // nobody interrupted us
	}
	e := r.failure(node, err, time.Since(start), node.ID < 0 && !r.c.knowsKafka(node.Addr()))
	if found := r.deadBroker(node); found != nil {
		return nil, found // by a request beside this one
	}
	if errors.Is(err, errTimeUsedUp) {
		return nil, e
	}
	if e.Code != CodeUnsupported && e.Code != CodeInterrupted && e.Code != CodeUnreadable {
		r.markDead(node, e, conn)
	}
	return nil, e
}

// try sends a request within its time, and once more where only the connection was at fault.
func (r *Run) try(ctx context.Context, node Broker, req kmsg.Request) (kmsg.Response, *kgo.Client, error) {
	limit := r.requestTimeout(time.Now())
	if limit == 0 {
		return nil, nil, errTimeUsedUp
	}
	bounded, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	resp, conn, err := r.send(bounded, node, req)
	if err != nil && bounded.Err() == nil && r.deadBroker(node) == nil && (isClosed(err) || isGivenUp(err) || kgo.IsRetryableBrokerErr(err) || r.c.renewedTooSoon(node, err)) {
		r.c.gate.judge(node.Addr(), false) // nobody else tells what came of it
		return r.send(bounded, node, req)  // the connection had been idle or was cut: everything we ask may be asked twice
	}
	return resp, conn, err
}

// errTimeUsedUp is why a request is not even sent.
var errTimeUsedUp = errors.New("the time for the whole command is used up")

// failure makes an Error of a request that failed, and tells the gate.
func (r *Run) failure(node Broker, err error, waited time.Duration, fresh bool) *Error {
	var known *refusal
	if errors.As(err, &known) {
		return known.of(node)
	}
	e := transportError(node.Name(), err, waited, fresh)
	if errors.Is(err, errTimeUsedUp) {
		e = notAsked(node)
	}
	if explain := r.c.config.Explain; explain != nil && e.Code == CodeWrongLogin {
		e.Message = explain(e.Message)
	}
	r.c.gate.settle(node.Addr(), e)
	return e
}

// notAsked is the error of a request that was not sent.
func notAsked(node Broker) *Error {
	return &Error{Scope: ScopeBroker, Name: node.Name(), Code: CodeTimeout, Message: "not asked: the time for the whole command is used up", Retriable: true}
}

// send sends a request, and says on which connection.
func (r *Run) send(ctx context.Context, node Broker, req kmsg.Request) (kmsg.Response, *kgo.Client, error) {
	conn, err := r.c.connection(node.Addr())
	if err != nil {
		return nil, nil, err
	}
	resp, err := conn.SeedBrokers()[0].Request(ctx, req)
	if err != nil && ctx.Err() != nil {
		err = errors.Join(ctx.Err(), err) // kgo may report the closed connection, which is only the consequence
	}
	return resp, conn, err
}

// ask is do for a request whose response type is known.
func ask[R kmsg.Response](ctx context.Context, r *Run, node Broker, req kmsg.Request) (R, *Error) {
	resp, e := r.do(ctx, node, req)
	if e != nil {
		var none R
		return none, e
	}
	return resp.(R), nil
}

func (r *Run) deadBroker(b Broker) *Error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.dead[b.Addr()]
}

func (r *Run) markDead(b Broker, e *Error, conn *kgo.Client) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.dead[b.Addr()] == nil {
		r.dead[b.Addr()] = e
		if e.Code == CodeTimeout {
			r.c.hangUp(b.Addr(), conn)
		}
	}
}

// askAny sends a request that every broker can answer, to the bootstrap broker and, if that one has
// died meanwhile, to the others in turn.
func askAny[R kmsg.Response](ctx context.Context, r *Run, req kmsg.Request) (R, *Error) {
	r.mu.Lock()
	tries := append([]Broker{r.seed}, r.nodes...)
	r.mu.Unlock()
	var first *Error
	for _, b := range tries {
		resp, e := ask[R](ctx, r, b, req)
		if e == nil {
			return resp, nil
		}
		if first == nil {
			first = e
		}
		if e.Code == CodeInterrupted || e.Code == CodeUnsupported {
			break
		}
	}
	var none R
	return none, first
}

// backoff calls try until it reports that nothing is left to try again, waiting longer each time,
// for at most the time one request has.
func (r *Run) backoff(ctx context.Context, try func() (again bool)) {
	end := time.Now().Add(r.requestTimeout(time.Now()))
	for wait := 50 * time.Millisecond; try(); wait = min(2*wait, time.Second) {
		if time.Now().Add(wait).After(end) {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
	}
}
