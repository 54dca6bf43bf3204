package demo

import (
	"context"
	"fmt"
	"net"
	"sync"
)

// network carries the demo's connections as pipes inside the process. kfake has one of its own, VirtualNetwork; there
// every client comes from the address "pipe", and that address is what Kafka shows as a member's host. Here each client
// dials from an address, so that the HOST column is worth reading.
type network struct {
	open bool // also listen on real ports of 127.0.0.1

	mu      sync.Mutex
	brokers []*listener
}

// address is the name of one end of a pipe. Kafka prints hosts with a leading slash, and kfake takes them from here.
type address string

func (address) Network() string  { return "demo" }
func (a address) String() string { return string(a) }

// conn is one end of a pipe that knows who is at the other end.
type conn struct {
	net.Conn
	remote address
}

func (c conn) RemoteAddr() net.Addr { return c.remote }

// listener is one broker's: it accepts pipes and, when the network is open, TCP connections too.
type listener struct {
	addr  net.Addr
	tcp   net.Listener // nil unless the network is open
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

// listen opens the next broker's listener; kfake calls it once a broker, in node order.
func (n *network) listen(proto, hostport string) (net.Listener, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	l := &listener{
		// Nothing can resolve .invalid (RFC 2606): a client that forgets Dial fails, and never meets a real Kafka on
		// this machine in place of the demo.
		addr:  address(fmt.Sprintf("demo-%d.invalid:9092", len(n.brokers))),
		conns: make(chan net.Conn),
		done:  make(chan struct{}),
	}
	if n.open {
		tcp, err := net.Listen(proto, hostport)
		if err != nil {
			return nil, err
		}
		l.tcp, l.addr = tcp, tcp.Addr()
		go l.acceptTCP()
	}
	n.brokers = append(n.brokers, l)
	return l, nil
}

func (l *listener) acceptTCP() {
	for {
		c, err := l.tcp.Accept()
		if err != nil {
			return
		}
		if l.hand(context.Background(), c) != nil {
			_ = c.Close()
		}
	}
}

// hand gives a connection to the broker, or returns why the broker did not take it.
func (l *listener) hand(ctx context.Context, c net.Conn) error {
	select {
	case l.conns <- c:
		return nil
	case <-l.done:
		return net.ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (l *listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

func (l *listener) Close() error {
	var err error
	l.once.Do(func() {
		close(l.done)
		if l.tcp != nil {
			err = l.tcp.Close()
		}
	})
	return err
}

func (l *listener) Addr() net.Addr { return l.addr }

// addrs are the brokers' host:port, by node id.
func (n *network) addrs() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	var addrs []string
	for _, l := range n.brokers {
		addrs = append(addrs, l.addr.String())
	}
	return addrs
}

// dial connects the client at host to the broker that listens on addr.
func (n *network) dial(ctx context.Context, host, addr string) (net.Conn, error) {
	l := n.broker(addr)
	if l == nil {
		return nil, fmt.Errorf("dialing %q: not a broker of the demo cluster", addr)
	}
	client, server := net.Pipe()
	if err := l.hand(ctx, conn{server, address("/" + host)}); err != nil {
		_ = client.Close()
		_ = server.Close()
		return nil, fmt.Errorf("dialing %q: %w", addr, err)
	}
	return conn{client, address(addr)}, nil
}

func (n *network) broker(addr string) *listener {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, l := range n.brokers {
		if l.addr.String() == addr {
			return l
		}
	}
	return nil
}
