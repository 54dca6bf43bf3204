package cmd

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/offsetctl/offsetctl/inspect"
	"github.com/offsetctl/offsetctl/output"
)

func TestProgressText(t *testing.T) {
	for _, c := range []struct {
		name   string
		counts inspect.Counts
		took   time.Duration
		want   string
	}{
		{"middle", inspect.Counts{Partitions: 50, Ended: 12, Records: 1_234_567, Bytes: 850_000_000, Done: 2_000_000, Total: 10_000_000}, 10 * time.Second, "12 of 50 partitions, 1.2M records read, 85.0 MB/s, 41 s left"},
		{"nothing has come", inspect.Counts{Partitions: 50, Total: 10_000_000}, time.Second, "0 of 50 partitions, 0 records read"},
		{"holes only", inspect.Counts{Partitions: 1, Done: 5, Total: 10}, time.Second, "0 of 1 partition, 0 records read, 2 s left"},
		{"minutes", inspect.Counts{Partitions: 3, Records: 999, Bytes: 999, Done: 1, Total: 301}, time.Second, "0 of 3 partitions, 999 records read, 999 B/s, 5 min left"},
		{"hours", inspect.Counts{Partitions: 3, Records: 1000, Bytes: 1000, Done: 1, Total: 3*3600 + 1}, time.Second, "0 of 3 partitions, 1.0k records read, 1.0 kB/s, 3 h left"},
		{"years", inspect.Counts{Partitions: 3, Records: 1, Bytes: 100, Done: 1, Total: 4_000_000_000}, time.Second, "0 of 3 partitions, 1 records read, 100 B/s"},
		{"all", inspect.Counts{Partitions: 3, Ended: 3, Records: 12_345, Bytes: 2_000_000, Done: 10, Total: 10}, 2 * time.Second, "3 of 3 partitions, 12.3k records read, 1.0 MB/s"},
		{"more than all: files that grow", inspect.Counts{Partitions: 3, Ended: 2, Records: 12_345, Bytes: 2_000_000, Done: 11, Total: 10}, 2 * time.Second, "2 of 3 partitions, 12.3k records read, 1.0 MB/s"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := progressText(c.counts, c.took); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestRoundedHasThreeDigits(t *testing.T) {
	for n, want := range map[float64]string{
		0: "0 B", 999: "999 B", 999.6: "1.0 kB", 1049: "1.0 kB", 99_949: "99.9 kB", 99_951: "100 kB", 999_499: "999 kB", 999_500: "1.0 MB",
		12_345_678_901: "12.3 GB", 4e15: "4000 TB",
	} {
		if got := bytesText(n); got != want {
			t.Errorf("%f: got %q, want %q", n, got, want)
		}
	}
}

func TestFitLineLeavesTheLastColumnFree(t *testing.T) {
	for _, c := range []struct {
		text  string
		width int
		want  string
	}{
		{"abcde", 6, "abcde"}, {"abcde", 5, "abc…"}, {"äöü", 3, "ä…"}, {"abc", 1, "…"},
		{strings.Repeat("x", 79), 0, strings.Repeat("x", 79)}, {strings.Repeat("x", 80), 0, strings.Repeat("x", 78) + "…"},
	} {
		if got := fitLine(c.text, c.width); got != c.want {
			t.Errorf("%q in %d: got %q, want %q", c.text, c.width, got, c.want)
		}
	}
}

// watched is a session whose two streams are one terminal.
func watched(a at) (*session, *strings.Builder) {
	var screen strings.Builder
	s := a.session(&screen, &screen)
	s.status = &statusLine{out: &screen, width: func() int { return 200 }}
	s.err = s.status
	return s, &screen
}

// testSegment is a file with two records.
func testSegment(t *testing.T) []inspect.Segment {
	t.Helper()
	path := filepath.Join(t.TempDir(), "00000000000000000000.log")
	var records []inspect.Record
	for n := range int64(2) {
		key, err := inspect.ConsumerOffsets.EncodeKey([]byte(`{"type":1,"data":{"group":"g","topic":"orders","partition":0}}`))
		if err != nil {
			t.Fatal(err)
		}
		records = append(records, inspect.Record{Offset: n, Timestamp: 1_704_240_000_000 + n, Key: key})
	}
	log := inspect.AppendBatch(nil, inspect.Batch{ProducerID: -1, ProducerEpoch: -1, BaseSequence: -1}, records)
	if err := os.WriteFile(path, log, 0o600); err != nil {
		t.Fatal(err)
	}
	return []inspect.Segment{{Path: path, Partition: 7}}
}

// slowly reads the segment, waits in a bubble's time until the line has been shown twice, and only then has rows.
func slowly(ctx context.Context, segments []inspect.Segment, shown *[]string) scanFunc {
	return func(o inspect.Options, emit func(*inspect.Row) error) (inspect.Report, error) {
		last := inspect.NewLast(1)
		o.Lines = nil
		report, err := inspect.Files(context.Background(), segments, o, last.Add)
		if err != nil {
			return report, err
		}
		for _, took := range []time.Duration{progressAfter, progressAfter + progressEvery} {
			*shown = append(*shown, eraseLine+"offsetctl: "+progressText(o.Progress.Counts(), took))
		}
		select {
		case <-ctx.Done():
			return report, ctx.Err()
		case <-time.After(progressAfter + progressEvery*3/2):
		}
		return report, last.Each(emit)
	}
}

func TestProgressIsErasedBeforeRowsThatComeAtTheEnd(t *testing.T) {
	segments := testSegment(t)
	synctest.Test(t, func(t *testing.T) {
		s, screen := watched(at{outTTY: true, errTTY: true})
		var shown []string
		f := form{format: output.TSV}
		if err := s.showRecords(t.Context(), f, inspectRequest{asked: &wantedNames{}, last: 1, zone: time.UTC}, inspect.Report{Notes: []string{"after all"}}, slowly(t.Context(), segments, &shown)); err != nil {
			t.Fatal(err)
		}
		want := strings.Join(shown, "") + eraseLine + "7\t1\t2024-01-03T00:00:00.001Z\tOffsetCommit\tg\torders:0\tdeleted\noffsetctl: note: after all\n"
		if diff := cmp.Diff(want, screen.String()); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if !strings.HasPrefix(shown[0], eraseLine+"offsetctl: 1 of 1 partition, 2 records read, ") {
			t.Errorf("%q", shown[0])
		}
	})
}

func TestProgressIsErasedWhenTheScanEndsEarly(t *testing.T) {
	segments := testSegment(t)
	broken := errors.New("broken off")
	for _, interrupted := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			s, screen := watched(at{errTTY: true})
			var shown []string
			err := s.showRecords(ctx, form{format: output.TSV}, inspectRequest{asked: &wantedNames{}, zone: time.UTC}, inspect.Report{}, func(o inspect.Options, _ func(*inspect.Row) error) (inspect.Report, error) {
				report, err := slowly(ctx, segments, &shown)(o, func(*inspect.Row) error { return nil })
				if interrupted {
					cancel()
					return report, ctx.Err()
				}
				return report, errors.Join(err, broken)
			})
			if want := strings.Join(shown, "") + eraseLine; err == nil || screen.String() != want {
				t.Errorf("%v; got %q, want %q", err, screen.String(), want)
			}
		})
	}
}

