package output

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"
)

// yamlDocument writes the document of JSON as YAML. It starts from the JSON, so names, order and numbers are the same.
type yamlDocument struct {
	out   *bufio.Writer
	text  []byte // of the item at hand
	begun bool   // items have been written
}

func newYAML(out *bufio.Writer, head json.RawMessage) (*yamlDocument, error) {
	open, err := compact(head, "{}")
	if err != nil {
		return nil, fmt.Errorf("reading the head of the document: %w", err)
	}
	if len(open) > len("{}") {
		// A failure stays in the bufio.Writer, which returns it at the next call.
		_, _ = out.Write(append(appendYAML(nil, open, 0), '\n'))
	}
	return &yamlDocument{out: out}, nil
}

// item writes an item below its key without indentation, as YAML allows for a sequence.
func (y *yamlDocument) item(item []byte) error {
	if !y.begun {
		_, _ = y.out.WriteString("items:\n") // a failure comes back from the next line
		y.begun = true
	}
	y.text = append(appendYAML(append(y.text[:0], "- "...), item, 2), '\n')
	_, err := y.out.Write(y.text)
	return err
}

func (y *yamlDocument) close(errs json.RawMessage) error {
	list, err := compact(errs, "[]")
	if err != nil {
		return fmt.Errorf("reading the errors of the document: %w", err)
	}
	if !y.begun {
		_, _ = y.out.WriteString("items: []\n") // a failure comes back from the last line
	}
	_, _ = y.out.WriteString("errors:")
	if len(list) == len("[]") {
		_ = y.out.WriteByte(' ')
	} else {
		_ = y.out.WriteByte('\n')
	}
	_, err = y.out.Write(append(appendYAML(nil, list, 0), '\n'))
	return err
}

// appendYAML appends a JSON value, which is compact, as YAML in block style: at a column that dst has come to.
func appendYAML(dst, src []byte, column int) []byte {
	y := yamlText{dst, src}
	y.value(column, false)
	return y.dst
}

// yamlText makes YAML of JSON, token by token: a yaml.Node for each value takes some twenty times as long.
type yamlText struct {
	dst []byte
	src []byte // what is left; it is valid, being ours
}

// value appends one value. A block begins at a column: on a line of its own behind the colon of a key.
func (y *yamlText) value(column int, behindKey bool) {
	open := y.src[0]
	block := (open == '{' || open == '[') && y.src[1] != open+2 // { and }, [ and ] are two apart
	if block {
		y.block(column, behindKey)
		return
	}
	if behindKey {
		y.dst = append(y.dst, ' ')
	}
	switch {
	case open == '{' || open == '[':
		y.dst = append(y.dst, y.src[:2]...)
		y.src = y.src[2:]
	case open == '"':
		y.dst, _ = y.appendString(y.dst)
	default:
		y.word()
	}
}

// block appends an object or array that is not empty.
func (y *yamlText) block(column int, lineFirst bool) {
	object := y.src[0] == '{'
	for y.src[0] != '}' && y.src[0] != ']' {
		y.src = y.src[1:] // what opens it, or a comma
		if lineFirst {
			y.line(column)
		}
		lineFirst = true
		if object {
			y.member(column)
			continue
		}
		y.dst = append(y.dst, "- "...)
		y.value(column+2, false)
	}
	y.src = y.src[1:]
}

func (y *yamlText) line(column int) {
	y.dst = appendBlanks(append(y.dst, '\n'), column)
}

// longKey is what a key without a question mark has at most; YAML has readers take 1024.
const longKey = 128

// member appends a name and its value.
func (y *yamlText) member(column int) {
	start := len(y.dst)
	var size int
	y.dst, size = y.appendString(y.dst)
	y.src = y.src[1:] // the colon
	if size <= longKey {
		y.dst = append(y.dst, ':')
		y.value(column+2, true)
		return
	}
	y.dst = append(y.dst[:start], "? "+string(y.dst[start:])...)
	y.line(column)
	y.dst = append(y.dst, ": "...)
	y.value(column+2, false)
}

