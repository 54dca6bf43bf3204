package inspect

import (
	"encoding/binary"
	"unicode/utf8"
)

// Commit is the value of a commit: where a group is in a partition.
type Commit struct {
	Version         int16 // of the value, which decides what fields it has
	Offset          int64
	LeaderEpoch     int32    // -1 when the record has none
	Metadata        []byte   // text of the client's own; points into the value
	CommitTimestamp int64    // milliseconds, by the broker's clock
	ExpireTimestamp int64    // milliseconds; -1 when retention decides
	TopicID         [16]byte // zero when the record has none
}

// ParseCommit reads the value of a commit (types 0 and 1) off its bytes. It takes only what the
// table takes too; of anything else it says false, and AppendValue says why.
func ParseCommit(value []byte) (c Commit, ok bool) {
	c.LeaderEpoch, c.ExpireTimestamp = -1, -1
	if len(value) < 2 || value[0] != 0 {
		return c, false
	}
	b := value[2:]
	c.Version = int16(value[1])
	switch c.Version {
	case 0, 2:
		ok = c.classic(b, 8, 8)
	case 1:
		ok = c.classic(b, 8, 16)
	case 3:
		ok = c.classic(b, 12, 8)
	case 4:
		ok = c.flexible(b)
	}
	return c, ok
}

// start reads the offset and, when there are 12 bytes of them, the leader epoch.
func (c *Commit) start(b []byte, size int) {
	c.Offset = int64(binary.BigEndian.Uint64(b))
	if size == 12 {
		c.LeaderEpoch = int32(binary.BigEndian.Uint32(b[8:]))
	}
}

// classic reads versions 0 to 3: head bytes before the metadata, tail bytes after it.
func (c *Commit) classic(b []byte, head, tail int) bool {
	if len(b) < head+2 {
		return false
	}
	c.start(b, head)
	n := int(int16(binary.BigEndian.Uint16(b[head:])))
	b = b[head+2:]
	if n < 0 || len(b) != n+tail {
		return false
	}
	c.Metadata = b[:n]
	c.CommitTimestamp = int64(binary.BigEndian.Uint64(b[n:]))
	if tail == 16 {
		c.ExpireTimestamp = int64(binary.BigEndian.Uint64(b[n+8:]))
	}
	return utf8.Valid(c.Metadata)
}

// flexible reads version 4. Its metadata is at most 4096 bytes unless the broker's
// offset.metadata.max.bytes says more, so a length of two bytes is enough; longer is for the table.
func (c *Commit) flexible(b []byte) bool {
	if len(b) < 13 {
		return false
	}
	c.start(b, 12)
	n, b := int(b[12]), b[13:]
	if n >= 0x80 {
		if len(b) == 0 || b[0] == 0 || b[0] >= 0x80 {
			return false
		}
		n, b = n&0x7f|int(b[0])<<7, b[1:]
	}
	n--
	if n < 0 || len(b) < n+9 {
		return false
	}
	c.Metadata = b[:n]
	c.CommitTimestamp = int64(binary.BigEndian.Uint64(b[n:]))
	return c.tags(b[n+8:]) && utf8.Valid(c.Metadata)
}

// tags reads the topic id, the one tagged field there is. Others are for the table.
func (c *Commit) tags(b []byte) bool {
	if len(b) == 1 {
		return b[0] == 0
	}
	if len(b) != 19 || b[0] != 1 || b[1] != 0 || b[2] != 16 {
		return false
	}
	c.TopicID = [16]byte(b[3:])
	return c.TopicID != [16]byte{}
}