func TestNotesComeInPlaceOfTheProgress(t *testing.T) {
	s, screen := watched(at{errTTY: true})
	s.status.show("so far")
	s.note("one")
	s.note("two")
	s.status.clear()
	if want := eraseLine + "so far" + eraseLine + "offsetctl: note: one\noffsetctl: note: two\n"; screen.String() != want {
		t.Errorf("got %q, want %q", screen.String(), want)
	}
}

func TestProgressIsForTerminalsWithoutRows(t *testing.T) {
	for _, c := range []struct {
		name  string
		at    at
		quiet bool
		atEnd bool
		want  bool
	}{
		{name: "rows go to a pipe", at: at{errTTY: true}, want: true},
		{name: "rows come at the end", at: at{errTTY: true, outTTY: true}, atEnd: true, want: true},
		{name: "rows come meanwhile", at: at{errTTY: true, outTTY: true}},
		{name: "quiet", at: at{errTTY: true}, quiet: true},
		{name: "dumb", at: at{errTTY: true, env: map[string]string{"TERM": "dumb"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, _ := watched(c.at)
			s.shape.quiet = c.quiet
			var o inspect.Options
			s.progress(t.Context(), &o, c.atEnd)()
			if got := o.Progress != nil; got != c.want {
				t.Errorf("counted: %v, want %v", got, c.want)
			}
		})
	}
	var out, errs strings.Builder
	s := at{}.session(&out, &errs)
	var o inspect.Options
	s.progress(t.Context(), &o, true)()
	if o.Progress != nil {
		t.Error("stderr is no terminal, and somebody counts")
	}
}
