package output

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// draw returns what tablewriter and we make of the rows, after fit.
func draw(t testing.TB, o Options, cols []Column[commit], rows []commit) (theirs, ours string) {
	t.Helper()
	table := newTable(nil, o, cols)
	for i := range rows {
		if err := table.row(&rows[i]); err != nil {
			t.Fatal(err)
		}
	}
	table.grid.fit()
	var out [2]bytes.Buffer
	for i, drawer := range []func(*grid, *bufio.Writer) error{drawTablewriter, (*grid).draw} {
		w := bufio.NewWriter(&out[i])
		if err := drawer(&table.grid, w); err != nil {
			t.Fatal(err)
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
	}
	return out[0].String(), out[1].String()
}

func TestDrawsAsTablewriterDoes(t *testing.T) {
	for _, color := range []bool{false, true} {
		for _, headers := range []bool{false, true} {
			for _, width := range []int{0, 20, 80, 88, 89, 95, 110} {
				o := Options{Headers: headers, Color: color, Width: width}
				for n := range len(commits) + 1 {
					theirs, ours := draw(t, o, commitColumns, commits[:n])
					if diff := cmp.Diff(theirs, ours); diff != "" {
						t.Errorf("%+v: -tablewriter +ours:\n%s", o, diff)
					}
				}
			}
		}
	}
}

func FuzzDraw(f *testing.F) {
	f.Add("payments", "a  b ", "注文", 40, true)
	f.Add("", " ", "\u3000", 0, false)
	f.Add("e\u0301", "\x1b[31m", "👩‍👩‍👧", 30, true)
	f.Add("orders-app-1-acf38d5bf31c4d9e8b5a7c10e2f84c0a", "b", "ok", 100, true)
	f.Add("a注文注文注文注文注文注文", "\xff\\\x00\xff\xff\xff\xff\xff", "ok", 95, true)
	f.Fuzz(func(t *testing.T, a, b, c string, width int, on bool) {
		rows := []commit{{a, &b, nil, c, &a, &c}, {b, &c, new(int64(width)), "ok", &b, &a}}
		o := Options{Headers: on, Color: !on, Width: width}
		theirs, ours := draw(t, o, commitColumns, rows)
		if diff := cmp.Diff(theirs, ours); diff != "" {
			t.Fatalf("-tablewriter +ours:\n%s", diff)
		}
		if got := strings.Count(ours, "\n"); got > 3 || strings.Contains(ours, " \n") {
			t.Fatalf("%d lines, or blanks at an end:\n%q", got, ours)
		}
		o.Width = 0
		if _, whole := draw(t, o, commitColumns, rows); ours != whole && !o.Color {
			checkFits(t, ours, width)
		}
	})
}

func checkFits(t *testing.T, lines string, width int) {
	t.Helper()
	for line := range strings.Lines(lines) {
		if n := displayWidth([]byte(strings.TrimSuffix(line, "\n"))); n > width {
			t.Fatalf("shortened in vain: %d columns of %d:\n%s", n, width, lines)
		}
	}
}

// text is a row of two texts that may be shortened beside one that may not.
type text struct{ Fixed, A, B string }

var textColumns = []Column[text]{
	{Name: "FIXED", Append: func(dst []byte, r *text) []byte { return append(dst, r.Fixed...) }},
	{Name: "A", Shorten: true, Append: func(dst []byte, r *text) []byte { return append(dst, r.A...) }},
	{Name: "B-IS-A-LONG-HEADER", Shorten: true, Append: func(dst []byte, r *text) []byte { return append(dst, r.B...) }},
}

func TestShorten(t *testing.T) {
	const (
		az20    = "abcdefghijklmnopqrst"
		az26    = "abcdefghijklmnopqrstuvwxyz"
		longest = "255.255.255.255" // IPv4 address
		id      = "orders-app-1-acf38d5bf31c4d9e8b5a7c10e2f84c0a"
		fixed   = len("fixed" + gap + gap)
	)
	tests := []struct {
		name  string
		width int
		row   text
		want  string
	}{
		{"unlimited", 0, text{"fixed", az20, az26}, "fixed  " + az20 + "  " + az26},
		{"fits", fixed + 20 + 26, text{"fixed", az20, az26}, "fixed  " + az20 + "  " + az26},
		{"the widest first", fixed + 20 + 21, text{"fixed", az20, az26}, "fixed  " + az20 + "  abcdefghij…qrstuvwxyz"},
		{"then both alike", fixed + 19 + 19, text{"fixed", az20, az26}, "fixed  abcdefghi…lmnopqrst  abcdefghi…rstuvwxyz"},
		{"to the least, and headers", fixed + 12 + 18, text{"fixed", az20, az26}, "fixed  abcdef…pqrst  abcdefghi…stuvwxyz"},
		{"one less is not enough", fixed + 12 + 18 - 1, text{"fixed", az20, az26}, "fixed  " + az20 + "  " + az26},
		{"others are never cut", 9, text{az26, "a", "b"}, az26 + "  a  b"},
		{"an address stays whole", fixed + 15 + 20, text{"fixed", longest, id}, "fixed  " + longest + "  orders-app…0e2f84c0a"},
		{"even if that would do", fixed + 14 + 18, text{"fixed", longest, az20[:18]}, "fixed  " + longest + "  " + az20[:18]},
		{"what is longer by one need not", fixed + 12 + 18, text{"fixed", az20[:16], "b"}, "fixed  abcdef…lmnop  b"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var buf bytes.Buffer
			w := New(&buf, Table, Options{Headers: true, Width: tt.width}, textColumns, nil)
			if err := w.Row(&tt.row); err != nil {
				t.Fatal(err)
			}
			if err := w.Close(nil); err != nil {
				t.Fatal(err)
			}
			header, row, _ := strings.Cut(buf.String(), "\n")
			if diff := cmp.Diff([]string{"FIXED", "A", "B-IS-A-LONG-HEADER"}, strings.Fields(header)); diff != "" {
				t.Errorf("header: -want +got:\n%s", diff)
			}
			if diff := cmp.Diff(tt.want+"\n", row); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// TestShortenKeepsBothEnds cuts cells as they are shown, escapes and all, to 15 columns.
func TestShortenKeepsBothEnds(t *testing.T) {
	tests := []struct{ name, cell, want string }{
		{"id", "orders-app-1-acf38d5bf31c4d9e8b5a7c10e2f84c0a", "orders-…2f84c0a"},
		{"one too many", "abcdefghijklmnop", "abcdefg…jklmnop"},
		{"wide characters", "注文注文注文注文注文", "注文注文…文注文"},
		{"wide characters, a blank left", "a注文注文注文注文注文", "a注文注…文注文 "},
		{"bytes", strings.Repeat(`\xff`, 5), `\xff\xff…\xff  `},
		{"an escape before the tail", `abcdefghijklm\x00cdefg`, `abcdefghi…cdefg`},
		{"an escape after the head", `abcde\x00fghijklmnopqrs`, `abcde…mnopqrs  `},
		{"backslashes", strings.Repeat(`\\`, 10), `\\\\\\\\…\\\\\\`},
		{"no escape, but a backslash and x00", `abcdefghijklm\\x00defg`, `abcdefg…x00defg`},
		{"marks stay with their letters", strings.Repeat("e\u0301", 20), strings.Repeat("e\u0301", 7) + "…" + strings.Repeat("e\u0301", 7)},
	}
	for _, tt := range tests {
		got := string(shorten([]byte(tt.cell), displayWidth([]byte(tt.cell)), 15))
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s: -want +got:\n%s", tt.name, diff)
		}
		if n := displayWidth([]byte(got)); n != 15 {
			t.Errorf("%s: %q is %d wide, want 15", tt.name, got, n)
		}
	}
}

// FuzzShorten holds that a shortened cell is as wide as asked, and that what stays can be read back and is how the cell
// begins and ends.
func FuzzShorten(f *testing.F) {
	f.Add("orders-app-1-acf38d5bf31c4d9e8b5a7c10e2f84c0a", 0)
	f.Add("\xff\x1b[2J\\x41\t注文\u202ee\u0301👩\u200d👧 \\\\", 3)
	f.Add("\u0301\u0301aaaaaaaaaaaaaaaaaaaaaaaaaa…\u0301", 9)
	f.Fuzz(func(t *testing.T, raw string, more int) {
		cell := AppendEscaped(nil, raw)
		width, limit := displayWidth(cell), minShort+more
		if more < 0 || width <= limit {
			t.Skip()
		}
		got := shorten(cell, width, limit)
		if n := displayWidth(got); n != limit {
			t.Fatalf("%q is %d wide, want %d", got, n, limit)
		}
		if !keepsEnds(raw, string(got)) {
			t.Fatalf("%q is not what %q begins and ends with", got, raw)
		}
	})
}

// keepsEnds reports whether some … in short parts a beginning of raw from an end of it, blanks aside.
func keepsEnds(raw, short string) bool {
	for i := range short {
		if !strings.HasPrefix(short[i:], "…") {
			continue
		}
		head, headErr := Unescape(short[:i])
		for tail := short[i+len("…"):]; ; tail = tail[:len(tail)-1] {
			end, err := Unescape(tail)
			if headErr == nil && err == nil && strings.HasPrefix(raw, head) && strings.HasSuffix(raw, end) {
				return true
			}
			if !strings.HasSuffix(tail, " ") {
				break
			}
		}
	}
	return false
}

// lagRow is as large as a row of `lag --by partition`, the largest listing we have.
type lagRow struct {
	Group         string  `json:"group"`
	Type          string  `json:"type"`
	State         string  `json:"state"`
	Topic         string  `json:"topic"`
	Partition     *int64  `json:"partition"`
	CurrentOffset *int64  `json:"currentOffset"`
	LeaderEpoch   *int64  `json:"leaderEpoch"`
	LogStart      *int64  `json:"logStartOffset"`
	LogEnd        *int64  `json:"logEndOffset"`
	Lag           *int64  `json:"lag"`
	Status        string  `json:"status"`
	ConsumerID    *string `json:"consumerId"`
	Host          *string `json:"host"`
}

func lagColumns() []Column[lagRow] {
	text := func(name string, get func(*lagRow) string) Column[lagRow] {
		return Column[lagRow]{Name: name, Append: func(dst []byte, r *lagRow) []byte { return append(dst, get(r)...) }}
	}
	number := func(name string, get func(*lagRow) *int64) Column[lagRow] {
		return Column[lagRow]{Name: name, Right: true, Append: func(dst []byte, r *lagRow) []byte { return strconv.AppendInt(dst, *get(r), 10) }}
	}
	return []Column[lagRow]{
		text("GROUP", func(r *lagRow) string { return r.Group }),
		text("TYPE", func(r *lagRow) string { return r.Type }),
		text("STATE", func(r *lagRow) string { return r.State }),
		text("TOPIC", func(r *lagRow) string { return r.Topic }),
		number("PARTITION", func(r *lagRow) *int64 { return r.Partition }),
		number("CURRENT-OFFSET", func(r *lagRow) *int64 { return r.CurrentOffset }),
		number("LEADER-EPOCH", func(r *lagRow) *int64 { return r.LeaderEpoch }),
		number("LOG-START-OFFSET", func(r *lagRow) *int64 { return r.LogStart }),
		number("LOG-END-OFFSET", func(r *lagRow) *int64 { return r.LogEnd }),
		number("LAG", func(r *lagRow) *int64 { return r.Lag }),
		text("STATUS", func(r *lagRow) string { return r.Status }),
		text("CONSUMER-ID", func(r *lagRow) string { return *r.ConsumerID }),
		text("HOST", func(r *lagRow) string { return *r.Host }),
	}
}

func lagRows(n int) []lagRow {
	rows := make([]lagRow, n)
	for i := range rows {
		v := int64(i)
		rows[i] = lagRow{
			Group: fmt.Sprintf("service-%03d", i/1000), Type: "consumer", State: "Stable", Topic: fmt.Sprintf("orders-%02d", i/100%10),
			Partition: new(v % 100), CurrentOffset: new(v * 1_000_003), LeaderEpoch: new(int64(7)), LogStart: new(v),
			LogEnd: new(v*1_000_003 + v%100_000), Lag: new(v % 100_000), Status: "ok",
			ConsumerID: new(fmt.Sprintf("consumer-service-1-%036d", i)), Host: new("10.0.12.134"),
		}
	}
	return rows
}

// benchmarkRows is the partitions of the largest cluster we aim at.
const benchmarkRows = 60_780

func BenchmarkWriter(b *testing.B) {
	for _, bench := range []struct {
		format Format
		rows   int
	}{{TSV, benchmarkRows}, {CSV, benchmarkRows}, {NDJSON, benchmarkRows}, {JSON, benchmarkRows}, {YAML, benchmarkRows}, {Name, benchmarkRows},
		{Table, benchmarkRows}} {
		rows := lagRows(bench.rows)
		b.Run(fmt.Sprintf("%s/%d", bench.format, bench.rows), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				writeLag(b, bench.format, rows)
			}
			b.ReportMetric(float64(len(rows)*b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

func writeLag(b *testing.B, f Format, rows []lagRow) {
	w := New(discard{}, f, Options{Headers: true, Head: json.RawMessage(`{"kind":"lag"}`)}, lagColumns(), func(r *lagRow) string { return r.Group })
	for i := range rows {
		if err := w.Row(&rows[i]); err != nil {
			b.Fatal(err)
		}
	}
	if err := w.Close(nil); err != nil {
		b.Fatal(err)
	}
}

// discard is io.Discard without its ReadFrom, like a file or a pipe.
type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }

func TestTableInBlocksHasOneHeaderAndNeverNarrowerColumns(t *testing.T) {
	var out strings.Builder
	type row struct{ a, b string }
	cols := []Column[row]{
		{Name: "A", Append: func(b []byte, r *row) []byte { return append(b, r.a...) }},
		{Name: "B", Append: func(b []byte, r *row) []byte { return append(b, r.b...) }},
	}
	w := New(&out, Table, Options{Headers: true, Block: 2}, cols, nil)
	for _, r := range []row{{"first", "1"}, {"2", "2"}, {"3", "3"}, {"the longest", "4"}, {"5", "5"}} {
		if err := w.Row(&r); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(nil); err != nil {
		t.Fatal(err)
	}
	want := "A      B\nfirst  1\n2      2\n3            3\nthe longest  4\n5            5\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
