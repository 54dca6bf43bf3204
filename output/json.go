package output

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// jsonAppender is a row that appends its JSON itself, for rows that come by the million: encoding/json takes more than
// a microsecond for each.
type jsonAppender interface {
	AppendJSON(dst []byte) []byte
}

// items turns rows into compact JSON, as encoding/json has them but for HTML, which stays readable, and for characters
// that a terminal would obey, which do not.
type items[T any] struct {
	buf  bytes.Buffer
	json *json.Encoder
	item []byte
}

func newItems[T any]() *items[T] {
	i := new(items[T])
	i.json = json.NewEncoder(&i.buf)
	i.json.SetEscapeHTML(false)
	return i
}

// append appends the item of row without a line end.
func (i *items[T]) append(dst []byte, row *T) ([]byte, error) {
	start := len(dst)
	if own, ok := any(row).(jsonAppender); ok {
		return safeFrom(own.AppendJSON(dst), start), nil
	}
	i.buf.Reset()
	if err := i.json.Encode(row); err != nil {
		return dst, fmt.Errorf("encoding a row: %w", err)
	}
	return safeFrom(append(dst, bytes.TrimSuffix(i.buf.Bytes(), []byte("\n"))...), start), nil
}

// encode returns the item of row without a line end, valid until the next call.
func (i *items[T]) encode(row *T) ([]byte, error) {
	var err error
	i.item, err = i.append(i.item[:0], row)
	return i.item, err
}

// lines writes NDJSON.
type lines[T any] struct {
	out   *bufio.Writer
	items *items[T]
}

func (l *lines[T]) row(row *T) error {
	item, err := l.items.encode(row)
	if err != nil {
		return err
	}
	// One write, so that no line is cut by a flush.
	_, err = l.out.Write(append(item, '\n'))
	return err
}

func (l *lines[T]) close(json.RawMessage) error { return nil }

func (l *lines[T]) line() func([]byte, *T) ([]byte, error) {
	items := newItems[T]()
	return func(dst []byte, row *T) ([]byte, error) {
		dst, err := items.append(dst, row)
		return append(dst, '\n'), err
	}
}

// document writes JSON: the head's members, then one item a line, then the errors.
type document[T any] struct {
	out   *bufio.Writer
	items *items[T]
	sep   string // what parts the next item from what is before it
}

func newDocument[T any](out *bufio.Writer, head json.RawMessage) (*document[T], error) {
	open, err := compact(head, "{}")
	if err != nil {
		return nil, fmt.Errorf("reading the head of the document: %w", err)
	}
	open = bytes.TrimSuffix(open, []byte("}"))
	if len(open) > len("{") {
		open = append(open, ',')
	}
	// A failure stays in the bufio.Writer, which returns it at the next call.
	_, _ = out.Write(append(open, `"items":[`...))
	return &document[T]{out: out, items: newItems[T](), sep: "\n"}, nil
}

func (d *document[T]) row(row *T) error {
	item, err := d.items.encode(row)
	if err != nil {
		return err
	}
	_, _ = d.out.WriteString(d.sep) // a failure comes back from the next line
	_, err = d.out.Write(item)
	d.sep = ",\n"
	return err
}

func (d *document[T]) close(errs json.RawMessage) error {
	list, err := compact(errs, "[]")
	if err != nil {
		return fmt.Errorf("reading the errors of the document: %w", err)
	}
	if d.sep != "\n" {
		_, _ = d.out.WriteString("\n")
	}
	_, err = fmt.Fprintf(d.out, "],\"errors\":%s}\n", list)
	return err
}

// compact returns src, which must be of the kind of empty ("{}" or "[]"), in one line and safe for a terminal; nothing
// and null are empty.
func compact(src json.RawMessage, empty string) ([]byte, error) {
	if src = bytes.TrimSpace(src); len(src) == 0 || string(src) == "null" {
		return []byte(empty), nil
	}
	var b bytes.Buffer
	if err := json.Compact(&b, src); err != nil {
		return nil, err
	}
	if b.Bytes()[0] != empty[0] {
		return nil, errors.New("not the JSON of " + empty)
	}
	return appendSafe(nil, b.Bytes()), nil
}
