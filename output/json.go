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

// items writes the JSON family: a row becomes an item, of which format makes what it likes.
type items[T any] struct {
	format itemFormat
	enc    itemEncoder
	item   []byte
}

// itemFormat is a format made of items, which are compact JSON and valid until item returns.
type itemFormat interface {
	item([]byte) error
	close(errs json.RawMessage) error
}

func newItems[T any](f itemFormat) *items[T] { return &items[T]{format: f, enc: newItemEncoder()} }

func (i *items[T]) row(row *T) error {
	var err error
	if i.item, err = i.enc.append(i.item[:0], row); err != nil {
		return err
	}
	return i.format.item(i.item)
}

func (i *items[T]) close(errs json.RawMessage) error { return i.format.close(errs) }

func (i *items[T]) line() func([]byte, *T) ([]byte, error) {
	if _, ok := i.format.(*lines); !ok {
		return nil
	}
	enc := newItemEncoder()
	return func(dst []byte, row *T) ([]byte, error) {
		dst, err := enc.append(dst, row)
		return append(dst, '\n'), err
	}
}

// itemEncoder turns rows into compact JSON, as encoding/json has them but for HTML, which stays readable, and for
// characters that a terminal would obey, which do not.
type itemEncoder struct {
	buf  *bytes.Buffer
	json *json.Encoder
}

func newItemEncoder() itemEncoder {
	e := itemEncoder{buf: new(bytes.Buffer)}
	e.json = json.NewEncoder(e.buf)
	e.json.SetEscapeHTML(false)
	return e
}

// append appends the item of row, a pointer, without a line end.
func (e itemEncoder) append(dst []byte, row any) ([]byte, error) {
	start := len(dst)
	if own, ok := row.(jsonAppender); ok {
		return safeFrom(own.AppendJSON(dst), start), nil
	}
	e.buf.Reset()
	if err := e.json.Encode(row); err != nil {
		return dst, fmt.Errorf("encoding a row: %w", err)
	}
	return safeFrom(append(dst, bytes.TrimSuffix(e.buf.Bytes(), []byte("\n"))...), start), nil
}

// lines writes NDJSON.
type lines struct{ out *bufio.Writer }

func (l *lines) item(item []byte) error {
	// One write, so that no line is cut by a flush.
	_, err := l.out.Write(append(item, '\n'))
	return err
}

func (l *lines) close(json.RawMessage) error { return nil }

// document writes JSON: the head's members, then one item a line, then the errors.
type document struct {
	out *bufio.Writer
	sep string // what parts the next item from what is before it
}

func newDocument(out *bufio.Writer, head json.RawMessage) (*document, error) {
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
	return &document{out: out, sep: "\n"}, nil
}

func (d *document) item(item []byte) error {
	_, _ = d.out.WriteString(d.sep) // a failure comes back from the next line
	_, err := d.out.Write(item)
	d.sep = ",\n"
	return err
}

func (d *document) close(errs json.RawMessage) error {
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
