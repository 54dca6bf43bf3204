package cmd

import (
	"cmp"
	"context"
	"slices"

	"github.com/offsetctl/offsetctl/inspect"
	"github.com/offsetctl/offsetctl/internal/cluster"
)

// followRecords prints records as they come. What its plan has to say comes first, and what fails when it does: there
// need not be an end.
func (s *session) followRecords(ctx context.Context, f form, req inspectRequest, plan inspect.Report, live *inspect.Live) error {
	f.options.Block = tableBlock
	w, err := newWriter(s, f, newHead("inspect", plan.ClusterID, s.now), recordColumns(req, req.topicNames(ctx)), nil)
	if err != nil {
		return err
	}
	note := func(n string) { s.note("%s", n) }
	flush := func() error { return writeError(w.Flush()) }
	if err := flush(); err != nil { // the header
		return err
	}
	for _, n := range slices.Concat(plan.Notes, pastEndNotes(req.scan.Topic, plan.PastEnd), s.notesOfAbsent(ctx, req)) {
		s.note("%s", n)
	}
	if live.Topic.Err.UnknownTopic() {
		s.note("waiting for topic %s to be created", live.Topic.Name)
		if live, plan, err = inspect.Await(ctx, live.Run, req.wanted(), note); err != nil {
			return err
		}
		for _, n := range slices.Concat(plan.Notes, pastEndNotes(req.scan.Topic, plan.PastEnd)) {
			s.note("%s", n)
		}
	}
	if s.errTTY {
		s.note("waiting for records of %s; Ctrl-C ends it", count(len(live.Parts), "partition"))
	}
	found := s.report(plan.Errors, s.readHints(plan.Errors))
	ctx, stop := s.startTraffic(ctx)
	err = live.Follow(ctx, req.scan, inspect.Follower{
		Row:   func(r *inspect.Row) error { return writeError(w.Row(r)) },
		Flush: flush,
		Note:  note,
		Open: func(open []inspect.OpenTransaction) {
			for _, n := range openNotes(req.scan.Topic, open, s.now) {
				s.note("%s", n)
			}
		},
		Failed: func(e *cluster.Error) {
			errs := []*cluster.Error{e}
			found.failed = s.report(errs, s.readHints(errs)).failed
		},
	})
	if err := cmp.Or(stop(), err); err != nil {
		return err
	}
	if err := closeWriter(w, nil); err != nil {
		return err
	}
	return ended(found)
}

// startTraffic starts what goes on while records are followed, and ends the context that it returns if that fails. stop
// ends it, and says why it failed.
func (s *session) startTraffic(ctx context.Context) (following context.Context, stop func() error) {
	if s.traffic == nil {
		return ctx, func() error { return nil }
	}
	ctx, cancel := context.WithCancel(ctx)
	failed := make(chan error, 1)
	go func() {
		defer cancel()
		failed <- s.traffic(ctx)
	}()
	return ctx, func() error {
		cancel()
		return <-failed
	}
}
