package cmd

import (
	"errors"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/offsetctl/offsetctl/internal/cluster"
)

func TestParseTopics(t *testing.T) {
	for _, c := range []struct {
		name  string
		specs []string
		want  cluster.Filter
	}{
		{"none", nil, nil},
		{"topic", []string{"orders"}, cluster.Filter{"orders": nil}},
		{"two", []string{"orders", "emails"}, cluster.Filter{"orders": nil, "emails": nil}},
		{"list", []string{"orders:0,2"}, cluster.Filter{"orders": {0: true, 2: true}}},
		{"range", []string{"orders:1-3"}, cluster.Filter{"orders": {1: true, 2: true, 3: true}}},
		{"mixed", []string{"orders:0,2-3,9"}, cluster.Filter{"orders": {0: true, 2: true, 3: true, 9: true}}},
		{"repeated", []string{"orders:0", "orders:1"}, cluster.Filter{"orders": {0: true, 1: true}}},
		{"all beats some", []string{"orders:0", "orders"}, cluster.Filter{"orders": nil}},
		{"in either order", []string{"orders", "orders:0"}, cluster.Filter{"orders": nil}},
		{"all after some after all", []string{"orders", "orders:0", "orders:1"}, cluster.Filter{"orders": nil}},
		{"last colon", []string{"a:b:1"}, cluster.Filter{"a:b": {1: true}}},
		{"no numbers", []string{"a:b"}, cluster.Filter{"a:b": nil}},
		{"nothing behind", []string{"a:"}, cluster.Filter{"a:": nil}},
		{"half a list", []string{"a:1,"}, cluster.Filter{"a:1,": nil}},
		{"negative", []string{"a:-1"}, cluster.Filter{"a:-1": nil}},
		{"largest", []string{"a:2147483647"}, cluster.Filter{"a": {2147483647: true}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := parseTopics(c.specs)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseTopicsRefuses(t *testing.T) {
	for _, specs := range [][]string{{""}, {":0"}, {"a:2-1"}, {"a:2147483648"}, {"a:0-2147483647"}, {"a:99999999999999999999"}, {"b", "a:2-1"}, {"a", "a:2-1"}, {"a:2-1", "a"}} {
		if got, err := parseTopics(specs); err == nil || got != nil {
			t.Errorf("%q: got %v, %v", specs, got, err)
		}
	}
}

// Whatever is taken means the same when it is spelt out, and when it is said twice.
func FuzzParseTopics(f *testing.F) {
	for _, seed := range []string{"orders", "orders:0", "orders:0,2-4", "a:b:1", ":0", "a:-1", "a:2147483647", "a:00", "", "a:3-1", "Ж:0", "a:1,1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, spec string) {
		got, err := parseTopics([]string{spec})
		if err != nil {
			return
		}
		if len(got) != 1 {
			t.Fatalf("%d topics of one", len(got))
		}
		topic := slices.Collect(maps.Keys(got))[0]
		if topic == "" || !strings.HasPrefix(spec, topic) {
			t.Fatalf("topic %q", topic)
		}
		if len(got[topic]) > 1<<12 {
			return
		}
		again := []string{spec}
		for p := range got[topic] {
			if p < 0 {
				t.Fatalf("partition %d", p)
			}
			again = append(again, topic+":"+strconv.Itoa(int(p)))
		}
		twice, err := parseTopics(again)
		if diff := cmp.Diff(got, twice); err != nil || diff != "" {
			t.Errorf("%v (-once +twice):\n%s", err, diff)
		}
	})
}

func TestReadNames(t *testing.T) {
	for _, c := range []struct {
		name, in string
		null     bool
		want     []string
	}{
		{"nothing", "", false, nil},
		{"blank lines", "\n\n", false, nil},
		{"lines", "a\nb\n", false, []string{"a", "b"}},
		{"no end", "a\nb", false, []string{"a", "b"}},
		{"CRLF", "a\r\nb\r\n", false, []string{"a", "b"}},
		{"escapes", `a\tb\n\x1b\\` + "\n", false, []string{"a\tb\n\x1b\\"}},
		{"a dash", "-\n\\x2d\n", false, []string{"-", "-"}},
		{"blanks stay", " a \n", false, []string{" a "}},
		{"NUL", "a\x00b\x00", true, []string{"a", "b"}},
		{"NUL, no end", "a\x00b", true, []string{"a", "b"}},
		{"NUL, raw", "a\n\\x41\r\x00", true, []string{"a\n\\x41\r"}},
		{"NUL, the empty name", "\x00", true, []string{""}},
		{"NUL, nothing", "", true, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := readNames(strings.NewReader(c.in), c.null)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestReadNamesFails(t *testing.T) {
	for _, in := range []io.Reader{strings.NewReader("a\n\\q\n"), strings.NewReader("\\x1"), iotest.ErrReader(errors.New("no more"))} {
		if got, err := readNames(in, false); err == nil || got != nil {
			t.Errorf("got %q, %v", got, err)
		}
	}
}

func TestSelectionKeeps(t *testing.T) {
	app := cluster.Listed{Group: "orders-app", Type: cluster.Classic, State: "Stable"}
	old := cluster.Listed{Group: "orders-app"} // of a broker that tells neither
	for _, c := range []struct {
		name     string
		sel      selection
		matchSet bool
		in       cluster.Listed
		want     bool
	}{
		{"all", selection{}, false, app, true},
		{"type", selection{types: []string{"Classic"}}, false, app, true},
		{"another type", selection{types: []string{"consumer", "share"}}, false, app, false},
		{"an unknown type", selection{types: []string{"consumer"}}, false, old, true},
		{"state", selection{states: []string{"empty", "stable"}}, false, app, true},
		{"another state", selection{states: []string{"Empty"}}, false, app, false},
		{"an unknown state", selection{states: []string{"Empty"}}, false, old, true},
		{"whole name", selection{match: "orders-app"}, true, app, true},
		{"part", selection{match: "orders"}, true, app, false},
		{"alternatives are anchored", selection{match: "orders|app"}, true, app, false},
		{"alternatives", selection{match: "x|orders-.*"}, true, app, true},
		{"flags end with the pattern", selection{match: "(?i)ORDERS-APP"}, true, app, true},
		{"the dot is a line end, too", selection{match: "a.b"}, true, cluster.Listed{Group: "a\nb"}, true},
		{"a line is not a name", selection{match: "(?m)a$"}, true, cluster.Listed{Group: "a\nb"}, false},
		{"empty", selection{match: ""}, true, app, false},
		{"empty is empty", selection{match: ""}, true, cluster.Listed{}, true},
		{"not given", selection{match: ""}, false, app, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			keep, err := c.sel.keep(c.matchSet)
			if err != nil {
				t.Fatal(err)
			}
			if got := keep(c.in.Group, c.in.Type, c.in.State); got != c.want {
				t.Errorf("got %v", got)
			}
		})
	}
}

func TestMatchRefuses(t *testing.T) {
	for _, pattern := range []string{"[", "*", "(?=a)", "a)|(b", "a)$|^(?:.*", `\`} {
		sel := selection{match: pattern}
		_, err := sel.keep(true)
		if _, ok := err.(*usageError); !ok {
			t.Errorf("%q: got %v", pattern, err)
		}
	}
}

func TestQueryLeavesStandardInputAlone(t *testing.T) {
	in := strings.NewReader("never\nread\n")
	sel := selection{groups: []string{"-"}} // --group - is the group of that name
	got, err := sel.query([]string{"b"}, false, in)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"-", "b"}, got.Groups); diff != "" || in.Len() == 0 {
		t.Errorf("%d bytes left (-want +got):\n%s", in.Len(), diff)
	}
}
