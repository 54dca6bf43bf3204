// Package inspect reads the records of Kafka's internal topics: which they are, what they say, and
// what state they add up to.
package inspect

import (
	"encoding/binary"
	"fmt"
	"strconv"
)

// Topic is which internal topic records are of; it decides what their type numbers mean.
type Topic int

const (
	ConsumerOffsets  Topic = iota // __consumer_offsets
	ShareGroupState               // __share_group_state
	TransactionState              // __transaction_state
)

// recordTypes are the types of the topic; the index is the type's number.
func (t Topic) recordTypes() []recordType {
	switch t {
	case ShareGroupState:
		return shareStateRecords
	case TransactionState:
		return transactionRecords
	}
	return groupRecords
}

// recordType finds a type by its number, nil when there is none such.
func (t Topic) recordType(number int16) *recordType {
	types := t.recordTypes()
	if number < 0 || int(number) >= len(types) {
		return nil
	}
	return &types[number]
}

// Names are Kafka's names of the topic's record types, in the order of their numbers.
func (t Topic) Names() []string {
	types := t.recordTypes()
	names := make([]string, len(types))
	for i, r := range types {
		names[i] = r.name
	}
	return names
}

// AppendKey appends a record's key as {"type":1,"name":"OffsetCommit","data":{…}} with Kafka's
// field names. Of bytes it does not understand data is null, an unknown type's name too, and the
// error says why; what it appended is good JSON all the same.
func (t Topic) AppendKey(dst, key []byte) ([]byte, error) {
	if len(key) < 2 {
		return append(dst, `{"type":null,"name":null,"data":null}`...), shortError("key", key)
	}
	number := int16(binary.BigEndian.Uint16(key))
	r := t.recordType(number)
	if r == nil {
		dst = strconv.AppendInt(append(dst, `{"type":`...), int64(number), 10)
		return append(dst, `,"name":null,"data":null}`...), fmt.Errorf("key: unknown record type %d", number)
	}
	dst, err := appendData(append(dst, r.keyHead...), "key", key, r.key)
	return append(dst, '}'), err
}

// AppendValue appends the value of a record whose key is of the type given as
// {"version":4,"data":{…}}, or null for a tombstone, which is a nil value and not an empty one. Of
// bytes it does not understand data is null and the error says why.
func (t Topic) AppendValue(dst []byte, keyType int16, value []byte) ([]byte, error) {
	if value == nil {
		return append(dst, "null"...), nil
	}
	if len(value) < 2 {
		return append(dst, `{"version":null,"data":null}`...), shortError("value", value)
	}
	version := int16(binary.BigEndian.Uint16(value))
	dst = strconv.AppendInt(append(dst, `{"version":`...), int64(version), 10)
	dst = append(dst, `,"data":`...)
	l, err := t.valueLayout(keyType, version)
	if err != nil {
		return append(dst, "null}"...), fmt.Errorf("value: %w", err)
	}
	dst, err = appendData(dst, "value", value, l)
	return append(dst, '}'), err
}

// valueLayout finds how a version of a type's values lies in the bytes.
func (t Topic) valueLayout(keyType, version int16) (*layout, error) {
	r := t.recordType(keyType)
	if r == nil {
		return nil, fmt.Errorf("unknown record type %d", keyType)
	}
	if version < 0 || int(version) >= len(r.values) {
		return nil, fmt.Errorf("unknown version %d of %s, known are 0 to %d", version, r.name, len(r.values)-1)
	}
	return r.values[version], nil
}

// appendData appends what follows the first two bytes of in, or null when it cannot.
func appendData(dst []byte, what string, in []byte, l *layout) ([]byte, error) {
	start := len(dst)
	w := walker{in: in, pos: 2, end: len(in), out: dst}
	f := w.structure(l)
	if f == nil && w.pos < w.end {
		f = faultAt(w.pos, "%d bytes left after the last field", w.end-w.pos)
	}
	if f != nil {
		return append(w.out[:start], "null"...), f.error(what)
	}
	return w.out, nil
}

func shortError(what string, b []byte) error {
	if b == nil {
		return fmt.Errorf("%s: null", what)
	}
	return fmt.Errorf("%s: %d bytes left at byte 0, 2 needed", what, len(b))
}
