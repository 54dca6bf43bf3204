package cluster

import (
	"context"
	"slices"
	"sync"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// GroupOutcome is an Outcome of a whole group.
type GroupOutcome struct {
	Group   string
	Err     *Error
	Unknown bool
}

// DeleteGroups deletes groups of any type, with their offsets, as far as they have no members: one request per
// coordinator. The groups, each named once, come back in the order given.
func (r *Run) DeleteGroups(ctx context.Context, refs []Ref) []GroupOutcome {
	name := func(g string) (Scope, string) { return ScopeGroup, g }
	f := fates[string]{name, make(map[string]fate, len(refs))}
	var mu sync.Mutex // guards f
	errs := r.perCoordinator(ctx, refs, func(ctx context.Context, node Broker, groups []string) map[string]*Error {
		a := r.deleteGroups(ctx, node, groups)
		mu.Lock()
		defer mu.Unlock()
		failed := map[string]*Error{}
		again, _ := f.record(groups, a)
		for _, g := range again {
			failed[g] = f.of[g].err
		}
		return failed
	})
	out := make([]GroupOutcome, len(refs))
	for i, ref := range refs {
		of := f.of[ref.Group]
		if e := errs[ref.Group]; e != nil {
			of.err = e
		}
		out[i] = GroupOutcome{ref.Group, of.err, of.unknown}
	}
	return out
}

func (r *Run) deleteGroups(ctx context.Context, node Broker, groups []string) verdict[string] {
	req := kmsg.NewPtrDeleteGroupsRequest()
	req.Groups = slices.Clone(groups)
	resp, lost := write[*kmsg.DeleteGroupsResponse](ctx, r, node, req)
	if lost.err != nil {
		return verdict[string]{fate: lost}
	}
	each := map[string]*Error{}
	for _, g := range resp.Groups {
		each[g.Group] = kafkaError(ScopeGroup, g.Group, g.ErrorCode, g.ErrorMessage)
	}
	return verdict[string]{each: each}
}
