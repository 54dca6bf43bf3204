package cluster

import (
	"context"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
)

func TestListIsOneRequestPerBroker(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := startFake(t)
		r := f.ready()
		f.commit("b", 1)
		f.commit("a", 1)
		f.calls()
		got, errs := r.ListGroups(t.Context())
		diff(t, "errors", []*Error(nil), errs)
		diff(t, "groups", []Listed{
			{Group: "a", Type: Classic, State: "Empty", Coordinator: node(f.CoordinatorFor("a"))},
			{Group: "b", Type: Classic, State: "Empty", Coordinator: node(f.CoordinatorFor("b"))},
		}, got)
		diff(t, "requests", map[kmsg.Key]int{kmsg.ListGroups: 3}, f.calls())
	})
}

func TestListOfALoadingCoordinatorIsAskedAgain(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := startFake(t)
		r := f.ready()
		f.commit("g", 1)
		f.calls()
		f.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.ListGroups}, Nodes: []int32{f.CoordinatorFor("g")}, TopLevel: true, Err: kerr.CoordinatorLoadInProgress, Count: 2})
		start := time.Now()
		got, errs := r.ListGroups(t.Context())
		took(t, 150*time.Millisecond, start)
		if len(got) != 1 || len(errs) > 0 {
			t.Errorf("got %v, %v", got, errs)
		}
		diff(t, "requests", map[kmsg.Key]int{kmsg.ListGroups: 5}, f.calls())
	})
}

func TestListRefusedByOneBrokerIsItsErrorAlone(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := startFake(t)
		r := f.ready()
		f.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.ListGroups}, Nodes: []int32{1}, TopLevel: true, Err: kerr.ClusterAuthorizationFailed, Count: -1})
		_, errs := r.ListGroups(t.Context())
		diff(t, "errors", []*Error{{Scope: ScopeBroker, Name: "1 (localhost:9093)", Code: "CLUSTER_AUTHORIZATION_FAILED", Message: "this user is not authorized"}}, errs)
	})
}

func TestGroupListedTwiceIsOneGroup(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := startFake(t)
		r := f.ready()
		reply(f, kmsg.ListGroups, func(_ int32, _ *kmsg.ListGroupsRequest, resp *kmsg.ListGroupsResponse) bool {
			resp.Groups = []kmsg.ListGroupsResponseGroup{{Group: "g", GroupType: "Streams"}, {Group: "g", GroupType: "Streams"}}
			return true
		})
		got, _ := r.ListGroups(t.Context())
		diff(t, "of all brokers", []Listed{{Group: "g", Type: Streams, Coordinator: node(0)}}, got)
		of, e := r.groupsOf(t.Context(), node(2))
		if e != nil {
			t.Error(e)
		}
		diff(t, "of one broker", []Listed{{Group: "g", Type: Streams, Coordinator: node(2)}}, of)
	})
}

func TestCoordinatorsAreFoundInOneRequestAndAskedForAgainWhileNotAvailable(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := startFake(t)
		r := f.ready()
		f.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.FindCoordinator}, Group: "b", Err: kerr.CoordinatorNotAvailable, Count: 2})
		f.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.FindCoordinator}, Group: "c", Err: kerr.GroupAuthorizationFailed, Count: -1})
		errs := r.perCoordinator(t.Context(), refs("b", "a", "c"), func(_ context.Context, n Broker, groups []string) map[string]*Error {
			for _, g := range groups {
				diff(t, "coordinator of "+g, node(f.CoordinatorFor(g)), n)
			}
			return nil
		})
		diff(t, "codes", []string{"", "", "GROUP_AUTHORIZATION_FAILED"}, codes(errs["a"], errs["b"], errs["c"]))
		diff(t, "requests", map[kmsg.Key]int{kmsg.FindCoordinator: 3}, f.calls())
	})
}

