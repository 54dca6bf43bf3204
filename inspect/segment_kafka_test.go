//go:build kafka

package inspect

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kadm"

	"github.com/offsetctl/offsetctl/internal/kafkatest"
)

// TestKafkaSegmentsAgree compares every batch and record of a broker's log with what Kafka's own tool says
// of them: committed offsets with transactions, compressed; what the Java producer makes of each codec;
// the other internal topics and the metadata log with its control records of other kinds.
func TestKafkaSegmentsAgree(t *testing.T) {
	c := kafkatest.Start(t, kafkatest.Options{Props: []string{"offsets.topic.compression.codec=2"}})
	c.Topic(t, "orders", 2, 10)
	for _, codec := range []string{"gzip", "snappy", "lz4", "zstd"} {
		c.Topic(t, codec, 1, 5)
		r := c.Tool(t, "org.apache.kafka.tools.ProducerPerformance", "--topic", codec, "--num-records", "3000", "--record-size", "300",
			"--throughput", "-1", "--producer-props", "bootstrap.servers="+c.Bootstrap(), "compression.type="+codec, "linger.ms=20", "batch.size=60000")
		if r.Exit != 0 {
			t.Fatalf("%s: %s%s", codec, r.Stdout, r.Stderr)
		}
	}
	app := c.Client(t, "TransactionApp.java", "g", "orders", "x")
	for _, command := range []string{"offsets 0=1", "commit", "offsets 0=2 1=3", "abort", "offsets 1=4"} {
		app.Do(t, command)
	}
	files := copySegments(t, c)
	dump := c.DumpLog(t, "--deep-iteration", "--files", strings.Join(files, ","))
	want := dumped(dump.Stdout)
	var got []string
	for _, file := range files {
		got = append(got, dumpSegment(t, file)...)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s%s", diff, dump.Stderr)
	}
	kinds := map[string]bool{}
	for _, line := range got {
		for _, kind := range regexp.MustCompile(`isTransactional: true|endTxnMarker: \w+|compresscodec: \w+`).FindAllString(line, -1) {
			kinds[kind] = true
		}
	}
	wantKinds := []string{"compresscodec: gzip", "compresscodec: lz4", "compresscodec: none", "compresscodec: snappy", "compresscodec: zstd", "endTxnMarker: ABORT", "endTxnMarker: COMMIT", "isTransactional: true"}
	if diff := cmp.Diff(wantKinds, slices.Sorted(maps.Keys(kinds))); diff != "" {
		t.Error(diff)
	}
	t.Logf("%d files, %d batches and records", len(files), len(got))
	for _, file := range files {
		spoilLengths(t, file)
	}
}

// spoilLengths reads a segment with one of its lengths wrong, for each batch that others follow: all others come.
func spoilLengths(t *testing.T, file string) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	at := 0
	for batch := range Batches(b) {
		from, to := at, at+len(batch.Bytes)
		at = to
		if to == len(b) {
			return
		}
		spoilt := slices.Clone(b)
		spoilt[from+8+from%4] ^= 1 << (to % 8)
		all, gaps, err := readDamaged(t, newSegmentReader(bytes.NewReader(spoilt), 64<<10))
		if err != io.EOF || len(gaps) != 1 || !bytes.Equal(all, slices.Concat(b[:from], b[to:])) {
			t.Fatalf("%s, batch of offset %d: %d bytes of %d are read, but for %v; ended with %v", file, batch.BaseOffset, len(all), len(b), gaps, err)
		}
	}
}

// copySegments copies all segments of the broker as they are now, and gives their paths.
func copySegments(t *testing.T, c *kafkatest.Cluster) []string {
	t.Helper()
	dirs, err := kadm.NewClient(c.Kgo(t)).DescribeAllLogDirs(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	var data string
	dirs.Each(func(d kadm.DescribedLogDir) { data = d.Dir })
	segments, err := filepath.Glob(filepath.Join(data, "*", "*.log"))
	if err != nil || len(segments) == 0 {
		t.Fatalf("segments in %q: %v", data, err)
	}
	to := t.TempDir()
	var files []string
	for _, segment := range segments {
		b, err := os.ReadFile(segment)
		if err != nil {
			t.Fatal(err)
		}
		if len(b) == 0 {
			continue
		}
		file := filepath.Join(to, filepath.Base(filepath.Dir(segment)), filepath.Base(segment))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, b, 0o644); err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	return files
}

// dumped is the tool's lines of batches and records, without what the walker does not read.
func dumped(text string) []string {
	skipped := regexp.MustCompile(` deleteHorizonMs: \S+| headerKeys: \[.*?\]| (LeaderChange|SnapshotHeader|SnapshotFooter|KRaftVersion|KRaftVoters|controlType):? .*`) // of control records that end no transaction
	var lines []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); strings.HasPrefix(line, "baseOffset:") || strings.HasPrefix(line, "| offset:") {
			lines = append(lines, skipped.ReplaceAllString(line, ""))
		}
	}
	return lines
}

// dumpSegment says of a file what the tool does.
func dumpSegment(t *testing.T, file string) []string {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var lines []string
	var d Decompressor
	s := newSegmentReader(f, 64<<10)
	for {
		chunk, err := s.Next(nil)
		if err == io.EOF {
			return lines
		}
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		at := chunk.Position
		for batch := range Batches(chunk.Bytes) {
			lines = append(lines, dumpBatch(&batch, at))
			at += int64(len(batch.Bytes))
			err := d.Each(&batch, func(r Record) error { lines = append(lines, dumpRecord(&batch, r)); return nil })
			if err != nil {
				t.Errorf("%s: %v", file, err)
			}
		}
	}
}

func dumpBatch(b *Batch, at int64) string {
	return fmt.Sprintf("baseOffset: %d lastOffset: %d count: %d baseSequence: %d lastSequence: %d producerId: %d producerEpoch: %d partitionLeaderEpoch: %d isTransactional: %t isControl: %t position: %d %s: %d size: %d magic: %d compresscodec: %v crc: %d isvalid: %t",
		b.BaseOffset, b.LastOffset, b.Records, b.BaseSequence, sequence(b, b.LastOffset), b.ProducerID, b.ProducerEpoch, b.LeaderEpoch, b.Transactional, b.Control, at, timestampType(b), b.MaxTimestamp, len(b.Bytes), b.Magic, b.Compression, binary.BigEndian.Uint32(b.Bytes[17:]), b.Check() == nil)
}

func dumpRecord(b *Batch, r Record) string {
	line := fmt.Sprintf("| offset: %d %s: %d keySize: %d valueSize: %d sequence: %d", r.Offset, timestampType(b), r.Timestamp, sizeOrNull(r.Key), sizeOrNull(r.Value), sequence(b, r.Offset))
	if !b.Control {
		return line
	}
	switch m, err := parseMarker(r.Key, r.Value); {
	case err != nil:
		return line
	case m.Commit:
		return fmt.Sprintf("%s endTxnMarker: COMMIT coordinatorEpoch: %d", line, m.CoordinatorEpoch)
	default:
		return fmt.Sprintf("%s endTxnMarker: ABORT coordinatorEpoch: %d", line, m.CoordinatorEpoch)
	}
}

func sequence(b *Batch, offset int64) int64 {
	if b.BaseSequence < 0 {
		return -1
	}
	return int64(b.BaseSequence) + offset - b.BaseOffset
}

func sizeOrNull(b []byte) int {
	if b == nil {
		return -1
	}
	return len(b)
}

func timestampType(b *Batch) string {
	if b.LogAppendTime {
		return "LogAppendTime"
	}
	return "CreateTime"
}
