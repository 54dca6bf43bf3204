package reset

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/offsetctl/offsetctl/internal/cluster"
)

// Line is one row of Kafka's reset CSV: where a partition is to go.
type Line struct {
	Number int    // the line of the file that the row begins at, from 1
	Group  string // empty in the shape without groups
	cluster.TP
	Offset int64
}

// CSV is a file that kafka-consumer-groups.sh takes with --from-file and prints with --export.
type CSV struct {
	Lines   []Line // in the order of the file; at least one
	Grouped bool   // the rows are group,topic,partition,offset; else topic,partition,offset
}

// shape says what a row with so many fields is.
func shape(fields int) string {
	switch fields {
	case 3:
		return "a row is topic,partition,offset"
	case 4:
		return "a row is group,topic,partition,offset"
	}
	return "a row is topic,partition,offset or group,topic,partition,offset"
}

// ParseCSV reads Kafka's reset CSV. The first row says which of the two shapes all have. Errors begin with the line.
//
// It takes what the file has been through: a byte order mark, CRLF, blank lines, spaces around numbers. It is no
// encoding/csv, which makes one line feed of a CR LF inside quotes: such a name would become another.
func ParseCSV(text []byte) (*CSV, error) {
	s := splitter{rest: withoutBOM(text), line: 1}
	c, seen := new(CSV), map[Line]int{}
	for {
		number, fields, err := s.row()
		if err != nil {
			return nil, err
		}
		if fields == nil {
			break
		}
		l, err := c.line(fields)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w; %s", number, err, shape(c.width(len(fields))))
		}
		key := Line{Group: l.Group, TP: l.TP}
		if first, ok := seen[key]; ok {
			return nil, fmt.Errorf("line %d: partition %d of %q is on line %d already: remove one of them", number, l.Partition, l.Topic, first)
		}
		seen[key], l.Number = number, number
		c.Lines = append(c.Lines, l)
	}
	if len(c.Lines) == 0 {
		return nil, errors.New("the file has no rows; " + shape(0))
	}
	return c, nil
}

// line reads the fields of a row, which for the first row decide the shape.
func (c *CSV) line(fields []string) (l Line, err error) {
	first := len(c.Lines) == 0
	if first && isHeader(fields) {
		return l, errors.New("it is a header, and this format has none")
	}
	if len(fields) < 3 || len(fields) > 4 || len(fields) != c.width(len(fields)) {
		return l, c.misshapen(fields)
	}
	c.Grouped = len(fields) == 4
	names, numbers := fields[:len(fields)-2], fields[len(fields)-2:]
	for _, name := range names {
		if !utf8.ValidString(name) {
			return l, fmt.Errorf("the name %q is not UTF-8", name)
		}
	}
	if c.Grouped {
		l.Group = names[0]
	}
	if l.Topic = names[len(names)-1]; l.Topic == "" {
		return l, errors.New("the topic is empty")
	}
	partition, err := csvNumber("partition", numbers[0], 31)
	if err != nil {
		return l, err
	}
	l.Partition = int32(partition)
	l.Offset, err = csvNumber("offset", numbers[1], 63)
	return l, err
}

// width is how many fields a row has; while there are none, as many as the first one.
func (c *CSV) width(first int) int {
	switch {
	case len(c.Lines) == 0:
		return first
	case c.Grouped:
		return 4
	}
	return 3
}

func (c *CSV) misshapen(fields []string) error {
	if printed := fields[0]; strings.HasPrefix(printed, "Warn:") || strings.HasPrefix(printed, "Error:") {
		return fmt.Errorf("%q is what Kafka's tool prints among the rows of its export: remove the line", printed)
	}
	return fmt.Errorf("it has another number of fields, %d", len(fields))
}

// isHeader reports whether a row is made of the names of columns, as those of -o csv are.
func isHeader(fields []string) bool {
	return slices.ContainsFunc(fields, func(f string) bool { return strings.EqualFold(strings.TrimSpace(f), "partition") }) &&
		!slices.ContainsFunc(fields, func(f string) bool { _, err := csvNumber("", f, 63); return err == nil })
}

// csvNumber reads a number of 0 or more that has at most so many bits.
func csvNumber(what, text string, bits int) (int64, error) {
	n, err := strconv.ParseUint(strings.Trim(text, " \t"), 10, bits)
	if errors.Is(err, strconv.ErrRange) {
		return 0, fmt.Errorf("the %s is above %d: %q", what, uint64(1)<<bits-1, text)
	}
	if err != nil {
		return 0, fmt.Errorf("the %s is no number of 0 or more: %q", what, text)
	}
	return int64(n), nil
}

// AppendCSV appends the rows of the plan that have a new position, in the plan's order, in the shape with groups or the
// one without. kafka-consumer-groups.sh reads them, but for names with a line feed, which it cannot.
func AppendCSV(dst []byte, p *Plan, grouped bool) []byte {
	for i := range p.Groups {
		g := &p.Groups[i]
		for k := range g.Changes {
			if c := &g.Changes[k]; c.New != nil && (c.Result == Planned || c.Result == Unchanged || c.Result == Applied) {
				dst = appendCSVRow(dst, g.Name, c, grouped)
			}
		}
	}
	return dst
}

func appendCSVRow(dst []byte, group string, c *Change, grouped bool) []byte {
	if grouped {
		dst = append(appendCSVName(dst, group), ',')
	}
	dst = append(appendCSVName(dst, c.Topic), ',')
	dst = append(strconv.AppendInt(dst, int64(c.Partition), 10), ',')
	return append(strconv.AppendInt(dst, c.New.Offset, 10), '\n')
}

// appendCSVName quotes a name that would not be read as it is. That includes one with spaces, which readers may trim,
// and one that begins like a file with a byte order mark, or like JSON.
func appendCSVName(dst []byte, name string) []byte {
	if !strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r == ',' || r == '"' }) && !strings.HasPrefix(name, bom) && !strings.HasPrefix(name, "{") {
		return append(dst, name...)
	}
	dst = append(dst, '"')
	dst = append(dst, strings.ReplaceAll(name, `"`, `""`)...)
	return append(dst, '"')
}

// bom is the byte order mark that some editors put before a text.
const bom = "\uFEFF"

func withoutBOM(text []byte) []byte { return bytes.TrimPrefix(text, []byte(bom)) }
