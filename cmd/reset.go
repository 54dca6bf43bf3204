package cmd

import (
	"errors"
	"slices"

	"github.com/spf13/cobra"

	"github.com/offsetctl/offsetctl/output"
	"github.com/offsetctl/offsetctl/reset"
)

// resetOptions are the flags of reset.
type resetOptions struct {
	selection
	changeOptions
	targetOptions
	topics    []string
	allTopics bool
	newGroup  bool
	export    bool
	detailed  bool
}

const resetLong = `Move the committed offsets of groups: to the ends of the logs, to an offset, to a time, to where another
group is, or to what a file says. Consumers begin there when they start.

Without --execute nothing is changed: the plan is shown, old and new, and the command to paste is in a
hint. With it, what would undo the change is written to disk first; members and commits are checked
once more; each group's commits go out in one request; and what came of it is read back. RESULT says:
  planned    to be sent, or not sent in the end: NOTE says why
  unchanged  it is so already, or there is nothing to move
  refused    by offsetctl, before anything was sent; ERROR lines say why
  applied    sent, and read back
  failed     sent, and it is not so
  unknown    sent without an answer, and it could not be read back

A group is all or nothing: where one partition is refused, none of the group is sent, unless --partial
is given; other groups go on. A group with members is never changed, though a preview of it is shown.
Metadata and leader epoch stay where the offset stays. --to-offset, --shift-by and a CSV file are
clamped to the log; a time after the last record means the log end; --to-current, --from-group and a
plan are taken as they are. NOTE says where that matters.

-o kafka-csv prints the plan as kafka-consumer-groups.sh --from-file reads it, -o json one that can be
reviewed, edited and carried out with --from-file: it is refused on another cluster, for a topic that
was made anew, and, without --force, where commits are not what it says.

A group that never had members, as those of Flink and assign(), cannot be seen to be running. Where
something committed for it at three or more distinct times of the last 10 minutes, offsetctl aside,
--execute needs --force. What is running sees no change, and commits over it.`

const resetExamples = `  offsetctl reset payments --to-earliest                        what would be done
  offsetctl reset payments --to-earliest --execute              do it
  offsetctl reset payments -t orders:0,2 --to-datetime 2026-11-21T09:00 --tz Europe/Berlin
  offsetctl reset payments -t orders:7 --shift-by 1 --execute   skip one record
  offsetctl reset billing --new-group --from-group payments     a new group, where another one is
  offsetctl reset --match 'pay.*' --to-latest --execute --expect-groups 12
  offsetctl reset payments --to-current -o kafka-csv > offsets.csv
  offsetctl reset payments --from-file offsets.csv --execute
  offsetctl reset payments --shift-by -100 -o json > plan.json && offsetctl reset --from-file plan.json --execute`

func newResetCommand(s *session) *cobra.Command {
	var o resetOptions
	c := &cobra.Command{
		Use:               "reset [GROUP]…",
		Short:             "Move groups to other offsets: preview, execute, undo",
		Long:              resetLong + "\n" + exitHelp,
		Example:           resetExamples,
		SuggestFor:        []string{"reset-offsets", "rewind", "seek"},
		ValidArgsFunction: s.completeGroups,
		RunE: func(c *cobra.Command, args []string) error {
			return s.runReset(c, o, args)
		},
	}
	f := c.Flags()
	o.selection.add(f, true)
	f.Lookup("all-groups").Usage = "all groups"
	f.StringArrayVarP(&o.topics, "topic", "t", nil, "only this `TOPIC`, or T:0,2 or T:0-9 (repeatable; default: all that the group has a commit for)")
	f.BoolVar(&o.allTopics, "all-topics", false, "every partition that the group has a commit for: the default")
	o.targetOptions.add(f)
	f.BoolVar(&o.newGroup, "new-group", false, "make a group that does not exist")
	o.changeOptions.add(f)
	o.changeOptions.addBulk(f)
	f.BoolVar(&o.export, "export", false, "print the plan as kafka-consumer-groups.sh --from-file reads it: -o kafka-csv")
	f.BoolVar(&o.detailed, "detailed-exitcode", false, "of a preview: exit 3 if there is something to change")
	return c
}

