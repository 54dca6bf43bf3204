package cluster

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

func TestEveryPartitionHasAWitness(t *testing.T) {
	for n := range int32(200) {
		for p, name := range witnessNames(n) {
			if name == "" || partitionOf(name, n) != int32(p) {
				t.Fatalf("partition %d of %d has witness %q", p, n, name)
			}
		}
	}
}

// offsetsCluster is a fake whose __consumer_offsets has three partitions, partition n led by node n. The
// groups "c", "a", "b" are stored in partitions 0, 1, 2.
type offsetsCluster struct {
	*fake
	lists   map[int32][]string // groups that a node lists
	asked   []string           // groups in OffsetFetch requests
	verdict func(node int32, group string) *kerr.Error

	coordinator func(group string) int32
	dead        map[int32]bool // nodes that hang up when asked for offsets, see fake.cut
}

func startOffsetsCluster(t *testing.T) *offsetsCluster {
	c := &offsetsCluster{fake: startFake(t), lists: map[int32][]string{0: {"c"}, 1: {"a"}, 2: {"b"}}}
	c.coordinator = func(group string) int32 { return partitionOf(group, 3) }
	reply(c.fake, kmsg.Metadata, c.metadata)
	reply(c.fake, kmsg.ListGroups, func(node int32, _ *kmsg.ListGroupsRequest, resp *kmsg.ListGroupsResponse) bool {
		for _, g := range c.lists[node] {
			resp.Groups = append(resp.Groups, kmsg.ListGroupsResponseGroup{Group: g, GroupState: "Empty", GroupType: "Classic"})
		}
		return true
	})
	reply(c.fake, kmsg.FindCoordinator, func(_ int32, req *kmsg.FindCoordinatorRequest, resp *kmsg.FindCoordinatorResponse) bool {
		for _, g := range req.CoordinatorKeys {
			n := node(c.coordinator(g))
			resp.Coordinators = append(resp.Coordinators, kmsg.FindCoordinatorResponseCoordinator{Key: g, NodeID: n.ID, Host: n.Host, Port: n.Port})
		}
		return true
	})
	reply(c.fake, kmsg.OffsetFetch, c.offsets)
	return c
}

func (c *offsetsCluster) metadata(_ int32, req *kmsg.MetadataRequest, resp *kmsg.MetadataResponse) bool {
	topic := kmsg.NewMetadataResponseTopic()
	topic.Topic = kmsg.StringPtr(OffsetsTopic)
	for i := range int32(3) {
		resp.Brokers = append(resp.Brokers, kmsg.MetadataResponseBroker{NodeID: i, Host: node(i).Host, Port: node(i).Port})
		p := kmsg.MetadataResponseTopicPartition{Partition: i, Leader: i, Replicas: []int32{i}, ISR: []int32{i}}
		topic.Partitions = append(topic.Partitions, p)
	}
	resp.Topics = append(resp.Topics, topic)
	return true
}

func (c *offsetsCluster) offsets(node int32, req *kmsg.OffsetFetchRequest, resp *kmsg.OffsetFetchResponse) bool {
	if c.dead[node] {
		return false
	}
	for _, g := range req.Groups {
		rg := kmsg.OffsetFetchResponseGroup{Group: g.Group}
		if c.verdict != nil {
			if e := c.verdict(node, g.Group); e != nil {
				rg.ErrorCode = e.Code
			}
		}
		c.mu.Lock()
		c.asked = append(c.asked, g.Group)
		c.mu.Unlock()
		resp.Groups = append(resp.Groups, rg)
	}
	return true
}

// witnesses are the names of all witnesses asked about.
func (c *offsetsCluster) witnesses() []string {
	return slices.DeleteFunc(c.asked, func(g string) bool { return !strings.HasSuffix(g, "-witness") })
}

func (c *offsetsCluster) read(d Depth) *Groups {
	c.t.Helper()
	read, errs := c.client().Run(usual()).Left(3).ReadGroups(c.t.Context(), Selection{}, d)
	if errs != nil {
		c.t.Fatal(errs)
	}
	return read
}

func names(groups []Group) []string {
	var out []string
	for _, g := range groups {
		out = append(out, g.Name)
	}
	return out
}

func TestListedGroupsProveTheirPartitionsAndCostNothing(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		c := startOffsetsCluster(t)
		read := c.read(Offsets)
		diff(t, "groups", []string{"a", "b", "c"}, names(read.All))
		diff(t, "witnesses", []string(nil), c.witnesses())
	})
}

