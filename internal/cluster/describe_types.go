package cluster

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

func (r *Run) describeClassic(ctx context.Context, node Broker, groups []string) ([]Described, map[string]*Error) {
	req := kmsg.NewPtrDescribeGroupsRequest()
	req.Groups, req.IncludeAuthorizedOperations = groups, r.rights
	resp, e := ask[*kmsg.DescribeGroupsResponse](ctx, r, node, req)
	if e != nil {
		return nil, allFailed(groups, e)
	}
	a := newAnswer(groups)
	for i := range resp.Groups {
		g := &resp.Groups[i]
		if g.ErrorCode == 0 && g.State == "Dead" { // up to v5 said of a group that is not there, or of another type
			g.ErrorCode = kerr.GroupIDNotFound.Code
		}
		if !a.add(g.Group, g.ErrorCode, g.ErrorMessage) {
			continue
		}
		d := Described{Group: g.Group, State: stateOf(g.State), Protocol: g.ProtocolType, Assignor: g.Protocol, Operations: r.operations(g.AuthorizedOperations)}
		d.Assigned = g.ProtocolType == "consumer" && (g.State == "Stable" || g.State == "Empty")
		for _, m := range g.Members {
			out := classicMember(g.ProtocolType, m)
			switch {
			case !d.Assigned || out.Assignment != nil:
			case len(m.MemberAssignment) == 0:
				out.Assignment = []Assigned{} // the assignor left it out: it has nothing
			default:
				d.Assigned = false // unreadable: nobody can say that a partition has no owner
			}
			d.Members = append(d.Members, out)
		}
		a.ok = append(a.ok, d)
	}
	return a.ok, a.failed
}

// classicMember reads the members' blobs only where they are the consumer's own
// (ConsumerProtocolSubscription.json, ConsumerProtocolAssignment.json): Connect's look different.
func classicMember(protocolType string, m kmsg.DescribeGroupsResponseGroupMember) Member {
	out := Member{ID: m.MemberID, InstanceID: m.InstanceID, ClientID: m.ClientID, Host: host(m.ClientHost)}
	if protocolType != "consumer" {
		return out
	}
	var sub kmsg.ConsumerMemberMetadata
	if sub.ReadFrom(m.ProtocolMetadata) == nil {
		out.Subscription, out.RackID = sorted(sub.Topics), sub.Rack
	}
	var asg kmsg.ConsumerMemberAssignment
	if len(m.MemberAssignment) > 0 && asg.ReadFrom(m.MemberAssignment) == nil {
		byTopic := map[string][]int32{}
		for _, t := range asg.Topics {
			byTopic[t.Topic] = append(byTopic[t.Topic], t.Partitions...)
		}
		out.Assignment = assignment(byTopic)
	}
	return out
}

func (r *Run) describeConsumer(ctx context.Context, node Broker, groups []string) ([]Described, map[string]*Error) {
	req := kmsg.NewPtrConsumerGroupDescribeRequest()
	req.Groups, req.IncludeAuthorizedOperations = groups, r.rights
	resp, e := ask[*kmsg.ConsumerGroupDescribeResponse](ctx, r, node, req)
	if e != nil {
		return nil, allFailed(groups, e)
	}
	a := newAnswer(groups)
	for i := range resp.Groups {
		g := &resp.Groups[i]
		if g.Group == "" && g.ErrorCode == kerr.UnknownServerError.Code { // Kafka 3.9, where 4.x says INVALID_GROUP_ID
			g.ErrorCode = kerr.InvalidGroupID.Code
		}
		if !a.add(g.Group, g.ErrorCode, g.ErrorMessage) {
			continue
		}
		d := Described{Group: g.Group, State: stateOf(g.State), Protocol: "consumer", Assignor: g.AssignorName, Assigned: true, Operations: r.operations(g.AuthorizedOperations)}
		for _, m := range g.Members {
			out := Member{
				ID: m.MemberID, InstanceID: m.InstanceID, RackID: m.RackID, Epoch: &m.MemberEpoch, ClientID: m.ClientID, Host: host(m.ClientHost),
				Subscription: sorted(m.SubscribedTopics),
				Assignment:   fromTopicPartitions(m.Assignment.TopicPartitions), Target: fromTopicPartitions(m.TargetAssignment.TopicPartitions),
			}
			if m.SubscribedTopicRegex != nil && *m.SubscribedTopicRegex != "" {
				out.Subscription = append(out.Subscription, *m.SubscribedTopicRegex)
			}
			d.Members = append(d.Members, out)
		}
		a.ok = append(a.ok, d)
	}
	return a.ok, a.failed
}

func (r *Run) describeShare(ctx context.Context, node Broker, groups []string) ([]Described, map[string]*Error) {
	req := kmsg.NewPtrShareGroupDescribeRequest()
	req.GroupIDs, req.IncludeAuthorizedOperations = groups, r.rights
	resp, e := ask[*kmsg.ShareGroupDescribeResponse](ctx, r, node, req)
	if e != nil {
		return nil, allFailed(groups, e)
	}
	a := newAnswer(groups)
	for i := range resp.Groups {
		g := &resp.Groups[i]
		if !a.add(g.GroupID, g.ErrorCode, g.ErrorMessage) {
			continue
		}
		d := Described{Group: g.GroupID, State: stateOf(g.GroupState), Protocol: "share", Assignor: g.Assignor, Assigned: true, Operations: r.operations(g.AuthorizedOperations)}
		for _, m := range g.Members {
			byTopic := map[string][]int32{}
			for _, t := range m.Assignment.TopicPartitions {
				byTopic[t.Topic] = append(byTopic[t.Topic], t.Partitions...)
			}
			d.Members = append(d.Members, Member{
				ID: m.MemberID, RackID: m.RackID, Epoch: &m.MemberEpoch, ClientID: m.ClientID, Host: host(m.ClientHost),
				Subscription: sorted(m.SubscribedTopicNames), Assignment: assignment(byTopic),
			})
		}
		a.ok = append(a.ok, d)
	}
	return a.ok, a.failed
}

