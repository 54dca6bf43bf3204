// Package output writes rows as a table, tab- or comma-separated lines, JSON, YAML or a list of names.
//
// A command describes its rows once: a struct whose encoding/json form is the item of the JSON family, and a list of
// [Column] for the text formats. The package knows nothing of Kafka.
//
// Rules that hold in every format:
//   - Rows come out in the order they went in; the same rows and options give the same bytes in any environment.
//   - Unknown is "-" in text and null in JSON. A known cell that reads "-" is shown as "\x2d".
//   - One row is one line of text, whatever the cell holds: see [AppendEscaped].
//   - The first error stands: it is returned from then on and nothing more is written.
package output

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Format is the word given to -o.
type Format string

// The formats this package writes. A command may know others of its own.
const (
	Table  Format = "table"  // aligned columns for a terminal
	Wide   Format = "wide"   // Table with the Wide columns and nothing shortened
	TSV    Format = "tsv"    // one row a line, cells parted by a tab
	CSV    Format = "csv"    // RFC 4180, lines ending in LF
	JSON   Format = "json"   // one document: head, items, errors
	NDJSON Format = "ndjson" // one item a line
	YAML   Format = "yaml"   // the JSON document as YAML
	Name   Format = "name"   // distinct names, one a line
)

// ParseFormat returns the format called s if it is among allowed. "jsonl" is another word for NDJSON.
func ParseFormat(s string, allowed ...Format) (Format, error) {
	f := Format(s)
	if s == "jsonl" {
		f = NDJSON
	}
	if slices.Contains(allowed, f) {
		return f, nil
	}
	have := make([]string, len(allowed))
	for i, a := range allowed {
		have[i] = string(a)
	}
	return "", fmt.Errorf("unknown output format %q; have %s", s, strings.Join(have, ", "))
}

// Tone is how a cell is coloured. It repeats what the cell's text says and never carries meaning alone.
type Tone int

// The tones, from ordinary to remarkable; Faint is for what may be overlooked.
const (
	Plain Tone = iota
	Good
	Warn
	Bad
	Faint
)

// Column is one column of the text formats.
type Column[T any] struct {
	Name    string        // header, printed verbatim
	Wide    bool          // shown in Wide only
	Right   bool          // aligned right: numbers
	Shorten bool          // may lose its middle to … in Table where that makes the line fit the terminal
	Tone    func(*T) Tone // nil is Plain

	// Append appends the raw cell to dst and returns the result, as strconv.AppendInt does. Returning nil says that
	// the value is unknown; returning dst as it came says that it is known and empty.
	Append func(dst []byte, row *T) []byte
}

// Options is what the user and the terminal decide about the form of the output.
type Options struct {
	Headers bool            // header line in Table, Wide, TSV and CSV
	Color   bool            // colour in Table and Wide
	Width   int             // columns of the terminal, for Table; 0 is unlimited
	Block   int             // rows after which Table and Wide draw what they have; 0 is all rows at the end
	Null    bool            // Name writes names raw, each ended by NUL
	Head    json.RawMessage // JSON object whose members open the JSON and YAML documents; nil is none
}

// Writer writes rows in one format. It buffers: nothing is certain to be written before Close returns nil.
type Writer[T any] struct {
	out *bufio.Writer
	enc encoder[T]
	err error // the first error, or errClosed
}

// encoder is one format. What it writes to its bufio.Writer, the Writer flushes.
type encoder[T any] interface {
	row(*T) error
	close(errs json.RawMessage) error
}

var errClosed = errors.New("output: writer is closed")

// bufferSize lets a large listing go out in few system calls.
const bufferSize = 64 << 10

// New opens a writer of rows in format f. name gives what Name prints for a row and may be nil if f is another format.
// A mistake in the arguments, such as a Head that is not an object, is returned by Row and Close.
func New[T any](w io.Writer, f Format, o Options, cols []Column[T], name func(*T) string) *Writer[T] {
	out := bufio.NewWriterSize(w, bufferSize)
	enc, err := newEncoder(out, f, o, cols, name)
	return &Writer[T]{out: out, enc: enc, err: err}
}

func newEncoder[T any](out *bufio.Writer, f Format, o Options, cols []Column[T], name func(*T) string) (encoder[T], error) {
	if f != Wide {
		cols = slices.DeleteFunc(slices.Clone(cols), func(c Column[T]) bool { return c.Wide })
	}
	switch f {
	case Table:
		return newTable(out, o, cols), nil
	case Wide:
		o.Width = 0
		return newTable(out, o, cols), nil
	case TSV, CSV:
		return newSeparated(out, f, o, cols), nil
	case JSON:
		doc, err := newDocument(out, o.Head)
		return newItems[T](doc), err
	case NDJSON:
		return newItems[T](&lines{out}), nil
	case YAML:
		doc, err := newYAML(out, o.Head)
		return newItems[T](doc), err
	case Name:
		if name == nil {
			return nil, errors.New("output: these rows have no name")
		}
		return &names[T]{out: out, name: name, null: o.Null, seen: map[string]bool{}}, nil
	}
	return nil, fmt.Errorf("output: no writer for format %q", string(f))
}

// Row writes one row. The row is not kept.
func (w *Writer[T]) Row(row *T) error {
	if w.err == nil {
		w.err = w.enc.row(row)
	}
	return w.err
}

// lineMaker is a format in which a row is a line of its own, whatever comes before.
type lineMaker[T any] interface {
	line() func(dst []byte, row *T) ([]byte, error)
}

// Lines returns what appends the line of a row, for rows by the million, of which several goroutines make the lines
// for WriteLines: each needs a function of its own. nil: in this format a row is no line, use Row.
func (w *Writer[T]) Lines() func(dst []byte, row *T) ([]byte, error) {
	if m, ok := w.enc.(lineMaker[T]); ok {
		return m.line()
	}
	return nil
}

// WriteLines writes whole lines that functions of Lines have made.
func (w *Writer[T]) WriteLines(lines []byte) error {
	if w.err == nil {
		_, w.err = w.out.Write(lines)
	}
	return w.err
}

// Flush hands complete rows to the underlying writer, for commands that follow something. Table and Wide without
// Block keep rows back until Close.
func (w *Writer[T]) Flush() error {
	if e, ok := w.enc.(interface{ flush() error }); ok && w.err == nil {
		w.err = e.flush()
	}
	if w.err == nil {
		w.err = w.out.Flush()
	}
	return w.err
}

// Close ends the output. errs is the JSON array printed as "errors" in JSON and YAML, nil being the empty one; the other
// formats leave it out. The underlying writer is not closed.
func (w *Writer[T]) Close(errs json.RawMessage) error {
	if w.err != nil {
		return w.err
	}
	if w.err = w.enc.close(errs); w.err != nil {
		return w.err
	}
	if w.err = w.out.Flush(); w.err != nil {
		return w.err
	}
	w.err = errClosed
	return nil
}
