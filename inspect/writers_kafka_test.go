//go:build kafka

package inspect

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/kversion"

	"github.com/offsetctl/offsetctl/internal/kafkatest"
)

// writerProperties let everything that ends by itself end while the test waits.
func writerProperties() []string {
	return []string{
		"group.consumer.migration.policy=bidirectional", // the default since 4.0
		"offsets.retention.check.interval.ms=500",
		"transactional.id.expiration.ms=5000",
		"transaction.remove.expired.transaction.cleanup.interval.ms=500",
	}
}

// runWriters makes every kind of record that the version writes: one client after the other runs to its orderly
// end, then groups, offsets and a topic are deleted, and at last a transaction is left open.
func runWriters(t *testing.T, c *kafkatest.Cluster, old bool) {
	const assignors = "partition.assignment.strategy=org.apache.kafka.clients.consumer."
	c.Topic(t, "copies", 2, 0)
	runWriter(t, c, "ConsumerApp.java", "range", []string{"manual", "members=2", "client.rack=r1"}, "commit 0 4 - why \"not\" é", "sync")
	runWriter(t, c, "ConsumerApp.java", "sticky", []string{"auto", "members=2", assignors + "StickyAssignor"})
	rejoin(t, c, assignors+"StickyAssignor")
	runWriter(t, c, "ConsumerApp.java", "cooperative", []string{"auto", "group.instance.id=s", assignors + "CooperativeStickyAssignor"})
	runWriter(t, c, "ConsumerApp.java", "kip848", []string{"auto", "members=2", "group.protocol=consumer"})
	runWriter(t, c, "ConsumerApp.java", "static848", []string{"auto", "group.protocol=consumer", "group.instance.id=s", "client.rack=r1"})
	runWriter(t, c, "StreamsApp.java", "streams", []string{"copies"})
	keepGroup(t, c, "tx")
	runWriter(t, c, "TransactionApp.java", "tx", []string{"tx-id"}, "offsets 0=1 1=2", "commit", "offsets 0=3", "abort")
	upgradeGroup(t, c)
	if !old {
		subscribeByPattern(t, c)
		runWriter(t, c, "ShareApp.java", "share", nil)
		runWriter(t, c, "StreamsApp.java", "streams848", []string{"copies", "group.protocol=streams"})
	}
	expireOffsets(t, c)
	deleteAll(t, c, old)
	open := c.Client(t, "TransactionApp.java", "tx", "in-tx", "open-id")
	open.Await(t, "READY")
	open.Do(t, "offsets 0=5")
	open.Kill()
}

func runWriter(t *testing.T, c *kafkatest.Cluster, file, group string, args []string, commands ...string) {
	t.Helper()
	c.Topic(t, "in-"+group, 2, 10)
	cl := c.Client(t, file, append([]string{group, "in-" + group}, args...)...)
	cl.Await(t, "READY")
	for _, command := range append(commands, "close") {
		cl.Do(t, command)
	}
	cl.Wait(t)
}

// keepGroup commits outside of a transaction first. Kafka 3.9.2 takes a group whose only commits are in an open
// transaction for one whose commits all expired, and deletes it at the next retention check: what the transaction
// commits later is written, but OffsetFetch does not know the group.
func keepGroup(t *testing.T, c *kafkatest.Cluster, group string) {
	t.Helper()
	var offsets kadm.Offsets
	offsets.AddOffset("copies", 0, 1, -1)
	if err := kadm.NewClient(c.Kgo(t)).CommitAllOffsets(t.Context(), group, offsets); err != nil {
		t.Fatal(err)
	}
}

// rejoin has a second member join a group whose first one has partitions already, and says so when it joins anew.
func rejoin(t *testing.T, c *kafkatest.Cluster, assignor string) {
	t.Helper()
	c.Topic(t, "in-rejoin", 2, 10)
	first := c.Client(t, "ConsumerApp.java", "rejoin", "in-rejoin", "auto", assignor)
	first.Await(t, "READY")
	second := c.Client(t, "ConsumerApp.java", "rejoin", "in-rejoin", "auto", assignor)
	awaitRecord(t, c, "what a sticky member had before", func(k Key, r *kgo.Record) bool {
		if string(k.Group) != "rejoin" || k.Type != 2 {
			return false
		}
		value, _ := ConsumerOffsets.AppendValue(nil, k.Type, r.Value)
		return strings.Contains(string(value), rejoined)
	})
	second.Kill()
	first.Kill()
}

// rejoined is how the data of a sticky member that has partitions already are decoded.
const rejoined = `"userDataDecoded":{"previousAssignment":[{"topic":"in-rejoin"`

