package clientconfig

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Property is one key of a configuration.
type Property struct {
	Key, Value string
	Origin     string   // where it stands: a file's path, a flag, an environment variable
	Line       int      // of the file, from 1; 0: it is in none
	Rank       int      // of its source: flags, file and environment each have one, the higher goes before
	Files      []string // whose text came into the value by variables
}

// Format implements fmt.Formatter: key and place, since the value may be a secret.
func (p Property) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, p.Key+" of "+p.Where()) }

// Where is the place of a property, for errors.
func (p Property) Where() string {
	if p.Line == 0 {
		return p.Origin
	}
	return fmt.Sprintf("%s, line %d", p.Origin, p.Line)
}

// errorf is an error about the property. It never has the value in it, which may be a secret.
func (p Property) errorf(format string, args ...any) error {
	return fmt.Errorf("%s: %s: %w", p.Where(), p.Key, fmt.Errorf(format, args...))
}

// Parse reads the format of java.util.Properties: '#' and '!' comments, '=', ':' or white space between key and value, '\'
// before a line end to go on, \t \n \r \f \uXXXX escapes. A byte order mark is skipped. The last of several equal keys
// counts, as in Java. Text is UTF-8 or, where it cannot be, ISO-8859-1, which is all that Java knows here. origin is what
// errors call the text: a file's path.
func Parse(origin, text string) ([]Property, error) {
	text = strings.TrimPrefix(decode(text), "\ufeff")
	lines := strings.Split(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text), "\n")
	var out []Property
	for next := 0; next < len(lines); {
		first := next
		line := strings.TrimLeft(lines[first], propertyBlanks)
		if line == "" || line[0] == '#' || line[0] == '!' || line == `\` { // nothing to go on with: the next line may still be blank or a comment
			next++
			continue
		}
		line, next = logicalLine(lines, first)
		key, value := splitProperty(line)
		p := Property{Origin: origin, Line: first + 1}
		var err error
		if p.Key, err = unescapeProperty(key); err != nil {
			return nil, fmt.Errorf("%s: %w", p.Where(), err)
		}
		if p.Value, err = unescapeProperty(value); err != nil {
			return nil, fmt.Errorf("%s: %w", p.Where(), err)
		}
		out = append(out, p)
	}
	return out, nil
}

// decode takes text that is not UTF-8 for ISO-8859-1, of which every byte is one character.
func decode(text string) string {
	if utf8.ValidString(text) {
		return text
	}
	var b strings.Builder
	for i := range len(text) {
		b.WriteRune(rune(text[i]))
	}
	return b.String()
}

// propertyBlanks are white space to java.util.Properties.
const propertyBlanks = " \t\f"

// logicalLine is a line with those that it goes on with, and the index of the one after them.
func logicalLine(lines []string, first int) (line string, next int) {
	var b strings.Builder
	for next = first; next < len(lines); next++ {
		piece := strings.TrimLeft(lines[next], propertyBlanks)
		if !continues(piece) { // what the pieces before end in is an even number of backslashes, which changes nothing
			b.WriteString(piece)
			return b.String(), next + 1
		}
		b.WriteString(piece[:len(piece)-1])
	}
	return b.String(), next
}

// continues reports whether the line ends in an odd number of backslashes.
func continues(line string) bool {
	return (len(line)-len(strings.TrimRight(line, `\`)))%2 == 1
}

// splitProperty cuts at the first separator that is not escaped.
func splitProperty(line string) (key, value string) {
	end := len(line)
	for i := 0; i < len(line); i++ {
		if line[i] == '\\' {
			i++
			continue
		}
		if strings.IndexByte("=: \t\f", line[i]) >= 0 {
			end = i
			break
		}
	}
	rest := strings.TrimLeft(line[end:], propertyBlanks)
	if rest != "" && (rest[0] == '=' || rest[0] == ':') {
		rest = strings.TrimLeft(rest[1:], propertyBlanks)
	}
	return line[:end], rest
}

func unescapeProperty(s string) (string, error) {
	if !strings.Contains(s, `\`) {
		return s, nil
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		i++
		switch s[i] {
		case 't':
			b.WriteByte('\t')
		case 'n':
			b.WriteByte('\n')
		case 'r':
			b.WriteByte('\r')
		case 'f':
			b.WriteByte('\f')
		case 'u':
			r, err := unicodeEscape(s[i-1:])
			if err != nil {
				return "", err
			}
			i += 4
			if low, err := unicodeEscape(s[i+1:]); err == nil && utf16.DecodeRune(r, low) != utf8.RuneError {
				r = utf16.DecodeRune(r, low)
				i += 6
			}
			b.WriteRune(r)
		default:
			b.WriteByte(s[i])
		}
	}
	return b.String(), nil
}

// errUnicodeEscape has nothing of the text in it, which may be of a password.
var errUnicodeEscape = errors.New(`malformed \u escape: four hexadecimal digits follow \u, and a backslash itself is written \\`)

// unicodeEscape reads the \uXXXX that s begins with: one UTF-16 unit.
func unicodeEscape(s string) (rune, error) {
	if len(s) < 6 || s[:2] != `\u` {
		return 0, errUnicodeEscape
	}
	r, err := strconv.ParseUint(s[2:6], 16, 16)
	if err != nil {
		return 0, errUnicodeEscape
	}
	return rune(r), nil
}
