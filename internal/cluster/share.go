package cluster

import (
	"context"
	"sync"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// ShareOffsets reads the start offsets of share groups, which stand where other groups have their
// committed offsets, with the broker's own lag: one request per coordinator. Groups come back in the
// order given.
func (r *Run) ShareOffsets(ctx context.Context, refs []Ref) []Commits {
	byGroup := make(map[string]Commits, len(refs))
	var mu sync.Mutex // guards byGroup
	errs := r.perCoordinator(ctx, refs, func(ctx context.Context, node Broker, groups []string) map[string]*Error {
		req := kmsg.NewPtrDescribeShareGroupOffsetsRequest()
		for _, g := range groups {
			rg := kmsg.NewDescribeShareGroupOffsetsRequestGroup()
			rg.GroupID, rg.Topics = g, nil // null: all topics of the group
			req.Groups = append(req.Groups, rg)
		}
		resp, e := ask[*kmsg.DescribeShareGroupOffsetsResponse](ctx, r, node, req)
		if e != nil {
			return allFailed(groups, e)
		}
		failed := map[string]*Error{}
		for _, g := range groups {
			failed[g] = missing(ScopeGroup, g)
		}
		mu.Lock()
		defer mu.Unlock()
		for i := range resp.Groups {
			g := &resp.Groups[i]
			failed[g.GroupID] = kafkaError(ScopeGroup, g.GroupID, g.ErrorCode, g.ErrorMessage)
			byGroup[g.GroupID] = shareCommits(g)
		}
		return failed
	})
	out := make([]Commits, len(refs))
	for i, ref := range refs {
		if out[i] = byGroup[ref.Group]; errs[ref.Group] != nil {
			out[i] = Commits{Err: errs[ref.Group]}
		}
		out[i].Group = ref.Group
	}
	return out
}

func shareCommits(g *kmsg.DescribeShareGroupOffsetsResponseGroup) Commits {
	c := Commits{Group: g.GroupID}
	for _, t := range g.Topics {
		for _, p := range t.Partitions {
			item := Commit{TP: TP{t.Topic, p.Partition}, Offset: p.StartOffset, LeaderEpoch: p.LeaderEpoch}
			item.Err = kafkaError(ScopePartition, item.TP.String(), p.ErrorCode, p.ErrorMessage)
			if p.Lag >= 0 {
				item.Lag = &p.Lag
			}
			c.Items = append(c.Items, item)
		}
	}
	return c.eachOnce()
}
