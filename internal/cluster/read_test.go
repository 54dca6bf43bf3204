package cluster

import (
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// noSuchGroup is what is said of a group that no describe knows.
func noSuchGroup(name string) *Error {
	return &Error{Scope: ScopeGroup, Name: name, Code: "GROUP_ID_NOT_FOUND", Message: "no such group"}
}

// empty is a group that a list says all about.
func empty(name string, coordinator int32) Group {
	return Group{Name: name, Type: Classic, State: "Empty", Coordinator: ptr(node(coordinator)), Assigned: true}
}

func TestGroupOfUnknownTypeIsChosenByItsDescribe(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		c := startOffsetsCluster(t)
		c.listed = map[string]kmsg.ListGroupsResponseGroup{"a": {}, "c": {}}
		c.describes(map[string]GroupType{"a": Consumer, "c": Classic})
		read := c.readOnly(Selection{Keep: func(_ string, typ GroupType, _ string) bool { return typ == "" || typ == Consumer }}, Members)
		diff(t, "groups", []string{"a"}, names(read.All))
		diff(t, "errors", []*Error(nil), read.Errors)
	})
}

func TestGroupListedByTwoBrokersIsTheOneThatCouldBeRead(t *testing.T) {
	inBubble(t, func(t *testing.T) { // it moved to its coordinator between the two lists
		c := startOffsetsCluster(t)
		c.lists[0] = []string{"a", "c"}
		c.verdict = func(node int32, group string) *kerr.Error {
			if node == 0 && group == "a" {
				return kerr.UnknownServerError
			}
			return nil
		}
		diff(t, "groups", []Group{empty("a", 1), empty("b", 2), empty("c", 0)}, c.read(Offsets).All)
	})
}

func TestGroupsThatWereReadAreNotReadAgain(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		c := startOffsetsCluster(t)
		c.lists[1] = nil
		c.verdict = func(node int32, _ string) *kerr.Error {
			if node == 1 {
				return kerr.NotCoordinator
			}
			return nil
		}
		c.coordinator = func(string) int32 { return 2 } // which has listed its groups, and is asked for them again
		diff(t, "groups", []string{"b", "c"}, names(c.read(Offsets).All))
		diff(t, "requests", map[kmsg.Key]int{kmsg.Metadata: 1, kmsg.ListGroups: 5, kmsg.FindCoordinator: 1, kmsg.OffsetFetch: 4}, c.calls())
		groups, _ := c.askedAbout()
		diff(t, "asked about", []string{"b", "c"}, groups)
	})
}

func TestGroupThatChangedItsTypeSinceItWasListedIsFound(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		c := startOffsetsCluster(t)
		c.lists = map[int32][]string{1: {"a"}}
		c.listed = map[string]kmsg.ListGroupsResponseGroup{"a": {GroupState: "Stable", GroupType: "Classic", ProtocolType: "consumer"}}
		c.describes(map[string]GroupType{"a": Consumer})
		read := c.read(Members)
		diff(t, "groups", []Group{{Name: "a", Type: Consumer, State: "Stable", Protocol: "consumer", Coordinator: ptr(node(1)), Assigned: true}}, read.All)
		diff(t, "errors", []*Error(nil), read.Errors)
	})
}

func TestGroupDeletedSinceItWasListed(t *testing.T) {
	known := Group{Name: "a", Type: Classic, State: "Stable", Coordinator: ptr(node(1)), DescribeErr: noSuchGroup("a")}
	withCommit, unread := known, known
	withCommit.Commits = []Commit{{TP: TP{"t", 0}, Offset: 7, LeaderEpoch: -1}}
	unread.CommitsErr = kafkaError(ScopeGroup, "a", kerr.UnknownServerError.Code, nil)
	for name, tc := range map[string]struct {
		commits map[string]int64
		verdict *kerr.Error
		want    []Group
	}{
		"is left out where it has no commits":       {nil, nil, nil},
		"is left out where it cannot have commits":  {nil, kerr.GroupIDNotFound, nil},
		"is not deleted where it has commits":       {map[string]int64{"a": 7}, nil, []Group{withCommit}},
		"is an error where its commits are unknown": {nil, kerr.UnknownServerError, []Group{unread}},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				c := startOffsetsCluster(t)
				c.lists = map[int32][]string{1: {"a"}}
				c.listed = map[string]kmsg.ListGroupsResponseGroup{"a": {GroupState: "Stable", GroupType: "Classic"}}
				c.describes(nil)
				c.commits = tc.commits
				c.verdict = func(_ int32, group string) *kerr.Error {
					if group == "a" {
						return tc.verdict
					}
					return nil
				}
				read := c.read(Offsets)
				diff(t, "groups", tc.want, read.All)
				diff(t, "errors", []*Error(nil), read.Errors)
			})
		})
	}
}

func TestStateInSmallLettersIsTheSameState(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		c := startOffsetsCluster(t)
		c.lists = map[int32][]string{1: {"a"}}
		c.listed = map[string]kmsg.ListGroupsResponseGroup{"a": {GroupState: "empty", GroupType: "classic"}}
		diff(t, "groups", []Group{empty("a", 1)}, c.read(Members).All)
		diff(t, "describes", 0, c.calls()[kmsg.DescribeGroups]) // an empty group needs none
	})
}

