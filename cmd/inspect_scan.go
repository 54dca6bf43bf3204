package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"slices"

	"github.com/offsetctl/offsetctl/inspect"
	"github.com/offsetctl/offsetctl/internal/cluster"
)

// groupNames are the groups that arguments name, with - for names on standard input.
func (s *session) groupNames(args []string, null bool) ([]string, error) {
	names := slices.DeleteFunc(slices.Clone(args), func(a string) bool { return a == "-" })
	if len(names) == len(args) {
		return names, nil
	}
	more, err := readNames(s.in, null)
	return append(names, more...), err
}

func (s *session) inspectFiles(ctx context.Context, f form, req inspectRequest) error {
	if i := slices.Index(req.paths, "-"); i >= 0 {
		if len(req.partitions) != 1 {
			return &usageError{errors.New("nothing tells which partition the segment on standard input is of"), "say it with --partition N"}
		}
		path, err := spooled(s.in)
		if err != nil {
			return err
		}
		defer os.Remove(path)
		req.paths[i], req.spooled = path, path
	}
	segments, err := req.segments()
	if err != nil {
		return err
	}
	if len(segments) > 0 && segments[0].Partition != segments[len(segments)-1].Partition { // they are sorted
		if err := req.needsOnePartition(); err != nil {
			return err
		}
	}
	s.noteSizeOfFiles(req, segments)
	if req.open {
		stop := s.progress(ctx, &req.scan, true)
		report, err := inspect.OpenInFiles(segments, req.scan)
		stop()
		if err != nil {
			return err
		}
		return s.showOpen(f, req, inspect.Report{}, report)
	}
	if req.latest {
		return s.showLatest(ctx, f, req, inspect.Report{}, func(ctx context.Context, o inspect.Options) (*inspect.State, error) {
			return inspect.LatestFiles(ctx, segments, o)
		}, nil)
	}
	return s.showRecords(ctx, f, req, inspect.Report{}, func(o inspect.Options, emit func(*inspect.Row) error) (inspect.Report, error) {
		if req.last > 0 {
			return inspect.LastOfFiles(segments, req.last, o, emit)
		}
		return inspect.Files(segments, o, emit)
	})
}

// spooled keeps standard input in a file: what became of a transaction stands behind its records, so that a
// segment is read twice.
func spooled(in io.Reader) (path string, err error) {
	file, err := os.CreateTemp("", "offsetctl-*.log")
	if err != nil {
		return "", err
	}
	_, err = io.Copy(file, in)
	if err = errors.Join(err, file.Close()); err != nil {
		_ = os.Remove(file.Name())
		return "", fmt.Errorf("reading a segment from standard input: %w", err)
	}
	return file.Name(), nil
}

func (s *session) inspectCluster(ctx context.Context, f form, req inspectRequest) error {
	client, timeout, err := s.dial(s)
	if err != nil {
		return err
	}
	defer client.Close()
	run := client.Run(cluster.In(s.now, timeout))
	live, report, errs := inspect.Plan(ctx, run, inspect.Wanted{Topic: req.scan.Topic, Groups: req.groups, Partitions: req.partitions, Range: req.scan.Range})
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if errs != nil {
		return s.unreachable(f, newHead("inspect", "", s.now), errs)
	}
	live.Run = run.Until(cluster.Deadline{Each: timeout}) // a scan takes its time: only each answer is waited for
	if req.open {
		stop := s.progress(ctx, &req.scan, true)
		found, err := live.Open(ctx, req.scan)
		stop()
		if err != nil {
			return err
		}
		return s.showOpen(f, req, report, found)
	}
	s.noteSize(ctx, req, live)
	if req.latest {
		return s.showLatest(ctx, f, req, report, live.Latest, live.Run.Topics)
	}
	if req.follow {
		return s.followRecords(ctx, f, req, report, live)
	}
	return s.showRecords(ctx, f, req, report, func(o inspect.Options, emit func(*inspect.Row) error) (inspect.Report, error) {
		if req.last > 0 {
			return live.ReadLast(ctx, req.last, o, emit)
		}
		return live.Read(ctx, o, emit)
	})
}

