package output

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

const hexDigits = "0123456789abcdef"

// AppendEscaped appends s to dst in the form in which every text format shows what came from outside: `\t`, `\n`, `\r`
// and `\\` for tab, line feed, carriage return and backslash, and `\xNN` for each byte of the other control
// characters, of characters that are invisible and change the direction or the lines of the text around them, and of
// what is not UTF-8. Everything else stands for itself. [Unescape] gives s back.
func AppendEscaped(dst []byte, s string) []byte {
	for i := 0; i < len(s); {
		if b := s[i]; isPlain(b) {
			dst = append(dst, b)
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == '\t':
			dst = append(dst, `\t`...)
		case r == '\n':
			dst = append(dst, `\n`...)
		case r == '\r':
			dst = append(dst, `\r`...)
		case r == '\\':
			dst = append(dst, `\\`...)
		case isHidden(r) || r == utf8.RuneError && size == 1:
			dst = appendHex(dst, s[i:i+size])
		default:
			dst = append(dst, s[i:i+size]...)
		}
		i += size
	}
	return dst
}

func appendHex(dst []byte, s string) []byte {
	for i := range len(s) {
		dst = append(dst, '\\', 'x', hexDigits[s[i]>>4], hexDigits[s[i]&15])
	}
	return dst
}

// isPlain reports whether b is printable ASCII other than the backslash.
func isPlain(b byte) bool { return b-' ' < 0x7f-' ' && b != '\\' }

// isHidden reports whether r could do something to a terminal instead of being seen: C0, DEL, C1, line and paragraph
// separator, the directional marks, embeddings, overrides and isolates of Unicode UAX #9, and the byte order mark,
// which readers swallow at the start of a file.
func isHidden(r rune) bool {
	switch {
	case r < ' ', r >= 0x7f && r <= 0x9f:
		return true
	case r < 0x61c:
		return false
	case r == 0x61c, r == 0x200e, r == 0x200f, r == 0xfeff:
		return true
	}
	return r >= 0x2028 && r <= 0x202e || r >= 0x2066 && r <= 0x2069
}

// Unescape undoes [AppendEscaped]. It takes `\xNN` for any byte and in either case, and refuses every other use of the
// backslash.
func Unescape(s string) (string, error) {
	if strings.IndexByte(s, '\\') < 0 {
		return s, nil
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); {
		if s[i] != '\\' {
			out = append(out, s[i])
			i++
			continue
		}
		b, size, err := unescapeByte(s[i:])
		if err != nil {
			return "", fmt.Errorf("undoing escapes of %q at byte %d: %w", s, i, err)
		}
		out = append(out, b)
		i += size
	}
	return string(out), nil
}

var errEscape = errors.New(`a backslash must begin \t, \n, \r, \\ or \xNN`)

// unescapeByte reads the escape that s begins with.
func unescapeByte(s string) (b byte, size int, err error) {
	if len(s) < 2 {
		return 0, 0, errEscape
	}
	switch s[1] {
	case 't':
		return '\t', 2, nil
	case 'n':
		return '\n', 2, nil
	case 'r':
		return '\r', 2, nil
	case '\\':
		return '\\', 2, nil
	case 'x':
		if len(s) < 4 {
			return 0, 0, errEscape
		}
		n, err := strconv.ParseUint(s[2:4], 16, 8)
		if err != nil {
			return 0, 0, errEscape
		}
		return byte(n), 4, nil
	}
	return 0, 0, errEscape
}

// appendCell appends the cell of row as every text format shows it.
func (c *Column[T]) appendCell(dst []byte, row *T) []byte {
	start := len(dst)
	raw := c.Append(dst, row)
	if raw == nil {
		return append(dst, '-')
	}
	return escapeFrom(raw, start)
}

// escapeFrom escapes line[start:] in place. Nearly every cell needs nothing, hence no second buffer.
func escapeFrom(line []byte, start int) []byte {
	cell := line[start:]
	if len(cell) == 1 && cell[0] == '-' {
		return append(line[:start], `\x2d`...)
	}
	for _, b := range cell {
		if !isPlain(b) {
			return AppendEscaped(line[:start], string(cell))
		}
	}
	return line
}

// safeFrom makes what dst has from start on safe, as appendSafe does. Nearly all text is ASCII and needs nothing.
func safeFrom(dst []byte, start int) []byte {
	text := dst[start:]
	for len(text) >= 8 {
		// A byte that is not below 0x7f has, of itself or of itself plus one, the upper bit.
		if w := binary.LittleEndian.Uint64(text); (w|(w+0x0101010101010101))&0x8080808080808080 != 0 {
			return appendSafe(dst[:start], bytes.Clone(dst[start:]))
		}
		text = text[8:]
	}
	for _, b := range text {
		if b >= 0x7f {
			return appendSafe(dst[:start], bytes.Clone(dst[start:]))
		}
	}
	return dst
}

// appendSafe appends text, in which what isHidden can stand only inside double quotes, with that as the \uNNNN that
// JSON and YAML share. encoding/json leaves DEL, C1 and direction marks as they are, and a terminal obeys them.
func appendSafe(dst, text []byte) []byte {
	for i := 0; i < len(text); {
		if b := text[i]; b < 0x7f {
			dst = append(dst, b)
			i++
			continue
		}
		r, size := utf8.DecodeRune(text[i:])
		if isHidden(r) {
			dst = append(dst, '\\', 'u', hexDigits[r>>12], hexDigits[r>>8&15], hexDigits[r>>4&15], hexDigits[r&15])
		} else {
			dst = append(dst, text[i:i+size]...)
		}
		i += size
	}
	return dst
}
