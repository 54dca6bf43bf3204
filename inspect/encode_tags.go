package inspect

import (
	"encoding/binary"
	"maps"
	"math"
	"slices"
	"strconv"
)

// null writes what stands for null: -1 where a length or, before a struct, a
// marker stands; in a tagged field a struct's marker is 0.
func (e *encoder) null(s *step) *fault {
	switch {
	case !s.nullable:
		return faultAt(noByte, "null is not allowed")
	case s.kind == kindStruct && s.tag != noTag:
		e.out = append(e.out, 0)
		return nil
	case s.kind == kindStruct:
		e.out = append(e.out, 0xff)
		return nil
	}
	return e.length(s, -1)
}

func (e *encoder) length(s *step, n int) *fault {
	switch {
	case s.flexible:
		e.out = binary.AppendUvarint(e.out, uint64(n+1))
	case s.kind != kindString:
		e.out = binary.BigEndian.AppendUint32(e.out, uint32(n))
	case n > math.MaxInt16:
		return faultAt(noByte, "%d bytes of text, %d are allowed", n, math.MaxInt16)
	default:
		e.out = binary.BigEndian.AppendUint16(e.out, uint16(n))
	}
	return nil
}

// taggedField is one of a struct's tagged fields as it goes into the bytes.
type taggedField struct {
	number  uint64
	payload []byte
}

// tags appends the tagged fields of a struct, in the order of their numbers as Kafka writes them.
func (e *encoder) tags(l *layout, object map[string]any) *fault {
	fields, f := l.unknownTagged(object[unknownTags])
	if f != nil {
		return f.in(unknownTags)
	}
	for i := range l.steps {
		s := &l.steps[i]
		v, ok := object[s.name]
		if s.tag == noTag || !ok {
			continue
		}
		var payload encoder
		if f := payload.value(s, v, object); f != nil {
			return f.in(s.name)
		}
		if !s.isDefault(payload.out) {
			fields = append(fields, taggedField{uint64(s.tag), payload.out})
		}
	}
	slices.SortFunc(fields, func(a, b taggedField) int { return int(int64(a.number) - int64(b.number)) })
	e.out = binary.AppendUvarint(e.out, uint64(len(fields)))
	for _, t := range fields {
		e.out = binary.AppendUvarint(e.out, t.number)
		e.out = binary.AppendUvarint(e.out, uint64(len(t.payload)))
		e.out = append(e.out, t.payload...)
	}
	return nil
}

// isDefault says whether these bytes of a tagged field are its default, with which it is left out.
func (s *step) isDefault(payload []byte) bool {
	w := walker{in: payload, end: len(payload)}
	return w.value(s) == nil && string(w.out) == s.absent
}

// unknownTagged reads the tagged fields that were kept as base64 under their numbers.
func (l *layout) unknownTagged(v any) ([]taggedField, *fault) {
	if v == nil {
		return nil, nil
	}
	object, ok := v.(map[string]any)
	if !ok {
		return nil, refuse("an object", v)
	}
	var fields []taggedField
	for _, name := range slices.Sorted(maps.Keys(object)) {
		number, err := strconv.ParseUint(name, 10, 32)
		if err != nil || l.tagged(int64(number)) != nil || strconv.FormatUint(number, 10) != name {
			return nil, faultAt(noByte, "no number of an unknown tagged field").in(name)
		}
		text, ok := object[name].(string)
		if !ok {
			return nil, refuse("base64", object[name]).in(name)
		}
		payload, f := base64Bytes(text)
		if f != nil {
			return nil, f.in(name)
		}
		fields = append(fields, taggedField{number, payload})
	}
	return fields, nil
}
