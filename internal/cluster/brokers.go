package cluster

import (
	"cmp"
	"fmt"
	"net"
	"slices"
	"strconv"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// Broker is one node as the cluster advertises it, or a bootstrap server (ID -1) before that.
type Broker struct {
	ID   int32  `json:"id"`
	Host string `json:"host"`
	Port int32  `json:"port"`
}

// Addr is host:port.
func (b Broker) Addr() string { return net.JoinHostPort(b.Host, strconv.Itoa(int(b.Port))) }

// Name is how errors call the broker: "2 (host:port)", or host:port of a bootstrap server.
func (b Broker) Name() string {
	if b.ID < 0 {
		return b.Addr()
	}
	return fmt.Sprintf("%d (%s)", b.ID, b.Addr())
}

// Brokers is the cluster as its bootstrap server describes it.
type Brokers struct {
	ClusterID string
	Nodes     []Broker // sorted by id

	// Offline are the partitions of __consumer_offsets without a leader: groups stored there are
	// in no broker's list. Empty if this user may not describe that topic.
	Offline []*Error
}

// learn keeps who the nodes are for the rest of the run.
func (r *Run) learn(seed Broker, resp *kmsg.MetadataResponse) Brokers {
	var bs Brokers
	if resp.ClusterID != nil {
		bs.ClusterID = *resp.ClusterID
	}
	bs.Nodes = nodesOf(resp)
	for _, n := range bs.Nodes {
		if n.Addr() == seed.Addr() {
			seed = n
		}
	}
	offsets := offsetsTopicOf(resp)
	bs.Offline = offsets.offline()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seed, r.nodes, r.offsets = seed, bs.Nodes, offsets
	return bs
}

func nodesOf(resp *kmsg.MetadataResponse) []Broker {
	var nodes []Broker
	for _, b := range resp.Brokers {
		nodes = append(nodes, Broker{ID: b.NodeID, Host: b.Host, Port: b.Port})
	}
	slices.SortFunc(nodes, func(a, b Broker) int { return cmp.Compare(a.ID, b.ID) })
	return nodes
}

// learnNodes takes in brokers that have started, or moved, since Brokers.
func (r *Run) learnNodes(nodes []Broker) {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := slices.Clone(r.nodes) // others may be reading the old one
	for _, n := range nodes {
		i, known := slices.BinarySearchFunc(all, n.ID, func(b Broker, id int32) int { return cmp.Compare(b.ID, id) })
		if known {
			all[i] = n
		} else {
			all = slices.Insert(all, i, n)
		}
	}
	r.nodes = all
}

// offsetsPartitions is how many partitions __consumer_offsets has, as far as is known.
func (r *Run) offsetsPartitions() int32 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return int32(len(r.offsets.Partitions))
}

// offlineFor is offsetsTopic's.
func (r *Run) offlineFor(group string) *Error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.offsets.offlineFor(group)
}

// Node is the broker with that id, as far as the run knows.
func (r *Run) Node(id int32) (Broker, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	i, ok := slices.BinarySearchFunc(r.nodes, id, func(b Broker, id int32) int { return cmp.Compare(b.ID, id) })
	if !ok {
		return Broker{}, false
	}
	return r.nodes[i], true
}

func ptr[T any](v T) *T { return &v }
