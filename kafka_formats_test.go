//go:build kafka

package main_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/offsetctl/offsetctl/internal/kafkatest"
)

// TestKafkaInspectOldFormats reads what brokers wrote before Kafka 0.11, before 2.1 and before 2.3, all in one log as
// it is where a cluster was upgraded again and again: messages of magic 0 and 1, and old versions of values.
func TestKafkaInspectOldFormats(t *testing.T) {
	if v := os.Getenv("OFFSETCTL_KAFKA_VERSION"); !strings.HasPrefix(v, "3.") {
		t.Skip("Kafka 4 has neither ZooKeeper nor old protocols")
	}
	c := kafkatest.Start(t, kafkatest.Options{OffsetsPartitions: 1, InterBrokerProtocol: "0.10.0"})
	c.Topic(t, "orders", 2, 10)
	writeClassic(t, c, "magic1")
	setOffsetsTopic(t, c, "message.format.version=0.9.0")
	commit(t, c, "magic0", at("orders", 1, 2))
	setOffsetsTopic(t, c, "compression.type=gzip")
	commit(t, c, "magic0-gzip", at("orders", 3, 4))
	setOffsetsTopic(t, c, "message.format.version=0.10.0", "compression.type=snappy")
	commit(t, c, "magic1-snappy", at("orders", 5, 6))
	for _, protocol := range []string{"0.10.2", "2.1-IV0", "2.4"} {
		c.Upgrade(t, protocol)
		setOffsetsTopic(t, c, "message.format.version="+protocol)
		writeClassic(t, c, "g"+protocol)
	}
	checkAgainstDumpLog(t, c)
	wantMagic(t, c, "0", "1", "2")
	versions := map[string]bool{}
	for line := range strings.Lines(ok(t, c, "inspect", "-o", "ndjson")) {
		var row struct {
			Key   struct{ Name string }
			Value *struct{ Version int }
		}
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			t.Fatal(err)
		}
		if row.Value != nil {
			versions[fmt.Sprintf("%s v%d", row.Key.Name, row.Value.Version)] = true
		}
	}
	want := []string{"GroupMetadata v0", "GroupMetadata v1", "GroupMetadata v2", "GroupMetadata v3", "OffsetCommit v1", "OffsetCommit v2", "OffsetCommit v3"}
	if diff := gocmp.Diff(want, slices.Sorted(maps.Keys(versions))); diff != "" {
		t.Errorf("kinds of records (-want +got)\n%s", diff)
	}
}

// writeClassic has a member of a group come, commit and go.
func writeClassic(t *testing.T, c *kafkatest.Cluster, group string) {
	t.Helper()
	app := c.Client(t, "ConsumerApp.java", group, "orders", "manual")
	app.Await(t, "READY")
	for _, command := range []string{"sync", "commit 0 3 - why not", "close"} {
		app.Do(t, command)
	}
	app.Wait(t)
}

func wantMagic(t *testing.T, c *kafkatest.Cluster, numbers ...string) {
	t.Helper()
	headers := batchHeaders(t, c)
	for _, n := range numbers {
		if !strings.Contains(headers, " magic: "+n+" ") {
			t.Errorf("nothing of magic %s", n)
		}
	}
}
