//go:build kafka

package inspect

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/offsetctl/offsetctl/internal/kafkatest"
)

// internalTopic is a topic compared with kafka-dump-log.sh, and the option that makes it decode.
type internalTopic struct {
	topic   Topic
	name    string
	decoder string
	types   []int16 // that must have been seen, so that the test proves what it says
	from4   []int16 // likewise, on 4.x
}

func internalTopics() []internalTopic {
	return []internalTopic{
		{ConsumerOffsets, "__consumer_offsets", "--offsets-decoder",
			[]int16{1, 2, 3, 5, 6, 7, 8}, []int16{10, 11, 12, 13, 14, 15, 16, 17, 19, 20, 21, 22, 23}},
		{TransactionState, "__transaction_state", "--transaction-log-decoder", []int16{0}, nil},
		{ShareGroupState, "__share_group_state", "--share-group-state-decoder", nil, []int16{0}},
	}
}

// Every record that real clients left is decoded as kafka-dump-log.sh decodes it, and encodes to the
// same bytes again.
func TestDecodesAsDumpLog(t *testing.T) {
	dir := t.TempDir()
	c := kafkatest.Start(t, kafkatest.Options{OffsetsPartitions: 1, Props: []string{
		"log.dirs=" + dir,
		"group.consumer.migration.policy=bidirectional", // the default since 4.0
	}})
	old := strings.HasPrefix(c.Version, "3.")
	runWriters(t, c, old)
	for _, it := range internalTopics() {
		if old && it.topic != ConsumerOffsets {
			continue // the tool of 3.9 prints transactions in words of its own, and has no share state
		}
		want := it.types
		if !old {
			want = slices.Concat(it.types, it.from4)
		}
		dumped := dump(t, c, filepath.Join(dir, it.name+"-0", strings.Repeat("0", 20)+".log"), it.decoder, old)
		seen := compare(t, it, readAll(t, c, it.name), dumped)
		t.Logf("%s: records by type: %v", it.name, seen)
		for _, number := range want {
			if seen[number] == 0 {
				t.Errorf("%s: no record of type %d", it.name, number)
			}
		}
	}
	wantDecoded(t, readAll(t, c, "__consumer_offsets"))
}

// wantDecoded holds that what the tool leaves as bytes was found in what real clients wrote.
func wantDecoded(t *testing.T, records []*kgo.Record) {
	t.Helper()
	var all []byte
	for _, r := range records {
		if k, err := ConsumerOffsets.ParseKey(r.Key); err == nil {
			all, _ = ConsumerOffsets.AppendValue(all, k.Type, r.Value)
		}
	}
	for _, want := range []string{
		`"userDataDecoded":{"previousAssignment":[{"topic":"in-sticky"`,
		`"userDataDecoded":{"generation":`,
		`"userDataDecoded":{"version":`, // Kafka Streams
		`"metadataDecoded":{"version":2,"partitionTime":`,
		`"metadataDecoded":{"version":3,"topics":["in-upgrade"]`,
	} {
		if !strings.Contains(string(all), want) {
			t.Errorf("no %s in what the clients wrote", want)
		}
	}
}

// runWriters runs one client after the other, to its orderly end.
func runWriters(t *testing.T, c *kafkatest.Cluster, old bool) {
	const assignors = "partition.assignment.strategy=org.apache.kafka.clients.consumer."
	c.Topic(t, "copies", 2, 0)
	runWriter(t, c, "ConsumerApp.java", "range", []string{"manual", "members=2", "client.rack=r1"}, "commit 0 4 - why \"not\" é", "sync")
	runWriter(t, c, "ConsumerApp.java", "sticky", []string{"auto", "members=2", assignors + "StickyAssignor"})
	runWriter(t, c, "ConsumerApp.java", "cooperative", []string{"auto", "group.instance.id=s", assignors + "CooperativeStickyAssignor"})
	runWriter(t, c, "ConsumerApp.java", "kip848", []string{"auto", "members=2", "group.protocol=consumer"})
	runWriter(t, c, "StreamsApp.java", "streams", []string{"copies"})
	runWriter(t, c, "TransactionApp.java", "tx", []string{"tx-id"}, "offsets 0=1 1=2", "commit", "offsets 0=3", "abort")
	upgradeGroup(t, c)
	if !old {
		subscribeByPattern(t, c)
		runWriter(t, c, "ShareApp.java", "share", nil)
		runWriter(t, c, "StreamsApp.java", "streams848", []string{"copies", "group.protocol=streams"})
	}
	if _, err := kadm.NewClient(c.Kgo(t)).DeleteTopic(t.Context(), "in-range"); err != nil {
		t.Fatal(err) // its commits become tombstones
	}
}

