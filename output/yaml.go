package output

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// yamlDocument writes the document of JSON as YAML. It starts from the JSON, so names, order and numbers are the same.
type yamlDocument[T any] struct {
	out   *bufio.Writer
	items *items[T]
	list  *yaml.Node // items not yet written
	begun bool       // items have been written
}

// yamlBatch is how many items are emitted together: an emitter is 128 kB of buffers, a node some 200 bytes a value.
const yamlBatch = 256

func newYAML[T any](out *bufio.Writer, head json.RawMessage) (*yamlDocument[T], error) {
	open, err := compact(head, "{}")
	if err != nil {
		return nil, fmt.Errorf("reading the head of the document: %w", err)
	}
	node, err := yamlNode(open)
	if err != nil {
		return nil, fmt.Errorf("reading the head of the document: %w", err)
	}
	if len(node.Content) > 0 {
		if err := emit(out, node); err != nil {
			return nil, err
		}
	}
	return &yamlDocument[T]{out: out, items: newItems[T](), list: &yaml.Node{Kind: yaml.SequenceNode}}, nil
}

func (y *yamlDocument[T]) row(row *T) error {
	item, err := y.items.encode(row)
	if err != nil {
		return err
	}
	node, err := yamlNode(item)
	if err != nil {
		return fmt.Errorf("encoding a row: %w", err)
	}
	y.list.Content = append(y.list.Content, node)
	if len(y.list.Content) < yamlBatch {
		return nil
	}
	return y.writeItems()
}

// writeItems writes the items at hand. A sequence may stand below its key without indentation, so that batches
// written one after another are one sequence.
func (y *yamlDocument[T]) writeItems() error {
	if !y.begun {
		_, _ = y.out.WriteString("items:\n") // a failure comes back from emit
		y.begun = true
	}
	err := emit(y.out, y.list)
	y.list.Content = y.list.Content[:0]
	return err
}

func (y *yamlDocument[T]) close(errs json.RawMessage) error {
	list, err := compact(errs, "[]")
	if err != nil {
		return fmt.Errorf("reading the errors of the document: %w", err)
	}
	node, err := yamlNode(list)
	if err != nil {
		return fmt.Errorf("reading the errors of the document: %w", err)
	}
	if len(y.list.Content) > 0 {
		if err := y.writeItems(); err != nil {
			return err
		}
	}
	if !y.begun {
		_, _ = y.out.WriteString("items: []\n")
	}
	if len(node.Content) == 0 {
		_, err := y.out.WriteString("errors: []\n")
		return err
	}
	_, _ = y.out.WriteString("errors:\n")
	return emit(y.out, node)
}

func emit(out *bufio.Writer, node *yaml.Node) error {
	var buf bytes.Buffer
	enc := yaml.NewEncoder(&buf)
	enc.SetIndent(2)
	if err := enc.Encode(node); err != nil {
		return err
	}
	if err := enc.Close(); err != nil {
		return err
	}
	// Outside quotes there is nothing but ASCII: see isBare.
	_, err := out.Write(appendSafe(nil, buf.Bytes()))
	return err
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
	if !isBare(s) {
		node.Style = yaml.DoubleQuotedStyle
	}
	return node
}

// isBare reports whether s is text to every YAML reader without quotes. Both versions of YAML tell numbers, dates,
// times and indicators by a first character that is no letter or by a colon or other sign further on; what begins
// with a letter and is not text is one of few words.
func isBare(s string) bool {
	if s == "" || !isLetter(s[0]) || s[len(s)-1] == ' ' {
		return false
	}
	for i := range len(s) {
		if b := s[i]; !isLetter(b) && (b < '0' || b > '9') && strings.IndexByte("_-./ ", b) < 0 {
			return false
		}
	}
	switch strings.ToLower(s) {
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
