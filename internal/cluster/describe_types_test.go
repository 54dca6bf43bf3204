package cluster

import (
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// withStreams makes the fake claim to know StreamsGroupDescribe, which kfake does not; a control
// function has to answer it.
func withStreams(f *fake) {
	reply(f, kmsg.ApiVersions, func(_ int32, req *kmsg.ApiVersionsRequest, resp *kmsg.ApiVersionsResponse) bool {
		v := maxVersions()
		for _, k := range []kmsg.Key{kmsg.Metadata, kmsg.FindCoordinator, kmsg.ListGroups, kmsg.DescribeGroups, kmsg.ApiVersions, kmsg.OffsetFetch,
			kmsg.ConsumerGroupDescribe, kmsg.ShareGroupDescribe, kmsg.StreamsGroupDescribe, kmsg.DescribeShareGroupOffsets} {
			highest, _ := v.LookupMaxKeyVersion(int16(k))
			resp.ApiKeys = append(resp.ApiKeys, kmsg.ApiVersionsResponseApiKey{ApiKey: int16(k), MaxVersion: highest})
		}
		return true
	})
}

func TestConsumerGroup(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := startFake(t)
		r := f.ready()
		tps := func(topic string, ps ...int32) []kmsg.AssignmentTopicPartition {
			return []kmsg.AssignmentTopicPartition{{Topic: topic, Partitions: ps}}
		}
		reply(f, kmsg.ConsumerGroupDescribe, func(_ int32, _ *kmsg.ConsumerGroupDescribeRequest, resp *kmsg.ConsumerGroupDescribeResponse) bool {
			resp.Groups = []kmsg.ConsumerGroupDescribeResponseGroup{{Group: "g", State: "Reconciling", AssignorName: "uniform", Members: []kmsg.ConsumerGroupDescribeResponseGroupMember{
				{MemberID: "b", ClientID: "cb", ClientHost: "/10.0.0.2", MemberEpoch: 4, InstanceID: ptr("i"), RackID: ptr("r"), SubscribedTopicRegex: ptr("t.*"),
					Assignment: kmsg.Assignment{TopicPartitions: tps("t", 2, 0)}, TargetAssignment: kmsg.Assignment{TopicPartitions: tps("t", 0)}},
				{MemberID: "a", ClientID: "ca", ClientHost: "10.0.0.1", MemberEpoch: -1, SubscribedTopics: []string{"u", "t"}, SubscribedTopicRegex: ptr("")},
			}}}
			return true
		})
		diff(t, "group", []Described{{Group: "g", Type: Consumer, State: "Reconciling", Protocol: "consumer", Assignor: "uniform", Coordinator: ptr(node(2)), Assigned: true, Members: []Member{
			{ID: "a", ClientID: "ca", Host: "10.0.0.1", Epoch: ptr(int32(-1)), Subscription: []string{"t", "u"}},
			{ID: "b", ClientID: "cb", Host: "10.0.0.2", Epoch: ptr(int32(4)), InstanceID: ptr("i"), RackID: ptr("r"), Subscription: []string{"t.*"},
				Assignment: []Assigned{{"t", []int32{0, 2}}}, Target: []Assigned{{"t", []int32{0}}}},
		}}}, r.Describe(t.Context(), []Ref{{Group: "g", Type: Consumer, Coordinator: ptr(node(2))}}))
	})
}

func TestShareGroup(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := startFake(t)
		r := f.ready()
		reply(f, kmsg.ShareGroupDescribe, func(_ int32, _ *kmsg.ShareGroupDescribeRequest, resp *kmsg.ShareGroupDescribeResponse) bool {
			m := kmsg.ShareGroupDescribeResponseGroupMember{MemberID: "a", ClientID: "c", ClientHost: "/h", MemberEpoch: 2, SubscribedTopicNames: []string{"u", "t"}}
			m.Assignment.TopicPartitions = []kmsg.ShareGroupDescribeResponseGroupMemberAssignmentTopicPartition{{Topic: "t", Partitions: []int32{1, 0}}}
			resp.Groups = []kmsg.ShareGroupDescribeResponseGroup{{GroupID: "g", GroupState: "Stable", Assignor: "simple", Members: []kmsg.ShareGroupDescribeResponseGroupMember{m}}}
			return true
		})
		diff(t, "group", []Described{{Group: "g", Type: Share, State: "Stable", Protocol: "share", Assignor: "simple", Coordinator: ptr(node(2)), Assigned: true, Members: []Member{
			{ID: "a", ClientID: "c", Host: "h", Epoch: ptr(int32(2)), Subscription: []string{"t", "u"}, Assignment: []Assigned{{"t", []int32{0, 1}}}},
		}}}, r.Describe(t.Context(), []Ref{{Group: "g", Type: Share, Coordinator: ptr(node(2))}}))
	})
}

