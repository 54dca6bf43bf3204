package inspect

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/offsetctl/offsetctl/internal/cluster"
)

// Options say what a scan shows.
type Options struct {
	Topic  Topic
	Filter Filter
	Raw    bool   // the bytes of every record, not only of those that are not understood
	Limit  int64  // rows, oldest first; 0: all
	Range  Range  // of files; Plan takes that of a live scan
	Lines  *Lines // instead of rows, where they can be made so

	Now      time.Time // what the ages of open transactions are counted to; zero: they have none
	Progress *Progress // counts meanwhile; nil: nobody looks
}

// Report is what a scan has to say besides its rows.
type Report struct {
	ClusterID string // empty: no cluster was asked
	// Open are the open transactions of the partitions read, whatever of them is shown, sorted; of files that a limit
	// ends early, as far as they were read.
	Open   []OpenTransaction
	Errors []*cluster.Error
	Notes  []string // what is worth knowing and no failure

	PastEnd []PastEnd // of a range that begins at an offset
}

// PastEnd is a log that ends before the offset that the range begins at, so that nothing is read of it.
type PastEnd struct {
	Partition   int32
	Offset, End int64 // asked for; next in the log
}

// Join is the report with what another has to say after it.
func (r Report) Join(later Report) Report {
	return Report{
		ClusterID: cmp.Or(r.ClusterID, later.ClusterID),
		Open:      slices.Concat(r.Open, later.Open),
		Errors:    slices.Concat(r.Errors, later.Errors),
		Notes:     slices.Concat(r.Notes, later.Notes),
		PastEnd:   slices.Concat(r.PastEnd, later.PastEnd),
	}
}

// limited makes an emit that stops a scan after so many rows, 0 for none.
func limited(limit int64, emit func(*Row) error) func(*Row) error {
	if limit == 0 {
		return emit
	}
	left := limit
	return func(r *Row) error {
		if err := emit(r); err != nil {
			return err
		}
		if left--; left == 0 {
			return errStop
		}
		return nil
	}
}

// damage counts what could not be read of a partition, for one error that stands for all of it.
type damage struct {
	rows  int
	first error // where no row stands for any, of an outcome that is in doubt for damage elsewhere
}

// count counts a row, if it stands for damage, or is in doubt for it.
func (d *damage) count(r *Row) {
	switch {
	case r.Damaged:
		d.note(r.Err)
	case d.first == nil && r.doubt() != nil:
		d.first = fmt.Errorf("outcome of the record at offset %d: %w", r.Offset, r.doubt())
	}
}

// note counts something that cannot be read.
func (d *damage) note(why error) { d.add(damage{rows: 1, first: why}) }

// misplaced counts a batch as one that cannot be read. Of a marker all but the offset is known: markers takes it.
func (d *damage) misplaced(m *misplaced, markers func(*Batch)) {
	d.note(m.err)
	if m.Control || !m.crcHolds() {
		markers(&m.Batch)
	}
}

// add counts what was damaged after d.
func (d *damage) add(after damage) {
	if d.rows == 0 && (d.first == nil || after.rows > 0) {
		d.first = after.first
	}
	d.rows += after.rows
}

// error is the failure of the partition; nil if all was read.
func (d *damage) error(t Topic, partition int32) *cluster.Error {
	if d.first == nil {
		return nil
	}
	e := &cluster.Error{Scope: cluster.ScopePartition, Name: cluster.TP{Topic: t.LogName(), Partition: partition}.String(), Code: cluster.CodeCorrupt, Message: d.first.Error(), Err: d.first}
	if d.rows > 1 {
		e.Message = fmt.Sprintf("%d places cannot be read, the first: %s", d.rows, e.Message)
	}
	return e
}
