// Package cluster is the ground floor of offsetctl: the connections to the brokers and the requests
// it sends them, batched per broker, with every failure returned as data beside what succeeded.
//
// Routing, deadlines and retries are decided here and not left to the Kafka client library: each
// broker gets a kgo client of its own that knows one seed address and nothing else, so kgo never
// asks for metadata behind our back, never picks a broker for us, and a seed that is also a node
// is dialled once.
package cluster

import (
	"context"
	"crypto/tls"
	"net"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kversion"
	"github.com/twmb/franz-go/pkg/sasl"
)

// Config says how to reach a cluster.
type Config struct {
	Bootstrap []string // host:port of one broker or more; the first that answers is used
	ClientID  string   // as brokers log it and quotas see it

	// RequestTimeout bounds every single request. 0 means: derived from the command's deadline,
	// see Deadline.
	RequestTimeout time.Duration

	// Dial replaces the TCP dialer. nil means TCP.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)

	TLS  *tls.Config    // nil: plaintext. Without a ServerName the one dialled is verified
	SASL sasl.Mechanism // nil: no login

	// Prepare gets what SASL logs in with, such as a token, before any broker is asked: its time is not theirs, nor is its
	// failure. nil: there is nothing to get.
	Prepare func(context.Context) error

	// Explain puts in words what a broker says of a login that it refuses. nil: it is shown as it is.
	Explain func(brokersText string) string

	// Options are appended to those of every connection: kgo.MaxVersions of an old Kafka in tests.
	Options []kgo.Opt
}

// Client holds one connection per broker for as long as it lives. It remembers no failure: what a
// broker did in one Run says nothing about the next.
type Client struct {
	config Config
	seeds  []Broker
	opts   []kgo.Opt
	gate   *loginGate

	mu      sync.Mutex
	conns   map[string]*kgo.Client // by host:port
	lent    map[*kgo.Client]*loan
	kafka   map[string]bool // host:port that have answered as a Kafka broker does
	closed  bool
	hanging sync.WaitGroup // connections being closed by hangUp
}

// Dial prepares a client. It is lazy: nothing is sent before the first request. Hooks see every
// connection and request (kgo.HookBrokerConnect, kgo.HookBrokerE2E, …). The error is a mistake in the
// configuration.
func Dial(c Config, hooks ...kgo.Hook) (*Client, error) {
	seeds, err := parseSeeds(c.Bootstrap)
	if err != nil {
		return nil, err
	}
	opts := []kgo.Opt{
		kgo.ClientID(c.ClientID),
		kgo.DisableClientMetrics(), // KIP-714 telemetry: a second round of requests that nobody asked for
		kgo.MaxVersions(maxVersions()),
		kgo.WithHooks(hooks...),
		// Out of the way: every request is bounded by its context (Run.do), which knows the deadline.
		kgo.DialTimeout(kgoPatience),
		kgo.RequestTimeoutOverhead(kgoPatience),
	}
	gate := newLoginGate()
	opts = append(opts, c.options(gate)...)
	opts = append(opts, c.Options...)
	if err := kgo.ValidateOpts(append([]kgo.Opt{kgo.SeedBrokers(c.Bootstrap...)}, opts...)...); err != nil {
		return nil, err
	}
	return &Client{config: c, seeds: seeds, opts: opts, gate: gate, conns: map[string]*kgo.Client{}, lent: map[*kgo.Client]*loan{}, kafka: map[string]bool{}}, nil
}

// kgoPatience is the longest that kgo can be made to wait for an answer.
const kgoPatience = 15 * time.Minute

// maxVersions holds back versions of requests that cost or hide something.
func maxVersions() *kversion.Versions {
	v := kversion.Stable()
	v.SetMaxKeyVersion(keyApiVersions, 4) // no broker up to 4.3 knows v5: trying it is a round trip on every connection
	v.SetMaxKeyVersion(keyOffsetFetch, 9) // v10 names topics by id alone: the commits of deleted topics would vanish
	v.SetMaxKeyVersion(keyOffsetCommit, 9)
	v.SetMaxKeyVersion(keyDescribeGroups, 5) // v6 answers for classic groups alone, and so says of others nothing about what the user may do
	return v
}

const (
	keyOffsetCommit   = 8
	keyOffsetFetch    = 9
	keyDescribeGroups = 15
	keyApiVersions    = 18
)

// connection returns the connection to the broker at addr, the same one each time.
func (c *Client) connection(addr string) (*kgo.Client, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.connect(addr)
}

// connect is connection, under the lock.
func (c *Client) connect(addr string) (*kgo.Client, error) {
	if c.closed {
		return nil, kgo.ErrClientClosed
	}
	conn := c.conns[addr]
	if conn == nil {
		var err error
		if conn, err = kgo.NewClient(append([]kgo.Opt{kgo.SeedBrokers(addr)}, c.opts...)...); err != nil {
			return nil, err
		}
		c.conns[addr] = conn
	}
	return conn, nil
}

// loan says who waits on a connection that must not be cut off.
type loan struct {
	n      int  // how many
	hungUp bool // the last one closes it
}

// lend is connection for a request whose answer must not be lost: though hung up, the connection stays open until
// it is given back.
func (c *Client) lend(addr string) (conn *kgo.Client, giveBack func(), err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if conn, err = c.connect(addr); err != nil {
		return nil, nil, err
	}
	l := c.lent[conn]
	if l == nil {
		l = &loan{}
		c.lent[conn] = l
	}
	l.n++
	return conn, func() { c.giveBack(conn, l) }, nil
}

func (c *Client) giveBack(conn *kgo.Client, l *loan) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if l.n--; l.n > 0 || c.closed {
		return
	}
	delete(c.lent, conn)
	if l.hungUp {
		c.hanging.Go(conn.Close)
	}
}

func (c *Client) knowKafka(addr string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.kafka[addr] = true
}

func (c *Client) knowsKafka(addr string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.kafka[addr]
}

// hangUp forgets a connection to a broker that does not answer, and closes it. kgo would keep it, and later
// requests would queue behind the one that was given up. Another one to the same broker stays.
func (c *Client) hangUp(addr string, conn *kgo.Client) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed || c.conns[addr] != conn {
		return
	}
	delete(c.conns, addr)
	if l := c.lent[conn]; l != nil {
		l.hungUp = true
		return
	}
	c.hanging.Go(conn.Close)
}

// Close closes all connections; requests under way end with an error.
func (c *Client) Close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	for _, conn := range c.conns {
		c.hanging.Go(conn.Close)
	}
	for conn, l := range c.lent {
		if l.hungUp {
			c.hanging.Go(conn.Close)
		}
	}
	c.conns, c.lent = nil, nil
	c.hanging.Wait()
}
