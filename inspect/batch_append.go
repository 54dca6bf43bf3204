package inspect

import (
	"encoding/binary"
	"hash/crc32"
	"math"
)

// AppendBatch appends a batch of magic 2 with its CRC, not compressed, as it would stand in a log. Of b
// it takes all but Magic, Compression, Records and Bytes. LastOffset may be beyond the last record, as
// compaction leaves it, and MaxTimestamp beyond their latest, as it must be with LogAppendTime; both are
// raised to the records'. Outside of transactions ProducerID, ProducerEpoch and BaseSequence are to be -1:
// 0 is a producer's. The records' offsets are within BaseOffset and BaseOffset + 2^31 - 1.
func AppendBatch(dst []byte, b Batch, records []Record) []byte {
	start := len(dst)
	base := int64(-1)
	if len(records) > 0 {
		base = records[0].Timestamp
	}
	for _, r := range records {
		b.LastOffset, b.MaxTimestamp = max(b.LastOffset, r.Offset), max(b.MaxTimestamp, r.Timestamp)
	}
	delta := min(max(b.LastOffset-b.BaseOffset, 0), math.MaxInt32)

	dst = binary.BigEndian.AppendUint64(dst, uint64(b.BaseOffset))
	dst = append(dst, 0, 0, 0, 0) // the length, below
	dst = binary.BigEndian.AppendUint32(dst, uint32(b.LeaderEpoch))
	dst = append(dst, 2, 0, 0, 0, 0) // magic and the CRC, below
	dst = binary.BigEndian.AppendUint16(dst, b.attributes())
	dst = binary.BigEndian.AppendUint32(dst, uint32(delta))
	dst = binary.BigEndian.AppendUint64(dst, uint64(base))
	dst = binary.BigEndian.AppendUint64(dst, uint64(b.MaxTimestamp))
	dst = binary.BigEndian.AppendUint64(dst, uint64(b.ProducerID))
	dst = binary.BigEndian.AppendUint16(dst, uint16(b.ProducerEpoch))
	dst = binary.BigEndian.AppendUint32(dst, uint32(b.BaseSequence))
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(records)))
	var scratch []byte
	for _, r := range records {
		scratch = appendRecord(scratch[:0], r, b.BaseOffset, base)
		dst = append(binary.AppendVarint(dst, int64(len(scratch))), scratch...)
	}
	sealBatch(dst[start:])
	return dst
}

func (b *Batch) attributes() uint16 {
	var attributes uint16
	if b.LogAppendTime {
		attributes |= 8
	}
	if b.Transactional {
		attributes |= 16
	}
	if b.Control {
		attributes |= 32
	}
	return attributes
}

// sealBatch puts the length and the CRC of a whole batch into it.
func sealBatch(b []byte) {
	binary.BigEndian.PutUint32(b[8:], uint32(len(b)-batchOverhead))
	binary.BigEndian.PutUint32(b[17:], crc32.Checksum(b[21:], castagnoli))
}

func appendRecord(dst []byte, r Record, offset, timestamp int64) []byte {
	dst = append(dst, 0)
	dst = binary.AppendVarint(dst, r.Timestamp-timestamp)
	dst = binary.AppendVarint(dst, r.Offset-offset)
	dst = appendRecordBytes(dst, r.Key)
	dst = appendRecordBytes(dst, r.Value)
	return append(dst, 0)
}

func appendRecordBytes(dst, b []byte) []byte {
	if b == nil {
		return binary.AppendVarint(dst, -1)
	}
	return append(binary.AppendVarint(dst, int64(len(b))), b...)
}
