package reset

import (
	"bytes"
	"fmt"
	"strings"
)

// splitter cuts CSV into rows of fields as RFC 4180 has them, and like Kafka's tool takes LF, CR LF and CR for the end
// of a row. What is inside quotes stays as it is to the byte.
type splitter struct {
	rest []byte
	line int // of the file, where rest begins
}

// row returns the next row that is not blank and the line it begins at; nil at the end.
func (s *splitter) row() (line int, fields []string, err error) {
	for len(s.rest) > 0 {
		if line = s.line; s.skipBlank() {
			continue
		}
		fields, err = s.fields()
		return line, fields, err
	}
	return 0, nil, nil
}

// skipBlank skips the line if there is nothing on it but spaces and tabs.
func (s *splitter) skipBlank() bool {
	after := bytes.TrimLeft(s.rest, " \t")
	if len(after) > 0 && lineEnd(after) == 0 {
		return false
	}
	s.rest = after
	s.endLine()
	return true
}

// fields reads a row and its line end.
func (s *splitter) fields() ([]string, error) {
	var fields []string
	for {
		f, err := s.field()
		if err != nil {
			return nil, err
		}
		fields = append(fields, f)
		if len(s.rest) == 0 || s.rest[0] != ',' {
			s.endLine()
			return fields, nil
		}
		s.rest = s.rest[1:]
	}
}

// field reads a field, up to the comma or line end after it.
func (s *splitter) field() (string, error) {
	if len(s.rest) > 0 && s.rest[0] == '"' {
		return s.quoted()
	}
	end := bytes.IndexAny(s.rest, ",\r\n")
	if end < 0 {
		end = len(s.rest)
	}
	f := string(s.rest[:end])
	if strings.Contains(f, `"`) {
		return "", fmt.Errorf(`line %d: a quote inside the field %s: quote the whole field, and write "" for the quote`, s.line, f)
	}
	s.rest = s.rest[end:]
	return f, nil
}

// quoted reads a field that a quote begins. A quote inside it is doubled.
func (s *splitter) quoted() (string, error) {
	var f strings.Builder
	begin := s.line
	for s.rest = s.rest[1:]; ; s.rest = s.rest[1:] {
		part, after, closed := bytes.Cut(s.rest, []byte{'"'})
		if !closed {
			return "", fmt.Errorf("line %d: a quote that begins a field is not closed", begin)
		}
		f.Write(part)
		s.line += lineEnds(part)
		if s.rest = after; len(after) == 0 || after[0] != '"' {
			break
		}
		f.WriteByte('"')
	}
	if len(s.rest) > 0 && s.rest[0] != ',' && lineEnd(s.rest) == 0 {
		return "", fmt.Errorf("line %d: text after a quoted field: only a comma or the end of the line may follow", s.line)
	}
	return f.String(), nil
}

func (s *splitter) endLine() {
	s.rest = s.rest[lineEnd(s.rest):]
	s.line++
}

// lineEnd is how many bytes of line end text begins with.
func lineEnd(text []byte) int {
	switch {
	case bytes.HasPrefix(text, []byte("\r\n")):
		return 2
	case bytes.HasPrefix(text, []byte("\n")), bytes.HasPrefix(text, []byte("\r")):
		return 1
	}
	return 0
}

// lineEnds counts the line ends in text.
func lineEnds(text []byte) int {
	return bytes.Count(text, []byte("\n")) + bytes.Count(text, []byte("\r")) - bytes.Count(text, []byte("\r\n"))
}
