//go:build kafka

package kafkatest

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// Tools runs Kafka's own tools of the cluster's version in one JVM, one after the other: where a test runs many, as Tool
// does they would take most of its time.
type Tools struct {
	cluster *Cluster
	client  *Client
	dir     string
}

// Tools starts that JVM; it is killed when the test ends.
func (c *Cluster) Tools(t testing.TB) *Tools {
	t.Helper()
	dir := t.TempDir()
	tools := &Tools{client: c.Client(t, "ToolApp.java", dir), dir: dir, cluster: c}
	tools.client.Await(t, "READY")
	return tools
}

// ConsumerGroups runs kafka-consumer-groups.sh with these arguments and the cluster's --bootstrap-server. It exits 0
// whatever happens: errors are in what it prints, on either stream.
func (tools *Tools) ConsumerGroups(t testing.TB, args ...string) ToolResult {
	t.Helper()
	return tools.ConsumerGroupsAt(t, tools.cluster.Bootstrap(), args...)
}

// ConsumerGroupsAt is ConsumerGroups with another --bootstrap-server, such as a listener of a secure cluster.
func (tools *Tools) ConsumerGroupsAt(t testing.TB, bootstrap string, args ...string) ToolResult {
	t.Helper()
	return tools.run(t, append([]string{consumerGroupCommand, "--bootstrap-server", bootstrap}, args...))
}

// ACLs runs kafka-acls.sh on a secure cluster with these arguments, as a super user. Nodes may know of a change a moment later.
func (tools *Tools) ACLs(t testing.TB, args ...string) ToolResult {
	t.Helper()
	c, class := tools.cluster, "org.apache.kafka.tools.AclCommand"
	if strings.HasPrefix(c.Version, "3.") {
		class = "kafka.admin.AclCommand"
	}
	file := c.Properties(internalListener, "").Write(t)
	return tools.run(t, append([]string{class, "--bootstrap-server", c.Listener(internalListener), "--command-config", file}, args...))
}

// run runs a class with its arguments.
func (tools *Tools) run(t testing.TB, words []string) ToolResult {
	t.Helper()
	for i, w := range words {
		words[i] = base64.StdEncoding.EncodeToString([]byte(w))
	}
	tools.client.Do(t, strings.Join(words, " "))
	exit, err := strconv.Atoi(tools.file(t, "exit"))
	if err != nil {
		t.Fatal(err)
	}
	return ToolResult{Stdout: tools.file(t, "out"), Stderr: tools.file(t, "err"), Exit: exit}
}

func (tools *Tools) file(t testing.TB, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(tools.dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
