package demo

import (
	"context"
	"fmt"
	"maps"
	"slices"
)

// startGroups brings all groups up at the same time.
func (c *Cluster) startGroups(ctx context.Context) error {
	var starts []func() error
	for _, g := range groups {
		members, err := c.newMembers(g)
		if err != nil {
			return err
		}
		starts = append(starts, func() error {
			if err := c.startGroup(ctx, g, members); err != nil {
				return fmt.Errorf("starting group %q: %w", g.name, err)
			}
			return nil
		})
	}
	return each(starts, func(start func() error) error { return start() })
}

// startGroup commits, then lets the members join: a live group takes commits from its members only.
func (c *Cluster) startGroup(ctx context.Context, g group, members []*member) error {
	if g.kind == share {
		return c.startShare(ctx, g)
	}
	_, there := g.split()
	if err := c.commitPositions(ctx, g.name, g.beforeExports(there)); err != nil {
		return err
	}
	return joinAll(ctx, g, members)
}

func joinAll(ctx context.Context, g group, members []*member) error {
	if g.kind == consumer {
		return settle(ctx, members)
	}
	return each(members, func(m *member) error { return m.join(ctx, len(members)) })
}

func (c *Cluster) partitions(topic string) int32 { return int32(len(c.fake.PartitionInfos(topic))) }

// topic is the name of the topic with an id, empty if it was deleted.
func (c *Cluster) topic(id [16]byte) string {
	if info := c.fake.TopicIDInfo(id); info != nil {
		return info.Topic
	}
	return ""
}

// topicID is zero for a topic that was deleted, as Kafka's own zero id is.
func (c *Cluster) topicID(topic string) [16]byte {
	if info := c.fake.TopicInfo(topic); info != nil {
		return info.TopicID
	}
	return [16]byte{}
}

func sorted[T any](names map[string]T) []string { return slices.Sorted(maps.Keys(names)) }
