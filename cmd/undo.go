package cmd

import (
	"errors"
	"io/fs"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/offsetctl/offsetctl/inspect"
	"github.com/offsetctl/offsetctl/internal/cluster"
	"github.com/offsetctl/offsetctl/output"
	"github.com/offsetctl/offsetctl/reset"
)

const undoLong = `Take back what reset, delete-offsets, delete-group or undo itself changed: offsets, leader epochs and
metadata are committed as they were, also those of deleted groups.

Without an argument: what can be undone, the newest first. With an ID of that list, or a FILE that
--undo-file wrote: what would be done, and with --execute it is done. It is refused where commits are
not what the change left, unless --force is given, and always on another cluster, for a topic that was
made anew, and for a group with members. Each undo can be undone itself.

The list is of the files in $XDG_STATE_HOME/offsetctl/undo/, or ~/.local/state/offsetctl/undo/. Each is
written before its change begins, and kept. Of a command that was killed in the middle, undo asks the
brokers what had been done.`

const undoExamples = `  offsetctl undo                                        what can be undone
  offsetctl undo 20261121T090000Z-k3f9                  what that would do
  offsetctl undo 20261121T090000Z-k3f9 --execute`

func newUndoCommand(s *session) *cobra.Command {
	var o changeOptions
	var tz string
	c := &cobra.Command{
		Use:               "undo [ID|FILE]",
		Short:             "Take back a change, or list what can be taken back",
		Long:              undoLong + "\n" + exitHelp,
		Example:           undoExamples,
		SuggestFor:        []string{"restore", "rollback", "history"},
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: s.completeUndo,
		RunE: func(c *cobra.Command, args []string) error {
			return s.runUndo(c, o, tz, args)
		},
	}
	o.add(c.Flags())
	c.Flags().StringVar(&tz, "tz", "UTC", "time `ZONE` of the list: UTC, local, or as Europe/Berlin")
	return c
}

func (s *session) runUndo(c *cobra.Command, o changeOptions, tz string, args []string) error {
	zone, err := parseZone(tz)
	if err != nil {
		return usagef("--tz: %w", err)
	}
	f, err := s.form(false, args)
	if err != nil {
		return err
	}
	if err := o.checked(c.Flags().Changed, false); err != nil {
		return err
	}
	if len(args) == 0 {
		if o.execute {
			return &usageError{errors.New("--execute needs to know what to undo"), "list what can be undone with: offsetctl undo"}
		}
		return s.listUndo(f, zone)
	}
	doc, err := s.undoDocument(args[0])
	if err != nil {
		return err
	}
	if doc.Finished == nil {
		s.note("%s did not come to its end: what it changed is told by what is there now", doc.Command)
	}
	target := reset.Undoing(doc)
	req := changeRequest{command: "undo", changeOptions: o, named: true, query: reset.Query{
		Selection: cluster.Selection{Named: true, Groups: target.Groups()}, Target: target, NewGroup: true, Force: o.force,
	}}
	if len(req.query.Groups) == 0 {
		return &usageError{errors.New("nothing of that was changed: there is nothing to undo"), ""}
	}
	return s.change(c.Context(), f, req)
}

func (s *session) undoDocument(arg string) (*reset.Document, error) {
	if arg == "" {
		return nil, &usageError{errors.New("the ID is empty"), "is it an unset shell variable?"}
	}
	doc, err := s.store().Read(arg)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &usageError{err, "list what can be undone with: " + s.program + " undo"}
	}
	if err != nil {
		return nil, &usageError{err, ""}
	}
	return doc, nil
}

// undoItem is one change that can be undone, as the list shows it.
type undoItem struct {
	ID         string   `json:"id"`
	Time       string   `json:"time"`
	ClusterID  *string  `json:"clusterId"`
	Command    string   `json:"command"`
	Groups     []string `json:"groups"`
	Partitions int      `json:"partitions"`
	Finished   bool     `json:"finished"` // false: the command did not come to its end

	at time.Time
}

func (s *session) listUndo(f form, zone *time.Location) error {
	list, errs := s.store().List()
	items := make([]undoItem, len(list))
	for i, l := range list {
		items[i] = undoItem{ID: l.ID, Time: l.Time.UTC().Format(rfc3339ms), Command: l.Command, Groups: l.Groups, Partitions: l.Partitions, Finished: l.Finished, at: l.Time}
		if l.ClusterID != "" {
			items[i].ClusterID = &l.ClusterID
		}
	}
	if err := print(s, f, newHead("undo-list", "", s.now), undoColumns(zone), func(u *undoItem) string { return u.ID }, items, nil); err != nil {
		return err
	}
	if len(items) == 0 && len(errs) == 0 {
		s.note("there is nothing to undo in %s", s.store().Dir)
	}
	for _, e := range errs {
		s.complain(e.Error(), "")
	}
	return ended(verdict{failed: len(errs) > 0})
}

func undoColumns(zone *time.Location) []output.Column[undoItem] {
	return []output.Column[undoItem]{
		text("ID", func(u *undoItem) string { return u.ID }),
		moment("TIME", zone, func(u *undoItem) *inspect.Millis { return new(inspect.Millis(u.at.UnixMilli())) }),
		maybe("CLUSTER", func(u *undoItem) *string { return u.ClusterID }),
		text("COMMAND", func(u *undoItem) string { return u.Command }),
		short(text("GROUPS", func(u *undoItem) string { return strings.Join(u.Groups, " ") })),
		number("PARTITIONS", func(u *undoItem) *int { return &u.Partitions }),
	}
}

// completeUndo completes the IDs of what can be undone.
func (s *session) completeUndo(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var ids []string
	list, _ := s.store().List()
	for _, l := range list {
		ids = append(ids, cobra.CompletionWithDesc(l.ID, l.Command+" "+strings.Join(l.Groups, " ")))
	}
	return ids, cobra.ShellCompDirectiveNoFileComp
}
