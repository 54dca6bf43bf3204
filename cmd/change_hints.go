package cmd

import (
	"context"
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
func (s *session) failures(ctx context.Context, run *cluster.Run, req changeRequest, all []reset.Failure) failed {
	near := s.similar(ctx, run, errorsOf(all), nil)
	out := failed{hints: map[missing]string{}}
	for _, f := range all {
		e := *f.Error
		hint := s.changeHint(req, f)
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
func (s *session) changeHint(req changeRequest, f reset.Failure) string {
	switch f.Code {
	case "GROUP_ID_NOT_FOUND":
		if req.command == "reset" && f.Group == "" {
			return s.absentGroupHint(f.Name)
		}
	case reset.CodeStale:
		if req.query.Target.FromDocument() {
			return "--force goes on although commits have moved (without --execute it shows what that would do), but never where a topic was made anew"
		}
		return "something commits for the group, or somebody else changes it: look again without --execute"
	case "UNKNOWN_TOPIC_OR_PARTITION", "LEADER_NOT_AVAILABLE":
		if f.Group != "" && req.command != "delete-group" {
			return "leave it out by naming the others with --topic, or send the rest with --partial"
		}
	case "UNKNOWN_SERVER_ERROR":
		if req.command == "delete-group" {
			return "a group with very many offsets is deleted in one record batch, which may be too small; delete-offsets takes them away in parts first"
		}
	case "NON_EMPTY_GROUP":
		return "see who they are with: " + s.command("members "+shellWord(f.Name)) + "; a member that was killed leaves when its session ends, after 45 s by default"
	case reset.CodeRecent:
		return "stop what commits, or go on with --force"
	case reset.CodeNoCommit:
		return "give it an offset first, with --to-offset, --to-earliest or --to-latest"
	case "GROUP_AUTHORIZATION_FAILED", "TOPIC_AUTHORIZATION_FAILED":
		return s.writeAuthorizationHint(req, f)
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

// writeAuthorizationHint names what a user needs to change a group (KafkaApis), which is more than to look at it.
func (s *session) writeAuthorizationHint(req changeRequest, f reset.Failure) string {
	group := f.Group
	if group == "" {
		group = f.Name
	}
	operation := "Read"
	if req.command == "delete-group" || req.command == "delete-offsets" {
		operation = "Delete"
	}
	if f.Code == "GROUP_AUTHORIZATION_FAILED" {
		return "to change it this user needs, beside Describe: " + s.aclCommand(operation, "--group "+shellWord(group))
	}
	topic := "TOPIC" // which one a group's own error does not say
	if f.Scope != cluster.ScopeGroup {
		topic = topicOf(f.Error)
	}
	return "to change it this user needs: " + s.aclCommand("Read", "--topic "+shellWord(topic))
}
