package main

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/offsetctl/offsetctl/cmd"
)

// What a change costs is part of what is promised: requests grow with brokers, and commits with groups, never with
// partitions.

const (
	countedBrokers = 3
	countedTopics  = 10
	countedEach    = 6 // partitions of a topic: 60 in all, led in turn by all brokers
)

// counted is a cluster that counts what it is asked, ApiVersions aside.
type counted struct {
	*fixture
	mu    sync.Mutex
	asked map[string]int
}

// startCounted gives each of so many groups a commit in every partition.
func startCounted(t *testing.T, groups int) *counted {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), scriptTime)
	t.Cleanup(cancel)
	c := &counted{fixture: &fixture{ctx: ctx, heard: make(chan struct{}, 1)}, asked: map[string]int{}}
	t.Cleanup(c.close)
	done := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	done(c.run(countedBrokers))
	done(c.topic(nil, []string{"__consumer_offsets", "3"}))
	for p := range countedBrokers { // a record of now in each, so that recent commits must be read
		done(c.produce(nil, []string{fmt.Sprint("__consumer_offsets:", p), "1"}))
	}
	for i := range countedTopics {
		done(c.topic(nil, []string{fmt.Sprint("topic-", i), fmt.Sprint(countedEach)}))
	}
	for i := range groups {
		done(c.commitEverywhere(fmt.Sprintf("group-%03d", i)))
	}
	c.fake.ControlKey(-1, func(req kmsg.Request) (kmsg.Response, error, bool) {
		c.fake.KeepControl()
		c.mu.Lock()
		defer c.mu.Unlock()
		if key := kmsg.Key(req.Key()); key != kmsg.ApiVersions {
			c.asked[key.Name()]++
		}
		return nil, nil, false
	})
	return c
}

func (c *counted) commitEverywhere(group string) error {
	req := kmsg.NewPtrOffsetCommitRequest()
	req.Group, req.Generation = group, -1
	for i := range countedTopics {
		rt := kmsg.NewOffsetCommitRequestTopic()
		rt.Topic = fmt.Sprint("topic-", i)
		for p := range int32(countedEach) {
			rp := kmsg.NewOffsetCommitRequestTopicPartition()
			rp.Partition, rp.Offset = p, 1
			rt.Partitions = append(rt.Partitions, rp)
		}
		req.Topics = append(req.Topics, rt)
	}
	resp, err := req.RequestWith(c.ctx, c.client)
	if err != nil {
		return err
	}
	return kerr.ErrorForCode(resp.Topics[0].Partitions[0].ErrorCode)
}

// costs runs a command line, which is to succeed for so many rows, and compares what it asked for.
func (c *counted) costs(t *testing.T, rows int, want map[string]int, args ...string) {
	t.Helper()
	c.mu.Lock()
	c.asked = map[string]int{}
	c.mu.Unlock()
	var out, errw bytes.Buffer
	if code := cmd.Main(c.ctx, append(args, "-b", c.fake.ListenAddrs()[0], "--no-headers"), strings.NewReader(""), &out, &errw); code != 0 {
		t.Fatalf("%v: exit code %d\n%s", args, code, errw.String())
	}
	if got := bytes.Count(out.Bytes(), []byte("\n")); got != rows {
		t.Errorf("%v: %d rows, want %d", args, got, rows)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if diff := cmp.Diff(want, c.asked); diff != "" {
		t.Errorf("%v: requests (-want +got):\n%s", args, diff)
	}
}

// and is what several steps cost together.
func and(steps ...map[string]int) map[string]int {
	sum := map[string]int{}
	for _, step := range steps {
		for name, n := range step {
			sum[name] += n
		}
	}
	return sum
}

func TestRequestsOfOneGroup(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	c := startCounted(t, 1)
	plan := map[string]int{ // 6 + 2 for each broker
		"Metadata": 2, "FindCoordinator": 1, "DescribeGroups": 1, "ConsumerGroupDescribe": 1, "OffsetFetch": 1,
		"ListOffsets": 2 * countedBrokers,
	}
	recent := map[string]int{"ListOffsets": 1, "Fetch": 1}
	execute := map[string]int{"DescribeGroups": 1, "OffsetFetch": 2, "OffsetCommit": 1}
	c.costs(t, 60, and(plan, recent), "reset", "group-000", "--to-offset", "0")
	c.costs(t, 60, and(plan, recent, execute), "reset", "group-000", "--to-offset", "0", "--execute")
}

func TestRequestsOfManyGroups(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	const groups, each = 100, countedBrokers
	c := startCounted(t, groups)
	plan := map[string]int{"Metadata": 2, "ListGroups": each, "OffsetFetch": each, "ListOffsets": 2 * each} // all are Empty: none is described
	recent := map[string]int{"ListOffsets": each, "Fetch": each}
	execute := map[string]int{"DescribeGroups": each, "OffsetFetch": 2 * each, "OffsetCommit": groups}
	c.costs(t, 60*groups, and(plan, recent), "reset", "--all-groups", "--to-offset", "0")
	c.costs(t, 60*groups, and(plan, recent, execute), "reset", "--all-groups", "--to-offset", "0", "--execute", "--expect-groups", "100")

	plan = map[string]int{"Metadata": 2, "ListGroups": each, "OffsetFetch": each} // no log is asked
	execute = map[string]int{"DescribeGroups": 2 * each, "OffsetFetch": 2 * each, "DeleteGroups": each}
	c.costs(t, 60*groups, and(plan, recent, execute), "delete-group", "--all-groups", "--execute", "--expect-groups", "100")
}

// An interruption between two requests: what was sent is told apart from what was not, and both can be relied on.
func TestInterruptedBetweenCommits(t *testing.T) {
	state := t.TempDir()
	t.Setenv("XDG_STATE_HOME", state)
	c := startCounted(t, 100)
	ctx, cancel := context.WithCancel(c.ctx)
	defer cancel()
	c.fake.ControlKey(int16(kmsg.OffsetCommit), func(kmsg.Request) (kmsg.Response, error, bool) {
		cancel()
		return nil, nil, false
	})
	var out, errw bytes.Buffer
	code := cmd.Main(ctx, []string{"reset", "--all-groups", "--to-offset", "0", "--execute", "--expect-groups", "100", "-b", c.fake.ListenAddrs()[0], "--no-headers"}, strings.NewReader(""), &out, &errw)
	if code != 130 {
		t.Errorf("exit code %d, want 130", code)
	}
	told := map[string]string{}
	for line := range strings.Lines(out.String()) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		told[f[0]] = strings.Join(f[8:], " ")
	}
	is := map[string]string{}
	for group := range told {
		commits, err := c.committed(group)
		if err != nil {
			t.Fatal(err)
		}
		is[group] = "planned not sent: interrupted"
		if commits[0] == "topic-0:0=0" {
			is[group] = "applied -"
		}
	}
	if diff := cmp.Diff(is, told); diff != "" || len(told) != 100 {
		t.Errorf("of %d groups (-is +told):\n%s", len(told), diff)
	}
	if n := strings.Count(out.String(), "applied"); n == 0 || n == 6000 {
		t.Errorf("%d partitions are applied: it was not interrupted in the middle\n%s", n, errw.String())
	}
	if !strings.Contains(errw.String(), "interrupted") || !strings.Contains(errw.String(), "undo with: ") {
		t.Error(errw.String())
	}
}
