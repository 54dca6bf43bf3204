package cluster

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// GroupType is the protocol a group follows, in lower case. Empty means unknown: the broker is
// older than Kafka 3.8 and did not say.
type GroupType string

// The group types of Kafka 4.
const (
	Classic  GroupType = "classic"
	Consumer GroupType = "consumer" // KIP-848
	Share    GroupType = "share"    // KIP-932
	Streams  GroupType = "streams"  // KIP-1071
)

// Listed is one group as its coordinator lists it.
type Listed struct {
	Group       string
	Type        GroupType
	State       string // Kafka's spelling; empty if the broker is older than Kafka 2.6
	Protocol    string // protocol type: "consumer", "connect", "share", …; empty for groups with commits only
	Coordinator Broker
}

// Ref names a group for the requests about it. Without a coordinator (ID -1) it is looked up first.
type Ref struct {
	Group       string
	Type        GroupType
	Coordinator Broker
}

// Ref returns the reference to a listed group.
func (l Listed) Ref() Ref { return Ref{l.Group, l.Type, l.Coordinator} }

// GroupsOf lists the groups that one broker coordinates, sorted. A coordinator that is still loading
// is asked again for a while.
func (r *Run) GroupsOf(ctx context.Context, node Broker) ([]Listed, *Error) {
	var out []Listed
	var e *Error
	r.backoff(ctx, func() bool {
		var resp *kmsg.ListGroupsResponse
		resp, e = ask[*kmsg.ListGroupsResponse](ctx, r, node, kmsg.NewPtrListGroupsRequest())
		if e != nil {
			return false
		}
		e = kafkaError(ScopeBroker, node.Name(), resp.ErrorCode, nil)
		out = listedOf(node, resp)
		return e.is(kerr.CoordinatorLoadInProgress, kerr.CoordinatorNotAvailable)
	})
	if e != nil {
		return nil, e
	}
	return out, nil
}

func listedOf(node Broker, resp *kmsg.ListGroupsResponse) []Listed {
	out := make([]Listed, 0, len(resp.Groups))
	for _, g := range resp.Groups {
		out = append(out, Listed{g.Group, GroupType(strings.ToLower(g.GroupType)), g.GroupState, g.ProtocolType, node})
	}
	return eachGroupOnce(out)
}

func eachGroupOnce(all []Listed) []Listed {
	slices.SortStableFunc(all, func(a, b Listed) int { return cmp.Compare(a.Group, b.Group) })
	return slices.CompactFunc(all, func(a, b Listed) bool { return a.Group == b.Group })
}

// ListGroups lists the groups of all brokers, sorted, each once. Brokers must have been called.
func (r *Run) ListGroups(ctx context.Context) ([]Listed, []*Error) {
	r.mu.Lock()
	nodes := r.nodes
	r.mu.Unlock()
	lists, errs := make([][]Listed, len(nodes)), make([]*Error, len(nodes))
	var wg sync.WaitGroup
	for i, n := range nodes {
		wg.Go(func() { lists[i], errs[i] = r.GroupsOf(ctx, n) })
	}
	wg.Wait()
	all := eachGroupOnce(slices.Concat(lists...)) // one that moves to another coordinator between two answers is in both
	return all, slices.DeleteFunc(errs, func(e *Error) bool { return e == nil })
}

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

// askGroups asks one coordinator about several groups and returns the error of each group that has
// one; it keeps what succeeded itself.
type askGroups func(ctx context.Context, node Broker, groups []string) map[string]*Error

// groupsPerRequest bounds one request: with more groups the answer may grow beyond what a connection
// accepts in one piece.
const groupsPerRequest = 500

// perCoordinator sends ask to the coordinator of every group, all at once. Groups whose coordinator
// has moved are looked up again, and those whose coordinator is loading are asked again, for a while.
// It returns the errors that remain, by group.
func (r *Run) perCoordinator(ctx context.Context, refs []Ref, ask askGroups) map[string]*Error {
	failed := map[string]*Error{}
	refs = slices.Clone(refs)
	r.backoff(ctx, func() bool {
		lost := r.locate(ctx, refs) // after the wait: at once it would often find the old one
		maps.Copy(failed, lost)
		refs = slices.DeleteFunc(refs, func(ref Ref) bool { return lost[ref.Group] != nil })
		for _, ref := range refs {
			delete(failed, ref.Group) // only now: where the time is up, the last error stands
		}
		maps.Copy(failed, r.askOnce(ctx, refs, ask))
		var again []Ref
		for _, ref := range refs {
			e := failed[ref.Group]
			if e.is(kerr.NotCoordinator) {
				ref.Coordinator.ID = -1
			}
			if e.is(kerr.NotCoordinator, kerr.CoordinatorLoadInProgress, kerr.CoordinatorNotAvailable) {
				again = append(again, ref)
			}
		}
		refs = again
		return len(refs) > 0
	})
	return failed
}

// locate fills in the coordinators that the refs lack. It returns why, by group, where one could not
// be found.
func (r *Run) locate(ctx context.Context, refs []Ref) map[string]*Error {
	var names []string
	var at []int
	for i, ref := range refs {
		if ref.Coordinator.ID < 0 {
			names, at = append(names, ref.Group), append(at, i)
		}
	}
	failed := map[string]*Error{}
	if len(names) == 0 {
		return failed
	}
	for k, f := range r.FindGroups(ctx, names) {
		if f.Err != nil {
			failed[f.Group] = f.Err
		} else {
			refs[at[k]].Coordinator = f.Coordinator
		}
	}
	return failed
}

func (r *Run) askOnce(ctx context.Context, refs []Ref, ask askGroups) map[string]*Error {
	byNode := map[Broker][]string{}
	for _, ref := range refs {
		byNode[ref.Coordinator] = append(byNode[ref.Coordinator], ref.Group)
	}
	failed := map[string]*Error{}
	var mu sync.Mutex // guards failed
	var wg sync.WaitGroup
	for node, groups := range byNode {
		for chunk := range slices.Chunk(groups, groupsPerRequest) {
			wg.Go(func() {
				errs := ask(ctx, node, chunk)
				mu.Lock()
				defer mu.Unlock()
				maps.Copy(failed, errs)
			})
		}
	}
	wg.Wait()
	return failed
}

// allFailed is the answer of an askGroups whose request failed as a whole.
func allFailed(groups []string, e *Error) map[string]*Error {
	m := make(map[string]*Error, len(groups))
	for _, g := range groups {
		m[g] = e.of(ScopeGroup, g)
	}
	return m
}

// inFlight bounds the requests that wait for one broker at a time where each is for one group only:
// their clocks run while they queue.
const inFlight = 64

// each calls do for every item, inFlight at a time.
func each[T any](items []T, do func(T)) {
	var wg sync.WaitGroup
	slots := make(chan struct{}, inFlight)
	for _, item := range items {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			do(item)
		})
	}
	wg.Wait()
}
