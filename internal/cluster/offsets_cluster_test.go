package cluster

import (
	"slices"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// offsetsCluster is a fake whose __consumer_offsets has three partitions, partition n led by node n. The
// groups "c", "a", "b" are stored in partitions 0, 1, 2. Unless a test says otherwise they are empty classic
// groups without commits.
type offsetsCluster struct {
	*fake
	leader  func(partition int32) int32
	lists   map[int32][]string                      // groups that a node lists
	listed  map[string]kmsg.ListGroupsResponseGroup // what lists say of a group
	commits map[string]int64                        // of groups, in partition 0 of "t"

	coordinator func(group string) int32
	dead        map[int32]bool // nodes that hang up when asked for offsets, see fake.cut

	// Errors; nil hooks and nil errors are none.
	listing func(node int32) *kerr.Error               // of ListGroups
	lookup  func(group string) *kerr.Error             // of FindCoordinator
	verdict func(node int32, group string) *kerr.Error // of OffsetFetch

	fetched []string // groups in OffsetFetch requests; guarded by mu
}

func startOffsetsCluster(t *testing.T, opts ...kfake.Opt) *offsetsCluster {
	t.Helper()
	c := &offsetsCluster{fake: startFake(t, opts...), lists: map[int32][]string{0: {"c"}, 1: {"a"}, 2: {"b"}}}
	c.leader = func(partition int32) int32 { return partition }
	c.coordinator = func(group string) int32 { return partitionOf(group, 3) }
	reply(c.fake, kmsg.Metadata, c.metadata)
	reply(c.fake, kmsg.ListGroups, c.list)
	reply(c.fake, kmsg.FindCoordinator, c.find)
	reply(c.fake, kmsg.OffsetFetch, c.offsets)
	return c
}

// metadata leaves other topics to kfake.
func (c *offsetsCluster) metadata(_ int32, req *kmsg.MetadataRequest, resp *kmsg.MetadataResponse) bool {
	if len(req.Topics) != 1 || *req.Topics[0].Topic != OffsetsTopic {
		return false
	}
	topic := kmsg.NewMetadataResponseTopic()
	topic.Topic = kmsg.StringPtr(OffsetsTopic)
	for i := range int32(3) {
		resp.Brokers = append(resp.Brokers, kmsg.MetadataResponseBroker{NodeID: i, Host: node(i).Host, Port: node(i).Port})
		leader := c.leader(i)
		p := kmsg.MetadataResponseTopicPartition{Partition: i, Leader: leader, Replicas: []int32{leader}, ISR: []int32{leader}}
		topic.Partitions = append(topic.Partitions, p)
	}
	resp.Topics = append(resp.Topics, topic)
	return true
}

func (c *offsetsCluster) list(node int32, _ *kmsg.ListGroupsRequest, resp *kmsg.ListGroupsResponse) bool {
	if c.listing != nil {
		if resp.ErrorCode = code(c.listing(node)); resp.ErrorCode != 0 {
			return true
		}
	}
	for _, g := range c.lists[node] {
		listed, ok := c.listed[g]
		if !ok {
			listed = kmsg.ListGroupsResponseGroup{GroupState: "Empty", GroupType: "Classic"}
		}
		listed.Group = g
		resp.Groups = append(resp.Groups, listed)
	}
	return true
}

func (c *offsetsCluster) find(_ int32, req *kmsg.FindCoordinatorRequest, resp *kmsg.FindCoordinatorResponse) bool {
	for _, g := range req.CoordinatorKeys {
		found := kmsg.FindCoordinatorResponseCoordinator{Key: g, NodeID: -1, Port: -1}
		if c.lookup != nil {
			found.ErrorCode = code(c.lookup(g))
		}
		if found.ErrorCode == 0 {
			n := node(c.coordinator(g))
			found.NodeID, found.Host, found.Port = n.ID, n.Host, n.Port
		}
		resp.Coordinators = append(resp.Coordinators, found)
	}
	return true
}

func (c *offsetsCluster) offsets(node int32, req *kmsg.OffsetFetchRequest, resp *kmsg.OffsetFetchResponse) bool {
	if c.dead[node] {
		return false
	}
	for _, g := range req.Groups {
		rg := kmsg.OffsetFetchResponseGroup{Group: g.Group}
		if c.verdict != nil {
			rg.ErrorCode = code(c.verdict(node, g.Group))
		}
		if at, ok := c.commits[g.Group]; ok && rg.ErrorCode == 0 {
			rg.Topics = []kmsg.OffsetFetchResponseGroupTopic{groupTopic("t", kmsg.OffsetFetchResponseGroupTopicPartition{Offset: at, LeaderEpoch: -1})}
		}
		c.mu.Lock()
		c.fetched = append(c.fetched, g.Group)
		c.mu.Unlock()
		resp.Groups = append(resp.Groups, rg)
	}
	return true
}

// describes has the brokers describe groups as stable ones of the types given, and no others.
func (c *offsetsCluster) describes(types map[string]GroupType) {
	reply(c.fake, kmsg.DescribeGroups, func(_ int32, req *kmsg.DescribeGroupsRequest, resp *kmsg.DescribeGroupsResponse) bool {
		for _, g := range req.Groups {
			rg := kmsg.DescribeGroupsResponseGroup{Group: g, State: "Stable", ProtocolType: "consumer"}
			if types[g] != Classic {
				rg = kmsg.DescribeGroupsResponseGroup{Group: g, State: "Dead", ErrorCode: kerr.GroupIDNotFound.Code}
			}
			resp.Groups = append(resp.Groups, rg)
		}
		return true
	})
	reply(c.fake, kmsg.ConsumerGroupDescribe, func(_ int32, req *kmsg.ConsumerGroupDescribeRequest, resp *kmsg.ConsumerGroupDescribeResponse) bool {
		for _, g := range req.Groups {
			rg := kmsg.ConsumerGroupDescribeResponseGroup{Group: g, State: "Stable"}
			if types[g] != Consumer {
				rg = kmsg.ConsumerGroupDescribeResponseGroup{Group: g, ErrorCode: kerr.GroupIDNotFound.Code}
			}
			resp.Groups = append(resp.Groups, rg)
		}
		return true
	})
	replyNotFound(c.fake) // as share groups
	reply(c.fake, kmsg.DescribeShareGroupOffsets, func(_ int32, req *kmsg.DescribeShareGroupOffsetsRequest, resp *kmsg.DescribeShareGroupOffsetsResponse) bool {
		for _, g := range req.Groups {
			resp.Groups = append(resp.Groups, kmsg.DescribeShareGroupOffsetsResponseGroup{GroupID: g.GroupID, ErrorCode: kerr.GroupIDNotFound.Code})
		}
		return true
	})
}

// code is what an answer says for an error, or for none.
func code(e *kerr.Error) int16 {
	if e == nil {
		return 0
	}
	return e.Code
}

// askedAbout are the groups whose offsets were asked for, as often as they were, sorted; witnesses apart.
func (c *offsetsCluster) askedAbout() (groups, witnesses []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, g := range slices.Sorted(slices.Values(c.fetched)) {
		if strings.HasSuffix(g, "-witness") {
			witnesses = append(witnesses, g)
		} else {
			groups = append(groups, g)
		}
	}
	return groups, witnesses
}

// witnesses are the names of all witnesses asked about.
func (c *offsetsCluster) witnesses() []string {
	_, witnesses := c.askedAbout()
	return witnesses
}

func (c *offsetsCluster) read(d Depth) *Groups {
	c.t.Helper()
	return c.readOnly(Selection{}, d)
}

func (c *offsetsCluster) readOnly(sel Selection, d Depth) *Groups {
	c.t.Helper()
	read, errs := c.client().Run(usual()).Left(GroupRounds).ReadGroups(c.t.Context(), sel, d)
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
