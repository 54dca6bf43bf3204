package cmd

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/offsetctl/offsetctl/internal/cluster"
	"github.com/offsetctl/offsetctl/lag"
)

// terminal is a wide one; ledger is a command whose output has nothing in it that a broker draws.
var (
	terminal = at{outTTY: true, errTTY: true, width: 200}
	ledger   = []string{"demo", "lag", "--match", "payments-ledger", "--by", "partition"}
)

func TestTerminalShowsColouredTable(t *testing.T) {
	got := terminal.run(t, "demo", "lag")
	golden(t, "terminal_lag.txt", got.out)
	if got.err != "" || got.code != exitOK {
		t.Errorf("exit %d, stderr %q", got.code, got.err)
	}
}

func TestTerminalWithoutColourShowsTheSameTable(t *testing.T) {
	want := strings.NewReplacer("\x1b[1m", "", "\x1b[22m", "", "\x1b[31m", "", "\x1b[32m", "", "\x1b[33m", "", "\x1b[0m", "").Replace(terminal.run(t, "demo", "lag").out)
	for _, env := range []map[string]string{{"NO_COLOR": "1"}, {"TERM": "dumb"}, {"NO_COLOR": "1", "CLICOLOR_FORCE": "1"}} {
		got := at{outTTY: true, width: 200, env: env}.run(t, "demo", "lag").out
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%v (-want +got):\n%s", env, diff)
		}
	}
}

func TestPipeIsTSVThoughStderrIsATerminal(t *testing.T) {
	got := at{errTTY: true}.run(t, "demo", "lag", "email-sender", "--by", "group")
	want := screen{
		out: "GROUP\tTYPE\tSTATE\tMEMBERS\tTOPICS\tPARTITIONS\tLAG\tMAX-LAG\tSTATUS\nemail-sender\tclassic\tEmpty\t0\t1\t3\t167\t61\tno-members\n",
		err: "email-sender: classic, Empty, 0 members, 3 partitions, lag 167 (max 61 at emails:1)\n",
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(screen{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestNarrowTerminalShortensForPeopleOnly(t *testing.T) {
	narrow := at{outTTY: true, width: 120, env: map[string]string{"NO_COLOR": "1"}}
	got := narrow.run(t, ledger...).out
	golden(t, "terminal_narrow.txt", got)
	for line := range strings.Lines(got) {
		if n := len([]rune(strings.TrimSuffix(line, "\n"))); n > 120 {
			t.Errorf("%d columns: %s", n, line)
		}
	}
	for _, args := range [][]string{{"-o", "wide"}, {"-o", "tsv"}, {"-o", "json"}, {"-o", "csv"}, {"-o", "yaml"}} {
		if out := narrow.run(t, append(args, ledger...)...).out; strings.Contains(out, "…") {
			t.Errorf("%v is shortened:\n%s", args, out)
		}
	}
}

// Where even that is too little, lines are longer than the terminal: names and numbers stay whole.
func TestTinyTerminalKeepsGroupsTopicsAndNumbers(t *testing.T) {
	tiny := at{outTTY: true, width: 200, env: map[string]string{"NO_COLOR": "1", "COLUMNS": "20"}}
	got := tiny.run(t, ledger...).out
	for _, whole := range []string{"payments-ledger  payments ", " 1009 "} {
		if !strings.Contains(got, whole) {
			t.Errorf("%q is not in\n%s", whole, got)
		}
	}
	if strings.Contains(got, "…") {
		t.Errorf("shortened although it does not help:\n%s", got)
	}
}

func TestSummaryOfNamedGroups(t *testing.T) {
	summaries := at{errTTY: true}
	for _, c := range []struct {
		name string
		args []string
		want string
	}{
		{"one", []string{"orders-app"}, "orders-app: classic, Stable, 3 members, 6 partitions, lag 6 (max 3 at orders:5)\n"},
		{"unknown", []string{"returns-desk"}, "returns-desk: classic, Stable, 1 member, 3 partitions, lag 4 (max 4 at returns:0), unknown for 2\n"},
		{"no lag", []string{"inventory-sync"}, "inventory-sync: classic, Stable, 1 member, 2 partitions, lag 0\n"},
		{
			"two, by group",
			[]string{"-g", "thumbnails", "email-sender", "--by", "group"},
			"email-sender: classic, Empty, 0 members, 3 partitions, lag 167 (max 61 at emails:1)\nthumbnails: share, Stable, 2 members, 4 partitions, lag 18 (max 8 at product-images:0)\n",
		},
		{"topics", []string{"flink-revenue", "-t", "payments:0-1"}, "flink-revenue: classic, Empty, 0 members, 2 partitions, lag 20 (max 11 at payments:0)\n"},
		{"other topics", []string{"flink-revenue", "-t", "emails"}, "flink-revenue: classic, Empty, 0 members, no rows: none in the topics asked for\n"},
		{"a filtered view", []string{"orders-app", "--top", "1", "--lagging"}, "offsetctl: note: 1 of 3 rows shown (--top 1)\norders-app: classic, Stable, 3 members, 6 partitions, lag 6 (max 3 at orders:5)\n"},
		{"not named", []string{"--match", "orders-app"}, ""},
		{"quiet", []string{"orders-app", "-q"}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := summaries.run(t, append([]string{"demo", "lag"}, c.args...)...)
			if diff := cmp.Diff(c.want, got.err); diff != "" || got.code != exitOK {
				t.Errorf("exit %d, stderr (-want +got):\n%s", got.code, diff)
			}
		})
	}
	if got := (at{outTTY: true}).run(t, "demo", "lag", "orders-app"); got.err != "" {
		t.Errorf("stderr is no terminal, and has %q", got.err)
	}
}

func TestGroupLineSaysWhyThereIsNoRow(t *testing.T) {
	text := func(s string) *string { return &s }
	number := func(n int) *int { return &n }
	for _, c := range []struct {
		name string
		row  lag.GroupRow
		want string
	}{
		{
			"nothing committed",
			lag.GroupRow{Group: "g", Type: text("consumer"), State: text("Stable"), Members: number(1), Sum: lag.Sum{Partitions: number(0)}},
			"g: consumer, Stable, 1 member, no rows: it has no commit that this user may see, or none any more, and owns no partition",
		},
		{
			"unreadable",
			lag.GroupRow{Group: "g", Error: &cluster.Error{Message: "not yours"}},
			"g: unknown type, unknown state, unknown members, not yours",
		},
		{
			"no lag known",
			lag.GroupRow{Group: "g", Type: text("share"), State: text("Empty"), Members: number(0), Sum: lag.Sum{Partitions: number(1), UnknownPartitions: 1}},
			"g: share, Empty, 0 members, 1 partition, lag unknown",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := groupLine(c.row, nil); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestSummaryEscapesWhatATerminalWouldObey(t *testing.T) {
	got := at{errTTY: true}.run(t, "demo", "lag", "\x1b[2Jnobody")
	if strings.Contains(got.err, "\x1b") || !strings.Contains(got.err, `\x1b[2Jnobody`) || got.code != exitFailed {
		t.Errorf("exit %d, stderr %q", got.code, got.err)
	}
}
