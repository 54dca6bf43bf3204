package cluster

import (
	"context"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// coordinator is the broker that coordinates a group, or why it is unknown.
type coordinator struct {
	Group  string
	Broker Broker
	Err    *Error // see coordinatorMoves: it may be known in a moment
}

// findCoordinators looks up the coordinators of the groups named, once: one request (one per group before
// Kafka 3.0). The answers are in the order of the names. Waiting for one that is not available is for the
// caller.
func (r *Run) findCoordinators(ctx context.Context, names []string) []coordinator {
	return findCoordinators(names, func(req kmsg.Request) (*kmsg.FindCoordinatorResponse, *Error) {
		return askAny[*kmsg.FindCoordinatorResponse](ctx, r, req)
	})
}

func findCoordinators(names []string, ask func(kmsg.Request) (*kmsg.FindCoordinatorResponse, *Error)) []coordinator {
	out := make([]coordinator, len(names))
	if len(names) == 0 {
		return out
	}
	req := kmsg.NewPtrFindCoordinatorRequest()
	req.CoordinatorKey = names[0] // all that a broker before v4 understands
	req.CoordinatorKeys = names
	resp, e := ask(req)
	switch {
	case e != nil:
		for i, n := range names {
			out[i] = coordinator{Group: n, Err: e.Of(ScopeGroup, n)}
		}
	case resp.Version < 4:
		out[0] = coordinator{names[0], Broker{resp.NodeID, resp.Host, resp.Port}, kafkaError(ScopeGroup, names[0], resp.ErrorCode, resp.ErrorMessage)}
		rest := make([]int, len(names)-1)
		for i := range rest {
			rest[i] = i + 1
		}
		each(rest, make(chan struct{}, inFlight), func(i int) { out[i] = findCoordinators(names[i:i+1], ask)[0] })
	default:
		readCoordinators(resp, names, out)
	}
	return out
}

func readCoordinators(resp *kmsg.FindCoordinatorResponse, names []string, out []coordinator) {
	byKey := make(map[string]kmsg.FindCoordinatorResponseCoordinator, len(resp.Coordinators))
	for _, c := range resp.Coordinators {
		byKey[c.Key] = c
	}
	for i, n := range names {
		c, ok := byKey[n]
		if !ok {
			out[i] = coordinator{Group: n, Err: missing(ScopeGroup, n)}
			continue
		}
		out[i] = coordinator{n, Broker{c.NodeID, c.Host, c.Port}, kafkaError(ScopeGroup, n, c.ErrorCode, c.ErrorMessage)}
	}
}
