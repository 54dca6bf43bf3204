//go:build kafka

package cluster_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kadm"

	"github.com/offsetctl/offsetctl/internal/cluster"
	"github.com/offsetctl/offsetctl/internal/kafkatest"
)

// TestKafkaNoGroupIsMissedInSilence reads over and over while the leaders of __consumer_offsets change, and while
// a broker shuts down in order and comes back. Meanwhile brokers list no groups, and no error, of partitions
// that one has given up and the next not taken over yet: every read has all groups, or an error.
func TestKafkaNoGroupIsMissedInSilence(t *testing.T) {
	c := kafkatest.Start(t, kafkatest.Options{Nodes: 3, OffsetsPartitions: 50})
	want := seed(t, c, 10) // so few that most of the 50 partitions have none
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for name, n := range readUntil(t, c, want, stop) {
			t.Logf("%s: %d whole, %d with errors", name, n.whole, n.failed)
			if n.whole == 0 || n.failed >= n.whole {
				t.Errorf("%s: less than half of the reads are whole", name)
			}
		}
	}()
	finish := sync.OnceFunc(func() { close(stop); <-done })
	defer finish() // before the end of a test whose broker does not stop or start
	for range 5 {
		rotateLeaders(t, c)
	}
	c.Shutdown(t, 2)
	c.Restart(t, 2)
	finish()
	got, err := readNames(t.Context(), c, cluster.Offsets)
	if d := cmp.Diff(want, got); d != "" || err != nil {
		t.Errorf("in the end: %v, groups (-want +got)\n%s", err, d)
	}
}

// rotateLeaders makes the next replica of every partition of __consumer_offsets its leader, and returns when all
// lead.
func rotateLeaders(t *testing.T, c *kafkatest.Cluster) {
	t.Helper()
	adm := kadm.NewClient(c.Kgo(t))
	partitions := offsetsPartitions(t, adm)
	var order kadm.AlterPartitionAssignmentsReq
	var all kadm.TopicsSet
	want := map[int32]int32{}
	for _, p := range partitions {
		next := append(p.Replicas[1:], p.Replicas[0])
		order.Assign(cluster.OffsetsTopic, p.Partition, next)
		all.Add(cluster.OffsetsTopic, p.Partition)
		want[p.Partition] = next[0]
	}
	if _, err := adm.AlterPartitionAssignments(t.Context(), order); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(time.Minute)
	for {
		if _, err := adm.ElectLeaders(t.Context(), kadm.ElectPreferredReplica, all); err != nil {
			t.Fatal(err)
		}
		got := map[int32]int32{}
		for _, p := range offsetsPartitions(t, adm) {
			got[p.Partition] = p.Leader
		}
		if maps.Equal(want, got) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("leaders are %v, want %v", got, want)
		}
	}
}

func offsetsPartitions(t *testing.T, adm *kadm.Client) []kadm.PartitionDetail {
	t.Helper()
	topics, err := adm.ListTopicsWithInternal(t.Context(), cluster.OffsetsTopic)
	if err != nil {
		t.Fatal(err)
	}
	return topics[cluster.OffsetsTopic].Partitions.Sorted()
}

type outcomes struct{ whole, failed int }

// readUntil reads to two depths in turn, and fails the test at a read that has other groups than it should, and
// no error.
func readUntil(t *testing.T, c *kafkatest.Cluster, want []string, stop <-chan struct{}) map[string]*outcomes {
	depths := map[string]cluster.Depth{"names": cluster.Names, "offsets": cluster.Offsets}
	reads := map[string]*outcomes{"names": {}, "offsets": {}}
	for {
		for name, depth := range depths {
			select {
			case <-stop:
				return reads
			default:
			}
			got, err := readNames(t.Context(), c, depth)
			if err != nil {
				reads[name].failed++
				continue
			}
			reads[name].whole++
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("%s: no error, and groups (-want +got)\n%s", name, d)
			}
		}
	}
}

// readNames reads the groups with a client of its own. The error is all that failed.
func readNames(ctx context.Context, c *kafkatest.Cluster, d cluster.Depth) (names []string, err error) {
	client, err := cluster.Dial(cluster.Config{Bootstrap: strings.Split(c.Bootstrap(), ",")})
	if err != nil {
		return nil, err
	}
	defer client.Close()
	read, failed := client.Run(cluster.In(time.Now(), 30*time.Second)).Left(cluster.GroupRounds).ReadGroups(ctx, cluster.Selection{}, d)
	if failed == nil {
		failed = read.Errors
		for _, g := range read.All {
			names = append(names, g.Name)
			failed = append(failed, g.DescribeErr, g.CommitsErr)
		}
	}
	for _, e := range failed {
		if e != nil {
			err = errors.Join(err, e)
		}
	}
	return names, err
}

// seed makes groups with one commit each.
func seed(t *testing.T, c *kafkatest.Cluster, groups int) []string {
	t.Helper()
	c.Topic(t, "orders", 1, 1)
	adm := kadm.NewClient(c.Kgo(t))
	var offsets kadm.Offsets
	offsets.AddOffset("orders", 0, 1, -1)
	var names []string
	for i := range groups {
		names = append(names, fmt.Sprintf("g%02d", i))
		if r, err := adm.CommitOffsets(t.Context(), names[i], offsets); err != nil || r.Error() != nil {
			t.Fatal(err, r.Error())
		}
	}
	return names
}
