package inspect

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
)

func TestLiveUnauthorizedIsOneErrorOfTheTopic(t *testing.T) {
	live(t, 6, func(t *testing.T, f *liveFake) {
		f.commits(f.producer(), 4, "g", 1)
		f.Fault(kfake.Fault{Count: -1, Keys: []kmsg.Key{kmsg.Fetch}, Topic: "__consumer_offsets", Err: kerr.TopicAuthorizationFailed})
		got := f.scan(Options{})
		if len(got.Rows) > 0 || len(got.Errors) != 1 || !strings.HasPrefix(got.Errors[0], "topic __consumer_offsets: ") || !strings.HasSuffix(got.Errors[0], "(TOPIC_AUTHORIZATION_FAILED)") {
			t.Errorf("got %+v", got)
		}
	})
}

func TestLiveShowsDamage(t *testing.T) {
	live(t, 3, func(t *testing.T, f *liveFake) {
		l := newTestLog(t).commits("g", 1).damaged("g", 2, 3).commits("g", 4)
		f.commits(f.producer(), 1, "g", 1, 2, 3, 4)
		f.sends(1, l.bytes)
		got := f.scan(Options{})
		wantPrefixes(t, []string{"1/0 OffsetCommit g", "1/1 ERROR batch of offsets 1 to 2: CRC is", "1/3 OffsetCommit g"}, got.Rows)
		wantPrefixes(t, []string{"partition __consumer_offsets:1: batch of offsets 1 to 2: CRC is"}, got.Errors)
	})
}

func TestLiveGivesUpALeaderThatSendsNothingMore(t *testing.T) {
	for _, c := range []struct {
		name    string
		records func(*testing.T) []byte
		row     string
		message string
	}{
		{"nothing", func(*testing.T) []byte { return nil }, "", "its leader sends nothing from offset 0 on, though the log goes on to 3"},
		{"garbage", func(*testing.T) []byte { return []byte(strings.Repeat("garbage ", 20)) }, "", "reading from offset 0: not a record batch: "},
		{"a batch that never ends", func(t *testing.T) []byte { b := newTestLog(t).commits("g", 1).bytes; return b[:len(b)-1] }, "", "reading from offset 0: cut inside a batch: "},
		{"the first batch again and again", func(t *testing.T) []byte { return newTestLog(t).commits("g", 1).bytes }, "1/0 OffsetCommit", "its leader sends nothing from offset 1 on, though the log goes on to 3"},
	} {
		t.Run(c.name, func(t *testing.T) {
			live(t, 3, func(t *testing.T, f *liveFake) {
				p := f.producer()
				f.commits(p, 0, "g", 1)
				f.commits(p, 1, "g", 1, 2, 3)
				f.commits(p, 2, "g", 1)
				f.sends(1, c.records(t))
				live, _ := f.plan(Wanted{})
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				var rows []string
				report, err := live.Read(ctx, Options{}, func(r *Row) error {
					if rows = append(rows, line(r)); len(rows) > 10 {
						cancel()
					}
					return nil
				})
				if err != nil {
					t.Fatal(err)
				}
				want := []string{"0/0 ", "2/0 "}
				if c.row != "" {
					want = slices.Insert(want, 1, c.row)
				}
				wantPrefixes(t, want, rows)
				wantOne(t, report.Errors, "__consumer_offsets:1", "CORRUPT_MESSAGE", c.message)
			})
		})
	}
}
