package clientconfig

import (
	"context"
	"time"
)

// patience says how often and how long to ask for credentials.
type patience struct {
	attempt time.Duration // how long one request may take
	window  time.Duration // from the first request, after which none is begun
	backoff time.Duration // before the second request; doubled for each further one
}

// do asks until it gets an answer or asking again is pointless, like Kafka's Retry, but it does not sleep to the end of the
// window for one last try. A server's Retry-After is respected. It returns the last fault, except that one which only says
// that the time ran out does not replace an earlier one.
func (p patience) do(ctx context.Context, once func(context.Context) *fault) *fault {
	end := time.Now().Add(p.window)
	ctx, cancel := context.WithTimeout(ctx, max(p.attempt, p.window))
	defer cancel()
	var last *fault
	for backoff := p.backoff; ; backoff *= 2 {
		flt := p.try(ctx, once)
		if flt == nil {
			return nil
		}
		if last == nil || ctx.Err() == nil {
			last = flt
		}
		wait := max(backoff, flt.after)
		if !last.again || wait >= time.Until(end) || !sleep(ctx, wait) {
			return last
		}
	}
}

func (p patience) try(ctx context.Context, once func(context.Context) *fault) *fault {
	ctx, cancel := context.WithTimeout(ctx, p.attempt)
	defer cancel()
	return once(ctx)
}

// sleep waits for d, and reports whether ctx lasted as long.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}
