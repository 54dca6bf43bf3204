package inspect

import (
	"encoding/binary"
	"unicode/utf8"
)

// Commit is the value of a commit: where a group is in a partition.
type Commit struct {
	Offset          int64
	LeaderEpoch     int32    // -1 when the record has none
	Metadata        []byte   // text of the client's own; points into the value
	CommitTimestamp int64    // milliseconds, by the broker's clock
	ExpireTimestamp int64    // milliseconds; -1 when retention decides
	TopicID         [16]byte // zero when the record has none
}

// ParseCommit reads the value of a commit (types 0 and 1) off its bytes. It takes only what the
// table takes too; of anything else it says false, and AppendValue says why.
func ParseCommit(value []byte) (Commit, bool) {
	c := Commit{LeaderEpoch: -1, ExpireTimestamp: -1}
	if len(value) < 2 || value[0] != 0 {
		return c, false
	}
	version, b := value[1], value[2:]
	switch version {
	case 0, 1, 2:
		return c.classic(b, 8, version == 1)
	case 3:
		return c.classic(b, 12, false)
	case 4:
		return c.flexible(b)
	}
	return c, false
}

// start reads the offset and, when there are 12 bytes of them, the leader epoch.
func (c *Commit) start(b []byte, size int) {
	c.Offset = int64(binary.BigEndian.Uint64(b))
	if size == 12 {
		c.LeaderEpoch = int32(binary.BigEndian.Uint32(b[8:]))
	}
}

// classic reads versions 0 to 3, whose first fields take size bytes.
func (c Commit) classic(b []byte, size int, expires bool) (Commit, bool) {
	if len(b) < size+2 {
		return c, false
	}
	c.start(b, size)
	n := int(int16(binary.BigEndian.Uint16(b[size:])))
	b = b[size+2:]
	tail := 8
	if expires {
		tail = 16
	}
	if n < 0 || len(b) != n+tail {
		return c, false
	}
	c.Metadata = b[:n]
	c.CommitTimestamp = int64(binary.BigEndian.Uint64(b[n:]))
	if expires {
		c.ExpireTimestamp = int64(binary.BigEndian.Uint64(b[n+8:]))
	}
	return c, utf8.Valid(c.Metadata)
}

// flexible reads version 4. Its metadata is at most 4096 bytes unless the broker's
// offset.metadata.max.bytes says more, so a length of two bytes is enough; longer is for the table.
func (c Commit) flexible(b []byte) (Commit, bool) {
	if len(b) < 13 {
		return c, false
	}
	c.start(b, 12)
	n, b := int(b[12]), b[13:]
	if n >= 0x80 {
		if len(b) == 0 || b[0] == 0 || b[0] >= 0x80 {
			return c, false
		}
		n, b = n&0x7f|int(b[0])<<7, b[1:]
	}
	n--
	if n < 0 || len(b) < n+9 {
		return c, false
	}
	c.Metadata = b[:n]
	c.CommitTimestamp = int64(binary.BigEndian.Uint64(b[n:]))
	return c, c.tags(b[n+8:]) && utf8.Valid(c.Metadata)
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