func runWriter(t *testing.T, c *kafkatest.Cluster, file, group string, args []string, commands ...string) {
	t.Helper()
	c.Topic(t, "in-"+group, 2, 10)
	cl := c.Client(t, file, append([]string{group, "in-" + group}, args...)...)
	cl.Await(t, "READY")
	for _, command := range append(commands, "close") {
		cl.Do(t, command)
	}
	cl.Wait(t)
}

// upgradeGroup has a classic member in a group that a KIP-848 member joins: type 5 then keeps what
// the classic one subscribes to.
func upgradeGroup(t *testing.T, c *kafkatest.Cluster) {
	t.Helper()
	c.Topic(t, "in-upgrade", 2, 10)
	classic := c.Client(t, "ConsumerApp.java", "upgrade", "in-upgrade", "auto")
	classic.Await(t, "READY")
	modern := c.Client(t, "ConsumerApp.java", "upgrade", "in-upgrade", "auto", "group.protocol=consumer")
	deadline := time.Now().Add(30 * time.Second)
	for !hasType(readAll(t, c, "__consumer_offsets"), "upgrade", 8) {
		if time.Now().After(deadline) {
			t.Fatal("the group was not upgraded")
		}
		time.Sleep(200 * time.Millisecond)
	}
	modern.Kill()
	classic.Kill()
}

func hasType(records []*kgo.Record, group string, number int16) bool {
	return slices.ContainsFunc(records, func(r *kgo.Record) bool {
		k, err := ConsumerOffsets.ParseKey(r.Key)
		return err == nil && k.Type == number && string(k.Group) == group
	})
}

// readAll reads a topic's only partition from its start to its present end.
func readAll(t *testing.T, c *kafkatest.Cluster, topic string) []*kgo.Record {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	ends, err := kadm.NewClient(c.Kgo(t)).ListEndOffsets(ctx, topic)
	if err != nil {
		t.Fatal(err)
	}
	end, _ := ends.Lookup(topic, 0)
	from := map[string]map[int32]kgo.Offset{topic: {0: kgo.NewOffset().AtStart()}}
	cl := c.Kgo(t, kgo.ConsumePartitions(from), kgo.KeepControlRecords())
	var records []*kgo.Record
	for len(records) == 0 || records[len(records)-1].Offset < end.Offset-1 {
		fetches := cl.PollFetches(ctx)
		if err := fetches.Err(); err != nil {
			t.Fatal(err)
		}
		records = append(records, fetches.Records()...)
	}
	return records
}

// dumpLine is a record as the tool prints it.
type dumpLine struct{ Key, Value string }

// dump runs kafka-dump-log.sh on a segment and gives what it decoded, by offset.
func dump(t *testing.T, c *kafkatest.Cluster, path, decoder string, old bool) map[int64]dumpLine {
	t.Helper()
	class := "org.apache.kafka.tools.DumpLogSegments"
	if old {
		class = "kafka.tools.DumpLogSegments"
	}
	r := c.Tool(t, class, decoder, "--files", path)
	if r.Exit != 0 {
		t.Fatalf("dump-log: exit %d\n%s", r.Exit, r.Stderr)
	}
	found := map[int64]dumpLine{}
	for line := range strings.Lines(r.Stdout) {
		rest, ok := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "| offset: ")
		if !ok || strings.Contains(line, " endTxnMarker: ") {
			continue
		}
		number, rest, _ := strings.Cut(rest, " ")
		offset, err := strconv.ParseInt(number, 10, 64)
		_, rest, _ = strings.Cut(rest, " key: ")
		key, value, ok := strings.Cut(rest, " payload: ")
		if err != nil || !ok {
			t.Fatalf("no record: %s", line)
		}
		found[offset] = dumpLine{key, value}
	}
	return found
}

