package cmd

import (
	"fmt"

	"github.com/offsetctl/offsetctl/internal/cluster"
)

// hintFor is the next step after a failure; empty where there is none to give.
func hintFor(e *cluster.Error) string {
	switch e.Code {
	case cluster.CodeRefused, cluster.CodeNoHost:
		return "name a running broker with --bootstrap-server HOST:PORT, or in OFFSETCTL_BOOTSTRAP_SERVER"
	case cluster.CodeTimeout:
		return "the broker may be overloaded, or a firewall may swallow packets; give it longer with --timeout 2m"
	case cluster.CodeNotKafka:
		return "check the port; a listener with TLS or SASL needs settings that this version does not have yet"
	case cluster.CodeIncomplete:
		return "ask again; if it stays, the broker is not a complete Kafka"
	case "GROUP_ID_NOT_FOUND":
		return "list the groups with: offsetctl groups"
	case "UNKNOWN_TOPIC_OR_PARTITION":
		return "topics are case-sensitive; a group's topics are in: offsetctl lag GROUP --by topic"
	case "LEADER_NOT_AVAILABLE":
		return "the brokers with this partition's replicas are down, or an election is under way; ask again"
	case "COORDINATOR_LOAD_IN_PROGRESS", "COORDINATOR_NOT_AVAILABLE", "NOT_COORDINATOR":
		return "the group's coordinator is moving to another broker; ask again in some seconds"
	case "GROUP_AUTHORIZATION_FAILED", "TOPIC_AUTHORIZATION_FAILED", "CLUSTER_AUTHORIZATION_FAILED":
		return authorizationHint(e)
	case cluster.CodeUnsupported:
		return "a newer broker can answer this; see the version with kafka-broker-api-versions.sh"
	}
	return ""
}

func authorizationHint(e *cluster.Error) string {
	switch e.Scope {
	case cluster.ScopeGroup:
		if e.Code == "TOPIC_AUTHORIZATION_FAILED" {
			return "this user may not describe all topics of the group: kafka-acls --add --operation Describe --topic NAME"
		}
		return fmt.Sprintf("this user needs: kafka-acls --add --operation Describe --group %q", e.Name)
	case cluster.ScopeTopic:
		return fmt.Sprintf("this user needs: kafka-acls --add --operation Describe --topic %q", e.Name)
	}
	return "this user needs the Describe operation on it: kafka-acls --add --operation Describe"
}
