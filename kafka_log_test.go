//go:build kafka

package main_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/offsetctl/offsetctl/internal/kafkatest"
)

// TestKafkaInspectOddLogs reads a log that a real broker compacted, trimmed, compressed anew and filled with one batch
// of 8 MB, live and from the files, and holds it against kafka-dump-log.sh. At last there is other data in it.
func TestKafkaInspectOddLogs(t *testing.T) {
	c := kafkatest.Start(t, kafkatest.Options{OffsetsPartitions: 1, Props: []string{
		"offsets.topic.segment.bytes=1048576", // the least since 4.0
		"log.cleaner.backoff.ms=100", "log.retention.check.interval.ms=500", "log.initial.task.delay.ms=100",
	}})
	c.Topic(t, "orders", 2, 10)
	if !t.Run("compacted", func(t *testing.T) { checkCompacted(t, c) }) {
		return
	}
	t.Run("compressed", func(t *testing.T) { checkCodecs(t, c) })
	t.Run("batch of 8 MB", func(t *testing.T) { checkLargeBatch(t, c) })
	t.Run("log start", func(t *testing.T) { checkLogStart(t, c) })
	t.Run("other data", func(t *testing.T) { checkForeign(t, c) })
}

// cleanSoon has the cleaner take what it can of __consumer_offsets at once.
func cleanSoon(t *testing.T, c *kafkatest.Cluster) {
	t.Helper()
	setOffsetsTopic(t, c, "min.cleanable.dirty.ratio=0.001", "delete.retention.ms=0", "max.message.bytes=16777216")
}

// overwrite commits for the same keys until the cleaner has been there.
func overwrite(t *testing.T, c *kafkatest.Cluster) {
	t.Helper()
	written := 0
	for round := range 12 { // each leaves the end of what the round before wrote
		n := 1000 - 50*round
		writeOffsets(t, c, commitsOf("a", n, int64(round), 500)...)
		written += n
	}
	poll(t, "the cleaner", func() error {
		if n := len(dumped(t, c)); n > written/2 {
			return fmt.Errorf("%d of %d records", n, written)
		}
		return nil
	})
}

// checkCompacted overwrites a few keys, some of them committed in transactions before, until the cleaner has been
// there: what is left has holes, batches without records, and markers of transactions that are no more.
func checkCompacted(t *testing.T, c *kafkatest.Cluster) {
	cleanSoon(t, c)
	app := c.Client(t, "TransactionApp.java", "g", "orders", "x")
	app.Await(t, "READY")
	for _, command := range []string{"offsets 0=1", "commit", "offsets 0=2 1=3", "abort", "close"} {
		app.Do(t, command)
	}
	commit(t, c, "g", at("orders", 5, 6)) // covers the transactions' keys
	// The cleaner keeps the last batch of a producer, since its sequence is in there, without the records.
	idempotent := c.Kgo(t, kgo.ClientID("__admin_client"), kgo.DefaultProduceTopic("__consumer_offsets"))
	if err := idempotent.ProduceSync(t.Context(), commitsOf("a", 3, 99, 5)...).FirstErr(); err != nil {
		t.Fatal(err)
	}
	overwrite(t, c)
	got := checkAgainstDumpLog(t, c)
	holes, empty := 0, strings.Count(batchHeaders(t, c), " count: 0 ")
	for i := 1; i < len(got); i++ {
		if got[i].Offset != got[i-1].Offset+1 {
			holes++
		}
	}
	if holes == 0 || empty == 0 {
		t.Errorf("%d holes and %d batches without records, want some", holes, empty)
	}
	t.Logf("%d records, %d holes, %d batches without records, %d segments", len(got), holes, empty, len(segments(t, c)))
}

// checkCodecs has the broker compress what coordinators write, each codec in turn.
func checkCodecs(t *testing.T, c *kafkatest.Cluster) {
	codecs := []string{"gzip", "snappy", "lz4", "zstd"}
	for i, codec := range codecs {
		setOffsetsTopic(t, c, "compression.type="+codec)
		commit(t, c, codec, at("orders", int64(i), int64(i)))
		writeOffsets(t, c, commitsOf(codec, 300, int64(i), 40)...)
	}
	setOffsetsTopic(t, c, "compression.type=producer")
	headers := batchHeaders(t, c)
	for _, codec := range codecs {
		if !strings.Contains(headers, "compresscodec: "+codec) {
			t.Errorf("no batch of %s", codec)
		}
	}
	checkAgainstDumpLog(t, c)
}

