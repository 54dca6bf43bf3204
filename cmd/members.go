package cmd

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/offsetctl/offsetctl/internal/cluster"
	"github.com/offsetctl/offsetctl/output"
)

// memberItem is one member of one group. Unknown is nil: a classic member has no epoch and no target.
type memberItem struct {
	Group            string             `json:"group"`
	ConsumerID       *string            `json:"consumerId"` // nil: the group could not be described, see Error
	InstanceID       *string            `json:"instanceId"`
	Host             *string            `json:"host"`
	ClientID         *string            `json:"clientId"`
	RackID           *string            `json:"rackId"`
	MemberEpoch      *int32             `json:"memberEpoch"`
	Assignment       []cluster.Assigned `json:"assignment"`
	TargetAssignment []cluster.Assigned `json:"targetAssignment"`
	Subscription     []string           `json:"subscription"`
	Tasks            *cluster.Tasks     `json:"tasks,omitempty"`
	Error            *cluster.Error     `json:"error"`
}

func newMembersCommand(s *session) *cobra.Command {
	var sel selection
	c := &cobra.Command{
		Use:   "members [GROUP]…",
		Short: "Show the members of groups and what they are assigned",
		Long: `Show the members of groups of every type, with their assignments.

Groups without members have no rows. -o wide adds rack, epoch, target assignment and subscription;
in JSON, Streams members also show their tasks.` + "\n" + exitHelp,
		Example: `  offsetctl members payments
  offsetctl members --state Stable -o wide
  offsetctl members -o json | jq -r '.items[] | select(.assignment == []) | .clientId'`,
		ValidArgsFunction: s.completeGroups,
		RunE:              func(c *cobra.Command, args []string) error { return s.runMembers(c, sel, args) },
	}
	sel.add(c.Flags(), true)
	return c
}

func (s *session) runMembers(c *cobra.Command, sel selection, args []string) error {
	q, err := sel.query(args, c.Flags().Changed("match"), s.in)
	if err != nil {
		return err
	}
	f, err := s.form(sel.null, args)
	if err != nil {
		return err
	}
	if q.Named && len(q.Groups) == 0 {
		return s.showMembers(f, "", nil, nil)
	}
	return s.run(c.Context(), func(ctx context.Context, run *cluster.Run) error {
		read, errs := run.ReadMembers(ctx, q)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if errs != nil {
			return s.unreachable(f, newHead("members", "", s.now), errs, nil)
		}
		errs = memberErrors(read)
		near := s.similar(ctx, run, errs, nil)
		items := memberItems(read.All)
		switch {
		case len(errs) > 0 || len(items) > 0:
		case len(read.All) == 0:
			errs = s.noGroup(ctx, run, sel, c.Flags().Changed("match"))
		default:
			s.note("%s, and no member", count(len(read.All), "group"))
		}
		if err := s.showMembers(f, read.ClusterID, items, errs); err != nil {
			return err
		}
		return ended(s.report(errs, near))
	})
}

func (s *session) showMembers(f form, clusterID string, items []memberItem, errs []*cluster.Error) error {
	return print(s, f, newHead("members", clusterID, s.now), memberColumns(), func(m *memberItem) string { return m.Group }, items, errs)
}

func memberErrors(read *cluster.Groups) []*cluster.Error {
	errs := slices.Clone(read.Errors)
	for i := range read.All {
		if e := read.All[i].DescribeErr; e != nil {
			errs = append(errs, e)
		}
	}
	return errs
}

func memberItems(groups []cluster.Group) []memberItem {
	items := []memberItem{}
	for i := range groups {
		g := &groups[i]
		if g.DescribeErr != nil {
			items = append(items, memberItem{Group: g.Name, Error: g.DescribeErr})
		}
		for k := range g.Members {
			m := &g.Members[k]
			items = append(items, memberItem{
				Group: g.Name, ConsumerID: &m.ID, InstanceID: m.InstanceID, Host: notEmpty(m.Host), ClientID: &m.ClientID, RackID: m.RackID, MemberEpoch: m.Epoch,
				Assignment: m.Assignment, TargetAssignment: m.Target, Subscription: m.Subscription, Tasks: m.Tasks,
			})
		}
	}
	return items
}

func memberColumns() []output.Column[memberItem] {
	return []output.Column[memberItem]{
		text("GROUP", func(m *memberItem) string { return m.Group }),
		short(maybe("CONSUMER-ID", func(m *memberItem) *string { return m.ConsumerID })),
		maybe("INSTANCE-ID", func(m *memberItem) *string { return m.InstanceID }),
		short(maybe("HOST", func(m *memberItem) *string { return m.Host })),
		short(maybe("CLIENT-ID", func(m *memberItem) *string { return m.ClientID })),
		number("#PARTITIONS", func(m *memberItem) *int { return partitionCount(m.Assignment) }),
		assignmentColumn("ASSIGNMENT", func(m *memberItem) []cluster.Assigned { return m.Assignment }),
		wide(maybe("RACK", func(m *memberItem) *string { return m.RackID })),
		wide(number("MEMBER-EPOCH", func(m *memberItem) *int32 { return m.MemberEpoch })),
		wide(assignmentColumn("TARGET-ASSIGNMENT", func(m *memberItem) []cluster.Assigned { return m.TargetAssignment })),
		wide(output.Column[memberItem]{Name: "SUBSCRIPTION", Append: func(b []byte, m *memberItem) []byte {
			if m.Subscription == nil {
				return nil
			}
			return append(b, strings.Join(m.Subscription, ",")...)
		}}),
	}
}

func partitionCount(as []cluster.Assigned) *int {
	if as == nil {
		return nil
	}
	n := 0
	for _, a := range as {
		n += len(a.Partitions)
	}
	return &n
}

// assignmentColumn prints topic:0,1;other:2.
func assignmentColumn(name string, get func(*memberItem) []cluster.Assigned) output.Column[memberItem] {
	return output.Column[memberItem]{Name: name, Append: func(b []byte, m *memberItem) []byte {
		as := get(m)
		if as == nil {
			return nil
		}
		for i, a := range as {
			if i > 0 {
				b = append(b, ';')
			}
			b = append(append(b, a.Topic...), ':')
			for k, p := range a.Partitions {
				if k > 0 {
					b = append(b, ',')
				}
				b = strconv.AppendInt(b, int64(p), 10)
			}
		}
		return b
	}}
}