// upgradeGroup has a classic member in a group that a KIP-848 member joins, type 5 then keeps what the classic one
// subscribes to, and leaves again: the group becomes what it was.
func upgradeGroup(t *testing.T, c *kafkatest.Cluster) {
	t.Helper()
	c.Topic(t, "in-upgrade", 2, 10)
	classic := c.Client(t, "ConsumerApp.java", "upgrade", "in-upgrade", "auto")
	classic.Await(t, "READY")
	modern := c.Client(t, "ConsumerApp.java", "upgrade", "in-upgrade", "auto", "group.protocol=consumer", "client.id=modern")
	leave := kmsg.NewPtrConsumerGroupHeartbeatRequest()
	leave.Group, leave.MemberEpoch = "upgrade", -1
	awaitRecord(t, c, "the KIP-848 member", func(k Key, r *kgo.Record) bool {
		leave.MemberID = string(k.Member)
		return string(k.Group) == "upgrade" && k.Type == 5 && strings.Contains(string(r.Value), "modern-1")
	})
	awaitRecord(t, c, "what the KIP-848 member has", func(k Key, _ *kgo.Record) bool {
		return string(k.Group) == "upgrade" && k.Type == 8 && string(k.Member) == leave.MemberID
	})
	modern.Kill()
	// A killed member is in the group for 45 s more; this is what it would say when it leaves.
	if _, err := leave.RequestWith(t.Context(), c.Kgo(t)); err != nil {
		t.Fatal(err)
	}
	awaitRecord(t, c, "the end of the KIP-848 group", func(k Key, r *kgo.Record) bool {
		return string(k.Group) == "upgrade" && k.Type == 3 && r.Value == nil
	})
	classic.Kill()
}

// subscribeByPattern has a KIP-848 member whose topics the broker finds by regular expression come and go.
func subscribeByPattern(t *testing.T, c *kafkatest.Cluster) {
	t.Helper()
	regex := "in-.*"
	r := kmsg.NewPtrConsumerGroupHeartbeatRequest()
	r.Group, r.MemberID, r.RebalanceTimeoutMillis = "pattern", "0123456789abcdefABCDEF", 60000
	r.SubscribedTopicRegex, r.Topics = &regex, []kmsg.ConsumerGroupHeartbeatRequestTopic{}
	cl := c.Kgo(t)
	awaitRecord(t, c, "a resolved regular expression", func(k Key, _ *kgo.Record) bool {
		return string(k.Group) == "pattern" && k.Type == 16
	}, func() error {
		resp, err := r.RequestWith(t.Context(), cl)
		if err != nil {
			return err
		}
		r.MemberEpoch = resp.MemberEpoch
		return kerr.ErrorForCode(resp.ErrorCode)
	})
	r.MemberEpoch = -1 // leaves
	if _, err := r.RequestWith(t.Context(), cl); err != nil {
		t.Fatal(err)
	}
}

// expireOffsets commits with a retention of its own, as clients before Kafka 2.1 did, and waits for the end of it.
func expireOffsets(t *testing.T, c *kafkatest.Cluster) {
	t.Helper()
	v := kversion.Stable()
	v.SetMaxKeyVersion(8, 4)
	req := kmsg.NewPtrOffsetCommitRequest()
	req.Group, req.Generation, req.RetentionTimeMillis = "expiring", -1, 200
	rt, rp := kmsg.NewOffsetCommitRequestTopic(), kmsg.NewOffsetCommitRequestTopicPartition()
	rp.Offset = 7
	rt.Topic, rt.Partitions = "copies", append(rt.Partitions, rp)
	req.Topics = append(req.Topics, rt)
	if _, err := req.RequestWith(t.Context(), c.Kgo(t, kgo.MaxVersions(v))); err != nil {
		t.Fatal(err)
	}
	awaitRecord(t, c, "an expired commit", func(k Key, r *kgo.Record) bool {
		return string(k.Group) == "expiring" && k.Type == 1 && r.Value == nil
	})
}

// deleteAll deletes committed offsets, groups of every type, and a topic that has commits.
func deleteAll(t *testing.T, c *kafkatest.Cluster, old bool) {
	t.Helper()
	adm := kadm.NewClient(c.Kgo(t))
	var set kadm.TopicsSet
	set.Add("in-tx", 1)
	if _, err := adm.DeleteOffsets(t.Context(), "tx", set); err != nil {
		t.Fatal(err)
	}
	groups := []string{"sticky", "kip848"}
	if !old {
		groups = append(groups, "share", "streams848") // "pattern" has no commits: the broker deletes it
	}
	deleted, err := adm.DeleteGroups(t.Context(), groups...)
	if err == nil {
		err = deleted.Error()
	}
	if err != nil {
		t.Fatalf("deleting groups: %v", err)
	}
	if _, err := adm.DeleteTopic(t.Context(), "in-range"); err != nil {
		t.Fatal(err)
	}
	awaitRecord(t, c, "a tombstone of the deleted topic", func(k Key, r *kgo.Record) bool {
		return string(k.Topic) == "in-range" && r.Value == nil
	})
}

// awaitRecord reads __consumer_offsets again and again until there is such a record; do, if any, is called before.
func awaitRecord(t *testing.T, c *kafkatest.Cluster, what string, is func(Key, *kgo.Record) bool, do ...func() error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for {
		var err error
		for _, f := range do {
			err = f()
		}
		if slices.ContainsFunc(readAll(t, c, "__consumer_offsets"), func(r *kgo.Record) bool {
			k, err := ConsumerOffsets.ParseKey(r.Key)
			return err == nil && is(k, r)
		}) {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatal(fmt.Errorf("no %s: %w", what, err))
		case <-time.After(300 * time.Millisecond):
		}
	}
}
