package inspect

import (
	"encoding/binary"
	"fmt"
	"unicode/utf8"
)

// Key is what filters need of a record's key, found without decoding the value. Its slices point
// into the key's bytes; nil says that keys of the type have no such field.
type Key struct {
	Type      int16
	Name      string // Kafka's name of the record type, "" when the type is unknown
	Group     []byte // nil in __transaction_state
	Topic     []byte // of commits
	Member    []byte // member id, or regular expression of type 16
	TopicID   []byte // of share state, 16 bytes
	ID        []byte // transactional id
	Partition int32  // of what has a Topic or TopicID
}

// HasTopic says whether the key is of one partition of a topic named in it: a commit.
func (k Key) HasTopic() bool { return k.Topic != nil }

// ParseKey reads a key's fields. Of a type it does not know only Type is set, and the error says so.
func (t Topic) ParseKey(key []byte) (Key, error) {
	if t == ConsumerOffsets {
		if k, ok := parseCommitKey(key); ok {
			return k, nil
		}
	}
	if len(key) < 2 {
		return Key{}, shortError("key", key)
	}
	k := Key{Type: int16(binary.BigEndian.Uint16(key))}
	r := t.recordType(k.Type)
	if r == nil {
		return k, fmt.Errorf("key: unknown record type %d", k.Type)
	}
	k.Name = r.name
	w := walker{in: key, pos: 2, end: len(key)}
	for i := range r.key.steps {
		s := &r.key.steps[i]
		if f := w.keyField(s, &k); f != nil {
			return Key{Type: k.Type, Name: r.name}, f.in(s.name).error("key")
		}
	}
	if w.pos < w.end {
		f := faultAt(w.pos, "%d bytes left after the last field", w.end-w.pos)
		return Key{Type: k.Type, Name: r.name}, f.error("key")
	}
	return k, nil
}

// keyField reads one field of a key: in keys there are strings, one int32 and one uuid.
func (w *walker) keyField(s *step, k *Key) *fault {
	switch s.kind {
	case kindInt32:
		v, f := w.int32()
		k.Partition = int32(v)
		return f
	case kindUUID:
		b, f := w.take(16)
		k.TopicID = b
		return f
	}
	at := w.pos
	b, _, f := w.content(s)
	if f != nil {
		return f
	}
	if !utf8.Valid(b) {
		return faultAt(at, "text that is not UTF-8")
	}
	*k.text(s.name) = b
	return nil
}

// text is where a key's string of that name goes.
func (k *Key) text(name string) *[]byte {
	switch name {
	case "group", "groupId":
		return &k.Group
	case "topic":
		return &k.Topic
	case "transactionalId":
		return &k.ID
	}
	return &k.Member
}
