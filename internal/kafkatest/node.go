//go:build kafka

package kafkatest

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// sessionTimeout is how long the controller waits for a silent node. Kafka's 9 s would make every Restart after
// Stop that slow (the node may not register again while its old session lasts); much less, and a busy machine
// loses nodes that are well.
const sessionTimeout = "6000"

// errPortTaken says that somebody else bound a port between freePorts and the start of the broker.
var errPortTaken = errors.New("port taken")

// node is one broker and controller.
type node struct {
	id, port, controllerPort int
	ports                    map[string]int // of the other listeners of a secure cluster, by name
	dir                      string
	starts                   int      // so far; each has a log of its own
	process                  *process // nil while stopped
	paused                   bool
}

func (n *node) addr() string { return "127.0.0.1:" + strconv.Itoa(n.port) }

func (n *node) logFile() string { return fmt.Sprintf("%s/kafka-%d.log", n.dir, n.starts) }

// properties is the node's server.properties.
func (n *node) properties(c *Cluster) string {
	voters := make([]string, len(c.nodes))
	for i, v := range c.nodes {
		voters[i] = fmt.Sprintf("%d@127.0.0.1:%d", v.id, v.controllerPort)
	}
	replicas := min(len(c.nodes), 3)
	lines := []string{
		"process.roles=broker,controller",
		fmt.Sprintf("node.id=%d", n.id),
		fmt.Sprintf("listeners=PLAINTEXT://%s,CONTROLLER://127.0.0.1:%d", n.addr(), n.controllerPort),
		"advertised.listeners=PLAINTEXT://" + n.addr(),
		"inter.broker.listener.name=PLAINTEXT",
		"controller.listener.names=CONTROLLER",
		"listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
		"controller.quorum.voters=" + strings.Join(voters, ","),
		"log.dirs=" + filepath.Join(n.dir, "data"),
		"broker.session.timeout.ms=" + sessionTimeout,
		"broker.heartbeat.interval.ms=500",
		"num.partitions=1",
		"auto.create.topics.enable=false",
		fmt.Sprintf("offsets.topic.num.partitions=%d", c.options.OffsetsPartitions),
		fmt.Sprintf("offsets.topic.replication.factor=%d", replicas),
		fmt.Sprintf("transaction.state.log.replication.factor=%d", replicas),
		"transaction.state.log.min.isr=1",
		"transaction.state.log.num.partitions=1",
		"group.initial.rebalance.delay.ms=0",
		"group.consumer.heartbeat.interval.ms=500",
		"group.consumer.min.heartbeat.interval.ms=500",
		"log.cleaner.dedupe.buffer.size=2097152",
		"log.cleaner.threads=1",
	}
	lines = append(lines, versionProperties(c.Version, replicas)...)
	if c.options.Authorizer && !c.options.Secure {
		lines = append(lines, authorizerProperties...)
	}
	if c.Secure != nil {
		lines = append(lines, n.secureProperties(c.Secure)...)
	}
	if c.Kerberos != nil {
		lines = append(lines, n.kerberosProperties(c.Kerberos)...)
	}
	return strings.Join(append(lines, c.options.Props...), "\n") + "\n"
}

// versionProperties are those that not every version knows.
func versionProperties(version string, replicas int) []string {
	if strings.HasPrefix(version, "3.") {
		return []string{ // KIP-848 is early access before 4.0
			"group.coordinator.rebalance.protocols=classic,consumer",
			"unstable.api.versions.enable=true",
		}
	}
	lines := []string{
		"group.coordinator.append.linger.ms=0",
		"group.share.heartbeat.interval.ms=500",
		"group.share.min.heartbeat.interval.ms=500",
		"group.streams.heartbeat.interval.ms=500",
		"group.streams.min.heartbeat.interval.ms=500",
		fmt.Sprintf("share.coordinator.state.topic.replication.factor=%d", replicas),
		"share.coordinator.state.topic.min.isr=1",
		"share.coordinator.state.topic.num.partitions=1",
	}
	if strings.HasPrefix(version, "4.1.") { // Streams groups are early access; see features
		lines = append(lines, "unstable.api.versions.enable=true", "unstable.feature.versions.enable=true")
	}
	return lines
}

