package cmd

import (
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/offsetctl/offsetctl/inspect"
	"github.com/offsetctl/offsetctl/internal/cluster"
	"github.com/offsetctl/offsetctl/output"
)

// inspectOptions are the flags of inspect.
type inspectOptions struct {
	groups     []string
	match      string
	topics     []string
	types      []string
	partitions []string
	files      []string
	topic      string
	limit      int64
	raw        bool
	span       rangeFlags
	latest     bool
	open       bool
	null       bool
}

func newInspectCommand(s *session) *cobra.Command {
	var o inspectOptions
	c := &cobra.Command{
		Use:     "inspect [GROUP]…",
		Short:   "Decode the records of __consumer_offsets",
		Long:    inspectLong + "\n" + exitHelp,
		Example: inspectExamples,
		RunE:    func(c *cobra.Command, args []string) error { return s.runInspect(c, o, args) },
	}
	f := c.Flags()
	f.StringArrayVarP(&o.groups, "group", "g", nil, "only records of this `GROUP`, or transactional id (repeatable)")
	f.StringVar(&o.match, "match", "", "only records of groups, or transactional ids, whose whole name matches `REGEX` (RE2)")
	f.StringArrayVarP(&o.topics, "topic", "t", nil, "only commits for this `TOPIC`, or T:0,2 or T:0-9 (repeatable)")
	f.StringSliceVar(&o.types, "type", nil, "only records of these `TYPES`: Kafka's names; commit for all commits, group for all others")
	f.StringSliceVar(&o.partitions, "partition", nil, "only this `PARTITION` of __consumer_offsets (repeatable, a list or a range); of files whose folder does not tell it, the partition")
	f.StringArrayVar(&o.files, "file", nil, "read segments at this `PATH` (repeatable)")
	f.StringVar(&o.topic, "internal-topic", "offsets", "`TOPIC` that the records are of: offsets, share, or transaction, where GROUP is a transactional id")
	f.Int64Var(&o.limit, "limit", 0, "only the first `N` rows")
	f.BoolVar(&o.raw, "raw", false, "show the key and value of every record in hex")
	o.span.add(f)
	f.BoolVar(&o.latest, "latest", false, "what the records add up to: the commits that count, or with --type the newest other record of each key")
	f.BoolVar(&o.open, "open", false, "only open transactions: group, producer id, age")
	f.BoolVarP(&o.null, "null", "0", false, "names end with NUL and are raw: those of -o name, and those read with -")
	_ = c.RegisterFlagCompletionFunc("type", completeRecordTypes)
	return c
}

// inspectRequest is what inspectOptions mean.
type inspectRequest struct {
	scan       inspect.Options
	paths      []string
	spools     spools             // those of them that pipes are kept in
	partitions cluster.Partitions // nil: all
	groups     []string           // by name; nil: all, or those that match
	asked      *wantedNames
	run        *cluster.Run // nil: files are read
	looked     looked
	zone       *time.Location // of times in text formats
	latest     bool
	open       bool
	follow     bool
	last       int // 0: all rows
}

// request reads the flags; changed says which are given, and now is what ages count from.
func (o inspectOptions) request(args []string, changed func(string) bool, now time.Time) (inspectRequest, error) {
	req := inspectRequest{paths: slices.Concat(o.files, args), groups: o.groups, latest: o.latest, open: o.open}
	req.scan.Raw, req.scan.Limit, req.scan.Now = o.raw, o.limit, now
	if err := o.checkCounts(changed); err != nil {
		return req, err
	}
	if err := o.requestSelection(&req, changed("match")); err != nil {
		return req, err
	}
	if err := o.span.request(&req, now); err != nil {
		return req, err
	}
	switch {
	case o.open:
		return req, o.checkOpen(changed)
	case o.latest:
		return req, o.checkLatest(req, changed)
	case len(o.files) > 0: // of which partitions they are is not known yet
		return req, nil
	}
	return req, req.needsOnePartition()
}

// checkCounts refuses to show no rows.
func (o inspectOptions) checkCounts(changed func(string) bool) error {
	switch {
	case changed("limit") && o.limit < 1:
		return usagef("--limit %d: at least 1", o.limit)
	case changed("last") && o.span.last < 1:
		return usagef("--last %d: at least 1", o.span.last)
	}
	return nil
}

func (s *session) runInspect(c *cobra.Command, o inspectOptions, args []string) error {
	offline := len(o.files) > 0
	if !offline {
		names, err := s.groupNames(args, o.null)
		if err != nil {
			return err
		}
		o.groups, args = slices.Concat(names, o.groups), nil
		if slices.Contains(c.Flags().Args(), "-") && len(o.groups) == 0 { // an empty list is no group, never all
			o.groups = []string{}
		}
	}
	req, err := o.request(args, c.Flags().Changed, s.now)
	if err != nil {
		return err
	}
	f, err := s.form(o.null, c.Flags().Args())
	if err != nil {
		return err
	}
	if err := req.checkFormat(f.format); err != nil {
		return err
	}
	if offline {
		return s.inspectFiles(c.Context(), f, req)
	}
	return s.inspectCluster(c.Context(), f, req)
}

// checkFormat refuses an output format that the rows asked for do not have.
func (req inspectRequest) checkFormat(f output.Format) error {
	switch {
	case f == output.Name && !req.latest && !req.open:
		return usagef("inspect has no output format name, except with --latest and --open: one group has many records")
	case f == output.Name && req.scan.Topic == inspect.TransactionState:
		return usagef("records of %s have no group, which is what -o name prints", req.scan.Topic.LogName())
	case req.follow && (f == output.JSON || f == output.YAML):
		return &usageError{fmt.Errorf("--follow has no output format %s, which is one document", f), "have table, wide, tsv, csv, ndjson"}
	}
	return nil
}