func TestNamedGroup(t *testing.T) {
	denied := kafkaError(ScopeGroup, "a", kerr.GroupAuthorizationFailed.Code, nil)
	found := Group{Name: "a", Type: Consumer, State: "Stable", Protocol: "consumer", Coordinator: ptr(node(1)), Assigned: true,
		Commits: []Commit{{TP: TP{"t", 0}, Offset: 7, LeaderEpoch: -1}}}
	for name, tc := range map[string]struct {
		lookup func(waited time.Duration) *kerr.Error
		types  map[string]GroupType
		fetch  *kerr.Error
		want   []Group
		errors []*Error
		took   time.Duration
	}{
		"is read": {types: map[string]GroupType{"a": Consumer}, want: []Group{found}},
		"whose coordinator is not available at first is found later": {
			lookup: func(waited time.Duration) *kerr.Error {
				if waited < 100*time.Millisecond {
					return kerr.CoordinatorNotAvailable
				}
				return nil
			},
			types: map[string]GroupType{"a": Consumer}, want: []Group{found}, took: 150 * time.Millisecond, // pauses of 50 and 100 ms
		},
		"whose coordinator cannot be looked up is an error": {
			lookup: func(time.Duration) *kerr.Error { return kerr.GroupAuthorizationFailed },
			types:  map[string]GroupType{"a": Consumer}, want: []Group{{Name: "a", DescribeErr: denied, CommitsErr: denied}},
		},
		"that no describe knows and whose commits are unknown may be there": {
			fetch: kerr.UnknownServerError,
			want: []Group{{Name: "a", Coordinator: ptr(node(1)), DescribeErr: kafkaError(ScopeGroup, "a", kerr.UnknownServerError.Code, nil),
				CommitsErr: kafkaError(ScopeGroup, "a", kerr.UnknownServerError.Code, nil)}},
		},
		"that nobody knows is an error": {fetch: kerr.GroupIDNotFound, errors: []*Error{noSuchGroup("a")}},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				c := startOffsetsCluster(t)
				c.describes(tc.types)
				c.commits = map[string]int64{"a": 7}
				start := time.Now()
				if tc.lookup != nil {
					c.lookup = func(string) *kerr.Error { return tc.lookup(time.Since(start)) }
				}
				c.verdict = func(int32, string) *kerr.Error { return tc.fetch }
				read := c.readOnly(Selection{Named: true, Groups: []string{"a"}}, Offsets)
				took(t, tc.took, start)
				diff(t, "groups", tc.want, read.All)
				diff(t, "errors", tc.errors, read.Errors)
			})
		})
	}
}

func TestMembersOfStreamsGroupsHaveOnlyPartitionsThatExist(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		c := startOffsetsCluster(t, kfake.SeedTopics(1, "secret"))
		withStreams(c.fake)
		c.lists = map[int32][]string{1: {"a"}}
		c.listed = map[string]kmsg.ListGroupsResponseGroup{"a": {GroupState: "Stable", GroupType: "Streams"}}
		reply(c.fake, kmsg.StreamsGroupDescribe, func(_ int32, _ *kmsg.StreamsGroupDescribeRequest, resp *kmsg.StreamsGroupDescribeResponse) bool {
			m := kmsg.StreamsGroupDescribeResponseGroupMember{MemberID: "m"}
			m.Assignment.ActiveTasks = []kmsg.TaskIDs{{SubtopologyID: "0", Partitions: []int32{5, 6}}} // "t" has six partitions
			resp.Groups = []kmsg.StreamsGroupDescribeResponseGroup{{Group: "a", State: "Stable", Members: []kmsg.StreamsGroupDescribeResponseGroupMember{m},
				Topology: &kmsg.StreamsGroupDescribeResponseGroupTopology{Subtopologies: []kmsg.StreamsGroupDescribeResponseGroupTopologySubtopology{
					{SubtopologyID: "0", SourceTopics: []string{"t", "secret", "gone"}},
				}}}}
			return true
		})
		c.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Metadata}, Topic: "secret", Err: kerr.TopicAuthorizationFailed, Count: -1})
		read, errs := c.client().Run(usual()).ReadMembers(t.Context(), Selection{})
		if errs != nil {
			t.Fatal(errs)
		}
		diff(t, "assignment", []Assigned{{"gone", []int32{5, 6}}, {"secret", []int32{5, 6}}, {"t", []int32{5}}}, read.All[0].Members[0].Assignment)
		diff(t, "errors", []*Error{kafkaError(ScopeTopic, "secret", kerr.TopicAuthorizationFailed.Code, nil)}, read.Errors)
		diff(t, "requests", map[kmsg.Key]int{kmsg.Metadata: 2, kmsg.ListGroups: 5, kmsg.OffsetFetch: 2, kmsg.StreamsGroupDescribe: 1}, c.calls())
	})
}
