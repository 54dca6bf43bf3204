package inspect

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
)

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
	dst = r.appendKeyValue(dst)
	dst = append(dst, `,"tombstone":`...)
	dst = strconv.AppendBool(dst, r.Tombstone)
	dst = append(dst, `,"transaction":`...)
	dst = r.Transaction.appendJSON(dst)
	dst = append(dst, `,"error":`...)
	dst = r.appendError(dst)
	if r.Err != nil || r.ShowRaw {
		dst = append(dst, `,"rawKey":`...)
		dst = appendHex(dst, r.RawKey)
		dst = append(dst, `,"rawValue":`...)
		dst = appendHex(dst, r.RawValue)
	}
	return append(dst, '}')
}

// appendError appends what is not understood, and what is in doubt.
func (r *Row) appendError(dst []byte) []byte {
	err := r.Err
	switch doubt := r.doubt(); {
	case err == nil:
		err = doubt
	case doubt != nil:
		err = fmt.Errorf("%w; %w", err, doubt)
	}
	if err == nil {
		return append(dst, "null"...)
	}
	dst, _ = appendString(dst, []byte(strings.ToValidUTF8(err.Error(), "\ufffd")))
	return dst
}

func (r *Row) appendKeyValue(dst []byte) []byte {
	dst = append(dst, `,"key":`...)
	if r.Commit != nil {
		dst = r.Key.appendCommitJSON(dst)
		dst = append(dst, `,"value":`...)
		return r.Commit.appendJSON(dst)
	}
	dst = appendOrNull(dst, r.KeyJSON)
	dst = append(dst, `,"value":`...)
	return appendOrNull(dst, r.ValueJSON)
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
