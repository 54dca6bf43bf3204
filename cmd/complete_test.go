package cmd

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// nowhere has no cluster.
var nowhere = at{env: map[string]string{"OFFSETCTL_BOOTSTRAP_SERVER": "127.0.0.1:1"}}

// eachFlag calls do with every flag that takes a value, of every command.
func eachFlag(do func(c *cobra.Command, f *pflag.Flag)) {
	var out, errw strings.Builder
	var walk func(c *cobra.Command)
	walk = func(c *cobra.Command) {
		each := func(f *pflag.Flag) {
			if f.NoOptDefVal == "" {
				do(c, f)
			}
		}
		c.LocalFlags().VisitAll(each)
		if !c.DisableFlagParsing {
			c.InheritedFlags().VisitAll(each)
		}
		for _, sub := range c.Commands() {
			walk(sub)
		}
	}
	walk(newRoot(nowhere.session(&out, &errw)))
}

func TestFilesAreOfferedWhereAFileIsMeantOnly(t *testing.T) {
	eachFlag(func(c *cobra.Command, f *pflag.Flag) {
		words := append([]string{"__complete"}, strings.Fields(c.CommandPath())[1:]...)
		got := nowhere.run(t, append(words, "--"+f.Name, "")...)
		want := ":4\n"
		if slices.Contains([]string{"command-config", "file", "from-file", "undo-file"}, f.Name) {
			want = ":0\n"
		}
		if !strings.HasSuffix("\n"+got.out, "\n"+want) || got.code != exitOK {
			t.Errorf("%s --%s: exit %d, %q does not end in %q", c.CommandPath(), f.Name, got.code, got.out, want)
		}
	})
}

func TestCompletedValuesAreTaken(t *testing.T) {
	for _, flag := range []string{"--by", "--color", "--fail-on", "--isolation", "--output", "--sort", "--state", "--type"} {
		lines := strings.Fields(nowhere.run(t, "__complete", "lag", flag, "").out)
		if len(lines) < 3 {
			t.Errorf("%s completes to %q", flag, lines)
		}
		for _, value := range lines[:len(lines)-1] { // the last is the directive
			if got := nowhere.run(t, "demo", "lag", flag, value); got.code == exitUsage {
				t.Errorf("%s %s: %s", flag, value, got.err)
			}
		}
	}
}

func TestCompletionDescribesFlagsWithoutBackQuotes(t *testing.T) {
	for _, command := range []string{"lag", "groups", "members", "version", "demo"} {
		got := nowhere.run(t, "__complete", command, "-")
		if strings.Contains(got.out, "`") || !strings.Contains(got.out, "--output\tFORMAT: ") {
			t.Errorf("%s:\n%s", command, got.out)
		}
	}
}

func TestListCompletesItsLastWord(t *testing.T) {
	complete := listOf("Dead", "Empty", "Stable")
	for toComplete, want := range map[string][]string{
		"":              {"Dead", "Empty", "Stable"},
		"st":            {"Stable"},
		"Dead,":         {"Dead,Empty", "Dead,Stable"},
		"dead,Empty,s":  {"dead,Empty,Stable"},
		"Dead,Stable,S": nil,
		"nonsense,E":    {"nonsense,Empty"},
		"x":             nil,
	} {
		got, directive := complete(nil, nil, toComplete)
		if diff := cmp.Diff(want, got); diff != "" || directive != cobra.ShellCompDirectiveNoFileComp {
			t.Errorf("%q: directive %d (-want +got):\n%s", toComplete, directive, diff)
		}
	}
}

func TestOfferableNamesAreThoseAShellCanShowAndAProgramRead(t *testing.T) {
	for name, want := range map[string]bool{
		"orders-app": true, "a b": true, "été:1,2": true, "$(id)": true, "-": false, "--all": false,
		"": false, " a": false, "a\n": false, "a\tb": false, "a\x1b[2J": false, "a\xff": false, "\u202ea": false,
	} {
		if got := offerable(name); got != want {
			t.Errorf("%q: %t", name, got)
		}
	}
}
