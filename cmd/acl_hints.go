package cmd

import (
	"cmp"
	"fmt"
	"strings"
)

// resource is what an ACL is for, as kafka-acls.sh takes it: an option and, but for the cluster, a name.
type resource struct{ option, name string }

func ofGroup(group string) resource { return resource{"--group", group} }
func ofTopic(topic string) resource { return resource{"--topic", topic} }
func ofCluster() resource           { return resource{option: "--cluster"} }

func (r resource) String() string {
	if r == ofCluster() {
		return r.option
	}
	return r.option + " " + shellWord(r.name)
}

// unnameable is why kafka-acls.sh cannot be told the name; empty: it can. Topics have no such names.
func (r resource) unnameable() string {
	switch {
	case r == ofCluster():
	case r.name == "" || r.name == "*":
		return "for a group of this name alone there is no ACL: * stands for all groups"
	case r.name != strings.TrimSpace(r.name):
		return "kafka-acls.sh cuts off the blanks at the ends of its name"
	}
	return ""
}

// needs is a hint that gives this user rights: who, for what, and the command.
func (s *session) needs(who string, r resource, operations ...string) string {
	if why := r.unnameable(); why != "" {
		return fmt.Sprintf("%s %s for it: %s", who, strings.Join(operations, " and "), why)
	}
	return who + ": " + s.aclCommand(r.String(), operations...)
}

// adminFile is in place of the file of settings with which an administrator logs in: this user can hardly give itself rights.
const adminFile = "ADMIN.properties"

// aclCommand gives this user rights; of is what they are for, as kafka-acls.sh takes it.
func (s *session) aclCommand(of string, operations ...string) string {
	line := "kafka-acls.sh"
	if s.server != "" {
		line += " --bootstrap-server " + shellWord(s.server)
	}
	if s.secured {
		line += " --command-config " + adminFile
	}
	line += " --add --allow-principal " + shellWord("User:"+cmp.Or(s.principal(), "NAME"))
	return line + " --operation " + strings.Join(operations, " --operation ") + " " + of
}

// principal is who the brokers take us for, without "User:"; empty: unknown.
func (s *session) principal() string {
	if s.user == "" && s.subject != nil {
		return s.subject()
	}
	return s.user
}
