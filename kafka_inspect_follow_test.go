//go:build kafka

package main_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kadm"

	"github.com/offsetctl/offsetctl/cmd"
	"github.com/offsetctl/offsetctl/internal/kafkatest"
)

// TestKafkaInspectRangeByTime compares what brokers and files find by time with a full scan.
func TestKafkaInspectRangeByTime(t *testing.T) {
	c := kafkatest.Start(t, kafkatest.Options{})
	c.Topic(t, "orders", 1, 1)
	w := startCommitting(t, c)
	w.atLeast(t, 300)
	w.end()
	all := linesByPartition(ok(t, c, "inspect", "-o", "ndjson"))
	var times []time.Time
	for _, lines := range all {
		for _, l := range lines {
			times = append(times, timestamp(t, l))
		}
	}
	for _, n := range []int{0, len(times) / 3, len(times) / 2, len(times) - 1} {
		from, to := times[n], times[n].Add(50*time.Millisecond)
		want := map[string][]string{}
		for p, lines := range all {
			for _, l := range lines {
				if at := timestamp(t, l); !at.Before(from) && at.Before(to) {
					want[p] = append(want[p], l)
				}
			}
		}
		span := []string{"inspect", "-o", "ndjson", "--from", from.Format(time.RFC3339Nano), "--to", fmt.Sprintf("@%d", to.UnixMilli())}
		for name, got := range map[string]string{"live": ok(t, c, span...), "files": ok(t, c, append(span, "--file", c.DataDir(1))...)} {
			if d := gocmp.Diff(want, linesByPartition(got)); d != "" {
				t.Errorf("%s from %v (-scan +range):\n%s", name, from, d)
			}
		}
	}
}

// TestKafkaInspectSurvivesRestarts restarts three brokers one after the other while groups commit. Whoever follows has
// every record once in the end, as a scan then has it; and so has each scan meanwhile as much as it says to have.
func TestKafkaInspectSurvivesRestarts(t *testing.T) {
	c := kafkatest.Start(t, kafkatest.Options{Nodes: 3, OffsetsPartitions: 6})
	c.Topic(t, "orders", 1, 1)
	w := startCommitting(t, c)
	w.atLeast(t, 10)
	follower := startFollowing(t, c)
	scans, stop := startScanning(t, c)
	for id := 1; id <= 3; id++ {
		c.Shutdown(t, id)
		c.Restart(t, id)
		w.atLeast(t, w.count()+20)
	}
	c.Stop(t, 1) // and one that dies without a word
	w.atLeast(t, w.count()+20)
	c.Restart(t, 1)
	stop()
	w.end()
	full := ok(t, c, "inspect", "-o", "ndjson")
	want := linesByPartition(full)
	deadline := time.Now().Add(2 * time.Minute)
	for strings.Count(follower.out.String(), "\n") < strings.Count(full, "\n") && time.Now().Before(deadline) {
		time.Sleep(100 * time.Millisecond)
	}
	if r := follower.end(); r.Exit != 130 {
		t.Errorf("follow: exit %d\n%s", r.Exit, r.Stderr)
	}
	if d := gocmp.Diff(want, linesByPartition(follower.out.String())); d != "" {
		t.Errorf("follow (-scan +followed), stderr %s\n%s", follower.errs.String(), d)
	}
	whole := 0
	for _, r := range *scans {
		if r.Exit == 0 {
			whole++
		}
		for p, lines := range linesByPartition(r.Stdout) {
			if len(lines) > len(want[p]) {
				t.Errorf("a scan has %d records of partition %s, in the end there are %d", len(lines), p, len(want[p]))
			} else if d := gocmp.Diff(want[p][:len(lines)], lines); d != "" {
				t.Errorf("a scan of partition %s (-in the end +meanwhile):\n%s", p, d)
			}
		}
	}
	t.Logf("%d of %d scans were whole; %d commits, %d records", whole, len(*scans), w.count(), strings.Count(full, "\n"))
}

// linesByPartition parts items by the partition that each begins with.
func linesByPartition(ndjson string) map[string][]string {
	m := map[string][]string{}
	for line := range strings.Lines(ndjson) {
		partition, _, _ := strings.Cut(strings.TrimPrefix(line, `{"partition":`), ",")
		m[partition] = append(m[partition], line)
	}
	return m
}

func timestamp(t *testing.T, item string) time.Time {
	t.Helper()
	var row struct{ Timestamp time.Time }
	if err := json.Unmarshal([]byte(item), &row); err != nil {
		t.Fatal(err)
	}
	return row.Timestamp
}

// committing commits for ten groups in turn, whatever happens, until end.
type committing struct {
	mu   sync.Mutex
	n    int // commits that were confirmed
	stop context.CancelFunc
	done chan struct{}
}

func startCommitting(t *testing.T, c *kafkatest.Cluster) *committing {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	w := &committing{stop: cancel, done: make(chan struct{})}
	adm := kadm.NewClient(c.Kgo(t, maxOffsetCommit9()))
	go func() {
		defer close(w.done)
		for n := int64(0); ctx.Err() == nil; n++ {
			var offsets kadm.Offsets
			offsets.AddOffset("orders", 0, n, -1)
			// The last one is not cut off: the broker could write it after what the test then reads.
			commit, over := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
			r, err := adm.CommitOffsets(commit, fmt.Sprintf("g%d", n%10), offsets)
			over()
			if err == nil && r.Error() == nil {
				w.mu.Lock()
				w.n++
				w.mu.Unlock()
			}
		}
	}()
	t.Cleanup(w.end)
	return w
}

func (w *committing) end() {
	w.stop()
	<-w.done
}

func (w *committing) count() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.n
}

// atLeast waits until so many commits were made.
func (w *committing) atLeast(t *testing.T, n int) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); w.count() < n; {
		if time.Now().After(deadline) {
			t.Fatalf("%d commits in a minute, want %d", w.count(), n)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// following is a command that runs.
type following struct {
	out, errs lockedBuffer
	cancel    context.CancelFunc
	done      chan struct{}
	exit      int
}

func startFollowing(t *testing.T, c *kafkatest.Cluster, args ...string) *following {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	f := &following{cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(f.done)
		f.exit = cmd.Main(ctx, append([]string{"inspect", "--follow", "--from", "earliest", "-o", "ndjson", "-b", c.Bootstrap()}, args...), strings.NewReader(""), &f.out, &f.errs)
	}()
	t.Cleanup(func() { f.end() })
	return f
}

func (f *following) end() result {
	f.cancel()
	<-f.done
	return result{f.out.String(), f.errs.String(), f.exit}
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// startScanning scans over and over until stop is called.
func startScanning(t *testing.T, c *kafkatest.Cluster) (scans *[]result, stop func()) {
	t.Helper()
	scans = new([]result)
	ending, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-ending:
				return
			default:
				*scans = append(*scans, offsetctl(t, c, "inspect", "-o", "ndjson"))
			}
		}
	}()
	stop = sync.OnceFunc(func() { close(ending); <-done })
	t.Cleanup(stop)
	return scans, stop
}
