package output

import (
	"bytes"
	"encoding/json"
	"math"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
)

// nasty is text that some YAML reader takes for something else when it is not quoted.
var nasty = []string{
	"", " ", "yes", "Yes", "NO", "y", "n", "on", "Off", "true", "FALSE", "null", "Null", "~", "nan", ".nan", ".NaN", ".inf", "-.INF", "inf",
	"0", "1", "-1", "+1", "007", "0o7", "0x1f", "0b11", "1_000", "1e3", "1E3", "1.", ".5", "1.5e3", "12:30", "12:30:45", "190:20:30.15",
	"2026-11-21", "2026-11-21T09:00:00Z", "2026-11-21 09:00:00", "<<", "=", "-", "--", "---", "...", "--- x", "- a", "? a", "a: b", "a:", ":a", "a #b", "#a",
	"*a", "&a", "!a", "!!int 1", "|", ">", "%a", "@a", "`a`", "'a'", `"a"`, `\`, `\x2d`, "{a}", "[a]", "a,b", " a", "a ", "a  b", "\ta", "a\t", "a\nb", "a\n", "\n", "\r\n",
	"\x00", "\x1b[2J", "\x7f", "\u0085", "\u00a0", "\u009b", "\u2028", "\u202e", "\ufeff", "\ufeffa", "\ufffd", "\uffff", "\U0001f680", "注文", "é", "e\u0301",
	strings.Repeat("long ", 100) + "x", strings.Repeat("k", 2000),
}

func TestYAMLStringsStayStrings(t *testing.T) {
	for _, s := range nasty {
		checkYAML(t, s)
	}
}

func FuzzYAML(f *testing.F) {
	for _, s := range nasty {
		f.Add(s)
	}
	f.Fuzz(checkYAML)
}

// bare is what may stand without quotes, said otherwise than in the code: words of a letter first, then letters,
// digits and what no version of YAML gives a meaning inside a word.
var (
	bare     = regexp.MustCompile(`^[A-Za-z][-A-Za-z0-9_./]*( +[-A-Za-z0-9_./]+)*$`)
	reserved = regexp.MustCompile(`^(?i:y|n|yes|no|on|off|true|false|null|nan|inf|infinity)$`)
)

// checkYAML writes s as name and as value and reads the YAML back.
func checkYAML(t *testing.T, s string) {
	item := map[string]string{s: s}
	plain, err := json.Marshal(item)
	if err != nil {
		t.Fatal(err)
	}
	var want map[string]string // what is not UTF-8 is lost in JSON already
	if err := json.Unmarshal(plain, &want); err != nil {
		t.Fatal(err)
	}
	var buf bytes.Buffer
	w := New[map[string]string](&buf, YAML, Options{}, nil, nil)
	if err := w.Row(&item); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(json.RawMessage("[" + string(plain) + "]")); err != nil {
		t.Fatal(err)
	}
	if strings.ContainsFunc(strings.ReplaceAll(buf.String(), "\n", ""), isHidden) {
		t.Fatalf("%q is not safe", buf.String())
	}
	var doc struct{ Items, Errors []yaml.Node }
	if err := yaml.Unmarshal(buf.Bytes(), &doc); err != nil {
		t.Fatalf("%v in\n%s", err, buf.String())
	}
	for _, list := range [][]yaml.Node{doc.Items, doc.Errors} {
		got := map[string]string{}
		for i := 0; i+1 < len(list[0].Content); i += 2 {
			name, value := list[0].Content[i], list[0].Content[i+1]
			checkQuoted(t, name)
			checkQuoted(t, value)
			got[name.Value] = value.Value
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("-want +got:\n%s\n%s", diff, buf.String())
		}
	}
}

func checkQuoted(t *testing.T, n *yaml.Node) {
	t.Helper()
	if n.Tag != "!!str" {
		t.Fatalf("%q reads as %s", n.Value, n.Tag)
	}
	if n.Style != yaml.DoubleQuotedStyle && (!bare.MatchString(n.Value) || reserved.MatchString(n.Value)) {
		t.Fatalf("%q is not quoted", n.Value)
	}
}

func TestYAMLKeepsOrderNumbersAndNesting(t *testing.T) {
	item := json.RawMessage(`{"z":9223372036854775807,"a":-9007199254740993,"u":18446744073709551615,"f":0.5,"e":1e3,"m":2E-7,"p":1.5e+21,` +
		`"t":true,"n":null,"o":{},"l":[],"deep":[[1],{"x":["y",{"z":null}]}]}`)
	var buf bytes.Buffer
	w := New[json.RawMessage](&buf, YAML, Options{Head: json.RawMessage(`{"kind":"lag","clusterId":"1e3","nested":{"b":1,"a":[]}}`)}, nil, nil)
	if err := w.Row(&item); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(nil); err != nil {
		t.Fatal(err)
	}
	const want = `kind: lag
clusterId: "1e3"
nested:
  b: 1
  a: []
items:
- z: 9223372036854775807
  a: -9007199254740993
  u: 18446744073709551615
  f: 0.5
  e: 1.0e+3
  m: 2.0e-7
  p: 1.5e+21
  t: true
  "n": null
  o: {}
  l: []
  deep:
    - - 1
    - x:
        - "y"
        - z: null
errors: []
`
	if diff := cmp.Diff(want, buf.String()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestYAMLItemsAreOneDocument(t *testing.T) {
	const n = 600
	var buf bytes.Buffer
	w := New[int64](&buf, YAML, Options{Head: json.RawMessage(`{"kind":"lag"}`)}, nil, nil)
	type document struct {
		Kind   string
		Items  []int64
		Errors []string
	}
	want := document{Kind: "lag", Errors: []string{"no"}}
	for i := range n {
		v := math.MaxInt64 - int64(i)
		want.Items = append(want.Items, v)
		if err := w.Row(&v); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(json.RawMessage(`["no"]`)); err != nil {
		t.Fatal(err)
	}
	var got document
	if err := yaml.Unmarshal(buf.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