// resetRequest makes of the options what is to be changed.
func (s *session) resetRequest(o resetOptions, args []string, changed func(string) bool) (changeRequest, error) {
	req := changeRequest{command: "reset", changeOptions: o.changeOptions, detailed: o.detailed}
	var err error
	if req.query.Target, err = s.target(&o.targetOptions, changed, slices.Contains(args, "-"), &req); err != nil {
		return req, err
	}
	if req.query.Filter, err = parseTopics(o.topics); err != nil {
		return req, err
	}
	if err := s.selectGroups(&req, o.selection, args, changed("match")); err != nil {
		return req, err
	}
	req.query.NewGroup, req.query.Force = o.newGroup, o.force
	switch {
	case o.allTopics && o.topics != nil:
		return req, usagef("--topic and --all-topics exclude one another")
	case o.detailed && o.execute:
		return req, usagef("--detailed-exitcode is for a preview and does not go with --execute")
	case o.newGroup && !req.query.Named:
		return req, usagef("--new-group takes the groups by name")
	}
	return req, o.checked(changed, req.bulk)
}

// selectGroups says which groups are changed: never all of them for want of a name.
func (s *session) selectGroups(req *changeRequest, sel selection, args []string, matchSet bool) error {
	if slices.Contains(args, "") || slices.Contains(sel.groups, "") {
		return &usageError{errors.New("a group has an empty name"), "is it an unset shell variable? The group whose name is empty is reached with --match ''"}
	}
	var err error
	if req.query.Selection, err = sel.query(args, matchSet, s.in); err != nil {
		return err
	}
	req.named = req.query.Named && !slices.Contains(args, "-")
	req.stdin = req.stdin || slices.Contains(args, "-")
	req.bulk, req.match = !req.named && (req.query.Named || matchSet || sel.all), sel.match
	if listed := req.query.Target.Groups(); listed != nil && !req.query.Named {
		if req.listed(listed); len(req.query.Groups) == 0 {
			return usagef("the file has no row for the groups and topics asked for")
		}
	}
	switch {
	case req.query.Target.Ungrouped() && len(req.query.Groups) != 1:
		return &usageError{errors.New("a file with rows of TOPIC,PARTITION,OFFSET is for one group"), "name the one, or put GROUP in front of each row"}
	case req.query.Named && len(req.query.Groups) == 0:
		return &usageError{errors.New("no group is named"), "what lists the groups may have found none, or failed"}
	case !req.query.Named && !req.bulk:
		return &usageError{errors.New("no group is named"), "name groups, or select them with --match REGEX or --all-groups"}
	}
	if source, ok := req.query.Target.Source(); ok && slices.Contains(req.query.Groups, source) {
		return usagef("group %q cannot be copied from itself", source)
	}
	return nil
}

// listed takes the groups from a file, as far as they are selected.
func (req *changeRequest) listed(groups []string) {
	q := &req.query
	q.Groups = slices.DeleteFunc(groups, func(g string) bool {
		return q.Keep != nil && !q.Keep(g, "", "") || q.Filter != nil && !q.Target.Lists(g, q.Filter)
	})
	req.query.Named = true
}

func (s *session) runReset(c *cobra.Command, o resetOptions, args []string) error {
	if o.export {
		if s.shape.format != "" && s.shape.format != string(kafkaCSV) {
			return usagef("--export is -o %s and does not go with -o %s", kafkaCSV, s.shape.format)
		}
		s.shape.format = string(kafkaCSV)
	}
	f, err := s.form(o.null, args, kafkaCSV)
	if err != nil {
		return err
	}
	req, err := s.resetRequest(o, args, c.Flags().Changed)
	if err != nil {
		return err
	}
	return s.change(c.Context(), f, req)
}

// kafkaCSV is the output format that reset has and others have not.
const kafkaCSV output.Format = "kafka-csv"

// grouped reports whether the CSV of a plan names the group of each line: Kafka's tool leaves it out where one is named.
func (req changeRequest) grouped(p *reset.Plan) bool { return !req.named || len(p.Groups) != 1 }
