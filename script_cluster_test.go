package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/kversion"
)

// fixture is what one script has of its own.
type fixture struct {
	ctx     context.Context
	fake    *kfake.Cluster
	nodes   []*node
	client  *kgo.Client
	members []*kgo.Client          // and producers with an open transaction
	txns    map[string]transaction // by group
	changes *changes
	port    *oddPort
	process *process
	moments moments

	released  chan struct{} // closed: the request that is held goes on
	undoFiles []string      // that the script has counted
	heard     chan struct{} // a request has come to somebody who will not answer
}

// transaction is an open one that holds commits.
type transaction struct {
	id    string
	pid   int64
	epoch int16
}

// node is the listener of one broker, which can be cut off.
type node struct {
	net.Listener
	mu    sync.Mutex
	conns []net.Conn
}

func (n *node) Accept() (net.Conn, error) {
	c, err := n.Listener.Accept()
	if err == nil {
		n.mu.Lock()
		n.conns = append(n.conns, c)
		n.mu.Unlock()
	}
	return c, err
}

func (n *node) cut() {
	_ = n.Close()
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, c := range n.conns {
		_ = c.Close()
	}
}

func (f *fixture) listen(network, addr string) (net.Listener, error) {
	l, err := net.Listen(network, addr)
	if err != nil {
		return nil, err
	}
	n := &node{Listener: l}
	f.nodes = append(f.nodes, n)
	return n, nil
}

func (f *fixture) startCluster(ts *testscript.TestScript, args []string) error {
	brokers := int64(1)
	if len(args) > 0 {
		var err error
		if brokers, err = number(args[0]); err != nil {
			return err
		}
	}
	if err := f.run(int(brokers)); err != nil {
		return err
	}
	for i, addr := range f.fake.ListenAddrs() {
		ts.Setenv(fmt.Sprintf("BROKER%d", i), addr)
	}
	ts.Setenv("BOOTSTRAP", ts.Getenv("BROKER0"))
	return nil
}

func (f *fixture) run(brokers int) (err error) {
	if f.fake, err = kfake.NewCluster(kfake.NumBrokers(brokers), kfake.ClusterID("script"), kfake.ListenFn(f.listen)); err != nil {
		return err
	}
	f.txns = map[string]transaction{}
	f.client, err = f.newClient(kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.DisableIdempotentWrite())
	return err
}

func (f *fixture) newClient(opts ...kgo.Opt) (*kgo.Client, error) {
	versions := kversion.Stable()
	versions.SetMaxKeyVersion(int16(kmsg.OffsetCommit), 9) // the next one names topics by id only
	versions.SetMaxKeyVersion(int16(kmsg.OffsetFetch), 9)
	versions.SetMaxKeyVersion(int16(kmsg.TxnOffsetCommit), 5)
	return kgo.NewClient(append([]kgo.Opt{
		kgo.SeedBrokers(f.fake.ListenAddrs()...), kgo.MaxVersions(versions), kgo.DisableClientMetrics(), kgo.MetadataMinAge(10 * time.Millisecond),
	}, opts...)...)
}

func (f *fixture) close() {
	if f.process != nil {
		f.process.kill()
	}
	if f.port != nil {
		f.port.close()
	}
	if f.fake == nil {
		return
	}
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	for _, m := range f.members {
		_ = m.LeaveGroupContext(gone) // without a word to the group, which ends anyway
		m.Close()
	}
	f.client.Close()
	f.fake.Close()
	if f.changes != nil {
		f.changes.close()
	}
}

func (f *fixture) topic(_ *testscript.TestScript, args []string) error {
	partitions, err := number(args[1])
	if err != nil {
		return err
	}
	if err := f.fake.CreateTopic(args[0], int32(partitions), nil); err != nil {
		return err
	}
	for p := range int32(partitions) {
		if err := f.fake.MoveTopicPartition(args[0], p, p%int32(len(f.nodes))); err != nil {
			return err
		}
	}
	return nil
}

func (f *fixture) deleteTopic(_ *testscript.TestScript, args []string) error {
	return f.fake.DeleteTopic(args[0])
}

// partition reads TOPIC:P.
func partition(s string) (string, int32, error) {
	i := strings.LastIndexByte(s, ':')
	p, err := strconv.ParseInt(s[i+1:], 10, 32)
	if i < 0 || err != nil {
		return "", 0, fmt.Errorf("not TOPIC:P: %q", s)
	}
	return s[:i], int32(p), nil
}

func (f *fixture) produce(_ *testscript.TestScript, args []string) error {
	topic, p, err := partition(args[0])
	if err != nil {
		return err
	}
	n, err := number(args[1])
	if err != nil {
		return err
	}
	records := make([]*kgo.Record, n)
	for i := range records {
		records[i] = &kgo.Record{Topic: topic, Partition: p, Value: []byte("x")}
	}
	return f.client.ProduceSync(f.ctx, records...).FirstErr()
}

// open writes records in a transaction and leaves it open: the log's stable part ends before them.
func (f *fixture) open(_ *testscript.TestScript, args []string) error {
	topic, p, err := partition(args[0])
	if err != nil {
		return err
	}
	client, err := f.newClient(kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.TransactionalID(args[0]))
	if err != nil {
		return err
	}
	f.members = append(f.members, client)
	if err := client.BeginTransaction(); err != nil {
		return err
	}
	return client.ProduceSync(f.ctx, &kgo.Record{Topic: topic, Partition: p, Value: []byte("x")}).FirstErr()
}

func (f *fixture) trim(_ *testscript.TestScript, args []string) error {
	topic, p, err := partition(args[0])
	if err != nil {
		return err
	}
	offset, err := number(args[1])
	if err != nil {
		return err
	}
	return f.fake.DeleteRecords(topic, p, offset)
}

