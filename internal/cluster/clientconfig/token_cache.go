package clientconfig

import (
	"context"
	"errors"
	"sync"
	"time"
)

// fetched is a token (or a set of AWS keys) and when it ends.
type fetched[T comparable] struct {
	value   T
	expires time.Time // zero: nobody knows
}

// tokenCache keeps one token for all connections of a process, and asks for it once however many want it at the same time.
type tokenCache[T comparable] struct {
	fetch        func(context.Context) (fetched[T], error)
	now          func() time.Time
	what, source string // of the TokenError of who cannot wait any longer

	mu     sync.Mutex
	value  T // zero: none
	renew  time.Time
	ends   time.Time // of value: from then on it is of no use
	err    error     // why there is none
	retry  time.Time
	flight *flight[T] // nil: nobody is asking
}

// flight is one fetch and those who wait for it.
type flight[T comparable] struct {
	waiting int
	cancel  context.CancelFunc
	done    chan struct{} // closed when the rest is set
	value   T
	err     error
}

// refreshAt is the part of a token's life after which it is not given out any more, as sasl.login.refresh.window.factor of
// Kafka. It must be below the 0.95 at which kgo logs in again (KIP-368), or that would get the old token.
const refreshAt = 0.8

// rest is how long a failure is remembered. A command asks each bootstrap server in turn, and an identity provider locks
// out who knocks too often with the wrong secret.
const rest = 5 * time.Second

// get is the token that is kept, or a new one.
func (c *tokenCache[T]) get(ctx context.Context) (T, error) {
	var none T
	c.mu.Lock()
	now := c.now()
	if c.value != none && now.Before(c.renew) {
		defer c.mu.Unlock()
		return c.value, nil
	}
	if c.err != nil && now.Before(c.retry) {
		defer c.mu.Unlock()
		return none, c.err
	}
	f := c.join(ctx)
	c.mu.Unlock()

	select {
	case <-f.done:
		return f.value, f.err
	case <-ctx.Done():
		c.leave(f)
		return none, &TokenError{What: c.what, Source: c.source, Err: flat(ctx.Err())}
	}
}

// join is the flight under way, or a new one. All who wait share it, so it does not end when the context of one of them does.
func (c *tokenCache[T]) join(ctx context.Context) *flight[T] {
	if c.flight == nil {
		ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
		c.flight = &flight[T]{cancel: cancel, done: make(chan struct{})}
		go c.run(ctx, c.flight)
	}
	c.flight.waiting++
	return c.flight
}

// leave ends a flight that nobody waits for any more.
func (c *tokenCache[T]) leave(f *flight[T]) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if f.waiting--; f.waiting > 0 {
		return
	}
	f.cancel()
	if c.flight == f {
		c.flight = nil
	}
}

func (c *tokenCache[T]) run(ctx context.Context, f *flight[T]) {
	defer f.cancel()
	began := c.now()
	t, err := c.fetch(ctx)

	c.mu.Lock()
	defer c.mu.Unlock()
	defer close(f.done)
	var none T
	if err != nil && c.value != none && c.now().Before(c.ends) { // it is early for another: the one that is there still holds
		f.value, c.renew = c.value, c.now().Add(rest)
		if c.flight == f {
			c.flight = nil
		}
		return
	}
	f.value, f.err = t.value, err
	if c.flight != f { // all have left
		return
	}
	c.flight = nil
	c.value, c.err = t.value, err
	if err == nil {
		c.renew, c.ends = renewal(began, t.expires), end(began, t.expires)
	} else if !errors.Is(err, context.Canceled) {
		c.retry = c.now().Add(rest)
	}
}

// end is until when a token can be given out.
func end(began, expires time.Time) time.Time {
	if expires.IsZero() {
		return began.Add(unknownLife)
	}
	return expires.Add(-lastMoment)
}

// unknownLife is how long a token is kept that does not say when it ends.
const unknownLife = time.Minute

// lastMoment is what a login may need until the broker has looked at the token.
const lastMoment = 3 * time.Second

// renewal is when a token that began to live at one time and ends at another is to be replaced. A very short one is
// replaced for each login.
func renewal(began, expires time.Time) time.Time {
	if expires.IsZero() {
		return began.Add(unknownLife)
	}
	part := time.Duration(refreshAt * float64(expires.Sub(began)))
	return began.Add(min(part, expires.Sub(began)-lastMoment))
}

// drop forgets a token that a broker would not have, so that the next login gets a new one.
func (c *tokenCache[T]) drop(value T) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.value == value {
		var none T
		c.value = none
	}
}
