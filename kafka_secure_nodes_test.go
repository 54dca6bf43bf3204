//go:build kafka

package main_test

import (
	"fmt"
	"path/filepath"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/offsetctl/offsetctl/internal/kafkatest"
)

// Three brokers, each of which is to be logged in to: their groups and leaders are on all of them.
func TestKafkaSecureOnThreeBrokers(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	c := kafkatest.Start(t, kafkatest.Options{Nodes: 3, Secure: true})
	tools := c.Tools(t)
	c.Topic(t, "orders", 6, 10)
	for _, user := range []string{"User:alice", "User:ANONYMOUS"} {
		c.Allow(t, user, "group", "*", "all")
		c.Allow(t, user, "topic", "*", "all")
	}
	const groups = 7
	for i := range int64(groups) {
		commitFor(t, c, fmt.Sprintf("app-%d", i), "orders", i)
	}
	for _, listener := range []string{"MTLS", "PLAIN", "OAUTH"} {
		t.Run(listener, func(t *testing.T) {
			file := c.Properties(listener, "alice").Write(t)
			lag := func() string {
				r := configured(t, file, "lag", "--by", "partition", "-o", "json")
				if r.Exit != 0 {
					t.Fatalf("exit %d\n%s%s", r.Exit, r.Stdout, r.Stderr)
				}
				return r.Stdout
			}
			tokens := len(c.Secure.Tokens.Requests())
			before := ofItems(parse(t, lag()).Items)
			if got := len(c.Secure.Tokens.Requests()) - tokens; listener == "OAUTH" && got != 1 {
				t.Errorf("%d tokens for one command, want 1", got)
			}
			r := tools.ConsumerGroupsAt(t, c.Listener(listener), "--describe", "--all-groups", "--command-config", file)
			if d := gocmp.Diff(ofKafka(kafkatest.ParseDescribe(t, r.Stdout)), before); d != "" || len(before) != groups {
				t.Errorf("%d groups (-kafka-consumer-groups.sh +lag):\n%s\n%s", len(before), d, r.Stderr)
			}

			undo := filepath.Join(t.TempDir(), "undo")
			r2 := configured(t, file, "reset", "--undo-file", undo, "--match", "app-.*", "--topic", "orders:0", "--to-latest", "--execute", "--expect-groups", fmt.Sprint(groups), "-o", "json")
			reset := parse(t, r2.Stdout)
			if r2.Exit != 0 || len(reset.Items) != groups {
				t.Fatalf("reset: exit %d\n%s%s", r2.Exit, r2.Stdout, r2.Stderr)
			}
			for _, i := range parse(t, lag()).Items {
				if i.Lag == nil || *i.Lag != 0 {
					t.Errorf("after the reset %s has a lag of %v", i.Group, show(i.Lag))
				}
			}
			if r := configured(t, file, "undo", undo, "--execute"); r.Exit != 0 {
				t.Fatalf("undo: exit %d\n%s%s", r.Exit, r.Stdout, r.Stderr)
			}
			if d := gocmp.Diff(before, ofItems(parse(t, lag()).Items)); d != "" {
				t.Errorf("undone (-before +after):\n%s", d)
			}
			if r := configured(t, file, "inspect", "app-3", "--no-headers", "-o", "tsv"); r.Exit != 0 || r.Stdout == "" {
				t.Errorf("inspect: exit %d\n%s%s", r.Exit, r.Stdout, r.Stderr)
			}
		})
	}
}
