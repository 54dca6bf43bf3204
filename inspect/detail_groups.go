package inspect

import (
	"encoding/json"
	"fmt"
)

// classicGroup is GroupMetadata.
type classicGroup struct {
	ProtocolType     string
	Generation       int32
	Protocol, Leader *string
	Members          []classicMember
}

func (g classicGroup) String() string {
	var c clauses
	c.add("generation %d", g.Generation)
	if g.ProtocolType != "consumer" {
		c.named("protocol type", cut(g.ProtocolType, maxName))
	}
	c.maybe("protocol", g.Protocol)
	c.maybe("leader", g.Leader)
	c = append(c, counted(g.Members, "member", "members", "; ", classicMember.String))
	return c.String()
}

// classicMember is a member in GroupMetadata.
type classicMember struct {
	ClientID, ClientHost string
	GroupInstanceID      *string
	Assignment           assignmentBlob
	AssignmentDecoded    connectAssignment
}

// connectAssignment is what stands beside the assignment of a Connect worker. Of a consumer the version stands there.
type connectAssignment struct {
	Leader     *string // nil: none such
	Assignment []owned
}

func (m classicMember) String() string {
	return client(m.ClientID, m.ClientHost, m.GroupInstanceID, nil) + " " + m.assignment()
}

func (m classicMember) assignment() string {
	list, unread := m.Assignment.partitions, len(m.Assignment.unread)
	if connect := m.AssignmentDecoded; connect.Leader != nil {
		list, unread = connect.Assignment, 0
	}
	if unread > 0 {
		return "assignment of " + plural(unread, "byte", "bytes")
	}
	return orNothing(assigned(list, innerRoom))
}

// assignmentBlob is an assignment that the decoder has read, as that of consumers, or has left as bytes.
type assignmentBlob struct {
	partitions []owned
	unread     []byte
}

// UnmarshalJSON reads the fields of the blob, or its bytes in base64.
func (b *assignmentBlob) UnmarshalJSON(text []byte) error {
	if text[0] == '"' {
		return json.Unmarshal(text, &b.unread)
	}
	var fields struct{ AssignedPartitions []owned }
	if err := json.Unmarshal(text, &fields); err != nil {
		return err
	}
	b.partitions = fields.AssignedPartitions
	return nil
}

// groupEpoch is the metadata of a consumer or share group.
type groupEpoch struct {
	Epoch        int32
	MetadataHash int64 // 0: of brokers before 4.1, which wrote none
}

func (g groupEpoch) String() string {
	var c clauses
	c.add("epoch %d", g.Epoch)
	c.unless(0, "metadata hash", g.MetadataHash)
	return c.String()
}

// partitionCounts are the topics that a group is subscribed to, as brokers before 4.1 kept them.
type partitionCounts struct{ Topics []partitionCount }

type partitionCount struct {
	TopicName     string
	NumPartitions int
}

func (p partitionCounts) String() string {
	return counted(p.Topics, "topic", "topics", " ", func(t partitionCount) string {
		return fmt.Sprintf("%s (%s)", quoted(t.TopicName), plural(t.NumPartitions, "partition", "partitions"))
	})
}

// groupMember is the metadata of a member of a consumer or share group.
type groupMember struct {
	ClientID, ClientHost  string
	InstanceID, RackID    *string
	SubscribedTopicNames  []string
	SubscribedTopicRegex  *string
	ServerAssignor        *string
	ClassicMemberMetadata *struct{ SupportedProtocols []classicProtocol }
}

// classicProtocol is an assignor that a member offers which speaks the classic protocol.
type classicProtocol struct{ Name string }

func (m groupMember) String() string {
	c := clauses{client(m.ClientID, m.ClientHost, m.InstanceID, m.RackID)}
	c.named("subscribed to", names(m.SubscribedTopicNames))
	c.maybe("subscribed to regex", m.SubscribedTopicRegex)
	c.maybe("assignor", m.ServerAssignor)
	if classic := m.ClassicMemberMetadata; classic != nil {
		c.named("classic protocol", some(classic.SupportedProtocols, " ", innerRoom, func(p classicProtocol) string { return quoted(p.Name) }))
	}
	return c.String()
}

// targetEpoch is the epoch of a group's target assignment.
type targetEpoch struct{ AssignmentEpoch int32 }

func (t targetEpoch) String() string { return fmt.Sprintf("assignment epoch %d", t.AssignmentEpoch) }

// targetOfMember is what a member is to have.
type targetOfMember struct{ TopicPartitions []owned }

func (t *targetOfMember) byTopicID() [][]owned { return [][]owned{t.TopicPartitions} }

func (t targetOfMember) String() string { return orNothing(assigned(t.TopicPartitions, listRoom)) }

// orNothing is the text, or what stands for none.
func orNothing(text string) string {
	if text == "" {
		return "nothing assigned"
	}
	return text
}

// memberAssignment is what a member of a consumer or share group has.
type memberAssignment struct {
	MemberEpoch                                     int32
	State                                           int
	AssignedPartitions, PartitionsPendingRevocation []owned
}

func (m *memberAssignment) byTopicID() [][]owned {
	return [][]owned{m.AssignedPartitions, m.PartitionsPendingRevocation}
}

func (m memberAssignment) String() string {
	c := clauses{memberEpoch(m.MemberEpoch), word(memberStates, m.State), orNothing(assigned(m.AssignedPartitions, listRoom))}
	c.named("revoking", assigned(m.PartitionsPendingRevocation, innerRoom))
	return c.String()
}

// memberEpoch tells of a member that has left: one with an instance id may come back, until its session ends.
func memberEpoch(epoch int32) string {
	if epoch == -1 || epoch == -2 {
		return fmt.Sprintf("left (epoch %d)", epoch)
	}
	return fmt.Sprintf("epoch %d", epoch)
}

// memberStates are Kafka's MemberState of consumer and share groups. Streams groups have other numbers.
var memberStates = map[int]string{0: "stable", 1: "unrevoked partitions", 2: "unreleased partitions", 127: "state unknown"}

// word is Kafka's word for a number.
func word(words map[int]string, n int) string {
	if w := words[n]; w != "" {
		return w
	}
	return fmt.Sprintf("state %d", n)
}

// regexTopics are the topics that match a regular expression of a group.
type regexTopics struct {
	Topics  []string
	Version int64 // of the metadata that was matched
}

func (r regexTopics) String() string {
	return fmt.Sprintf("%s, metadata version %d", counted(r.Topics, "topic", "topics", " ", quoted), r.Version)
}
