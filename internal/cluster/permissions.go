package cluster

import (
	"context"
	"sync"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// Operations are what a user may do with a resource, as a broker says it (KIP-430): a bit for each of Kafka's operations.
type Operations int32

// Allow reports whether an operation is among them.
func (o Operations) Allow(op kmsg.ACLOperation) bool { return o&(1<<op) != 0 }

// unknownOperations is what brokers say where they do not know, or were not asked.
const unknownOperations = -1 << 31

// operations are those of an answer; nil: the broker does not say.
func operations(bits int32) *Operations {
	if bits == unknownOperations {
		return nil
	}
	o := Operations(bits)
	return &o
}

// Permissions are what this user may do that offsetctl does.
type Permissions struct {
	Cluster *Operations       // nil: the broker does not say, being older than Kafka 2.8
	Offsets *Operations       // on __consumer_offsets; nil: there is no such topic yet, or the broker does not say
	Groups  []GroupOperations // of the groups that the user sees, sorted by name
}

// GroupOperations are what a user may do with one group.
type GroupOperations struct {
	Group      string
	Operations *Operations // nil: the broker does not say, or Err
	Err        *Error      // why they are not known; that it is not even allowed to describe the group is none
}

// PermissionRounds is how many dependent rounds of requests Permissions takes after Brokers.
const PermissionRounds = 2

// Permissions asks what this user may do with the cluster, with __consumer_offsets and with at most so many groups. The run must
// know the brokers.
func (r *Run) Permissions(ctx context.Context, groups int) (Permissions, []*Error) {
	var out Permissions
	var errs Errors
	var mu sync.Mutex
	keep := func(e *Error) {
		mu.Lock()
		defer mu.Unlock()
		errs.Add(e)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		ops, e := r.clusterOperations(ctx)
		out.Cluster = ops
		keep(e)
	})
	wg.Go(func() {
		ops, e := r.offsetsOperations(ctx)
		out.Offsets = ops
		keep(e)
	})
	wg.Go(func() {
		listed, failed := r.ListGroups(ctx)
		for _, e := range failed {
			keep(e)
		}
		out.Groups = r.Left(r.rounds-1).groupOperations(ctx, listed[:min(len(listed), groups)])
	})
	wg.Wait()
	return out, errs.All
}

// clusterOperations asks with DescribeCluster (KIP-700), of Kafka 2.8.
func (r *Run) clusterOperations(ctx context.Context) (*Operations, *Error) {
	req := kmsg.NewPtrDescribeClusterRequest()
	req.IncludeClusterAuthorizedOperations = true
	resp, e := askAny[*kmsg.DescribeClusterResponse](ctx, r, req)
	if e != nil {
		if e.Code == CodeUnsupported {
			e = nil
		}
		return nil, e
	}
	if e := kafkaError(ScopeBroker, r.seed.Name(), resp.ErrorCode, resp.ErrorMessage); e != nil {
		return nil, e
	}
	return operations(resp.ClusterAuthorizedOperations), nil
}

func (r *Run) offsetsOperations(ctx context.Context) (*Operations, *Error) {
	req := metadataRequest([]string{OffsetsTopic})
	req.IncludeTopicAuthorizedOperations = true
	resp, e := askAny[*kmsg.MetadataResponse](ctx, r, req)
	if e != nil {
		return nil, e
	}
	for _, t := range resp.Topics {
		if t.Topic == nil || *t.Topic != OffsetsTopic {
			continue
		}
		switch t.ErrorCode {
		case 0:
			return operations(t.AuthorizedOperations), nil
		case kerr.TopicAuthorizationFailed.Code: // not even to describe it
			return new(Operations), nil
		}
	}
	return nil, nil
}

// groupOperations asks the groups' coordinators. DescribeGroups up to version 5 answers for groups of every type: one of another
// than classic is Dead there, and what the user may do with it is said all the same.
func (r *Run) groupOperations(ctx context.Context, listed []Listed) []GroupOperations {
	refs := make([]Ref, len(listed))
	out := make([]GroupOperations, len(listed))
	at := map[string]int{}
	for i, l := range listed {
		refs[i], out[i].Group, at[l.Group] = l.Ref(), l.Group, i
	}
	var mu sync.Mutex
	failed := r.perCoordinator(ctx, refs, func(ctx context.Context, node Broker, groups []string) map[string]*Error {
		req := kmsg.NewPtrDescribeGroupsRequest()
		req.Groups, req.IncludeAuthorizedOperations = groups, true
		resp, e := ask[*kmsg.DescribeGroupsResponse](ctx, r, node, req)
		if e != nil {
			return allFailed(groups, e)
		}
		a := newAnswer(groups)
		mu.Lock()
		defer mu.Unlock()
		for i := range resp.Groups {
			if g := &resp.Groups[i]; a.add(g.Group, g.ErrorCode, g.ErrorMessage) {
				out[at[g.Group]].Operations = operations(g.AuthorizedOperations)
			}
		}
		return a.failed
	})
	for group, e := range failed {
		if e.Unauthorized() { // which is an answer: not even to describe it
			out[at[group]].Operations = new(Operations)
			continue
		}
		out[at[group]].Err = e
	}
	return out
}

// HiddenGroups is why there may be groups that the brokers did not list: to a user who may not describe the cluster they list
// only the groups that he may describe, without a word (KafkaApis). One request. nil: they list all, or do not say, being older
// than Kafka 2.8.
func (r *Run) HiddenGroups(ctx context.Context) *Error {
	ops, e := r.clusterOperations(ctx)
	if e != nil || ops == nil || ops.Allow(kmsg.ACLOperationDescribe) {
		return nil
	}
	e = kafkaError(ScopeBroker, r.seed.Name(), kerr.ClusterAuthorizationFailed.Code, nil)
	e.Message = "it lists only groups that this user may describe"
	return e
}
