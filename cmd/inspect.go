package cmd

import (
	"fmt"
	"slices"
	"strings"
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
	run        *cluster.Run   // nil: files are read
	zone       *time.Location // of times in text formats
	latest     bool
	open       bool
	follow     bool
	last       int // 0: all rows
}

func (o inspectOptions) request(args []string, changed func(string) bool, now time.Time) (inspectRequest, error) {
	req := inspectRequest{paths: slices.Concat(o.files, args)}
	req.scan.Raw, req.scan.Limit, req.groups = o.raw, o.limit, o.groups
	req.latest, req.open = o.latest, o.open
	var err error
	if req.scan.Topic, err = internalTopic(o.topic); err != nil {
		return req, err
	}
	if changed("limit") && o.limit < 1 {
		return req, usagef("--limit %d: at least 1", o.limit)
	}
	if changed("last") && o.span.last < 1 {
		return req, usagef("--last %d: at least 1", o.span.last)
	}
	if len(o.groups) > 0 && changed("match") {
		return req, usagef("--group and --match exclude one another")
	}
	req.asked = o.asks(req.scan.Topic, changed("match"))
	if req.scan.Filter, err = o.filter(req.scan.Topic, req.asked); err != nil {
		return req, err
	}
	if len(o.partitions) > 0 {
		list := strings.Join(o.partitions, ",")
		if !isPartitions(list) {
			return req, usagef("--partition %q: not a list of partitions such as 0,2 or 4-9", list)
		}
		if req.partitions, err = partitions(list, maxPartitions); err != nil {
			return req, usagef("--partition: %w", err)
		}
	}
	if err := o.span.request(&req, now); err != nil {
		return req, err
	}
	if o.open {
		return req, o.checkOpen(changed)
	}
	if o.latest {
		return req, o.checkLatest(req, changed)
	}
	if len(o.files) > 0 { // of which partitions they are is not known yet
		return req, nil
	}
	return req, req.needsOnePartition()
}

// internalTopic reads --internal-topic.
func internalTopic(word string) (inspect.Topic, error) {
	switch word {
	case "offsets":
		return inspect.ConsumerOffsets, nil
	case "share":
		return inspect.ShareGroupState, nil
	case "transaction":
		return inspect.TransactionState, nil
	}
	return 0, usagef("--internal-topic %q: have offsets, share, transaction", word)
}

// asks is what is asked for by name, of which nothing is seen yet.
func (o inspectOptions) asks(topic inspect.Topic, matchSet bool) *wantedNames {
	a := &wantedNames{scope: cluster.ScopeGroup, match: o.match, matches: matchSet}
	if topic == inspect.TransactionState {
		a.scope = cluster.ScopeTransactionalID
	}
	if o.groups != nil {
		a.groups = map[string]bool{}
	}
	for _, g := range o.groups {
		a.groups[g] = false
	}
	return a
}

func (o inspectOptions) filter(topic inspect.Topic, a *wantedNames) (inspect.Filter, error) {
	var f inspect.Filter
	switch {
	case a.groups != nil:
		f.Group = func(group []byte) bool {
			_, named := a.groups[string(group)]
			return named
		}
	case a.matches:
		match, err := wholeName(o.match)
		if err != nil {
			return f, &usageError{err, "regular expressions are RE2: https://github.com/google/re2/wiki/Syntax"}
		}
		known := map[string]bool{} // groups come again and again
		f.Group = func(group []byte) bool {
			ok, seen := known[string(group)]
			if !seen {
				ok = match(string(group))
				known[string(group)] = ok
			}
			return ok
		}
	}
	topics, err := parseTopics(o.topics)
	if err != nil {
		return f, err
	}
	if topics != nil {
		f.Partition = func(topic []byte, partition int32) bool {
			ps, ok := topics[string(topic)]
			return ok && (ps == nil || ps[partition])
		}
	}
	if f.Types, err = recordTypes(topic, o.types); err != nil {
		return f, err
	}
	return a.filtered(f, topics), checkTopics(f, topic)
}

// checkTopics refuses --topic where no record can be for one.
func checkTopics(f inspect.Filter, topic inspect.Topic) error {
	if f.Partition == nil {
		return nil
	}
	if topic != inspect.ConsumerOffsets {
		return usagef("--topic selects commits, of which %s has none", topic.LogName())
	}
	names := topic.Names()
	if f.Types != nil && !f.Types[names[0]] && !f.Types[names[1]] && !f.Types[inspect.MarkerName] {
		return usagef("--topic selects commits, of which --type leaves none")
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
	switch {
	case f.format == output.Name && !o.latest && !o.open:
		return usagef("inspect has no output format name, except with --latest and --open: one group has many records")
	case f.format == output.Name && req.scan.Topic == inspect.TransactionState:
		return usagef("records of %s have no group, which is what -o name prints", req.scan.Topic.LogName())
	}
	if req.follow && (f.format == output.JSON || f.format == output.YAML) {
		return &usageError{fmt.Errorf("--follow has no output format %s, which is one document", f.format), "have table, wide, tsv, csv, ndjson"}
	}
	if offline {
		return s.inspectFiles(c.Context(), f, req)
	}
	return s.inspectCluster(c.Context(), f, req)
}
