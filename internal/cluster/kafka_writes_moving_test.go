//go:build kafka

package cluster_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/offsetctl/offsetctl/internal/cluster"
	"github.com/offsetctl/offsetctl/internal/kafkatest"
)

// TestKafkaWritesAreWhatTheySayWhileCoordinatorsMove commits over and over while the leaders of __consumer_offsets
// change: what was committed is read back, and what was not is known not to be.
func TestKafkaWritesAreWhatTheySayWhileCoordinatorsMove(t *testing.T) {
	c := kafkatest.Start(t, kafkatest.Options{Nodes: 3})
	names := seed(t, c, 10)
	w := writes{t, c, writer(t, c)}
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for _, name := range names {
		wg.Go(func() { w.commitUntil(name, stop) })
	}
	defer wg.Wait()
	defer close(stop)
	for range 2 {
		rotateLeaders(t, c)
	}
}

// commitUntil commits 2, 3, … for one group.
func (w writes) commitUntil(group string, stop <-chan struct{}) {
	var coordinator *cluster.Broker // found once, and wrong after that
	now, unknown := int64(1), 0
	for next := int64(2); ; next++ {
		select {
		case <-stop:
			w.t.Logf("%s: %d commits, %d unknown", group, next-2, unknown)
			if next < 12 || unknown > int(next)/2 {
				w.t.Errorf("%s: %d commits, %d unknown", group, next-2, unknown)
			}
			return
		default:
		}
		ref := cluster.Ref{Group: group, Coordinator: coordinator}
		got := w.r.Commit(w.t.Context(), ref, []cluster.Commit{at("orders", 0, next, -1, fmt.Sprint(next))}).Items[0]
		read := w.r.Committed(w.t.Context(), []cluster.Ref{{Group: group}})[0]
		if read.Err != nil {
			w.t.Logf("%s: %v", group, read.Err)
			now = -1
			continue
		}
		is := read.Items[0].Offset
		switch {
		case got.Unknown:
			unknown++
			w.t.Logf("%s: %v; wanted %d, is %d", group, got.Err, next, is)
		case got.Err == nil && is != next, got.Err != nil && now >= 0 && is != now:
			w.t.Errorf("%s: commit of %d over %d says %v, and read is %d", group, next, now, got.Err, is)
		}
		now = is
		if found := w.r.Describe(w.t.Context(), []cluster.Ref{{Group: group}}, cluster.Classic)[0]; coordinator == nil {
			coordinator = found.Coordinator
		}
	}
}

// TestKafkaCommitThatFailedMayStillHappen commits while a replica of __consumer_offsets does not follow: the
// coordinator answers with an error although the commit is in its log, and the commit counts once the replica is back.
func TestKafkaCommitThatFailedMayStillHappen(t *testing.T) {
	c := kafkatest.Start(t, kafkatest.Options{Nodes: 3, Props: []string{"offsets.commit.timeout.ms=1000", "broker.session.timeout.ms=60000"}})
	group := seed(t, c, 1)[0]
	w := writes{t, c, writer(t, c)}
	ref := cluster.Ref{Group: group}
	ref.Coordinator = w.r.Describe(t.Context(), []cluster.Ref{ref}, cluster.Classic)[0].Coordinator
	paused := int(ref.Coordinator.ID)%3 + 1
	c.Pause(t, paused)
	got := w.r.Until(cluster.Deadline{Each: 3 * time.Second}).Commit(t.Context(), ref, []cluster.Commit{at("orders", 0, 7, -1, "")}).Items[0]
	if got.Err == nil || !got.Unknown {
		t.Errorf("commit without a replica: error %v, unknown %v", got.Err, got.Unknown)
	}
	c.Resume(t, paused)
	deadline := time.Now().Add(time.Minute)
	for {
		read := w.r.Committed(t.Context(), []cluster.Ref{ref})[0]
		if read.Err == nil && read.Items[0].Offset == 7 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the commit never came: %+v", read)
		}
		time.Sleep(100 * time.Millisecond)
	}
}
