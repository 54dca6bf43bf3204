package inspect

import (
	"slices"
	"strconv"
)

// tags reads the tagged fields at the end of a flexible struct and moves each known one to its mark.
// Those this table does not know are kept, base64, as the struct's last field.
func (w *walker) tags(l *layout, marks *[maxTags]int) *fault {
	n, f := w.uvarint()
	if f != nil {
		return f.in("tagged fields")
	}
	last, unknown := int64(-1), 0 // start of the unknown ones in out, 0 when there are none yet
	for range n {
		at := w.pos
		tag, f := w.uvarint()
		if f != nil {
			return f.in("tagged fields")
		}
		if tag <= last {
			return faultAt(at, "tag %d after tag %d", tag, last).in("tagged fields")
		}
		last = tag
		if unknown, f = w.tag(l, tag, marks, unknown); f != nil {
			return f
		}
	}
	if unknown > 0 {
		w.out = append(w.out, '}')
	}
	return nil
}

// tag reads one tagged field after its number.
func (w *walker) tag(l *layout, tag int64, marks *[maxTags]int, unknown int) (int, *fault) {
	size, f := w.uvarint()
	if f == nil && size > int64(w.end-w.pos) {
		f = faultAt(w.pos, "%d bytes left, %d needed", w.end-w.pos, size)
	}
	if f != nil {
		return 0, f.in("tagged fields")
	}
	s := l.tagged(tag)
	if s == nil {
		return w.unknownTag(tag, int(size), unknown), nil
	}
	start := len(w.out)
	if f := w.knownTag(s, int(size)); f != nil {
		return 0, f.in(s.name)
	}
	moved := len(w.out) - start
	moveTail(w.out, marks[s.mark], start)
	for i := s.mark + 1; i < l.tags; i++ {
		marks[i] += moved
	}
	if unknown > 0 {
		unknown += moved
	}
	return unknown, nil
}

// knownTag appends a tagged field of the size given to the end of out.
func (w *walker) knownTag(s *step, size int) *fault {
	at, end := w.pos, w.end
	w.end = w.pos + size
	w.out = append(w.out, s.key...)
	start := len(w.out)
	if f := w.value(s); f != nil {
		return f
	}
	if w.pos < w.end {
		return faultAt(w.pos, "%d bytes left of the tagged field's %d", w.end-w.pos, size)
	}
	w.end = end
	if string(w.out[start:]) == s.absent {
		return faultAt(at, "a tagged field sent with its default")
	}
	return nil
}

func (w *walker) unknownTag(tag int64, size, unknown int) int {
	if unknown == 0 {
		unknown = len(w.out)
		w.out = append(w.out, `,"unknownTaggedFields":{"`...)
	} else {
		w.out = append(w.out, `,"`...)
	}
	w.out = strconv.AppendInt(w.out, tag, 10)
	w.out = append(w.out, `":`...)
	w.out = appendBase64(w.out, w.in[w.pos:w.pos+size])
	w.pos += size
	return unknown
}

// tagged finds a tagged field by its number, nil when this version has none such.
func (l *layout) tagged(tag int64) *step {
	for i := range l.steps {
		if s := &l.steps[i]; s.tag != noTag && int64(s.tag) == tag {
			return s
		}
	}
	return nil
}

// moveTail moves b[tail:] to b[to:] and what was there behind it, in place.
func moveTail(b []byte, to, tail int) {
	if to == tail {
		return
	}
	slices.Reverse(b[to:tail])
	slices.Reverse(b[tail:])
	slices.Reverse(b[to:])
}
