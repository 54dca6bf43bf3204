package cmd

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/offsetctl/offsetctl/internal/cluster"
	"github.com/offsetctl/offsetctl/output"
	"github.com/offsetctl/offsetctl/reset"
)

// changeRequest is what a changing command is asked for.
type changeRequest struct {
	changeOptions
	command string // "reset", …
	query   reset.Query

	named    bool // groups are named on the command line, one by one
	bulk     bool // groups are selected otherwise
	match    string
	stdin    bool // something of it came from standard input
	detailed bool

	at   time.Time // of a target by time; zero: it is none
	zone *time.Location
}

// change plans, shows or carries out, and says what came of it.
func (s *session) change(ctx context.Context, f form, req changeRequest) error {
	return s.run(ctx, func(ctx context.Context, run *cluster.Run) error {
		snap, errs := reset.Read(ctx, run, req.query)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if errs != nil {
			return s.unreachable(f, newHead(req.kind(), "", s.now), errs, nil)
		}
		plan, err := reset.Build(snap, req.query)
		if err != nil {
			return err
		}
		if req.bulk {
			plan.DropEmpty()
		}
		s.introduce(req, plan)
		unread := plan.ReadRecent(ctx, run, s.ownChanges, s.now)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if !req.execute {
			s.warn(req, plan, unread)
			plan.NoteBlocked(req.force)
			return s.showChange(ctx, run, f, req, plan, nil)
		}
		if err := req.expected(plan); err != nil {
			s.report(plan.Errors, nil) // a broker that did not tell of its groups is why
			return err
		}
		s.warn(req, plan, unread)
		entry, err := reset.Apply(ctx, run.PerRequest(), plan, s.applyOptions(req))
		s.hintUndo(entry) // before the rows, whose reader may have gone
		shown := s.showChange(ctx, run, f, req, plan, entry)
		if err != nil {
			hint := ""
			if errors.Is(err, reset.ErrNoUndoFile) && !errors.Is(err, reset.ErrTooBig) {
				hint = "--undo-file PATH puts what would undo it elsewhere"
			}
			s.complain(err.Error(), hint)
			return exitError(exitFailed)
		}
		return shown
	})
}

func (req changeRequest) kind() string {
	if req.execute {
		return req.command + "-result"
	}
	return req.command + "-plan"
}

// expected compares the groups selected with the number that is expected.
func (req changeRequest) expected(p *reset.Plan) error {
	switch n := len(p.Groups); {
	case req.expect == 0:
		return nil
	case n != req.expect:
		return fmt.Errorf("nothing was changed: %s selected, and --expect-groups says %d", count(n, "group"), req.expect)
	}
	return nil
}

func (s *session) applyOptions(req changeRequest) reset.Options {
	begin := s.store().Begin
	if req.undoFile != "" {
		begin = func(d *reset.Document) (*reset.Entry, error) { return s.store().BeginAt(req.undoFile, d) }
	}
	return reset.Options{Command: req.command, Partial: req.partial, Force: req.force, Begin: begin, Now: s.now}
}

// showChange prints the rows and then, on stderr, what else there is to say.
func (s *session) showChange(ctx context.Context, run *cluster.Run, f form, req changeRequest, p *reset.Plan, undo *reset.Entry) error {
	failures := p.Failures()
	if err := s.printChange(f, req, p, failures, undo); err != nil {
		return err
	}
	failed := s.failures(ctx, run, req, p, failures)
	got := s.report(failed.errs, failed.hints)
	got.failed = got.failed || len(p.Groups) == 0
	if len(p.Groups) == 0 && len(failed.errs) == 0 {
		s.complain("no group is selected, nothing is changed", s.selectHint(ctx, run, req.match))
	}
	n := p.Counts()
	if !req.execute {
		s.hintExecute(req, p)
		return ended(got, verdict{holds: req.detailed && n[reset.Planned] > 0 && !got.failed})
	}
	got.failed = got.failed || n[reset.Planned] > 0 // not sent
	return ended(got)
}

func (s *session) printChange(f form, req changeRequest, p *reset.Plan, failures []reset.Failure, undo *reset.Entry) error {
	if f.format == kafkaCSV {
		_, err := s.out.Write(reset.AppendCSV(nil, p, req.grouped(p)))
		return writeError(err)
	}
	h := newHead(req.kind(), p.ClusterID, s.now)
	if undo != nil {
		h.UndoID = undo.Name()
	}
	return print(s, f, h, changeColumns(), func(r *reset.Row) string { return r.Group }, p.Rows(), errorsOf(failures))
}

func changeColumns() []output.Column[reset.Row] {
	tone := func(r *reset.Row) output.Tone {
		switch r.Result {
		case reset.Refused, reset.Failed, reset.Unknown:
			return output.Bad
		case reset.Applied:
			return output.Good
		case reset.Unchanged:
			return output.Faint
		}
		return output.Plain
	}
	return []output.Column[reset.Row]{
		text("GROUP", func(r *reset.Row) string { return r.Group }),
		maybe("TOPIC", func(r *reset.Row) *string { return r.Topic }),
		number("PARTITION", func(r *reset.Row) *int32 { return r.Partition }),
		number("CURRENT-OFFSET", func(r *reset.Row) *int64 { return r.CurrentOffset }),
		number("NEW-OFFSET", func(r *reset.Row) *int64 { return r.NewOffset }),
		number("CHANGE", func(r *reset.Row) *int64 { return r.Change }),
		number("LOG-START-OFFSET", func(r *reset.Row) *int64 { return r.LogStartOffset }),
		number("LOG-END-OFFSET", func(r *reset.Row) *int64 { return r.LogEndOffset }),
		toned(text("RESULT", func(r *reset.Row) string { return string(r.Result) }), tone),
		maybe("NOTE", func(r *reset.Row) *string { return r.Note }),
		wide(maybe("TYPE", func(r *reset.Row) *string { return r.Type })),
		wide(number("CURRENT-LEADER-EPOCH", func(r *reset.Row) *int32 { return r.CurrentLeaderEpoch })),
		wide(maybe("CURRENT-METADATA", func(r *reset.Row) *string { return r.CurrentMetadata })),
		wide(number("NEW-LEADER-EPOCH", func(r *reset.Row) *int32 { return r.NewLeaderEpoch })),
		wide(maybe("NEW-METADATA", func(r *reset.Row) *string { return r.NewMetadata })),
	}
}
