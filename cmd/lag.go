package cmd

import (
	"context"

	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/offsetctl/offsetctl/internal/cluster"
	"github.com/offsetctl/offsetctl/lag"
)

// lagOptions are the flags of lag.
type lagOptions struct {
	selection
	by        string
	topics    []string
	lagging   bool
	sort      string
	top       int
	isolation string
	failAbove int64
	failOn    []string
}

const lagLong = `Show where groups are: their committed offsets, the ends of the logs, and the lag between.

Without arguments: all groups of the cluster, one row each, the largest lag first; with - those whose
names come on standard input. Groups as arguments: one row per partition. Groups of every type are
shown: classic, consumer (KIP-848), share, streams, and those that only ever committed, as Flink and
assign() do.

Lag = log end - max(committed, log start). Unknown is "-" (null in JSON), and a sum counts what is
known (-o wide says how many are not). STATUS says why, from mild to bad; a group has the worst of
its partitions:
  ok            read and counted, however large the lag
  pending-txn   a transaction with another commit is open; normal in passing
  no-members    an Empty group with lag: stopped, or Flink and assign(), which never show members
  no-commit     assigned, never committed: the lag is unknown; a group with it may have no
                partition at all
  unassigned    a live group, and no member owns the partition
  before-start  the log was trimmed past the commit: records are lost
  past-end      the commit is beyond the log end, lag 0: the topic was made anew or lost records
  topic-gone    the topic or partition does not exist any more
  no-leader, unauthorized, error   could not be read

Kafka leaves out, without a word, what a group committed for topics that you may not describe.

A share group's current offset is its start offset and its lag the broker's own; its partitions have
no single owner. With --by member, the row without a member is for what no member owns.

--fail-above does not count partitions with no-commit and topic-gone. A check exits 1 if it selects
nothing, if a group named to it has no partition, or if a lag could not be read. --fail-on sees a status also where a worse one is shown.

On a terminal member ids and hosts are shortened where that makes the table fit; -o wide and
pipes never shorten.`

const lagExamples = `  offsetctl lag                                    all groups, the largest lag first
  offsetctl lag payments                           one group, by partition
  offsetctl lag payments --by member --sort lag    who lags
  offsetctl lag --match '.*pay.*' --topic orders   groups by part of their name, one topic
  offsetctl lag --fail-above 10000 >/dev/null      exit 3 if any group lags more
  offsetctl groups --state Empty -0 -o name | offsetctl lag - -0
  offsetctl lag -o json | jq '.items[] | select(.lag > 0) | .group'`

func newLagCommand(s *session) *cobra.Command {
	var o lagOptions
	c := &cobra.Command{
		Use:               "lag [GROUP]…",
		Short:             "Show the lag of groups, and why it is what it is",
		Long:              lagLong + "\n" + exitHelp,
		Example:           lagExamples,
		SuggestFor:        []string{"describe", "offsets"},
		ValidArgsFunction: s.completeGroups,
		RunE: func(c *cobra.Command, args []string) error {
			return s.runLag(c, o, args)
		},
	}
	f := c.Flags()
	o.selection.add(f, true)
	f.StringVar(&o.by, "by", "", "one row per `VIEW`: group, topic, partition or member (default partition for named groups, else group)")
	f.StringArrayVarP(&o.topics, "topic", "t", nil, "only this `TOPIC`, or T:0,2 or T:0-9 (repeatable)")
	f.BoolVar(&o.lagging, "lagging", false, "only rows with lag, or whose lag is unknown")
	f.StringVar(&o.sort, "sort", "", "`ORDER`: lag (largest first, unknown last) or name (default lag for --by group, else name)")
	f.IntVar(&o.top, "top", 0, "only the first `N` rows by lag")
	f.StringVar(&o.isolation, "isolation", string(lag.ReadUncommitted), "`LEVEL`: count up to the high watermark (read_uncommitted) or the last stable offset (read_committed)")
	f.Int64Var(&o.failAbove, "fail-above", 0, "exit 3 if the total lag of any selected group is above `N`")
	f.StringSliceVar(&o.failOn, "fail-on", nil, "exit 3 if any selected partition has one of these `STATUSES`")
	return c
}

