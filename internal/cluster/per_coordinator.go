package cluster

import (
	"context"
	"maps"
	"slices"
	"sync"

	"github.com/twmb/franz-go/pkg/kerr"
)

// askGroups asks one coordinator about several groups and returns the error of each group that has
// one; it keeps what succeeded itself.
type askGroups func(ctx context.Context, node Broker, groups []string) map[string]*Error

// groupsPerRequest bounds one request: with more groups the answer may grow beyond what a connection
// accepts in one piece.
const groupsPerRequest = 500

// perCoordinator sends ask to the coordinator of every group, all at once. Groups whose coordinator
// is moving or loading are looked up and asked again, for a while: this is where waiting for
// coordinators is done, and nothing below it waits. It returns the errors that remain, by group.
func (r *Run) perCoordinator(ctx context.Context, refs []Ref, ask askGroups) map[string]*Error {
	failed := map[string]*Error{}
	refs = slices.Clone(refs)
	r.backoff(ctx, func() bool {
		lost := r.locate(ctx, refs) // after the wait: at once it would often find the old one
		var located []Ref
		for _, ref := range refs {
			if lost[ref.Group] == nil {
				located = append(located, ref)
				delete(failed, ref.Group) // only now: where the time is up, the last error stands
			}
		}
		maps.Copy(failed, lost)
		maps.Copy(failed, r.askOnce(ctx, located, ask))
		refs = slices.DeleteFunc(refs, func(ref Ref) bool { return ref.once || !failed[ref.Group].coordinatorMoves() })
		for i := range refs {
			if failed[refs[i].Group].is(kerr.NotCoordinator) {
				refs[i].Coordinator = nil
			}
		}
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
		if ref.Coordinator == nil {
			names, at = append(names, ref.Group), append(at, i)
		}
	}
	failed := map[string]*Error{}
	for k, c := range r.findCoordinators(ctx, names) {
		if c.Err != nil {
			failed[c.Group] = c.Err
		} else {
			refs[at[k]].Coordinator = &c.Broker
		}
	}
	return failed
}

func (r *Run) askOnce(ctx context.Context, refs []Ref, ask askGroups) map[string]*Error {
	byNode := map[Broker][]string{}
	for _, ref := range refs {
		byNode[*ref.Coordinator] = append(byNode[*ref.Coordinator], ref.Group)
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
		m[g] = e.Of(ScopeGroup, g)
	}
	return m
}

// inFlight bounds the requests that wait for one broker at a time where each is for one group only:
// their clocks run while they queue.
const inFlight = 64

// slotsOf are the places for requests to one broker that are sent one per group.
func (r *Run) slotsOf(node Broker) chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	slots := r.slots[node.Addr()]
	if slots == nil {
		slots = make(chan struct{}, inFlight)
		r.slots[node.Addr()] = slots
	}
	return slots
}

// each calls do for every item, as many at a time as there are slots.
func each[T any](items []T, slots chan struct{}, do func(T)) {
	var wg sync.WaitGroup
	for _, item := range items {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			do(item)
		})
	}
	wg.Wait()
}