func TestStreamsTasksBecomeTheirSourceTopicsPartitions(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := startFake(t)
		withStreams(f)
		r := f.ready()
		task := func(sub string, ps ...int32) kmsg.TaskIDs { return kmsg.TaskIDs{SubtopologyID: sub, Partitions: ps} }
		reply(f, kmsg.StreamsGroupDescribe, func(_ int32, _ *kmsg.StreamsGroupDescribeRequest, resp *kmsg.StreamsGroupDescribeResponse) bool {
			m := kmsg.StreamsGroupDescribeResponseGroupMember{MemberID: "a", ClientID: "c", ClientHost: "/h", MemberEpoch: 7}
			m.Assignment.ActiveTasks = []kmsg.TaskIDs{task("1", 3), task("0", 2, 0)}
			m.Assignment.StandbyTasks = []kmsg.TaskIDs{task("1", 4)}
			m.TargetAssignment.ActiveTasks = []kmsg.TaskIDs{task("0", 0)}
			resp.Groups = []kmsg.StreamsGroupDescribeResponseGroup{
				{Group: "g", State: "Stable", AssignorName: ptr("sticky"), Members: []kmsg.StreamsGroupDescribeResponseGroupMember{m},
					Topology: &kmsg.StreamsGroupDescribeResponseGroupTopology{Subtopologies: []kmsg.StreamsGroupDescribeResponseGroupTopologySubtopology{
						{SubtopologyID: "0", SourceTopics: []string{"t", "u"}},
						{SubtopologyID: "1", RepartitionSourceTopics: []kmsg.TopicInfo{{Topic: "r"}}},
					}}},
				{Group: "no topology", State: "NotReady", Members: []kmsg.StreamsGroupDescribeResponseGroupMember{m}},
				{Group: "secret", ErrorCode: kerr.GroupAuthorizationFailed.Code},
			}
			return true
		})
		got := r.Describe(t.Context(), []Ref{{Group: "g", Type: Streams, Coordinator: ptr(node(2))}, {Group: "no topology", Type: Streams, Coordinator: ptr(node(2))}, {Group: "secret", Type: Streams, Coordinator: ptr(node(2))}})
		tasks := &Tasks{Active: []Task{{"0", []int32{0, 2}}, {"1", []int32{3}}}, Standby: []Task{{"1", []int32{4}}}}
		diff(t, "group", Described{Group: "g", Type: Streams, State: "Stable", Protocol: "streams", Assignor: "sticky", Coordinator: ptr(node(2)), Assigned: true, Members: []Member{{
			ID: "a", ClientID: "c", Host: "h", Epoch: ptr(int32(7)), Subscription: []string{"r", "t", "u"}, Tasks: tasks,
			Assignment: []Assigned{{"r", []int32{3}}, {"t", []int32{0, 2}}, {"u", []int32{0, 2}}}, Target: []Assigned{{"t", []int32{0}}, {"u", []int32{0}}},
		}}}, got[0])
		diff(t, "without topology", Described{Group: "no topology", Type: Streams, State: "NotReady", Protocol: "streams", Coordinator: ptr(node(2)), Members: []Member{{
			ID: "a", ClientID: "c", Host: "h", Epoch: ptr(int32(7)), Tasks: tasks,
		}}}, got[1])
		diff(t, "code", []string{"GROUP_AUTHORIZATION_FAILED"}, codes(got[2].Err))
		diff(t, "requests", map[kmsg.Key]int{kmsg.StreamsGroupDescribe: 1}, f.calls())
	})
}

func TestOfSeveralErrorsTheTellingOneIsKept(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := startFake(t)
		withStreams(f)
		r := f.ready()
		replyNotFound(f)
		reply(f, kmsg.StreamsGroupDescribe, func(_ int32, _ *kmsg.StreamsGroupDescribeRequest, resp *kmsg.StreamsGroupDescribeResponse) bool {
			resp.Groups = []kmsg.StreamsGroupDescribeResponseGroup{{Group: "g", ErrorCode: kerr.GroupAuthorizationFailed.Code}}
			return true
		})
		for range 20 { // whichever of the two comes first
			got := r.Describe(t.Context(), refs("g"), Share, Streams)
			diff(t, "code", []string{"GROUP_AUTHORIZATION_FAILED"}, codes(got[0].Err))
		}
	})
}

func TestShareOffsets(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := startFake(t)
		r := f.ready()
		reply(f, kmsg.DescribeShareGroupOffsets, func(_ int32, req *kmsg.DescribeShareGroupOffsetsRequest, resp *kmsg.DescribeShareGroupOffsetsResponse) bool {
			type partition = kmsg.DescribeShareGroupOffsetsResponseGroupTopicPartition
			for _, g := range req.Groups {
				if g.Topics != nil {
					t.Errorf("asked for topics %v, want all", g.Topics)
				}
			}
			resp.Groups = []kmsg.DescribeShareGroupOffsetsResponseGroup{
				{GroupID: "g", Topics: []kmsg.DescribeShareGroupOffsetsResponseGroupTopic{
					{Topic: "u", Partitions: []partition{{Partition: 1, StartOffset: 5, Lag: 3}, {Partition: 0, StartOffset: 4, Lag: -1}}},
					{Topic: "t", Partitions: []partition{{Partition: 0, StartOffset: -1, Lag: -1, ErrorCode: kerr.TopicAuthorizationFailed.Code}}},
				}},
				{GroupID: "secret", ErrorCode: kerr.GroupAuthorizationFailed.Code, ErrorMessage: ptr("Not you.")},
				{GroupID: "never asked for"},
			}
			return true
		})
		diff(t, "offsets", []Commits{
			{Group: "secret", Err: &Error{Scope: ScopeGroup, Name: "secret", Code: "GROUP_AUTHORIZATION_FAILED", Message: "not you"}},
			{Group: "g", Items: []Commit{
				{TP: TP{"t", 0}, Offset: -1, Err: kafkaError(ScopePartition, "t:0", kerr.TopicAuthorizationFailed.Code, nil)},
				{TP: TP{"u", 0}, Offset: 4},
				{TP: TP{"u", 1}, Offset: 5, Lag: ptr(int64(3))},
			}},
			{Group: "left out", Err: missing(ScopeGroup, "left out")},
		}, r.ShareOffsets(t.Context(), []Ref{{Group: "secret", Type: Share, Coordinator: ptr(node(0))}, {Group: "g", Type: Share, Coordinator: ptr(node(0))}, {Group: "left out", Type: Share, Coordinator: ptr(node(0))}}))
		diff(t, "requests", map[kmsg.Key]int{kmsg.DescribeShareGroupOffsets: 1}, f.calls())
	})
}
