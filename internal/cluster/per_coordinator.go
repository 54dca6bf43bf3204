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
				ref.Coordinator = nil
			}
			if e.CoordinatorMoves() {
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
		if ref.Coordinator == nil {
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
			refs[at[k]].Coordinator = &f.Coordinator
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
