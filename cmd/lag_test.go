package cmd

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/offsetctl/offsetctl/internal/cluster"
	"github.com/offsetctl/offsetctl/lag"
)

// asked are the options of a command line, as its flags leave them, and the names of the flags that were given.
type asked struct {
	options lagOptions
	args    []string
	flags   []string
	stdin   string
}

func (a asked) request() (lagRequest, error) {
	if a.options.isolation == "" {
		a.options.isolation = string(lag.ReadUncommitted)
	}
	changed := func(name string) bool { return strings.Contains(" "+strings.Join(a.flags, " ")+" ", " "+name+" ") }
	return a.options.request(a.args, changed, &session{in: strings.NewReader(a.stdin)})
}

func TestLagRequest(t *testing.T) {
	all := lag.Query{Isolation: lag.ReadUncommitted}
	named := func(groups ...string) lag.Query {
		return lag.Query{Selection: cluster.Selection{Named: true, Groups: groups}, Isolation: lag.ReadUncommitted}
	}
	limit := func(n int64) *int64 { return &n }
	for _, c := range []struct {
		name string
		in   asked
		want lagRequest
	}{
		{"nothing", asked{}, lagRequest{query: all, by: "group", byLag: true}},
		{"argument", asked{args: []string{"b", "a", "b"}}, lagRequest{query: named("a", "b"), explicit: true, by: "partition"}},
		{"--group", asked{options: lagOptions{selection: selection{groups: []string{"a"}}}}, lagRequest{query: named("a"), explicit: true, by: "partition"}},
		{"both", asked{args: []string{"b"}, options: lagOptions{selection: selection{groups: []string{"a"}}}}, lagRequest{query: named("a", "b"), explicit: true, by: "partition"}},
		{"the empty name", asked{args: []string{""}}, lagRequest{query: named(""), explicit: true, by: "partition"}},
		{"standard input", asked{args: []string{"-"}, stdin: "b\na\n"}, lagRequest{query: named("a", "b"), by: "group", byLag: true}},
		{"empty input", asked{args: []string{"-"}}, lagRequest{query: named(), by: "group", byLag: true}},
		{"--by", asked{args: []string{"a"}, options: lagOptions{by: "group"}}, lagRequest{query: named("a"), explicit: true, by: "group", byLag: true}},
		{"--by member", asked{options: lagOptions{by: "member"}}, lagRequest{query: all, by: "member"}},
		{"--sort lag", asked{options: lagOptions{by: "topic", sort: "lag"}}, lagRequest{query: all, by: "topic", byLag: true}},
		{"--sort name", asked{options: lagOptions{sort: "name"}}, lagRequest{query: all, by: "group"}},
		{"--top", asked{flags: []string{"top"}, options: lagOptions{by: "topic", top: 3}}, lagRequest{query: all, by: "topic", byLag: true, top: 3}},
		{"--lagging", asked{options: lagOptions{lagging: true}}, lagRequest{query: all, by: "group", byLag: true, lagging: true}},
		{"--fail-above 0", asked{flags: []string{"fail-above"}}, lagRequest{query: all, by: "group", byLag: true, failAbove: limit(0)}},
		{"--fail-on", asked{options: lagOptions{failOn: []string{"past-end", " error"}}}, lagRequest{query: all, by: "group", byLag: true, failOn: []lag.Status{lag.PastEnd, lag.Failed}}},
		{"--isolation", asked{options: lagOptions{isolation: "read_committed"}}, lagRequest{query: lag.Query{Isolation: lag.ReadCommitted}, by: "group", byLag: true}},
		{
			"--topic",
			asked{options: lagOptions{topics: []string{"orders:0-1", "emails"}}},
			lagRequest{query: lag.Query{Isolation: lag.ReadUncommitted, Filter: cluster.Filter{"orders": {0: true, 1: true}, "emails": nil}}, by: "group", byLag: true},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := c.in.request()
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got, cmp.AllowUnexported(lagRequest{}), cmpopts.IgnoreFields(cluster.Selection{}, "Keep"), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestLagRequestRefuses(t *testing.T) {
	for _, c := range []struct {
		name string
		in   asked
		want string
	}{
		{"names and --match", asked{args: []string{"a"}, flags: []string{"match"}}, "exclude one another"},
		{"input and --match", asked{args: []string{"-"}, flags: []string{"match"}}, "exclude one another"},
		{"names and --all-groups", asked{args: []string{"a"}, options: lagOptions{selection: selection{all: true}}}, "exclude one another"},
		{"--match and --all-groups", asked{flags: []string{"match"}, options: lagOptions{selection: selection{all: true}}}, "exclude one another"},
		{"--by", asked{options: lagOptions{by: "groups"}}, `--by "groups": have group, topic, partition, member`},
		{"--sort", asked{options: lagOptions{sort: "size"}}, `--sort "size": have lag, name`},
		{"--top 0", asked{flags: []string{"top"}}, "--top 0: at least 1"},
		{"--top with --sort name", asked{flags: []string{"top"}, options: lagOptions{top: 1, sort: "name"}}, "does not go with --sort name"},
		{"--isolation", asked{options: lagOptions{isolation: "none"}}, `--isolation "none"`},
		{"--fail-above", asked{flags: []string{"fail-above"}, options: lagOptions{failAbove: -1}}, "never negative"},
		{"--fail-on", asked{options: lagOptions{failOn: []string{"OK"}}}, `--fail-on "OK": have ok, pending-txn`},
		{"--type", asked{options: lagOptions{selection: selection{types: []string{"x"}}}}, `--type "x": have classic`},
		{"--state", asked{options: lagOptions{selection: selection{states: []string{""}}}}, `--state "": have Assigning`},
		{"--topic", asked{options: lagOptions{topics: []string{"orders:3-1"}}}, "not a range"},
		{"input", asked{args: []string{"-"}, stdin: `a\q`}, "group name on standard input"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := c.in.request()
			if _, ok := err.(*usageError); !ok || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want a usage error with %q", err, c.want)
			}
		})
	}
}
