package demo

import (
	"context"
	"errors"
	"fmt"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// join brings the member into its group and returns when it has its partitions. A leader goes on to assign only when
// it sees at least want members. kfake has no initial rebalance delay: without this the first member would take
// everything, and the others would wait until its heartbeat.
func (m *member) join(ctx context.Context, want int) error {
	for {
		joined, err := m.enter(ctx)
		if err != nil {
			return err
		}
		if joined.LeaderID == joined.MemberID && len(joined.Members) < want {
			continue // parked by the broker, or answered at once with the same members, until the others are there
		}
		err = m.sync(ctx, joined)
		if !errors.Is(err, kerr.RebalanceInProgress) && !errors.Is(err, kerr.IllegalGeneration) {
			return err
		}
	}
}

// enter sends JoinGroup, a second time with the id that the broker gives to a new member.
func (m *member) enter(ctx context.Context) (*kmsg.JoinGroupResponse, error) {
	req := kmsg.NewPtrJoinGroupRequest()
	req.Group, req.MemberID, req.InstanceID = m.group.name, m.memberID(), m.instance
	req.SessionTimeoutMillis = int32(sessionTimeout.Milliseconds())
	req.RebalanceTimeoutMillis = int32(rebalanceTimeout.Milliseconds())
	req.ProtocolType = "consumer"
	protocol := kmsg.NewJoinGroupRequestProtocol()
	protocol.Name = kgo.RangeBalancer().ProtocolName()
	protocol.Metadata = kgo.RangeBalancer().JoinGroupMetadata(m.group.topics, nil, -1)
	req.Protocols = append(req.Protocols, protocol)
	resp, err := req.RequestWith(ctx, m.broker)
	if err != nil {
		return nil, err
	}
	switch err := kerr.ErrorForCode(resp.ErrorCode); {
	case errors.Is(err, kerr.MemberIDRequired):
		m.setMember(resp.MemberID, -1, nil)
		return m.enter(ctx)
	case errors.Is(err, kerr.UnknownMemberID) && req.MemberID != "":
		m.setMember("", -1, nil)
		return m.enter(ctx)
	case err != nil:
		return nil, fmt.Errorf("joining: %w", err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.id, m.generation, m.assigned, m.leader = resp.MemberID, resp.Generation, nil, resp.LeaderID
	return resp, nil
}

// sync hands in the assignment, if the member leads, and takes its own share of it.
func (m *member) sync(ctx context.Context, joined *kmsg.JoinGroupResponse) error {
	req := kmsg.NewPtrSyncGroupRequest()
	req.Group, req.MemberID, req.InstanceID = m.group.name, joined.MemberID, m.instance
	req.Generation, req.ProtocolType, req.Protocol = joined.Generation, joined.ProtocolType, joined.Protocol
	if joined.LeaderID == joined.MemberID {
		plan, err := m.assign(joined.Members)
		if err != nil {
			return err
		}
		req.GroupAssignment = plan
	}
	resp, err := req.RequestWith(ctx, m.broker)
	if err != nil {
		return err
	}
	if err := kerr.ErrorForCode(resp.ErrorCode); err != nil {
		return fmt.Errorf("syncing: %w", err)
	}
	assigned, err := kgo.RangeBalancer().ParseSyncAssignment(resp.MemberAssignment)
	if err != nil {
		return err
	}
	m.setMember(joined.MemberID, joined.Generation, assigned)
	return nil
}

// assign is a range assignment by member id, which begins with the client id: the same in every run.
func (m *member) assign(members []kmsg.JoinGroupResponseMember) ([]kmsg.SyncGroupRequestGroupAssignment, error) {
	balancer, err := kgo.NewConsumerBalancer(kgo.RangeBalancer().(kgo.ConsumerBalancerBalance), members)
	if err != nil {
		return nil, err
	}
	partitions := make(map[string]int32)
	for t := range balancer.MemberTopics() {
		partitions[t] = m.cluster.partitions(t)
	}
	plan, err := balancer.BalanceOrError(partitions)
	if err != nil {
		return nil, err
	}
	return plan.IntoSyncAssignment(), nil
}

func (m *member) beatClassic(ctx context.Context) error {
	req := kmsg.NewPtrHeartbeatRequest()
	m.mu.Lock()
	req.Group, req.MemberID, req.Generation, req.InstanceID = m.group.name, m.id, m.generation, m.instance
	m.mu.Unlock()
	resp, err := req.RequestWith(ctx, m.broker)
	if err != nil || resp.ErrorCode == 0 {
		return err
	}
	return m.join(ctx, 1) // somebody has come or gone, or the machine has slept for longer than the session
}

func (m *member) memberID() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.id
}

func (m *member) setMember(id string, generation int32, assigned map[string][]int32) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.id, m.generation, m.assigned = id, generation, assigned
}
