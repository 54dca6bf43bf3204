package inspect

import (
	"encoding/base64"
	"unicode/utf8"
)

const hexDigits = "0123456789ABCDEF"

// appendString appends text as a JSON string, escaped as Kafka's tools do: quotes, backslashes and
// control characters only. ok is false for what is not UTF-8, which JSON cannot carry.
func appendString(dst, b []byte) (_ []byte, ok bool) {
	dst = append(dst, '"')
	from, ascii := 0, true
	for i, c := range b {
		if c >= utf8.RuneSelf {
			ascii = false
		}
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		dst = appendEscape(append(dst, b[from:i]...), c)
		from = i + 1
	}
	dst = append(append(dst, b[from:]...), '"')
	return dst, ascii || utf8.Valid(b)
}

func appendEscape(dst []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\b':
		return append(dst, `\b`...)
	case '\t':
		return append(dst, `\t`...)
	case '\n':
		return append(dst, `\n`...)
	case '\f':
		return append(dst, `\f`...)
	case '\r':
		return append(dst, `\r`...)
	}
	return append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
}

func appendBase64(dst, b []byte) []byte {
	dst = append(dst, '"')
	dst = base64.StdEncoding.AppendEncode(dst, b)
	return append(dst, '"')
}
