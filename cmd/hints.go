package cmd

import (
	"regexp"
	"strings"

	"github.com/offsetctl/offsetctl/internal/cluster"
	"github.com/offsetctl/offsetctl/output"
)

// hintFor is the next step after a failure; empty where there is none to give.
func (s *session) hintFor(e *cluster.Error) string {
	switch e.Code {
	case cluster.CodeRefused, cluster.CodeNoHost, cluster.CodeClosed, cluster.CodeConnection:
		if e.Scope != cluster.ScopeBroker || strings.Contains(e.Name, " (") { // a node of a cluster that answers
			return "the broker is down, or its advertised address cannot be reached from here; what only it has is missing"
		}
		return s.serversHint()
	case cluster.CodeTimeout:
		return "the broker may be overloaded, the port not Kafka's, or a firewall in between; give it longer with --timeout 2m (one answer gets a share of it)"
	case cluster.CodeNotKafka:
		if strings.Contains(e.Message, "speaks TLS") {
			return "set security.protocol to SSL, or for a listener with a login to SASL_SSL, and where its authority is not one of this machine's ssl.truststore.location; see where it ends with: " + s.command("config test")
		}
		return "check the port; a listener with TLS or a login needs security.protocol (SSL, SASL_SSL, SASL_PLAINTEXT) in a client.properties, for --command-config; see where it ends with: " + s.command("config test")
	case cluster.CodeUntrusted, cluster.CodeExpired, cluster.CodeHostName, cluster.CodeOwn, cluster.CodeNotTLS, cluster.CodeTLS:
		return s.tlsHint(e)
	case cluster.CodeLogin, cluster.CodeWrongLogin, cluster.CodeNoMechanism, cluster.CodeLoginUnwanted, cluster.CodeLoginWanted:
		return s.loginHint(e)
	case cluster.CodeIncomplete, cluster.CodeUnreadable:
		return "ask again; if it stays, the broker is not a complete Kafka"
	case "GROUP_ID_NOT_FOUND":
		return s.missingGroupHint(e.Name)
	case "TRANSACTIONAL_ID_NOT_FOUND":
		return "list them with: " + s.command("inspect "+lists(e.Scope))
	case "UNKNOWN_TOPIC_OR_PARTITION":
		if e.Scope == cluster.ScopePartition {
			return ""
		}
		if strings.ContainsAny(e.Name, ",*?[") {
			return oneTopicHint
		}
		return "names are case-sensitive; the topics of a group are in: " + s.command("lag GROUP --by topic")
	case "INVALID_TOPIC_EXCEPTION":
		if strings.Contains(e.Name, ",") {
			return oneTopicHint
		}
		return "--topic takes a topic's name, not a pattern; groups have --match for that"
	case "LEADER_NOT_AVAILABLE":
		return "the brokers with this partition's replicas are down, or an election is under way; ask again"
	case "COORDINATOR_LOAD_IN_PROGRESS", "COORDINATOR_NOT_AVAILABLE", "NOT_COORDINATOR":
		return "the group's coordinator is moving to another broker: ask again in some seconds; if it stays, the brokers with that partition of __consumer_offsets are down"
	case "GROUP_AUTHORIZATION_FAILED", "TOPIC_AUTHORIZATION_FAILED", "CLUSTER_AUTHORIZATION_FAILED":
		return s.authorizationHint(e)
	case "UNREADABLE_FILE":
		return fileHint(e)
	case cluster.CodeUnsupported:
		return "a newer broker can answer this; see the version with kafka-broker-api-versions.sh"
	}
	return ""
}

// serversHint is for bootstrap servers of which none can be reached: where they are named decides where to name others.
func (s *session) serversHint() string {
	const flag = "name a running broker with --bootstrap-server HOST:PORT"
	switch {
	case s.file != "" && s.servers == s.file:
		return "correct bootstrap.servers in " + s.file + ", or " + flag
	case s.file != "" && s.servers == defaultServers:
		return s.file + " has no bootstrap.servers, so " + defaultBootstrap + " was tried: put it there, or " + flag
	}
	return flag + ", or in OFFSETCTL_BOOTSTRAP_SERVER"
}

const oneTopicHint = "--topic takes one topic's name, and is repeatable: -t orders -t payments"

// command is one to paste: for the cluster that flags name, if they do. What the environment says holds for it anyway.
func (s *session) command(words string) string {
	line := s.program + " " + words
	for _, f := range []struct{ name, value string }{{"-b", s.conn.bootstrap}, {"--command-config", s.conn.config}, {"--profile", s.conn.profile}} {
		if f.value != "" {
			line += " " + f.name + " " + shellWord(f.value)
		}
	}
	for _, p := range s.conn.properties {
		line += " --command-property " + shellWord(p)
	}
	return line
}

// plainWord is what no shell gives a meaning.
var plainWord = regexp.MustCompile(`^[A-Za-z0-9_./:,@%+=-]+$`)

// shellWord quotes a word for people to paste, if it has to be.
func shellWord(w string) string {
	if plainWord.MatchString(w) {
		return w
	}
	return shellQuote(w)
}

// shellQuote quotes a word for people to paste. What a terminal would not show is written as bash, zsh and ksh read it,
// in $'…', whose escapes are those of our text formats.
func shellQuote(w string) string {
	if printable(w) != w {
		return "$'" + strings.ReplaceAll(string(output.AppendEscaped(nil, w)), "'", `\'`) + "'"
	}
	return "'" + strings.ReplaceAll(w, "'", `'\''`) + "'"
}

// printable is text in which a terminal finds nothing to obey. Unlike in the text formats a backslash stands for itself:
// commands are in it, to be pasted.
func printable(text string) string {
	parts := strings.Split(text, `\`)
	for i, p := range parts {
		parts[i] = string(output.AppendEscaped(nil, p))
	}
	return strings.Join(parts, `\`)
}

func (s *session) missingGroupHint(name string) string {
	switch {
	case name == "":
		return "the name is empty: is it an unset shell variable?"
	case strings.ContainsAny(name, "*?["):
		return "a name is no pattern: --match takes a regular expression, as in --match 'orders.*'"
	}
	return "list the groups with: " + s.command("groups")
}

// authorizationHint says how to let this user look at what an error is about.
func (s *session) authorizationHint(e *cluster.Error) string {
	const who = "this user needs"
	switch e.Scope {
	case cluster.ScopeGroup:
		if e.Code == "TOPIC_AUTHORIZATION_FAILED" {
			return "Kafka does not say which topic it is that the group's members read and this user may not see; for each: " + s.aclCommand(ofTopic("TOPIC").String(), "Describe")
		}
		return s.needs(who, ofGroup(e.Name), "Describe")
	case cluster.ScopeTopic, cluster.ScopePartition:
		return s.needs(who, ofTopic(topicOf(e)), "Describe")
	}
	return s.needs(who, ofCluster(), "Describe")
}

// topicOf is the topic that an error about it, or about a partition, names.
func topicOf(e *cluster.Error) string {
	if e.Scope == cluster.ScopePartition {
		return e.Name[:strings.LastIndexByte(e.Name, ':')]
	}
	return e.Name
}
