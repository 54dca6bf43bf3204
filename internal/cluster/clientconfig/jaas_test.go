package clientconfig

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The options are those that Kafka 4.3.1's own JaasContext finds.
func TestJAASIsReadAsKafkaDoes(t *testing.T) {
	for text, want := range map[string]map[string]string{
		`a.B required username="me" password="p";`:                       {"username": "me", "password": "p"},
		`a.B required username='me' password='p"q';`:                     {"username": "me", "password": `p"q`},
		`a.B REQUIRED u="a\"b\\c\td\101\7\18\400";`:                      {"u": "a\"b\\c\tdA\a\x018 0"},
		`a.B required u=me-x_y$z.w v=ü;`:                                 {"u": "me-x_y$z.w", "v": "ü"},
		`a.B required u=a12;`:                                            {"u": "a12"},
		"a.B\n required\n u=\"a\"\n v=\"b\";":                            {"u": "a", "v": "b"},
		`a.B required;`:                                                  {},
		"a.B required /* x */ u=\"a\" // tail\n v=\"b\";":                {"u": "a", "v": "b"},
		`a.B required u="a;b=c" v="//x";`:                                {"u": "a;b=c", "v": "//x"},
		`a.B required u="" ;`:                                            {"u": ""},
		`a.B required u="😀é";`:                                           {"u": "😀é"},
		`a.B required u="\q\u0041";`:                                     {"u": "qu0041"},
		`"a.B" "required" "u" = "x";`:                                    {"u": "x"},
		`a.B required u=x5-;`:                                            {"u": "x5-"},
		`a.B required u="a" u="b";`:                                      {"u": "b"},
		"a.B optional\tssl.truststore.location='/x y'\n;  // the end\n ": {"ssl.truststore.location": "/x y"},
	} {
		got, err := parseJAAS(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if d := cmp.Diff(loginModule{"a.B", want}, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", text, d)
		}
	}
}

// Kafka wants quotes around a number; there is only one thing that it can mean.
func TestJAASBeyondKafka(t *testing.T) {
	for text, want := range map[string]string{`a.B required u=12;`: "12", `a.B required u=.5;`: ".5", `a.B required u=-x;`: "-x"} {
		if got, err := parseJAAS(text); err != nil || got.Options["u"] != want {
			t.Errorf("%s: got %v, %v", text, got, err)
		}
	}
}

func TestMalformedJAASSaysWhere(t *testing.T) {
	for text, want := range map[string]string{
		``:                                  "it is empty: a login module is expected",
		` // nothing`:                       "it is empty",
		`;`:                                 "at character 1: the name of a login module is expected",
		`a.B`:                               "at character 4: after the login module comes its control flag",
		`a.B wrong u="SECRET";`:             "at character 5: after the login module comes its control flag",
		`a.B required u="SECRET"`:           "at character 24: the semicolon at the end is missing",
		`a.B required u="SECRET"; c.D x;`:   "at character 26: one login module is expected",
		`a.B required u="SECRET";;`:         "at character 25: one login module is expected",
		`a.B required u "SECRET";`:          "at character 16: after a name comes =",
		`a.B required u=;`:                  "at character 16: a value is missing",
		`a.B required u=`:                   "at character 16: a value is missing",
		`a.B required u=/SECRET;`:           "at character 16: a / outside of quotes begins a comment: put the value in quotes",
		"a.B required u=\"SECRET\nb\";":     "at character 16: the quote that begins here does not end on its line",
		`a.B required ü="SECRET`:            "at character 16: the quote that begins here does not end",
		`a.B required u="SECRET\`:           "at character 16: the quote that begins here does not end",
		`a.B required u="SE"CRET"x";`:       "at character 24: after a name comes =: has a value a quote in it without a backslash?",
		`a.B required u=SECRET,v="SECRET";`: "at character 22: the name of an option is expected",
		`a.B required u=SECRET@x;`:          "at character 22: the name of an option is expected",
	} {
		_, err := parseJAAS(text)
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", text, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "SECRET") {
			t.Errorf("%s: a value is in the error: %v", text, err)
		}
	}
}

func FuzzJAAS(f *testing.F) {
	for _, s := range []string{`a.B required u="a\"b\101" v='x';`, "/* x", "//\n;", `a.B required u=`, `"\`, "a b c=d;"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		m, err := parseJAAS(text)
		if err != nil {
			return
		}
		for _, v := range m.Options { // nothing is made up
			if len(v) > 2*len(text) { // an octal escape of three digits makes two bytes
				t.Errorf("a value of %d bytes from a text of %d", len(v), len(text))
			}
		}
	})
}
