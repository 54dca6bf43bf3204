package main

import (
	"fmt"
	"net"
	"strconv"
	"sync"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

func (f *fixture) fault(_ *testscript.TestScript, args []string) error {
	fault := kfake.Fault{Count: -1}
	if args[0] == "once" {
		fault.Count, args = 1, args[1:]
	}
	key, err := requestKey(args[0])
	if err != nil {
		return err
	}
	fault.Keys = []kmsg.Key{key}
	if fault.Err, err = kafkaError(args[1]); err != nil {
		return err
	}
	switch {
	case len(args) == 2:
	case len(args) == 4 && args[2] == "group":
		fault.Group = args[3]
	case len(args) == 4 && args[2] == "topic":
		fault.Topic = args[3]
		if topic, p, err := partition(args[3]); err == nil {
			fault.Topic, fault.Partitions = topic, []int32{p}
		}
	case len(args) == 4 && args[2] == "node":
		id, err := strconv.ParseInt(args[3], 10, 32)
		if err != nil {
			return err
		}
		fault.Nodes = []int32{int32(id)}
	default:
		return fmt.Errorf("not group, topic or node NAME: %q", args[2:])
	}
	f.fake.Fault(fault)
	return nil
}

func requestKey(name string) (kmsg.Key, error) {
	for k := range int16(kmsg.MaxKey) + 1 {
		if kmsg.NameForKey(k) == name {
			return kmsg.Key(k), nil
		}
	}
	return 0, fmt.Errorf("no such request: %q", name)
}

func kafkaError(name string) (*kerr.Error, error) {
	for code := range int16(200) {
		if e := kerr.TypedErrorForCode(code); e != nil && e.Message == name {
			return e, nil
		}
	}
	return nil, fmt.Errorf("no such error of Kafka: %q", name)
}

// tell says that a request has come that will have no answer.
func (f *fixture) tell() {
	select {
	case f.heard <- struct{}{}:
	default:
	}
}

func (f *fixture) mute(_ *testscript.TestScript, args []string) error {
	id, err := number(args[0])
	if err != nil {
		return err
	}
	f.fake.Control(func(kmsg.Request) (kmsg.Response, error, bool) {
		f.fake.KeepControl()
		if f.fake.CurrentNode() != int32(id) {
			return nil, nil, false
		}
		f.tell()
		return nil, nil, true
	})
	return nil
}

func (f *fixture) down(_ *testscript.TestScript, args []string) error {
	id, err := number(args[0])
	if err != nil || id >= int64(len(f.nodes)) {
		return fmt.Errorf("no such node: %q", args[0])
	}
	f.nodes[id].cut()
	return nil
}

// changes are what the cluster answers otherwise than it would. It has such a request answered as ever, on a connection
// of our own and under a mark that lets it pass, and changes the answer.
type changes struct {
	f        *fixture
	mu       sync.Mutex
	leader   map[string]map[int32]bool  // partitions without one
	end      map[string]map[int32]int64 // log ends
	passages map[int32]*kgo.Client      // by node
}

// passTag marks, in its tagged fields, the request that lets the other one pass.
const passTag uint32 = 1000

func (f *fixture) changed() *changes {
	if f.changes != nil {
		return f.changes
	}
	f.changes = &changes{f: f, leader: map[string]map[int32]bool{}, end: map[string]map[int32]int64{}, passages: map[int32]*kgo.Client{}}
	f.fake.ControlKey(int16(kmsg.Metadata), f.changes.metadata)
	f.fake.ControlKey(int16(kmsg.ListOffsets), f.changes.listOffsets)
	return f.changes
}

func (f *fixture) noLeader(_ *testscript.TestScript, args []string) error {
	topic, p, err := partition(args[0])
	if err != nil {
		return err
	}
	c := f.changed()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.leader[topic] == nil {
		c.leader[topic] = map[int32]bool{}
	}
	c.leader[topic][p] = true
	return nil
}

func (f *fixture) logEnd(_ *testscript.TestScript, args []string) error {
	topic, p, err := partition(args[0])
	if err != nil {
		return err
	}
	end, err := number(args[1])
	if err != nil {
		return err
	}
	c := f.changed()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.end[topic] == nil {
		c.end[topic] = map[int32]int64{}
	}
	c.end[topic][p] = end
	return nil
}

func (c *changes) metadata(kreq kmsg.Request) (kmsg.Response, error, bool) {
	c.f.fake.KeepControl()
	req := kreq.(*kmsg.MetadataRequest)
	if req.UnknownTags.Len() > 0 {
		return nil, nil, false
	}
	inner := *req
	inner.UnknownTags.Set(passTag, nil)
	resp, ok := c.pass(&inner).(*kmsg.MetadataResponse)
	if !ok {
		return nil, net.ErrClosed, true
	}
	resp.Version = req.Version
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range resp.Topics {
		t := &resp.Topics[i]
		if t.Topic == nil || c.leader[*t.Topic] == nil {
			continue
		}
		if t.ErrorCode != 0 { // kfake has no __consumer_offsets
			t.ErrorCode, t.Partitions = 0, nil
			for p := range c.leader[*t.Topic] {
				t.Partitions = append(t.Partitions, kmsg.MetadataResponseTopicPartition{Partition: p})
			}
		}
		for k := range t.Partitions {
			if p := &t.Partitions[k]; c.leader[*t.Topic][p.Partition] {
				p.Leader, p.ErrorCode = -1, kerr.LeaderNotAvailable.Code
			}
		}
	}
	return resp, nil, true
}

func (c *changes) listOffsets(kreq kmsg.Request) (kmsg.Response, error, bool) {
	c.f.fake.KeepControl()
	req := kreq.(*kmsg.ListOffsetsRequest)
	if req.UnknownTags.Len() > 0 || req.Topics[0].Partitions[0].Timestamp != -1 {
		return nil, nil, false
	}
	inner := *req
	inner.UnknownTags.Set(passTag, nil)
	resp, ok := c.pass(&inner).(*kmsg.ListOffsetsResponse)
	if !ok {
		return nil, net.ErrClosed, true
	}
	resp.Version = req.Version
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range resp.Topics {
		for k := range resp.Topics[i].Partitions {
			p := &resp.Topics[i].Partitions[k]
			if end, ok := c.end[resp.Topics[i].Topic][p.Partition]; ok {
				p.Offset = end
			}
		}
	}
	return resp, nil, true
}

// pass has a marked request answered by the node that is just being asked; nil if the cluster is closing.
func (c *changes) pass(req kmsg.Request) kmsg.Response {
	node := c.f.fake.CurrentNode()
	answers := make(chan kmsg.Response, 1)
	c.f.fake.SleepControl(func() { // without this the cluster would stand still until we return
		client, err := c.passage(node)
		if err != nil {
			return
		}
		if resp, err := client.SeedBrokers()[0].Request(c.f.ctx, req); err == nil {
			answers <- resp
		}
	})
	select {
	case resp := <-answers:
		return resp
	default:
		return nil
	}
}

// passage is a client that knows the node alone, and so asks for no metadata by itself.
func (c *changes) passage(node int32) (*kgo.Client, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.passages[node] == nil {
		client, err := c.f.newClient(kgo.SeedBrokers(c.f.nodes[node].Addr().String()))
		if err != nil {
			return nil, err
		}
		c.passages[node] = client
	}
	return c.passages[node], nil
}

func (c *changes) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, client := range c.passages {
		client.Close()
	}
}
