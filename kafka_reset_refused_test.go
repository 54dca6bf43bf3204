//go:build kafka

package main_test

import (
	"fmt"
	"maps"
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/offsetctl/offsetctl/internal/kafkatest"
)

// TestKafkaResetWithoutLeader kills the only broker that has a partition.
func TestKafkaResetWithoutLeader(t *testing.T) {
	c := startForReset(t, kafkatest.Options{Nodes: 3})
	cl := c.Kgo(t, maxOffsetCommit9())
	adm := kadm.NewClient(cl)
	if made, err := adm.CreateTopic(t.Context(), 3, 1, nil, "single"); err != nil || made.Err != nil {
		t.Fatal(err, made.Err)
	}
	leader := map[int32]int32{}
	poll(t, "leaders", func() (err error) {
		leader, err = leaders(t, adm, "single")
		if err == nil && (len(leader) != 3 || slices.Contains(slices.Collect(maps.Values(leader)), -1)) {
			err = fmt.Errorf("%v", leader)
		}
		return err
	})
	for p := range 3 {
		c.Produce(t, "single", p, 10)
	}
	for _, g := range []string{"whole", "rest", "part"} {
		commit(t, c, g, at("single", 5, 5, 5))
	}
	gone := int32(1) // of the partitions; there is one on each node
	c.Stop(t, int(leader[gone]))
	poll(t, "a partition without a leader", func() error {
		now, err := leaders(t, adm, "single")
		if err == nil && now[gone] != -1 {
			err = fmt.Errorf("%v", now)
		}
		return err
	})
	five := map[string]string{"whole single:0": "5", "whole single:1": "5", "whole single:2": "5"}
	for _, args := range [][]string{nil, {"--execute"}} {
		d := reset(t, c, append([]string{"whole", "--to-earliest"}, args...)...)
		same(t, fmt.Sprintf("in scope %q", args), map[string]string{"whole single:0": "0 planned", "whole single:1": "- refused", "whole single:2": "0 planned"}, d.results())
		same(t, "errors", []string{"single:1 LEADER_NOT_AVAILABLE"}, d.codes())
		if d.Exit != 1 {
			t.Errorf("%q: exit %d, want 1\n%s", args, d.Exit, d.Stderr)
		}
		same(t, "commits", five, commitOffsets("whole", committed(t, cl, "whole")))
	}
	d := reset(t, c, "rest", "--topic", "single:0,2", "--to-earliest", "--execute")
	same(t, "out of scope", map[string]string{"rest single:0": "0 applied", "rest single:2": "0 applied"}, d.results())
	if d.Exit != 0 {
		t.Errorf("out of scope: exit %d\n%s", d.Exit, d.Stderr)
	}
	same(t, "commits", map[string]string{"rest single:0": "0", "rest single:1": "5", "rest single:2": "0"}, commitOffsets("rest", committed(t, cl, "rest")))
	d = reset(t, c, "part", "--to-latest", "--execute", "--partial")
	same(t, "--partial", map[string]string{"part single:0": "10 applied", "part single:1": "- refused", "part single:2": "10 applied"}, d.results())
	if d.Exit != 1 {
		t.Errorf("--partial: exit %d, want 1\n%s", d.Exit, d.Stderr)
	}
}

// leaders are the leaders of a topic's partitions, as a broker that is up knows them.
func leaders(t *testing.T, adm *kadm.Client, topic string) (map[int32]int32, error) {
	t.Helper()
	topics, err := adm.ListTopics(t.Context(), topic)
	if err != nil {
		return nil, err
	}
	out := map[int32]int32{}
	for _, p := range topics[topic].Partitions {
		out[p.Partition] = p.Leader
	}
	return out, topics[topic].Err
}

// TestKafkaResetUnauthorized denies things to the address that everything but the test's own client comes from.
func TestKafkaResetUnauthorized(t *testing.T) {
	c := startForReset(t, kafkatest.Options{Authorizer: true})
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}}
	f := aclTest{c, c.Kgo(t, maxOffsetCommit9(), kgo.Dialer(dialer.DialContext))}
	for _, topic := range []string{"orders", "hidden", "unreadable"} {
		c.Topic(t, topic, 1, 10)
	}
	for _, g := range []string{"free", "no-read", "no-describe", "topics"} {
		commit(t, c, g, map[string]map[int32]int64{"orders": {0: 5}, "hidden": {0: 5}, "unreadable": {0: 5}})
	}
	c.Deny(t, "group", "no-read", "read", "127.0.0.1")
	c.Deny(t, "group", "no-describe", "describe", "127.0.0.1")
	c.Deny(t, "topic", "hidden", "describe", "127.0.0.1")
	c.Deny(t, "topic", "unreadable", "read", "127.0.0.1")
	t.Run("group read", f.groupRead)
	t.Run("group describe", f.groupDescribe)
	t.Run("topic describe", f.topicDescribe)
	t.Run("topic read", f.topicRead)
}

