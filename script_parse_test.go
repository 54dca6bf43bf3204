package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/testscript"
	"go.yaml.in/yaml/v3"
)

// The documents are read by parsers that are not ours. A path is .items.0.lag; * stands for every element, # for how
// many there are. What is wanted is JSON: "orders" is a string, 5 a number, null unknown.

func (f *fixture) json(ts *testscript.TestScript, args []string) error {
	return lookUp(args, func() (any, error) { return parseJSON(ts.ReadFile(args[0])) })
}

func (f *fixture) ndjson(ts *testscript.TestScript, args []string) error {
	return lookUp(args, func() (any, error) {
		items := []any{}
		for line := range strings.Lines(ts.ReadFile(args[0])) {
			if !strings.HasSuffix(line, "}\n") {
				return nil, fmt.Errorf("not a whole line: %q", line)
			}
			v, err := parseJSON(line)
			if err != nil {
				return nil, err
			}
			items = append(items, v)
		}
		return items, nil
	})
}

func (f *fixture) yaml(ts *testscript.TestScript, args []string) error {
	return lookUp(args, func() (any, error) { return parseYAML(ts.ReadFile(args[0])) })
}

// parseJSON parses exactly one value; numbers keep their digits.
func parseJSON(s string) (any, error) {
	d := json.NewDecoder(strings.NewReader(s))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, fmt.Errorf("parsing as JSON: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is something behind the JSON document")
	}
	return v, nil
}

func parseYAML(s string) (any, error) {
	d := yaml.NewDecoder(strings.NewReader(s))
	var v, more any
	if err := d.Decode(&v); err != nil {
		return nil, fmt.Errorf("parsing as YAML: %w", err)
	}
	if err := d.Decode(&more); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is something behind the YAML document")
	}
	text, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return parseJSON(string(text))
}

func lookUp(args []string, parse func() (any, error)) error {
	doc, err := parse()
	if err != nil {
		return err
	}
	v, err := at(doc, strings.Split(strings.Trim(args[1], "."), "."))
	if err != nil {
		return fmt.Errorf("%s: %w", args[1], err)
	}
	if len(args) < 3 {
		return nil
	}
	want, err := parseJSON(args[2])
	if err != nil {
		return err
	}
	if diff := cmp.Diff(want, v); diff != "" {
		return fmt.Errorf("%s (-want +got):\n%s", args[1], diff)
	}
	return nil
}

func at(v any, path []string) (any, error) {
	if len(path) == 0 || path[0] == "" {
		return v, nil
	}
	switch v := v.(type) {
	case map[string]any:
		member, ok := v[path[0]]
		if !ok {
			return nil, fmt.Errorf("no member %q", path[0])
		}
		return at(member, path[1:])
	case []any:
		return atElement(v, path)
	}
	return nil, fmt.Errorf("%v has no members", v)
}

func atElement(list []any, path []string) (any, error) {
	switch path[0] {
	case "#":
		return json.Number(strconv.Itoa(len(list))), nil
	case "*":
		all := []any{}
		for _, e := range list {
			v, err := at(e, path[1:])
			if err != nil {
				return nil, err
			}
			all = append(all, v)
		}
		return all, nil
	}
	i, err := strconv.Atoi(path[0])
	if err != nil || i < 0 || i >= len(list) {
		return nil, fmt.Errorf("no element %q of %d", path[0], len(list))
	}
	return at(list[i], path[1:])
}

// fields checks the names in each item and their order, which the parsers above do not keep.
func (f *fixture) fields(ts *testscript.TestScript, args []string) error {
	var doc struct{ Items []json.RawMessage }
	if err := json.Unmarshal([]byte(ts.ReadFile(args[0])), &doc); err != nil {
		return err
	}
	if len(doc.Items) == 0 {
		return errors.New("there are no items")
	}
	for _, item := range doc.Items {
		names, err := memberNames(item)
		if err != nil {
			return err
		}
		if want := args[1:]; !slices.Equal(names, want) {
			return fmt.Errorf("fields (-want +got):\n%s", cmp.Diff(want, names))
		}
	}
	return nil
}

func memberNames(object []byte) ([]string, error) {
	d := json.NewDecoder(bytes.NewReader(object))
	if _, err := d.Token(); err != nil {
		return nil, err
	}
	var names []string
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, err
		}
		names = append(names, name.(string))
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, err
		}
	}
	return names, nil
}

func (f *fixture) same(ts *testscript.TestScript, args []string) error {
	a, err := parseJSON(ts.ReadFile(args[0]))
	if err != nil {
		return err
	}
	b, err := parseYAML(ts.ReadFile(args[1]))
	if err != nil {
		return err
	}
	for _, doc := range []any{a, b} {
		delete(doc.(map[string]any), "time")
	}
	if diff := cmp.Diff(a, b); diff != "" {
		return fmt.Errorf("the documents differ (-json +yaml):\n%s", diff)
	}
	return nil
}
