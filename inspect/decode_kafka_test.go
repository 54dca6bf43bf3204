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

	"github.com/offsetctl/offsetctl/internal/kafkatest"
)

// internalTopic is a topic compared with kafka-dump-log.sh, and the option that makes it decode.
type internalTopic struct {
	topic   Topic
	decoder string
}

func internalTopics() []internalTopic {
	return []internalTopic{
		{ConsumerOffsets, "--offsets-decoder"},
		{ShareGroupState, "--share-group-state-decoder"},
		{TransactionState, "--transaction-log-decoder"},
	}
}

// Every record that real clients left is decoded as kafka-dump-log.sh decodes it, and encodes to the
// same bytes again; every kind of record that the version writes is among them. With -update some of each
// become the version's file in testdata/records.
func TestDecodesAsDumpLog(t *testing.T) {
	dir := t.TempDir()
	c := kafkatest.Start(t, kafkatest.Options{OffsetsPartitions: 1, Props: append(writerProperties(), "log.dirs="+dir)})
	old := strings.HasPrefix(c.Version, "3.")
	runWriters(t, c, old)
	var all []captured
	for _, it := range internalTopics() {
		if old && it.topic == ShareGroupState {
			continue
		}
		name := it.topic.LogName()
		records := readAll(t, c, name)
		var dumped map[int64]dumpLine
		if old && it.topic == TransactionState {
			dumped = formatTransactions(t, c, records) // kafka-dump-log.sh of 3.9 has words of its own for them
		} else {
			dumped = dump(t, c, filepath.Join(dir, name+"-0", strings.Repeat("0", 20)+".log"), it.decoder)
		}
		all = append(all, compare(t, it.topic, records, dumped)...)
	}
	kinds := map[string]int{}
	for _, r := range all {
		kinds[r.kind]++
	}
	t.Logf("%d records: %v", len(all), kinds)
	if diff := cmp.Diff(wantKinds(c.Version), slices.Sorted(maps.Keys(kinds))); diff != "" {
		t.Errorf("kinds of records (-want +got)\n%s", diff)
	}
	wantDecoded(t, readAll(t, c, "__consumer_offsets"))
	if *update {
		writeCorpus(t, c.Version, c.Version, all)
	}
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
		rejoined,
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

// dump runs kafka-dump-log.sh on a segment and gives what it decoded, by offset.
func dump(t *testing.T, c *kafkatest.Cluster, path, decoder string) map[int64]dumpLine {
	t.Helper()
	r := c.DumpLog(t, decoder, "--files", path)
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

// formatTransactions has the console consumer print __transaction_state. It tells no offsets: what it prints is of
// one record after the other.
func formatTransactions(t *testing.T, c *kafkatest.Cluster, records []*kgo.Record) map[int64]dumpLine {
	t.Helper()
	r := c.Tool(t, "org.apache.kafka.tools.consumer.ConsoleConsumer", "--bootstrap-server", c.Bootstrap(), "--topic", "__transaction_state",
		"--formatter", "org.apache.kafka.tools.consumer.TransactionLogMessageFormatter", "--from-beginning", "--max-messages", strconv.Itoa(len(records)), "--timeout-ms", "20000")
	found := map[int64]dumpLine{}
	d := json.NewDecoder(strings.NewReader(r.Stdout)) // one after the other, without line ends
	for _, record := range records {
		var printed struct {
			Key, Value *struct {
				Version int
				Data    json.RawMessage
			}
		}
		if err := d.Decode(&printed); err != nil {
			t.Fatalf("%v after %d records: %s%s", err, len(found), r.Stdout, r.Stderr)
		}
		l := dumpLine{fmt.Sprintf(`{"type":"%d","data":%s}`, printed.Key.Version, printed.Key.Data), "<DELETE>"}
		if printed.Value != nil {
			l.Value = fmt.Sprintf(`{"version":"%d","data":%s}`, printed.Value.Version, printed.Value.Data)
		}
		found[record.Offset] = l
	}
	return found
}

// compare gives the records with what Kafka prints of them.
func compare(t *testing.T, topic Topic, records []*kgo.Record, dumped map[int64]dumpLine) []captured {
	t.Helper()
	var all []captured
	for _, r := range records {
		if r.Attrs.IsControl() {
			continue
		}
		kind := kindOf(topic, r.Key, r.Value)
		all = append(all, captured{kind, r.Attrs.IsTransactional(), topic, r.Key, r.Value, dumped[r.Offset]})
		if diff := cmp.Diff(dumped[r.Offset], decoded(t, topic, r.Key, r.Value)); diff != "" {
			t.Errorf("%s: offset %d, %s (-kafka +offsetctl)\n%s", topic.LogName(), r.Offset, kind, diff)
		}
		delete(dumped, r.Offset)
	}
	for _, offset := range slices.Sorted(maps.Keys(dumped)) {
		if offset <= records[len(records)-1].Offset { // the rest came after we read
			t.Errorf("%s: offset %d: only Kafka's tool has %+v", topic.LogName(), offset, dumped[offset])
		}
	}
	return all
}
