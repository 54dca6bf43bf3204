package output

import (
	"bufio"
	"bytes"
	"encoding/json"
)

// separated writes TSV and CSV.
type separated[T any] struct {
	out  *bufio.Writer
	cols []Column[T]
	csv  bool
	buf  []byte
}

func newSeparated[T any](out *bufio.Writer, f Format, o Options, cols []Column[T]) *separated[T] {
	s := &separated[T]{out: out, cols: cols, csv: f == CSV, buf: make([]byte, 0, 512)}
	if o.Headers {
		// A failure stays in the bufio.Writer, which returns it at the next call.
		_ = s.write(func(dst []byte, c *Column[T]) []byte { return append(dst, c.Name...) })
	}
	return s
}

func (s *separated[T]) row(row *T) error {
	return s.write(func(dst []byte, c *Column[T]) []byte { return c.appendCell(dst, row) })
}

// write writes one line, with cell appending each of its cells.
func (s *separated[T]) write(cell func([]byte, *Column[T]) []byte) error {
	s.buf = s.append(s.buf[:0], cell)
	_, err := s.out.Write(s.buf)
	return err
}

func (s *separated[T]) line() func([]byte, *T) ([]byte, error) {
	return func(dst []byte, row *T) ([]byte, error) {
		return s.append(dst, func(dst []byte, c *Column[T]) []byte { return c.appendCell(dst, row) }), nil
	}
}

// append appends one line, with cell appending each of its cells.
func (s *separated[T]) append(line []byte, cell func([]byte, *Column[T]) []byte) []byte {
	sep := byte('\t')
	if s.csv {
		sep = ','
	}
	for i := range s.cols {
		if i > 0 {
			line = append(line, sep)
		}
		start := len(line)
		line = cell(line, &s.cols[i])
		if s.csv {
			line = quoteFrom(line, start, len(s.cols) == 1)
		}
	}
	return append(line, '\n')
}

// quoteFrom puts line[start:] in quotes if CSV needs them: lone says that the line has no other cell.
func quoteFrom(line []byte, start int, lone bool) []byte {
	cell := line[start:]
	empty := lone && len(cell) == 0 // readers skip an empty line
	if !empty && !needsQuotes(cell) {
		return line
	}
	quoted := bytes.ReplaceAll(cell, []byte(`"`), []byte(`""`))
	line = append(line[:start], '"')
	line = append(line, quoted...)
	return append(line, '"')
}

// needsQuotes goes beyond RFC 4180 for blanks at either end, which some readers trim. Line breaks are escaped already.
func needsQuotes(cell []byte) bool {
	if len(cell) > 0 && (cell[0] == ' ' || cell[len(cell)-1] == ' ') {
		return true
	}
	for _, b := range cell {
		if b == ',' || b == '"' {
			return true
		}
	}
	return false
}

func (s *separated[T]) close(json.RawMessage) error { return nil }

// names writes each distinct name when it is first seen.
type names[T any] struct {
	out  *bufio.Writer
	name func(*T) string
	null bool
	seen map[string]bool
	line []byte
}

func (n *names[T]) row(row *T) error {
	name := n.name(row)
	if n.seen[name] {
		return nil
	}
	n.seen[name] = true
	n.line = append(n.line[:0], name...)
	if n.null {
		n.line = append(n.line, 0)
	} else {
		n.line = append(escapeFrom(n.line, 0), '\n')
	}
	_, err := n.out.Write(n.line)
	return err
}

func (n *names[T]) close(json.RawMessage) error { return nil }
