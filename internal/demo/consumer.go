package demo

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// settleRounds is more heartbeats than a group of a few members can need to hand its partitions around.
const settleRounds = 20

// settle joins the members of a KIP-848 group, in order, and returns when a round of heartbeats has moved nothing.
func settle(ctx context.Context, members []*member) error {
	for range settleRounds {
		moved := false
		for _, m := range members {
			changed, err := m.beatConsumer(ctx)
			if err != nil {
				return err
			}
			moved = moved || changed
		}
		if !moved {
			return nil
		}
	}
	return errors.New("the group does not settle")
}

// beatConsumer sends a full heartbeat, which is also how a member joins, says what it owns, and learns what it should
// own. It reports whether the answer moved the member.
func (m *member) beatConsumer(ctx context.Context) (moved bool, err error) {
	resp, err := m.consumerRequest().RequestWith(ctx, m.broker)
	if err != nil {
		return false, err
	}
	switch err := kerr.ErrorForCode(resp.ErrorCode); {
	case errors.Is(err, kerr.UnknownMemberID), errors.Is(err, kerr.FencedMemberEpoch):
		m.setMember(m.memberID(), 0, nil) // the next beat joins anew
		return true, nil
	case err != nil:
		return false, fmt.Errorf("heartbeat: %w", err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	assigned := m.assigned
	if resp.Assignment != nil {
		assigned = make(map[string][]int32)
		for _, t := range resp.Assignment.Topics {
			assigned[m.cluster.topic(t.TopicID)] = t.Partitions
		}
	}
	moved = m.generation != resp.MemberEpoch || !maps.EqualFunc(m.assigned, assigned, slices.Equal)
	m.generation, m.assigned = resp.MemberEpoch, assigned
	return moved, nil
}

func (m *member) consumerRequest() *kmsg.ConsumerGroupHeartbeatRequest {
	m.mu.Lock()
	defer m.mu.Unlock()
	assignor := "range"
	req := kmsg.NewPtrConsumerGroupHeartbeatRequest()
	req.Group, req.MemberID, req.MemberEpoch, req.InstanceID = m.group.name, m.id, m.generation, m.instance
	req.RebalanceTimeoutMillis = int32(rebalanceTimeout.Milliseconds())
	req.SubscribedTopicNames = m.group.topics
	req.ServerAssignor = &assignor
	req.Topics = []kmsg.ConsumerGroupHeartbeatRequestTopic{} // none owned is not the same as not said
	for topic, partitions := range m.assigned {
		t := kmsg.NewConsumerGroupHeartbeatRequestTopic()
		t.TopicID, t.Partitions = m.cluster.topicID(topic), partitions
		req.Topics = append(req.Topics, t)
	}
	return req
}

// uuid is a member id as Kafka's clients write them, the same for a client id in every run.
func uuid(clientID string) string {
	sum := sha256.Sum256([]byte(clientID))
	return base64.RawURLEncoding.EncodeToString(sum[:16])
}
