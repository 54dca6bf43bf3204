package cmd

import (
	"context"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/offsetctl/offsetctl/internal/cluster"
)

// completionTime is what a person at a prompt waits for.
const completionTime = time.Second

// completeGroups completes group names from the cluster, silently when it cannot.
func (s *session) completeGroups(c *cobra.Command, _ []string, toComplete string) ([]cobra.Completion, cobra.ShellCompDirective) {
	client, _, err := s.dial(s)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(c.Context(), completionTime)
	defer cancel()
	run := client.Run(cluster.In(time.Now(), completionTime))
	if _, errs := run.Left(2).Brokers(ctx); errs != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	listed, _ := run.ListGroups(ctx)
	var names []cobra.Completion
	for _, l := range listed {
		// The shells' protocol is lines, with a tab before a description.
		if strings.HasPrefix(l.Group, toComplete) && !strings.ContainsAny(l.Group, "\t\n\r") {
			names = append(names, l.Group)
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}
