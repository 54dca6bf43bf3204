package demo

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/offsetctl/offsetctl/inspect"
	"github.com/offsetctl/offsetctl/internal/cluster"
)

// offsetsPartitions is Kafka's default.
const offsetsPartitions = 50

// diary writes __consumer_offsets: it reads groups back from the cluster, compares them with what it has written, and
// writes what a coordinator would have. It is used by one goroutine at a time.
type diary struct {
	cluster *Cluster
	topicID [16]byte
	groups  map[string]*pages
}

// pages are what is written of one group.
type pages struct {
	marks map[string]string // by key; see stored
	order []string          // of the keys
}

// entry is one record to be written.
type entry struct {
	group string
	at    time.Time
	inspect.Record
}

// createOffsetsTopic lays the topic out as Kafka does. Its leaders are the groups' coordinators, which kfake chooses
// itself: where two groups with different ones share a partition, the first has it. kfake compacts it once an hour, which
// keeps Live from filling the memory. It does not spare what an open transaction may replace, as Kafka does; all of ours
// have timed out by then.
func (c *Cluster) createOffsetsTopic() error {
	configs := map[string]string{"kfake.is_internal": "true", "cleanup.policy": "compact"}
	if err := c.fake.CreateTopic(cluster.OffsetsTopic, offsetsPartitions, configs); err != nil {
		return err
	}
	leaders := make(map[int32]int32)
	for _, g := range slices.Backward(groups) {
		leaders[storedIn(g.name)] = c.fake.CoordinatorFor(g.name)
	}
	for p := range int32(offsetsPartitions) {
		leader, ok := leaders[p]
		if !ok {
			leader = p % brokers
		}
		if err := c.fake.MoveTopicPartition(cluster.OffsetsTopic, p, leader); err != nil {
			return err
		}
	}
	c.diary = &diary{cluster: c, topicID: c.topicID(cluster.OffsetsTopic), groups: make(map[string]*pages)}
	return nil
}

// storedIn is the partition that everything of the group is in.
func storedIn(group string) int32 {
	p, _ := cluster.Topic{Partitions: make([]cluster.Partition, offsetsPartitions)}.OffsetsPartition(group)
	return p
}

// coordinator is the broker to ask about a group.
func (c *Cluster) coordinator(group string) *kgo.Broker {
	return c.client.Broker(int(c.fake.CoordinatorFor(group)))
}

// catchUp writes what has changed in all groups, those that visitors have made included.
func (d *diary) catchUp(ctx context.Context, now time.Time) error {
	kinds, err := d.kinds(ctx)
	if err != nil {
		return err
	}
	var all []entry
	for _, name := range slices.Sorted(maps.Keys(kinds)) {
		entries, err := d.changes(ctx, name, kinds[name], at(now))
		if err != nil && !refused(err) { // it is gone in the meantime
			return err
		}
		all = append(all, entries...)
	}
	return d.write(ctx, all)
}

// kinds are the groups that there are or were.
func (d *diary) kinds(ctx context.Context) (map[string]kind, error) {
	kinds := make(map[string]kind)
	for name := range d.groups {
		kinds[name] = classic
	}
	for _, shard := range d.cluster.client.RequestSharded(ctx, kmsg.NewPtrListGroupsRequest()) {
		if shard.Err != nil {
			return nil, shard.Err
		}
		for _, g := range shard.Resp.(*kmsg.ListGroupsResponse).Groups {
			kinds[g.Group] = kindOf(g.GroupType)
		}
	}
	return kinds, nil
}

func kindOf(groupType string) kind {
	switch groupType {
	case "consumer":
		return consumer
	case "share":
		return share
	}
	return classic
}

// moments are the times that records are written at.
type moments struct{ members, commits time.Time }

func at(t time.Time) moments { return moments{t, t} }

// changes are the records that bring a group's pages up to date. What it has no more becomes tombstones, the last
// written first, as brokers delete groups.
func (d *diary) changes(ctx context.Context, group string, k kind, when moments) ([]entry, error) {
	p := d.pagesOf(group)
	info := d.cluster.fake.GroupInfo(group)
	if info == nil {
		return p.close(group, when.commits)
	}
	members, read, err := d.membership(ctx, k, info)
	if err != nil {
		return nil, err
	}
	commits, err := storedCommits(d.cluster.commitsOf(info))
	if err != nil {
		return nil, err
	}
	var all []entry
	have := make(map[string]bool)
	for _, s := range slices.Concat(members, commits) {
		have[string(s.key)] = true
		if p.marks[string(s.key)] == s.mark {
			continue
		}
		moment := when.members
		if s.typ == offsetCommit {
			moment = when.commits
		}
		e, err := p.note(group, s, moment)
		if err != nil {
			return nil, err
		}
		all = append(all, e)
	}
	for _, key := range slices.Backward(slices.Clone(p.order)) {
		if !have[key] && (read || isCommit(key)) {
			all = append(all, p.tear(group, key, when.commits))
		}
	}
	return all, nil
}

// membership reads a group's records but its commits. In the middle of a rebalance brokers write nothing, and nothing is
// read.
func (d *diary) membership(ctx context.Context, k kind, info *kfake.GroupInfo) (members []stored, read bool, err error) {
	if info.State != "Stable" && info.State != "Empty" {
		return nil, false, nil
	}
	members, err = d.cluster.membership(ctx, k, info)
	return members, true, err
}

func storedCommits(commits []commitRecord) ([]stored, error) {
	var all []stored
	for _, c := range commits {
		s, err := c.stored()
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, nil
}

func (d *diary) pagesOf(group string) *pages {
	p := d.groups[group]
	if p == nil {
		p = &pages{marks: make(map[string]string)}
		d.groups[group] = p
	}
	return p
}

// note makes the entry of a record that has changed.
func (p *pages) note(group string, s stored, at time.Time) (entry, error) {
	key := string(s.key)
	if _, there := p.marks[key]; !there {
		p.order = append(p.order, key)
	}
	p.marks[key] = s.mark
	return newEntry(group, s, at)
}

func newEntry(group string, s stored, at time.Time) (entry, error) {
	ms := at.UnixMilli()
	value, err := s.value(ms)
	return entry{group, at, inspect.Record{Timestamp: ms, Key: s.key, Value: value}}, err
}

// tear makes the tombstone of a record.
func (p *pages) tear(group, key string, at time.Time) entry {
	delete(p.marks, key)
	p.order = slices.DeleteFunc(p.order, func(k string) bool { return k == key })
	return tombstone(group, []byte(key), at)
}

func tombstone(group string, key []byte, at time.Time) entry {
	return entry{group, at, inspect.Record{Timestamp: at.UnixMilli(), Key: key}}
}

// close deletes all of a group. Of one without members brokers delete the group record, though they never wrote it.
func (p *pages) close(group string, at time.Time) ([]entry, error) {
	if len(p.order) == 0 {
		return nil, nil
	}
	var all []entry
	simple := true
	for _, key := range slices.Backward(slices.Clone(p.order)) {
		simple = simple && isCommit(key)
		all = append(all, p.tear(group, key, at))
	}
	if !simple {
		return all, nil
	}
	key, err := encodeKey(groupMetadata, fields{"group": group})
	return append(all, tombstone(group, key, at)), err
}

func isCommit(key string) bool { return key[:2] == string([]byte{0, byte(offsetCommit)}) }