// position is GROUP TOPIC:P OFFSET.
func position(args []string) (topic string, p int32, offset int64, err error) {
	if topic, p, err = partition(args[1]); err == nil {
		offset, err = number(args[2])
	}
	return topic, p, offset, err
}

func (f *fixture) commit(_ *testscript.TestScript, args []string) error {
	topic, p, offset, err := position(args)
	if err != nil {
		return err
	}
	rp := kmsg.NewOffsetCommitRequestTopicPartition()
	rp.Partition, rp.Offset, rp.Metadata = p, offset, kmsg.StringPtr("")
	if len(args) > 3 {
		rp.Metadata = &args[3]
	}
	if len(args) > 4 {
		epoch, err := number(args[4])
		if err != nil {
			return err
		}
		rp.LeaderEpoch = int32(epoch)
	}
	return f.commitOne(args[0], topic, rp)
}

// commitOne commits as nobody: generation -1, no member.
func (f *fixture) commitOne(group, topic string, rp kmsg.OffsetCommitRequestTopicPartition) error {
	rt := kmsg.NewOffsetCommitRequestTopic()
	rt.Topic, rt.Partitions = topic, append(rt.Partitions, rp)
	req := kmsg.NewPtrOffsetCommitRequest()
	req.Group, req.Topics = group, append(req.Topics, rt)
	resp, err := req.RequestWith(f.ctx, f.client)
	if err != nil {
		return err
	}
	return kerr.ErrorForCode(resp.Topics[0].Partitions[0].ErrorCode)
}

// manyGroups commits for as many groups, some hundred at a time.
func (f *fixture) manyGroups(_ *testscript.TestScript, args []string) error {
	n, err := number(args[0])
	if err != nil {
		return err
	}
	topic, p, offset, err := position(args)
	if err != nil {
		return err
	}
	rp := kmsg.NewOffsetCommitRequestTopicPartition()
	rp.Partition, rp.Offset, rp.Metadata = p, offset, kmsg.StringPtr("")
	const workers = 200
	errs := make([]error, workers)
	var wg sync.WaitGroup
	for w := range int64(workers) {
		wg.Go(func() {
			for i := w; i < n; i += workers {
				errs[w] = cmp.Or(errs[w], f.commitOne(fmt.Sprintf("g%05d", i), topic, rp))
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

func (f *fixture) pending(_ *testscript.TestScript, args []string) error {
	topic, p, offset, err := position(args)
	if err != nil {
		return err
	}
	txn, err := f.begin(args[0])
	if err != nil {
		return err
	}
	rp := kmsg.NewTxnOffsetCommitRequestTopicPartition()
	rp.Partition, rp.Offset = p, offset
	rt := kmsg.NewTxnOffsetCommitRequestTopic()
	rt.Topic, rt.Partitions = topic, append(rt.Partitions, rp)
	req := kmsg.NewPtrTxnOffsetCommitRequest()
	req.TransactionalID, req.ProducerID, req.ProducerEpoch, req.Group = txn.id, txn.pid, txn.epoch, args[0]
	req.Topics = append(req.Topics, rt)
	resp, err := req.RequestWith(f.ctx, f.client)
	if err != nil {
		return err
	}
	return kerr.ErrorForCode(resp.Topics[0].Partitions[0].ErrorCode)
}

// begin opens the group's transaction, or returns the one that is open.
func (f *fixture) begin(group string) (transaction, error) {
	if txn, ok := f.txns[group]; ok {
		return txn, nil
	}
	txn := transaction{id: group + "-txn"}
	req := kmsg.NewPtrInitProducerIDRequest()
	req.TransactionalID, req.TransactionTimeoutMillis = &txn.id, int32(scriptTime.Milliseconds())
	resp, err := req.RequestWith(f.ctx, f.client)
	if err != nil {
		return txn, err
	}
	txn.pid, txn.epoch = resp.ProducerID, resp.ProducerEpoch
	f.txns[group] = txn
	return txn, kerr.ErrorForCode(resp.ErrorCode)
}

func (f *fixture) settle(_ *testscript.TestScript, args []string) error {
	txn, ok := f.txns[args[0]]
	if !ok {
		return fmt.Errorf("group %q has no transaction", args[0])
	}
	delete(f.txns, args[0])
	req := kmsg.NewPtrEndTxnRequest()
	req.TransactionalID, req.ProducerID, req.ProducerEpoch, req.Commit = txn.id, txn.pid, txn.epoch, true
	resp, err := req.RequestWith(f.ctx, f.client)
	if err != nil {
		return err
	}
	return kerr.ErrorForCode(resp.ErrorCode)
}

func (f *fixture) join(_ *testscript.TestScript, args []string) error {
	joined := 1
	if info := f.fake.GroupInfo(args[0]); info != nil {
		joined += len(info.Members)
	}
	member, err := f.newClient(
		kgo.ClientID(args[1]), kgo.ConsumerGroup(args[0]), kgo.ConsumeTopics(args[2:]...),
		kgo.Balancers(kgo.RangeBalancer()), kgo.DisableAutoCommit(), kgo.HeartbeatInterval(100*time.Millisecond),
	)
	if err != nil {
		return err
	}
	f.members = append(f.members, member)
	_, err = f.fake.WaitGroupStable(f.ctx, args[0], joined)
	return err
}

func (f *fixture) leave(*testscript.TestScript, []string) error {
	last := len(f.members) - 1
	member := f.members[last]
	f.members = f.members[:last]
	err := member.LeaveGroupContext(f.ctx)
	member.Close()
	return err
}
