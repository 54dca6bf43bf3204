package cluster

import (
	"context"
	"slices"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// Found is the coordinator of a group, or why it is unknown.
type Found struct {
	Group       string
	Coordinator Broker
	Err         *Error
}

// FindGroups looks up the coordinators of the groups named: one request (one per group before Kafka
// 3.0). The answers are in the order of the names.
func (r *Run) FindGroups(ctx context.Context, names []string) []Found {
	out := make([]Found, len(names))
	for i, n := range names {
		out[i] = Found{Group: n, Err: kafkaError(ScopeGroup, n, kerr.CoordinatorNotAvailable.Code, nil)}
	}
	r.findMissing(ctx, out)
	return out
}

// findMissing asks again, for a while, about the groups whose coordinator was not available.
func (r *Run) findMissing(ctx context.Context, out []Found) {
	r.backoff(ctx, func() bool {
		var pending []int
		for i := range out {
			if out[i].Err.is(kerr.CoordinatorLoadInProgress, kerr.CoordinatorNotAvailable) {
				pending = append(pending, i)
			}
		}
		if len(pending) > 0 {
			findOnce(out, pending, func(req kmsg.Request) (*kmsg.FindCoordinatorResponse, *Error) {
				return askAny[*kmsg.FindCoordinatorResponse](ctx, r, req)
			})
		}
		return slices.ContainsFunc(pending, func(i int) bool {
			return out[i].Err.is(kerr.CoordinatorLoadInProgress, kerr.CoordinatorNotAvailable)
		})
	})
}

// findOnce fills in the coordinators of out[i] for every i pending.
func findOnce(out []Found, pending []int, ask func(kmsg.Request) (*kmsg.FindCoordinatorResponse, *Error)) {
	req := kmsg.NewPtrFindCoordinatorRequest()
	req.CoordinatorKey = out[pending[0]].Group // all that a broker before v4 understands
	for _, i := range pending {
		req.CoordinatorKeys = append(req.CoordinatorKeys, out[i].Group)
	}
	resp, e := ask(req)
	switch {
	case e != nil:
		for _, i := range pending {
			out[i].Err = e.of(ScopeGroup, out[i].Group)
		}
	case resp.Version < 4:
		f := &out[pending[0]]
		f.Coordinator = Broker{resp.NodeID, resp.Host, resp.Port}
		f.Err = kafkaError(ScopeGroup, f.Group, resp.ErrorCode, resp.ErrorMessage)
		each(pending[1:], func(i int) { findOnce(out, []int{i}, ask) })
	default:
		readFound(resp, out, pending)
	}
}

func readFound(resp *kmsg.FindCoordinatorResponse, out []Found, pending []int) {
	byKey := make(map[string]kmsg.FindCoordinatorResponseCoordinator, len(resp.Coordinators))
	for _, c := range resp.Coordinators {
		byKey[c.Key] = c
	}
	for _, i := range pending {
		f := &out[i]
		c, ok := byKey[f.Group]
		if !ok {
			f.Err = missing(ScopeGroup, f.Group)
			continue
		}
		f.Coordinator = Broker{c.NodeID, c.Host, c.Port}
		f.Err = kafkaError(ScopeGroup, f.Group, c.ErrorCode, c.ErrorMessage)
	}
}
