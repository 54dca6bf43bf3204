//go:build kafka

package inspect

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

// samplesOfKind is how many records of a kind the corpus keeps: each has another shape.
const samplesOfKind = 6

const corpusHeader = `# Records of a real broker, Apache Kafka %[1]s, that real Java clients wrote, and what Kafka's own tools of that version
# print of them. Six of each kind at most: record name and value version, or tombstone. Made anew by
#   OFFSETCTL_KAFKA_VERSION=%[1]s go test -tags kafka ./inspect -run %[2]s -update
# Four lines a record: key bytes, key, value bytes (null: a tombstone), value.
`

// writeCorpus makes a file of the corpus of some of a version's records, ordered by topic and kind.
func writeCorpus(t *testing.T, name, version string, all []captured) {
	t.Helper()
	kept := map[string][]captured{}
	shapes := map[string]bool{}
	for _, r := range all {
		shape := fmt.Sprint(r.kind, r.transactional, shapeOf(t, r.printed.Value))
		if !shapes[shape] && len(kept[r.kind]) < samplesOfKind {
			shapes[shape] = true
			kept[r.kind] = append(kept[r.kind], r)
		}
	}
	b := fmt.Appendf(nil, corpusHeader, version, t.Name())
	for _, kind := range slices.SortedFunc(maps.Keys(kept), func(a, b string) int {
		return cmp.Or(cmp.Compare(kept[a][0].topic, kept[b][0].topic), bytes.Compare(kept[a][0].key[:2], kept[b][0].key[:2]), strings.Compare(a, b))
	}) {
		for _, r := range kept[kind] {
			b = r.append(b)
		}
	}
	if err := os.WriteFile(corpusFile(name), b, 0o644); err != nil {
		t.Fatal(err)
	}
}

// append appends what readCorpus reads.
func (r captured) append(b []byte) []byte {
	b = fmt.Appendf(b, "\n# %s: %s", r.topic.LogName(), r.kind)
	if r.transactional {
		b = append(b, ", transactional"...)
	}
	value := "null"
	if r.value != nil {
		value = fmt.Sprintf("%x", r.value)
	}
	return fmt.Appendf(b, "\n%x\n%s\n%s\n%s\n", r.key, r.printed.Key, value, r.printed.Value)
}

// shapeOf is JSON without what differs from one record to the next: numbers are their sign, texts are empty or
// not, and lists are the shapes in them.
func shapeOf(t *testing.T, text string) string {
	t.Helper()
	if text == "<DELETE>" {
		return text
	}
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return shape(v)
}

func shape(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case string:
		return fmt.Sprint(v == "")
	case float64:
		return fmt.Sprint(cmp.Compare(v, 0))
	case []any:
		shapes := map[string]bool{}
		for _, e := range v {
			shapes[shape(e)] = true
		}
		return fmt.Sprint(slices.Sorted(maps.Keys(shapes)))
	case map[string]any:
		var b strings.Builder
		for _, name := range slices.Sorted(maps.Keys(v)) {
			fmt.Fprintf(&b, "%s=%s ", name, shape(v[name]))
		}
		return "{" + b.String() + "}"
	default:
		return fmt.Sprint(v)
	}
}
