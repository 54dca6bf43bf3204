package output

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// commit is a row like those of our commands: known, empty and unknown values, numbers, free text.
type commit struct {
	Group    string  `json:"group"`
	Topic    *string `json:"topic"`
	Offset   *int64  `json:"currentOffset"`
	Status   string  `json:"status"`
	ClientID *string `json:"clientId"`
	Metadata *string `json:"metadata"`
}

func groupOf(c *commit) string { return c.Group }

func appendKnown(dst []byte, s *string) []byte {
	if s == nil {
		return nil
	}
	return append(dst, *s...)
}

var commitColumns = []Column[commit]{
	{Name: "GROUP", Append: func(dst []byte, c *commit) []byte { return append(dst, c.Group...) }},
	{Name: "TOPIC", Append: func(dst []byte, c *commit) []byte { return appendKnown(dst, c.Topic) }},
	{Name: "METADATA", Wide: true, Append: func(dst []byte, c *commit) []byte { return appendKnown(dst, c.Metadata) }},
	{Name: "CURRENT-OFFSET", Right: true, Append: func(dst []byte, c *commit) []byte {
		if c.Offset == nil {
			return nil
		}
		return strconv.AppendInt(dst, *c.Offset, 10)
	}},
	{Name: "STATUS", Tone: statusTone, Append: func(dst []byte, c *commit) []byte { return append(dst, c.Status...) }},
	{Name: "CLIENT-ID", Shorten: true, Append: func(dst []byte, c *commit) []byte { return appendKnown(dst, c.ClientID) }},
}

func statusTone(c *commit) Tone {
	return map[string]Tone{"ok": Good, "no-members": Warn, "error": Bad, "no-commit": Faint}[c.Status]
}

var commits = []commit{
	{"payments", new("orders"), new(int64(1234567)), "ok", new("app-1"), new("")},
	{"payments", new("orders"), new(int64(math.MaxInt64)), "no-members", new("a-client-id-that-goes-on-and-on-and-on-0001"), new("a\tb")},
	{"payments", new("注文"), nil, "no-commit", nil, nil},
	{"-", nil, nil, "error", new(""), new("trailing blank ")},
	{"ev\x1b[2Jil\n\\ \u202egroup", new("a,\"b\""), new(int64(0)), "past-end", new("🚀 <&>"), new("no UTF-8: \xff")},
	{"", new(" yes"), new(int64(7)), "ok", new("x"), new("null")},
}

// write returns what a Writer of f makes of rows.
func write(t testing.TB, f Format, o Options, rows []commit, errs string) string {
	t.Helper()
	var buf bytes.Buffer
	w := New(&buf, f, o, commitColumns, groupOf)
	for i := range rows {
		if err := w.Row(&rows[i]); err != nil {
			t.Fatalf("Row(%d): %v", i, err)
		}
	}
	if err := w.Close(json.RawMessage(errs)); err != nil {
		t.Fatalf("Close: %v", err)
	}
	return buf.String()
}

