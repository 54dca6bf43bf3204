package cmd

import (
	"context"
	"slices"
	"strings"

	"github.com/offsetctl/offsetctl/internal/cluster"
	"github.com/offsetctl/offsetctl/reset"
)

// failed are the failures of a plan as they are told: those of partitions and topics with their group, and the hints that
// are better than those of the codes alone.
type failed struct {
	errs  []*cluster.Error
	hints map[missing]string
}

// failures makes ready to tell what failed. Close spellings are looked for where something does not exist.
func (s *session) failures(ctx context.Context, run *cluster.Run, req changeRequest, p *reset.Plan, all []reset.Failure) failed {
	near := s.similar(ctx, run, slices.DeleteFunc(errorsOf(all), req.unasked), nil)
	out := failed{hints: map[missing]string{}}
	for _, f := range all {
		e := *f.Error
		hint := s.changeHint(req, p, f)
		if close := near[missing{e.Scope, e.Name}]; close != "" {
			hint = strings.TrimSuffix(close+" "+hint, " ")
		}
		if f.Group != "" && e.Scope != cluster.ScopeGroup {
			e.Name += " of group " + name(f.Group)
		}
		if hint != "" {
			out.hints[missing{e.Scope, e.Name}] = hint
		}
		out.errs = append(out.errs, &e)
	}
	return out
}

// unasked reports whether an error is about a topic that nobody spelt: it is one of the group's commits, or of an earlier command.
func (r changeRequest) unasked(e *cluster.Error) bool {
	target := r.query.Target
	_, named := r.query.Filter[e.Name]
	csv := (target.Groups() != nil || target.Ungrouped()) && !target.FromDocument()
	return e.Scope == cluster.ScopeTopic && !named && !csv
}

// errorsOf are the failures without their groups.
func errorsOf(failures []reset.Failure) []*cluster.Error {
	errs := make([]*cluster.Error, len(failures))
	for i := range failures {
		errs[i] = failures[i].Error
	}
	return errs
}

// changeHint is the next step after a failure of a changing command, where it is another one than elsewhere; empty: it is
// not.
func (s *session) changeHint(req changeRequest, p *reset.Plan, f reset.Failure) string {
	switch f.Code {
	case "GROUP_ID_NOT_FOUND":
		source, copied := req.query.Target.Source()
		if req.command == "reset" && f.Group == "" && !(copied && source == f.Name) {
			return s.absentGroupHint(f.Name)
		}
	case reset.CodeStale:
		if req.query.Target.FromDocument() {
			return "--force goes on although commits have moved (without --execute it shows what that would do), but never where a topic was made anew"
		}
		return "something commits for the group, or somebody else changes it: look again without --execute"
	case "UNKNOWN_TOPIC_OR_PARTITION", "LEADER_NOT_AVAILABLE":
		switch {
		case f.Group == "" || req.command == "delete-group":
		case req.command == "undo":
			return "what can be brought back is with --partial"
		default:
			return "leave it out by naming the others with --topic, or send the rest with --partial"
		}
	case "UNKNOWN_SERVER_ERROR":
		if req.command == "delete-group" {
			return "a group with very many offsets is deleted in one record batch, which may be too small; delete-offsets takes them away in parts first"
		}
	case "NON_EMPTY_GROUP":
		return "see who they are with: " + s.command("members "+groupWord(f.Name)) + "; a member that was killed leaves when its session ends, after 45 s by default"
	case reset.CodeRecent:
		return "stop what commits, or go on with --force"
	case reset.CodeNoCommit:
		return "give it an offset first, with --to-offset, --to-earliest or --to-latest"
	case "GROUP_AUTHORIZATION_FAILED", "TOPIC_AUTHORIZATION_FAILED":
		return s.writeAuthorizationHint(req, p, f)
	}
	return ""
}

// selectHint is for when no group is selected: a pattern may be for a part of the name, and groups may be hidden.
func (s *session) selectHint(ctx context.Context, run *cluster.Run, match string) string {
	if hint := strings.TrimPrefix(wholeNameHint(match), "; "); hint != "" {
		return hint
	}
	if hidden := run.Left(1).HiddenGroups(ctx); hidden != nil {
		return hidden.Message + ": " + s.aclCommand(ofGroup("GROUP").String(), "Describe")
	}
	return ""
}

// absentGroupHint is for a group that does not exist: it may be a topic, for want of a flag, or one that is to be made.
func (s *session) absentGroupHint(group string) string {
	if i := strings.LastIndexByte(group, ':'); i > 0 && isPartitions(group[i+1:]) {
		return "arguments are groups; topics are named with -t " + shellWord(group)
	}
	return "list the groups with: " + s.command("groups") + "; --new-group makes one that does not exist"
}

// writeAuthorizationHint names what a user needs to change a group (KafkaApis). It is enough to look at it too: Read and Delete
// imply Describe.
func (s *session) writeAuthorizationHint(req changeRequest, p *reset.Plan, f reset.Failure) string {
	group := f.Group
	if group == "" {
		group = f.Name
	}
	source, copies := req.query.Target.Source()
	switch {
	case f.Code == "GROUP_AUTHORIZATION_FAILED" && copies && f.Name == source:
		return s.authorizationHint(f.Error) // it is only looked at
	case f.Code == "GROUP_AUTHORIZATION_FAILED":
		return s.needs("to change it this user needs", ofGroup(group), groupRights(req, p, group)...)
	case f.Scope == cluster.ScopeGroup:
		return s.authorizationHint(f.Error) // its members could not be seen
	}
	return s.needs("to change it this user needs", ofTopic(topicOf(f.Error)), "Read")
}

// groupRights are the operations that what a plan does to a group needs: Read to commit, Delete to delete commits or the group.
func groupRights(req changeRequest, p *reset.Plan, group string) []string {
	commits, deletes := false, false
	for i := range p.Groups {
		if g := &p.Groups[i]; g.Name == group {
			commits, deletes = g.Commits, g.Deletes
		}
	}
	if !commits && !deletes { // it could not be read, so that what it needs is not known
		deletes = req.command == "delete-group" || req.command == "delete-offsets"
		commits = !deletes
	}
	var needs []string
	if commits {
		needs = append(needs, "Read")
	}
	if deletes {
		needs = append(needs, "Delete")
	}
	return needs
}

// groupWord is a group as an argument of a command to paste: one that begins like a flag is given to one.
func groupWord(group string) string {
	if strings.HasPrefix(group, "-") {
		return "-g " + shellWord(group)
	}
	return shellWord(group)
}
