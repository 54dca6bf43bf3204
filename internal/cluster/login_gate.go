package cluster

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// loginGate has one login find out whether it is let in before others try the same: brokers, and what stands behind them, count
// failures and lock accounts. Until a broker has let us in, one login is under way at a time, and a refusal is the answer to all.
// From then on the gate is open for good: what a broker refuses is its own affair, and it alone is not tried again for a while.
//
// A login comes here when its broker has answered SaslHandshake, so that one that is mute holds up nobody. From there on the
// credentials are under judgement, which with an LDAP behind it may take seconds: the others wait until whoever asked that broker
// gives up. What they wait is not held against their own brokers, see heldUp.
type loginGate struct {
	mu      sync.Mutex
	open    bool             // a broker has let us in
	first   *door            // whose login the others wait for; nil: none is under way
	refused *refusal         // the last one while it was not open
	doors   map[string]*door // by host:port
	changed chan struct{}    // closed, and replaced, when anything has changed that is waited for
}

// door is what the gate knows of one broker.
type door struct {
	asked    int       // requests under way
	accepted bool      // it has let us in
	refused  *refusal  // the last one; nil: there is none since it let us in
	under    bool      // a login is under way, or nobody has told yet what came of it
	judged   bool      // that login has failed, and whoever asked is about to tell why
	waits    bool      // for another broker's login
	passed   time.Time // when it last had waited
}

// refusal is a failed login that is not tried again.
type refusal struct {
	addr  string
	e     *Error
	until time.Time
}

// refusalHolds is how long a refusal is not tried again. A command asks its first questions within that; who follows records for
// hours may have got another token by then.
const refusalHolds = 5 * time.Second

func newLoginGate() *loginGate {
	return &loginGate{doors: map[string]*door{}, changed: make(chan struct{})}
}

// enter waits until a login at addr may begin. Its error is the refusal of a login that would be tried again.
func (g *loginGate) enter(ctx context.Context, addr string) error {
	for {
		wait, err := g.knock(addr)
		if wait == nil {
			return err
		}
		select {
		case <-wait:
		case <-ctx.Done():
			g.leave(addr)
			return ctx.Err()
		}
	}
}

// knock begins a login, or says what to wait for before the next try, or why there is none.
func (g *loginGate) knock(addr string) (wait <-chan struct{}, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	d := g.door(addr)
	others := !g.open && g.first != nil && g.first != d
	if d.waits && !others {
		d.waits, d.passed = false, time.Now()
	}
	switch now := time.Now(); {
	case d.refused.holds(now):
		return nil, d.refused
	case !g.open && g.refused.holds(now):
		return nil, g.refused
	case d.under && d.judged:
		return g.changed, nil
	case others:
		d.waits = true
		return g.changed, nil
	case d.accepted: // a renewal; kgo tries one that fails once more, with nobody to tell of the first
		return nil, nil
	}
	d.under, d.judged = true, false // it is under way already where kgo tries again, having lost the connection
	if !g.open {
		g.first = d
	}
	return nil, nil
}

// leave is for a login that waits, and whose connection is closed.
func (g *loginGate) leave(addr string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.door(addr).waits = false
}

// door is under the lock.
func (g *loginGate) door(addr string) *door {
	d := g.doors[addr]
	if d == nil {
		d = &door{}
		g.doors[addr] = d
	}
	return d
}

// end is of the login at a door, if one was under way; under the lock.
func (g *loginGate) end(d *door) {
	d.under, d.judged = false, false
	if g.first == d {
		g.first = nil
	}
	close(g.changed)
	g.changed = make(chan struct{})
}

// letIn takes note of a login that succeeded.
func (g *loginGate) letIn(addr string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.accept(g.door(addr))
}

// accept is letIn under the lock.
func (g *loginGate) accept(d *door) {
	d.accepted, d.refused, g.open = true, nil, true
	g.end(d)
}

// answered takes note of a request that was answered, which is how a login succeeds whose last word was ours.
func (g *loginGate) answered(addr string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if d := g.door(addr); d.under {
		g.accept(d)
	}
}

// settle takes note of a request that failed: only who asked sees a broker's refusal.
func (g *loginGate) settle(addr string, e *Error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	d := g.door(addr)
	if e.RefusedLogin() {
		d.refused = &refusal{addr, e, time.Now().Add(refusalHolds)}
		if !g.open {
			g.refused = d.refused
		}
	}
	g.end(d)
}

// judge says whether the login under way has failed, and is not to be tried again before it is settled.
func (g *loginGate) judge(addr string, failed bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.door(addr).judged = failed
}

// OnBrokerE2E implements kgo.HookBrokerE2E: an answer to a login that is no challenge is a refusal, and kgo begins the next
// login on behalf of the next request before that of this one is told.
func (g *loginGate) OnBrokerE2E(m kgo.BrokerMetadata, key int16, e kgo.BrokerE2E) {
	if key == int16(kmsg.SASLAuthenticate) && e.Err() == nil {
		g.judge(net.JoinHostPort(m.Host, strconv.Itoa(int(m.Port))), true)
	}
}

// heldUp reports whether since then a login at addr has waited for another's: a request that had no answer in that time has not
// had all of it.
func (g *loginGate) heldUp(addr string, since time.Time) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	d := g.door(addr)
	return d.waits || d.passed.After(since)
}

func (r *refusal) holds(now time.Time) bool { return r != nil && now.Before(r.until) }

func (r *refusal) Error() string { return r.e.Error() }

// of is the refusal as the error of a request to a broker, which may be another than the one that refused.
func (r *refusal) of(node Broker) *Error {
	e := *r.e
	e.Name = node.Name()
	if node.Addr() == r.addr {
		return &e
	}
	e.Err = r.e
	if e.Message = fmt.Sprintf("not asked: broker %s refused the login: %s", r.e.Name, r.e.Message); e.Code == CodeLogin {
		e.Message = fmt.Sprintf("not asked: the login at broker %s failed: %s", r.e.Name, r.e.Message)
	}
	return &e
}

// original is the refusal itself, of an error of a broker that was not asked because of it.
func original(e *Error) *Error {
	for o, ok := e, true; ok; o, ok = o.Err.(*Error) {
		e = o
	}
	return e
}

// ask is for a request under way: its end is to be called. What a login came to that nobody asked for any more is forgotten.
func (g *loginGate) ask(addr string) (end func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	d := g.door(addr)
	if d.asked++; d.asked == 1 && d.judged {
		g.end(d)
	}
	return func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		d.asked--
	}
}
