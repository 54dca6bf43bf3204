//go:build kafka

package kafkatest

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// DefaultVersion of the brokers: the newest release that offsetctl is tested with.
const DefaultVersion = "4.3.1"

const (
	startTimeout = 90 * time.Second       // a node needs about 4 s on an idle machine; CI machines are not idle
	pollInterval = 100 * time.Millisecond // between two questions of the same kind
	portAttempts = 5                      // how often new ports are tried before giving up
)

// Options of a cluster. The zero value is one node of the default version.
type Options struct {
	Version           string   // of Kafka; default $OFFSETCTL_KAFKA_VERSION, else DefaultVersion
	Nodes             int      // 1 or 3, all of them broker and controller; default 1
	OffsetsPartitions int      // of __consumer_offsets; default 5
	Props             []string // further lines of server.properties; they override ours
	// Authorizer makes the brokers check ACLs. Everything is allowed until Deny is called.
	Authorizer bool
	// Secure gives the brokers a listener for each way of logging in, and makes them check ACLs: nothing is allowed until Allow
	// is called. See the package's documentation.
	Secure bool
	// Kerberos starts a KDC and gives the brokers the listener GSSAPI. Without Secure; it needs the artifacts of Apache Kerby.
	Kerberos bool
	// InterBrokerProtocol, such as "0.10.0", makes a node of Kafka 3 work with others of that version, and write as
	// they do. It has ZooKeeper then, not KRaft, and is the only one. "": KRaft and the newest protocol.
	InterBrokerProtocol string
}

func (o Options) withDefaults() Options {
	o.Version = cmp.Or(o.Version, os.Getenv("OFFSETCTL_KAFKA_VERSION"), DefaultVersion)
	o.Nodes = cmp.Or(o.Nodes, 1)
	o.OffsetsPartitions = cmp.Or(o.OffsetsPartitions, 5)
	return o
}

// Cluster is a running Apache Kafka. Stop, Shutdown, Restart, Pause and Resume are for one goroutine; everything else may be
// used by parallel tests.
type Cluster struct {
	Version string    // of the brokers
	Secure  *Security // nil without Options.Secure

	Kerberos *Kerberos // nil without Options.Kerberos

	id      string
	options Options
	dir     string
	jars    string // class path of brokers and tools
	nodes   []*node

	zookeeper *process // nil with KRaft
}

// Start starts a cluster and returns when all of it is ready: every node knows every other, and every partition of
// __consumer_offsets has a leader that has loaded it. The cluster is killed when the test ends.
func Start(t testing.TB, o Options) *Cluster {
	t.Helper()
	o = o.withDefaults()
	if o.Nodes != 1 && o.Nodes != 3 {
		t.Fatalf("kafkatest: %d nodes, want 1 or 3", o.Nodes)
	}
	jars, err := classpath(t.Context(), brokerJars(o.Version))
	if err != nil {
		t.Fatal(err)
	}
	id := make([]byte, 15) // Kafka's ids have 16 bytes; a fixed first one keeps the text from beginning with "-"
	rand.Read(id)
	c := &Cluster{Version: o.Version, options: o, jars: jars}
	c.id = base64.RawURLEncoding.EncodeToString(append([]byte{'K'}, id...))
	c.dir = t.TempDir() // before the cleanup below, so that it is removed after the kill
	if o.Secure {
		if err := c.secure(t); err != nil {
			t.Fatalf("starting Kafka %s: %v", c.Version, err)
		}
	}
	if o.Kerberos {
		c.kerberos(t)
	}
	t.Cleanup(c.kill)
	for attempt := 1; ; attempt++ {
		err := c.boot(t.Context(), attempt)
		if err == nil {
			return c
		}
		if c.kill(); !errors.Is(err, errPortTaken) || attempt == portAttempts {
			t.Fatalf("starting Kafka %s: %v", c.Version, err)
		}
	}
}

// ID is the cluster id.
func (c *Cluster) ID() string { return c.id }

// Bootstrap lists the addresses of all nodes, as bootstrap.servers wants them.
func (c *Cluster) Bootstrap() string { return strings.Join(c.seeds(), ",") }

func (c *Cluster) seeds() []string {
	addrs := make([]string, len(c.nodes))
	for i, n := range c.nodes {
		addrs[i] = n.addr()
	}
	return addrs
}

