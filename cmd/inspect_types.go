package cmd

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/offsetctl/offsetctl/inspect"
)

// recordTypes reads --type: nil for none given.
func recordTypes(topic inspect.Topic, words []string) (map[string]bool, error) {
	if len(words) == 0 {
		return nil, nil
	}
	known := typeWords(topic)
	types := map[string]bool{}
	for _, w := range words {
		w = strings.TrimSpace(w)
		i := slices.IndexFunc(known, func(k string) bool { return strings.EqualFold(k, w) })
		const commits = 2 // types 0 and 1
		named := topic.Names()
		switch {
		case i < 0:
			return nil, &usageError{fmt.Errorf("--type %q: have %s", w, strings.Join(known, ", ")), didYouMean(w, known)}
		case known[i] == "commit":
			named = named[:commits]
		case known[i] == "group":
			named = named[commits:]
		default:
			named = known[i : i+1]
		}
		for _, k := range named {
			types[k] = true
		}
	}
	return types, nil
}

// typeWords are what --type takes.
func typeWords(topic inspect.Topic) []string {
	words := append(topic.Names(), inspect.MarkerName)
	if topic == inspect.ConsumerOffsets {
		words = append([]string{"commit", "group"}, words...)
	}
	return words
}

// completeRecordTypes completes --type by the names of the topic that the command line tells so far.
func completeRecordTypes(c *cobra.Command, args []string, toComplete string) ([]cobra.Completion, cobra.ShellCompDirective) {
	name, _ := c.Flags().GetString("internal-topic")
	topic, _ := internalTopic(name)
	return listOf(typeWords(topic)...)(c, args, toComplete)
}