type aclTest struct {
	c  *kafkatest.Cluster
	cl *kgo.Client // allowed everything
}

func (f aclTest) run(t *testing.T, exit int, want map[string]string, codes []string, args ...string) changes {
	t.Helper()
	d := reset(t, f.c, args...)
	what := strings.Join(args, " ")
	same(t, what, want, d.results())
	same(t, what+": errors", codes, d.codes())
	if d.Exit != exit {
		t.Errorf("%s: exit %d, want %d\n%s", what, d.Exit, exit, d.Stderr)
	}
	return d
}

func (f aclTest) want(t *testing.T, group string, orders, hidden, unreadable int) {
	t.Helper()
	want := map[string]string{group + " orders:0": fmt.Sprint(orders), group + " hidden:0": fmt.Sprint(hidden), group + " unreadable:0": fmt.Sprint(unreadable)}
	same(t, "commits", want, commitOffsets(group, committed(t, f.cl, group)))
}

// groupRead: a preview needs no right to write; that there is none is known before anything is sent.
func (f aclTest) groupRead(t *testing.T) {
	args := []string{"free", "no-read", "--topic", "orders", "--to-earliest"}
	f.run(t, 0, map[string]string{"free orders:0": "0 planned", "no-read orders:0": "0 planned"}, nil, args...)
	f.run(t, 1, map[string]string{"free orders:0": "0 applied", "no-read orders:0": "0 refused"},
		[]string{"no-read GROUP_AUTHORIZATION_FAILED"}, append(args, "--execute")...)
	f.want(t, "free", 0, 5, 5)
	f.want(t, "no-read", 5, 5, 5)
}

func (f aclTest) groupDescribe(t *testing.T) {
	args := []string{"free", "no-describe", "--topic", "orders", "--to-latest"}
	codes := []string{"no-describe GROUP_AUTHORIZATION_FAILED"}
	f.run(t, 1, map[string]string{"free orders:0": "10 planned", "no-describe -": "- refused"}, codes, args...)
	f.run(t, 1, map[string]string{"free orders:0": "10 applied", "no-describe -": "- refused"}, codes, append(args, "--execute")...)
	f.run(t, 1, map[string]string{"no-describe -": "- refused"}, codes, "no-describe", "--topic", "orders", "--to-latest", "--execute", "--new-group", "--force", "--partial")
	f.want(t, "no-describe", 5, 5, 5)
}

// topicDescribe: brokers leave the topic out of all commits; asked for, it is refused with all of its group.
func (f aclTest) topicDescribe(t *testing.T) {
	args := []string{"topics", "--topic", "orders", "--topic", "hidden", "--to-earliest"}
	for _, execute := range [][]string{nil, {"--execute"}} {
		f.run(t, 1, map[string]string{"topics orders:0": "0 planned", "topics hidden": "- refused"}, []string{"hidden TOPIC_AUTHORIZATION_FAILED"}, append(args, execute...)...)
	}
	f.want(t, "topics", 5, 5, 5)
	f.run(t, 1, map[string]string{"topics hidden:0": "- refused"}, []string{"hidden TOPIC_AUTHORIZATION_FAILED"}, "topics", "--topic", "hidden:0", "--to-earliest", "--execute")
	f.want(t, "topics", 5, 5, 5)
}

// topicRead: the broker would take the rest of the request, so it is sent only where that is asked for.
func (f aclTest) topicRead(t *testing.T) {
	args := []string{"topics", "--topic", "orders", "--topic", "unreadable", "--to-earliest"}
	f.run(t, 0, map[string]string{"topics orders:0": "0 planned", "topics unreadable:0": "0 planned"}, nil, args...)
	refused := []string{"unreadable TOPIC_AUTHORIZATION_FAILED"}
	f.run(t, 1, map[string]string{"topics orders:0": "0 planned", "topics unreadable:0": "0 refused"}, refused, append(args, "--execute")...)
	f.want(t, "topics", 5, 5, 5)
	d := f.run(t, 1, map[string]string{"topics orders:0": "0 applied", "topics unreadable:0": "0 refused"}, refused, append(args, "--execute", "--partial")...)
	if !strings.Contains(d.Stderr, "undo with") {
		t.Errorf("it does not say how to undo what was done: %s", d.Stderr)
	}
	f.want(t, "topics", 0, 5, 5)
}