// Addr is the host:port of a node; ids count from 1.
func (c *Cluster) Addr(id int) string { return c.nodes[id-1].addr() }

// Stop kills a node, the way a machine dies: its connections break, and nobody is told. The controller takes its
// partitions away only when its session ended (sessionTimeout). When Stop returns its port refuses connections.
func (c *Cluster) Stop(t testing.TB, id int) {
	t.Helper()
	n := c.nodes[id-1]
	if n.process == nil {
		t.Fatalf("stopping node %d: it is not running", id)
	}
	n.kill()
}

// Shutdown stops a node the orderly way: it hands its partitions over to the others before it ends. It returns when
// the process has ended.
func (c *Cluster) Shutdown(t testing.TB, id int) {
	t.Helper()
	c.signal(t, id, syscall.SIGTERM)
	n := c.nodes[id-1]
	select {
	case <-n.process.done:
	case <-time.After(startTimeout):
		t.Fatalf("node %d has not ended %v after SIGTERM", id, startTimeout)
	}
	n.kill()
}

// Restart starts a node again, on the same port and with the data it had, after stopping it if it runs. It returns
// when the cluster is ready without those nodes that were stopped or paused.
func (c *Cluster) Restart(t testing.TB, id int) {
	t.Helper()
	n := c.nodes[id-1]
	n.kill()
	ctx, cancel := context.WithTimeout(t.Context(), startTimeout)
	defer cancel()
	for { // the port was free for anybody meanwhile; borrowers of a port are mostly quick
		err := n.start(c)
		if err == nil {
			err = c.ready(ctx)
		}
		if err == nil {
			return
		}
		if n.kill(); !errors.Is(err, errPortTaken) || ctx.Err() != nil {
			t.Fatalf("restarting node %d: %v", id, err)
		}
	}
}

// Pause freezes a node: its port still accepts connections, and nothing is ever answered. The others take over
// its partitions when its session ended (sessionTimeout).
func (c *Cluster) Pause(t testing.TB, id int) {
	t.Helper()
	c.signal(t, id, syscall.SIGSTOP)
}

// Resume ends a Pause and returns when the cluster is ready again.
func (c *Cluster) Resume(t testing.TB, id int) {
	t.Helper()
	c.signal(t, id, syscall.SIGCONT)
	ctx, cancel := context.WithTimeout(t.Context(), startTimeout)
	defer cancel()
	if err := c.ready(ctx); err != nil {
		t.Fatalf("resuming node %d: %v", id, err)
	}
}

func (c *Cluster) signal(t testing.TB, id int, s syscall.Signal) {
	t.Helper()
	n := c.nodes[id-1]
	if n.process == nil {
		t.Fatalf("sending %v to node %d: it is not running", s, id)
	}
	if err := n.process.cmd.Process.Signal(s); err != nil {
		t.Fatalf("sending %v to node %d: %v", s, id, err)
	}
	n.paused = s == syscall.SIGSTOP
}

// boot makes the nodes on new ports, formats and starts them, and waits until they are ready.
func (c *Cluster) boot(ctx context.Context, attempt int) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	each := 2 + c.options.extraPorts()
	ports, err := freePorts(each * c.options.Nodes)
	if err != nil {
		return err
	}
	c.nodes = nil
	for i := range c.options.Nodes {
		own := ports[each*i : each*(i+1)]
		n := &node{id: i + 1, port: own[0], controllerPort: own[1], dir: fmt.Sprintf("%s/%d-node%d", c.dir, attempt, i+1)}
		n.setPorts(own[2:])
		c.nodes = append(c.nodes, n)
	}
	if err := c.format(ctx); err != nil {
		return err
	}
	for _, n := range c.nodes {
		if err := n.start(c); err != nil {
			return err
		}
	}
	return c.ready(ctx)
}

// kill ends all nodes.
func (c *Cluster) kill() {
	for _, n := range c.nodes {
		n.kill()
	}
	if c.zookeeper != nil {
		c.zookeeper.kill()
		c.zookeeper = nil
	}
}

// DataDir is the log directory of a node: its partitions are the folders in it.
func (c *Cluster) DataDir(id int) string { return filepath.Join(c.nodes[id-1].dir, "data") }
