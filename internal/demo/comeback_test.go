package demo

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kadm"
)

// live runs Live; the returned function ends it and waits.
func live(t *testing.T, c *Cluster) (end func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- c.Live(ctx) }()
	return func() {
		t.Helper()
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Live: %v", err)
		}
	}
}

// notes keeps what a cluster tells.
type notes struct {
	mu   sync.Mutex
	told []string
}

func (n *notes) add(text string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.told = append(n.told, text)
}

func (n *notes) all() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return append([]string(nil), n.told...)
}

// emails are offsets of email-sender in the partitions of its topic.
func emails(at ...int64) kadm.Offsets {
	offsets := make(kadm.Offsets)
	for p, n := range at {
		offsets.AddOffset("emails", int32(p), n, -1)
	}
	return offsets
}

func TestLiveLetsAStoppedGroupStartWhereItIsPut(t *testing.T) {
	var said notes
	c := start(t, Options{Told: said.add})
	defer live(t, c)()
	admin := newObserver(t, c).admin
	const group = "email-sender"
	var want []string
	told := func(text string) {
		t.Helper()
		want = append(want, text)
		eventually(t, text, func() bool { return len(said.all()) >= len(want) })
		if diff := cmp.Diff(want, said.all()); diff != "" {
			t.Fatalf("told (-want +got):\n%s", diff)
		}
	}
	commit := func(offsets kadm.Offsets) {
		t.Helper()
		if err := admin.CommitAllOffsets(t.Context(), group, offsets); err != nil {
			t.Fatal(err)
		}
	}

	commit(emails(0, 7, 20))
	told("email-sender started, and reads emails:0 from offset 0, emails:1 from offset 7, emails:2 from offset 20")
	info := c.fake.GroupInfo(group)
	if len(info.Members) != 0 || info.State != "Empty" || info.Commits["emails"][1].Offset != 7 {
		t.Errorf("it has left something behind: %+v", info)
	}

	// Where the log ends it waits for the next record.
	end := c.fake.PartitionInfo("emails", 0).HighWatermark
	commit(emails(end, 7, 20))
	told("email-sender started, and reads emails:0 from offset " + fmt.Sprint(end) + ", emails:1 from offset 7, emails:2 from offset 20")

	if _, err := admin.DeleteOffsets(t.Context(), group, kadm.TopicsSet{"emails": {1: {}}}); err != nil {
		t.Fatal(err)
	}
	told("email-sender started, and reads emails:0 from offset " + fmt.Sprint(end) + ", emails:1 from offset 0, emails:2 from offset 20")

	if _, err := admin.DeleteGroup(t.Context(), group); err != nil {
		t.Fatal(err)
	}
	wrote := c.fake.PartitionInfo("orders", 0).HighWatermark
	eventually(t, "two ticks", func() bool { return c.fake.PartitionInfo("orders", 0).HighWatermark > wrote+10 })
	if info := c.fake.GroupInfo(group); info != nil {
		t.Errorf("it has come back though it was deleted: %+v", info)
	}
	commit(emails(363, 396, 415))
	told("email-sender started, and reads emails:0 from offset 363, emails:1 from offset 396, emails:2 from offset 415")
}

func TestAConsumerThatWaitsLeavesWhenItIsStopped(t *testing.T) {
	before := runtime.NumGoroutine()
	c, err := Start(t.Context(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	sender := groups[slices.IndexFunc(groups, func(g group) bool { return g.comesBack != "" })]
	var ends []position // nobody writes: it will never have read all
	for _, p := range sender.positions() {
		ends = append(ends, position{topic: p.topic, partition: p.partition, offset: topicNamed(p.topic).end(p.partition)})
	}
	if err := c.commitPositions(t.Context(), sender.name, ends); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	visited := make(chan error, 1)
	go func() {
		_, err := c.visit(ctx, sender)
		visited <- err
	}()
	eventually(t, "a member with its partitions", func() bool { return c.fake.GroupInfo(sender.name).NumAssigned() == len(ends) })
	cancel()
	if err := <-visited; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
	if info := c.fake.GroupInfo(sender.name); len(info.Members) != 0 {
		t.Errorf("it is a member still: %+v", info)
	}
	c.Close()
	eventually(t, "goroutines ended", func() bool { return runtime.NumGoroutine() <= before })
}

func TestNobodyComesBackToAGroupWithMembers(t *testing.T) {
	var said notes
	c := start(t, Options{Told: said.add})
	visitor, err := c.newMembers(group{name: "email-sender", topics: []string{"emails"}, members: []string{"visitor"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := visitor[0].join(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	if err := visitor[0].commit(t.Context(), []position{{topic: "emails", offset: 400}}); err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	b := c.newComebacks()[0]
	b.look(t.Context(), &running)
	running.Wait()
	if got := b.known[place{"emails", 0}]; got != 400 || len(said.all()) != 0 {
		t.Errorf("it knows %d, want 400; told %q", got, said.all())
	}
}
