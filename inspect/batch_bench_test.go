package inspect

import (
	"bytes"
	"io"
	"testing"
)

// commitLog is about size bytes of batches with records of a commit's size, as a coordinator writes them.
func commitLog(size, perBatch int) ([]byte, int) {
	key, value := make([]byte, 42), make([]byte, 40)
	records := make([]Record, perBatch)
	var b []byte
	n := 0
	for len(b) < size {
		for i := range records {
			records[i] = Record{Offset: int64(n + i), Timestamp: 1_700_000_000_000 + int64(n+i), Key: key, Value: value}
		}
		b = AppendBatch(b, plainBatch(int64(n)), records)
		n += perBatch
	}
	return b, n
}

// Walking alone, as the pass over headers for transactions does.
func BenchmarkBatches(b *testing.B) {
	log, _ := commitLog(16<<20, 20)
	b.SetBytes(int64(len(log)))
	b.ReportAllocs()
	for b.Loop() {
		for _, err := range Batches(log) {
			if err != nil {
				b.Fatal(err)
			}
		}
	}
}

func BenchmarkCheck(b *testing.B) {
	log, _ := commitLog(16<<20, 20)
	b.SetBytes(int64(len(log)))
	b.ReportAllocs()
	for b.Loop() {
		for batch := range Batches(log) {
			if err := batch.Check(); err != nil {
				b.Fatal(err)
			}
		}
	}
}

func benchmarkEach(b *testing.B, log []byte, records int) {
	var d Decompressor
	n := 0
	count := func(Record) error { n++; return nil }
	b.SetBytes(int64(len(log)))
	b.ReportAllocs()
	for b.Loop() {
		n = 0
		for batch := range Batches(log) {
			if err := d.Each(&batch, count); err != nil {
				b.Fatal(err)
			}
		}
	}
	if n != records {
		b.Fatalf("%d records of %d", n, records)
	}
	b.ReportMetric(float64(records)*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mrecords/s")
}

func BenchmarkEach(b *testing.B) {
	log, n := commitLog(16<<20, 20)
	benchmarkEach(b, log, n)
}

// One commit in a batch is what a coordinator with little to do writes.
func BenchmarkEachSingle(b *testing.B) {
	log, n := commitLog(16<<20, 1)
	benchmarkEach(b, log, n)
}

func BenchmarkEachCompressed(b *testing.B) {
	for name, c := range codecs() {
		b.Run(name, func(b *testing.B) {
			plain, _ := commitLog(1<<20, 100)
			var log []byte
			n := 0
			for batch := range Batches(plain) {
				log = append(log, compressed(batch.Bytes, c.codec, c.compress(batch.Bytes[batchHeaderBytes:]))...)
				n += int(batch.Records)
			}
			benchmarkEach(b, log, n)
		})
	}
}

func BenchmarkSegmentReader(b *testing.B) {
	log, _ := commitLog(64<<20, 20)
	b.SetBytes(int64(len(log)))
	b.ReportAllocs()
	for b.Loop() {
		s := newSegmentReader(bytes.NewReader(log), 1<<20)
		var buf []byte
		for {
			chunk, err := s.Next(buf)
			if err == io.EOF {
				break
			}
			if err != nil {
				b.Fatal(err)
			}
			buf = chunk.Bytes
		}
	}
}
