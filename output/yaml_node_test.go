package output

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
)

// The YAML is the same, byte for byte, as the library makes of the same values, if far sooner.

func TestYAMLIsThatOfTheLibrary(t *testing.T) {
	for _, s := range nasty {
		sameYAML(t, s)
	}
	for n := longKey - 3; n < longKey+3; n++ {
		sameYAML(t, strings.Repeat("k", n))
		sameYAML(t, strings.Repeat("é", n/2)+strings.Repeat(":", n%2))
	}
	for r := range rune(0x3000) {
		sameYAML(t, "a"+string(r)+"b")
	}
	for _, r := range []rune{0xd7ff, 0xe000, 0xfdd0, 0xfeff, 0xfffc, 0xfffd, 0xfffe, 0xffff, 0x10000, 0x10ffff} {
		sameYAML(t, string(r))
	}
}

func FuzzYAMLIsThatOfTheLibrary(f *testing.F) {
	for _, s := range nasty {
		f.Add(s)
	}
	f.Fuzz(sameYAML)
}

// sameYAML has s as name and as value at several depths.
func sameYAML(t *testing.T, s string) {
	t.Helper()
	if strings.HasPrefix(s, "\ufeff") { // of which the library escapes every character
		return
	}
	value := []any{map[string]any{s: s, "list": []any{s, []any{s, 1}, []any{[]any{}, map[string]any{}}, map[string]any{"in": s, "n": nil}}, "map": map[string]any{s: map[string]any{s: -1.5e300}}}, s, true, 1e21}
	value = append(value, map[string]any{s: []any{s, map[string]any{s: []any{}, "z": map[string]any{}}}})
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	node, err := yamlNode(text)
	if err != nil {
		t.Fatal(err)
	}
	want, err := emit(node)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(appendYAML(nil, text, 0))+"\n"); diff != "" {
		t.Fatalf("%q (-want +got):\n%s", s, diff)
	}
}

// emit is the YAML of a node.
func emit(node *yaml.Node) ([]byte, error) {
	var buf bytes.Buffer
	enc := yaml.NewEncoder(&buf)
	enc.SetIndent(2)
	if err := enc.Encode(node); err != nil {
		return nil, err
	}
	err := enc.Close()
	// Outside quotes there is nothing but ASCII: see isBare.
	return appendSafe(nil, buf.Bytes()), err
}

// yamlNode reads one JSON value.
func yamlNode(data []byte) (*yaml.Node, error) {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	return readNode(dec)
}

func readNode(dec *json.Decoder) (*yaml.Node, error) {
	token, err := dec.Token()
	if err != nil {
		return nil, err
	}
	switch t := token.(type) {
	case json.Delim:
		return readChildren(dec, t)
	case string:
		return yamlString(t), nil
	case json.Number:
		return &yaml.Node{Kind: yaml.ScalarNode, Value: yamlNumber(t.String())}, nil
	case bool:
		return &yaml.Node{Kind: yaml.ScalarNode, Value: strconv.FormatBool(t)}, nil
	}
	return &yaml.Node{Kind: yaml.ScalarNode, Value: "null"}, nil
}

// readChildren reads the rest of an object or array. JSON tokens and yaml.Node agree: names and values take turns.
func readChildren(dec *json.Decoder, open json.Delim) (*yaml.Node, error) {
	node := &yaml.Node{Kind: yaml.SequenceNode}
	if open == '{' {
		node.Kind = yaml.MappingNode
	}
	for dec.More() {
		child, err := readNode(dec)
		if err != nil {
			return nil, err
		}
		node.Content = append(node.Content, child)
	}
	_, err := dec.Token()
	return node, err
}

func yamlString(s string) *yaml.Node {
	node := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: s}
	if !isBare([]byte(s)) {
		node.Style = yaml.DoubleQuotedStyle
	}
	return node
}
