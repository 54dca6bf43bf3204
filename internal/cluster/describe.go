package cluster

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/twmb/franz-go/pkg/kerr"
)

// Described is one group as its coordinator describes it. Err: it could not be described, and all
// but Group is unknown.
type Described struct {
	Group       string
	Type        GroupType
	State       string
	Protocol    string      // protocol type, "consumer" for most
	Assignor    string      // "range", "uniform", …; empty if there is none yet
	Coordinator *Broker     // nil: unknown
	Members     []Member    // sorted by id
	Operations  *Operations // what this user may do with it; nil: not asked (see WithRights), or the broker does not say
	Err         *Error

	// Assigned says whether the members' assignments are known: not while a classic group
	// rebalances, nor for protocols other than the consumer's.
	Assigned bool
}

// Member is one member of a group. Absent is nil.
type Member struct {
	ID         string
	InstanceID *string // group.instance.id of a static member
	ClientID   string
	Host       string  // without Kafka's leading slash
	RackID     *string // unknown for classic members before Subscription v3
	Epoch      *int32  // classic members have none

	Assignment   []Assigned // what it works on now
	Target       []Assigned // what it is moving to; nil for classic and share members
	Subscription []string   // topics, or one regular expression; nil if unknown
	Tasks        *Tasks     // Streams members only
}

// Assigned are partitions of one topic, sorted.
type Assigned struct {
	Topic      string  `json:"topic"`
	Partitions []int32 `json:"partitions"`
}

// Tasks are the tasks of a Streams member, as subtopology and partitions.
type Tasks struct {
	Active  []Task `json:"active"`
	Standby []Task `json:"standby"`
	Warmup  []Task `json:"warmup"`
}

// Task is the work of one subtopology on some partitions.
type Task struct {
	Subtopology string  `json:"subtopologyId"`
	Partitions  []int32 `json:"partitions"`
}

// describer asks one coordinator about groups with one kind of describe request. ok holds the groups
// that it could describe.
type describer func(ctx context.Context, node Broker, groups []string) (ok []Described, failed map[string]*Error)

func (r *Run) describer(t GroupType) describer {
	switch t {
	case Consumer:
		return r.describeConsumer
	case Share:
		return r.describeShare
	case Streams:
		return r.describeStreams
	case Classic:
		return r.describeClassic
	}
	return func(_ context.Context, _ Broker, groups []string) ([]Described, map[string]*Error) {
		return nil, allFailed(groups, &Error{Scope: ScopeGroup, Code: CodeUnsupported, Message: fmt.Sprintf("this version of offsetctl does not know groups of type %q", t)})
	}
}

// Describe describes groups: one request per coordinator and type. It is the only place that knows
// which request a type needs. A group without a type is asked about as each of the candidate types,
// all together: the describe that succeeds proves the type, an error proves nothing. Groups come back
// in the order given; one that no describe knows has the error GROUP_ID_NOT_FOUND, see NotFound.
func (r *Run) Describe(ctx context.Context, refs []Ref, candidates ...GroupType) []Described {
	byType := map[GroupType][]Ref{}
	for _, ref := range refs {
		types := candidates
		if ref.Type != "" {
			types = []GroupType{ref.Type}
		}
		for _, t := range types {
			byType[t] = append(byType[t], ref)
		}
	}
	d := &described{byGroup: map[string]Described{}, failed: map[string]map[GroupType]*Error{}}
	var wg sync.WaitGroup
	for t, refs := range byType {
		wg.Go(func() { d.collect(ctx, r, t, refs) })
	}
	wg.Wait()
	out := make([]Described, len(refs))
	for i, ref := range refs {
		out[i] = d.result(ref)
	}
	return out
}

// NotFound reports whether there is no such group, or none of the types asked about.
func (d Described) NotFound() bool { return d.Err.UnknownGroup() }

// described collects the answers of several describes.
type described struct {
	mu      sync.Mutex
	byGroup map[string]Described
	failed  map[string]map[GroupType]*Error
}

func (d *described) collect(ctx context.Context, r *Run, t GroupType, refs []Ref) {
	describe := r.describer(t)
	errs := r.perCoordinator(ctx, refs, func(ctx context.Context, node Broker, groups []string) map[string]*Error {
		ok, failed := describe(ctx, node, groups)
		d.mu.Lock()
		defer d.mu.Unlock()
		for _, g := range ok {
			if _, ok := d.byGroup[g.Group]; ok && t == Classic {
				continue // some brokers answer the classic describe for every group: the newer one knows better
			}
			g.Type, g.Coordinator = t, &node
			slices.SortFunc(g.Members, func(a, b Member) int { return cmp.Compare(a.ID, b.ID) })
			d.byGroup[g.Group] = g
		}
		return failed
	})
	d.mu.Lock()
	defer d.mu.Unlock()
	for g, e := range errs {
		if e != nil {
			if d.failed[g] == nil {
				d.failed[g] = map[GroupType]*Error{}
			}
			d.failed[g][t] = e
		}
	}
}

// saysOtherType reports whether a describe failed in one of the ways that brokers have of saying
// that the group is not of this type, or not there at all. INVALID_GROUP_ID is what the newer
// requests say of the group with the empty name.
func (e *Error) saysOtherType() bool {
	return e.is(kerr.GroupIDNotFound, kerr.UnsupportedVersion, kerr.InvalidGroupID) || e != nil && e.Code == CodeUnsupported
}

func (d *described) result(ref Ref) Described {
	if g, ok := d.byGroup[ref.Group]; ok {
		return g
	}
	out := Described{Group: ref.Group, Type: ref.Type, Coordinator: ref.Coordinator}
	for _, t := range []GroupType{ref.Type, Classic, Consumer, Share, Streams} {
		// Of several reasons the one that is not "another type" is the telling one.
		if e := d.failed[ref.Group][t]; e != nil && (out.Err == nil || out.Err.saysOtherType()) {
			out.Err = e
		}
	}
	if out.Err == nil || ref.Type == "" && out.Err.saysOtherType() {
		out.Err = kafkaError(ScopeGroup, ref.Group, kerr.GroupIDNotFound.Code, ptr("no such group"))
	}
	return out
}
