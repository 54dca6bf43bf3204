package reset

import (
	"strings"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/offsetctl/offsetctl/internal/cluster"
)

// Of one commit request Kafka takes the partitions whose topics the user may read, and refuses the others: a group that is to be
// changed all or nothing would be changed in part. So what brokers say of the user's rights (KIP-430), which comes with what is
// read anyway, counts before anything is sent. Where they do not say, they have the last word.

// deny notes what is planned for a group and its partitions, and what of it this user may not do (KafkaApis): to commit takes Read
// on the group, to delete commits or the group Delete, and both, but for a group as a whole, Read on the topics.
func (b builder) deny(g *Group) {
	for _, c := range g.pending() {
		g.Commits = g.Commits || c.New != nil && !g.Delete
		g.Deletes = g.Deletes || c.New == nil || g.Delete
		topic := b.s.Topics[c.Topic]
		switch unreadable := lacks(topic.Operations, kmsg.ACLOperationRead); {
		case unreadable && !g.Delete:
			c.Denied = onlyToLookAt(cluster.ScopeTopic, c.Topic, kerr.TopicAuthorizationFailed, "Read")
		case unreadable:
			c.note("undo takes Read on the topic, which this user does not have")
		}
		// Whoever may not alter a topic is hardly allowed to see all of them.
		g.Unseen = g.Unseen || g.Delete && lacks(topic.Operations, kmsg.ACLOperationAlter)
	}
	g.Unseen = g.Unseen || g.Delete && lacks(b.g.Operations, kmsg.ACLOperationRead)
	var missing []string
	if g.Commits && lacks(b.g.Operations, kmsg.ACLOperationRead) {
		missing = append(missing, "Read")
	}
	if g.Deletes && lacks(b.g.Operations, kmsg.ACLOperationDelete) {
		missing = append(missing, "Delete")
	}
	if missing != nil {
		g.Denied = onlyToLookAt(cluster.ScopeGroup, g.Name, kerr.GroupAuthorizationFailed, missing...)
	}
}

// lacks reports whether a broker says that an operation is not allowed. A broker that denies Describe on something it has just
// described does not report rights reliably.
func lacks(have *cluster.Operations, op kmsg.ACLOperation) bool {
	return have != nil && have.Allow(kmsg.ACLOperationDescribe) && !have.Allow(op)
}

func onlyToLookAt(scope cluster.Scope, name string, k *kerr.Error, missing ...string) *cluster.Error {
	return &cluster.Error{Scope: scope, Name: name, Code: k.Message, Message: "this user may see the " + scope.String() + " and not change it: no " + strings.Join(missing, " and no ")}
}

// allowed reports whether anything of the group is to be sent that this user may do, as far as is known: with partial a part, else
// all.
func (g *Group) allowed(partial bool) bool {
	pending, denied := g.pending(), 0
	for _, c := range pending {
		if c.Denied != nil {
			denied++
		}
	}
	return len(pending) > denied && (partial || denied == 0)
}
