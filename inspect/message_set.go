package inspect

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
)

// The smallest messages of magic 0 and 1, offset and length left out: CRC, magic, attributes, in magic 1
// a timestamp, and the sizes of key and value.
const (
	messageMinV0 = 14
	messageMinV1 = 22
)

// messageHeader reads the header of a whole message of magic 0 or 1.
func messageHeader(b []byte) Batch {
	batch := Batch{
		BaseOffset:    int64(binary.BigEndian.Uint64(b)),
		Magic:         int8(b[batchMagicAt]),
		Compression:   Compression(b[17] & 7),
		MaxTimestamp:  -1,
		ProducerID:    -1,
		ProducerEpoch: -1,
		BaseSequence:  -1,
		LeaderEpoch:   -1,
		Records:       1,
		Bytes:         b,
	}
	batch.LastOffset = batch.BaseOffset
	if batch.Magic == 1 {
		batch.LogAppendTime = b[17]&8 != 0
		batch.MaxTimestamp = int64(binary.BigEndian.Uint64(b[18:]))
	}
	if batch.Compression != None {
		batch.Records = -1
	}
	return batch
}

// checkMessage is Check for magic 0 and 1.
func (b *Batch) checkMessage() error {
	want, got := binary.BigEndian.Uint32(b.Bytes[12:]), crc32.ChecksumIEEE(b.Bytes[batchMagicAt:])
	if want != got {
		return fmt.Errorf("CRC is %08x, not %08x as the message says", got, want)
	}
	if b.BaseOffset < 0 {
		return fmt.Errorf("offset %d", b.BaseOffset)
	}
	return nil
}

// message is the record of a message that is not compressed, and of a wrapper with the compressed ones
// as its value.
func (b *Batch) message() (Record, error) {
	p := b.Bytes[batchOverhead+messageMinV0-8:]
	if b.Magic == 1 {
		p = b.Bytes[batchOverhead+messageMinV1-8:]
	}
	key, p, err := messageBytes(p)
	if err != nil {
		return Record{}, fmt.Errorf("key: %w", err)
	}
	value, p, err := messageBytes(p)
	if err != nil {
		return Record{}, fmt.Errorf("value: %w", err)
	}
	if len(p) > 0 {
		return Record{}, fmt.Errorf("%d bytes are left after the message's value", len(p))
	}
	return Record{Offset: b.BaseOffset, Timestamp: b.MaxTimestamp, Key: key, Value: value}, nil
}

// messageBytes reads bytes with their length in front; -1 stands for null.
func messageBytes(p []byte) (b, rest []byte, err error) {
	if len(p) < 4 {
		return nil, nil, errRecordCut
	}
	size := int64(int32(binary.BigEndian.Uint32(p)))
	p = p[4:]
	if size == -1 {
		return nil, p, nil
	}
	if size < 0 || size > int64(len(p)) {
		return nil, nil, fmt.Errorf("size %d, %d bytes left", size, len(p))
	}
	return p[:size:size], p[size:], nil
}

// eachMessage is Each for magic 0 and 1, once the batch is checked.
func (d *Decompressor) eachMessage(b *Batch, f func(Record) error) error {
	outer, err := b.message()
	if err != nil {
		return err
	}
	if b.Compression == None {
		return f(outer)
	}
	if outer.Value == nil {
		return errors.New("a compressed message without value")
	}
	set, err := d.decompress(outer.Value, b.Compression, b.Magic)
	if err != nil {
		return err
	}
	base, err := b.innerBase(set)
	if err != nil {
		return err
	}
	for inner := range Batches(set) {
		record, err := inner.message()
		if err != nil {
			return err
		}
		record.Offset += base
		if b.Magic == 1 && b.LogAppendTime {
			record.Timestamp = b.MaxTimestamp
		}
		if err := f(record); err != nil {
			return err
		}
	}
	return nil
}

// innerBase checks the messages of a decompressed set and tells what is to be added to their offsets.
// Magic 0 has absolute ones. In magic 1 they count from the first message that the producer put into the
// set, and the wrapper has the offset of the last: compaction keeps that, and may leave holes. Of an
// offset of 0 in the wrapper, as some versions of librdkafka wrote it, Kafka takes the inner ones as they are.
func (b *Batch) innerBase(set []byte) (int64, error) {
	last, n := int64(0), 0
	for inner, err := range Batches(set) {
		n++
		if err == nil {
			err = inner.checkInner()
		}
		if err != nil {
			return 0, fmt.Errorf("message %d inside the compressed one: %w", n, err)
		}
		last = inner.BaseOffset
	}
	if n == 0 {
		return 0, errors.New("a compressed message without messages inside")
	}
	if b.Magic == 0 || b.BaseOffset == 0 {
		return 0, nil
	}
	if last > b.BaseOffset {
		return 0, fmt.Errorf("the last message inside has offset %d, above the compressed one's %d", last, b.BaseOffset)
	}
	return b.BaseOffset - last, nil
}

func (b *Batch) checkInner() error {
	switch {
	case b.Magic > 1:
		return fmt.Errorf("magic %d", b.Magic)
	case b.Compression != None:
		return errors.New("compressed once more")
	}
	return b.checkMessage()
}
