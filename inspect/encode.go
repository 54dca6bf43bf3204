package inspect

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// EncodeKey makes a record's key of what AppendKey appends. The name may be left out.
func (t Topic) EncodeKey(text []byte) ([]byte, error) {
	var k struct {
		Type *int16  `json:"type"`
		Name *string `json:"name"`
		Data any     `json:"data"`
	}
	if err := readJSON(text, &k); err != nil {
		return nil, fmt.Errorf("key: %w", err)
	}
	if k.Type == nil {
		return nil, errors.New("key: no type")
	}
	r := t.recordType(*k.Type)
	if r == nil {
		return nil, fmt.Errorf("key: unknown record type %d", *k.Type)
	}
	if k.Name != nil && *k.Name != r.name {
		return nil, fmt.Errorf("key: type %d is %s, not %q", r.id, r.name, *k.Name)
	}
	return encodeData("key", r.id, r.key, k.Data)
}

// EncodeValue makes the value of a record whose key is of the type given, of what AppendValue
// appends: nil, a tombstone, of null.
func (t Topic) EncodeValue(keyType int16, text []byte) ([]byte, error) {
	var v *struct {
		Version *int16 `json:"version"`
		Data    any    `json:"data"`
	}
	if err := readJSON(text, &v); err != nil {
		return nil, fmt.Errorf("value: %w", err)
	}
	if v == nil {
		return nil, nil
	}
	if v.Version == nil {
		return nil, errors.New("value: no version")
	}
	l, err := t.valueLayout(keyType, *v.Version)
	if err != nil {
		return nil, fmt.Errorf("value: %w", err)
	}
	return encodeData("value", *v.Version, l, v.Data)
}

func encodeData(what string, number int16, l *layout, data any) ([]byte, error) {
	e := encoder{out: []byte{byte(number >> 8), byte(number)}}
	if f := e.structure(l, data); f != nil {
		return nil, f.in("data").error(what)
	}
	return e.out, nil
}

// readJSON reads one JSON value and nothing behind it; numbers keep all their digits.
func readJSON(text []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("more than one JSON value")
	}
	return nil
}

// describe names a JSON value in an error.
func describe(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case bool:
		return strconv.FormatBool(v)
	case json.Number:
		return v.String()
	case string:
		return strconv.Quote(v)
	case []any:
		return "an array"
	}
	return "an object"
}
