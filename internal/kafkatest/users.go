//go:build kafka

package kafkatest

import (
	"context"
	"encoding/base64"
	"fmt"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// User gives a user of a secure cluster a password on the listener SCRAM, with both mechanisms, and returns when every node
// knows. (That a node knows of a new password where there was one cannot be asked.)
func (c *Cluster) User(t testing.TB, name, password string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	admin := kadm.NewClient(c.Kgo(t))
	var err error
	for _, mechanism := range []kadm.ScramMechanism{kadm.ScramSha256, kadm.ScramSha512} { // a request names a user once
		var altered kadm.AlteredUserSCRAMs
		if err == nil {
			altered, err = admin.AlterUserSCRAMs(ctx, nil, []kadm.UpsertSCRAM{{User: name, Mechanism: mechanism, Iterations: 4096, Password: password}})
		}
		if err == nil {
			err = altered.Error()
		}
	}
	if err == nil {
		err = c.everyNode(ctx, func(node kmsg.Requestor) error { return knowsUser(ctx, node, name) })
	}
	if err != nil {
		t.Fatalf("making user %q: %v", name, err)
	}
	c.Secure.mu.Lock()
	defer c.Secure.mu.Unlock()
	c.Secure.passwords[name] = password
}

func knowsUser(ctx context.Context, node kmsg.Requestor, name string) error {
	ask := kmsg.NewPtrDescribeUserSCRAMCredentialsRequest()
	ask.Users = []kmsg.DescribeUserSCRAMCredentialsRequestUser{{Name: name}}
	answer, err := ask.RequestWith(ctx, node)
	if err != nil {
		return err
	}
	if err := kerr.ErrorForCode(answer.ErrorCode); err != nil {
		return err
	}
	for _, r := range answer.Results {
		if err := kerr.ErrorForCode(r.ErrorCode); err != nil {
			return err
		}
		if len(r.CredentialInfos) == 2 {
			return nil
		}
	}
	return fmt.Errorf("does not know the user yet")
}

// DelegationToken makes a delegation token (KIP-48) for a user of a secure cluster, and returns when every node knows. Its id
// and HMAC are what a client on the listener SCRAM takes as username and password, with tokenauth.
func (c *Cluster) DelegationToken(t testing.TB, user string) (id, hmac string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	create := kmsg.NewPtrCreateDelegationTokenRequest()
	kind := "User"
	create.OwnerPrincipalType, create.OwnerPrincipalName = &kind, &user
	create.MaxLifetimeMillis = -1 // as the brokers are set
	token, err := create.RequestWith(ctx, c.Kgo(t))
	if err == nil {
		err = kerr.ErrorForCode(token.ErrorCode)
	}
	if err == nil {
		err = c.everyNode(ctx, func(node kmsg.Requestor) error { return knowsToken(ctx, node, token.TokenID) })
	}
	if err != nil {
		t.Fatalf("making a delegation token for %q: %v", user, err)
	}
	return token.TokenID, base64.StdEncoding.EncodeToString(token.HMAC)
}

func knowsToken(ctx context.Context, node kmsg.Requestor, id string) error {
	answer, err := kmsg.NewPtrDescribeDelegationTokenRequest().RequestWith(ctx, node)
	if err != nil {
		return err
	}
	if err := kerr.ErrorForCode(answer.ErrorCode); err != nil {
		return err
	}
	for _, d := range answer.TokenDetails {
		if d.TokenID == id {
			return nil
		}
	}
	return fmt.Errorf("does not know the token yet")
}

// everyNode waits until each node that runs gives f what it wants. f asks that node, which answers from what it knows itself.
func (c *Cluster) everyNode(ctx context.Context, f func(kmsg.Requestor) error) error {
	for _, n := range c.nodes {
		if n.process == nil || n.paused {
			continue
		}
		cl, err := kgo.NewClient(c.admin(n)...)
		if err != nil {
			return err
		}
		defer cl.Close()
		if err := poll(ctx, func() error { return f(requestor{cl.SeedBrokers()[0]}) }); err != nil {
			return fmt.Errorf("node %d: %w", n.id, err)
		}
	}
	return nil
}
