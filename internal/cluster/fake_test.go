package cluster

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/kversion"
)

// fake is a kfake cluster of three brokers, nodes 0 to 2, on pipes, with a topic "t" of six partitions. Tests run it inside a synctest
// bubble, where time passes only when everybody waits: a five-second timeout costs nothing, and its
// length can be compared exactly.
type fake struct {
	*kfake.Cluster
	t     *testing.T
	pipes kfake.VirtualNetwork

	mu    sync.Mutex
	asked []call
	dials map[string]int
	wires map[string]dialFunc // dialled in place of a broker, by host:port
}

type dialFunc func(ctx context.Context) (net.Conn, error)

// call is one request as a broker saw it.
type call struct {
	Node int32
	Key  kmsg.Key
}

// inBubble runs a test with fake time.
func inBubble(t *testing.T, test func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, test)
}

func startFake(t *testing.T, opts ...kfake.Opt) *fake {
	t.Helper()
	f := &fake{t: t, dials: map[string]int{}, wires: map[string]dialFunc{}}
	c, err := kfake.NewCluster(append([]kfake.Opt{kfake.NumBrokers(3), kfake.Ports(9092, 9093, 9094), kfake.ListenFn(f.pipes.Listen), kfake.SeedTopics(6, "t")}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	f.Cluster = c
	c.ControlKey(-1, func(req kmsg.Request) (kmsg.Response, error, bool) {
		c.KeepControl()
		f.note(req)
		return nil, nil, false
	})
	return f
}

// note counts a request. Those that a control function answers pass by the one that sees all.
func (f *fake) note(req kmsg.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if key := kmsg.Key(req.Key()); key != kmsg.ApiVersions {
		f.asked = append(f.asked, call{f.CurrentNode(), key})
	}
}

// node is the fake's broker as its metadata names it.
func node(id int32) Broker { return Broker{ID: id, Host: "localhost", Port: 9092 + id} }

func (f *fake) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	f.mu.Lock()
	if ctx.Err() == nil { // kgo dials once more when the time is up already
		f.dials[addr]++
	}
	wire := f.wires[addr]
	f.mu.Unlock()
	if wire != nil {
		return wire(ctx)
	}
	return f.pipes.DialContext(ctx, network, addr)
}

// client connects to the fake; the seed is node 0.
func (f *fake) client(edit ...func(*Config)) *Client {
	f.t.Helper()
	c := Config{Bootstrap: []string{node(0).Addr()}, Dial: f.dial}
	for _, e := range edit {
		e(&c)
	}
	client, err := Dial(c)
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(client.Close)
	return client
}

// ready is a run, without a deadline, that knows the brokers. Nothing that it did counts.
func (f *fake) ready(edit ...func(*Config)) *Run {
	f.t.Helper()
	r := f.client(edit...).Run(usual())
	if _, errs := r.Brokers(f.t.Context()); errs != nil {
		f.t.Fatalf("Brokers: %v", errs)
	}
	f.calls()
	return r
}

// calls returns how often each request was seen since the last time, by key.
func (f *fake) calls() map[kmsg.Key]int {
	n := map[kmsg.Key]int{}
	for _, c := range f.log() {
		n[c.Key]++
	}
	return n
}

func (f *fake) log() []call {
	f.mu.Lock()
	defer f.mu.Unlock()
	asked := f.asked
	f.asked = nil
	return asked
}

// commit stores offsets of topic "t" for a group without members: partition i gets offsets[i].
func (f *fake) commit(group string, offsets ...int64) {
	f.t.Helper()
	req := kmsg.NewPtrOffsetCommitRequest()
	req.Group, req.Generation = group, -1
	topic := kmsg.NewOffsetCommitRequestTopic()
	topic.Topic = "t"
	for i, o := range offsets {
		p := kmsg.NewOffsetCommitRequestTopicPartition()
		p.Partition, p.Offset, p.Metadata = int32(i), o, kmsg.StringPtr(fmt.Sprint(group, i))
		topic.Partitions = append(topic.Partitions, p)
	}
	req.Topics = append(req.Topics, topic)
	resp, err := f.plain(node(f.CoordinatorFor(group))).Request(f.t.Context(), req)
	if err != nil {
		f.t.Fatal(err)
	}
	for _, p := range resp.(*kmsg.OffsetCommitResponse).Topics[0].Partitions {
		if err := kerr.ErrorForCode(p.ErrorCode); err != nil {
			f.t.Fatalf("committing to partition %d: %v", p.Partition, err)
		}
	}
}

// plain is a handle of one broker that does not go through the code under test.
func (f *fake) plain(b Broker) *kgo.Broker {
	f.t.Helper()
	c, err := kgo.NewClient(kgo.SeedBrokers(b.Addr()), kgo.Dialer(f.pipes.DialContext), kgo.MaxVersions(maxVersions()), kgo.DisableClientMetrics())
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(c.Close)
	return c.SeedBrokers()[0]
}

// transaction is a producer that has begun one.
func (f *fake) transaction() *kgo.Client {
	f.t.Helper()
	versions := maxVersions()
	versions.SetMaxKeyVersion(int16(kmsg.TxnOffsetCommit), 5) // v6 names topics by id
	p, err := kgo.NewClient(kgo.SeedBrokers(node(0).Addr()), kgo.Dialer(f.pipes.DialContext), kgo.MaxVersions(versions), kgo.DisableClientMetrics(),
		kgo.TransactionalID("x"), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(p.Close)
	if err := p.BeginTransaction(); err != nil {
		f.t.Fatal(err)
	}
	return p
}

// reply has the brokers answer requests of one kind with what make says; where that is
// false, kfake answers.
func reply[Q kmsg.Request, R kmsg.Response](f *fake, key kmsg.Key, make func(node int32, req Q, resp R) bool) {
	f.ControlKey(int16(key), func(req kmsg.Request) (kmsg.Response, error, bool) {
		f.KeepControl()
		resp := req.ResponseKind().(R)
		if !make(f.CurrentNode(), req.(Q), resp) {
			return nil, nil, false
		}
		f.note(req)
		return resp, nil, true
	})
}

// cut has a broker close the connection at every request of one kind.
func (f *fake) cut(b Broker, key kmsg.Key) {
	f.ControlKey(int16(key), func(req kmsg.Request) (kmsg.Response, error, bool) {
		f.KeepControl()
		if f.CurrentNode() != b.ID {
			return nil, nil, false
		}
		f.note(req)
		return nil, io.EOF, true
	})
}

// wire replaces the connections to a broker.
func (f *fake) wire(b Broker, dial dialFunc) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.wires[b.Addr()] = dial
}

// mute accepts a connection and whatever is sent, and never says a word.
func mute(context.Context) (net.Conn, error) {
	client, server := net.Pipe()
	go func() { _, _ = io.Copy(io.Discard, server) }() // ends when the client hangs up
	return client, nil
}

// freezable connects to a broker whose answers stop when frozen is closed.
func (f *fake) freezable(b Broker, frozen <-chan struct{}) dialFunc {
	return func(ctx context.Context) (net.Conn, error) {
		broker, err := f.pipes.DialContext(ctx, "tcp", b.Addr())
		if err != nil {
			return nil, err
		}
		client, server := net.Pipe()
		go func() { // ends when the client hangs up
			_, _ = io.Copy(broker, server)
			_ = broker.Close()
		}()
		go func() {
			buf := make([]byte, 1<<16)
			for {
				n, err := broker.Read(buf)
				select {
				case <-frozen:
					return
				default:
				}
				if err != nil {
					_ = server.Close()
					return
				}
				_, _ = server.Write(buf[:n])
			}
		}()
		return client, nil
	}
}

// hang never even connects.
func hang(ctx context.Context) (net.Conn, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

// old makes the cluster one of an older Kafka.
func old(v *kversion.Versions) kfake.Opt { return kfake.MaxVersions(v) }

// diff fails the test unless got is want. Causes of errors are not compared: they are kgo's.
func diff(t *testing.T, what string, want, got any) {
	t.Helper()
	if d := cmp.Diff(want, got, cmpopts.IgnoreFields(Error{}, "Err"), cmpopts.EquateEmpty()); d != "" {
		t.Errorf("%s (-want +got):\n%s", what, d)
	}
}

// took fails the test unless the time since start is want, of the bubble's clock.
func took(t *testing.T, want time.Duration, start time.Time) {
	t.Helper()
	if got := time.Since(start); got != want {
		t.Errorf("took %v, want %v", got, want)
	}
}

// plain returns the offsets of commits, by partition.
func offsetsOf(c Commits) map[int32]int64 {
	m := map[int32]int64{}
	for _, i := range c.Items {
		m[i.Partition] = i.Offset
	}
	return m
}

func refs(names ...string) []Ref {
	var out []Ref
	for _, n := range names {
		out = append(out, Ref{Group: n})
	}
	return out
}

// codes are the errors' codes, "" for none.
func codes(errs ...*Error) []string {
	var out []string
	for _, e := range errs {
		if e == nil {
			out = append(out, "")
			continue
		}
		out = append(out, e.Code)
	}
	return out
}

// errRefused is what the kernel says where nothing listens.
var errRefused = &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}

// usual is the deadline that commands have by default.
func usual() Deadline { return In(time.Now(), 30*time.Second) }