func (r *Run) describeStreams(ctx context.Context, node Broker, groups []string) ([]Described, map[string]*Error) {
	req := kmsg.NewPtrStreamsGroupDescribeRequest()
	req.Groups, req.IncludeAuthorizedOperations = groups, r.rights
	resp, e := ask[*kmsg.StreamsGroupDescribeResponse](ctx, r, node, req)
	if e != nil {
		return nil, allFailed(groups, e)
	}
	a := newAnswer(groups)
	for i := range resp.Groups {
		g := &resp.Groups[i]
		if !a.add(g.Group, g.ErrorCode, g.ErrorMessage) {
			continue
		}
		sources := sourceTopics(g.Topology)
		d := Described{Group: g.Group, State: stateOf(g.State), Protocol: "streams", Assigned: g.Topology != nil, Operations: r.operations(g.AuthorizedOperations)}
		if g.AssignorName != nil {
			d.Assignor = *g.AssignorName
		}
		for _, m := range g.Members {
			d.Members = append(d.Members, Member{
				ID: m.MemberID, InstanceID: m.InstanceID, RackID: m.RackID, Epoch: &m.MemberEpoch, ClientID: m.ClientID, Host: host(m.ClientHost),
				Subscription: slices.Sorted(maps.Keys(subscribed(sources))),
				Assignment:   taskPartitions(m.Assignment.ActiveTasks, sources), Target: taskPartitions(m.TargetAssignment.ActiveTasks, sources),
				Tasks: &Tasks{tasks(m.Assignment.ActiveTasks), tasks(m.Assignment.StandbyTasks), tasks(m.Assignment.WarmupTasks)},
			})
		}
		a.ok = append(a.ok, d)
	}
	return a.ok, a.failed
}

// sourceTopics maps a subtopology to the topics it reads, for which the group commits offsets: an
// active task owns partition n of each of them.
func sourceTopics(t *kmsg.StreamsGroupDescribeResponseGroupTopology) map[string][]string {
	out := map[string][]string{}
	if t == nil {
		return out
	}
	for _, s := range t.Subtopologies {
		topics := slices.Clone(s.SourceTopics)
		for _, rt := range s.RepartitionSourceTopics {
			topics = append(topics, rt.Topic)
		}
		out[s.SubtopologyID] = topics
	}
	return out
}

func subscribed(sources map[string][]string) map[string]bool {
	out := map[string]bool{}
	for _, topics := range sources {
		for _, t := range topics {
			out[t] = true
		}
	}
	return out
}

func taskPartitions(ids []kmsg.TaskIDs, sources map[string][]string) []Assigned {
	byTopic := map[string][]int32{}
	for _, id := range ids {
		for _, t := range sources[id.SubtopologyID] {
			byTopic[t] = append(byTopic[t], id.Partitions...)
		}
	}
	return assignment(byTopic)
}

func tasks(ids []kmsg.TaskIDs) []Task {
	out := make([]Task, 0, len(ids))
	for _, id := range ids {
		out = append(out, Task{id.SubtopologyID, slices.Sorted(slices.Values(id.Partitions))})
	}
	slices.SortFunc(out, func(a, b Task) int { return cmp.Compare(a.Subtopology, b.Subtopology) })
	return out
}

func fromTopicPartitions(tps []kmsg.AssignmentTopicPartition) []Assigned {
	byTopic := map[string][]int32{}
	for _, t := range tps {
		byTopic[t.Topic] = append(byTopic[t.Topic], t.Partitions...)
	}
	return assignment(byTopic)
}

func assignment(byTopic map[string][]int32) []Assigned {
	out := make([]Assigned, 0, len(byTopic))
	for _, t := range slices.Sorted(maps.Keys(byTopic)) {
		out = append(out, Assigned{t, slices.Compact(slices.Sorted(slices.Values(byTopic[t])))})
	}
	return out
}

// host removes the slash that Java's InetAddress prints before an address.
func host(s string) string { return strings.TrimPrefix(s, "/") }

// answer collects what one describe response says of the groups asked for.
type answer struct {
	ok     []Described
	failed map[string]*Error
}

func newAnswer(groups []string) *answer {
	a := &answer{failed: make(map[string]*Error, len(groups))}
	for _, g := range groups {
		a.failed[g] = missing(ScopeGroup, g)
	}
	return a
}

// add notes that the response mentions the group, and reports whether it describes it.
func (a *answer) add(group string, code int16, msg *string) bool {
	e := kafkaError(ScopeGroup, group, code, msg)
	if e == nil {
		delete(a.failed, group)
		return true
	}
	a.failed[group] = e
	return false
}

// sorted is a sorted copy; never nil, which would mean unknown.
func sorted(words []string) []string {
	out := append([]string{}, words...)
	slices.Sort(out)
	return out
}
