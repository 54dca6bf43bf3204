package cmd

import (
	"context"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/offsetctl/offsetctl/internal/cluster"
	"github.com/offsetctl/offsetctl/lag"
)

// Shells ask for completions with a hidden command of cobra's, __complete, and the words of the command line, of which
// the last is unfinished. What is completed is said here, once for all commands: arguments and flags that name groups
// and topics from the cluster, flags with few values from those, files only where a file is meant.

// completes tells whether a shell asks.
func completes(args []string) bool {
	return len(args) > 1 && (args[0] == cobra.ShellCompRequestCmd || args[0] == cobra.ShellCompNoDescRequestCmd)
}

// complete answers a shell. What follows demo is a command line of its own, on the embedded cluster.
func (s *session) complete(ctx context.Context, root *cobra.Command, args []string) error {
	last := len(args) - 1
	inDemo := s.bare != nil
	if c, words, err := root.Find(args[1:last]); err == nil && c.Name() == "demo" && !inDemo {
		return s.runDemo(ctx, slices.Concat(args[:1], words, args[last:]))
	}
	if inDemo {
		hideFromDemo(root)
	}
	s.shape.quiet, s.err = true, io.Discard // shells show stderr, if they show it, in the middle of what is being typed
	root.SetErr(s.err)
	out := &completionOutput{Writer: root.OutOrStdout()}
	root.SetOut(out)
	root.CompletionOptions.SetDefaultShellCompDirective(cobra.ShellCompDirectiveNoFileComp)
	values := s.flagValues(out)
	completeFlags(root, values)
	if c, _, err := root.Find([]string{"inspect"}); err == nil {
		c.ValidArgsFunction = func(c *cobra.Command, args []string, toComplete string) ([]cobra.Completion, cobra.ShellCompDirective) {
			if c.Flags().Changed("file") { // then every argument is a path
				return values["file"](c, args, toComplete)
			}
			return s.completeGroups(c, args, toComplete)
		}
	}
	return root.ExecuteContext(ctx)
}

// completionOutput keeps cobra from asking the shell for files, :0, where it could not read the command line.
type completionOutput struct {
	io.Writer
	files bool // they are meant
}

func (o *completionOutput) Write(p []byte) (int, error) {
	if string(p) == ":0\n" && !o.files {
		p = []byte(":4\n") // none
	}
	return o.Writer.Write(p)
}

// hideFromDemo hides what demo refuses.
func hideFromDemo(root *cobra.Command) {
	for _, c := range root.Commands() {
		c.Hidden = c.Hidden || c.Name() == "demo" || c.Name() == "config"
	}
	for _, name := range []string{"bootstrap-server", "command-config", "command-property", "profile"} {
		root.PersistentFlags().Lookup(name).Hidden = true
	}
}

// flagValues complete flags by name, in every command that has them.
func (s *session) flagValues(out *completionOutput) map[string]cobra.CompletionFunc {
	files := func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
		out.files = true
		return nil, cobra.ShellCompDirectiveDefault
	}
	return map[string]cobra.CompletionFunc{
		"by":        oneOf("group", "topic", "partition", "member"),
		"color":     oneOf("auto", "always", "never"),
		"fail-on":   listOf(lag.Statuses()...),
		"group":     s.completeGroups,
		"isolation": oneOf(lag.ReadUncommitted, lag.ReadCommitted),
		"output":    completeFormats,
		"sort":      oneOf("lag", "name"),
		"state":     listOf(cluster.States()...),
		"topic":     s.completeTopics,
		"type":      listOf(kafkaTypes()...),

		"command-config": files,
		"profile":        s.completeProfiles,
		"use":            s.completeProfiles,
		"file":           files,
		"from":           oneOf("earliest", "latest"),
		"from-file":      files,
		"from-group":     s.completeGroups,
		"to":             oneOf("earliest", "latest"),
		"undo-file":      files,
		"internal-topic": oneOf("offsets", "share", "transaction"),
	}
}

func completeFormats(c *cobra.Command, args []string, toComplete string) ([]cobra.Completion, cobra.ShellCompDirective) {
	have := formats()
	if c.Name() == "reset" {
		have = append(have, kafkaCSV)
	}
	return oneOf(have...)(c, args, toComplete)
}

// completeFlags registers the values of the flags of c and its commands. A command's own registration goes before. It
// also takes the back quotes, which mark the value's name for the help, from the descriptions.
func completeFlags(c *cobra.Command, values map[string]cobra.CompletionFunc) {
	for _, flags := range []*pflag.FlagSet{c.PersistentFlags(), c.Flags()} {
		flags.VisitAll(func(f *pflag.Flag) {
			_, f.Usage = pflag.UnquoteUsage(f)
			if complete := values[f.Name]; complete != nil {
				_ = c.RegisterFlagCompletionFunc(f.Name, complete)
			}
		})
	}
	for _, sub := range c.Commands() {
		completeFlags(sub, values)
	}
}

func oneOf[S ~string](words ...S) cobra.CompletionFunc {
	var choices []cobra.Completion
	for _, w := range words {
		choices = append(choices, string(w))
	}
	return cobra.FixedCompletions(choices, cobra.ShellCompDirectiveNoFileComp)
}

// listOf completes the last word of a list with commas, by those that are not in it yet, in any case.
func listOf[S ~string](words ...S) cobra.CompletionFunc {
	return func(_ *cobra.Command, _ []string, toComplete string) ([]cobra.Completion, cobra.ShellCompDirective) {
		comma := strings.LastIndexByte(toComplete, ',') + 1
		before, begun := toComplete[:comma], strings.ToLower(toComplete[comma:])
		given := strings.Split(strings.ToLower(before), ",")
		var choices []cobra.Completion
		for _, w := range words {
			if l := strings.ToLower(string(w)); strings.HasPrefix(l, begun) && !slices.Contains(given, l) {
				choices = append(choices, before+string(w))
			}
		}
		return choices, cobra.ShellCompDirectiveNoFileComp
	}
}

func (s *session) completeGroups(c *cobra.Command, args []string, toComplete string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if topic := c.Flags().Lookup("internal-topic"); topic != nil && topic.Value.String() == "transaction" { // its names are no groups
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return s.completeNames(c.Context(), cluster.ScopeGroup, toComplete, args)
}

func (s *session) completeProfiles(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	names, _, err := s.profileNames()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

func (s *session) completeTopics(c *cobra.Command, _ []string, toComplete string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return s.completeNames(c.Context(), cluster.ScopeTopic, toComplete, nil)
}
