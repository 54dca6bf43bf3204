package cluster

import (
	"cmp"
	"context"
	"encoding/base64"
	"fmt"
	"slices"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// TopicID is Kafka's unique id of a topic; all zero where the broker gave none (Kafka before 2.8).
type TopicID [16]byte

// Text is the id as Kafka prints it, in base64url; nil: there is none.
func (id TopicID) Text() *string {
	if id == (TopicID{}) {
		return nil
	}
	s := base64.RawURLEncoding.EncodeToString(id[:])
	return &s
}

// TP names one partition of a topic.
type TP struct {
	Topic     string
	Partition int32
}

// String is topic:partition, as the flags take it.
func (tp TP) String() string { return fmt.Sprintf("%s:%d", tp.Topic, tp.Partition) }

// CompareTP orders by topic, then partition.
func CompareTP(a, b TP) int {
	if c := cmp.Compare(a.Topic, b.Topic); c != 0 {
		return c
	}
	return cmp.Compare(a.Partition, b.Partition)
}

// Topic is what the cluster says of a topic. With Err (see UnknownTopic) there are no partitions.
type Topic struct {
	Name       string
	ID         TopicID
	Partitions []Partition // sorted
	Operations *Operations // what this user may do with it; nil: not asked (see WithRights), or the broker does not say
	Err        *Error
}

// Partition returns the topic's partition with that number, if it has one.
func (t *Topic) Partition(id int32) (Partition, bool) {
	if i := int(id); i >= 0 && i < len(t.Partitions) && t.Partitions[i].ID == id { // as it should be: none is missing
		return t.Partitions[i], true
	}
	i, found := slices.BinarySearchFunc(t.Partitions, id, func(p Partition, id int32) int { return cmp.Compare(p.ID, id) })
	if !found {
		return Partition{}, false
	}
	return t.Partitions[i], true
}

// ByName are topics by their names.
func ByName(topics []Topic) map[string]Topic {
	m := make(map[string]Topic, len(topics))
	for _, t := range topics {
		m[t.Name] = t
	}
	return m
}

// Listable reports whether a partition exists, by its topic's metadata, and has a leader to ask about its log.
func (t *Topic) Listable(id int32) bool {
	p, ok := t.Partition(id)
	return ok && t.Err == nil && p.Err == nil
}

// Partition is the leader of one partition. Leader -1 with Err: there is none.
type Partition struct {
	ID          int32
	Leader      int32
	LeaderEpoch int32
	Err         *Error
}

// NoPartition is the error of a partition that its topic, which has so many, does not have.
func NoPartition(tp TP, has int) *Error {
	return kafkaError(ScopePartition, tp.String(), kerr.UnknownTopicOrPartition.Code, ptr(fmt.Sprintf("the topic has no such partition, only 0 to %d", has-1)))
}

// metadataRequest asks for the nodes and the topics named, and for no others. Never creates a topic.
func metadataRequest(topics []string) *kmsg.MetadataRequest {
	req := kmsg.NewPtrMetadataRequest()
	req.AllowAutoTopicCreation = false
	req.Topics = make([]kmsg.MetadataRequestTopic, 0, len(topics)) // null would mean all topics
	for _, t := range topics {
		rt := kmsg.NewMetadataRequestTopic()
		rt.Topic = kmsg.StringPtr(t)
		req.Topics = append(req.Topics, rt)
	}
	return req
}

// Topics asks for the leaders of the topics named: one request. Each name comes back once, sorted.
func (r *Run) Topics(ctx context.Context, names []string) []Topic {
	names = slices.Compact(slices.Sorted(slices.Values(names)))
	if len(names) == 0 {
		return nil
	}
	req := metadataRequest(names)
	req.IncludeTopicAuthorizedOperations = r.rights
	resp, e := askAny[*kmsg.MetadataResponse](ctx, r, req)
	got := map[string]Topic{}
	if resp != nil {
		r.learnNodes(nodesOf(resp))
		for i := range resp.Topics {
			if t := &resp.Topics[i]; t.Topic != nil {
				topic := topicOf(t)
				topic.Operations = r.operations(t.AuthorizedOperations)
				got[*t.Topic] = topic
			}
		}
	}
	out := make([]Topic, 0, len(names))
	for _, n := range names {
		t, ok := got[n]
		switch {
		case e != nil:
			t = Topic{Name: n, Err: e.Of(ScopeTopic, n)}
		case !ok:
			t = Topic{Name: n, Err: missing(ScopeTopic, n)}
		}
		out = append(out, t)
	}
	return out
}

func topicOf(t *kmsg.MetadataResponseTopic) Topic {
	out := Topic{Name: *t.Topic, ID: t.TopicID, Err: kafkaError(ScopeTopic, *t.Topic, t.ErrorCode, nil)}
	if out.Err.UnknownTopic() {
		out.Err.Message = "no such topic" // Kafka's text is about a server that does not host a partition
	}
	for _, p := range t.Partitions {
		part := Partition{ID: p.Partition, Leader: p.Leader, LeaderEpoch: p.LeaderEpoch}
		if p.Leader < 0 { // the code alone does not say: REPLICA_NOT_AVAILABLE comes with a working leader
			part.Err = kafkaError(ScopePartition, TP{*t.Topic, p.Partition}.String(), kerr.LeaderNotAvailable.Code, ptr("the partition has no leader"))
		}
		out.Partitions = append(out.Partitions, part)
	}
	slices.SortFunc(out.Partitions, func(a, b Partition) int { return cmp.Compare(a.ID, b.ID) })
	return out
}

// TopicName asks for the name of the topic with that id: one request. false: there is no such topic, or this user may not
// describe it, or no broker has said. It rests on Metadata 12, which brokers have that write records with ids alone.
func (r *Run) TopicName(ctx context.Context, id TopicID) (string, bool) {
	req := metadataRequest(nil)
	t := kmsg.NewMetadataRequestTopic()
	t.TopicID = id
	req.Topics = append(req.Topics, t)
	resp, e := askAny[*kmsg.MetadataResponse](ctx, r, req)
	if e != nil {
		return "", false
	}
	r.learnNodes(nodesOf(resp))
	for _, t := range resp.Topics {
		if t.TopicID == id && t.Topic != nil && *t.Topic != "" {
			return *t.Topic, true
		}
	}
	return "", false
}

// missing is the error of something asked for that the answer does not mention.
func missing(s Scope, name string) *Error {
	return &Error{Scope: s, Name: name, Code: CodeIncomplete, Message: "the broker's answer does not mention it"}
}
