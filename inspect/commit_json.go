package inspect

import (
	"encoding/base64"
	"encoding/binary"
	"strconv"
)

// A commit makes the same JSON here as by the table, a few times faster: a test holds that. Nearly all records
// are commits.

// parseCommitKey reads the key of a commit (types 0 and 1) off its bytes. It takes only what the table takes too.
func parseCommitKey(key []byte) (k Key, ok bool) {
	if len(key) < 2 || key[0] != 0 || key[1] > 1 {
		return k, false
	}
	k.Type = int16(key[1])
	k.Name = groupRecords[k.Type].name
	b := key[2:]
	if k.Group, b, ok = shortText(b); !ok {
		return k, false
	}
	if k.Topic, b, ok = shortText(b); !ok || len(b) != 4 {
		return k, false
	}
	k.Partition = int32(binary.BigEndian.Uint32(b))
	return k, true
}

// shortText reads a text of ASCII with a length of two bytes; other text is for the table.
func shortText(b []byte) (text, rest []byte, ok bool) {
	if len(b) < 2 {
		return nil, nil, false
	}
	n := int(binary.BigEndian.Uint16(b))
	if b = b[2:]; n > len(b) {
		return nil, nil, false
	}
	return b[:n:n], b[n:], isASCII(b[:n])
}

func isASCII(b []byte) bool {
	for len(b) >= 8 {
		if binary.LittleEndian.Uint64(b)&0x8080808080808080 != 0 {
			return false
		}
		b = b[8:]
	}
	for _, c := range b {
		if c >= 0x80 {
			return false
		}
	}
	return true
}

// appendCommitJSON appends the key of a commit as Topic.AppendKey does.
func (k *Key) appendCommitJSON(dst []byte) []byte {
	dst = append(dst, groupRecords[k.Type].keyHead...)
	dst = append(dst, `{"group":`...)
	dst, _ = appendString(dst, k.Group)
	dst = append(dst, `,"topic":`...)
	dst, _ = appendString(dst, k.Topic)
	dst = append(dst, `,"partition":`...)
	dst = strconv.AppendInt(dst, int64(k.Partition), 10)
	return append(dst, "}}"...)
}

// appendJSON appends a commit as Topic.AppendValue does.
func (c *Commit) appendJSON(dst []byte) []byte {
	dst = append(dst, `{"version":`...)
	dst = strconv.AppendInt(dst, int64(c.Version), 10)
	dst = append(dst, `,"data":{"offset":`...)
	dst = strconv.AppendInt(dst, c.Offset, 10)
	if c.Version >= 3 {
		dst = append(dst, `,"leaderEpoch":`...)
		dst = strconv.AppendInt(dst, int64(c.LeaderEpoch), 10)
	}
	dst = append(dst, `,"metadata":`...)
	dst, _ = appendString(dst, c.Metadata)
	dst = appendStreamsMetadata(dst, c.Metadata)
	dst = append(dst, `,"commitTimestamp":`...)
	dst = strconv.AppendInt(dst, c.CommitTimestamp, 10)
	if c.Version == 1 {
		dst = append(dst, `,"expireTimestamp":`...)
		dst = strconv.AppendInt(dst, c.ExpireTimestamp, 10)
	}
	if c.TopicID != [16]byte{} {
		dst = append(dst, `,"topicId":"`...)
		dst = base64.RawURLEncoding.AppendEncode(dst, c.TopicID[:])
		dst = append(dst, '"')
	}
	return append(dst, "}}"...)
}
