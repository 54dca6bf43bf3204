package inspect

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// groupsLog is a log as a busy coordinator writes it: thousand groups commit for their 20 partitions in turn, with the
// topic id that Kafka 4.1 adds, in a batch of their own.
func groupsLog(tb testing.TB, commits int) []byte {
	tb.Helper()
	const groups, partitions = 1000, 20
	keys := make([][]byte, groups*partitions)
	for i := range keys {
		keys[i] = commitKey1(tb, fmt.Sprintf("payments-service-%03d", i/partitions), fmt.Sprintf("orders.events.%d.by-region", i/partitions%40), int32(i%partitions))
	}
	value, err := ConsumerOffsets.EncodeValue(1, []byte(`{"version":4,"data":{"offset":123456789,"leaderEpoch":12,"metadata":"","commitTimestamp":1700000000000,"topicId":"AQIDBAUGBwgJCgsMDQ4PEA"}}`))
	if err != nil {
		tb.Fatal(err)
	}
	var log []byte
	records := make([]Record, partitions)
	for n := 0; n < commits; n += partitions {
		group := n / partitions * 7 % groups
		for i := range records {
			v := bytes.Clone(value)
			v[9] = byte(n >> 4)
			records[i] = Record{Offset: int64(n + i), Timestamp: testTime + int64(n), Key: keys[group*partitions+i], Value: v}
		}
		log = AppendBatch(log, plainBatch(int64(n)), records)
	}
	return log
}

// The state machine alone, with the walk and the CRC, in one goroutine: 20,000 keys.
func BenchmarkLatest(b *testing.B) {
	const commits = 200_000
	log := groupsLog(b, commits)
	b.SetBytes(int64(len(log)))
	b.ReportAllocs()
	l := newPartitionState(Options{}, 0, 0)
	for b.Loop() {
		for batch := range Batches(log) {
			l.batch(&batch)
		}
	}
	if len(l.slots) != 20_000 || l.odd.records+int64(l.bad.rows) > 0 {
		b.Fatalf("%d keys, %v, %v", len(l.slots), l.odd, l.bad)
	}
	b.ReportMetric(commits*float64(b.N)/b.Elapsed().Seconds(), "commits/s")
}

// transactionsLog is groupsLog with each batch in a transaction of its own, as Streams and Flink's exactly-once sinks
// make them.
func transactionsLog(tb testing.TB, commits int) []byte {
	tb.Helper()
	var log []byte
	offset := int64(0)
	for batch := range Batches(groupsLog(tb, commits)) {
		id := offset % 17
		var records []Record
		_ = new(Decompressor).Each(&batch, func(r Record) error {
			r.Offset = offset
			records = append(records, r)
			offset++
			return nil
		})
		log = AppendBatch(log, Batch{BaseOffset: records[0].Offset, ProducerID: id, Transactional: true}, records)
		log = AppendBatch(log, Batch{BaseOffset: offset, ProducerID: id, Transactional: true, Control: true}, []Record{Marker{Commit: true}.Record(offset, testTime)})
		offset++
	}
	return log
}

func BenchmarkLatestTransactions(b *testing.B) {
	const commits = 100_000
	log := transactionsLog(b, commits)
	b.SetBytes(int64(len(log)))
	b.ReportAllocs()
	l := newPartitionState(Options{}, 0, 0)
	for b.Loop() {
		for batch := range Batches(log) {
			l.batch(&batch)
		}
	}
	b.ReportMetric(commits*float64(b.N)/b.Elapsed().Seconds(), "commits/s")
}

// Two partitions from files, as many keys each as a large cluster has in all, made to rows.
func BenchmarkLatestFiles(b *testing.B) {
	const commits, partitions = 600_000, 2
	log := groupsLog(b, commits)
	dir := b.TempDir()
	var segments []Segment
	for p := range partitions {
		path := filepath.Join(dir, fmt.Sprintf("%d.log", p))
		if err := os.WriteFile(path, log, 0o600); err != nil {
			b.Fatal(err)
		}
		segments = append(segments, Segment{Path: path, Partition: int32(p)})
	}
	b.SetBytes(int64(len(log) * partitions))
	b.ReportAllocs()
	for b.Loop() {
		l, err := LatestFiles(context.Background(), segments, Options{})
		if err != nil || len(l.Commits()) != 20_000*partitions {
			b.Fatal(err)
		}
	}
	b.ReportMetric(commits*partitions*float64(b.N)/b.Elapsed().Seconds(), "commits/s")
}