// compare counts the records of each type.
func compare(t *testing.T, it internalTopic, records []*kgo.Record, dumped map[int64]dumpLine) map[int16]int {
	t.Helper()
	seen := map[int16]int{}
	for _, r := range records {
		if r.Attrs.IsControl() {
			continue
		}
		k, err := it.topic.ParseKey(r.Key)
		if err != nil {
			t.Errorf("%s: offset %d: %v", it.name, r.Offset, err)
		}
		seen[k.Type]++
		keyText, err := it.topic.AppendKey(nil, r.Key)
		wantRoundTrip(t, keyText, err, r.Key, it.topic.EncodeKey)
		valueText, valueErr := it.topic.AppendValue(nil, k.Type, r.Value)
		encode := func(text []byte) ([]byte, error) { return it.topic.EncodeValue(k.Type, text) }
		wantRoundTrip(t, valueText, valueErr, r.Value, encode)
		if err != nil || valueErr != nil {
			t.Errorf("%s: offset %d: %v, %v", it.name, r.Offset, err, valueErr)
		}
		got := dumpLine{asDumped(t, keyText), asDumped(t, valueText)}
		if diff := cmp.Diff(dumped[r.Offset], got); diff != "" {
			t.Errorf("%s: offset %d, %s:\n%s", it.name, r.Offset, k.Name, diff)
		}
		delete(dumped, r.Offset)
	}
	for _, offset := range slices.Sorted(maps.Keys(dumped)) {
		if offset <= records[len(records)-1].Offset {
			t.Errorf("%s: offset %d: only dump-log has %+v", it.name, offset, dumped[offset])
		}
	}
	return seen
}

// asDumped is our JSON of a key or value as the tool has it: type and version are strings there, and
// nothing ends in Decoded.
func asDumped(t *testing.T, text []byte) string {
	t.Helper()
	if string(text) == "null" {
		return "<DELETE>"
	}
	var r struct {
		Type, Version *int16
		Data          json.RawMessage
	}
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	if r.Type != nil {
		return fmt.Sprintf(`{"type":"%d","data":%s}`, *r.Type, r.Data)
	}
	return fmt.Sprintf(`{"version":"%d","data":%s}`, *r.Version, withoutDecoded(r.Data))
}

// withoutDecoded cuts the fields that end in Decoded out of our own, compact JSON.
func withoutDecoded(text []byte) []byte {
	d := json.NewDecoder(strings.NewReader(string(text)))
	var out []byte
	from := int64(0)
	for {
		before := d.InputOffset()
		token, err := d.Token()
		if err != nil {
			return append(out, text[from:]...)
		}
		// A value is never such a text in what the writers leave.
		if name, ok := token.(string); !ok || !strings.HasSuffix(name, decodedSuffix) {
			continue
		}
		var skipped json.RawMessage
		if err := d.Decode(&skipped); err != nil {
			return text
		}
		out = append(out, text[from:before]...)
		from = d.InputOffset()
	}
}

// subscribeByPattern makes a KIP-848 member whose topics the broker finds by regular expression.
func subscribeByPattern(t *testing.T, c *kafkatest.Cluster) {
	t.Helper()
	regex := "in-.*"
	r := kmsg.NewPtrConsumerGroupHeartbeatRequest()
	r.Group, r.MemberID, r.RebalanceTimeoutMillis = "pattern", "0123456789abcdefABCDEF", 60000
	r.SubscribedTopicRegex, r.Topics = &regex, []kmsg.ConsumerGroupHeartbeatRequestTopic{}
	cl := c.Kgo(t)
	deadline := time.Now().Add(30 * time.Second)
	for !hasType(readAll(t, c, "__consumer_offsets"), "pattern", 16) {
		resp, err := r.RequestWith(t.Context(), cl)
		switch {
		case err != nil:
			t.Fatal(err)
		case time.Now().After(deadline):
			t.Fatalf("no regular expression was resolved: %+v", resp)
		}
		r.MemberEpoch = resp.MemberEpoch
		time.Sleep(500 * time.Millisecond)
	}
}
