package cluster

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"

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

// Ref names a group for the requests about it.
type Ref struct {
	Group       string
	Type        GroupType // empty: unknown
	Coordinator *Broker   // nil: it is looked up first

	once bool // asked once only, though its coordinator moves
}

// Ref returns the reference to a listed group.
func (l Listed) Ref() Ref { return Ref{Group: l.Group, Type: l.Type, Coordinator: &l.Coordinator} }

// groupsOf lists the groups that one broker coordinates, sorted. A coordinator that is still loading
// is asked again for a while.
func (r *Run) groupsOf(ctx context.Context, node Broker) ([]Listed, *Error) {
	var out []Listed
	var e *Error
	r.backoff(ctx, func() bool {
		out, e = r.listOnce(ctx, node)
		return e.coordinatorMoves()
	})
	return out, e
}

// listOnce is one ListGroups request.
func (r *Run) listOnce(ctx context.Context, node Broker) ([]Listed, *Error) {
	resp, e := ask[*kmsg.ListGroupsResponse](ctx, r, node, kmsg.NewPtrListGroupsRequest())
	if e != nil {
		return nil, e
	}
	if e := kafkaError(ScopeBroker, node.Name(), resp.ErrorCode, nil); e != nil {
		return nil, e
	}
	r.mu.Lock()
	r.listed = r.listed || len(resp.Groups) > 0
	r.mu.Unlock()
	return listedOf(node, resp), nil
}

// ListedAny reports whether any broker has listed any group in this run, be it one that was asked for or not.
func (r *Run) ListedAny() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.listed
}

// States are the states of groups of all types, in Kafka's spelling.
func States() []string {
	return []string{"Assigning", "CompletingRebalance", "Dead", "Empty", "NotReady", "PreparingRebalance", "Reconciling", "Stable"}
}

// stateOf is a state in Kafka's spelling: the early access of KIP-848 (Kafka 3.7) wrote them small.
func stateOf(s string) string {
	for _, known := range States() {
		if strings.EqualFold(known, s) {
			return known
		}
	}
	return s
}

func listedOf(node Broker, resp *kmsg.ListGroupsResponse) []Listed {
	out := make([]Listed, 0, len(resp.Groups))
	for _, g := range resp.Groups {
		out = append(out, Listed{g.Group, GroupType(strings.ToLower(g.GroupType)), stateOf(g.GroupState), g.ProtocolType, node})
	}
	return eachGroupOnce(out)
}

func eachGroupOnce(all []Listed) []Listed {
	slices.SortStableFunc(all, func(a, b Listed) int { return cmp.Compare(a.Group, b.Group) })
	return slices.CompactFunc(all, func(a, b Listed) bool { return a.Group == b.Group })
}

// ListGroups lists the groups of all brokers, sorted, each once, with no more than a request to each: where
// brokers come and go groups may be missing without a word. What must be whole is for ReadGroups. Brokers must
// have been called.
func (r *Run) ListGroups(ctx context.Context) ([]Listed, []*Error) {
	r.mu.Lock()
	nodes := r.nodes
	r.mu.Unlock()
	lists, errs := make([][]Listed, len(nodes)), make([]*Error, len(nodes))
	var wg sync.WaitGroup
	for i, n := range nodes {
		wg.Go(func() { lists[i], errs[i] = r.groupsOf(ctx, n) })
	}
	wg.Wait()
	all := eachGroupOnce(slices.Concat(lists...)) // one that moves to another coordinator between two answers is in both
	return all, slices.DeleteFunc(errs, func(e *Error) bool { return e == nil })
}
