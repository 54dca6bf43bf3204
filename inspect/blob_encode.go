package inspect

import (
	"encoding/binary"
	"encoding/json"
	"math"
)

// encodeBlob makes the bytes of a blob that was decoded in place; beside is what stood beside it.
func encodeBlob(s *step, fields map[string]any, beside any) ([]byte, *fault) {
	layouts := inPlaceLayouts(s.role)
	if layouts == nil {
		return nil, refuse("base64", fields)
	}
	version, rest, f := blobFrame(beside, newestFor(layouts, fields))
	if f != nil {
		return nil, f
	}
	e := encoder{out: binary.BigEndian.AppendUint16(nil, uint16(version))}
	if f := e.structure(layouts[min(version, len(layouts)-1)], fields); f != nil {
		return nil, f
	}
	return append(e.out, rest...), nil
}

// blobFrame reads version and trailing bytes of a blob; without them it has the version given.
func blobFrame(beside any, version int) (_ int, rest []byte, f *fault) {
	if beside == nil {
		return version, nil, nil
	}
	object, ok := beside.(map[string]any)
	if !ok {
		return 0, nil, refuse("an object", beside)
	}
	number, ok := object["version"].(json.Number)
	v, err := number.Int64()
	if !ok || err != nil || v < 0 || v > math.MaxInt16 {
		return 0, nil, refuse("the blob's version", object["version"])
	}
	if text, ok := object[trailingBytes].(string); ok {
		rest, f = base64Bytes(text)
	}
	return int(v), rest, f
}

// newestFor is the highest version whose fields are all there.
func newestFor(layouts []*layout, fields map[string]any) int {
	for v := len(layouts) - 1; v > 0; v-- {
		if layouts[v].allIn(fields) {
			return v
		}
	}
	return 0
}

func (l *layout) allIn(fields map[string]any) bool {
	for i := range l.steps {
		if _, ok := fields[l.steps[i].name]; !ok {
			return false
		}
	}
	return true
}
