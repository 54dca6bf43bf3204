package cmd

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/offsetctl/offsetctl/inspect"
	"github.com/offsetctl/offsetctl/internal/cluster"
)

// rangeFlags say what stretch of each partition inspect reads, and in which zone times are.
type rangeFlags struct {
	from, to string
	zone     string
	follow   bool
	last     int
}

func (r *rangeFlags) add(f *pflag.FlagSet) {
	f.StringVar(&r.from, "from", "", "begin `HERE`: earliest, latest, an offset, a time, or -DURATION before now")
	f.StringVar(&r.to, "to", "", "end before `HERE`, which is not shown (default latest: the end that the log has at the start)")
	f.IntVar(&r.last, "last", 0, "only the newest `N` rows, by their timestamps")
	f.BoolVar(&r.follow, "follow", false, "show what comes, from now on or from --from, until interrupted")
	f.StringVar(&r.zone, "tz", "UTC", "time `ZONE` of times given and of those in text formats: UTC, local, or a name such as Europe/Berlin")
}

// request reads the flags; now is what -DURATION counts from.
func (r rangeFlags) request(req *inspectRequest, now time.Time) error {
	var err error
	if req.zone, err = parseZone(r.zone); err != nil {
		return usagef("--tz: %w", err)
	}
	if req.scan.Range.From, err = r.bound(r.from, now, req.zone); err != nil {
		return &usageError{fmt.Errorf("--from: %w", err), ageHint(r.from)}
	}
	if req.scan.Range.To, err = r.bound(r.to, now, req.zone); err != nil {
		return &usageError{fmt.Errorf("--to: %w", err), ageHint(r.to)}
	}
	if req.scan.Range.Reversed() {
		return usagef("--from %s is after --to %s", r.from, r.to)
	}
	if req.last = r.last; r.last > 0 && req.scan.Limit > 0 {
		return usagef("--last and --limit exclude one another")
	}
	return r.requestFollow(req)
}

// requestFollow reads --follow.
func (r rangeFlags) requestFollow(req *inspectRequest) error {
	switch req.follow = r.follow; {
	case !r.follow:
		return nil
	case r.to != "":
		return usagef("--follow has no end: leave out --to")
	case r.last > 0:
		return usagef("--last and --follow exclude one another: --follow --from -15m begins with what came before")
	case len(req.paths) > 0:
		return usagef("--follow is for a cluster: leave out --file")
	}
	if !req.scan.Range.From.Given() {
		req.scan.Range.From = inspect.Latest()
	}
	return nil
}

// errBound says what the end of a range looks like.
var errBound = errors.New("not earliest, latest, an offset, a time such as 2026-11-21T09:00 or @1795251600, or an age such as -90m")

// bound reads one end of the range; empty: none was given.
func (r rangeFlags) bound(s string, now time.Time, zone *time.Location) (inspect.Bound, error) {
	switch s {
	case "":
		return inspect.Bound{}, nil
	case "earliest":
		return inspect.Earliest(), nil
	case "latest":
		return inspect.Latest(), nil
	}
	if n, err := strconv.ParseUint(s, 10, 63); err == nil {
		return inspect.AtOffset(int64(n)), nil
	}
	if age, ok := strings.CutPrefix(s, "-"); ok {
		d, err := parseDuration(age)
		return inspect.AtTime(now.Add(-d)), err
	}
	t, err := parseTime(s, zone)
	if errors.Is(err, errTime) {
		return inspect.Bound{}, fmt.Errorf("%w: %q", errBound, s)
	}
	return inspect.AtTime(t), err
}

// ageHint is what may be meant by what is no bound.
func ageHint(s string) string {
	age, before := strings.CutPrefix(s, "-")
	if _, err := strconv.ParseUint(age, 10, 31); before && err == nil {
		return "a unit is required, as in -" + age + "m"
	}
	if d := likelyDuration(age); d != "" {
		return "did you mean -" + d + "?"
	}
	return ""
}

// needsOnePartition refuses an offset where several partitions are read: it says nothing of but one.
func (req inspectRequest) needsOnePartition() error {
	one := len(req.partitions) == 1 || len(req.groups) == 1 && req.scan.Topic.StoredByName()
	if one || !req.scan.Range.From.ByOffset() && !req.scan.Range.To.ByOffset() {
		return nil
	}
	return &usageError{errors.New("--from and --to with an offset are for one partition"), "name one group or one --partition, or give a time"}
}

// likelyTime is from which number on an offset that no log has is more likely seconds since 1970: in 2001 they were.
const likelyTime = 1_000_000_000

// pastEndNotes say of logs that end before --from why nothing comes of them.
func pastEndNotes(topic inspect.Topic, logs []inspect.PastEnd) (notes []string) {
	for _, l := range logs {
		note := fmt.Sprintf("the log of %s ends at offset %d, before --from %d", cluster.TP{Topic: topic.LogName(), Partition: l.Partition}, l.End, l.Offset)
		if l.Offset >= likelyTime {
			note += fmt.Sprintf("; as a time that is written --from @%d", l.Offset)
		}
		notes = append(notes, note)
	}
	return bounded(notes)
}
