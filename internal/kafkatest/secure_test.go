//go:build kafka

package kafkatest

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kadm"
)

// alice is what alice may see of the groups: "hers".
const alice = "hers\n"

func startSecure(t *testing.T, nodes int) *Cluster {
	t.Helper()
	c := Start(t, Options{Secure: true, Nodes: nodes})
	c.Topic(t, "orders", 1, 1)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	admin := kadm.NewClient(c.Kgo(t))
	for _, group := range []string{"hers", "hidden"} {
		var offsets kadm.Offsets
		offsets.AddOffset("orders", 0, 1, -1)
		if err := admin.CommitAllOffsets(ctx, group, offsets); err != nil {
			t.Fatal(err)
		}
	}
	c.Allow(t, "User:alice", "group", "hers", "describe")
	return c
}

func TestSecureThreeNodes(t *testing.T) {
	t.Parallel()
	c := startSecure(t, 3)
	c.User(t, "carol", "new")
	c.Allow(t, "User:carol", "group", "hers", "describe")
	id, hmac := c.DelegationToken(t, "carol")
	tools := c.Tools(t)
	for i := range c.nodes {
		node := c.nodes[i].listener("SCRAM")
		for name, p := range map[string]Properties{
			"password": c.Properties("SCRAM", "carol"),
			"token": c.Properties("SCRAM", "").With("sasl.jaas.config=" + JAAS("scram.ScramLoginModule",
				"username", id, "password", hmac, "tokenauth", "true")),
		} {
			r := tools.ConsumerGroupsAt(t, node, "--list", "--command-config", p.Write(t))
			if want := (ToolResult{Stdout: alice}); r != want {
				t.Errorf("node %d, with a %s: %s", i+1, name, cmp.Diff(want, r))
			}
		}
	}
}

func TestSecureWithoutOpenSSL(t *testing.T) {
	t.Setenv("OFFSETCTL_TEST_CACHE", t.TempDir())
	t.Setenv("PATH", t.TempDir())
	_, err := stores(t.Context())
	if err == nil || !strings.Contains(err.Error(), "install the package openssl") {
		t.Errorf("without openssl: %v, want what to install", err)
	}
}
