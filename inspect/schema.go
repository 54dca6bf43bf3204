package inspect

import "fmt"

// The decoder is one table and one interpreter. The tables (schema_*.go) list the fields of every
// record type in wire order, as Kafka's own message schemas do; compile turns them into one layout
// per version; walker (decode_walk.go) reads bytes by a layout and appends JSON, and encoder
// (encode_walk.go) reads that JSON by the same layout and appends bytes. Wherever the walker
// reports no error, the encoder gives the same bytes back: what could not survive that (varints
// longer than needed, tagged fields sent with their default, text that is not UTF-8) is an error.

// kind is the wire type of a field.
type kind uint8

const (
	kindInt8 kind = iota
	kindInt16
	kindUint16
	kindInt32
	kindInt64
	kindUUID
	kindString
	kindBytes
	kindArray
	kindStruct
)

// role marks the few fields whose meaning depends on others: blobs and what says how to read them.
type role uint8

const (
	rolePlain          role = iota
	roleProtocolType        // GroupMetadata.protocolType: whose blobs the members carry
	roleProtocol            // name of the assignor, whose user data subscriptions carry
	roleSubscription        // subscription of a member of a classic group
	roleAssignment          // assignment of a member of a classic group
	roleClassicMeta         // subscription of a classic member in a KIP-848 group
	roleUserData            // an assignor's own data in a subscription
	roleAllocation          // a Connect worker's present assignment
	roleCommitMetadata      // text a client stored with its commit; Streams' is decoded
)

// forever is the last version of a field that no version took away.
const forever = 1<<15 - 1

// noTag says that a field is always on the wire, in the order of the table.
const noTag = -1

// field is one line of a table.
type field struct {
	name     string // Kafka's name, as in its JSON
	kind     kind
	elem     kind    // of an array
	fields   []field // of a struct, and of the elements of an array of structs
	from, to int16   // versions that have it
	nullable bool
	tag      int   // noTag, or the number of the tagged field
	missing  int64 // default of a number
	role     role
}

func newField(name string, k kind) field { return field{name: name, kind: k, to: forever, tag: noTag} }

func i8(name string) field  { return newField(name, kindInt8) }
func i16(name string) field { return newField(name, kindInt16) }
func u16(name string) field { return newField(name, kindUint16) }
func i32(name string) field { return newField(name, kindInt32) }
func i64(name string) field { return newField(name, kindInt64) }
func id(name string) field  { return newField(name, kindUUID) }
func str(name string) field { return newField(name, kindString) }
func blob(name string, r role) field {
	f := newField(name, kindBytes)
	f.role = r
	return f
}

// list is an array of numbers or strings.
func list(name string, elem kind) field {
	f := newField(name, kindArray)
	f.elem = elem
	return f
}

// array is an array of structs.
func array(name string, fields ...field) field {
	f := newField(name, kindArray)
	f.elem, f.fields = kindStruct, fields
	return f
}

// object is a struct in a struct.
func object(name string, fields ...field) field {
	f := newField(name, kindStruct)
	f.fields = fields
	return f
}

// since names the first version that has the field.
func (f field) since(version int16) field { f.from = version; return f }

// only names the one version that has the field.
func (f field) only(version int16) field { f.from, f.to = version, version; return f }

// orNull allows null.
func (f field) orNull() field { f.nullable = true; return f }

// tagged makes it a tagged field, left out of the bytes when it has its default.
func (f field) tagged(tag int, missing int64) field { f.tag, f.missing = tag, missing; return f }

// as gives the field a role.
func (f field) as(r role) field { f.role = r; return f }

// layout is how one version of a struct lies in the bytes.
type layout struct {
	flexible bool
	steps    []step // in the order of the JSON
	tags     int    // how many of them are tagged fields
}

// step is one field of a layout.
type step struct {
	field
	key      string // `,"name":`, without the comma for the first
	flexible bool
	sub      *layout // of kindStruct and of arrays of structs
	item     *step   // of arrays of anything else
	mark     int     // index among the tagged fields
	absent   string  // JSON of the default, with which a tagged field is left out
}

// maxTags is more than any struct has tagged fields.
const maxTags = 5

// compile keeps what one version has of fields.
func compile(fields []field, version int16, flexible bool) *layout {
	l := &layout{flexible: flexible}
	for _, f := range fields {
		if version < f.from || version > f.to || f.tag != noTag && !flexible {
			continue
		}
		l.steps = append(l.steps, newStep(f, version, flexible, len(l.steps) == 0, l.tags))
		if f.tag != noTag {
			l.tags++
		}
	}
	if l.tags >= maxTags {
		panic("inspect: a struct has more tagged fields than marks")
	}
	return l
}

func newStep(f field, version int16, flexible, first bool, mark int) step {
	s := step{field: f, key: fmt.Sprintf(",%q:", f.name), flexible: flexible, mark: mark}
	if first {
		s.key = s.key[1:]
	}
	if f.fields != nil {
		s.sub = compile(f.fields, version, flexible)
	} else if f.kind == kindArray {
		s.item = &step{field: newField("", f.elem), flexible: flexible}
	}
	s.absent = s.defaultText()
	return s
}

// defaultText is the JSON of the default that Kafka's generator gives a field: empty and not null,
// also where null is allowed. So a null in a tagged field is on the wire.
func (s *step) defaultText() string {
	switch s.kind {
	case kindUUID:
		return `"AAAAAAAAAAAAAAAAAAAAAA"`
	case kindString, kindBytes:
		return `""`
	case kindArray:
		return "[]"
	case kindStruct:
		text := ""
		for i := range s.sub.steps {
			text += s.sub.steps[i].key + s.sub.steps[i].absent
		}
		return "{" + text + "}"
	}
	return fmt.Sprint(s.missing)
}

// step finds a field by its name, nil when this version has none such.
func (l *layout) step(name string) *step {
	for i := range l.steps {
		if l.steps[i].name == name {
			return &l.steps[i]
		}
	}
	return nil
}

// recordType is a record type: its number, Kafka's name, and the layouts of key and values.
type recordType struct {
	id      int16
	name    string
	key     *layout
	values  []*layout // by version
	keyHead string    // the JSON of a key up to its data
}

// newRecordType compiles a record type whose values have versions 0 to last, flexible from flexible.
// Keys are not flexible in any record type.
func newRecordType(number int16, name string, key, value []field, last, flexible int16) recordType {
	r := recordType{id: number, name: name, key: compile(key, 0, false)}
	for v := int16(0); v <= last; v++ {
		r.values = append(r.values, compile(value, v, v >= flexible))
	}
	r.keyHead = fmt.Sprintf(`{"type":%d,"name":%q,"data":`, number, name)
	return r
}
