package cmd

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/offsetctl/offsetctl/internal/cluster"
	"github.com/offsetctl/offsetctl/output"
)

// groupItem is one group as ListGroups shows it.
type groupItem struct {
	Group       string          `json:"group"`
	Type        *string         `json:"type"`  // nil: the broker is older than Kafka 3.8
	State       *string         `json:"state"` // nil: older than Kafka 2.6
	Protocol    *string         `json:"protocol"`
	Coordinator *cluster.Broker `json:"coordinator"`
	Error       *cluster.Error  `json:"error"`
}

func newGroupsCommand(s *session) *cobra.Command {
	var sel selection
	c := &cobra.Command{
		Use:   "groups",
		Short: "List the groups of the cluster",
		Long: `List the groups of all types, with state and coordinator: one request per broker.

A classic group without a protocol has commits only: an assign() consumer, Flink, or a tool.` + "\n" + exitHelp,
		Example: `  offsetctl groups --state Empty
  offsetctl groups --type consumer,streams -o json
  offsetctl groups --match 'pay.*' -0 -o name | offsetctl lag - -0`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return &usageError{fmt.Errorf("groups takes no names: %q", args[0]), "choose with --match; one group in full: " + s.command("lag "+shellQuote(args[0]))}
			}
			return nil
		},
		SuggestFor: []string{"list", "ls"},
		RunE:       func(c *cobra.Command, args []string) error { return s.runGroups(c, sel) },
	}
	sel.add(c.Flags(), false)
	return c
}

func (s *session) runGroups(c *cobra.Command, sel selection) error {
	keep, err := sel.keep(c.Flags().Changed("match"))
	if err != nil {
		return err
	}
	f, err := s.form(sel.null, nil)
	if err != nil {
		return err
	}
	return s.run(c.Context(), func(ctx context.Context, run *cluster.Run) error {
		read, errs := run.Left(cluster.GroupRounds).ReadGroups(ctx, cluster.Selection{Keep: keep}, cluster.Names)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if errs != nil {
			return s.unreachable(f, newHead("groups", "", s.now), errs, nil)
		}
		groups, silent := sel.unanswered(read.All)
		errs = append(read.Errors, silent...)
		items := groupItems(groups)
		if len(items) == 0 && len(errs) == 0 {
			errs = s.noGroup(ctx, run, sel, c.Flags().Changed("match"))
		}
		if err := print(s, f, newHead("groups", read.ClusterID, s.now), groupItemColumns(), func(g *groupItem) string { return g.Group }, items, errs); err != nil {
			return err
		}
		return ended(s.report(errs, nil))
	})
}

// unanswered takes out the groups of which --type or --state asks what their broker, being old, did
// not say, and returns an error for each such broker: nothing else is sent that could tell.
func (sel *selection) unanswered(groups []cluster.Group) ([]cluster.Group, []*cluster.Error) {
	var errs []*cluster.Error
	seen := map[int32]bool{}
	known := slices.DeleteFunc(groups, func(g cluster.Group) bool {
		noType, noState := len(sel.types) > 0 && g.Type == "", len(sel.states) > 0 && g.State == ""
		if (noType || noState) && !seen[g.Coordinator.ID] {
			seen[g.Coordinator.ID] = true
			errs = append(errs, &cluster.Error{Scope: cluster.ScopeBroker, Name: g.Coordinator.Name(), Code: cluster.CodeUnsupported, Message: "before Kafka 3.8 it does not list the type of groups, before 2.6 nor their state; lag and members find it out"})
		}
		return noType || noState
	})
	return known, errs
}

func groupItems(groups []cluster.Group) []groupItem {
	items := make([]groupItem, 0, len(groups))
	for _, g := range groups {
		items = append(items, groupItem{Group: g.Name, Type: notEmpty(string(g.Type)), State: notEmpty(g.State), Protocol: notEmpty(g.Protocol), Coordinator: g.Coordinator})
	}
	return items
}

func notEmpty(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func groupItemColumns() []output.Column[groupItem] {
	return []output.Column[groupItem]{
		text("GROUP", func(g *groupItem) string { return g.Group }),
		maybe("TYPE", func(g *groupItem) *string { return g.Type }),
		maybe("STATE", func(g *groupItem) *string { return g.State }),
		maybe("PROTOCOL", func(g *groupItem) *string { return g.Protocol }),
		{Name: "COORDINATOR", Right: true, Append: func(b []byte, g *groupItem) []byte {
			return strconv.AppendInt(b, int64(g.Coordinator.ID), 10)
		}},
	}
}
