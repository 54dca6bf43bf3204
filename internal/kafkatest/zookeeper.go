//go:build kafka

package kafkatest

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// zookeeperProperties are the server.properties of the only node of a cluster with an old inter-broker protocol. KRaft
// has none below 3.0, and only with such a one do brokers write the message formats of the time.
func (n *node) zookeeperProperties(c *Cluster) string {
	protocol := c.options.InterBrokerProtocol
	return strings.Join(append([]string{
		fmt.Sprintf("broker.id=%d", n.id),
		"listeners=PLAINTEXT://" + n.addr(),
		fmt.Sprintf("zookeeper.connect=127.0.0.1:%d", n.controllerPort),
		"inter.broker.protocol.version=" + protocol,
		"log.message.format.version=" + protocol,
		"log.dirs=" + filepath.Join(n.dir, "data"),
		"num.partitions=1",
		"auto.create.topics.enable=false",
		fmt.Sprintf("offsets.topic.num.partitions=%d", c.options.OffsetsPartitions),
		"offsets.topic.replication.factor=1",
		"transaction.state.log.replication.factor=1",
		"transaction.state.log.min.isr=1",
		"transaction.state.log.num.partitions=1",
		"group.initial.rebalance.delay.ms=0",
		"log.cleaner.dedupe.buffer.size=2097152",
		"log.cleaner.threads=1",
	}, c.options.Props...), "\n") + "\n"
}

// startZooKeeper starts ZooKeeper where a controller would listen. Brokers wait for it.
func (c *Cluster) startZooKeeper() error {
	n := c.nodes[0]
	const tickTime = "500" // sessions last two ticks at least; the default is 3 s
	argv := java("128m", c.jars, "off", "-Dzookeeper.admin.enableServer=false", "-Djava.io.tmpdir="+n.dir,
		"org.apache.zookeeper.server.ZooKeeperServerMain", strconv.Itoa(n.controllerPort), filepath.Join(n.dir, "zookeeper"), tickTime)
	p, err := startProcess(n.dir, stdio{}, argv...)
	c.zookeeper = p
	return err
}

// Upgrade shuts the only node down and starts it with a newer inter-broker protocol than that of the options.
func (c *Cluster) Upgrade(t testing.TB, protocol string) {
	t.Helper()
	c.Shutdown(t, 1)
	c.options.InterBrokerProtocol = protocol
	if err := c.nodes[0].writeProperties(c); err != nil {
		t.Fatal(err)
	}
	c.Restart(t, 1)
}

// writeProperties writes the node's server.properties.
func (n *node) writeProperties(c *Cluster) error {
	properties := n.properties
	if c.options.InterBrokerProtocol != "" {
		properties = n.zookeeperProperties
	}
	return os.WriteFile(filepath.Join(n.dir, "server.properties"), []byte(properties(c)), 0o644)
}
