package demo

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/offsetctl/offsetctl/inspect"
)

// kfake stores nothing in __consumer_offsets: what a coordinator would store there of a group is made here of what the
// cluster answers about the group.

// Kafka's numbers of the record types that brokers of version 4.3 write.
const (
	offsetCommit              = 1
	groupMetadata             = 2
	consumerMetadata          = 3
	consumerMember            = 5
	consumerTarget            = 6
	consumerTargetMember      = 7
	consumerCurrent           = 8
	shareMember               = 10
	shareMetadata             = 11
	shareTarget               = 12
	shareTargetMember         = 13
	shareCurrent              = 14
	shareStateMetadata        = 15
	commitVersion             = 4
	classicVersion            = 3
	newestVersion             = 0 // of all other types
	memberStable         int8 = 0
)

// stored is one record of a group, but for the time at which it is written.
type stored struct {
	typ  int16
	key  []byte
	mark string // differs from another's of the same key when a coordinator would write it again

	value func(ms int64) ([]byte, error) // as it is written at that time
}

// fields are a JSON object.
type fields map[string]any

// newStored is a record whose JSON is of key and value; the field named timed, if any, takes the time of writing.
func newStored(typ, version int16, key, value fields, timed string) (stored, error) {
	encoded, err := encodeKey(typ, key)
	text := func(ms int64) []byte {
		if timed != "" {
			value[timed] = ms
		}
		return mustJSON(fields{"version": version, "data": value})
	}
	encode := func(ms int64) ([]byte, error) { return inspect.ConsumerOffsets.EncodeValue(typ, text(ms)) }
	return stored{typ, encoded, string(text(0)), encode}, err
}

func encodeKey(typ int16, key fields) ([]byte, error) {
	return inspect.ConsumerOffsets.EncodeKey(mustJSON(fields{"type": typ, "data": key}))
}

// mustJSON is for our own fields: strings, numbers and lists of them.
func mustJSON(f fields) []byte {
	text, err := json.Marshal(f)
	if err != nil {
		panic("demo: " + err.Error())
	}
	return text
}

// commitRecord is a commit as it is stored.
type commitRecord struct {
	group   string
	at      position
	epoch   int32
	topicID *[16]byte // nil in transactions: TxnOffsetCommit does not write it
}

func (c commitRecord) stored() (stored, error) {
	key, err := encodeKey(offsetCommit, fields{"group": c.group, "topic": c.at.topic, "partition": c.at.partition})
	return stored{offsetCommit, key, fmt.Sprintf("%d %d %q", c.at.offset, c.epoch, c.at.metadata), c.value}, err
}

// value has version 4. There are hundreds of commits, and EncodeValue takes as long for one as all else that is done for it.
func (c commitRecord) value(ms int64) ([]byte, error) {
	b := binary.BigEndian.AppendUint16(make([]byte, 0, 64), commitVersion)
	b = binary.BigEndian.AppendUint64(b, uint64(c.at.offset))
	b = binary.BigEndian.AppendUint32(b, uint32(c.epoch))
	b = binary.AppendUvarint(b, uint64(len(c.at.metadata)+1))
	b = append(b, c.at.metadata...)
	b = binary.BigEndian.AppendUint64(b, uint64(ms))
	if c.topicID == nil {
		return append(b, 0), nil
	}
	const tags, topicIDTag, size = 1, 0, 16
	return append(append(b, tags, topicIDTag, size), c.topicID[:]...), nil
}

// commitsOf are a group's commits, by topic and partition. A topic that is gone has no id.
func (c *Cluster) commitsOf(info *kfake.GroupInfo) []commitRecord {
	var all []commitRecord
	for topic, partitions := range info.Commits {
		var id *[16]byte
		if known := c.topicID(topic); known != [16]byte{} {
			id = &known
		}
		for p, commit := range partitions {
			at := position{topic, p, commit.Offset, commit.Metadata}
			all = append(all, commitRecord{info.Group, at, commit.LeaderEpoch, id})
		}
	}
	slices.SortFunc(all, func(a, b commitRecord) int { return a.at.compare(b.at) })
	return all
}

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
		value["protocol"], value["leader"] = g.Protocol, c.leaderOf(g)
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
func (c *Cluster) leaderOf(g kmsg.DescribeGroupsResponseGroup) string {
	for _, m := range c.members {
		if m.group.name == g.Group {
			m.mu.Lock()
			defer m.mu.Unlock()
			return m.leader
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

func idText(id [16]byte) string { return base64.RawURLEncoding.EncodeToString(id[:]) }

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
