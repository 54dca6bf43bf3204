package cmd

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// usageError is a mistake in the command line or the configuration.
type usageError struct {
	err  error
	hint string
}

func (e *usageError) Error() string { return e.err.Error() }

func usagef(format string, args ...any) error { return &usageError{err: fmt.Errorf(format, args...)} }

// strict makes a wrong argument of any command a usage error. cobra has plain errors for some, and prints the help of
// something else for others.
func strict(c *cobra.Command) {
	for _, sub := range c.Commands() {
		strict(sub)
	}
	args := c.Args
	switch {
	case c.Name() == "help":
		c.Args = helpTopic
	case !c.Runnable():
		c.Args = noCommand
		c.RunE = func(c *cobra.Command, _ []string) error { return c.Help() }
	case args != nil:
		c.Args = func(c *cobra.Command, a []string) error {
			err := args(c, a)
			if usage := (*usageError)(nil); err == nil || errors.As(err, &usage) {
				return err
			}
			return &usageError{err, "see: " + c.CommandPath() + " --help"}
		}
	}
}

func helpTopic(c *cobra.Command, args []string) error {
	found, rest, err := c.Root().Find(args)
	if err == nil && len(rest) > 0 && found == c.Root() {
		return noCommand(found, rest)
	}
	return err
}

// noCommand explains a word that is no command.
func noCommand(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	hint := "see: " + c.CommandPath() + " --help"
	if near := slices.Compact(slices.Sorted(slices.Values(c.SuggestionsFor(args[0])))); len(near) > 0 {
		hint = "did you mean: " + c.CommandPath() + " " + strings.Join(near, ", "+c.CommandPath()+" ")
	}
	return &usageError{fmt.Errorf("unknown command %q", args[0]), hint}
}

// noEmptyFlag refuses a flag with an empty value, most likely an unset shell variable: -b "$KAFKA" must not mean
// localhost, nor --fail-on "$BAD" nothing to look for. --match and --group may name the group with the empty name.
func noEmptyFlag(c *cobra.Command, _ []string) error {
	var err error
	c.Flags().Visit(func(f *pflag.Flag) {
		empty := f.Value.String() == "" || f.Value.Type() == "stringSlice" && f.Value.String() == "[]"
		if empty && f.Name != "match" {
			err = &usageError{fmt.Errorf("--%s has an empty value", f.Name), "is it an unset shell variable?"}
		}
	})
	return err
}

// actions are the flags of kafka-consumer-groups.sh that are commands here.
func actions() map[string]string {
	return map[string]string{"--describe": "offsetctl lag", "--list": "offsetctl groups", "--members": "offsetctl members", "--offsets": "offsetctl lag GROUP", "--all-groups": "offsetctl lag --all-groups", "--group": "offsetctl lag GROUP", "--version": "offsetctl version", "--reset-offsets": "offsetctl reset GROUP", "--delete": "offsetctl delete-group GROUP", "--delete-offsets": "offsetctl delete-offsets GROUP --topic TOPIC"}
}

func flagError(c *cobra.Command, err error) error {
	hint := "see: " + c.CommandPath() + " --help"
	if flag, ok := strings.CutPrefix(err.Error(), "unknown flag: "); ok {
		if near := similarFlag(c, flag); near != "" {
			hint = "did you mean " + near + "?"
		}
		if command := actions()[flag]; command != "" {
			hint = "offsetctl has commands where kafka-consumer-groups.sh has options: " + command
		}
	}
	return &usageError{errors.New(goWording().ReplaceAllString(err.Error(), "")), hint}
}

// goWording is what the standard library says of numbers in the middle of pflag's messages.
func goWording() *regexp.Regexp { return regexp.MustCompile(`strconv\.[A-Za-z]+: parsing "[^"]*": `) }

// similarFlag is the flag of the command that begins with the one given, if there is one such, or is spelt most like it;
// empty if none is close.
func similarFlag(c *cobra.Command, given string) string {
	if longer := flagsWith(c, given); len(longer) == 1 {
		return longer[0]
	}
	best, name := max(1, (len(given)-2)/3)+1, ""
	c.Flags().VisitAll(func(f *pflag.Flag) {
		if d := distance(given, "--"+f.Name); d < best {
			best, name = d, "--"+f.Name
		}
	})
	return name
}

// flagsWith are the flags of the command that begin with a text.
func flagsWith(c *cobra.Command, begin string) []string {
	var names []string
	c.Flags().VisitAll(func(f *pflag.Flag) {
		if name := "--" + f.Name; strings.HasPrefix(name, begin) {
			names = append(names, name)
		}
	})
	return names
}
