package cluster

import (
	"context"
	"sync"
	"time"
)

// loginGate has one login find out whether it is let in before others try the same: brokers, and what stands behind them, count
// failures and lock accounts. It opens for all with the first that succeeds.
type loginGate struct {
	mu      sync.Mutex
	open    bool          // a login has succeeded
	refused error         // the last one, and why; it holds for a while
	until   time.Time     // of refused
	first   chan struct{} // closed when the login under way is over; nil: there is none
}

// gatePatience is how long a login waits for the first, whose broker may have fallen silent in the middle of it.
const gatePatience = 2 * time.Second

// refusalHolds is how long a refusal is not tried again. A command asks its first questions within that; who follows records for
// hours may have got another token by then.
const refusalHolds = 5 * time.Second

// enter waits for the first login's end, or makes this the first. Its error is that of a login that was just refused.
func (g *loginGate) enter(ctx context.Context) error {
	patience := time.NewTimer(gatePatience)
	defer patience.Stop()
	for {
		g.mu.Lock()
		switch {
		case g.open:
			g.mu.Unlock()
			return nil
		case g.refused != nil && time.Now().Before(g.until):
			defer g.mu.Unlock()
			return g.refused
		case g.first == nil:
			g.first = make(chan struct{})
			g.mu.Unlock()
			return nil
		}
		first := g.first
		g.mu.Unlock()
		select {
		case <-first:
		case <-patience.C:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// over ends the first login: it was let in, or refused for a reason, or, with neither, nobody knows.
func (g *loginGate) over(in bool, refused error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if in {
		g.open, g.refused = true, nil
	}
	if refused != nil {
		g.open, g.refused, g.until = false, refused, time.Now().Add(refusalHolds)
	}
	if g.first != nil {
		close(g.first)
		g.first = nil
	}
}

// settle takes note of a request that failed: a broker's refusal of a login is seen by nobody else.
func (g *loginGate) settle(e *Error) {
	var refused error
	if e.RefusedLogin() {
		refused = e.Err
	}
	g.over(false, refused)
}
