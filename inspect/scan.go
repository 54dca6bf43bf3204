package inspect

import (
	"fmt"

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

	Progress *Progress // counts meanwhile; nil: nobody looks
}

// Report is what a scan has to say besides its rows.
type Report struct {
	ClusterID string            // empty: no cluster was asked
	Open      []OpenTransaction // seen in the partitions read, whatever is filtered; sorted
	Errors    []*cluster.Error
	Notes     []string // what is worth knowing and no failure
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
	first error
}

func (d *damage) count(r *Row) {
	if r.Damaged {
		if d.rows == 0 {
			d.first = r.Err
		}
		d.rows++
	}
}

// add counts what was damaged after d.
func (d *damage) add(after damage) {
	if d.rows == 0 {
		d.first = after.first
	}
	d.rows += after.rows
}

// error is the failure of the partition; nil if all was read.
func (d *damage) error(t Topic, partition int32) *cluster.Error {
	if d.rows == 0 {
		return nil
	}
	e := &cluster.Error{Scope: cluster.ScopePartition, Name: cluster.TP{Topic: t.LogName(), Partition: partition}.String(), Code: cluster.CodeCorrupt, Message: d.first.Error(), Err: d.first}
	if d.rows > 1 {
		e.Message = fmt.Sprintf("%d places cannot be read, the first: %s", d.rows, e.Message)
	}
	return e
}
