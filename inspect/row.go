package inspect

import (
	"encoding/base64"
	"encoding/hex"
	"strconv"
	"strings"
	"time"
)

// Row is one record as it is shown, or what stands where none could be read. Slices are valid until the next
// row.
type Row struct {
	Partition int32  // of the internal topic
	Offset    int64  // of the record; of an unreadable batch its first
	Timestamp *int64 // milliseconds; nil: the record has none

	Key    Key    // zero where the key is not understood, and of markers
	Type   string // Kafka's record name, MarkerName, or empty: unknown
	Marker bool   // a control record

	KeyJSON   []byte // {"type":…,"name":…,"data":…}
	ValueJSON []byte // {"version":…,"data":…} or null
	Tombstone bool

	Transaction *Transaction // nil: the record is not transactional

	Err      error // what is not understood: the raw bytes are shown
	RawKey   []byte
	RawValue []byte
	ShowRaw  bool // shown though all is understood
	Damaged  bool // stands for a batch, or a stretch of a segment, that cannot be read: a failure
}

// AppendJSON appends the item, as docs of `offsetctl inspect` describe it.
func (r *Row) AppendJSON(dst []byte) []byte {
	dst = append(dst, `{"partition":`...)
	dst = strconv.AppendInt(dst, int64(r.Partition), 10)
	dst = append(dst, `,"offset":`...)
	dst = strconv.AppendInt(dst, r.Offset, 10)
	dst = append(dst, `,"timestamp":`...)
	if r.Timestamp == nil {
		dst = append(dst, "null"...)
	} else {
		dst = append(dst, '"')
		dst = AppendTime(dst, *r.Timestamp)
		dst = append(dst, '"')
	}
	dst = append(dst, `,"key":`...)
	dst = appendOrNull(dst, r.KeyJSON)
	dst = append(dst, `,"value":`...)
	dst = appendOrNull(dst, r.ValueJSON)
	dst = append(dst, `,"tombstone":`...)
	dst = strconv.AppendBool(dst, r.Tombstone)
	dst = append(dst, `,"transaction":`...)
	dst = r.Transaction.appendJSON(dst)
	dst = append(dst, `,"error":`...)
	if r.Err == nil {
		dst = append(dst, "null"...)
	} else {
		dst, _ = appendString(dst, []byte(strings.ToValidUTF8(r.Err.Error(), "\ufffd")))
	}
	if r.Err != nil || r.ShowRaw {
		dst = append(dst, `,"rawKey":`...)
		dst = appendHex(dst, r.RawKey)
		dst = append(dst, `,"rawValue":`...)
		dst = appendHex(dst, r.RawValue)
	}
	return append(dst, '}')
}

func (t *Transaction) appendJSON(dst []byte) []byte {
	if t == nil {
		return append(dst, "null"...)
	}
	dst = append(dst, `{"producerId":`...)
	dst = strconv.AppendInt(dst, t.ProducerID, 10)
	dst = append(dst, `,"producerEpoch":`...)
	dst = strconv.AppendInt(dst, int64(t.ProducerEpoch), 10)
	dst = append(dst, `,"outcome":"`...)
	dst = append(dst, t.Outcome...)
	return append(dst, `"}`...)
}

func appendOrNull(dst, json []byte) []byte {
	if json == nil {
		return append(dst, "null"...)
	}
	return append(dst, json...)
}

// appendHex appends bytes in hex, or null.
func appendHex(dst, b []byte) []byte {
	if b == nil {
		return append(dst, "null"...)
	}
	dst = append(dst, '"')
	dst = hex.AppendEncode(dst, b)
	return append(dst, '"')
}

// AppendTime appends a time in RFC 3339, in UTC and with milliseconds. Years beyond what the format can say, as garbage may
// have, are printed as milliseconds.
func AppendTime(dst []byte, ms int64) []byte {
	const first, last = -62167219200000, 253402300799999 // years 0 to 9999
	if ms < first || ms > last {
		return strconv.AppendInt(dst, ms, 10)
	}
	return time.UnixMilli(ms).UTC().AppendFormat(dst, "2006-01-02T15:04:05.000Z07:00")
}

// AppendSubject appends what a record is about, for people: orders:3 of a commit, a member id, a regular
// expression, a transactional id. nil: nothing but the group.
func (r *Row) AppendSubject(dst []byte) []byte {
	k := &r.Key
	switch {
	case k.Topic != nil:
		dst = append(append(dst, k.Topic...), ':')
		return strconv.AppendInt(dst, int64(k.Partition), 10)
	case k.TopicID != nil:
		dst = append(base64.RawURLEncoding.AppendEncode(dst, k.TopicID), ':')
		return strconv.AppendInt(dst, int64(k.Partition), 10)
	case k.Member != nil:
		return append(dst, k.Member...)
	case k.ID != nil:
		return append(dst, k.ID...)
	}
	return nil
}

// AppendDetail appends what a record says, for people.
func (r *Row) AppendDetail(dst []byte) []byte {
	if t := r.Transaction; t != nil {
		dst = append(append(dst, t.Outcome...), " transaction of producer "...)
		dst = strconv.AppendInt(dst, t.ProducerID, 10)
		if r.Marker {
			return dst
		}
		dst = append(dst, ": "...)
	}
	switch {
	case r.Err != nil:
		return append(dst, r.Err.Error()...)
	case r.Tombstone:
		return append(dst, "deleted"...)
	}
	if c, ok := ParseCommit(r.RawValue); ok && r.Key.HasTopic() {
		return c.appendDetail(dst)
	}
	return append(dst, r.ValueJSON...)
}

func (c Commit) appendDetail(dst []byte) []byte {
	dst = strconv.AppendInt(append(dst, "offset "...), c.Offset, 10)
	if c.LeaderEpoch >= 0 {
		dst = strconv.AppendInt(append(dst, ", leader epoch "...), int64(c.LeaderEpoch), 10)
	}
	if len(c.Metadata) > 0 {
		dst = append(append(dst, ", metadata "...), c.Metadata...)
	}
	return dst
}
