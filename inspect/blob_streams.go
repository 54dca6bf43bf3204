package inspect

import (
	"encoding/base64"
	"encoding/binary"
	"strconv"
	"unicode/utf8"
)

// strictBase64 takes one spelling of each byte sequence only.
var strictBase64 = base64.StdEncoding.Strict()

// appendStreamsMetadata appends, beside a commit's metadata, what Kafka Streams keeps there:
//
//	"metadataDecoded":{"version":2,"partitionTime":1700000000000,"processorMetadata":{}}
//
// It is base64 of a version byte, the highest timestamp seen in the partition (milliseconds, -1 when
// none was) and, since version 2, numbers that processors keep under names of their own. Metadata of
// any other client has nothing beside it.
func appendStreamsMetadata(dst, metadata []byte) []byte {
	// 9 bytes at least, and the version's upper bits are zero: most metadata ends here.
	if len(metadata) < 12 || len(metadata)%4 != 0 || metadata[0] != 'A' {
		return dst
	}
	start := len(dst)
	raw, err := strictBase64.AppendDecode(dst, metadata)
	if err != nil || len(raw)-start < 9 {
		return dst
	}
	end := len(raw)
	out, ok := appendStreamsFields(raw, raw[start:end])
	if !ok {
		return out[:start]
	}
	return append(out[:start], out[end:]...) // over the raw bytes
}

func appendStreamsFields(dst, raw []byte) (_ []byte, ok bool) {
	version, entries := raw[0], raw[9:]
	if version != 1 && version != 2 || version == 1 && len(entries) > 0 {
		return dst, false
	}
	dst = append(dst, `,"metadataDecoded":{"version":`...)
	dst = strconv.AppendInt(dst, int64(version), 10)
	dst = append(dst, `,"partitionTime":`...)
	dst = strconv.AppendInt(dst, int64(binary.BigEndian.Uint64(raw[1:])), 10)
	dst = append(dst, `,"processorMetadata":{`...)
	dst, ok = appendProcessorMetadata(dst, entries)
	return append(dst, "}}"...), ok
}

// appendProcessorMetadata reads a count, then names with an int32 length and their int64 numbers.
func appendProcessorMetadata(dst, b []byte) (_ []byte, ok bool) {
	if len(b) == 0 {
		return dst, true
	}
	if len(b) < 4 {
		return dst, false
	}
	count, b := binary.BigEndian.Uint32(b), b[4:]
	for i := uint32(0); i < count; i++ {
		if len(b) < 4 {
			return dst, false
		}
		size := int64(binary.BigEndian.Uint32(b))
		if b = b[4:]; size > int64(len(b))-8 {
			return dst, false
		}
		if i > 0 {
			dst = append(dst, ',')
		}
		name := b[:size]
		if !utf8.Valid(name) {
			return dst, false
		}
		dst, _ = appendString(dst, name)
		dst = strconv.AppendInt(append(dst, ':'), int64(binary.BigEndian.Uint64(b[size:])), 10)
		b = b[size+8:]
	}
	return dst, len(b) == 0
}