func TestPartitionsWithoutGroupsHaveWitnessesInTheSameRequests(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		c := startOffsetsCluster(t)
		c.lists = map[int32][]string{0: {"c"}}
		read := c.read(Offsets)
		diff(t, "groups", []string{"c"}, names(read.All))
		diff(t, "errors", []*Error(nil), read.Errors)
		diff(t, "requests", map[kmsg.Key]int{kmsg.Metadata: 1, kmsg.ListGroups: 5, kmsg.OffsetFetch: 3}, c.calls())
		diff(t, "witnesses", 2, len(c.witnesses()))
	})
}

func TestGroupsMissingFromAListAreReadWhenTheirCoordinatorIsThere(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		c := startOffsetsCluster(t)
		c.lists = map[int32][]string{0: {"c"}, 2: {"b"}}
		tries := 0
		c.verdict = func(node int32, group string) *kerr.Error {
			if node != 1 || !strings.HasSuffix(group, "-witness") {
				return nil
			}
			switch tries++; tries {
			case 1, 2:
				return kerr.NotCoordinator
			case 3:
				c.lists[1] = []string{"a"} // it has taken over now, after it was asked for its list
			}
			return nil
		}
		read := c.read(Offsets)
		diff(t, "groups", []string{"a", "b", "c"}, names(read.All))
		diff(t, "errors", []*Error(nil), read.Errors)
	})
}

func TestGroupsThatAppearBetweenListAndWitnessAreRead(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		c := startOffsetsCluster(t)
		c.lists = map[int32][]string{0: {"c"}, 2: {"b"}}
		c.verdict = func(node int32, _ string) *kerr.Error {
			if node == 1 {
				c.lists[1] = []string{"a"}
			}
			return nil
		}
		read := c.read(Offsets)
		diff(t, "groups", []string{"a", "b", "c"}, names(read.All))
		diff(t, "errors", []*Error(nil), read.Errors)
	})
}

func TestPartitionThatNobodyTakesOverIsAnError(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		c := startOffsetsCluster(t)
		c.lists = map[int32][]string{0: {"c"}, 2: {"b"}}
		c.verdict = func(node int32, _ string) *kerr.Error {
			if node == 1 {
				return kerr.NotCoordinator
			}
			return nil
		}
		start := time.Now()
		read := c.read(Offsets)
		diff(t, "groups", []string{"b", "c"}, names(read.All))
		diff(t, "errors", []*Error{{Scope: ScopePartition, Name: OffsetsTopic + ":1", Code: "NOT_COORDINATOR", Message: "no broker has taken it over yet: the groups stored there cannot be seen", Retriable: true}}, read.Errors)
		took(t, 4550*time.Millisecond, start) // pauses of 50 ms to 1 s in 5 s
	})
}

func TestWitnessesThatLiveElsewhereAreFollowed(t *testing.T) {
	inBubble(t, func(t *testing.T) { // a broker that is not Kafka may place groups by another rule
		c := startOffsetsCluster(t)
		c.lists = nil
		c.verdict = func(node int32, group string) *kerr.Error {
			if node != 2 {
				return kerr.NotCoordinator
			}
			return nil
		}
		c.coordinator = func(string) int32 { return 2 }
		diff(t, "errors", []*Error(nil), c.read(Offsets).Errors)
	})
}

func TestNamesHaveWitnessesWherePartitionsHaveNoGroups(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		c := startOffsetsCluster(t)
		c.read(Names)
		diff(t, "all proven", map[kmsg.Key]int{kmsg.Metadata: 1, kmsg.ListGroups: 3}, c.calls())
		c.lists = map[int32][]string{0: {"c"}}
		c.read(Names)
		diff(t, "one proven", map[kmsg.Key]int{kmsg.Metadata: 1, kmsg.ListGroups: 5, kmsg.OffsetFetch: 2}, c.calls())
		diff(t, "witnesses", 2, len(c.witnesses()))
	})
}

func TestWitnessThatMayNotBeDescribedProvesNothing(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		c := startOffsetsCluster(t)
		c.verdict = func(int32, string) *kerr.Error { return kerr.GroupAuthorizationFailed }
		c.lists = nil
		diff(t, "errors", []*Error(nil), c.read(Offsets).Errors)
	})
}

func TestBrokerThatDiesAfterItsListIsAnError(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		c := startOffsetsCluster(t)
		c.lists = nil
		c.dead = map[int32]bool{1: true}
		c.cut(node(1), kmsg.OffsetFetch)
		read := c.read(Offsets)
		diff(t, "errors", []string{"CONNECTION_CLOSED"}, codes(read.Errors...))
	})
}
