package cluster

import (
	"slices"
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/kversion"
)

// replyNotFound has the brokers answer the describes of all four types as Kafka answers for groups
// that it does not have.
func replyNotFound(f *fake) {
	reply(f, kmsg.DescribeGroups, func(_ int32, req *kmsg.DescribeGroupsRequest, resp *kmsg.DescribeGroupsResponse) bool {
		for _, g := range req.Groups {
			rg := kmsg.DescribeGroupsResponseGroup{Group: g, State: "Dead"}
			if req.Version >= 6 {
				rg.ErrorCode, rg.ErrorMessage = kerr.GroupIDNotFound.Code, kmsg.StringPtr("Group "+g+" is not a classic group.")
			}
			resp.Groups = append(resp.Groups, rg)
		}
		return true
	})
	reply(f, kmsg.ConsumerGroupDescribe, func(_ int32, req *kmsg.ConsumerGroupDescribeRequest, resp *kmsg.ConsumerGroupDescribeResponse) bool {
		for _, g := range req.Groups {
			code := notFoundCode(g)
			if g == "" && req.Version == 0 { // as Kafka 3.9 says
				code = kerr.UnknownServerError.Code
			}
			resp.Groups = append(resp.Groups, kmsg.ConsumerGroupDescribeResponseGroup{Group: g, ErrorCode: code})
		}
		return true
	})
	reply(f, kmsg.ShareGroupDescribe, func(_ int32, req *kmsg.ShareGroupDescribeRequest, resp *kmsg.ShareGroupDescribeResponse) bool {
		for _, g := range req.GroupIDs {
			resp.Groups = append(resp.Groups, kmsg.ShareGroupDescribeResponseGroup{GroupID: g, ErrorCode: notFoundCode(g)})
		}
		return true
	})
}

// notFoundCode is what the newer describes say: they do not take the empty name at all.
func notFoundCode(group string) int16 {
	if group == "" {
		return kerr.InvalidGroupID.Code
	}
	return kerr.GroupIDNotFound.Code
}

func TestGroupThatNoDescribeKnowsIsNotFound(t *testing.T) {
	for name, v := range map[string]*kversion.Versions{"newest": kversion.Stable(), "Dead with error 0": kversion.V3_9_0(), "consumer describe unsupported": kversion.V2_4_0()} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				f := startFake(t, old(v))
				r := f.ready()
				replyNotFound(f)
				for _, d := range r.Describe(t.Context(), refs("g", ""), Classic, Consumer) {
					diff(t, "error", &Error{Scope: ScopeGroup, Name: d.Group, Code: "GROUP_ID_NOT_FOUND", Message: "no such group"}, d.Err)
					if !d.NotFound() {
						t.Error("NotFound is false")
					}
				}
			})
		})
	}
}

func TestTheDescribeThatSucceedsProvesTheType(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := startFake(t)
		r := f.ready()
		reply(f, kmsg.DescribeGroups, func(_ int32, req *kmsg.DescribeGroupsRequest, resp *kmsg.DescribeGroupsResponse) bool {
			resp.Groups = []kmsg.DescribeGroupsResponseGroup{{Group: "new", State: "Dead"}, {Group: "", State: "Empty"}, {Group: "old", State: "Empty", ProtocolType: "consumer"}}
			return true
		})
		reply(f, kmsg.ConsumerGroupDescribe, func(_ int32, req *kmsg.ConsumerGroupDescribeRequest, resp *kmsg.ConsumerGroupDescribeResponse) bool {
			resp.Groups = []kmsg.ConsumerGroupDescribeResponseGroup{
				{Group: "new", State: "Stable", AssignorName: "uniform"}, {Group: "", ErrorCode: kerr.InvalidGroupID.Code}, {Group: "old", ErrorCode: kerr.GroupIDNotFound.Code},
			}
			return true
		})
		all := []Ref{{Group: "new", Coordinator: ptr(node(1))}, {Group: "", Coordinator: ptr(node(1))}, {Group: "old", Coordinator: ptr(node(1))}}
		diff(t, "groups", []Described{
			{Group: "new", Type: Consumer, State: "Stable", Protocol: "consumer", Assignor: "uniform", Coordinator: ptr(node(1)), Assigned: true},
			{Group: "", Type: Classic, State: "Empty", Coordinator: ptr(node(1))},
			{Group: "old", Type: Classic, State: "Empty", Protocol: "consumer", Coordinator: ptr(node(1)), Assigned: true},
		}, r.Describe(t.Context(), all, Classic, Consumer))
		diff(t, "requests", map[kmsg.Key]int{kmsg.DescribeGroups: 1, kmsg.ConsumerGroupDescribe: 1}, f.calls())
	})
}