// checkLargeBatch writes one batch of more than 8 MB, twice what a fetch asks of a partition.
func checkLargeBatch(t *testing.T, c *kafkatest.Cluster) {
	setOffsetsTopic(t, c, "segment.bytes=33554432") // it must fit into a segment
	large := commitsOf("large", 340, 7, 25_000)
	writeOffsets(t, c, large...)
	largest := 0
	for line := range strings.Lines(batchHeaders(t, c)) {
		if _, rest, ok := strings.Cut(line, " size: "); ok && strings.HasPrefix(line, "baseOffset: ") {
			size, _ := strconv.Atoi(strings.Fields(rest)[0])
			largest = max(largest, size)
		}
	}
	if largest < 8<<20 {
		t.Fatalf("the largest batch has %d bytes", largest)
	}
	checkAgainstDumpLog(t, c)
	if got := strings.Count(ok(t, c, "inspect", "-g", "large", "-o", "ndjson"), "\n"); got != len(large) {
		t.Errorf("%d records of the large batch, want %d", got, len(large))
	}
}

// checkLogStart has the broker delete old segments. It refuses to delete records of this topic by offset, so that
// its log never begins within a batch.
func checkLogStart(t *testing.T, c *kafkatest.Cluster) {
	setOffsetsTopic(t, c, "segment.bytes=1048576")
	writeOffsets(t, c, commitsOf("last", 100, 8, 5)...)
	setOffsetsTopic(t, c, "cleanup.policy=compact,delete", "retention.bytes=1")
	poll(t, "the end of old segments", func() error {
		if n := len(segments(t, c)); n != 1 {
			return fmt.Errorf("%d segments", n)
		}
		return nil
	})
	starts, err := kadm.NewClient(c.Kgo(t)).ListStartOffsets(t.Context(), "__consumer_offsets")
	if err != nil {
		t.Fatal(err)
	}
	start, _ := starts.Lookup("__consumer_offsets", 0)
	if got := checkAgainstDumpLog(t, c); len(got) != 100 || got[0].Offset != start.Offset || start.Offset == 0 {
		t.Errorf("%d records from the log start %d", len(got), start.Offset)
	}
}

// checkForeign writes what no coordinator writes: it is shown with the reason, and nothing is left out.
func checkForeign(t *testing.T, c *kafkatest.Cluster) {
	setOffsetsTopic(t, c, "cleanup.policy=delete") // a compacted topic takes no null key
	before := strings.Count(ok(t, c, "inspect", "-o", "ndjson"), "\n")
	group := kmsg.GroupMetadataKey{Version: 2, Group: "envelope"}
	foreign := []*kgo.Record{
		{Value: []byte("no key")},
		{},
		{Key: []byte{}, Value: []byte("empty key")},
		{Key: []byte("orders-17"), Value: []byte(`{"total":3}`)},
		{Key: []byte{0x7f, 0xff, 0, 1}, Value: []byte("unknown type")},
		{Key: group.AppendTo(nil), Value: []byte{1, 0, 4, 0, 0, 0, 'a', 'b', 'c', 'd'}}, // Redpanda: Kafka's keys, values in envelopes
		{Key: []byte("\x00\x03\x00\x01g"), Value: []byte{0, 0, 12, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}},
		{Key: group.AppendTo(nil), Value: []byte{}},
	}
	writeOffsets(t, c, foreign...)
	for name, text := range map[string]string{"live": ok(t, c, "inspect", "-o", "ndjson"), "files": ok(t, c, "inspect", "-o", "ndjson", "--file", c.DataDir(1))} {
		lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
		if name == "live" && len(lines) != before+len(foreign) {
			t.Errorf("live: %d rows, want %d", len(lines), before+len(foreign))
		}
		for i, line := range lines[len(lines)-len(foreign):] {
			var row struct {
				RawKey, RawValue *string
				Error            *string
			}
			if err := json.Unmarshal([]byte(line), &row); err != nil || row.Error == nil || shownHex(row.RawKey) != hexOf(foreign[i].Key) || shownHex(row.RawValue) != hexOf(foreign[i].Value) {
				t.Errorf("%s: %v in %s", name, err, line)
			}
		}
	}
}

