package cluster

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// Commits are all committed offsets of one group, sorted by topic and partition. Err: they could not
// be read.
type Commits struct {
	Group string
	Items []Commit
	Err   *Error
}

// Commit is the committed offset of one partition.
type Commit struct {
	TP
	Offset      int64  // next offset to read; negative (some clients store −1) means none
	LeaderEpoch int32  // -1: unknown, as for explicit commits
	Metadata    string // free text of the committer
	Pending     bool   // a transaction that commits another offset is open; Offset is the last stable one
	Lag         *int64 // share groups: the broker's own lag; nil if it gave none
	Err         *Error // the offset could not be read
}

// Committed reads the committed offsets of the groups given, as stable as they are: one request per
// coordinator, and a second one for groups with an open transaction. Groups come back in the order
// given.
func (r *Run) Committed(ctx context.Context, refs []Ref) []Commits {
	c := &committed{r: r, byGroup: make(map[string]*Commits, len(refs))}
	errs := r.perCoordinator(ctx, refs, c.ask)
	out := make([]Commits, len(refs))
	for i, ref := range refs {
		out[i] = Commits{Group: ref.Group, Err: errs[ref.Group]}
		if got := c.byGroup[ref.Group]; got != nil && out[i].Err == nil {
			out[i] = *got
		} else if out[i].Err == nil {
			out[i].Err = missing(ScopeGroup, ref.Group)
		}
	}
	return out
}

// committed collects the answers of several coordinators.
type committed struct {
	r       *Run
	mu      sync.Mutex
	byGroup map[string]*Commits
}

func (c *committed) ask(ctx context.Context, node Broker, groups []string) map[string]*Error {
	got, failed := c.r.offsetFetch(ctx, node, groups, true)
	var unstable []string
	for _, g := range got {
		if slices.ContainsFunc(g.Items, isUnstable) {
			unstable = append(unstable, g.Group)
		}
	}
	if len(unstable) > 0 {
		// Where this second question fails, the first answer stands, and its unstable partitions say so.
		second, _ := c.r.offsetFetch(ctx, node, unstable, false)
		got = append(got, markPending(got, second)...)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, g := range got {
		c.byGroup[g.Group] = &g // a later entry of a group, with its pending marks, replaces the first
	}
	return failed
}

func isUnstable(c Commit) bool { return c.Err.is(kerr.UnstableOffsetCommit) }

// markPending marks in the second answer, which has every offset, those that the first one called
// unstable.
func markPending(first, second []Commits) []Commits {
	unstable := map[string]map[TP]bool{}
	for _, g := range first {
		m := map[TP]bool{}
		for _, c := range g.Items {
			m[c.TP] = isUnstable(c)
		}
		unstable[g.Group] = m
	}
	for _, g := range second {
		for i := range g.Items {
			g.Items[i].Pending = unstable[g.Group][g.Items[i].TP]
		}
	}
	return second
}

// offsetFetch reads all commits of the groups from one coordinator. A broker before Kafka 3.0 takes
// one group per request and would answer a batch for its first group only.
func (r *Run) offsetFetch(ctx context.Context, node Broker, groups []string, stable bool) ([]Commits, map[string]*Error) {
	first := groups
	single := r.takesOneGroup(node)
	if single {
		first = groups[:1]
	}
	slots := r.slotsOf(node)
	slots <- struct{}{} // also here: of many groups each chunk comes by
	got, failed, old := r.offsetFetchOnce(ctx, node, first, stable)
	<-slots
	if !old && !single || len(groups) == 1 {
		return got, failed
	}
	r.mu.Lock()
	r.single[node.Addr()] = true
	r.mu.Unlock()
	var mu sync.Mutex // guards got, failed
	each(groups[1:], slots, func(g string) {
		one, errs, _ := r.offsetFetchOnce(ctx, node, []string{g}, stable)
		mu.Lock()
		defer mu.Unlock()
		got = append(got, one...)
		maps.Copy(failed, errs)
	})
	return got, failed
}

func (r *Run) takesOneGroup(node Broker) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.single[node.Addr()]
}