func TestDescribesOfTypesGoToTheirOwnRequests(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := startFake(t)
		r := f.ready()
		replyNotFound(f)
		got := r.Describe(t.Context(), []Ref{{Group: "a", Type: Classic, Coordinator: ptr(node(0))}, {Group: "b", Type: Consumer, Coordinator: ptr(node(0))}, {Group: "c", Type: Share, Coordinator: ptr(node(1))}, {Group: "d", Type: Share, Coordinator: ptr(node(1))}})
		for _, d := range got {
			if !d.NotFound() {
				t.Errorf("%+v", d)
			}
		}
		diff(t, "requests", map[kmsg.Key]int{kmsg.DescribeGroups: 1, kmsg.ConsumerGroupDescribe: 1, kmsg.ShareGroupDescribe: 1}, f.calls())
	})
}

func TestGroupLeftOutOfADescribeIsAnError(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := startFake(t)
		r := f.ready()
		reply(f, kmsg.DescribeGroups, func(_ int32, req *kmsg.DescribeGroupsRequest, resp *kmsg.DescribeGroupsResponse) bool {
			resp.Groups = []kmsg.DescribeGroupsResponseGroup{{Group: "never asked for", State: "Empty"}, {Group: "b", State: "Empty"}, {Group: "b", State: "Empty"}}
			return true
		})
		diff(t, "groups", []Described{
			{Group: "a", Type: Classic, Coordinator: ptr(node(0)), Err: missing(ScopeGroup, "a")}, {Group: "b", Type: Classic, State: "Empty", Coordinator: ptr(node(0))},
		}, r.Describe(t.Context(), []Ref{{Group: "a", Type: Classic, Coordinator: ptr(node(0))}, {Group: "b", Type: Classic, Coordinator: ptr(node(0))}}))
	})
}

func TestLoadingAndMovedCoordinatorsOfDescribes(t *testing.T) {
	for name, tc := range map[string]struct {
		err  *kerr.Error
		n    int
		want string
	}{
		"loading twice": {kerr.CoordinatorLoadInProgress, 2, ""},
		"moved once":    {kerr.NotCoordinator, 1, ""},
		"moved always":  {kerr.NotCoordinator, -1, "NOT_COORDINATOR"},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				f := startFake(t)
				r := f.ready()
				f.commit("g", 1)
				f.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.DescribeGroups}, Group: "g", Err: tc.err, Count: tc.n})
				got := r.Describe(t.Context(), []Ref{{Group: "g", Type: Classic, Coordinator: ptr(node(f.CoordinatorFor("g")))}})
				diff(t, "code", []string{tc.want}, codes(got[0].Err))
				if tc.want == "" && got[0].State != "Empty" {
					t.Errorf("got %+v", got[0])
				}
			})
		})
	}
}

// blobs of the consumer protocol (ConsumerProtocolSubscription.json, ConsumerProtocolAssignment.json).
func subscriptionBlob(topics ...string) []byte {
	return (&kmsg.ConsumerMemberMetadata{Version: 1, Topics: topics}).AppendTo(nil)
}

func assignmentBlob(topic string, partitions ...int32) []byte {
	a := kmsg.ConsumerMemberAssignment{}
	if topic != "" {
		a.Topics = []kmsg.ConsumerMemberAssignmentTopic{{Topic: topic, Partitions: partitions}}
	}
	return a.AppendTo(nil)
}

// describeOne describes group "g" from one hand-made classic answer.
func describeOne(t *testing.T, f *fake, r *Run, g kmsg.DescribeGroupsResponseGroup) Described {
	t.Helper()
	g.Group = "g"
	reply(f, kmsg.DescribeGroups, func(_ int32, _ *kmsg.DescribeGroupsRequest, resp *kmsg.DescribeGroupsResponse) bool {
		resp.Groups = []kmsg.DescribeGroupsResponseGroup{g}
		return true
	})
	return r.Describe(t.Context(), []Ref{{Group: "g", Type: Classic, Coordinator: ptr(node(0))}})[0]
}