// features are what a version has but does not turn on by itself: share and Streams groups before 4.2.
func features(version string) []string {
	if strings.HasPrefix(version, "4.1.") {
		return []string{"--feature", "share.version=1", "--feature", "streams.version=1"}
	}
	return nil
}

// start starts the broker's JVM; whether it comes up is for ready to find out.
func (n *node) start(c *Cluster) error {
	n.starts++
	log, err := os.Create(n.logFile())
	if err != nil {
		return err
	}
	defer log.Close()
	args := append(c.javaFlags(), "-Djava.io.tmpdir="+n.dir, "kafka.Kafka", filepath.Join(n.dir, "server.properties"))
	argv := java("384m", c.jars, "warn", args...)
	p, err := startProcess(n.dir, stdio{out: log, err: log}, argv...)
	if err != nil {
		return err
	}
	n.process, n.paused = p, false
	return nil
}

// kill ends the node if it runs.
func (n *node) kill() {
	if n.process != nil {
		n.process.kill()
		n.process = nil
	}
}

// died explains, from the log, why the node's JVM ended by itself.
func (n *node) died(p *process) error {
	log, _ := os.ReadFile(n.logFile())
	err := fmt.Errorf("node %d ended: %v\n%s", n.id, p.err, tail(log, 30))
	if bytes.Contains(log, []byte("Address already in use")) {
		return fmt.Errorf("%w: %w", errPortTaken, err)
	}
	return err
}

// java is the command line of a small JVM that logs to standard error from the given level ("off" for none).
// Tests run many short-lived JVMs on few cores: the serial collector and the first compiler tier start fastest.
// Performance data would leave a file behind for every JVM that is killed.
func java(heap, classpath, level string, args ...string) []string {
	return append([]string{"java", "-Xmx" + heap, "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData",
		"-Dorg.slf4j.simpleLogger.defaultLogLevel=" + level, "-cp", classpath}, args...)
}

// format writes every node's server.properties and prepares its data folder. Kafka's own tool formats the first;
// the others differ by two ids only, and a JVM each would cost more than a second.
func (c *Cluster) format(ctx context.Context) error {
	for _, n := range c.nodes {
		if err := os.MkdirAll(filepath.Join(n.dir, "data"), 0o755); err != nil {
			return err
		}
		if err := n.writeProperties(c); err != nil {
			return err
		}
	}
	if c.options.InterBrokerProtocol != "" {
		return c.startZooKeeper()
	}
	first := filepath.Join(c.nodes[0].dir, "data")
	argv := java("128m", c.jars, "off", "kafka.tools.StorageTool", "format", "-t", c.id,
		"-c", filepath.Join(c.nodes[0].dir, "server.properties"))
	argv = append(append(argv, features(c.Version)...), c.Secure.formatFlags()...)
	if r, err := run(ctx, argv); err != nil || r.Exit != 0 {
		return fmt.Errorf("formatting: exit %d: %v\n%s%s", r.Exit, err, r.Stdout, r.Stderr)
	}
	for _, n := range c.nodes[1:] {
		data := filepath.Join(n.dir, "data")
		if err := os.CopyFS(data, os.DirFS(first)); err != nil {
			return err
		}
		id := make([]byte, 16)
		rand.Read(id)
		id[0] = 'd' // as in Start: no "-" in front
		meta := fmt.Sprintf("version=1\nnode.id=%d\ncluster.id=%s\ndirectory.id=%s\n",
			n.id, c.id, base64.RawURLEncoding.EncodeToString(id))
		if err := os.WriteFile(filepath.Join(data, "meta.properties"), []byte(meta), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// freePorts returns ports of 127.0.0.1 that nobody listens on. They lie below the range that the kernel gives to
// outgoing connections: from there, the port of a stopped node could be taken by any connection before Restart, and
// a client that keeps dialling it can even connect to itself.
func freePorts(n int) ([]int, error) {
	var ports []int
	for range 1000 {
		port := 20000 + mathrand.IntN(12000)
		l, err := net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(port))
		if err != nil {
			continue
		}
		defer l.Close() // held until all are found, so that none is found twice
		if ports = append(ports, port); len(ports) == n {
			return ports, nil
		}
	}
	return nil, fmt.Errorf("finding %d free ports: %w", n, errPortTaken)
}
