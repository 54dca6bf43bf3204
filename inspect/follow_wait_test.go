package inspect

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/offsetctl/offsetctl/internal/cluster"
)

// Partitions that cannot be read at the start are taken up when they can, and nothing of them is lost.
func TestFollowTakesUpPartitionsWhenTheyHaveALeader(t *testing.T) {
	for name, key := range map[string]kmsg.Key{"no leader": kmsg.Metadata, "no ends of the log": kmsg.ListOffsets} {
		t.Run(name, func(t *testing.T) {
			live(t, 6, func(t *testing.T, f *liveFake) {
				p := f.producer()
				f.commits(p, 1, "g", 0)
				pass(time.Hour)
				f.commits(p, 0, "g", 1)
				f.commits(p, 1, "g", 1)
				start := time.Now()
				err := kerr.LeaderNotAvailable
				if key == kmsg.ListOffsets {
					err = kerr.NotLeaderForPartition
				}
				f.Fault(kfake.Fault{Count: -1, Keys: []kmsg.Key{key}, Topic: "__consumer_offsets", Partitions: []int32{1, 4}, Err: err,
					When: func(kmsg.Request) bool { return time.Since(start) < 5*time.Minute }})
				got, stop := f.follow(Options{Range: Range{From: Latest()}})
				pass(4 * time.Minute)
				f.commits(p, 0, "g", 2)
				pass(10 * time.Second)
				wantPrefixes(t, []string{"0/1 "}, got.Rows)
				wantPrefixes(t, []string{"2 partitions of __consumer_offsets, __consumer_offsets:1 the first: they are waited for: "}, got.Notes)
				wantPrefixes(t, nil, got.Errors)
				pass(time.Minute)
				f.commits(p, 4, "g", 3)
				pass(time.Second)
				stop()
				wantPrefixes(t, []string{"0/1 ", "1/1 ", "4/0 "}, got.sorted().Rows)
				wantPrefixes(t, []string{"2 partitions of"}, got.Notes)
			})
		})
	}
}

func TestAwaitPlansATopicThatIsCreatedLater(t *testing.T) {
	live(t, 0, func(t *testing.T, f *liveFake) {
		wanted := Wanted{Range: Range{From: Latest()}, Follow: true}
		absent, _ := f.plan(wanted)
		if !absent.Topic.Err.UnknownTopic() {
			t.Fatal(absent.Topic.Err)
		}
		f.create(3)
		f.commits(f.producer(), 1, "g", 1, 2)
		there, report, err := Await(t.Context(), absent.Run.Until(cluster.Deadline{Each: 30 * time.Second}), wanted, quiet(t))
		if err != nil || len(report.Errors) > 0 || len(there.Parts) != 3 {
			t.Fatal(there, report, err)
		}
		if there.Parts[1].Start != 0 {
			t.Errorf("it begins at %d: what came before it was found is lost", there.Parts[1].Start)
		}
	})
}

func TestAwaitWaits(t *testing.T) {
	live(t, 0, func(t *testing.T, f *liveFake) {
		absent, _ := f.plan(Wanted{})
		start := time.Now()
		f.later(10*time.Minute, func() { f.create(3) })
		there, _, err := Await(t.Context(), absent.Run.Until(cluster.Deadline{Each: 30 * time.Second}), Wanted{}, quiet(t))
		if took := time.Since(start); err != nil || len(there.Parts) != 3 || took < 10*time.Minute || took > 10*time.Minute+2*awaitEvery {
			t.Errorf("after %v: %+v, %v", took, there, err)
		}
	})
}

func TestAwaitEndsWithItsContext(t *testing.T) {
	live(t, 0, func(t *testing.T, f *liveFake) {
		absent, _ := f.plan(Wanted{})
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		if _, _, err := Await(ctx, absent.Run, Wanted{}, quiet(t)); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
	})
}

// A cluster that is gone for a while is waited for too, and both is said once.
func TestAwaitSaysThatNoBrokerAnswers(t *testing.T) {
	live(t, 0, func(t *testing.T, f *liveFake) {
		absent, _ := f.plan(Wanted{})
		f.fails(kmsg.Metadata, 5*time.Minute)
		f.later(10*time.Minute, func() { f.create(3) })
		var notes []string
		there, _, err := Await(t.Context(), absent.Run.Until(cluster.Deadline{Each: 30 * time.Second}), Wanted{}, func(n string) { notes = append(notes, n) })
		if err != nil || len(there.Parts) != 3 {
			t.Fatal(there, err)
		}
		wantPrefixes(t, []string{"no bootstrap server answers, which is waited for: broker localhost:9092: ", "the cluster answers again"}, notes)
	})
}

// quiet is for where there is nothing to note.
func quiet(t *testing.T) func(string) {
	return func(n string) { t.Error(n) }
}

// A topic that has just been created may have no leader yet, or its broker be gone again.
func TestAwaitWaitsForATopicThatCannotBeReadYet(t *testing.T) {
	live(t, 0, func(t *testing.T, f *liveFake) {
		absent, _ := f.plan(Wanted{})
		f.create(3)
		start := time.Now()
		f.Fault(kfake.Fault{Count: -1, Keys: []kmsg.Key{kmsg.Metadata}, Topic: "__consumer_offsets", Err: kerr.LeaderNotAvailable,
			When: func(kmsg.Request) bool { return time.Since(start) < 5*time.Minute }})
		there, report, err := Await(t.Context(), absent.Run.Until(cluster.Deadline{Each: 30 * time.Second}), Wanted{}, quiet(t))
		if err != nil || len(there.Parts) != 3 || len(report.Errors) > 0 {
			t.Error(there, report, err)
		}
	})
}
