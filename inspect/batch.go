package inspect

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"iter"
	"math"
)

// A log, on disk and in the body of a Fetch response alike, is a row of entries that all begin with an
// offset (8 bytes) and the length of what follows (4 bytes), and all have their magic in byte 16:
// record batches (magic 2, Kafka 0.11 and later) and the messages of before (magic 0 and 1).
// What NextBatch reads of an entry is not proved by its CRC until Check or Each is called: the offset,
// the length and the leader epoch never are, no CRC covers them.
const (
	batchOverhead    = 12      // offset and length
	batchMagicAt     = 16      // in all three formats
	batchHeaderBytes = 61      // of magic 2, up to the first record
	batchLimit       = 1 << 30 // a longer one is taken for garbage: a broker's largest segment is 2 GiB, its usual batch 1 MiB
)

var (
	// ErrCut says that bytes end inside a batch, as a Fetch response does at its size limit and the
	// file of a running broker anywhere. A *cutError in the chain says how many bytes were needed.
	ErrCut = errors.New("cut inside a batch")

	// ErrNotBatch says that bytes cannot be a batch, so that nothing after them can be found.
	ErrNotBatch = errors.New("not a record batch")
)

// cutError is an ErrCut with its numbers, in bytes from the beginning of the batch.
type cutError struct {
	Have int
	Need int // the whole batch; 0 where the bytes end before its length
}

func (e *cutError) Error() string {
	if e.Need == 0 {
		return fmt.Sprintf("%v: %d bytes of its header", ErrCut, e.Have)
	}
	return fmt.Sprintf("%v: %d of its %d bytes", ErrCut, e.Have, e.Need)
}

func (e *cutError) Unwrap() error { return ErrCut }

// Batch is one record batch as it stands in a log (magic 2), or one message of magic 0 or 1, which may
// be the wrapper of compressed ones.
type Batch struct {
	// BaseOffset and LastOffset are the range that the batch covers, also where compaction took
	// records of it. A compressed wrapper of magic 0 or 1 tells its last offset alone: both have it.
	BaseOffset, LastOffset int64

	Magic         int8
	Compression   Compression
	Control       bool  // holds a marker, see parseMarker, not records of clients
	Transactional bool  // its producer's marker decides on it, unless Control
	LogAppendTime bool  // timestamps are the broker's, otherwise the producer's
	MaxTimestamp  int64 // ms since 1970; -1 in magic 0, which has none

	ProducerID    int64 // -1: neither idempotent nor transactional
	ProducerEpoch int16 // -1 likewise
	BaseSequence  int32 // -1 likewise
	LeaderEpoch   int32 // of the leader that appended it; -1 where unknown, always in magic 0 and 1
	Records       int32 // as the header says, unproved; -1 where it does not: a compressed wrapper

	Bytes []byte // the whole of it, a slice of what it was read from
}

// NextBatch reads the header of the batch that b begins with; b[len(batch.Bytes):] is the next one.
// An error is an ErrCut or an ErrNotBatch. Headers that contradict themselves in what is inside the
// batch are Check's to report: the next batch can be found in spite of them.
func NextBatch(b []byte) (Batch, error) {
	if len(b) < batchOverhead {
		return Batch{}, &cutError{Have: len(b)}
	}
	length := int64(int32(binary.BigEndian.Uint32(b[8:])))
	if length < messageMinV0 || length > batchLimit {
		return Batch{}, fmt.Errorf("%w: length %d", ErrNotBatch, length)
	}
	size := int(batchOverhead + length)
	if len(b) > batchMagicAt {
		if err := checkMagic(int8(b[batchMagicAt]), size); err != nil {
			return Batch{}, err
		}
	}
	if len(b) < size {
		return Batch{}, &cutError{Have: len(b), Need: size}
	}
	if b[batchMagicAt] < 2 {
		return messageHeader(b[:size:size]), nil
	}
	return batchHeader(b[:size:size]), nil
}

// Batches walks b, which begins with a batch. Where b does not end with a whole batch, the last pair is
// an empty batch and NextBatch's error.
func Batches(b []byte) iter.Seq2[Batch, error] {
	return func(yield func(Batch, error) bool) {
		for len(b) > 0 {
			batch, err := NextBatch(b)
			if !yield(batch, err) || err != nil {
				return
			}
			b = b[len(batch.Bytes):]
		}
	}
}

// checkMagic tells whether an entry of that magic can have that size.
func checkMagic(magic int8, size int) error {
	least := batchHeaderBytes
	switch magic {
	case 0:
		least = batchOverhead + messageMinV0
	case 1:
		least = batchOverhead + messageMinV1
	case 2:
	default:
		return fmt.Errorf("%w: magic %d", ErrNotBatch, magic)
	}
	if size < least {
		return fmt.Errorf("%w: %d bytes of magic %d, at least %d needed", ErrNotBatch, size, magic, least)
	}
	return nil
}

// batchHeader reads the header of a whole batch of magic 2.
func batchHeader(b []byte) Batch {
	attributes := binary.BigEndian.Uint16(b[21:])
	batch := Batch{
		BaseOffset:    int64(binary.BigEndian.Uint64(b)),
		LeaderEpoch:   int32(binary.BigEndian.Uint32(b[12:])),
		Magic:         2,
		Compression:   Compression(attributes & 7),
		LogAppendTime: attributes&8 != 0,
		Transactional: attributes&16 != 0,
		Control:       attributes&32 != 0,
		MaxTimestamp:  int64(binary.BigEndian.Uint64(b[35:])),
		ProducerID:    int64(binary.BigEndian.Uint64(b[43:])),
		ProducerEpoch: int16(binary.BigEndian.Uint16(b[51:])),
		BaseSequence:  int32(binary.BigEndian.Uint32(b[53:])),
		Records:       int32(binary.BigEndian.Uint32(b[57:])),
		Bytes:         b,
	}
	batch.LastOffset = batch.BaseOffset
	if delta := batch.lastOffsetDelta(); batch.offsetsFit(delta) {
		batch.LastOffset += int64(delta)
	}
	return batch
}

func (b *Batch) lastOffsetDelta() int32 { return int32(binary.BigEndian.Uint32(b.Bytes[23:])) }

func (b *Batch) baseTimestamp() int64 { return int64(binary.BigEndian.Uint64(b.Bytes[27:])) }

// offsetsFit leaves room for the log end, which is behind the last offset.
func (b *Batch) offsetsFit(delta int32) bool {
	return b.BaseOffset >= 0 && delta >= 0 && b.BaseOffset < math.MaxInt64-int64(delta)
}

// castagnoli is read only.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Check verifies the CRC, CRC-32C of magic 2 and CRC-32 of the older messages, and that the header does
// not contradict itself.
func (b *Batch) Check() error {
	if b.Magic < 2 {
		return b.checkMessage()
	}
	want, got := binary.BigEndian.Uint32(b.Bytes[17:]), crc32.Checksum(b.Bytes[21:], castagnoli)
	if want != got {
		return fmt.Errorf("CRC is %08x, not %08x as the batch says", got, want)
	}
	if delta := b.lastOffsetDelta(); !b.offsetsFit(delta) {
		return fmt.Errorf("no offsets from %d on with a last offset delta of %d", b.BaseOffset, delta)
	}
	if b.Records < 0 {
		return fmt.Errorf("record count %d", b.Records)
	}
	return nil
}
