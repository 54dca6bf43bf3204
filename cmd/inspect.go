package cmd

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
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

const inspectLong = `Decode the records of __consumer_offsets, the topic that Kafka keeps its groups in: every commit, every
change of a group, every tombstone and transaction marker. Not only the last commit is there but, until
compaction takes them, those before.

A group's records are all in one partition of that topic, so naming groups reads only theirs. It reads from
the log's start to the end that it has when the command begins, in the order of partition and offset.

--from and --to read less of each partition: from the first record that is as late as --from, up to the
first as late as --to, which is not shown. An offset is for one partition, so it needs one group or one
--partition. Times are RFC 3339 or shorter (2026-11-21, 2026-11-21T09:00), in --tz where they say no zone,
or @SECONDS or @MILLIS since 1970; -90m, -7d or -PT1H30M is so long before now. A time after the last record is the
log's end.
--last N shows the N newest rows, in the same order, and reads no more than it has to where nothing is filtered.

--follow shows records as they come, whatever happens to brokers meanwhile; order is within a partition. Of a
transaction the records say open, and the marker that comes later says what became of it.

--timeout bounds connecting and each wait for an answer. A partition whose leader moves is read on from the new
one. Before a scan of more than 1 GB a note says how large the log is and since when; with stderr on a terminal
a line there says how far a long scan has come, unless rows are printed on the terminal meanwhile.

With --file no cluster is asked: it reads segments (….log), the folder of a partition, or a broker's
log directory. Every argument is then a further path, so that a shell's glob works, and groups are
named by --group or --match.

--type takes Kafka's names of records, in any case: commit stands for both kinds of commits, group for all
others, TransactionMarker for markers; a name that is none lists them. Of markers a group or a topic selects
those that end a transaction with a record of it; --from after that record hides the marker too.

A record that is not understood is shown all the same, with its bytes in hex and the reason. Of a
transaction each record says committed, aborted or open; --raw adds the bytes of every record.

In -o json and ndjson, data has Kafka's field names, as kafka-dump-log.sh --offsets-decoder prints
them; what is decoded beyond that stands in fields that end in Decoded.

` + latestHelp + "\n\n" + openHelp

const inspectExamples = `  offsetctl inspect payments                       what happened to one group
  offsetctl inspect payments --latest              where it is now, and since when
  offsetctl inspect --type commit --topic orders -o ndjson | jq .value.data.offset
  offsetctl inspect payments --from 2026-11-21T09:00 --to 2026-11-21T09:30 --tz Europe/Berlin
  offsetctl inspect --type commit --from -15m      the last quarter of an hour
  offsetctl inspect payments --last 20
  offsetctl inspect --open                         transactions that nobody has ended
  offsetctl inspect --follow -o ndjson | grep payments
  offsetctl inspect --file /var/lib/kafka/__consumer_offsets-*/
  offsetctl inspect --file 00000000000000000000.log --partition 12 --type commit
  offsetctl inspect --file /var/lib/kafka --group payments -o ndjson | jq .value.data.offset`

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
	f.StringArrayVarP(&o.groups, "group", "g", nil, "only records of this `GROUP` (repeatable)")
	f.StringVar(&o.match, "match", "", "only records of groups whose whole name matches `REGEX` (RE2)")
	f.StringArrayVarP(&o.topics, "topic", "t", nil, "only commits for this `TOPIC`, or T:0,2 or T:0-9 (repeatable)")
	f.StringSliceVar(&o.types, "type", nil, "only records of these `TYPES`: Kafka's names; commit for all commits, group for all others")
	f.StringSliceVar(&o.partitions, "partition", nil, "only this `PARTITION` of __consumer_offsets (repeatable, a list or a range); of files whose folder does not tell it, the partition")
	f.StringArrayVar(&o.files, "file", nil, "read segments at this `PATH` (repeatable)")
	f.StringVar(&o.topic, "internal-topic", "offsets", "`TOPIC` that the records are of: offsets, share or transaction")
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
	if req.scan.Topic == inspect.TransactionState && (o.groups != nil || changed("match")) {
		return req, usagef("records of %s are of transactional ids, not of groups", req.scan.Topic.LogName())
	}
	req.asked = o.asks(changed("match"))
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
func (o inspectOptions) asks(matchSet bool) *wantedNames {
	a := &wantedNames{match: o.match, matches: matchSet}
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
			return nil, usagef("--type %q: have %s", w, strings.Join(known, ", "))
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

// tableBlock is how many rows a table shows at a time: a scan may have more than memory holds.
const tableBlock = 1000

func recordColumns(zone *time.Location, raw bool) []output.Column[inspect.Row] {
	type row = inspect.Row
	columns := []output.Column[row]{
		{Name: "LOG-PARTITION", Right: true, Append: func(b []byte, r *row) []byte { return strconv.AppendInt(b, int64(r.Partition), 10) }},
		{Name: "OFFSET", Right: true, Append: func(b []byte, r *row) []byte { return strconv.AppendInt(b, r.Offset, 10) }},
		{Name: "TIMESTAMP", Append: func(b []byte, r *row) []byte {
			if r.Timestamp == nil {
				return nil
			}
			return appendTime(b, *r.Timestamp, zone)
		}},
		{Name: "TYPE", Append: func(b []byte, r *row) []byte {
			if r.Type == "" {
				return nil
			}
			return append(b, r.Type...)
		}},
		{Name: "GROUP", Append: func(b []byte, r *row) []byte {
			if r.Key.Group == nil {
				return nil
			}
			return append(b, r.Key.Group...)
		}},
		{Name: "TOPIC/MEMBER", Append: func(b []byte, r *row) []byte { return r.AppendSubject(b) }},
		{Name: "DETAIL", Tone: recordTone, Append: func(b []byte, r *row) []byte { return r.AppendDetail(b) }},
	}
	if raw {
		columns = append(columns, hexColumn("RAW-KEY", func(r *row) []byte { return r.RawKey }), hexColumn("RAW-VALUE", func(r *row) []byte { return r.RawValue }))
	}
	return columns
}

func hexColumn(name string, get func(*inspect.Row) []byte) output.Column[inspect.Row] {
	return output.Column[inspect.Row]{Name: name, Append: func(b []byte, r *inspect.Row) []byte {
		if v := get(r); v != nil {
			return hex.AppendEncode(b, v)
		}
		return nil
	}}
}

func recordTone(r *inspect.Row) output.Tone {
	switch {
	case r.Err != nil:
		return output.Bad
	case r.Transaction != nil && r.Transaction.Outcome != inspect.Committed:
		return output.Warn
	case r.Tombstone || r.Marker:
		return output.Faint
	}
	return output.Plain
}
