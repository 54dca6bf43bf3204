package inspect

import (
	"os"
	"sync/atomic"
)

// Progress counts how far a scan has come, for whoever looks meanwhile. A nil one counts nothing.
type Progress struct {
	partitions, ended, records, bytes, done, total atomic.Int64
}

// Counts are what a Progress has counted so far.
type Counts struct {
	Partitions, Ended int64 // Partitions is 0 until the scan has begun
	Records           int64 // taken in, whatever is shown of them; as the headers of their batches say
	Bytes             int64 // of those batches, as they stand in the log
	Done, Total       int64 // of what is to be read: offsets of a cluster's logs, bytes of files
}

// Counts are those of now.
func (p *Progress) Counts() Counts {
	return Counts{p.partitions.Load(), p.ended.Load(), p.records.Load(), p.bytes.Load(), p.done.Load(), p.total.Load()}
}

// beginParts begins a scan of a cluster; one that has begun before goes on with other parts.
func (p *Progress) beginParts(parts []Part) {
	if p == nil {
		return
	}
	p.ended.Store(0)
	p.partitions.Store(int64(len(parts)))
	p.total.Add(toRead(parts))
}

// beginFiles begins a scan of segments, by partition.
func (p *Progress) beginFiles(logs [][]Segment) {
	if p == nil {
		return
	}
	p.partitions.Store(int64(len(logs)))
	for _, log := range logs {
		p.total.Add(bytesOf(log))
	}
}

// batches counts whole batches.
func (p *Progress) batches(b []byte) {
	if p == nil {
		return
	}
	records := int64(0)
	for batch := range Batches(b) {
		records += max(int64(batch.Records), 0)
	}
	p.records.Add(records)
	p.bytes.Add(int64(len(b)))
}

// chunk counts whole batches of a file.
func (p *Progress) chunk(b []byte) {
	p.batches(b)
	p.advance(int64(len(b)))
}

// advance counts what need not be read any more.
func (p *Progress) advance(n int64) {
	if p != nil {
		p.done.Add(n)
	}
}

// partition counts one that has ended.
func (p *Progress) partition() {
	if p != nil {
		p.ended.Add(1)
	}
}

// toRead are the offsets to read: more than the records where compaction has taken some.
func toRead(parts []Part) int64 {
	n := int64(0)
	for _, p := range parts {
		n += p.End - p.Start
	}
	return n
}

// bytesOf are the sizes of files, as far as they are known.
func bytesOf(segments []Segment) int64 {
	n := int64(0)
	for _, s := range segments {
		if info, err := os.Stat(s.Path); err == nil {
			n += info.Size()
		}
	}
	return n
}