func (r *Run) offsetFetchOnce(ctx context.Context, node Broker, groups []string, stable bool) (got []Commits, failed map[string]*Error, old bool) {
	req := kmsg.NewPtrOffsetFetchRequest()
	req.RequireStable = stable
	req.Group = groups[0] // all that a broker before v8 understands; null topics: all that have commits
	for _, g := range groups {
		rg := kmsg.NewOffsetFetchRequestGroup()
		rg.Group, rg.MemberEpoch = g, -1
		req.Groups = append(req.Groups, rg)
	}
	resp, e := ask[*kmsg.OffsetFetchResponse](ctx, r, node, req)
	if e != nil {
		return nil, allFailed(groups, e), false
	}
	failed = map[string]*Error{}
	if resp.Version < 8 {
		one := kmsg.OffsetFetchResponseGroup{Group: groups[0], ErrorCode: resp.ErrorCode, Topics: upgraded(resp.Topics)}
		got = appendCommits(got, failed, &one)
		return got, failed, true
	}
	for _, g := range groups {
		failed[g] = missing(ScopeGroup, g)
	}
	for i := range resp.Groups {
		delete(failed, resp.Groups[i].Group)
		got = appendCommits(got, failed, &resp.Groups[i])
	}
	return got, failed, false
}

func upgraded(topics []kmsg.OffsetFetchResponseTopic) []kmsg.OffsetFetchResponseGroupTopic {
	out := make([]kmsg.OffsetFetchResponseGroupTopic, 0, len(topics))
	for _, t := range topics {
		nt := kmsg.OffsetFetchResponseGroupTopic{Topic: t.Topic}
		for _, p := range t.Partitions {
			nt.Partitions = append(nt.Partitions, kmsg.OffsetFetchResponseGroupTopicPartition{
				Partition: p.Partition, Offset: p.Offset, LeaderEpoch: p.LeaderEpoch, Metadata: p.Metadata, ErrorCode: p.ErrorCode,
			})
		}
		out = append(out, nt)
	}
	return out
}

func appendCommits(got []Commits, failed map[string]*Error, g *kmsg.OffsetFetchResponseGroup) []Commits {
	if e := kafkaError(ScopeGroup, g.Group, g.ErrorCode, nil); e != nil {
		failed[g.Group] = e
		return got
	}
	// Sorted where they stand, topic by topic, which moves less than sorting the commits.
	slices.SortFunc(g.Topics, func(a, b kmsg.OffsetFetchResponseGroupTopic) int { return cmp.Compare(a.Topic, b.Topic) })
	n := 0
	for i := range g.Topics {
		ps := g.Topics[i].Partitions
		slices.SortFunc(ps, func(a, b kmsg.OffsetFetchResponseGroupTopicPartition) int {
			return cmp.Compare(a.Partition, b.Partition)
		})
		n += len(ps)
	}
	c := Commits{Group: g.Group, Items: make([]Commit, 0, n)}
	for i := range g.Topics {
		t := &g.Topics[i]
		for k := range t.Partitions {
			p := &t.Partitions[k]
			item := Commit{TP: TP{t.Topic, p.Partition}, Offset: p.Offset, LeaderEpoch: p.LeaderEpoch}
			if p.ErrorCode != 0 {
				item.Err = kafkaError(ScopePartition, item.TP.String(), p.ErrorCode, nil)
			}
			if p.Metadata != nil {
				item.Metadata = *p.Metadata
			}
			c.Items = append(c.Items, item)
		}
	}
	return append(got, c.eachOnce())
}

// eachOnce sorts what is not sorted, because the answer named a topic twice, and drops what it named
// twice.
func (c Commits) eachOnce() Commits {
	compare := func(a, b Commit) int { return CompareTP(a.TP, b.TP) }
	if !slices.IsSortedFunc(c.Items, compare) {
		slices.SortStableFunc(c.Items, compare)
	}
	c.Items = slices.CompactFunc(c.Items, func(a, b Commit) bool { return a.TP == b.TP })
	return c
}