// lagRequest is what lagOptions mean.
type lagRequest struct {
	query     lag.Query
	explicit  bool // groups are named on the command line, one by one
	by        string
	lagging   bool
	byLag     bool
	top       int
	failAbove *int64
	failOn    []lag.Status
}

// request checks the options; changed tells which flags were given.
func (o lagOptions) request(args []string, changed func(string) bool, s *session) (lagRequest, error) {
	req := lagRequest{by: o.by, lagging: o.lagging, top: o.top}
	var err error
	if req.query.Selection, err = o.selection.query(args, changed("match"), s.in); err != nil {
		return req, err
	}
	if req.query.Filter, err = parseTopics(o.topics); err != nil {
		return req, err
	}
	req.explicit = req.query.Named && !slices.Contains(args, "-")
	if req.by == "" {
		req.by = "group"
		if req.explicit {
			req.by = "partition"
		}
	}
	if !slices.Contains([]string{"group", "topic", "partition", "member"}, req.by) {
		return req, usagef("--by %q: have group, topic, partition, member", req.by)
	}
	if req.byLag, err = o.byLag(req.by, changed); err != nil {
		return req, err
	}
	req.query.Isolation = lag.Isolation(strings.ReplaceAll(o.isolation, "-", "_"))
	if req.query.Isolation != lag.ReadUncommitted && req.query.Isolation != lag.ReadCommitted {
		return req, usagef("--isolation %q: have read_uncommitted, read_committed", o.isolation)
	}
	if changed("fail-above") {
		if o.failAbove < 0 {
			return req, usagef("--fail-above %d: a lag is never negative", o.failAbove)
		}
		req.failAbove = &o.failAbove
	}
	for _, w := range o.failOn {
		st := lag.Status(strings.TrimSpace(w))
		if !slices.Contains(lag.Statuses(), st) {
			return req, usagef("--fail-on %q: have %s", w, join(lag.Statuses()))
		}
		req.failOn = append(req.failOn, st)
	}
	return req, nil
}

func (o lagOptions) byLag(by string, changed func(string) bool) (bool, error) {
	if changed("top") && o.top < 1 {
		return false, usagef("--top %d: at least 1", o.top)
	}
	switch o.sort {
	case "":
		return by == "group" || o.top > 0, nil
	case "lag":
		return true, nil
	case "name":
		if o.top > 0 {
			return false, usagef("--top takes the largest lags and does not go with --sort name")
		}
		return false, nil
	}
	return false, usagef("--sort %q: have lag, name", o.sort)
}

func join[S ~string](words []S) string {
	var out []string
	for _, w := range words {
		out = append(out, string(w))
	}
	return strings.Join(out, ", ")
}

func (s *session) runLag(c *cobra.Command, o lagOptions, args []string) error {
	req, err := o.request(args, c.Flags().Changed, s)
	if err != nil {
		return err
	}
	f, err := s.form(o.null, args)
	if err != nil {
		return err
	}
	if req.query.Named && len(req.query.Groups) == 0 { // an empty list on standard input is no group, never all
		return s.showLag(f, req, &lag.Snapshot{}, nil)
	}
	return s.run(c.Context(), func(ctx context.Context, run *cluster.Run) error {
		snap, errs := lag.Read(ctx, run, req.query)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if errs != nil {
			return s.unreachable(f, s.lagHead(req, ""), errs, nil)
		}
		near := s.similar(ctx, run, snap.Errors, nil)
		if len(snap.Groups) == 0 && len(snap.Errors) == 0 && !req.query.Named {
			snap.Errors = s.noGroup(ctx, run, o.selection, c.Flags().Changed("match"))
		}
		return s.showLag(f, req, snap, near)
	})
}

// showLag prints the view asked for, and then on stderr what else there is to say.
func (s *session) showLag(f form, req lagRequest, snap *lag.Snapshot, near map[missing]string) error {
	v := newLagView(req, snap)
	if err := s.printLag(f, req, snap.ClusterID, v); err != nil {
		return err
	}
	s.noteWithoutRows(req, v)
	s.summarize(req, v.every)
	failures := s.report(v.found.Errors.All, near)
	return ended(failures, s.conditions(req, v))
}
