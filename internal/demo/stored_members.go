package demo

import (
	"context"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// membership are the records of a group that are not commits, in the order in which brokers write them. Groups that only
// ever committed have none.
func (c *Cluster) membership(ctx context.Context, k kind, info *kfake.GroupInfo) ([]stored, error) {
	switch k {
	case consumer:
		return c.consumerRecords(ctx, info.Group)
	case share:
		return c.shareRecords(ctx, info.Group)
	}
	return c.classicRecords(ctx, info)
}

func (c *Cluster) classicRecords(ctx context.Context, info *kfake.GroupInfo) ([]stored, error) {
	req := kmsg.NewPtrDescribeGroupsRequest()
	req.Groups = []string{info.Group}
	resp, err := req.RequestWith(ctx, c.coordinator(info.Group))
	if err != nil {
		return nil, err
	}
	g := resp.Groups[0]
	if err := kerr.ErrorForCode(g.ErrorCode); err != nil || g.ProtocolType == "" {
		return nil, err
	}
	slices.SortFunc(g.Members, func(a, b kmsg.DescribeGroupsResponseGroupMember) int { return strings.Compare(a.MemberID, b.MemberID) })
	value := fields{"protocolType": g.ProtocolType, "generation": info.Epoch, "protocol": nil, "leader": nil, "members": []fields{}}
	if len(g.Members) > 0 {
		value["protocol"], value["leader"] = g.Protocol, c.leaderOf(g, info.Epoch)
	}
	for _, m := range g.Members {
		value["members"] = append(value["members"].([]fields), fields{
			"memberId": m.MemberID, "groupInstanceId": m.InstanceID,
			"clientId": m.ClientID, "clientHost": m.ClientHost,
			"rebalanceTimeout": rebalanceTimeout.Milliseconds(), "sessionTimeout": sessionTimeout.Milliseconds(),
			"subscription": m.ProtocolMetadata, "assignment": m.MemberAssignment,
		})
	}
	s, err := classicRecord(g.Group, value)
	return []stored{s}, err
}

func classicRecord(group string, value fields) (stored, error) {
	return newStored(groupMetadata, classicVersion, fields{"group": group}, value, "currentStateTimestamp")
}

// newborn is what Kafka 4 writes of a classic group before its first member is in it.
func newborn(group string) (stored, error) {
	return classicRecord(group, fields{"protocolType": "", "generation": 0, "protocol": nil, "leader": nil, "members": []fields{}})
}

// leaderOf is the member that assigned the partitions. Describes do not tell; of a group that is not ours it is a guess.
func (c *Cluster) leaderOf(g kmsg.DescribeGroupsResponseGroup, generation int32) string {
	for _, m := range c.members {
		m.mu.Lock()
		leader, current := m.leader, m.generation == generation && m.leader != ""
		m.mu.Unlock()
		if m.group.name == g.Group && current {
			return leader
		}
	}
	return g.Members[0].MemberID
}

func (c *Cluster) consumerRecords(ctx context.Context, group string) ([]stored, error) {
	req := kmsg.NewPtrConsumerGroupDescribeRequest()
	req.Groups = []string{group}
	req.UnknownTags.Set(innerTag, nil) // topics' names are not needed
	resp, err := req.RequestWith(ctx, c.coordinator(group))
	if err != nil {
		return nil, err
	}
	g := resp.Groups[0]
	if err := kerr.ErrorForCode(g.ErrorCode); err != nil {
		return nil, err
	}
	slices.SortFunc(g.Members, func(a, b kmsg.ConsumerGroupDescribeResponseGroupMember) int {
		return strings.Compare(a.MemberID, b.MemberID)
	})
	var b builder
	topics := make(map[string]bool)
	for _, m := range g.Members {
		for _, t := range m.SubscribedTopics {
			topics[t] = true
		}
		b.member(consumerMember, group, m.MemberID, "", fields{
			"instanceId": m.InstanceID, "rackId": m.RackID, "clientId": m.ClientID, "clientHost": m.ClientHost,
			"subscribedTopicNames": m.SubscribedTopics, "subscribedTopicRegex": deref(m.SubscribedTopicRegex),
			"rebalanceTimeoutMs": rebalanceTimeout.Milliseconds(), "serverAssignor": g.AssignorName,
		})
	}
	metadata := fields{"epoch": g.Epoch}
	if len(g.Members) > 0 {
		metadata["metadataHash"] = c.metadataHash(topics)
	}
	b.group(consumerMetadata, group, "", metadata)
	for _, m := range g.Members {
		b.member(consumerTargetMember, group, m.MemberID, "", fields{"topicPartitions": c.partitionsOf(m.TargetAssignment, nil)})
	}
	b.group(consumerTarget, group, "assignmentTimestamp", fields{"assignmentEpoch": g.AssignmentEpoch})
	for _, m := range g.Members {
		b.member(consumerCurrent, group, m.MemberID, "", fields{
			"memberEpoch": m.MemberEpoch, "previousMemberEpoch": m.MemberEpoch - 1, "state": memberStable,
			"assignedPartitions":          c.partitionsOf(m.Assignment, &m.MemberEpoch),
			"partitionsPendingRevocation": []fields{},
		})
	}
	return b.records, b.err
}

func (c *Cluster) shareRecords(ctx context.Context, group string) ([]stored, error) {
	req := kmsg.NewPtrShareGroupDescribeRequest()
	req.GroupIDs = []string{group}
	resp, err := req.RequestWith(ctx, c.coordinator(group))
	if err != nil {
		return nil, err
	}
	g := resp.Groups[0]
	if err := kerr.ErrorForCode(g.ErrorCode); err != nil {
		return nil, err
	}
	slices.SortFunc(g.Members, func(a, b kmsg.ShareGroupDescribeResponseGroupMember) int {
		return strings.Compare(a.MemberID, b.MemberID)
	})
	var b builder
	topics := make(map[string]bool)
	for _, m := range g.Members {
		for _, t := range m.SubscribedTopicNames {
			topics[t] = true
		}
		b.member(shareMember, group, m.MemberID, "", fields{
			"rackId": m.RackID, "clientId": m.ClientID, "clientHost": m.ClientHost, "subscribedTopicNames": m.SubscribedTopicNames,
		})
	}
	b.group(shareMetadata, group, "", fields{"epoch": g.GroupEpoch, "metadataHash": c.metadataHash(topics)})
	for _, m := range g.Members {
		b.member(shareTargetMember, group, m.MemberID, "", fields{"topicPartitions": c.sharePartitions(m.Assignment)})
	}
	b.group(shareTarget, group, "assignmentTimestamp", fields{"assignmentEpoch": g.AssignmentEpoch})
	for _, m := range g.Members {
		b.member(shareCurrent, group, m.MemberID, "", fields{
			"memberEpoch": m.MemberEpoch, "previousMemberEpoch": m.MemberEpoch - 1, "state": memberStable,
			"assignedPartitions": c.sharePartitions(m.Assignment),
		})
	}
	b.group(shareStateMetadata, group, "", fields{
		"initializingTopics": []fields{}, "initializedTopics": c.wholeTopics(topics), "deletingTopics": []fields{},
	})
	return b.records, b.err
}

// builder collects records and keeps the first error.
type builder struct {
	records []stored
	err     error
}

func (b *builder) group(typ int16, group, timed string, value fields) {
	b.add(typ, fields{"groupId": group}, timed, value)
}

func (b *builder) member(typ int16, group, member, timed string, value fields) {
	b.add(typ, fields{"groupId": group, "memberId": member}, timed, value)
}

func (b *builder) add(typ int16, key fields, timed string, value fields) {
	s, err := newStored(typ, newestVersion, key, value, timed)
	if b.err == nil {
		b.err = err
	}
	b.records = append(b.records, s)
}

// partitionsOf are assigned partitions, in the order of topics; epoch, if any, is the one in which the member was given
// each of them (KIP-1251).
func (c *Cluster) partitionsOf(assigned kmsg.Assignment, epoch *int32) []fields {
	byName := make(map[string]fields)
	for _, t := range assigned.TopicPartitions {
		f := fields{"topicId": idText(t.TopicID), "partitions": slices.Sorted(slices.Values(t.Partitions))}
		if epoch != nil {
			f["assignmentEpochs"] = slices.Repeat([]int32{*epoch}, len(t.Partitions))
		}
		byName[c.topic(t.TopicID)] = f
	}
	return inOrder(byName)
}

func (c *Cluster) sharePartitions(assigned kmsg.ShareGroupDescribeResponseGroupMemberAssignment) []fields {
	byName := make(map[string]fields)
	for _, t := range assigned.TopicPartitions {
		byName[c.topic(t.TopicID)] = fields{"topicId": idText(t.TopicID), "partitions": slices.Sorted(slices.Values(t.Partitions))}
	}
	return inOrder(byName)
}

func inOrder(byName map[string]fields) []fields {
	list := []fields{}
	for _, name := range sorted(byName) {
		list = append(list, byName[name])
	}
	return list
}

// wholeTopics are all partitions of the topics.
func (c *Cluster) wholeTopics(topics map[string]bool) []fields {
	list := []fields{}
	for _, name := range sorted(topics) {
		partitions := []int32{}
		for p := range c.partitions(name) {
			partitions = append(partitions, p)
		}
		list = append(list, fields{"topicId": idText(c.topicID(name)), "topicName": name, "partitions": partitions})
	}
	return list
}

// metadataHash changes with what members subscribe to, as Kafka's does, which takes racks in as well.
func (c *Cluster) metadataHash(topics map[string]bool) int64 {
	h := fnv.New64a()
	for _, name := range sorted(topics) {
		fmt.Fprintf(h, "%s %d,", name, c.partitions(name))
	}
	return int64(h.Sum64())
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
