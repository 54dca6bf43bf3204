package inspect

import (
	"encoding/base64"
	"strconv"
)

// walker reads bytes by a layout and appends their JSON.
type walker struct {
	in       []byte
	pos, end int // of what is to be read; inside a tagged field end is the field's
	out      []byte

	protocolType, protocol []byte // last read, for the blobs that follow
}

// structure appends a struct. Tagged fields are last in the bytes but have their own place in the
// JSON: where they belong is kept in marks, and tags moves each there.
func (w *walker) structure(l *layout) *fault {
	var marks [maxTags]int
	w.out = append(w.out, '{')
	for i := range l.steps {
		s := &l.steps[i]
		if s.tag != noTag {
			marks[s.mark] = len(w.out)
			continue
		}
		w.out = append(w.out, s.key...)
		if f := w.value(s); f != nil {
			return f.in(s.name)
		}
	}
	if l.flexible {
		if f := w.tags(l, &marks); f != nil {
			return f
		}
	}
	w.out = append(w.out, '}')
	return nil
}

func (w *walker) value(s *step) *fault {
	switch s.kind {
	case kindString:
		return w.text(s)
	case kindBytes:
		return w.bytes(s)
	case kindArray:
		return w.array(s)
	case kindStruct:
		return w.object(s)
	case kindUUID:
		return w.uuid()
	}
	return w.number(s.kind)
}

func (w *walker) number(k kind) *fault {
	v, f := w.readNumber(k)
	if f != nil {
		return f
	}
	w.out = strconv.AppendInt(w.out, v, 10)
	return nil
}

func (w *walker) readNumber(k kind) (int64, *fault) {
	switch k {
	case kindInt8:
		return w.int8()
	case kindInt16:
		v, f := w.uint16()
		return int64(int16(v)), f
	case kindUint16:
		v, f := w.uint16()
		return int64(v), f
	case kindInt32:
		return w.int32()
	}
	return w.int64()
}

func (w *walker) uuid() *fault {
	b, f := w.take(16)
	if f != nil {
		return f
	}
	w.out = append(w.out, '"')
	w.out = base64.RawURLEncoding.AppendEncode(w.out, b)
	w.out = append(w.out, '"')
	return nil
}

func (w *walker) text(s *step) *fault {
	at := w.pos
	b, null, f := w.content(s)
	if f != nil {
		return f
	}
	if null {
		w.remember(s.role, nil)
		w.out = append(w.out, "null"...)
		return nil
	}
	var ok bool
	if w.out, ok = appendString(w.out, b); !ok {
		return faultAt(at, "text that is not UTF-8")
	}
	w.remember(s.role, b)
	if s.role == roleCommitMetadata {
		w.out = appendStreamsMetadata(w.out, b)
	}
	return nil
}

// remember keeps what the blobs that follow depend on.
func (w *walker) remember(r role, b []byte) {
	switch r {
	case roleProtocolType:
		w.protocolType = b
	case roleProtocol:
		w.protocol = b
	}
}

func (w *walker) bytes(s *step) *fault {
	b, null, f := w.content(s)
	switch {
	case f != nil:
		return f
	case null:
		w.out = append(w.out, "null"...)
	case s.role == rolePlain:
		w.out = appendBase64(w.out, b)
	default:
		w.blob(s, b)
	}
	return nil
}

// content reads a string's or bytes' length and content.
func (w *walker) content(s *step) (b []byte, null bool, f *fault) {
	n, f := w.length(s)
	if f != nil || n < 0 {
		return nil, true, f
	}
	b, f = w.take(n)
	return b, false, f
}

func (w *walker) array(s *step) *fault {
	n, f := w.length(s)
	if f != nil {
		return f
	}
	if n < 0 {
		w.out = append(w.out, "null"...)
		return nil
	}
	w.out = append(w.out, '[')
	for i := range n {
		if i > 0 {
			w.out = append(w.out, ',')
		}
		if f := w.element(s); f != nil {
			return f.in("[" + strconv.Itoa(i) + "]")
		}
	}
	w.out = append(w.out, ']')
	return nil
}

func (w *walker) element(s *step) *fault {
	if s.elem == kindStruct {
		return w.structure(s.sub)
	}
	return w.value(s.item)
}

// object reads a struct in a struct. One that may be null begins with a marker: -1 or 1, and 0 or 1
// in a tagged field.
func (w *walker) object(s *step) *fault {
	if !s.nullable {
		return w.structure(s.sub)
	}
	at, null := w.pos, int64(-1)
	if s.tag != noTag {
		null = 0
	}
	marker, f := w.int8()
	switch {
	case f != nil:
		return f
	case marker == null:
		w.out = append(w.out, "null"...)
		return nil
	case marker != 1:
		return faultAt(at, "%d where 1 or %d says whether it is null", marker, null)
	}
	return w.structure(s.sub)
}
