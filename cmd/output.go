package cmd

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/spf13/pflag"

	"github.com/offsetctl/offsetctl/internal/cluster"
	"github.com/offsetctl/offsetctl/output"
)

// outputFlags say in what form the rows are printed.
type outputFlags struct {
	format    string
	noHeaders bool
	color     string
	quiet     bool
}

func (o *outputFlags) add(f *pflag.FlagSet) {
	f.StringVarP(&o.format, "output", "o", "", "`FORMAT`: table, wide, tsv, csv, json, ndjson, yaml or name (default table on a terminal, else tsv)")
	f.BoolVar(&o.noHeaders, "no-headers", false, "leave out the header line of table, wide, tsv and csv")
	f.StringVar(&o.color, "color", "auto", "`WHEN` to colour: auto, always or never")
	f.BoolVarP(&o.quiet, "quiet", "q", false, "no notes on stderr; errors stay")
}

// formats are those that commands with rows have.
func formats() []output.Format {
	return []output.Format{output.Table, output.Wide, output.TSV, output.CSV, output.JSON, output.NDJSON, output.YAML, output.Name}
}

// format is the output format asked for, one of formats or more, or the default of stdout's kind.
func (s *session) format(more ...output.Format) (output.Format, error) {
	switch {
	case s.shape.format != "":
		f, err := output.ParseFormat(s.shape.format, append(formats(), more...)...)
		if err != nil {
			return "", &usageError{err: err}
		}
		return f, nil
	case s.outTTY:
		return output.Table, nil
	default:
		return output.TSV, nil
	}
}

// noFormat refuses -o for what has no rows.
func (s *session) noFormat(what string) error {
	if s.shape.format != "" {
		return usagef("%s has no output formats: leave out --output", what)
	}
	return nil
}

// colored decides on colour: --color, then NO_COLOR, then CLICOLOR_FORCE or FORCE_COLOR, then whether
// stdout is a terminal that can show it.
func (s *session) colored() (bool, error) {
	switch s.shape.color {
	case "always":
		return true, nil
	case "never":
		return false, nil
	case "auto":
	default:
		return false, usagef("--color %q: have auto, always, never", s.shape.color)
	}
	forced := func(name string) bool { v := s.env(name); return v != "" && v != "0" }
	switch {
	case s.env("NO_COLOR") != "":
		return false, nil
	case forced("CLICOLOR_FORCE"), forced("FORCE_COLOR"):
		return true, nil
	}
	return s.outTTY && s.env("TERM") != "dumb", nil
}

// form is a checked set of output flags: commands make it before they send anything.
type form struct {
	format  output.Format
	options output.Options
}

func (s *session) form(null bool, args []string, more ...output.Format) (form, error) {
	f, err := s.format(more...)
	if err != nil {
		return form{}, err
	}
	color, err := s.colored()
	if err != nil {
		return form{}, err
	}
	if null && f != output.Name && !slices.Contains(args, "-") {
		return form{}, usagef("-0 goes with -o name or with - for names on standard input")
	}
	return form{f, output.Options{Headers: !s.shape.noHeaders, Color: color, Width: s.tableWidth(), Null: null}}, nil
}

// tableWidth is the terminal's width; COLUMNS overrides it, and off a terminal nothing is shortened.
func (s *session) tableWidth() int {
	if !s.outTTY {
		return 0
	}
	var n int
	if _, err := fmt.Sscanf(s.env("COLUMNS"), "%d", &n); err == nil && n > 0 {
		return n
	}
	return s.width
}

// head are the first members of a JSON document.
type head struct {
	Kind          string  `json:"kind"`
	SchemaVersion int     `json:"schemaVersion"`
	Time          string  `json:"time"`
	ClusterID     *string `json:"clusterId"`
	By            string  `json:"by,omitempty"`
	Isolation     string  `json:"isolation,omitempty"`
	UndoID        string  `json:"undoId,omitempty"` // what undoes the change, as undo takes it
}

// rfc3339ms is how machine formats write times, in UTC.
const rfc3339ms = "2006-01-02T15:04:05.000Z"

func newHead(kind, clusterID string, now time.Time) head {
	h := head{Kind: kind, SchemaVersion: 1, Time: now.UTC().Format(rfc3339ms)}
	if clusterID != "" {
		h.ClusterID = &clusterID
	}
	return h
}

// print writes the rows and errors in the form asked for.
func print[T any](s *session, f form, h head, cols []output.Column[T], name func(*T) string, rows []T, errs []*cluster.Error) error {
	w, err := newWriter(s, f, h, cols, name)
	if err != nil {
		return err
	}
	for i := range rows {
		if err := w.Row(&rows[i]); err != nil {
			return writeError(err)
		}
	}
	return closeWriter(w, errs)
}

// newWriter begins the output of rows that come one by one.
func newWriter[T any](s *session, f form, h head, cols []output.Column[T], name func(*T) string) (*output.Writer[T], error) {
	var err error
	if f.options.Head, err = json.Marshal(h); err != nil {
		return nil, err
	}
	return output.New(s.out, f.format, f.options, cols, name), nil
}

// closeWriter ends it.
func closeWriter[T any](w *output.Writer[T], errs []*cluster.Error) error {
	if errs == nil {
		errs = []*cluster.Error{}
	}
	list, err := json.Marshal(errs)
	if err != nil {
		return err
	}
	return writeError(w.Close(list))
}

// unreachable reports that no bootstrap server answered: to people on stderr, and to a reader of a
// JSON document in it. near has better hints.
func (s *session) unreachable(f form, h head, errs []*cluster.Error, near map[missing]string) error {
	got := s.report(errs, near)
	if f.format == output.JSON || f.format == output.YAML {
		if err := print[struct{}](s, f, h, nil, nil, nil, errs); err != nil {
			return err
		}
	}
	return ended(got)
}

func writeError(err error) error {
	if err == nil {
		return nil
	}
	if pe, ok := err.(*os.PathError); ok {
		err = pe.Err
	}
	return fmt.Errorf("writing the output: %w", err)
}
