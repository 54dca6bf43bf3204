package cmd

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/offsetctl/offsetctl/internal/cluster"
	"github.com/offsetctl/offsetctl/lag"
	"github.com/offsetctl/offsetctl/output"
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

Without arguments: all groups of the cluster, one row each, the largest lag first. Groups as
arguments: one row per partition. Groups of every type are shown: classic, consumer (KIP-848),
share, streams, and those that only ever committed, as Flink and assign() do.

Lag = log end - max(committed, log start). Unknown is "-" (null in JSON), and STATUS says why:
  ok  pending-txn  no-members  no-commit  unassigned  before-start  past-end  topic-gone
and for what could not be read: no-leader  unauthorized  error`

const lagExamples = `  offsetctl lag                                    all groups, worst first
  offsetctl lag payments                           one group, by partition
  offsetctl lag payments --by member               who lags
  offsetctl lag --match 'pay.*' --topic orders     groups by pattern, one topic
  offsetctl lag --fail-above 10000 -q || page      exit 3 if any group lags more
  offsetctl lag -o json | jq '.items[] | select(.lag > 0) | .group'`

func newLagCommand(s *session) *cobra.Command {
	var o lagOptions
	c := &cobra.Command{
		Use:               "lag [GROUP]…",
		Short:             "Show the lag of groups, and why it is what it is",
		Long:              lagLong + "\n" + exitHelp,
		Example:           lagExamples,
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
	f.StringVar(&o.sort, "sort", "", "lag (largest first, unknown last) or name (default lag for --by group, else name)")
	f.IntVar(&o.top, "top", 0, "only the first `N` rows by lag")
	f.StringVar(&o.isolation, "isolation", string(lag.ReadUncommitted), "count up to the high watermark (read_uncommitted) or the last stable offset (read_committed)")
	f.Int64Var(&o.failAbove, "fail-above", 0, "exit 3 if the total lag of any selected group is above `N`")
	f.StringSliceVar(&o.failOn, "fail-on", nil, "exit 3 if any selected partition has one of these `STATUSES`")
	return c
}

// lagRequest is what lagOptions mean.
type lagRequest struct {
	query     lag.Query
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
	if req.query, err = o.selection.query(args, changed("match"), s.in); err != nil {
		return req, err
	}
	if req.query.Filter, err = parseTopics(o.topics); err != nil {
		return req, err
	}
	if req.by == "" {
		req.by = "group"
		if req.query.Named && !slices.Contains(args, "-") {
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
		s.conditions(req, &lag.Snapshot{}, nil)
		return s.showLag(f, req, &lag.Snapshot{}, nil, nil)
	}
	return s.run(c.Context(), func(ctx context.Context, run *cluster.Run) error {
		snap, errs := lag.Read(ctx, run, req.query)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if errs != nil {
			return s.unreachable(f, newHead("lag", "", time.Now()), errs)
		}
		rows := lag.Compute(snap, req.query.Filter)
		errs = lag.Errors(snap, rows)
		if err := s.showLag(f, req, snap, rows, errs); err != nil {
			return err
		}
		s.summarize(req, snap, rows)
		s.report(errs)
		s.suggestGroups(ctx, run, snap.Errors)
		s.conditions(req, snap, rows)
		return nil
	})
}

// showLag prints the view asked for.
func (s *session) showLag(f form, req lagRequest, snap *lag.Snapshot, rows []lag.Row, errs []*cluster.Error) error {
	h := newHead("lag", snap.ClusterID, time.Now())
	h.By = req.by
	if req.query.Isolation == lag.ReadCommitted {
		h.Isolation = string(req.query.Isolation)
	}
	switch req.by {
	case "group":
		out := arrange(s, req, lag.ByGroup(snap, rows, req.query.Filter), func(r *lag.GroupRow) (*int64, bool) { return r.Lag, r.UnknownPartitions > 0 || r.Error != nil })
		return print(s, f, h, groupColumns(), func(r *lag.GroupRow) string { return r.Group }, out, errs)
	case "topic":
		out := arrange(s, req, lag.ByTopic(rows), func(r *lag.TopicRow) (*int64, bool) { return r.Lag, r.UnknownPartitions > 0 || r.Error != nil })
		return print(s, f, h, topicColumns(), func(r *lag.TopicRow) string { return r.Group }, out, errs)
	case "member":
		out := arrange(s, req, lag.ByMember(snap, rows, req.query.Filter), func(r *lag.MemberRow) (*int64, bool) { return r.Lag, r.UnknownPartitions > 0 || r.Error != nil })
		return print(s, f, h, memberLagColumns(), func(r *lag.MemberRow) string { return r.Group }, out, errs)
	default:
		out := arrange(s, req, rows, func(r *lag.Row) (*int64, bool) { return r.Lag, r.Lag == nil })
		return print(s, f, h, partitionColumns(), func(r *lag.Row) string { return r.Group }, out, errs)
	}
}

// arrange filters, sorts and cuts the rows of a view. The rows come sorted by name.
func arrange[T any](s *session, req lagRequest, rows []T, of func(*T) (sum *int64, unknown bool)) []T {
	if req.lagging {
		rows = slices.DeleteFunc(slices.Clone(rows), func(r T) bool {
			sum, unknown := of(&r)
			return !unknown && (sum == nil || *sum == 0)
		})
	}
	if req.byLag {
		rows = slices.Clone(rows)
		slices.SortStableFunc(rows, func(a, b T) int {
			x, _ := of(&a)
			y, _ := of(&b)
			return compareLag(x, y)
		})
	}
	if req.top > 0 && len(rows) > req.top {
		s.note("%d of %d rows shown (--top %d)", req.top, len(rows), req.top)
		rows = rows[:req.top]
	}
	return rows
}

// compareLag orders the largest first and unknown last.
func compareLag(a, b *int64) int {
	value := func(p *int64) int64 {
		if p == nil {
			return math.MinInt64
		}
		return *p
	}
	switch x, y := value(a), value(b); {
	case x > y:
		return -1
	case x < y:
		return 1
	}
	return 0
}

// conditions sets the exit code that --fail-above and --fail-on ask for.
func (s *session) conditions(req lagRequest, snap *lag.Snapshot, rows []lag.Row) {
	if req.failAbove != nil {
		groups := lag.ByGroup(snap, rows, req.query.Filter)
		above, failed := lag.Above(groups, rows, *req.failAbove)
		for _, g := range above {
			s.found("lag of %s is %d, above %d", g.Group, *g.Lag, *req.failAbove)
		}
		if failed || len(groups) == 0 {
			s.code = max(s.code, exitFailed)
		}
		if len(groups) == 0 {
			s.complain("--fail-above: no group was selected", "see which groups there are with: offsetctl groups")
		}
	}
	for _, st := range req.failOn {
		has := slices.DeleteFunc(slices.Clone(rows), func(r lag.Row) bool { return r.Status != st })
		if len(has) > 0 {
			s.found("%d with status %s, the first is %s", len(has), st, rowName(&has[0]))
		}
	}
}

// found says that a condition holds; 3 beats 1.
func (s *session) found(format string, args ...any) {
	fmt.Fprintf(s.err, "offsetctl: %s\n", output.AppendEscaped(nil, fmt.Sprintf(format, args...)))
	s.code = exitCondition
}

func rowName(r *lag.Row) string {
	if r.Topic == nil {
		return r.Group
	}
	return fmt.Sprintf("%s on %s:%d", r.Group, *r.Topic, *r.Partition)
}
