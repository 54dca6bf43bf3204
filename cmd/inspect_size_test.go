package cmd

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/offsetctl/offsetctl/inspect"
	"github.com/offsetctl/offsetctl/internal/cluster"
)

func TestSizeText(t *testing.T) {
	now := time.Date(2025, 11, 24, 12, 0, 0, 0, time.UTC)
	at := func(year int, hour int) *inspect.Millis {
		ms := inspect.Millis(time.Date(year, 1, 3, hour, 0, 0, 0, time.UTC).UnixMilli())
		return &ms
	}
	for _, c := range []struct {
		name string
		size inspect.Size
		want string
	}{
		{"all", inspect.Size{Bytes: 12_345_678_901, Partitions: 50, Oldest: at(2024, 12)}, "12.3 GB in 50 partitions, its oldest record of 2024-01-03 (691d ago)"},
		{"some", inspect.Size{Bytes: 1_200_000_000, Partitions: 1, Oldest: at(2024, 10)}, "1.2 GB in 1 of its 50 partitions, its oldest record of 2024-01-03 (691d2h ago)"},
		{"in the zone", inspect.Size{Bytes: 1_200_000_000, Partitions: 50, Oldest: at(2024, 23)}, "1.2 GB in 50 partitions, its oldest record of 2024-01-04 (690d13h ago)"},
		{"clocks differ", inspect.Size{Bytes: 1_200_000_000, Partitions: 50, Oldest: at(2026, 12)}, "1.2 GB in 50 partitions, its oldest record of 2026-01-03"},
		{"nobody knows since when", inspect.Size{Bytes: 1_200_000_000, Partitions: 50}, "1.2 GB in 50 partitions"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := sizeText(c.size, 50, now, time.FixedZone("", 2*3600)); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestReadsLessNamesWhatWasNotAskedFor(t *testing.T) {
	for _, c := range []struct {
		name string
		req  inspectRequest
		want string
	}{
		{"all", inspectRequest{asked: &wantedNames{}}, "; --from, --partition or a group reads less"},
		{"state", inspectRequest{asked: &wantedNames{}, latest: true}, "; --partition or a group reads less"},
		{"group", inspectRequest{asked: &wantedNames{}, groups: []string{"g"}}, "; --from reads less"},
		{"partition", inspectRequest{asked: &wantedNames{}, partitions: cluster.Partitions{1: true}, scan: inspect.Options{Range: inspect.Range{From: inspect.Earliest()}}}, ""},
		{"transactions", inspectRequest{asked: &wantedNames{}, scan: inspect.Options{Topic: inspect.TransactionState}}, "; --from or --partition reads less"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := readsLess(c.req.narrower()); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// runLarge runs a command line for which a scan is large if there is anything to read.
func runLarge(t *testing.T, args ...string) screen {
	t.Helper()
	var out, errw strings.Builder
	s := at{}.session(&out, &errw)
	s.large = inspect.Large{Offsets: 1, Bytes: 1}
	code := s.main(t.Context(), args)
	return screen{out.String(), errw.String(), code}
}

func TestLargeScanIsAnnounced(t *testing.T) {
	for _, c := range []struct{ name, args, want string }{
		{"all", "", `__consumer_offsets is [0-9.]+ kB in \d+ partitions, its oldest record of \d{4}-\d\d-\d\d \(.* ago\); --from, --partition or a group reads less`},
		{"one group", "payments-export", `__consumer_offsets is [0-9.]+ k?B in 1 of its \d+ partitions, its oldest record of .*; --from reads less`},
		{"state", "--latest", `__consumer_offsets is .*; --partition or a group reads less`},
		{"filtered and the newest", "--last 1 --type commit", `__consumer_offsets is .* reads less`},
		{"the newest", "--last 1", ""},
		{"the first", "--limit 1", ""},
		{"quiet", "-q", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := runLarge(t, append([]string{"demo", "inspect"}, strings.Fields(c.args)...)...)
			notes := strings.Split(got.err, "\n")
			found := strings.Contains(got.err, "__consumer_offsets is ")
			if c.want == "" && found || c.want != "" && !regexp.MustCompile("^offsetctl: note: "+c.want+"$").MatchString(notes[0]) || got.code != exitOK || got.out == "" {
				t.Errorf("exit %d, stderr %q, %d bytes of rows", got.code, got.err, len(got.out))
			}
		})
	}
}

func TestLargeFilesAreAnnounced(t *testing.T) {
	segments := testSegment(t)
	got := runLarge(t, "inspect", "--file", segments[0].Path, "--partition", "7")
	if want := regexp.MustCompile(`^offsetctl: note: __consumer_offsets is \d+ B in 1 partition, its oldest record of 2024-01-03 \(\d+d.* ago\)\n$`); !want.MatchString(got.err) || got.code != exitOK {
		t.Errorf("exit %d, stderr %q", got.code, got.err)
	}
	if got := runLarge(t, "inspect", "-q", "--file", segments[0].Path, "--partition", "7"); got.err != "" {
		t.Errorf("quiet, and stderr %q", got.err)
	}
}