// segments finds the files that are named.
func (req inspectRequest) segments() ([]inspect.Segment, error) {
	var only *int32
	if len(req.partitions) == 1 {
		for p := range req.partitions {
			only = &p
		}
	}
	segments, err := inspect.FindSegments(req.scan.Topic, req.paths, only)
	if none := (*inspect.NoPartitionError)(nil); errors.As(err, &none) {
		return nil, &usageError{err, "say it with --partition N"}
	}
	if err != nil {
		return nil, usagef("%w", err)
	}
	for i := range segments {
		if segments[i].Path == req.spooled {
			segments[i].Name = "standard input"
		}
	}
	return slices.DeleteFunc(segments, func(s inspect.Segment) bool {
		return req.partitions != nil && !req.partitions[s.Partition]
	}), nil
}

// scanMemory is what the collector tries to stay below: a scan of any size needs some 60 MB at a time.
const scanMemory = 96 << 20

// scanFunc is a scan, of a cluster or of files.
type scanFunc func(o inspect.Options, emit func(*inspect.Row) error) (inspect.Report, error)

// showRecords prints the rows of a scan as they come, and then what else it and its plan have to say.
func (s *session) showRecords(ctx context.Context, f form, req inspectRequest, plan inspect.Report, scan scanFunc) error {
	if s.env("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(scanMemory)
	}
	f.options.Block = tableBlock
	w, err := newWriter(s, f, newHead("inspect", plan.ClusterID, s.now), recordColumns(req.zone, req.scan.Raw), func(r *inspect.Row) string { return string(r.Key.Group) })
	if err != nil {
		return err
	}
	if w.Lines() != nil {
		req.scan.Lines = &inspect.Lines{New: w.Lines, Write: func(lines []byte) error {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return writeError(w.WriteLines(lines))
		}}
	}
	seen := map[string]bool{}
	stop := s.progress(ctx, &req.scan, req.last > 0)
	report, err := scan(req.scan, func(r *inspect.Row) error {
		if req.last > 0 { // all has been read
			stop()
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if req.groups != nil && !seen[string(r.Key.Group)] {
			seen[string(r.Key.Group)] = true
		}
		if err := w.Row(r); err != nil {
			return writeError(err)
		}
		return nil
	})
	stop()
	if err != nil {
		return err
	}
	errs := slices.Concat(plan.Errors, report.Errors)
	if len(errs) == 0 && req.onlyGroups {
		errs = unseen(req.groups, seen)
	}
	if err := closeWriter(w, errs); err != nil {
		return err
	}
	for _, n := range slices.Concat(plan.Notes, report.Notes, openNotes(report.Open, s.now)) {
		s.note("%s", n)
	}
	return ended(s.report(errs, readHints(errs)))
}

// unseen are the groups named of which there is no record.
func unseen(groups []string, seen map[string]bool) []*cluster.Error {
	var errs []*cluster.Error
	for _, g := range groups {
		if !seen[g] {
			errs = append(errs, &cluster.Error{Scope: cluster.ScopeGroup, Name: g, Code: "GROUP_ID_NOT_FOUND", Message: "no record of this group"})
		}
	}
	return errs
}

// readHints name the ACL that a scan needs, which is more than to describe the topic.
func readHints(errs []*cluster.Error) map[missing]string {
	hints := map[missing]string{}
	for _, e := range errs {
		if e.Scope == cluster.ScopeTopic && e.Unauthorized() {
			hints[missing{e.Scope, e.Name}] = fmt.Sprintf("this user needs: kafka-acls --add --allow-principal User:NAME --operation Read --topic %q", e.Name)
		}
	}
	return hints
}