// word appends a number, true, false or null.
func (y *yamlText) word() {
	end := 0
	for end < len(y.src) && strings.IndexByte(",]}", y.src[end]) < 0 {
		end++
	}
	word := y.src[:end]
	y.src = y.src[end:]
	if !isLetter(word[0]) && bytes.ContainsAny(word, "eE") {
		word = []byte(yamlNumber(string(word)))
	}
	y.dst = append(y.dst, word...)
}

// appendString appends a string, and says how long it is unquoted, if it is of one line: others are no short keys.
func (y *yamlText) appendString(dst []byte) ([]byte, int) {
	end, plain := 1, true
	for ; y.src[end] != '"'; end++ {
		if b := y.src[end]; !isPlain(b) {
			plain = false
			if b == '\\' {
				end++
			}
		}
	}
	quoted := y.src[:end+1]
	y.src = y.src[end+1:]
	if text := quoted[1:end]; plain {
		if isBare(text) {
			quoted = text
		}
		return append(dst, quoted...), len(text)
	}
	var text string
	_ = json.Unmarshal(quoted, &text) // it is valid
	if isBare([]byte(text)) {
		return append(dst, text...), len(text)
	}
	size := len(text)
	if strings.ContainsAny(text, "\n\r\u0085\u2028\u2029") {
		size = longKey + 1
	}
	return append(appendQuoted(append(dst, '"'), text), '"'), size
}

// appendQuoted appends what is between double quotes.
func appendQuoted(dst []byte, text string) []byte {
	for _, r := range text {
		switch short := yamlEscape(r); {
		case short != 0:
			dst = append(dst, '\\', short)
		case r < ' ', r >= 0x7f && r < 0xa0:
			dst = fmt.Appendf(dst, `\x%02X`, r)
		case r == 0xfeff, r == 0xfffe, r == 0xffff: // YAML calls them not printable
			dst = fmt.Appendf(dst, `\u%04X`, r)
		case r > 0xffff:
			dst = fmt.Appendf(dst, `\U%08X`, r)
		case isHidden(r):
			dst = fmt.Appendf(dst, `\u%04x`, r)
		default:
			dst = utf8.AppendRune(dst, r)
		}
	}
	return dst
}

// yamlEscape is the letter of a short escape; 0: there is none.
func yamlEscape(r rune) byte {
	const runes, letters = "\x00\a\b\t\n\v\f\r\x1b\"\\\u0085\u2028\u2029", `0abtnvfre"\NLP`
	for i, c := range []rune(runes) {
		if c == r {
			return letters[i]
		}
	}
	return 0
}

// isBare reports whether s is text to every YAML reader without quotes. Both versions of YAML tell numbers, dates,
// times and indicators by a first character that is no letter or by a colon or other sign further on; what begins
// with a letter and is not text is one of few words.
func isBare(s []byte) bool {
	if len(s) == 0 || !isLetter(s[0]) || s[len(s)-1] == ' ' {
		return false
	}
	for i := range len(s) {
		if b := s[i]; !isLetter(b) && (b < '0' || b > '9') && strings.IndexByte("_-./ ", b) < 0 {
			return false
		}
	}
	if len(s) > len("infinity") {
		return true
	}
	switch strings.ToLower(string(s)) {
	case "y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf", "infinity":
		return false
	}
	return true
}

func isLetter(b byte) bool { return b|0x20 >= 'a' && b|0x20 <= 'z' }

// yamlNumber spells a JSON number as YAML 1.1 needs it: there 1e3 is text and 1.0e+3 the number.
func yamlNumber(s string) string {
	mantissa, exponent, ok := strings.Cut(strings.ToLower(s), "e")
	if !ok {
		return s
	}
	if !strings.Contains(mantissa, ".") {
		mantissa += ".0"
	}
	if exponent[0] != '+' && exponent[0] != '-' {
		exponent = "+" + exponent
	}
	return mantissa + "e" + exponent
}
