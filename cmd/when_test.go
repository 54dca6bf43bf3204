package cmd

import (
	"testing"
	"time"
)

func berlin(t testing.TB) *time.Location {
	t.Helper()
	zone, err := parseZone("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func TestParseTime(t *testing.T) {
	for _, c := range []struct{ in, want string }{ // in UTC
		{"2026-11-21", "2026-11-20T23:00:00Z"},
		{"2026-07-21", "2026-07-20T22:00:00Z"}, // summer
		{"2026-11-21T09:00", "2026-11-21T08:00:00Z"},
		{"2026-11-21 09:00", "2026-11-21T08:00:00Z"},
		{"2026-11-21 09:00:30", "2026-11-21T08:00:30Z"},
		{"2026-11-21T09:00Z", "2026-11-21T09:00:00Z"},
		{"2026-11-21T09:00:00Z", "2026-11-21T09:00:00Z"},
		{"2026-11-21T09:00:00+05:30", "2026-11-21T03:30:00Z"},
		{"2026-11-21 09:00:00-0800", "2026-11-21T17:00:00Z"},
		{"2026-11-21T09:00:00.250", "2026-11-21T08:00:00.25Z"},
		{"2026-11-21T09:00:00.123456Z", "2026-11-21T09:00:00.123456Z"},
		{"@0", "1970-01-01T00:00:00Z"},
		{"@1700000000", "2023-11-14T22:13:20Z"},
		{"@999999999999", "33658-09-27T01:46:39Z"},
		{"@1700000000123", "2023-11-14T22:13:20.123Z"},
	} {
		got, err := parseTime(c.in, berlin(t))
		if err != nil || got.UTC().Format(time.RFC3339Nano) != c.want {
			t.Errorf("%q: got %v, %v, want %s", c.in, got.UTC(), err, c.want)
		}
	}
}

func TestParseTimeRefuses(t *testing.T) {
	for _, in := range []string{
		"", " ", "@", "@-1", "@+1", "@1.5", "@99999999999999999999", "now", "2026", "2026-11", "2026-11-31", "2026-13-01", "21.11.2026", "2026-11-21T", "2026-11-21 ",
		"2026-11-21T9", "2026-11-21T25:00", "2026-11-21Z", "2026-11-21T09:00:00 Z", "2026-11-21T09:00+1", "2026-11-21  09:00", "T09:00", "09:00",
	} {
		if got, err := parseTime(in, time.UTC); err == nil {
			t.Errorf("%q: got %v, want an error", in, got)
		}
	}
}

func TestParseDuration(t *testing.T) {
	for _, c := range []struct {
		in   string
		want time.Duration
	}{
		{"90m", 90 * time.Minute}, {"36h", 36 * time.Hour}, {"7d", 7 * 24 * time.Hour}, {"1d12h", 36 * time.Hour}, {"1h30m", 90 * time.Minute}, {"1.5h", 90 * time.Minute},
		{"500ms", 500 * time.Millisecond}, {"0s", 0}, {"0d", 0}, {"106751d", 106751 * 24 * time.Hour},
		{"PT1H30M", 90 * time.Minute}, {"P1D", 24 * time.Hour}, {"P1DT12H", 36 * time.Hour}, {"PT0.5S", 500 * time.Millisecond}, {"P2DT3H4M5.006S", 51*time.Hour + 4*time.Minute + 5006*time.Millisecond},
	} {
		if got, err := parseDuration(c.in); err != nil || got != c.want {
			t.Errorf("%q: got %v, %v, want %v", c.in, got, err, c.want)
		}
	}
	for _, in := range []string{"", "5", "0", "d", "1.5d", "-1d", "+1d", "-5m", "+5m", "1d-5m", "1d5", "1d0", "7w", "P", "PT", "P1DT", "P1M", "P1W", "PT1D", "p1d", "106752d", "106751d23h59m", "9999999999d", "9999999999h", "1h1d", "1dd", " 1h"} {
		if got, err := parseDuration(in); err == nil {
			t.Errorf("%q: got %v, want an error", in, got)
		}
	}
}

func TestLikelyDuration(t *testing.T) {
	for in, want := range map[string]string{
		"15min": "15m", "15 minutes": "15m", "1hour": "1h", "2 days": "2d", "1 Day 2 hrs": "1d2h", "15m": "15m", "15M": "15m", "1w": "7d", "2 weeks": "14d",
		"30sec": "30s", "1.5hours": "1.5h", "2 days ago": "2d",
		"": "", "5": "", "1.5d": "", "1.5w": "", "99999w": "", "9999999999d": "", "5 months": "", "yesterday": "", "-5m": "", "2026-11-21": "", "ago": "", "15mi": "", "2h 1d": "",
	} {
		if got := likelyDuration(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func TestParseZone(t *testing.T) {
	for in, want := range map[string]string{"UTC": "UTC", "local": time.Local.String(), "Europe/Berlin": "Europe/Berlin", "America/New_York": "America/New_York"} {
		if got, err := parseZone(in); err != nil || got.String() != want {
			t.Errorf("%q: got %v, %v", in, got, err)
		}
	}
	for _, in := range []string{"", "Local", "Mars", "../etc/passwd", "+02:00"} {
		if got, err := parseZone(in); err == nil {
			t.Errorf("%q: got %v, want an error", in, got)
		}
	}
}

func TestAppendTime(t *testing.T) {
	for _, c := range []struct {
		ms   int64
		zone *time.Location
		want string
	}{
		{1_700_000_000_123, time.UTC, "2023-11-14T22:13:20.123Z"},
		{1_700_000_000_123, berlin(t), "2023-11-14T23:13:20.123+01:00"},
		{253402300799999, berlin(t), "9999-12-31T23:59:59.999Z"}, // which is in the year 10000 there
		{253402300800000, berlin(t), "253402300800000"},
	} {
		if got := string(appendTime(nil, c.ms, c.zone)); got != c.want {
			t.Errorf("%d in %v: got %s, want %s", c.ms, c.zone, got, c.want)
		}
	}
}

// A time that is printed in full is read as the same one, and no text makes a panic.
func FuzzParseTime(f *testing.F) {
	for _, s := range []string{"2026-11-21", "2026-11-21 09:00", "2026-11-21T09:00:00.123+05:30", "@1700000000", "@1700000000123", "-7d", "P1DT12H", "PT0.5S", "1d12h"} {
		f.Add(s)
	}
	zone := berlin(f)
	f.Fuzz(func(t *testing.T, s string) {
		if d, err := parseDuration(s); err == nil && d < 0 {
			t.Errorf("%q is %v", s, d)
		}
		first, err := parseTime(s, zone)
		if err != nil || first.Year() < 0 || first.Year() > 9999 {
			return
		}
		text := first.UTC().Format(time.RFC3339Nano)
		if again, err := parseTime(text, zone); err != nil || !again.Equal(first) {
			t.Errorf("%q is %s, which is %v, %v", s, text, again, err)
		}
	})
}
