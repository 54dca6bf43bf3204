package clientconfig

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// loginModule is the one entry of sasl.jaas.config.
type loginModule struct {
	Class   string
	Options map[string]string
}

// Short is the class without its package.
func (m loginModule) Short() string { return m.Class[strings.LastIndexByte(m.Class, '.')+1:] }

// parseJAAS reads a value of sasl.jaas.config: `Class flag name="value" … ;`, as JaasConfig.java does with a
// java.io.StreamTokenizer. Unlike there, an unquoted value may begin with a digit. Errors say at which character, and have
// nothing of the text in them, where a name may be a piece of a value that was not quoted well.
func parseJAAS(text string) (loginModule, error) {
	t := tokenizer{text: text}
	m, err := t.entry()
	if err != nil {
		return loginModule{}, err
	}
	if next, err := t.next(); err != nil || next.kind != endOfText {
		return loginModule{}, t.errorf("one login module is expected, and more text follows its semicolon")
	}
	return m, nil
}

func (t *tokenizer) entry() (loginModule, error) {
	class, err := t.next()
	switch {
	case err != nil:
		return loginModule{}, err
	case class.kind == endOfText:
		return loginModule{}, errors.New("it is empty: a login module is expected, as in: org.apache.kafka.common.security.plain.PlainLoginModule required username=\"…\" password=\"…\";")
	case class.kind == punctuation:
		return loginModule{}, t.errorf("the name of a login module is expected")
	}
	flag, err := t.next()
	if err != nil {
		return loginModule{}, err
	}
	if !isControlFlag(flag) {
		return loginModule{}, t.errorf("after the login module comes its control flag: required")
	}
	m := loginModule{Class: class.text, Options: map[string]string{}}
	for {
		name, err := t.next()
		switch {
		case err != nil:
			return loginModule{}, err
		case name.kind == punctuation && name.text == ";":
			return m, nil
		case name.kind == endOfText:
			return loginModule{}, t.errorf("the semicolon at the end is missing")
		case name.kind == punctuation:
			return loginModule{}, t.errorf("the name of an option is expected: is a value with other than letters and digits not in quotes, or a quote in it without a backslash?")
		}
		value, err := t.value()
		if err != nil {
			return loginModule{}, err
		}
		m.Options[name.text] = value
	}
}

// value reads what follows the name of an option.
func (t *tokenizer) value() (string, error) {
	equals, err := t.next()
	if err != nil {
		return "", err
	}
	if equals.kind != punctuation || equals.text != "=" {
		return "", t.errorf("after a name comes =: has a value a quote in it without a backslash?")
	}
	v, err := t.next()
	if err != nil {
		return "", err
	}
	if v.kind == punctuation || v.kind == endOfText {
		return "", t.errorf("a value is missing, or has to be in quotes")
	}
	return v.text, nil
}

func isControlFlag(t token) bool {
	switch strings.ToLower(t.text) {
	case "required", "requisite", "sufficient", "optional":
		return t.kind != punctuation
	}
	return false
}

type tokenKind int

const (
	endOfText tokenKind = iota
	word
	quoted
	punctuation
)

type token struct {
	kind tokenKind
	text string
}

// tokenizer cuts a text as java.io.StreamTokenizer does with the settings of JaasConfig.java.
type tokenizer struct {
	text  string
	at    int // next byte
	start int // of the last token
}

// errorf says where: characters count from 1.
func (t *tokenizer) errorf(format string, args ...any) error {
	return fmt.Errorf("at character %d: %s", utf8.RuneCountInString(t.text[:t.start])+1, fmt.Sprintf(format, args...))
}

func (t *tokenizer) next() (token, error) {
	t.skip()
	t.start = t.at
	if t.at == len(t.text) {
		return token{}, nil
	}
	switch c := t.text[t.at]; {
	case c == '"', c == '\'':
		return t.quoted(c)
	case isWordByte(c):
		for t.at < len(t.text) && isWordByte(t.text[t.at]) {
			t.at++
		}
		return token{word, t.text[t.start:t.at]}, nil
	case c == '/': // in Java the rest of the line is a comment
		return token{}, t.errorf("a / outside of quotes begins a comment: put the value in quotes")
	default:
		t.at++
		return token{punctuation, t.text[t.start:t.at]}, nil
	}
}

func isWordByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("._-$", c) >= 0 || c >= 0x80
}

// skip passes over blanks and both kinds of comments.
func (t *tokenizer) skip() {
	for t.at < len(t.text) {
		rest := t.text[t.at:]
		switch {
		case rest[0] <= ' ':
			t.at++
		case strings.HasPrefix(rest, "//"):
			t.at += endOr(strings.IndexAny(rest, "\r\n"), rest)
		case strings.HasPrefix(rest, "/*"):
			end := strings.Index(rest[2:], "*/")
			if end < 0 {
				t.at = len(t.text)
				return
			}
			t.at += end + 4
		default:
			return
		}
	}
}

// endOr is an index into text, or its end where there is none.
func endOr(i int, text string) int {
	if i < 0 {
		return len(text)
	}
	return i
}

// quoted reads a text in quotes: a backslash before any of "abfnrtv stands for what it does in C, before up to three octal
// digits for that byte, and else for what follows it.
func (t *tokenizer) quoted(quote byte) (token, error) {
	var b strings.Builder
	for t.at++; t.at < len(t.text); {
		switch c := t.text[t.at]; c {
		case quote:
			t.at++
			return token{quoted, b.String()}, nil
		case '\n', '\r':
			return token{}, t.errorf("the quote that begins here does not end on its line")
		case '\\':
			t.at++
			t.escape(&b)
		default:
			b.WriteByte(c)
			t.at++
		}
	}
	return token{}, t.errorf("the quote that begins here does not end")
}

// escape reads what follows a backslash.
func (t *tokenizer) escape(b *strings.Builder) {
	if t.at == len(t.text) {
		return
	}
	c := t.text[t.at]
	if c >= '0' && c <= '7' {
		b.WriteRune(t.octal())
		return
	}
	if i := strings.IndexByte("abfnrtv", c); i >= 0 {
		c = "\a\b\f\n\r\t\v"[i]
	}
	b.WriteByte(c)
	t.at++
}

// octal reads at most three digits, of which there are only two where the first is above 3.
func (t *tokenizer) octal() rune {
	most := 3
	if t.text[t.at] > '3' {
		most = 2
	}
	var r rune
	for n := 0; n < most && t.at < len(t.text) && t.text[t.at] >= '0' && t.text[t.at] <= '7'; n++ {
		r = 8*r + rune(t.text[t.at]-'0')
		t.at++
	}
	return r
}
