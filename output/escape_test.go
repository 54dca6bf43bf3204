package output

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestAppendEscaped(t *testing.T) {
	tests := []struct{ in, want string }{
		{"", ""},
		{"-", "-"},
		{"orders 注文 🚀 é", "orders 注文 🚀 é"},
		{"a\tb\nc\rd\\e", `a\tb\nc\rd\\e`},
		{"\x00\x1b[2J\x7f", `\x00\x1b[2J\x7f`},
		{"\u0080\u009b\u009f\u00a0", `\xc2\x80\xc2\x9b\xc2\x9f` + "\u00a0"},
		{"\xff\xc3(\xe2\x82", `\xff\xc3(\xe2\x82`},
		{"\u202a\u202e\u2066\u2069\u200e\u200f\u061c", `\xe2\x80\xaa\xe2\x80\xae\xe2\x81\xa6\xe2\x81\xa9\xe2\x80\x8e\xe2\x80\x8f\xd8\x9c`},
		{"\u2027\u2028\u2029\u202f\u2065\u206a", "\u2027" + `\xe2\x80\xa8\xe2\x80\xa9` + "\u202f\u2065\u206a"},
		{"\ufeffx\ufffd", `\xef\xbb\xbfx` + "\ufffd"},
	}
	for _, tt := range tests {
		if got := string(AppendEscaped([]byte("before "), tt.in)); got != "before "+tt.want {
			t.Errorf("AppendEscaped(%q) = %s, want %s", tt.in, got, tt.want)
		}
	}
}

func TestUnescape(t *testing.T) {
	for in, want := range map[string]string{`\x2d`: "-", `\x41\xFf`: "A\xff", `\\x41`: `\x41`, `a\tb`: "a\tb"} {
		if got, err := Unescape(in); err != nil || got != want {
			t.Errorf("Unescape(%s) = %q, %v; want %q", in, got, err, want)
		}
	}
	for _, in := range []string{`\`, `a\`, `\q`, `\x`, `\x4`, `\xg0`, `\x+1`, `\X41`, `\\\`, `\u0041`} {
		if got, err := Unescape(in); err == nil || got != "" {
			t.Errorf("Unescape(%s) = %q, %v; want an error", in, got, err)
		}
	}
}

// TestEscapeOfEveryRune is the property of FuzzEscape for each character and each byte.
func TestEscapeOfEveryRune(t *testing.T) {
	for r := range utf8.MaxRune + 1 {
		checkEscape(t, string(r))
	}
	for b := range 256 {
		checkEscape(t, string([]byte{byte(b)}))
	}
}

func FuzzEscape(f *testing.F) {
	for _, s := range []string{"", "-", `\x2d`, "a\tb\\", "\xff\u202e\u009b", "注文"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		checkEscape(t, s)
		checkSafeJSON(t, s)
		if raw, err := Unescape(s); err == nil {
			checkEscape(t, raw)
		}
	})
}

// checkEscape holds that escaping shows nothing that a terminal obeys, is the same in a cell, and can be undone.
func checkEscape(t *testing.T, s string) {
	t.Helper()
	escaped := string(AppendEscaped(nil, s))
	if got, err := Unescape(escaped); err != nil || got != s {
		t.Fatalf("Unescape(AppendEscaped(%q)) = %q, %v", s, got, err)
	}
	if !utf8.ValidString(escaped) || strings.ContainsFunc(escaped, isHidden) {
		t.Fatalf("AppendEscaped(%q) = %q, which is not safe", s, escaped)
	}
	cell := string(escapeFrom([]byte("before"+s), len("before")))
	if want := "before" + escaped; cell != want && (s != "-" || cell != `before\x2d`) {
		t.Fatalf("cell of %q is %q, want %q", s, cell, want)
	}
}

// checkSafeJSON holds that appendSafe changes the spelling only.
func checkSafeJSON(t *testing.T, s string) {
	t.Helper()
	plain, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	safe := appendSafe(nil, plain)
	var want, got string
	if err := json.Unmarshal(plain, &want); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(safe, &got); err != nil || got != want {
		t.Fatalf("%s reads as %q, %v; want %q", safe, got, err, want)
	}
	if strings.ContainsFunc(string(safe), isHidden) {
		t.Fatalf("%q is not safe", safe)
	}
}

// What is looked through eight bytes at a time is made as safe as byte by byte, wherever in them a character is.
func TestSafeFromIsAppendSafe(t *testing.T) {
	for _, odd := range []string{"\x7f", "\u0085", "\u202e", "é", "\xff", "\x80", "~"} {
		for at := range 20 {
			text := strings.Repeat("a", at) + odd + strings.Repeat("z", 20-at)
			dst := append([]byte("before\x7f"), text...)
			got, want := string(safeFrom(dst, 7)), "before\x7f"+string(appendSafe(nil, []byte(text)))
			if got != want {
				t.Errorf("%q at %d: got %q, want %q", odd, at, got, want)
			}
		}
	}
}
