//go:build kafka

package kafkatest

import (
	"context"
	"errors"
	"strconv"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// Kgo returns a client of the cluster that is closed when the test ends. In a secure cluster it is logged in as a super user.
func (c *Cluster) Kgo(t testing.TB, opts ...kgo.Opt) *kgo.Client {
	t.Helper()
	cl, err := kgo.NewClient(append(c.admin(c.nodes...), opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cl.Close)
	return cl
}

// Topic makes a topic with one replica per node and n records in each of its partitions, with the keys and values
// "0", "1", ….
func (c *Cluster) Topic(t testing.TB, name string, partitions, n int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	cl := c.Kgo(t)
	made, err := kadm.NewClient(cl).CreateTopic(ctx, int32(partitions), int16(min(len(c.nodes), 3)), nil, name)
	if err == nil {
		err = made.Err
	}
	if err != nil {
		t.Fatalf("creating topic %q: %v", name, err)
	}
	if err := served(ctx, kadm.NewClient(cl), name, partitions); err != nil {
		t.Fatalf("creating topic %q: %v", name, err)
	}
	for p := range partitions {
		c.Produce(t, name, p, n)
	}
}

// served waits until the leaders of a new topic have all its partitions: the controller answers before that, and a commit
// for what a busy broker does not have yet is refused.
func served(ctx context.Context, admin *kadm.Client, name string, partitions int) error {
	for {
		ends, err := admin.ListEndOffsets(ctx, name)
		if err == nil {
			err = ends.Error()
		}
		if err == nil && len(ends[name]) == partitions {
			return nil
		}
		select {
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// Produce appends n records to a partition and returns when all in-sync replicas have them.
func (c *Cluster) Produce(t testing.TB, topic string, partition, n int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	records := make([]*kgo.Record, n)
	for i := range records {
		text := []byte(strconv.Itoa(i))
		records[i] = &kgo.Record{Topic: topic, Partition: int32(partition), Key: text, Value: text}
	}
	// A topic made a moment ago is not known to every node at once.
	opts := []kgo.Opt{kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.UnknownTopicRetries(-1)}
	if c.options.InterBrokerProtocol != "" {
		opts = append(opts, kgo.DisableIdempotentWrite()) // messages before magic 2 have no place for it
	}
	cl := c.Kgo(t, opts...)
	if err := cl.ProduceSync(ctx, records...).FirstErr(); err != nil {
		t.Fatalf("producing to %s/%d: %v", topic, partition, err)
	}
}