func hexOf(b []byte) string {
	if b == nil {
		return "null"
	}
	return fmt.Sprintf("%x", b)
}

func shownHex(s *string) string {
	if s == nil {
		return "null"
	}
	return *s
}

// checkAgainstDumpLog holds the topic, live and from the files, against what Kafka's tool decodes, and gives that.
func checkAgainstDumpLog(t *testing.T, c *kafkatest.Cluster) []record {
	t.Helper()
	var want []record
	poll(t, "a log that the cleaner leaves as it is", func() error {
		want = dumped(t, c)
		for name, got := range map[string][]record{"live": inspected(t, ok(t, c, "inspect", "-o", "ndjson")), "files": inspected(t, ok(t, c, "inspect", "-o", "ndjson", "--file", c.DataDir(1)))} {
			if diff := gocmp.Diff(want, got); diff != "" {
				return fmt.Errorf("%s: %d records, Kafka's tool has %d (-kafka +offsetctl)\n%.4000s", name, len(got), len(want), diff)
			}
		}
		return nil
	})
	return want
}

func segments(t *testing.T, c *kafkatest.Cluster) []string {
	t.Helper()
	files, err := filepath.Glob(c.DataDir(1) + "/__consumer_offsets-0/*.log")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	return files
}

// batchHeaders are what Kafka's tool prints of the batches.
func batchHeaders(t *testing.T, c *kafkatest.Cluster) string {
	t.Helper()
	return c.DumpLog(t, "--files", strings.Join(segments(t, c), ",")).Stdout
}

// setOffsetsTopic changes settings, KEY=VALUE, of __consumer_offsets.
func setOffsetsTopic(t *testing.T, c *kafkatest.Cluster, settings ...string) {
	t.Helper()
	var alter []kadm.AlterConfig
	for _, s := range settings {
		name, value, _ := strings.Cut(s, "=")
		alter = append(alter, kadm.AlterConfig{Name: name, Value: &value})
	}
	adm := kadm.NewClient(c.Kgo(t))
	answers, err := adm.AlterTopicConfigs(t.Context(), alter, "__consumer_offsets")
	if err == nil {
		err = answers[0].Err
	}
	if err != nil {
		t.Fatalf("setting %q: %v", settings, err)
	}
}

// commitsOf are n commits of a group, each of a topic of its own, with metadata of some length.
func commitsOf(group string, n int, offset int64, length int) []*kgo.Record {
	metadata := string(bytes.Repeat([]byte("m"), length))
	var records []*kgo.Record
	for i := range n {
		key := kmsg.OffsetCommitKey{Version: 1, Group: group, Topic: "t" + strconv.Itoa(i)}
		value := kmsg.OffsetCommitValue{Version: 3, Offset: offset, LeaderEpoch: -1, Metadata: metadata}
		records = append(records, &kgo.Record{Key: key.AppendTo(nil), Value: value.AppendTo(nil)})
	}
	return records
}

// partitioned says of each record of a client that it waits in its partition for the flush.
type partitioned chan struct{}

func (p partitioned) OnProduceRecordPartitioned(*kgo.Record, int32) { p <- struct{}{} }

// writeOffsets writes records straight into __consumer_offsets, as one batch; see plant.
func writeOffsets(t *testing.T, c *kafkatest.Cluster, records ...*kgo.Record) {
	t.Helper()
	buffered := make(partitioned, len(records))
	cl := c.Kgo(t, kgo.ClientID("__admin_client"), kgo.DisableIdempotentWrite(), kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.DefaultProduceTopic("__consumer_offsets"),
		kgo.ManualFlushing(), kgo.ProducerBatchMaxBytes(16<<20), kgo.ProducerBatchCompression(kgo.NoCompression()), kgo.WithHooks(buffered))
	defer cl.Close()
	failed := make(chan error, len(records))
	for _, r := range records {
		cl.Produce(t.Context(), r, func(_ *kgo.Record, err error) { failed <- err })
	}
	for range records { // what a flush finds half buffered goes as two batches
		select {
		case <-buffered:
		case err := <-failed:
			t.Fatalf("writing to __consumer_offsets: %v", err)
		}
	}
	if err := cl.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	for range records {
		if err := <-failed; err != nil {
			t.Fatalf("writing to __consumer_offsets: %v", err)
		}
	}
}
