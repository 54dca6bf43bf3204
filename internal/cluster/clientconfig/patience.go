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

// do asks until there is an answer, or no more sense in asking, as Retry of Kafka does; but it does not wait for the end of
// the window to ask once more. Who says when to ask again is not asked before that. It gives back the last fault, less those that only say that the time for the whole was over.
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
