package cmd

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/offsetctl/offsetctl/reset"
)

// targetOptions are the flags of which exactly one says where partitions are put.
type targetOptions struct {
	earliest, latest, current bool
	offset, shift             int64
	datetime, duration        string
	fromGroup, fromFile       string

	zone string
}

func (o *targetOptions) add(f *pflag.FlagSet) {
	f.BoolVar(&o.earliest, "to-earliest", false, "to the start of the logs")
	f.BoolVar(&o.latest, "to-latest", false, "to the end of the logs: only what comes from now on")
	f.BoolVar(&o.current, "to-current", false, "to what is committed, as it is: to export it")
	f.Int64Var(&o.offset, "to-offset", 0, "to offset `N` in every partition, or the end of the log next to it")
	f.Int64Var(&o.shift, "shift-by", 0, "by `N` records forward, or with -N back")
	f.StringVar(&o.datetime, "to-datetime", "", "to the first record at or after `TIME`, such as 2026-11-21T09:00 (in --tz), 2026-11-21T09:00:00.000Z, @1795251600")
	f.StringVar(&o.duration, "by-duration", "", "to the first record of the last `D`, counted from now and not from the commit: 90m, 36h, 7d, PT1H30M")
	f.StringVar(&o.fromGroup, "from-group", "", "to where another `GROUP` is, with its metadata")
	f.StringVar(&o.fromFile, "from-file", "", "to what `FILE` says, - for standard input: CSV of kafka-consumer-groups.sh, or the -o json of a preview")
	f.StringVar(&o.zone, "tz", "UTC", "time `ZONE` of times: UTC, local, or as Europe/Berlin")
}

// targets are the flags of targetOptions.
func targets() []string {
	return []string{"to-earliest", "to-latest", "to-current", "to-offset", "shift-by", "to-datetime", "by-duration", "from-group", "from-file"}
}

// target reads the one target that is given. stdin: standard input has the names of groups.
func (s *session) target(o *targetOptions, changed func(string) bool, stdin bool, req *changeRequest) (reset.Target, error) {
	var given []string
	for _, name := range targets() {
		if changed(name) {
			given = append(given, "--"+name)
		}
	}
	switch len(given) {
	case 0:
		return reset.Target{}, &usageError{errors.New("no target: where to?"), "one of --" + strings.Join(targets(), ", --")}
	case 1:
	default:
		return reset.Target{}, usagef("more than one target: %s", strings.Join(given, ", "))
	}
	zone, err := parseZone(o.zone)
	if err != nil {
		return reset.Target{}, usagef("--tz: %w", err)
	}
	switch given[0] {
	case "--to-earliest", "--to-latest", "--to-current":
		return o.end(given[0])
	case "--to-offset":
		if o.offset < 0 {
			return reset.Target{}, &usageError{fmt.Errorf("--to-offset %d: an offset is never negative", o.offset), "--shift-by moves back; --to-earliest and --to-latest are the ends"}
		}
		return reset.ToOffset(o.offset), nil
	case "--shift-by":
		return reset.ShiftBy(o.shift), nil
	case "--to-datetime":
		return s.instant(req, zone, o.datetime, "--to-datetime")
	case "--by-duration":
		return s.before(req, zone, o.duration)
	case "--from-group":
		return reset.FromGroup(o.fromGroup), nil
	}
	req.stdin = o.fromFile == "-"
	return s.fromFile(o.fromFile, stdin)
}

// end is one of the targets that need no value; --to-latest=false asks for nothing.
func (o *targetOptions) end(flag string) (reset.Target, error) {
	switch {
	case o.earliest:
		return reset.ToEarliest(), nil
	case o.latest:
		return reset.ToLatest(), nil
	case o.current:
		return reset.ToCurrent(), nil
	}
	return reset.Target{}, usagef("%s=false is no target", flag)
}

// instant is a target by time.
func (s *session) instant(req *changeRequest, zone *time.Location, text, flag string) (reset.Target, error) {
	t, err := parseTime(text, zone)
	if err != nil {
		return reset.Target{}, usagef("%s: %w", flag, err)
	}
	req.at, req.zone = t, zone
	return reset.ToTime(t), nil
}

func (s *session) before(req *changeRequest, zone *time.Location, text string) (reset.Target, error) {
	d, err := parseDuration(text)
	if err != nil {
		hint := ""
		if meant := likelyDuration(text); meant != "" {
			hint = "did you mean --by-duration " + meant + "?"
		}
		return reset.Target{}, &usageError{fmt.Errorf("--by-duration: %w", err), hint}
	}
	req.at, req.zone = s.now.Add(-d), zone
	return reset.ToTime(req.at), nil
}

func (s *session) fromFile(path string, stdin bool) (reset.Target, error) {
	if path == "-" && stdin {
		return reset.Target{}, usagef("standard input cannot have both the names of groups and the file")
	}
	text, err := s.readFile(path)
	if err != nil {
		return reset.Target{}, err
	}
	if reset.IsDocument(text) {
		d, err := reset.ParsePlan(text)
		if err != nil {
			return reset.Target{}, usagef("--from-file %s: %w", path, err)
		}
		return reset.FromPlan(d), nil
	}
	csv, err := reset.ParseCSV(text)
	if err != nil {
		return reset.Target{}, &usageError{fmt.Errorf("--from-file %s: %w", path, err), "a line is TOPIC,PARTITION,OFFSET or GROUP,TOPIC,PARTITION,OFFSET; a plan is the -o json of a preview"}
	}
	return reset.FromCSV(csv), nil
}

// readFile reads a file of offsets, or standard input.
func (s *session) readFile(path string) ([]byte, error) {
	in := s.in
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return nil, usagef("reading offsets: %w", err)
		}
		defer f.Close()
		in = f
	}
	text, err := io.ReadAll(io.LimitReader(in, reset.MaxFile+1))
	switch {
	case err != nil:
		return nil, usagef("reading offsets from %s: %w", path, err)
	case len(text) > reset.MaxFile:
		return nil, usagef("%s is larger than %d MB", path, reset.MaxFile>>20)
	}
	return text, nil
}
