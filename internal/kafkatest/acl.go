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
// all other addresses keep all rights on it. It needs Options.Authorizer. The words are those of kafka-acls:
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
	typ, err := kmsg.ParseACLResourceType(resourceType)
	if err != nil {
		return err
	}
	op, err := kmsg.ParseACLOperation(operation)
	if err != nil {
		return err
	}
	denied := kmsg.NewCreateACLsRequestCreation()
	denied.ResourceType, denied.ResourceName, denied.ResourcePatternType = typ, resourceName, kmsg.ACLResourcePatternTypeLiteral
	denied.Principal, denied.Host = "User:*", host
	denied.Operation, denied.PermissionType = op, kmsg.ACLPermissionTypeDeny
	// Once a resource has any ACL, allow.everyone.if.no.acl.found no longer speaks for it.
	allowed := denied
	allowed.Host, allowed.Operation, allowed.PermissionType = "*", kmsg.ACLOperationAll, kmsg.ACLPermissionTypeAllow
	create := kmsg.NewPtrCreateACLsRequest()
	create.Creations = append(create.Creations, denied, allowed)

	cl, err := kgo.NewClient(kgo.SeedBrokers(c.seeds()...))
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
	for _, n := range c.nodes {
		if n.process == nil || n.paused {
			continue
		}
		if err := poll(ctx, func() error { return knowsACL(ctx, n.addr(), denied) }); err != nil {
			return fmt.Errorf("node %d: %w", n.id, err)
		}
	}
	return nil
}

// knowsACL asks the node at addr, which answers from its own authorizer, whether it has the ACL.
func knowsACL(ctx context.Context, addr string, acl kmsg.CreateACLsRequestCreation) error {
	cl, err := kgo.NewClient(kgo.SeedBrokers(addr))
	if err != nil {
		return err
	}
	defer cl.Close()
	ask := kmsg.NewPtrDescribeACLsRequest()
	ask.ResourceType, ask.ResourceName, ask.ResourcePatternType = acl.ResourceType, &acl.ResourceName, acl.ResourcePatternType
	ask.Principal, ask.Host = &acl.Principal, &acl.Host
	ask.Operation, ask.PermissionType = acl.Operation, acl.PermissionType
	answer, err := ask.RequestWith(ctx, requestor{cl.SeedBrokers()[0]})
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
