package cmd

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/offsetctl/offsetctl/inspect"
	"github.com/offsetctl/offsetctl/internal/cluster"
	"github.com/offsetctl/offsetctl/output"
)

const latestHelp = `Latest and open:
--latest shows what the log adds up to, which a broker would load and answer by: one row per group,
topic and partition, with the time of the commit and, PENDING, what open transactions would commit,
which no broker tells. A row without OFFSET has only that, or a commit that is not understood. In
JSON such a commit has an error, and so have the rows of a partition that could not be read whole:
they may be out of date. EXPIRES is known only where the client asked for a time: otherwise the
brokers' offsets.retention.minutes decides. From a cluster, topicRecreated says in JSON whether the
commit is for an earlier topic of that name; null: it has no topic id, or there is no such topic
now. With --type group, or names of record types, it shows the newest record of each key instead.`

// checkLatest refuses what --latest cannot be combined with.
func (o inspectOptions) checkLatest(req inspectRequest, changed func(string) bool) error {
	for _, flag := range []string{"from", "to", "limit", "last", "follow", "open"} {
		if !changed(flag) {
			continue
		}
		refused := &usageError{err: fmt.Errorf("--latest and --%s exclude one another: the state is what the whole log adds up to", flag)}
		if flag == "to" {
			refused.hint = "what a group last wrote before a time: --to TIME --last 20, with --type group for members and assignments, or --type commit"
		}
		return refused
	}
	types := req.scan.Filter.Types
	if types[inspect.MarkerName] {
		return usagef("--latest has no %s: a marker is no state", inspect.MarkerName)
	}
	commits, mixed := req.scan.Topic.HasCommits(types)
	switch {
	case mixed:
		return &usageError{errors.New("--latest shows commits or other records, not both: their rows differ"), "run it twice: --type commit, and --type group or the other names"}
	case commits && o.raw:
		return usagef("--raw shows records: with --latest it goes with --type group or the names of other types than commits")
	}
	return nil
}

// latestFrom finds the state, of files or from the cluster.
type latestFrom func(context.Context, inspect.Options) (*inspect.State, error)

// showLatest prints the state. topics asks for the topics of these names as they are now; nil: nobody can be asked.
func (s *session) showLatest(ctx context.Context, f form, req inspectRequest, plan inspect.Report, from latestFrom, topics func(context.Context, []string) []cluster.Topic) error {
	stop := s.progress(ctx, &req.scan, true)
	state, err := from(ctx, req.scan)
	stop()
	if err != nil {
		return err
	}
	report := plan.Join(state.Report)
	if commits, _ := req.scan.Topic.HasCommits(req.scan.Filter.Types); !commits {
		return s.showRecords(ctx, f, req, inspect.Report{ClusterID: plan.ClusterID}, func(_ inspect.Options, emit func(*inspect.Row) error) (inspect.Report, error) {
			return report, state.Records(req.scan.Raw, emit)
		})
	}
	rows := state.Commits()
	var unknown []*cluster.Error
	if names := inspect.TopicsWithID(rows); topics != nil && len(names) > 0 {
		unknown = inspect.MarkRecreated(rows, topics(ctx, names))
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	about := s.missing(ctx, req, report.Errors)
	about.notes = append(about.notes, withoutCommit(req, rows)...)
	if len(rows) == 0 {
		about.notes = append(about.notes, req.emptyNote("commit that counts", report, about)...)
	}
	report.Errors = append(report.Errors, about.errs...)
	h := newHead("inspect-latest", plan.ClusterID, s.now)
	if err := print(s, f, h, latestColumns(s.now, req.zone), func(r *inspect.LatestCommit) string { return r.Group }, rows, report.Errors); err != nil {
		return err
	}
	for _, n := range slices.Concat(report.Notes, latestNotes(rows), openNotes(req.scan.Topic, report.Open, s.now), unknownTopics(unknown), about.notes) {
		s.note("%s", n)
	}
	return ended(s.report(report.Errors, about.hints))
}

func latestColumns(now time.Time, zone *time.Location) []output.Column[inspect.LatestCommit] {
	type row = inspect.LatestCommit
	return []output.Column[row]{
		text("GROUP", func(r *row) string { return r.Group }),
		text("TOPIC", func(r *row) string { return r.Topic }),
		number("PARTITION", func(r *row) *int32 { return &r.Partition }),
		toned(number("OFFSET", func(r *row) *int64 { return r.Offset }), latestTone),
		moment("COMMIT-TIME", zone, func(r *row) *inspect.Millis { return r.CommitTimestamp }),
		ago("AGE", now, func(r *row) *inspect.Millis { return r.CommitTimestamp }),
		{Name: "PENDING", Tone: func(*row) output.Tone { return output.Warn }, Append: appendPending},
		short(maybe("METADATA", func(r *row) *string { return r.Metadata })),
		wide(number("LEADER-EPOCH", func(r *row) *int32 { return r.LeaderEpoch })),
		wide(moment("EXPIRES", zone, func(r *row) *inspect.Millis { return r.ExpireTimestamp })),
		wide(maybe("TOPIC-ID", func(r *row) *string { return r.TopicID })),
		wide(number("LOG-PARTITION", func(r *row) *int32 { return &r.LogPartition })),
		wide(number("LOG-OFFSET", func(r *row) *int64 { return r.LogOffset })),
	}
}

func latestTone(r *inspect.LatestCommit) output.Tone {
	switch {
	case r.Error != nil:
		return output.Bad
	case r.TopicRecreated != nil && *r.TopicRecreated:
		return output.Warn
	}
	return output.Plain
}

// appendPending appends the offsets that open transactions would commit; mostly there are none.
func appendPending(b []byte, r *inspect.LatestCommit) []byte {
	for i, p := range r.Pending {
		if i > 0 {
			b = append(b, ',')
		}
		if p.Offset == nil {
			b = append(b, '?')
			continue
		}
		b = strconv.AppendInt(b, *p.Offset, 10)
	}
	return b
}
