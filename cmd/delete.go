package cmd

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/offsetctl/offsetctl/reset"
)

// deleteOptions are the flags of delete-offsets and delete-group.
type deleteOptions struct {
	selection
	changeOptions
	topics []string
}

const deleteOffsetsLong = `Delete committed offsets of groups: of whole topics, or of single partitions.

Without --execute it is only shown. Of a group that has members Kafka deletes those of topics that none
of them reads; of a share group only those of whole topics. What it would not delete is refused. A
consumer that comes back to a partition without an offset begins where its auto.offset.reset says.
offsetctl undo brings the offsets back, with their metadata.`

const deleteOffsetsExamples = `  offsetctl delete-offsets payments --topic returns
  offsetctl delete-offsets payments -t orders:3,4 --execute`

func newDeleteOffsetsCommand(s *session) *cobra.Command {
	var o deleteOptions
	c := &cobra.Command{
		Use:               "delete-offsets GROUP… --topic TOPIC",
		Short:             "Delete committed offsets of groups",
		Long:              deleteOffsetsLong + "\n" + exitHelp,
		Example:           deleteOffsetsExamples,
		ValidArgsFunction: s.completeGroups,
		RunE: func(c *cobra.Command, args []string) error {
			return s.runDelete(c, o, args, "delete-offsets", reset.ToNothing())
		},
	}
	o.add(c)
	c.Flags().StringArrayVarP(&o.topics, "topic", "t", nil, "`TOPIC`, or T:0,2 or T:0-9 (repeatable; required)")
	return c
}

const deleteGroupLong = `Delete groups with all their committed offsets.

Without --execute it is only shown. A group with members is never deleted: Kafka refuses it, and so
does offsetctl. offsetctl undo brings the offsets back, with their metadata; the group is then one
that only ever committed, until its members join again. Kafka leaves out, without a word, the offsets of
topics that you may not describe: they go too, and undo does not have them.`

const deleteGroupExamples = `  offsetctl delete-group payments-test
  offsetctl delete-group payments-test --execute
  offsetctl delete-group --match 'test-.*' --state Empty --execute --expect-groups 12`

func newDeleteGroupCommand(s *session) *cobra.Command {
	var o deleteOptions
	c := &cobra.Command{
		Use:               "delete-group GROUP…",
		Aliases:           []string{"delete-groups"},
		Short:             "Delete groups with all their offsets",
		Long:              deleteGroupLong + "\n" + exitHelp,
		Example:           deleteGroupExamples,
		SuggestFor:        []string{"delete"},
		ValidArgsFunction: s.completeGroups,
		RunE: func(c *cobra.Command, args []string) error {
			return s.runDelete(c, o, args, "delete-group", reset.ToNoGroup())
		},
	}
	o.add(c)
	return c
}

func (o *deleteOptions) add(c *cobra.Command) {
	f := c.Flags()
	o.selection.add(f, true)
	f.Lookup("all-groups").Usage = "all groups"
	o.changeOptions.add(f)
	o.changeOptions.addBulk(f)
}

func (s *session) runDelete(c *cobra.Command, o deleteOptions, args []string, command string, t reset.Target) error {
	f, err := s.form(o.null, args)
	if err != nil {
		return err
	}
	req := changeRequest{command: command, changeOptions: o.changeOptions, query: reset.Query{Target: t}}
	if err := s.selectGroups(&req, o.selection, args, c.Flags().Changed("match")); err != nil {
		return err
	}
	if req.query.Filter, err = parseTopics(o.topics); err != nil {
		return err
	}
	if command == "delete-offsets" && req.query.Filter == nil {
		return &usageError{errors.New("no topic is named"), "name it with --topic T, or T:0,2; a group with all its offsets is deleted by delete-group"}
	}
	if err := o.checked(c.Flags().Changed, req.bulk); err != nil {
		return err
	}
	return s.change(c.Context(), f, req)
}
