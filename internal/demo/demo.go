// Package demo is the embedded cluster behind `offsetctl demo`: three brokers inside the process, with the data of a
// small web shop in which every state that `offsetctl lag` knows occurs. It is franz-go's kfake and so proves nothing
// about Kafka; it lets people see the tool work before they point it at anything of their own.
package demo

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/kversion"
)

const (
	clusterID = "offsetctl-demo"
	brokers   = 3

	// segmentBytes is small, because trimming frees whole segments only and all of them are in memory.
	segmentBytes = "1048576"

	// startWithin bounds Start, which needs about a tenth of a second, on a machine that is busy with something else.
	startWithin = 20 * time.Second
)

// Options say how the cluster is reached.
type Options struct {
	// Listen opens a port of 127.0.0.1 for each broker. Without it no port is opened: clients reach the cluster
	// through Cluster.Dial only.
	Listen bool

	// Told gets a sentence when something happens, while Live runs, that people should know of: a group that somebody
	// has moved came back. It may be called by several goroutines at a time. nil: nobody wants to know.
	Told func(text string)
}

// Cluster is a running demo cluster. Its groups' members stay alive until Close.
type Cluster struct {
	fake    *kfake.Cluster
	net     *network
	client  *kgo.Client // seeds, produces, commits for those who have no members
	members []*member
	workers []*kgo.Client // the share group's
	diary   *diary
	late    []transaction // open, with commits to topics that are deleted
	told    func(string)
	stop    context.CancelFunc
	beats   sync.WaitGroup
	closing sync.Once
}

// Start returns a cluster that is seeded and settled: every record is written, every group stable. The numbers are the
// same in every run; ids that a broker draws (topic ids, classic member ids) are not.
func Start(ctx context.Context, o Options) (*Cluster, error) {
	c := &Cluster{net: &network{open: o.Listen}, told: o.Told}
	if err := c.open(); err != nil {
		return nil, fmt.Errorf("starting the demo cluster: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	if err := c.fill(ctx, time.Now()); err != nil {
		c.Close()
		return nil, fmt.Errorf("filling the demo cluster: %w", err)
	}
	c.keepAlive()
	return c, nil
}

func (c *Cluster) open() error {
	fake, err := kfake.NewCluster(
		kfake.NumBrokers(brokers),
		kfake.ClusterID(clusterID),
		kfake.ListenFn(c.net.listen),
		kfake.BrokerConfigs(map[string]string{"log.segment.bytes": segmentBytes}),
	)
	if err != nil {
		return err
	}
	c.fake = fake
	c.client, err = c.newClient("shop-backend", "10.20.0.10",
		kgo.RecordPartitioner(kgo.ManualPartitioner()),
		kgo.ManualFlushing(),
		kgo.MaxBufferedRecords(1<<20),
		kgo.DisableIdempotentWrite(), // saves a round trip, and nothing here is lost
		kgo.ProducerBatchCompression(kgo.NoCompression()),
	)
	if err != nil {
		fake.Close()
		return err
	}
	fake.ControlKey(int16(kmsg.ConsumerGroupDescribe), c.nameTopics)
	return nil
}

// newClient is a client inside this process that seems to run on host.
func (c *Cluster) newClient(id, host string, opts ...kgo.Opt) (*kgo.Client, error) {
	versions := kversion.Stable()
	versions.SetMaxKeyVersion(8, 9)  // OffsetCommit 10 names topics by id only
	versions.SetMaxKeyVersion(28, 5) // and so does TxnOffsetCommit 6
	return kgo.NewClient(append([]kgo.Opt{
		kgo.ClientID(id),
		kgo.SeedBrokers(c.net.addrs()...),
		kgo.Dialer(func(ctx context.Context, _, addr string) (net.Conn, error) { return c.net.dial(ctx, host, addr) }),
		kgo.MaxVersions(versions),
		kgo.DisableClientMetrics(),
		kgo.RetryBackoffFn(func(int) time.Duration { return 5 * time.Millisecond }),
		kgo.MetadataMinAge(10 * time.Millisecond),
	}, opts...)...)
}

// Addrs are the bootstrap servers. Without Options.Listen their names mean something to Dial only.
func (c *Cluster) Addrs() []string { return c.net.addrs() }

// Dial connects to a broker; it is what a client of this cluster needs as its dialer.
func (c *Cluster) Dial(ctx context.Context, proto, host string) (net.Conn, error) {
	if c.net.open {
		return new(net.Dialer).DialContext(ctx, proto, host)
	}
	return c.net.dial(ctx, "127.0.0.1", host)
}

// Close ends the members and the brokers, and with them every connection. It may be called twice.
func (c *Cluster) Close() {
	c.closing.Do(func() {
		if c.stop != nil {
			c.stop()
		}
		c.beats.Wait()
		clients := append([]*kgo.Client{c.client}, c.workers...)
		for _, m := range c.members {
			clients = append(clients, m.client)
		}
		_ = each(clients, func(cl *kgo.Client) error {
			cl.Close()
			return nil
		})
		c.fake.Close()
	})
}

// each calls do for every element at the same time and returns what went wrong.
func each[T any](all []T, do func(T) error) error {
	errs := make([]error, len(all))
	var wg sync.WaitGroup
	for i, one := range all {
		wg.Go(func() { errs[i] = do(one) })
	}
	wg.Wait()
	return errors.Join(errs...)
}