func TestCoordinatorsNotFoundAreErrors(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := startFake(t)
		r := f.ready()
		reply(f, kmsg.FindCoordinator, func(_ int32, req *kmsg.FindCoordinatorRequest, resp *kmsg.FindCoordinatorResponse) bool {
			resp.Coordinators = []kmsg.FindCoordinatorResponseCoordinator{
				{Key: "never asked for", NodeID: 1, Host: "localhost", Port: 9093},
				{Key: "known", NodeID: 1, Host: "localhost", Port: 9093},
				{Key: "known", NodeID: 1, Host: "localhost", Port: 9093},
				{Key: "down", NodeID: -1, ErrorCode: kerr.CoordinatorNotAvailable.Code},
			}
			return true
		})
		got := r.findCoordinators(t.Context(), []string{"known", "left out", "down"})
		diff(t, "known", coordinator{Group: "known", Broker: node(1)}, got[0])
		diff(t, "codes", []string{"", CodeIncomplete, "COORDINATOR_NOT_AVAILABLE"}, codes(got[0].Err, got[1].Err, got[2].Err))

		// Everything that needs a coordinator has the same errors.
		for i, c := range r.Committed(t.Context(), refs("left out", "down")) {
			diff(t, "commits of "+c.Group, codes(got[i+1].Err), codes(c.Err))
		}
		for i, d := range r.Describe(t.Context(), refs("left out", "down"), Classic, Consumer) {
			diff(t, "describe of "+d.Group, codes(got[i+1].Err), codes(d.Err))
		}
		for i, c := range r.ShareOffsets(t.Context(), refs("left out", "down")) {
			diff(t, "share offsets of "+c.Group, codes(got[i+1].Err), codes(c.Err))
		}
	})
}

func TestClusterWithoutBrokersIsAnError(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := startFake(t)
		reply(f, kmsg.Metadata, func(_ int32, _ *kmsg.MetadataRequest, resp *kmsg.MetadataResponse) bool { return true })
		_, errs := f.client().Run(usual()).Brokers(t.Context())
		diff(t, "errors", []*Error{{Scope: ScopeBroker, Name: "localhost:9092", Code: CodeIncomplete, Message: "the broker lists no brokers: it may be starting", Retriable: true}}, errs)
	})
}

func TestMetadataErrorIsAnError(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := startFake(t)
		reply(f, kmsg.Metadata, func(_ int32, _ *kmsg.MetadataRequest, resp *kmsg.MetadataResponse) bool {
			resp.ErrorCode = kerr.RebootstrapRequired.Code
			resp.Brokers = []kmsg.MetadataResponseBroker{{NodeID: 0, Host: "localhost", Port: 9092}}
			return resp.Version >= 13
		})
		_, errs := f.client().Run(usual()).Brokers(t.Context())
		diff(t, "codes", []string{"REBOOTSTRAP_REQUIRED"}, codes(errs...))
	})
}

func TestPartitionsOfTheOffsetsTopicWithoutLeaderAreSaid(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := startFake(t)
		reply(f, kmsg.Metadata, func(_ int32, _ *kmsg.MetadataRequest, resp *kmsg.MetadataResponse) bool {
			resp.Brokers = []kmsg.MetadataResponseBroker{{NodeID: 2, Host: "localhost", Port: 9094}, {NodeID: 0, Host: "localhost", Port: 9092}}
			resp.Topics = []kmsg.MetadataResponseTopic{{Topic: kmsg.StringPtr(OffsetsTopic), Partitions: []kmsg.MetadataResponseTopicPartition{
				{Partition: 10, Leader: -1, ErrorCode: 5}, {Partition: 9, Leader: -1, ErrorCode: 5}, {Partition: 8, Leader: 2},
			}}}
			return true
		})
		bs, errs := f.client().Run(usual()).Brokers(t.Context())
		offline := func(name string) *Error {
			return &Error{Scope: ScopePartition, Name: name, Code: "LEADER_NOT_AVAILABLE", Message: "no leader: the groups stored there cannot be seen", Retriable: true}
		}
		diff(t, "errors", []*Error(nil), errs)
		diff(t, "brokers", Brokers{Nodes: []Broker{node(0), node(2)}, Offline: []*Error{offline("__consumer_offsets:9"), offline("__consumer_offsets:10")}}, bs)
	})
}

func TestSeedThatIsANodeIsDialledOnce(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := startFake(t)
		r := f.ready()
		if _, errs := r.ListGroups(t.Context()); len(errs) > 0 {
			t.Fatal(errs)
		}
		diff(t, "connections", map[string]int{"localhost:9092": 1, "localhost:9093": 1, "localhost:9094": 1}, f.dials)
	})
}
