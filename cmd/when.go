package cmd

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // for machines without a database of zones, as containers are: the binary is all one needs

	"github.com/offsetctl/offsetctl/inspect"
)

// Times and durations as the command line takes them, and times as text formats print them. Nothing here asks for
// the time.

// parseZone reads --tz: an IANA name, UTC, or local.
func parseZone(s string) (*time.Location, error) {
	if s == "local" {
		return time.Local, nil
	}
	zone, err := time.LoadLocation(s)
	if err != nil || s == "" || s == "Local" {
		return nil, fmt.Errorf("not a time zone such as UTC, local or Europe/Berlin: %q", s)
	}
	return zone, nil
}

// errTime says what a time looks like.
var errTime = errors.New("not a time such as 2026-11-21, 2026-11-21T09:00, 2026-11-21T09:00:00.000Z or @1795251600")

// parseTime reads a point in time, which is in the zone where it says none itself.
func parseTime(s string, zone *time.Location) (time.Time, error) {
	if digits, ok := strings.CutPrefix(s, "@"); ok {
		return parseEpoch(digits)
	}
	if len(s) > len(time.DateOnly) && s[len(time.DateOnly)] == ' ' {
		s = s[:len(time.DateOnly)] + "T" + s[len(time.DateOnly)+1:]
	}
	for _, layout := range []string{time.DateOnly, "2006-01-02T15:04", "2006-01-02T15:04:05"} { // seconds may have fractions
		for _, offset := range []string{"", "Z07:00", "Z0700"} {
			if layout == time.DateOnly && offset != "" {
				continue
			}
			if t, err := time.ParseInLocation(layout+offset, s, zone); err == nil {
				return t, nil
			}
		}
	}
	return time.Time{}, fmt.Errorf("%w: %q", errTime, s)
}

// millisDigits is from how many digits on a number counts milliseconds since 1970 and not seconds: as seconds they
// would be in the year 33658 or later.
const millisDigits = 13

func parseEpoch(digits string) (time.Time, error) {
	n, err := strconv.ParseUint(digits, 10, 63)
	switch {
	case err != nil || digits[0] == '+':
		return time.Time{}, fmt.Errorf("%w: %q", errTime, "@"+digits)
	case len(digits) >= millisDigits:
		return time.UnixMilli(int64(n)), nil
	}
	return time.Unix(int64(n), 0), nil
}

// isoDuration is what Java's Duration.parse takes, and so Kafka's tools, without signs.
var isoDuration = regexp.MustCompile(`^P(\d+D)?(?:T(\d+H)?(\d+M)?(\d+(?:\.\d+)?S)?)?$`)

// parseDuration reads a length of time: 90m, 36h, 7d, 1d12h, or PT1H30M, P1D.
func parseDuration(s string) (time.Duration, error) {
	wrong := fmt.Errorf("not a duration such as 90m, 36h, 7d or PT1H30M: %q", s)
	rest := s
	if m := isoDuration.FindStringSubmatch(s); m != nil && !strings.HasSuffix(s, "T") {
		rest = strings.ToLower(strings.Join(m[1:], ""))
	}
	var total time.Duration
	if days, after, ok := strings.Cut(rest, "d"); ok {
		n, err := strconv.ParseUint(days, 10, 31)
		if err != nil || n > math.MaxInt64/uint64(24*time.Hour) {
			return 0, wrong
		}
		total, rest = time.Duration(n)*24*time.Hour, after
		if rest == "" {
			return total, nil
		}
	}
	d, err := time.ParseDuration(rest)
	if err != nil || rest[0] == '-' || rest[0] == '+' || rest == "0" || total+d < total {
		return 0, wrong
	}
	return total + d, nil
}

// durationPart is a number and what people call a unit.
var durationPart = regexp.MustCompile(`^\s*(\d+(?:\.\d+)?)\s*([a-z]+)`)

// likelyDuration is a duration in our spelling that may be meant by one that parseDuration refuses, such as 15min or
// 2 days; empty: there is none.
func likelyDuration(s string) string {
	meant := ""
	for rest := strings.TrimSuffix(strings.ToLower(s), "ago"); strings.TrimSpace(rest) != ""; {
		m := durationPart.FindStringSubmatch(rest)
		if m == nil {
			return ""
		}
		n, unit := m[1], m[2]
		switch {
		case slices.Contains([]string{"w", "week", "weeks"}, unit):
			weeks, err := strconv.ParseUint(n, 10, 16)
			if err != nil {
				return ""
			}
			n, unit = strconv.FormatUint(7*weeks, 10), "d"
		case slices.Contains([]string{"d", "day", "days", "h", "hr", "hrs", "hour", "hours", "m", "min", "mins", "minute", "minutes", "s", "sec", "secs", "second", "seconds"}, unit):
			unit = unit[:1]
		}
		meant += n + unit
		rest = rest[len(m[0]):]
	}
	if _, err := parseDuration(meant); err != nil {
		return ""
	}
	return meant
}

// appendTime appends milliseconds since 1970 as a time of a zone, with its offset.
func appendTime(dst []byte, ms int64, zone *time.Location) []byte {
	t := time.UnixMilli(ms).In(zone)
	if zone == time.UTC || t.Year() < 0 || t.Year() > 9999 {
		return inspect.AppendTime(dst, ms)
	}
	return t.AppendFormat(dst, "2006-01-02T15:04:05.000Z07:00")
}
