//go:build kafka

package kafkatest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// authorizerProperties make every node check ACLs, without any user accounts: clients are all User:ANONYMOUS and
// are told apart by address. So that the nodes can talk to each other before the ACLs are loaded (requests of
// anybody but a super user wait for that, and loading needs those requests), they log in on the controllers' port.
var authorizerProperties = []string{
	"authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer",
	"allow.everyone.if.no.acl.found=true",
	"super.users=User:node",
	"listener.security.protocol.map=CONTROLLER:SASL_PLAINTEXT,PLAINTEXT:PLAINTEXT",
	"sasl.enabled.mechanisms=PLAIN",
	"sasl.mechanism.controller.protocol=PLAIN",
	"listener.name.controller.sasl.enabled.mechanisms=PLAIN",
	`listener.name.controller.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required ` +
		`username="node" password="node" user_node="node";`,
}

// Deny forbids an operation on a resource to clients that connect from host, and returns when every node knows;
// all other addresses keep all rights on it. It needs Options.Authorizer; in a secure cluster, nobody has rights that Deny could
// take away. The words are those of kafka-acls:
// "group", "topic", "cluster" (name "kafka-cluster") or "transactional-id"; "describe", "read", "write", "delete",
// "alter", "all", …; the name "*" means every resource of the type.
//
// Brokers listen on 127.0.0.1 and so does everything else a test starts. To be somebody else, connect from another
// address of the loopback network:
//
//	kgo.Dialer((&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}}).DialContext)
//
// with host "127.0.0.2". Linux needs no set-up for that; other systems want the address added to their loopback.
func (c *Cluster) Deny(t testing.TB, resourceType, resourceName, operation, host string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if err := c.deny(ctx, resourceType, resourceName, operation, host); err != nil {
		t.Fatalf("denying %s on %s %q to %s: %v", operation, resourceType, resourceName, host, err)
	}
}

func (c *Cluster) deny(ctx context.Context, resourceType, resourceName, operation, host string) error {
	denied, err := newACL("User:*", resourceType, resourceName, operation)
	if err != nil {
		return err
	}
	denied.Host, denied.PermissionType = host, kmsg.ACLPermissionTypeDeny
	// Once a resource has any ACL, allow.everyone.if.no.acl.found no longer speaks for it.
	allowed := denied
	allowed.Host, allowed.Operation, allowed.PermissionType = "*", kmsg.ACLOperationAll, kmsg.ACLPermissionTypeAllow
	return c.createACLs(ctx, denied, allowed)
}

// Allow allows an operation on a resource of a secure cluster to a principal, such as "User:alice", and returns when every node
// knows. The words for the resource and the operation are those of Deny.
func (c *Cluster) Allow(t testing.TB, principal, resourceType, resourceName, operation string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	acl, err := newACL(principal, resourceType, resourceName, operation)
	if err == nil {
		err = c.createACLs(ctx, acl)
	}
	if err != nil {
		t.Fatalf("allowing %s on %s %q to %s: %v", operation, resourceType, resourceName, principal, err)
	}
}

// newACL is one that allows, to any host.
func newACL(principal, resourceType, resourceName, operation string) (kmsg.CreateACLsRequestCreation, error) {
	acl := kmsg.NewCreateACLsRequestCreation()
	acl.ResourceName, acl.ResourcePatternType = resourceName, kmsg.ACLResourcePatternTypeLiteral
	acl.Principal, acl.Host, acl.PermissionType = principal, "*", kmsg.ACLPermissionTypeAllow
	var err error
	if acl.ResourceType, err = kmsg.ParseACLResourceType(resourceType); err != nil {
		return acl, err
	}
	acl.Operation, err = kmsg.ParseACLOperation(operation)
	return acl, err
}

// createACLs returns when every node has the first.
func (c *Cluster) createACLs(ctx context.Context, acls ...kmsg.CreateACLsRequestCreation) error {
	create := kmsg.NewPtrCreateACLsRequest()
	create.Creations = acls
	cl, err := kgo.NewClient(c.admin(c.nodes...)...)
	if err != nil {
		return err
	}
	defer cl.Close()
	answer, err := create.RequestWith(ctx, cl)
	if err != nil {
		return err
	}
	for _, r := range answer.Results {
		if err := kerr.ErrorForCode(r.ErrorCode); err != nil {
			return err
		}
	}
	return c.everyNode(ctx, func(node kmsg.Requestor) error { return knowsACL(ctx, node, acls[0]) })
}

// knowsACL asks a node, which answers from its own authorizer, whether it has the ACL.
func knowsACL(ctx context.Context, node kmsg.Requestor, acl kmsg.CreateACLsRequestCreation) error {
	ask := kmsg.NewPtrDescribeACLsRequest()
	ask.ResourceType, ask.ResourceName, ask.ResourcePatternType = acl.ResourceType, &acl.ResourceName, acl.ResourcePatternType
	ask.Principal, ask.Host = &acl.Principal, &acl.Host
	ask.Operation, ask.PermissionType = acl.Operation, acl.PermissionType
	answer, err := ask.RequestWith(ctx, node)
	if err != nil {
		return err
	}
	if err := kerr.ErrorForCode(answer.ErrorCode); err != nil {
		return err
	}
	if len(answer.Resources) == 0 {
		return fmt.Errorf("does not know the ACL yet")
	}
	return nil
}
