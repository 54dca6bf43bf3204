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

// draw returns what both ways of drawing make of the rows, after fit.
func draw(t testing.TB, o Options, cols []Column[commit], rows []commit) (pretty, fast string) {
	t.Helper()
	table := newTable(nil, o, cols)
	for i := range rows {
		if err := table.row(&rows[i]); err != nil {
			t.Fatal(err)
		}
	}
	table.grid.fit()
	var out [2]bytes.Buffer
	for i, method := range []func(*bufio.Writer) error{table.grid.drawPretty, table.grid.drawFast} {
		w := bufio.NewWriter(&out[i])
		if err := method(w); err != nil {
			t.Fatal(err)
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
	}
	return out[0].String(), out[1].String()
}

func TestBothWaysDrawTheSame(t *testing.T) {
	for _, color := range []bool{false, true} {
		for _, headers := range []bool{false, true} {
			for _, width := range []int{0, 20, 60, 80, 95} {
				o := Options{Headers: headers, Color: color, Width: width}
				for n := range len(commits) + 1 {
					pretty, fast := draw(t, o, commitColumns, commits[:n])
					if diff := cmp.Diff(pretty, fast); diff != "" {
						t.Errorf("%+v: -pretty +fast:\n%s", o, diff)
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
	f.Fuzz(func(t *testing.T, a, b, c string, width int, on bool) {
		rows := []commit{{a, &b, nil, c, &a, &c}, {b, &c, new(int64(width)), "ok", &b, &a}}
		pretty, fast := draw(t, Options{Headers: on, Color: !on, Width: width}, commitColumns, rows)
		if diff := cmp.Diff(pretty, fast); diff != "" {
			t.Fatalf("-pretty +fast:\n%s", diff)
		}
		if got := strings.Count(fast, "\n"); got > 3 || strings.Contains(fast, " \n") {
			t.Fatalf("%d lines, or blanks at an end:\n%q", got, fast)
		}
	})
}

func TestLongTableLooksLikeShortOne(t *testing.T) {
	long := strings.SplitAfter(write(t, Table, Options{Headers: true}, manyCommits(prettyLimit+1), ""), "\n")
	short := strings.SplitAfter(write(t, Table, Options{Headers: true}, manyCommits(prettyLimit), ""), "\n")
	if diff := cmp.Diff(short[:prettyLimit+1], long[:prettyLimit+1]); diff != "" {
		t.Errorf("-500 rows +501 rows:\n%s", diff)
	}
}

// text is a row of two texts that may be shortened beside one that may not.
type text struct{ Fixed, A, B string }

var textColumns = []Column[text]{
	{Name: "FIXED", Append: func(dst []byte, r *text) []byte { return append(dst, r.Fixed...) }},
	{Name: "A", Shorten: true, Append: func(dst []byte, r *text) []byte { return append(dst, r.A...) }},
	{Name: "B-IS-A-HEADER", Shorten: true, Append: func(dst []byte, r *text) []byte { return append(dst, r.B...) }},
}

func TestShorten(t *testing.T) {
	letters := func(n int) string { return "abcdefghijklmnopqrstuvwxyz"[:n] }
	tests := []struct {
		name  string
		width int
		row   text
		want  string
	}{
		{"fits", 5 + 2 + 20 + 2 + 26, text{"fixed", letters(20), letters(26)}, "fixed  abcdefghijklmnopqrst  abcdefghijklmnopqrstuvwxyz"},
		{"the longer first", 51, text{"fixed", letters(20), letters(26)}, "fixed  abcdefghijklmnopqrst  abcdefghijklmnopqrstu…"},
		{"then both alike", 39, text{"fixed", letters(20), letters(26)}, "fixed  abcdefghijklmn…  abcdefghijklmn…"},
		{"eight stay, and headers", 9, text{"fixed", letters(20), letters(26)}, "fixed  abcdefg…  abcdefghijkl…"},
		{"others are never cut", 9, text{letters(26), "a", "b"}, "abcdefghijklmnopqrstuvwxyz  a  b"},
		{"wide characters", 30, text{"fixed", "注文注文注文", "b"}, "fixed  注文注…   b"},
		{"unlimited", 0, text{"fixed", letters(20), letters(26)}, "fixed  abcdefghijklmnopqrst  abcdefghijklmnopqrstuvwxyz"},
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
			if diff := cmp.Diff([]string{"FIXED", "A", "B-IS-A-HEADER"}, strings.Fields(header)); diff != "" {
				t.Errorf("header: -want +got:\n%s", diff)
			}
			if diff := cmp.Diff(tt.want+"\n", row); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
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
		{Table, benchmarkRows}, {Table, prettyLimit}} {
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
