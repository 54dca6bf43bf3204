package cmd

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"runtime/debug"
	"slices"

	"github.com/offsetctl/offsetctl/inspect"
	"github.com/offsetctl/offsetctl/internal/cluster"
	"github.com/offsetctl/offsetctl/output"
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
	if err := req.checkPaths(); err != nil {
		return err
	}
	var err error
	if req.spools, err = s.spool(ctx, req.paths); err != nil {
		return err
	}
	defer req.spools.remove()
	segments, err := req.segments()
	if err != nil {
		return err
	}
	if segments[0].Partition != segments[len(segments)-1].Partition { // they are sorted
		if err := req.needsOnePartition(); err != nil {
			return err
		}
	}
	req.looked = lookedAtFiles(segments)
	s.noteSizeOfFiles(req, segments)
	if req.open {
		stop := s.progress(ctx, &req.scan, true)
		report, err := inspect.OpenInFiles(ctx, segments, req.scan)
		stop()
		if err != nil {
			return err
		}
		return s.showOpen(ctx, f, req, inspect.Report{}, report)
	}
	if req.latest {
		return s.showLatest(ctx, f, req, inspect.Report{}, func(ctx context.Context, o inspect.Options) (*inspect.State, error) {
			return inspect.LatestFiles(ctx, segments, o)
		}, nil)
	}
	return s.showRecords(ctx, f, req, inspect.Report{}, func(o inspect.Options, emit func(*inspect.Row) error) (inspect.Report, error) {
		if req.last > 0 {
			return inspect.LastOfFiles(ctx, segments, req.last, o, emit)
		}
		return inspect.Files(ctx, segments, o, emit)
	})
}

func (s *session) inspectCluster(ctx context.Context, f form, req inspectRequest) error {
	client, timeout, err := s.dial(s)
	if err != nil {
		return err
	}
	defer client.Close()
	run := client.Run(cluster.In(s.now, timeout))
	live, report, errs := inspect.Plan(ctx, run, req.wanted())
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if errs != nil {
		return s.unreachable(f, newHead("inspect", "", s.now), errs, pathHints(errs, req.groups))
	}
	live.Run = run.Until(cluster.Deadline{Each: timeout}) // a scan takes its time: only each answer is waited for
	req.run, req.looked = live.Run, lookedAt(live)
	if req.open {
		stop := s.progress(ctx, &req.scan, true)
		found, err := live.Open(ctx, req.scan)
		stop()
		if err != nil {
			return err
		}
		return s.showOpen(ctx, f, req, report, found)
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

// wanted is what is planned of a cluster.
func (req inspectRequest) wanted() inspect.Wanted {
	return inspect.Wanted{Topic: req.scan.Topic, Groups: req.groups, Partitions: req.partitions, Range: req.scan.Range, Follow: req.follow}
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
	w, err := newWriter(s, f, newHead("inspect", plan.ClusterID, s.now), recordColumns(req, req.topicNames(ctx)), func(r *inspect.Row) string { return string(r.Key.Group) })
	if err != nil {
		return err
	}
	rows, lines := int64(0), false
	if w.Lines() != nil {
		req.scan.Lines = &inspect.Lines{New: w.Lines, Write: func(made []byte) error {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			lines = lines || len(made) > 0
			return writeError(w.WriteLines(made))
		}}
	}
	stop := s.progress(ctx, &req.scan, req.last > 0)
	report, err := scan(req.scan, func(r *inspect.Row) error {
		if req.last > 0 { // all has been read
			stop()
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		rows++
		return writeError(w.Row(r))
	})
	stop()
	if err != nil {
		return cutShort(ctx, w, req.scan.Topic, err)
	}
	report = plan.Join(report)
	var about told
	if req.scan.Limit == 0 || rows < req.scan.Limit { // else nobody knows what would have come
		about = s.missing(ctx, req, report.Errors)
	}
	if rows == 0 && !lines {
		about.notes = append(about.notes, req.emptyNote("record", report, about)...)
	}
	errs := slices.Concat(report.Errors, about.errs)
	if err := closeWriter(w, errs); err != nil {
		return err
	}
	for _, n := range slices.Concat(report.Notes, pastEndNotes(req.scan.Topic, report.PastEnd), openNotes(req.scan.Topic, report.Open, s.now), about.notes) {
		s.note("%s", n)
	}
	return ended(s.report(errs, about.hints))
}

// cutShort ends the output of a scan that did not come to its end. When it was interrupted, the rows so far are whole lines
// or a whole document, which says so.
func cutShort(ctx context.Context, w *output.Writer[inspect.Row], topic inspect.Topic, err error) error {
	if ctx.Err() == nil {
		return err
	}
	e := &cluster.Error{Scope: cluster.ScopeTopic, Name: topic.LogName(), Code: cluster.CodeInterrupted, Message: "interrupted before all of it was read", Retriable: true}
	return cmp.Or(closeWriter(w, []*cluster.Error{e}), err)
}

// told is what there is to say of names that nothing was found of.
type told struct {
	errs  []*cluster.Error
	notes []string
	hints map[missing]string // of all errors
}

// missing looks for what was asked for by name and is not there. Where anything failed, nobody knows.
func (s *session) missing(ctx context.Context, req inspectRequest, failed []*cluster.Error) told {
	t := told{hints: s.readHints(failed)}
	if len(failed) > 0 {
		return t
	}
	m := req.asked.missed(req)
	var groups []string
	t.errs, groups = m.errors(ctx, req.run)
	t.notes = m.notes(t.errs)
	if req.run != nil {
		t.hints = s.similar(ctx, req.run, t.errs, groups)
		maps.Copy(t.hints, pathHints(t.errs, m.groups))
	} else {
		for _, g := range m.groups {
			t.hints[missing{m.scope, g}] = fmt.Sprintf("the %ss that the files tell of are in: %s inspect %s --file PATH", m.scope, s.program, lists(m.scope))
		}
	}
	return t
}

// lists are the flags of inspect that list all groups, or transactional ids.
func lists(scope cluster.Scope) string {
	if scope == cluster.ScopeTransactionalID {
		return "--internal-topic transaction --latest"
	}
	return "--latest -o name"
}

// readHints name the ACL that a scan needs, which is more than to describe the topic.
func (s *session) readHints(errs []*cluster.Error) map[missing]string {
	hints := map[missing]string{}
	for _, e := range errs {
		if e.Scope == cluster.ScopeTopic && e.Unauthorized() {
			hints[missing{e.Scope, e.Name}] = s.needs("this user needs", ofTopic(e.Name), "Read")
		}
	}
	return hints
}
