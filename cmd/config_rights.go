package cmd

import (
	"fmt"
	"slices"
	"strings"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/offsetctl/offsetctl/internal/cluster"
)

// The steps of config test that ask what this user may do.
const (
	stepList     = "list groups"
	stepDescribe = "describe groups"
	stepRead     = "read offsets"
	stepReset    = "reset groups"
	stepDelete   = "delete groups"
)

// groupSteps are what is done with groups, and the operation that it takes (KafkaApis).
func groupSteps() []groupStep {
	return []groupStep{
		{stepDescribe, kmsg.ACLOperationDescribe, "Describe", "of their topics lag shows those that this user may describe"},
		{stepReset, kmsg.ACLOperationRead, "Read", "it takes Read on their topics too"},
		{stepDelete, kmsg.ACLOperationDelete, "Delete", "to delete single offsets takes Read on their topics too"},
	}
}

type groupStep struct {
	name  string
	needs kmsg.ACLOperation
	word  string // needs as kafka-acls.sh has it
	more  string // what else it takes
}

// permissionItems say what a user may do, in the words of what offsetctl does.
func permissionItems(p cluster.Permissions) []stepItem {
	list := permission(stepList, "cluster", p.Cluster, kmsg.ACLOperationDescribe, "all groups are listed: Describe on the cluster", "only groups that this user may describe are listed: no Describe on the cluster")
	read := permission(stepRead, cluster.OffsetsTopic, p.Offsets, kmsg.ACLOperationRead, "inspect works: Read on the topic", "inspect does not work, and reset cannot see who commits without being a member: no Read on the topic")
	if p.Offsets == nil {
		read.Detail = "the topic does not exist yet, or the broker does not say"
	}
	var of []stepItem
	for _, step := range groupSteps() {
		of = append(of, groupPermission(step, p.Groups))
	}
	return []stepItem{list, of[0], read, of[1], of[2]}
}

func permission(step, target string, have *cluster.Operations, needs kmsg.ACLOperation, yes, no string) stepItem {
	switch {
	case have == nil:
		return stepItem{Step: step, Target: target, Result: stepUnknown, Detail: "the broker does not say"}
	case have.Allow(needs):
		return stepItem{Step: step, Target: target, Result: stepOK, Detail: yes}
	}
	return stepItem{Step: step, Target: target, Result: stepDenied, Detail: no}
}

// groupPermission counts the groups with which a user may do something.
func groupPermission(step groupStep, groups []cluster.GroupOperations) stepItem {
	item := stepItem{Step: step.name, Target: "groups", Result: stepUnknown, Detail: "this user sees no group"}
	if len(groups) == 0 {
		return item
	}
	known, without := deniedGroups(step.needs, groups)
	var details []string
	if known > 0 {
		item.Result = stepOK
		details = append(details, fmt.Sprintf("allowed for %d of the %d groups that this user sees", known-len(without), len(groups)))
	}
	if len(without) > 0 {
		item.Result = stepDenied
		details = append(details, "not "+enumerate(without, 5))
	}
	if unknown := len(groups) - known; unknown > 0 {
		details = append(details, fmt.Sprintf("of %s the brokers do not say%s", count(unknown, "group"), firstReason(groups)))
	}
	if known > len(without) {
		details = append(details, step.more)
	}
	item.Detail = strings.Join(details, "; ")
	return item
}

// deniedGroups are the groups with which a user may not do something, and of how many that is known.
func deniedGroups(needs kmsg.ACLOperation, groups []cluster.GroupOperations) (known int, without []string) {
	for _, g := range groups {
		if g.Operations == nil {
			continue
		}
		known++
		if !g.Operations.Allow(needs) {
			without = append(without, g.Group)
		}
	}
	return known, without
}

// firstReason is why it is not known, of the first group where anything is said about that.
func firstReason(groups []cluster.GroupOperations) string {
	for _, g := range groups {
		if g.Operations == nil && g.Err != nil {
			return ": " + g.Err.Message
		}
	}
	return ""
}

// enumerate names at most so many.
func enumerate(names []string, most int) string {
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}

// maxGrants bounds how many groups one command for kafka-acls.sh names.
const maxGrants = 20

// hintDenied says which ACLs would allow what is denied.
func (s *session) hintDenied(items []stepItem, groups []cluster.GroupOperations) {
	for _, i := range items {
		if i.Result != stepDenied {
			continue
		}
		switch i.Step {
		case stepList:
			s.hint(s.needs("who needs to see all groups", ofCluster(), "Describe"))
		case stepRead:
			s.hint(s.needs("who needs to read offsets", ofTopic(cluster.OffsetsTopic), "Read"))
		}
	}
	for _, step := range groupSteps() {
		_, without := deniedGroups(step.needs, groups)
		without = slices.DeleteFunc(without, func(g string) bool { return ofGroup(g).unnameable() != "" })
		if len(without) == 0 {
			continue
		}
		of, more := make([]string, min(len(without), maxGrants)), ""
		for i := range of {
			of[i] = ofGroup(without[i]).String()
		}
		if n := len(without) - len(of); n > 0 {
			more = fmt.Sprintf(" (and %s)", count(n, "more group"))
		}
		s.hint(fmt.Sprintf("who needs to %s%s: %s", step.name, more, s.aclCommand(strings.Join(of, " "), step.word)))
	}
}
