package inspect

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

// unknownTags is the JSON field that keeps tagged fields the tables do not know.
const unknownTags = "unknownTaggedFields"

// encoder appends bytes by a layout, of the JSON that walker appends. It wants every field that is
// not a tagged one, and none it does not know: what is misspelt must not become a default.
type encoder struct {
	out []byte
}

func refuse(want string, got any) *fault {
	return faultAt(noByte, "%s wanted, not %s", want, describe(got))
}

func (e *encoder) structure(l *layout, v any) *fault {
	object, ok := v.(map[string]any)
	if !ok {
		return refuse("an object", v)
	}
	if f := l.knowsAll(object); f != nil {
		return f
	}
	for i := range l.steps {
		s := &l.steps[i]
		if s.tag != noTag {
			continue
		}
		member, ok := object[s.name]
		if !ok {
			return faultAt(noByte, "missing").in(s.name)
		}
		if f := e.value(s, member, object); f != nil {
			return f.in(s.name)
		}
	}
	if l.flexible {
		return e.tags(l, object)
	}
	return nil
}

// knowsAll refuses fields that this version has not. Those ending in Decoded say again what another
// field says, and are not read.
func (l *layout) knowsAll(object map[string]any) *fault {
	for _, name := range slices.Sorted(maps.Keys(object)) {
		plain := strings.TrimSuffix(name, decodedSuffix)
		if l.step(name) == nil && l.step(plain) == nil && !(l.flexible && name == unknownTags) {
			return faultAt(noByte, "no field of this version").in(name)
		}
	}
	return nil
}

func (e *encoder) value(s *step, v any, parent map[string]any) *fault {
	switch s.kind {
	case kindString:
		return e.text(s, v)
	case kindBytes:
		return e.bytes(s, v, parent)
	case kindArray:
		return e.array(s, v)
	case kindStruct:
		return e.object(s, v)
	case kindUUID:
		return e.uuid(v)
	}
	return e.number(s.kind, v)
}

func (e *encoder) number(k kind, v any) *fault {
	low, high := numberRange(k)
	n, ok := v.(json.Number)
	if !ok {
		return refuse("a number", v)
	}
	i, err := n.Int64()
	if err != nil || i < low || i > high {
		return faultAt(noByte, "%s is no integer from %d to %d", n, low, high)
	}
	switch k {
	case kindInt8:
		e.out = append(e.out, byte(i))
	case kindInt16, kindUint16:
		e.out = binary.BigEndian.AppendUint16(e.out, uint16(i))
	case kindInt32:
		e.out = binary.BigEndian.AppendUint32(e.out, uint32(i))
	default:
		e.out = binary.BigEndian.AppendUint64(e.out, uint64(i))
	}
	return nil
}

func numberRange(k kind) (low, high int64) {
	switch k {
	case kindInt8:
		return math.MinInt8, math.MaxInt8
	case kindInt16:
		return math.MinInt16, math.MaxInt16
	case kindUint16:
		return 0, math.MaxUint16
	case kindInt32:
		return math.MinInt32, math.MaxInt32
	}
	return math.MinInt64, math.MaxInt64
}

func (e *encoder) uuid(v any) *fault {
	text, ok := v.(string)
	if !ok {
		return refuse("an id", v)
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(b) != 16 {
		return faultAt(noByte, "%q is no id of 22 characters", text)
	}
	e.out = append(e.out, b...)
	return nil
}

func (e *encoder) text(s *step, v any) *fault {
	if v == nil {
		return e.null(s)
	}
	text, ok := v.(string)
	if !ok {
		return refuse("a string", v)
	}
	if f := e.length(s, len(text)); f != nil {
		return f
	}
	e.out = append(e.out, text...)
	return nil
}

func (e *encoder) bytes(s *step, v any, parent map[string]any) *fault {
	var b []byte
	switch v := v.(type) {
	case nil:
		return e.null(s)
	case string:
		var f *fault
		if b, f = base64Bytes(v); f != nil {
			return f
		}
	case map[string]any:
		var f *fault
		if b, f = encodeBlob(s, v, parent[s.name+decodedSuffix]); f != nil {
			return f
		}
	default:
		return refuse("base64", v)
	}
	if f := e.length(s, len(b)); f != nil {
		return f
	}
	e.out = append(e.out, b...)
	return nil
}

func base64Bytes(text string) ([]byte, *fault) {
	b, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil {
		return nil, faultAt(noByte, "no base64: %v", err)
	}
	return b, nil
}

func (e *encoder) array(s *step, v any) *fault {
	if v == nil {
		return e.null(s)
	}
	elements, ok := v.([]any)
	if !ok {
		return refuse("an array", v)
	}
	if f := e.length(s, len(elements)); f != nil {
		return f
	}
	for i, element := range elements {
		if f := e.element(s, element); f != nil {
			return f.in("[" + strconv.Itoa(i) + "]")
		}
	}
	return nil
}

func (e *encoder) element(s *step, v any) *fault {
	if s.elem == kindStruct {
		return e.structure(s.sub, v)
	}
	return e.value(s.item, v, nil)
}

func (e *encoder) object(s *step, v any) *fault {
	if v == nil {
		return e.null(s)
	}
	if s.nullable {
		e.out = append(e.out, 1)
	}
	return e.structure(s.sub, v)
}
