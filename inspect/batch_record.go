package inspect

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Record is one record of a batch. Its headers are not kept: Kafka writes none to its internal topics.
type Record struct {
	Offset    int64  // in the log
	Timestamp int64  // ms since 1970; -1 where the producer gave none and in magic 0
	Key       []byte // nil: null
	Value     []byte // nil: null, a tombstone
}

// recordMin is the size of the smallest record of magic 2: seven varints of one byte.
const recordMin = 7

var (
	errVarint     = errors.New("a varint that does not end")
	errRecordCut  = errors.New("the record's bytes end inside a field")
	errRecordLeft = errors.New("bytes are left after the record's last header")
)

// Each checks the batch, decompresses it where it is compressed, and calls f for each of its records in
// order. An error that is not f's means that the batch is damaged: f has had the records before the
// place, the next batch can be read all the same.
//
// The slices of a record are slices of b.Bytes where the batch is not compressed; otherwise d uses their
// memory again in its next call of Each.
func (d *Decompressor) Each(b *Batch, f func(Record) error) error {
	if err := b.Check(); err != nil {
		return err
	}
	if b.Magic < 2 {
		return d.eachMessage(b, f)
	}
	records := b.Bytes[batchHeaderBytes:]
	if b.Compression != None {
		if b.Records == 0 { // compaction took all; what a compressor writes for nothing does not matter
			return nil
		}
		var err error
		if records, err = d.decompress(records, b.Compression, b.Magic); err != nil {
			return err
		}
	}
	return b.eachRecord(records, f)
}

// eachRecord walks the records of a batch of magic 2, decompressed.
func (b *Batch) eachRecord(p []byte, f func(Record) error) error {
	if int64(b.Records)*recordMin > int64(len(p)) {
		return fmt.Errorf("%d records do not fit into %d bytes", b.Records, len(p))
	}
	frame := recordFrame{offset: b.BaseOffset, lastDelta: int64(b.lastOffsetDelta()), timestamp: b.baseTimestamp()}
	if b.LogAppendTime {
		frame.timestamp, frame.appendTime = b.MaxTimestamp, true
	}
	for i := range b.Records {
		size, n := recordVarint(p)
		if n == 0 || size < 0 || size > int64(len(p)-n) {
			return fmt.Errorf("record %d of %d: size %d, %d bytes left", i+1, b.Records, size, len(p)-n)
		}
		end := n + int(size)
		record, err := frame.read(p[n:end:end])
		if err != nil {
			return fmt.Errorf("record %d of %d: %w", i+1, b.Records, err)
		}
		if err := f(record); err != nil {
			return err
		}
		p = p[end:]
	}
	if len(p) > 0 {
		return fmt.Errorf("%d bytes are left after %d records", len(p), b.Records)
	}
	return nil
}

// recordFrame is what a batch says of all its records.
type recordFrame struct {
	offset, lastDelta int64
	timestamp         int64
	appendTime        bool // the timestamp is every record's
}

// read reads a record from exactly its bytes, its size left out.
func (r *recordFrame) read(p []byte) (Record, error) {
	if len(p) == 0 {
		return Record{}, errRecordCut
	}
	p = p[1:] // attributes: none are in use
	timestampDelta, n := recordVarint(p)
	if n == 0 {
		return Record{}, errVarint
	}
	p = p[n:]
	offsetDelta, n := recordVarint(p)
	if n == 0 {
		return Record{}, errVarint
	}
	p = p[n:]
	if offsetDelta < 0 || offsetDelta > r.lastDelta {
		return Record{}, fmt.Errorf("offset delta %d is not within the batch's %d", offsetDelta, r.lastDelta)
	}
	record := Record{Offset: r.offset + offsetDelta, Timestamp: r.timestamp}
	if !r.appendTime {
		record.Timestamp += timestampDelta
	}
	var err error
	if record.Key, p, err = recordBytes(p); err != nil {
		return Record{}, fmt.Errorf("key: %w", err)
	}
	if record.Value, p, err = recordBytes(p); err != nil {
		return Record{}, fmt.Errorf("value: %w", err)
	}
	if len(p) == 1 && p[0] == 0 { // no headers
		return record, nil
	}
	if err := skipHeaders(p); err != nil {
		return Record{}, fmt.Errorf("headers: %w", err)
	}
	return record, nil
}

// skipHeaders checks that p is nothing but headers.
func skipHeaders(p []byte) error {
	count, n := recordVarint(p)
	if n == 0 {
		return errVarint
	}
	p = p[n:]
	if count < 0 || count > int64(len(p)/2) { // a header is two bytes at least
		return fmt.Errorf("%d of them in %d bytes", count, len(p))
	}
	for range count {
		key, rest, err := recordBytes(p)
		if err != nil {
			return err
		}
		if key == nil {
			return errors.New("a null key")
		}
		if _, p, err = recordBytes(rest); err != nil {
			return err
		}
	}
	if len(p) > 0 {
		return errRecordLeft
	}
	return nil
}

// recordBytes reads bytes with their length in front; -1 stands for null.
func recordBytes(p []byte) (b, rest []byte, err error) {
	size, n := recordVarint(p)
	if n == 0 {
		return nil, nil, errVarint
	}
	p = p[n:]
	if size == -1 {
		return nil, p, nil
	}
	if size < 0 || size > int64(len(p)) {
		return nil, nil, fmt.Errorf("size %d, %d bytes left", size, len(p))
	}
	return p[:size:size], p[size:], nil
}

// recordVarint reads a zigzag varint; n is 0 where there is none. Kafka's 32 bit ones are read by it as
// well: what is too large for them is too large for what they count.
func recordVarint(p []byte) (v int64, n int) {
	if len(p) > 0 && p[0] < 0x80 {
		return int64(p[0]>>1) ^ -int64(p[0]&1), 1
	}
	v, n = binary.Varint(p)
	return v, max(n, 0)
}
