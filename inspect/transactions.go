package inspect

import (
	"fmt"
	"math"
	"slices"
)

// Outcome is what became of a transaction.
type Outcome string

// The outcomes. Open: no marker was found, so the transaction hides every later commit of its partition from
// readers with read_committed, and stops compaction.
const (
	Committed Outcome = "committed"
	Aborted   Outcome = "aborted"
	Open      Outcome = "open"
)

// Transaction is the transaction that a record belongs to, or that a marker ends.
type Transaction struct {
	ProducerID    int64
	ProducerEpoch int16 // of the record; the marker's may be a later one (KIP-890)
	Outcome       Outcome
	Doubt         error // why the outcome may be another one; nil: it is not
}

// decision is what became of a transaction, and why that is in doubt, if it is.
type decision struct {
	outcome Outcome
	doubt   error
}

// lostMarker is the doubt where a marker may be in what cannot be read, from an offset on.
type lostMarker int64

func (l lostMarker) Error() string {
	return fmt.Sprintf("the transaction's marker may be in what cannot be read from offset %d on", int64(l))
}

// ending is where a producer's transaction ends.
type ending struct {
	offset  int64
	outcome Outcome
}

// endings are the markers of one partition, by producer id, in the order of the log. A marker ends what its
// producer has written since the one before, whatever the epochs: they may differ (KIP-890). Under anybody are the
// places where markers may be that cannot be read.
type endings map[int64][]ending

// anybody is no producer's id.
const anybody = math.MinInt64

func (e endings) add(producerID, offset int64, outcome Outcome) {
	e[producerID] = append(e[producerID], ending{offset, outcome})
}

// lose notes that what comes at an offset, or later and before the next marker that is added, cannot be read.
func (e endings) lose(offset int64) {
	if list := e[anybody]; len(list) == 0 || list[len(list)-1].offset < offset {
		e.add(anybody, offset, Open)
	}
}

// of is the outcome of what a producer wrote at an offset: that of its next marker, unless one before it was lost.
func (e endings) of(producerID, offset int64) decision {
	d := decision{outcome: Open}
	next, ok := e.after(producerID, offset)
	if ok {
		d.outcome = next.outcome
	}
	if lost, some := e.after(anybody, offset); some && (!ok || lost.offset <= next.offset) {
		d.doubt = lostMarker(lost.offset)
	}
	return d
}

// after is the first ending behind an offset.
func (e endings) after(producerID, offset int64) (ending, bool) {
	list := e[producerID]
	i, _ := slices.BinarySearchFunc(list, offset, func(m ending, offset int64) int {
		if m.offset <= offset {
			return -1
		}
		return 1
	})
	if i == len(list) {
		return ending{}, false
	}
	return list[i], true
}

// take notes the marker of a batch, if it is one, and reports whether it can be read. Where it cannot, it may have been one:
// its header is not proved either. Its offset is not before from, whatever it says.
func (e endings) take(d *Decompressor, b *Batch, from int64) (readable bool) {
	var err error
	if b.Control {
		err = d.markers(b, func(offset int64, m Marker) {
			if m.Commit {
				e.add(b.ProducerID, offset, Committed)
			} else {
				e.add(b.ProducerID, offset, Aborted)
			}
		})
	} else {
		err = b.Check()
	}
	if err != nil {
		e.lose(from)
	}
	return err == nil
}
