package clientconfig

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The values are java.util.Properties' own, from Java 17.
func TestPropertiesAreReadAsJavaDoes(t *testing.T) {
	for name, tc := range map[string]struct {
		text string
		want map[string]string
	}{
		"separators":                         {"a=1\nb:2\nc 3\nd\t4\ne\f5\nf = 6\ng : 7\nh", map[string]string{"a": "1", "b": "2", "c": "3", "d": "4", "e": "5", "f": "6", "g": "7", "h": ""}},
		"only the first separator counts":    {"a==1\nb=:2\nc : = 3\nd = e = f", map[string]string{"a": "=1", "b": ":2", "c": "= 3", "d": "e = f"}},
		"comments":                           {"#a=1\n  ! b=2\n\t# c=3\nd=#4\ne=!5", map[string]string{"d": "#4", "e": "!5"}},
		"comments do not go on":              {"# a=1\\\nb=2", map[string]string{"b": "2"}},
		"blank lines":                        {"\n  \n\t\f\na=1\n\n", map[string]string{"a": "1"}},
		"line ends":                          {"a=1\r\nb=2\rc=3\n\r\nd=4", map[string]string{"a": "1", "b": "2", "c": "3", "d": "4"}},
		"space around":                       {"  a  =  1  \n", map[string]string{"a": "1  "}},
		"continuation":                       {"a=1,\\\n   2,\\\r\n\t3\nb=4", map[string]string{"a": "1,2,3", "b": "4"}},
		"continuation in the key":            {"a\\\n  b=1", map[string]string{"ab": "1"}},
		"continuation by a blank line":       {"a=1\\\n\nb=2", map[string]string{"a": "1", "b": "2"}},
		"continuation by what looks comment": {"a=1\\\n#2", map[string]string{"a": "1#2"}},
		"two backslashes do not go on":       {"a=1\\\\\nb=2", map[string]string{"a": `1\`, "b": "2"}},
		"three do":                           {"a=1\\\\\\\nb=2", map[string]string{"a": `1\b=2`}},
		"backslash at the end":               {"a=1\\", map[string]string{"a": "1"}},
		"escapes":                            {`a=\t\n\r\f\\\"\'\q\:\=` + "\nb\\ c\\=d\\:e=1", map[string]string{"a": "\t\n\r\f\\\"'q:=", "b c=d:e": "1"}},
		"escaped space":                      {`a=\  1`, map[string]string{"a": "  1"}},
		"unicode":                            {`\u0061=\u00fc\u20AC`, map[string]string{"a": "ü€"}},
		"surrogates":                         {`a=\uD83D\uDE00!`, map[string]string{"a": "😀!"}},
		"no key":                             {"=1", map[string]string{"": "1"}},
		"the last of equal keys":             {"a=1\nb=2\na=3", map[string]string{"a": "3", "b": "2"}},
		"a lone backslash before a comment":  {"\\\n#a=1\nb=2", map[string]string{"b": "2"}},
		"a lone backslash before a blank":    {"a=1\n \\\n\nb=2", map[string]string{"a": "1", "b": "2"}},
		"lone backslashes in a row":          {"\\\n  \\\n#c\nb=1", map[string]string{"b": "1"}},
		"half a surrogate pair":              {`a=\uD83Dx\uDE00\uD83D\u0041`, map[string]string{"a": "\ufffdx\ufffd\ufffdA"}},
		"empty":                              {"", map[string]string{}},
	} {
		t.Run(name, func(t *testing.T) {
			ps, err := Parse("f", tc.text)
			if err != nil {
				t.Fatal(err)
			}
			got := map[string]string{}
			for _, p := range ps {
				got[p.Key] = p.Value
			}
			if d := cmp.Diff(tc.want, got); d != "" {
				t.Errorf("%q (-want +got):\n%s", tc.text, d)
			}
		})
	}
}

func TestPropertiesBeyondJava(t *testing.T) {
	ps, err := Parse("f", "\ufeffa=ü\n\n# comment\nb=1\\\n  2\nc=3")
	if err != nil {
		t.Fatal(err)
	}
	want := []Property{{Key: "a", Value: "ü", Origin: "f", Line: 1}, {Key: "b", Value: "12", Origin: "f", Line: 4}, {Key: "c", Value: "3", Origin: "f", Line: 6}} // no byte order mark, UTF-8, line numbers
	if d := cmp.Diff(want, ps); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestMalformedUnicodeEscapesAreErrors(t *testing.T) {
	for _, text := range []string{`a=\u12`, `a=\u12g4`, `\u=1`, `a=\u+123`, `a=\u 123`, `a=\u1_23`, `password=C:\user`} {
		ps, err := Parse("f", "x=1\n"+text)
		const want = `f, line 2: malformed \u escape: four hexadecimal digits follow \u, and a backslash itself is written \\` // and nothing of a secret
		if err == nil || err.Error() != want {
			t.Errorf("Parse(%q) = %v, %v", text, ps, err)
		}
	}
}

// Each line that goes on is taken once: joined one by one, a file of 1 MiB takes seconds.
func TestLinesThatGoOnAreJoinedOnce(t *testing.T) {
	const lines = 5000
	text := "a=" + strings.Repeat("b\\\n", lines) + "c"
	allocations := testing.AllocsPerRun(1, func() {
		if ps, err := Parse("f", text); err != nil || len(ps) != 1 || len(ps[0].Value) != lines+1 {
			t.Errorf("got %v, %v", ps, err)
		}
	})
	if allocations > lines/10 {
		t.Errorf("%v allocations for %d lines", allocations, lines)
	}
}

func FuzzProperties(f *testing.F) {
	for _, s := range []string{"a=1", "a\\\n b : 2", `\u0061=\uD83D\uDE00`, "\\", "#\r\n!\\", "\ufeff=\\\\\\", `a=\u12`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		ps, err := Parse("f", text)
		lines := 1 + strings.Count(text, "\n") + strings.Count(text, "\r")
		for _, p := range ps {
			if err != nil || p.Line < 1 || p.Line > lines {
				t.Errorf("property %+v of %d lines, error %v", p, lines, err)
			}
		}
		_, _ = Read(ps)
	})
}

func TestTextThatIsNotUTF8IsLatin1(t *testing.T) {
	ps, err := Parse("f", "a=\xfc\nb=\xe9x")
	if err != nil || ps[0].Value != "ü" || ps[1].Value != "éx" {
		t.Errorf("got %v, %v", ps, err)
	}
}