func TestGolden(t *testing.T) {
	head := json.RawMessage(`{"kind": "lag", "schemaVersion": 1}`)
	const errs = `[{"scope": "broker", "name": "3", "retriable": true}]`
	tests := []struct {
		name   string
		format Format
		opts   Options
		rows   []commit
		errs   string
	}{
		{"table", Table, Options{Headers: true}, commits, errs},
		{"table-no-headers", Table, Options{}, commits, errs},
		{"table-color", Table, Options{Headers: true, Color: true}, commits, ""},
		{"table-width", Table, Options{Headers: true, Width: 95}, commits, ""},
		{"table-too-narrow", Table, Options{Headers: true, Width: 10}, commits, ""},
		{"table-empty", Table, Options{Headers: true}, nil, ""},
		{"table-empty-no-headers", Table, Options{}, nil, ""},
		{"wide", Wide, Options{Headers: true, Width: 60}, commits, ""},
		{"tsv", TSV, Options{Headers: true, Color: true, Width: 10}, commits, errs},
		{"tsv-no-headers", TSV, Options{}, commits, ""},
		{"tsv-empty", TSV, Options{Headers: true}, nil, ""},
		{"csv", CSV, Options{Headers: true}, commits, errs},
		{"csv-empty-no-headers", CSV, Options{}, nil, ""},
		{"json", JSON, Options{Head: head}, commits, errs},
		{"json-empty", JSON, Options{Head: head}, nil, ""},
		{"json-no-head", JSON, Options{}, commits[:1], "null"},
		{"ndjson", NDJSON, Options{Head: head}, commits, errs},
		{"ndjson-empty", NDJSON, Options{Head: head}, nil, errs},
		{"yaml", YAML, Options{Head: head}, commits, errs},
		{"yaml-empty", YAML, Options{}, nil, ""},
		{"name", Name, Options{Headers: true}, commits, errs},
		{"name-null", Name, Options{Null: true}, commits, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := write(t, tt.format, tt.opts, tt.rows, tt.errs)
			path := filepath.Join("testdata", tt.name+".golden")
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestParseFormat(t *testing.T) {
	allowed := []Format{Table, TSV, NDJSON, "kafka-csv"}
	for in, want := range map[string]Format{"table": Table, "ndjson": NDJSON, "jsonl": NDJSON, "kafka-csv": "kafka-csv"} {
		if got, err := ParseFormat(in, allowed...); err != nil || got != want {
			t.Errorf("ParseFormat(%q) = %q, %v; want %q", in, got, err, want)
		}
	}
	_, err := ParseFormat("json", allowed...)
	const want = `unknown output format "json"; have table, tsv, ndjson, kafka-csv`
	if err == nil || err.Error() != want {
		t.Errorf("got error %v, want %s", err, want)
	}
	if _, err := ParseFormat("jsonl", Table); err == nil {
		t.Error("jsonl was taken where ndjson is not allowed")
	}
}

// brokenWriter takes room bytes, then fails; it counts the calls made after that.
type brokenWriter struct {
	room  int
	got   bytes.Buffer
	after int
	fell  bool
}

var errDisk = errors.New("no space left on device")

func (b *brokenWriter) Write(p []byte) (int, error) {
	if b.fell {
		b.after++
	}
	n := min(b.room, len(p))
	b.room -= n
	b.got.Write(p[:n])
	if n < len(p) {
		b.fell = true
		return n, errDisk
	}
	return n, nil
}

func TestWriteErrorIsReturnedAndEndsWriting(t *testing.T) {
	for _, n := range []int{len(commits), 3000} { // in one flush, and in many
		rows := manyCommits(n)
		for _, f := range []Format{Table, Wide, TSV, CSV, JSON, NDJSON, YAML, Name} {
			full := write(t, f, Options{Headers: true}, rows, "[1]")
			for _, room := range []int{0, 1, len(full) / 2, len(full) - 1} {
				t.Run(fmt.Sprintf("%s/%d/%d", f, n, room), func(t *testing.T) {
					broken := &brokenWriter{room: room}
					w := New(broken, f, Options{Headers: true}, commitColumns, groupOf)
					var first error
					for i := range rows {
						if err := w.Row(&rows[i]); first == nil {
							first = err
						} else if err != first {
							t.Fatalf("Row after error %v: %v", first, err)
						}
					}
					if err := w.Close(json.RawMessage("[1]")); !errors.Is(err, errDisk) {
						t.Errorf("Close: got %v, want %v", err, errDisk)
					}
					if err := w.Flush(); !errors.Is(err, errDisk) {
						t.Errorf("Flush: got %v, want %v", err, errDisk)
					}
					if broken.after > 0 {
						t.Errorf("%d writes after the error", broken.after)
					}
					if diff := cmp.Diff(full[:room], broken.got.String()); diff != "" {
						t.Errorf("written: -want +got:\n%s", diff)
					}
				})
			}
		}
	}
}

func TestWriteErrorComesBackFromRow(t *testing.T) {
	rows := manyCommits(10_000)
	for _, f := range []Format{TSV, CSV, JSON, NDJSON, YAML, Name} {
		w := New(&brokenWriter{}, f, Options{}, commitColumns, groupOf)
		var err error
		for i := range rows {
			err = w.Row(&rows[i])
		}
		if !errors.Is(err, errDisk) {
			t.Errorf("%s: last Row: got %v, want %v", f, err, errDisk)
		}
	}
}

func TestMistakesPrintNothing(t *testing.T) {
	tests := []struct {
		name   string
		format Format
		head   string
		errs   string
	}{
		{"json head is no object", JSON, `[1]`, ""},
		{"json head is cut", JSON, `{"kind":`, ""},
		{"yaml head is no object", YAML, `"lag"`, ""},
		{"json errors are no array", JSON, "", `{}`},
		{"yaml errors are cut", YAML, "", `[`},
		{"unknown format", "kafka-csv", "", ""},
		{"no name", Name, "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var buf bytes.Buffer
			w := New(&buf, tt.format, Options{Head: json.RawMessage(tt.head)}, commitColumns, nil)
			_ = w.Row(&commits[0])
			if err := w.Close(json.RawMessage(tt.errs)); err == nil {
				t.Error("Close: got no error")
			}
			if buf.Len() > 0 {
				t.Errorf("printed %q", buf.String())
			}
		})
	}
}

func TestRowThatCannotBeEncodedEndsTheDocument(t *testing.T) {
	for _, f := range []Format{JSON, NDJSON, YAML} {
		var buf bytes.Buffer
		w := New[float64](&buf, f, Options{}, nil, nil)
		err := w.Row(new(math.NaN()))
		if err == nil {
			t.Fatalf("%s: Row: got no error", f)
		}
		if got := w.Row(new(1.0)); got != err {
			t.Errorf("%s: next Row: got %v, want %v", f, got, err)
		}
		if got := w.Close(nil); got != err {
			t.Errorf("%s: Close: got %v, want %v", f, got, err)
		}
		if buf.Len() > 0 {
			t.Errorf("%s: printed %q", f, buf.String())
		}
	}
}

func TestClosedWriterTakesNothing(t *testing.T) {
	var buf bytes.Buffer
	w := New(&buf, TSV, Options{}, commitColumns, groupOf)
	if err := w.Close(nil); err != nil {
		t.Fatal(err)
	}
	if err := w.Row(&commits[0]); !errors.Is(err, errClosed) {
		t.Errorf("Row: got %v, want %v", err, errClosed)
	}
	if err := w.Close(nil); !errors.Is(err, errClosed) {
		t.Errorf("Close: got %v, want %v", err, errClosed)
	}
	if buf.Len() > 0 {
		t.Errorf("printed %q", buf.String())
	}
}

func TestFlushShowsCompleteRows(t *testing.T) {
	for _, f := range []Format{TSV, CSV, NDJSON, Name} {
		var buf bytes.Buffer
		w := New(&buf, f, Options{Headers: true}, commitColumns, groupOf)
		if err := errors.Join(w.Row(&commits[0]), w.Flush()); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(write(t, f, Options{Headers: true}, commits[:1], ""), buf.String()); diff != "" {
			t.Errorf("%s: -want +got:\n%s", f, diff)
		}
	}
}

// A table that may be drawn in blocks is drawn so far as it goes; a column never becomes narrower.
func TestFlushDrawsABlock(t *testing.T) {
	var buf bytes.Buffer
	cols := []Column[string]{{Name: "A", Append: func(b []byte, s *string) []byte { return append(b, *s...) }}, {Name: "B", Append: func(b []byte, s *string) []byte { return append(b, *s...) }}}
	w := New(&buf, Table, Options{Headers: true, Block: 100}, cols, nil)
	err := w.Flush() // nothing yet
	for _, row := range []string{"wide", "x"} {
		err = errors.Join(err, w.Row(&row), w.Flush())
	}
	if err = errors.Join(err, w.Close(nil)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff("A     B\nwide  wide\nx     x\n", buf.String()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestTSVReadsBack(t *testing.T) {
	got := strings.Split(strings.TrimSuffix(write(t, TSV, Options{}, commits, ""), "\n"), "\n")
	if len(got) != len(commits) {
		t.Fatalf("got %d lines, want %d", len(got), len(commits))
	}
	for i, line := range got {
		cells := strings.Split(line, "\t")
		group, err := Unescape(cells[0])
		if err != nil || group != commits[i].Group {
			t.Errorf("line %d: group %q, %v; want %q", i, group, err, commits[i].Group)
		}
		if known := commits[i].ClientID != nil; known == (cells[4] == "-") {
			t.Errorf("line %d: client id %q, known %t", i, cells[4], known)
		}
	}
}

func TestCSVReadsBackAsTheCellsOfTSV(t *testing.T) {
	records, err := csv.NewReader(strings.NewReader(write(t, CSV, Options{Headers: true}, commits, ""))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	for _, r := range records {
		got.WriteString(strings.Join(r, "\t") + "\n")
	}
	if diff := cmp.Diff(write(t, TSV, Options{Headers: true}, commits, ""), got.String()); diff != "" {
		t.Errorf("-tsv +csv:\n%s", diff)
	}
}

func TestCSVQuotes(t *testing.T) {
	for in, want := range map[string]string{"": `""`, "a": "a", " a": `" a"`, "a ": `"a "`, "a b": "a b", "a,b": `"a,b"`, `"`: `""""`, "a\nb": `a\nb`} {
		var buf bytes.Buffer
		w := New(&buf, CSV, Options{}, commitColumns[:1], nil)
		if err := errors.Join(w.Row(&commit{Group: in}), w.Close(nil)); err != nil {
			t.Fatal(err)
		}
		if got := buf.String(); got != want+"\n" {
			t.Errorf("CSV of %q is %q, want %q", in, got, want+"\n")
		}
	}
}

func TestHeadAndErrorsAreSafeForTerminals(t *testing.T) {
	o := Options{Head: json.RawMessage("{\"clusterId\":\"\u009b2J\"}")}
	for _, f := range []Format{JSON, YAML} {
		got := write(t, f, o, nil, "[\"\u202e\x7f\"]")
		if strings.ContainsAny(got, "\u009b\u202e\x7f") {
			t.Errorf("%s: got %q", f, got)
		}
	}
}

// manyCommits is n rows with the odd ones among them.
func manyCommits(n int) []commit {
	rows := append([]commit(nil), commits...)
	for i := len(rows); i < n; i++ {
		rows = append(rows, commit{fmt.Sprintf("group-%05d", i), new("orders"), new(int64(i) * 1000), "ok", new("app"), nil})
	}
	return rows[:n]
}
