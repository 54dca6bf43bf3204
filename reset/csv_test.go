package reset

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/offsetctl/offsetctl/internal/cluster"
)

func csvLine(number int, group, topic string, partition int32, offset int64) Line {
	return Line{Number: number, Group: group, TP: cluster.TP{Topic: topic, Partition: partition}, Offset: offset}
}

func TestParseCSV(t *testing.T) {
	for name, tc := range map[string]struct {
		text string
		want CSV
	}{
		"without groups": {"orders,0,12\norders,1,0\n", CSV{Lines: []Line{
			csvLine(1, "", "orders", 0, 12), csvLine(2, "", "orders", 1, 0)}}},
		"with groups": {"a,orders,0,12\nb,orders,0,13\n", CSV{Grouped: true, Lines: []Line{
			csvLine(1, "a", "orders", 0, 12), csvLine(2, "b", "orders", 0, 13)}}},
		"no line end":      {"orders,0,12", CSV{Lines: []Line{csvLine(1, "", "orders", 0, 12)}}},
		"byte order mark":  {"\uFEFForders,0,12\n", CSV{Lines: []Line{csvLine(1, "", "orders", 0, 12)}}},
		"mark and quote":   {"\uFEFF\"orders\",0,12\n", CSV{Lines: []Line{csvLine(1, "", "orders", 0, 12)}}},
		"name with a mark": {"\"\uFEFForders\",0,12\n", CSV{Lines: []Line{csvLine(1, "", "\uFEFForders", 0, 12)}}},
		"CRLF":             {"orders,0,12\r\norders,1,13\r\n", CSV{Lines: []Line{csvLine(1, "", "orders", 0, 12), csvLine(2, "", "orders", 1, 13)}}},
		"CR":               {"orders,0,12\rorders,1,13\r", CSV{Lines: []Line{csvLine(1, "", "orders", 0, 12), csvLine(2, "", "orders", 1, 13)}}},
		"blank lines": {"\n \t\r\norders,0,12\n\n\norders,1,13\n\n  ", CSV{Lines: []Line{
			csvLine(3, "", "orders", 0, 12), csvLine(6, "", "orders", 1, 13)}}},
		"spaces around numbers": {"orders, 0 ,\t12 \n", CSV{Lines: []Line{csvLine(1, "", "orders", 0, 12)}}},
		"spaces around names":   {" g , orders ,0,12\n", CSV{Grouped: true, Lines: []Line{csvLine(1, " g ", " orders ", 0, 12)}}},
		"quotes":                {`"a,""b""","orders","0","12"`, CSV{Grouped: true, Lines: []Line{csvLine(1, `a,"b"`, "orders", 0, 12)}}},
		"line ends in quotes": {"\"a\r\nb\rc\nd\",orders,0,12\nb,orders,0,13\n", CSV{Grouped: true, Lines: []Line{
			csvLine(1, "a\r\nb\rc\nd", "orders", 0, 12), csvLine(5, "b", "orders", 0, 13)}}},
		"the group with the empty name": {",orders,0,12\n\"\",orders,1,13\n", CSV{Grouped: true, Lines: []Line{
			csvLine(1, "", "orders", 0, 12), csvLine(2, "", "orders", 1, 13)}}},
		"largest numbers": {"orders,2147483647,9223372036854775807\n", CSV{Lines: []Line{
			csvLine(1, "", "orders", 1<<31-1, 1<<63-1)}}},
		"a topic that looks like a header's": {"partition,0,12\n", CSV{Lines: []Line{csvLine(1, "", "partition", 0, 12)}}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := ParseCSV([]byte(tc.text))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, *got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestParseCSVRefuses(t *testing.T) {
	const both, three, four = "; a row is topic,partition,offset or group,topic,partition,offset",
		"; a row is topic,partition,offset", "; a row is group,topic,partition,offset"
	for _, tc := range []struct{ text, want string }{
		{"", "the file has no rows" + both},
		{"\uFEFF", "the file has no rows" + both},
		{"\r\n \n\n", "the file has no rows" + both},
		{"orders,0\n", "line 1: it has another number of fields, 2" + both},
		{"orders 0 12\n", "line 1: it has another number of fields, 1" + both},
		{"g,orders,0,12,\n", "line 1: it has another number of fields, 5" + both},
		{"orders,0,12\ng,orders,1,12\n", "line 2: it has another number of fields, 4" + three},
		{"g,orders,1,12\n\norders,0,12\n", "line 3: it has another number of fields, 3" + four},
		{"orders,0,12\n\"\"\n", "line 2: it has another number of fields, 1" + three},
		{"orders,0,12\norders,1,x\n", `line 2: the offset is no number of 0 or more: "x"` + three},
		{"orders,0,\n", `line 1: the offset is no number of 0 or more: ""` + three},
		{"orders,0,-1\n", `line 1: the offset is no number of 0 or more: "-1"` + three},
		{"orders,0,+1\n", `line 1: the offset is no number of 0 or more: "+1"` + three},
		{"orders,0,1_000\n", `line 1: the offset is no number of 0 or more: "1_000"` + three},
		{"orders,0,1e3\n", `line 1: the offset is no number of 0 or more: "1e3"` + three},
		{"orders,0,-\n", `line 1: the offset is no number of 0 or more: "-"` + three},
		{"orders,0,9223372036854775808\n", `line 1: the offset is above 9223372036854775807: "9223372036854775808"` + three},
		{"orders,2147483648,1\n", `line 1: the partition is above 2147483647: "2147483648"` + three},
		{"orders,x,1\n", `line 1: the partition is no number of 0 or more: "x"` + three},
		{"g,,0,1\n", "line 1: the topic is empty" + four},
		{"\"\",0,1\n", "line 1: the topic is empty" + three},
		{"\xff,0,1\n", `line 1: the name "\xff" is not UTF-8` + three},
		{"\"a\xc3\",orders,0,1\n", `line 1: the name "a\xc3" is not UTF-8` + four},
		{"TOPIC,PARTITION,OFFSET\norders,0,1\n", "line 1: it is a header, and this format has none" + three},
		{"\ngroup, topic, partition, new-offset\n", "line 2: it is a header, and this format has none" + four},
		{"GROUP,TOPIC,PARTITION,CURRENT-OFFSET,NEW-OFFSET\n", "line 1: it is a header, and this format has none" + both},
		{"orders,0,1\nTOPIC,PARTITION,OFFSET\n", `line 2: the partition is no number of 0 or more: "PARTITION"` + three},
		{"orders,0,1\n\"\n\",0,1\norders,0,2\n", `line 4: partition 0 of "orders" is on line 1 already: remove one of them`},
		{"a,orders,0,1\nb,orders,0,1\na,orders,0,1\n", `line 3: partition 0 of "orders" is on line 1 already: remove one of them`},
		{"orders,0,1\nWarn: Partition 3 from topic t is empty.\n",
			`line 2: "Warn: Partition 3 from topic t is empty." is what Kafka's tool prints among the rows of its export: remove the line` + three},
		{"Error: The consumer group 'x' does not exist.\n",
			`line 1: "Error: The consumer group 'x' does not exist." is what Kafka's tool prints among the rows of its export: remove the line` + both},
		{"orders,0,1\n\n\"orders,1,2\norders,2,3\n", "line 3: a quote that begins a field is not closed"},
		{"\"a\nb\"c,0,1\n", "line 2: text after a quoted field: only a comma or the end of the line may follow"},
		{"orders,0,1\na\"b,0,1\n", `line 2: a quote inside the field a"b: quote the whole field, and write "" for the quote`},
	} {
		got, err := ParseCSV([]byte(tc.text))
		if got != nil || err == nil || err.Error() != tc.want {
			t.Errorf("ParseCSV(%q):\n got %v, %v\nwant %s", tc.text, got, err, tc.want)
		}
	}
}

// oddNames are names of groups that brokers take, of which a text format could make others.
func oddNames() []string {
	return []string{"", "g", "a,b", `a"b`, `"`, `""`, " a ", "a\r\nb", "a\nb", "a\rb", "\r", "\n", "\t", "a\tb", "\uFEFFg", "grün", "日本", "a\x00b", "\x1b[2J", "#g", "Warn:", "\\", "é "}
}

func TestCSVRoundTripsEveryName(t *testing.T) {
	for _, name := range oddNames() {
		tp := cluster.TP{Topic: name + "t", Partition: 7}
		p := &Plan{Groups: []Group{{Name: name, Changes: []Change{{TP: tp, New: &Position{Offset: 9}, Result: Planned}}}}}
		for _, want := range []CSV{
			{Grouped: true, Lines: []Line{{Number: 1, Group: name, TP: tp, Offset: 9}}},
			{Lines: []Line{{Number: 1, TP: tp, Offset: 9}}},
		} {
			text := AppendCSV(nil, p, want.Grouped)
			got, err := ParseCSV(text)
			if err != nil {
				t.Errorf("%q: %v", text, err)
			} else if diff := cmp.Diff(want, *got); diff != "" {
				t.Error(diff)
			}
		}
	}
}

// Only what is to become so, or is, is worth giving to --from-file.
func TestAppendCSV(t *testing.T) {
	change := func(partition int32, result Result) Change {
		return Change{TP: cluster.TP{Topic: "orders", Partition: partition}, New: &Position{Offset: 10 + int64(partition)}, Result: result}
	}
	p := &Plan{Groups: []Group{
		{Name: "a", Changes: []Change{
			change(0, Planned), change(1, Unchanged), change(2, Applied), change(3, Failed), change(4, Unknown),
			{TP: cluster.TP{Topic: "orders", Partition: 5}, Result: Refused},
			{TP: cluster.TP{Topic: "orders", Partition: 6}, Result: Unchanged},
			{TP: cluster.TP{Topic: "gone"}, Whole: true, Result: Refused},
		}},
		{Name: "b, c", Changes: []Change{change(0, Planned)}},
		{Name: ` "d"`, Changes: []Change{change(0, Planned)}},
		{Name: "e f", Changes: []Change{change(0, Planned)}},
	}}
	for grouped, want := range map[bool]string{
		true:  "x\na,orders,0,10\na,orders,1,11\na,orders,2,12\n\"b, c\",orders,0,10\n\" \"\"d\"\"\",orders,0,10\n\"e f\",orders,0,10\n",
		false: "x\norders,0,10\norders,1,11\norders,2,12\norders,0,10\norders,0,10\norders,0,10\n",
	} {
		if diff := cmp.Diff(want, string(AppendCSV([]byte("x\n"), p, grouped))); diff != "" {
			t.Error(diff)
		}
	}
}

// FuzzParseCSV: what is read is in the bounds, and reads the same after it was written.
func FuzzParseCSV(f *testing.F) {
	for _, seed := range []string{
		"", "\uFEFForders,0,12\r\n", "g,orders,0,12\n\n,orders,1,13", "\"a\r\n\"\"b\",0,1\n", "a\rb", "\"", "\"\"x", "TOPIC,PARTITION,OFFSET", "orders, 0 ,9223372036854775807",
	} {
		f.Add([]byte(seed))
	}
	for _, name := range oddNames() {
		f.Add([]byte(name + ",0,1\n"))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := ParseCSV(text)
		if err != nil {
			if c != nil || strings.TrimSpace(err.Error()) == "" {
				t.Fatalf("%v beside the error %v", c, err)
			}
			return
		}
		again, err := ParseCSV(AppendCSV(nil, planOf(c), c.Grouped))
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		last := 0
		for i := range c.Lines {
			l := &c.Lines[i]
			if l.Number <= last || l.Topic == "" || l.Partition < 0 || l.Offset < 0 || !c.Grouped && l.Group != "" {
				t.Fatalf("after line %d: %+v", last, *l)
			}
			last = l.Number
			l.Number, again.Lines[i].Number = 0, 0
		}
		if diff := cmp.Diff(c, again); diff != "" {
			t.Fatal(diff)
		}
	})
}

// planOf is a plan with a group for each line.
func planOf(c *CSV) *Plan {
	var p Plan
	for _, l := range c.Lines {
		p.Groups = append(p.Groups, Group{Name: l.Group, Changes: []Change{{TP: l.TP, New: &Position{Offset: l.Offset}, Result: Planned}}})
	}
	return &p
}

// What is printed as CSV is read as CSV, whatever the group is called.
func TestCSVOfGroupThatLooksLikeJSON(t *testing.T) {
	p := build(t, world(stopped(`{a`, commitAt("orders:0", 20))), asked(ToCurrent()))
	if text := AppendCSV(nil, p, true); IsDocument(text) {
		t.Errorf("%q is taken for JSON", text)
	}
}