func TestMembersOfClassicGroups(t *testing.T) {
	member := func(id string, subscription, assignment []byte) kmsg.DescribeGroupsResponseGroupMember {
		return kmsg.DescribeGroupsResponseGroupMember{MemberID: id, ClientID: "c", ClientHost: "/10.0.0.1", ProtocolMetadata: subscription, MemberAssignment: assignment}
	}
	broken := slices.Concat(assignmentBlob("t", 1, 2)[:5], []byte{0xff, 0xff})
	for name, tc := range map[string]struct {
		group kmsg.DescribeGroupsResponseGroup
		want  Described
	}{
		"stable, sorted": {
			kmsg.DescribeGroupsResponseGroup{State: "Stable", ProtocolType: "consumer", Protocol: "range", Members: []kmsg.DescribeGroupsResponseGroupMember{
				member("b", subscriptionBlob("u", "t"), assignmentBlob("t", 3, 1)), member("a", subscriptionBlob("t"), assignmentBlob("")), member("c", nil, nil),
			}},
			Described{State: "Stable", Protocol: "consumer", Assignor: "range", Assigned: true, Members: []Member{
				{ID: "a", ClientID: "c", Host: "10.0.0.1", Subscription: []string{"t"}, Assignment: []Assigned{}},
				{ID: "b", ClientID: "c", Host: "10.0.0.1", Subscription: []string{"t", "u"}, Assignment: []Assigned{{"t", []int32{1, 3}}}},
				{ID: "c", ClientID: "c", Host: "10.0.0.1", Assignment: []Assigned{}},
			}},
		},
		"rebalancing": {
			kmsg.DescribeGroupsResponseGroup{State: "PreparingRebalance", ProtocolType: "consumer", Members: []kmsg.DescribeGroupsResponseGroupMember{member("a", nil, nil)}},
			Described{State: "PreparingRebalance", Protocol: "consumer", Members: []Member{{ID: "a", ClientID: "c", Host: "10.0.0.1"}}},
		},
		"connect": {
			kmsg.DescribeGroupsResponseGroup{State: "Stable", ProtocolType: "connect", Protocol: "sessioned", Members: []kmsg.DescribeGroupsResponseGroupMember{member("a", subscriptionBlob("t"), assignmentBlob("t", 1))}},
			Described{State: "Stable", Protocol: "connect", Assignor: "sessioned", Members: []Member{{ID: "a", ClientID: "c", Host: "10.0.0.1"}}},
		},
		"unreadable assignment": {
			kmsg.DescribeGroupsResponseGroup{State: "Stable", ProtocolType: "consumer", Protocol: "own", Members: []kmsg.DescribeGroupsResponseGroupMember{member("a", []byte{0}, broken)}},
			Described{State: "Stable", Protocol: "consumer", Assignor: "own", Members: []Member{{ID: "a", ClientID: "c", Host: "10.0.0.1"}}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				f := startFake(t)
				r := f.ready()
				tc.want.Group, tc.want.Type, tc.want.Coordinator = "g", Classic, ptr(node(0))
				got := describeOne(t, f, r, tc.group)
				diff(t, "group", tc.want, got)
				for i, m := range got.Members {
					if (m.Assignment == nil) != (tc.want.Members[i].Assignment == nil) {
						t.Errorf("assignment of %q is %#v, want %#v", m.ID, m.Assignment, tc.want.Members[i].Assignment)
					}
				}
			})
		})
	}
}

func FuzzClassicMember(f *testing.F) {
	f.Add(subscriptionBlob("t", "u"), assignmentBlob("t", 0, 1))
	f.Add([]byte{0, 3, 0, 0, 0, 1}, []byte{0, 0, 0x7f, 0xff, 0xff, 0xff})
	f.Add([]byte{0xff, 0xff, 0xff}, []byte{})
	f.Fuzz(func(t *testing.T, subscription, assignment []byte) {
		for _, protocol := range []string{"consumer", "connect"} {
			m := classicMember(protocol, kmsg.DescribeGroupsResponseGroupMember{ProtocolMetadata: subscription, MemberAssignment: assignment})
			if protocol == "connect" && (m.Assignment != nil || m.Subscription != nil) {
				t.Errorf("connect member has %+v", m)
			}
			for _, a := range m.Assignment {
				if !slices.IsSorted(a.Partitions) {
					t.Errorf("partitions not sorted: %+v", a)
				}
			}
		}
	})
}
