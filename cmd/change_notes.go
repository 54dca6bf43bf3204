package cmd

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/offsetctl/offsetctl/inspect"
	"github.com/offsetctl/offsetctl/internal/cluster"
	"github.com/offsetctl/offsetctl/reset"
)

// hint prints a next step where nothing is wrong; -q suppresses it.
func (s *session) hint(text string) {
	if !s.shape.quiet {
		fmt.Fprintf(s.err, "offsetctl: hint: %s\n", printable(text))
	}
}

// introduce says what is about to be changed, or looked at to be changed.
func (s *session) introduce(req changeRequest, p *reset.Plan) {
	s.note("cluster %s at %s", p.ClusterID, s.reached)
	if req.at.IsZero() {
		return
	}
	where := req.at.UTC().Format(rfc3339ms)
	if req.zone != time.UTC {
		where += req.at.In(req.zone).Format(" (2006-01-02T15:04:05.000Z07:00 in ") + req.zone.String() + ")"
	}
	if req.at.After(s.now) {
		s.note("to the first record at or after %s, which is in the future", where)
		return
	}
	s.note("to the first record at or after %s, %s ago", where, age(s.now, inspect.Millis(req.at.UnixMilli())))
}

// warn says of groups why they would not be changed, or what a change of them may not do.
func (s *session) warn(req changeRequest, p *reset.Plan, unread []*cluster.Error) {
	var notes, hints []string
	for i := range p.Groups {
		g := &p.Groups[i]
		if !req.execute && g.Changing() {
			for _, e := range refusals(req, g) {
				notes = append(notes, fmt.Sprintf("%s: --execute would be refused: %s", about(g, e), e.Message))
				if e.Unauthorized() {
					hints = append(hints, s.writeAuthorizationHint(req, p, reset.Failure{Group: g.Name, Error: e}))
				}
			}
		}
		if g.Type == cluster.Share && g.Changing() {
			notes = append(notes, fmt.Sprintf("group %s: a share group that is put somewhere forgets what it has acknowledged there; undo brings back its start offsets, and not that", name(g.Name)))
		}
		if g.Unseen {
			notes = append(notes, fmt.Sprintf("group %s: what it committed for topics that this user may not describe is not shown; it goes too, and undo does not have it", name(g.Name)))
		}
		if g.Suspect() {
			notes = append(notes, fmt.Sprintf("group %s: %s", name(g.Name), flinkAdvice))
		}
	}
	for _, e := range unread {
		notes = append(notes, fmt.Sprintf("group %s: whether something commits for it without being a member could not be seen: %s", name(e.Name), e.Message))
		if e.Unauthorized() {
			hints = append(hints, s.needs("to see who commits this user needs", ofTopic(cluster.OffsetsTopic), "Read"))
		}
	}
	for _, n := range bounded(notes) {
		s.note("%s", n)
	}
	for _, h := range bounded(eachOnce(hints)) {
		s.hint(h)
	}
}

// refusals are why the group would not be changed by --execute, as a whole or, by topic, in part.
func refusals(req changeRequest, g *reset.Group) []*cluster.Error {
	if e := g.Blocked(req.force); e != nil {
		return []*cluster.Error{e}
	}
	var errs cluster.Errors
	for i := range g.Changes {
		errs.Add(g.Changes[i].Denied)
	}
	return errs.All
}

// about is what an error of a group is about.
func about(g *reset.Group, e *cluster.Error) string {
	if e.Scope == cluster.ScopeTopic {
		return fmt.Sprintf("topic %s of group %s", e.Name, name(g.Name))
	}
	return "group " + name(g.Name)
}

// eachOnce leaves out what comes again.
func eachOnce(texts []string) []string {
	seen := map[string]bool{}
	return slices.DeleteFunc(texts, func(t string) bool {
		again := seen[t]
		seen[t] = true
		return again
	})
}

// flinkAdvice is what becomes of a change of a group whose reader is no member of it.
const flinkAdvice = "what commits for it does not see a change while it runs, and commits over it. A Flink job starts from its checkpoint or savepoint, and from what is committed only without one and with OffsetsInitializer.committedOffsets(). Stop it first"

func name(group string) string {
	if group == "" {
		return `""`
	}
	return group
}

// hintExecute prints the command that carries out what is shown.
func (s *session) hintExecute(req changeRequest, p *reset.Plan) {
	if !p.Sendable(req.partial, req.force) || len(p.Errors) > 0 { // what is shown is not all that was asked for
		return
	}
	more := []string{"--execute"}
	if req.bulk && req.expect == 0 {
		more = append(more, "--expect-groups", strconv.Itoa(len(p.Groups)))
	}
	how := "to do it"
	if req.stdin {
		how += ", with the same standard input"
	}
	s.hint("nothing was changed; " + how + ": " + strings.Join(append([]string{s.program}, executing(req.pinned(s.args), more)...), " "))
}

// pinned is a command line in which a time that counts from now is the one that was shown.
func (req changeRequest) pinned(args []string) []string {
	args = slices.Clone(args)
	at := req.at.UTC().Format(rfc3339ms)
	for i, a := range args {
		switch {
		case a == "--":
			return args
		case a == "--by-duration" && i+1 < len(args):
			args[i], args[i+1] = "--to-datetime", at
		case strings.HasPrefix(a, "--by-duration="):
			args[i] = "--to-datetime=" + at
		}
	}
	return args
}

// executing is the command line of a preview, as words of a shell, with more flags and without those that are for a
// preview only.
func executing(args, more []string) []string {
	var words []string
	end := len(args)
	if i := slices.Index(args, "--"); i >= 0 {
		end = i // what follows is no flag
	}
	for _, a := range args[:end] {
		if name, _, _ := strings.Cut(a, "="); name != "--dry-run" && name != "--detailed-exitcode" {
			words = append(words, shellWord(a))
		}
	}
	words = append(words, more...)
	for _, a := range args[end:] {
		words = append(words, shellWord(a))
	}
	return words
}

// hintUndo prints the command that takes back what was done.
func (s *session) hintUndo(e *reset.Entry) {
	if e != nil && s.undoDir == "" { // a demo ends with its command, and the undo file with it
		s.hint("undo with: " + s.command("undo "+shellWord(e.Name())))
	}
}
