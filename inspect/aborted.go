package inspect

import (
	"cmp"
	"slices"

	"github.com/offsetctl/offsetctl/internal/cluster"
)

// decided tells what became of the transactions of one partition below its last stable offset: there all of
// them are over, and the leader lists with each Fetch those that were aborted.
type decided struct {
	seen    map[cluster.Aborted]bool
	pending []cluster.Aborted // not begun yet, by offset
	aborted map[int64]error   // producers whose transaction under way was aborted, and why that may have ended; nil: it has not

	decompressor Decompressor
}

// add adds the list of one answer, which may repeat what earlier ones had.
func (d *decided) add(list []cluster.Aborted) {
	if len(list) > 0 && d.seen == nil {
		d.seen, d.aborted = map[cluster.Aborted]bool{}, map[int64]error{}
	}
	for _, a := range list {
		if !d.seen[a] {
			d.seen[a] = true
			d.pending = append(d.pending, a)
		}
	}
	slices.SortFunc(d.pending, func(a, b cluster.Aborted) int { return cmp.Compare(a.FirstOffset, b.FirstOffset) })
}

// of is the outcome of what a producer wrote up to an offset; offsets come in order.
func (d *decided) of(producerID, offset int64) decision {
	d.begin(offset)
	if doubt, ok := d.aborted[producerID]; ok {
		return decision{Aborted, doubt}
	}
	return decision{outcome: Committed}
}

// begin begins the aborted transactions up to an offset.
func (d *decided) begin(offset int64) {
	for len(d.pending) > 0 && d.pending[0].FirstOffset <= offset {
		d.aborted[d.pending[0].ProducerID] = nil
		d.pending = d.pending[1:]
	}
}

// ended says that a producer's transaction has ended with a marker at an offset. The transaction may only begin
// here: compaction takes an aborted one's records first and its marker later.
func (d *decided) ended(producerID, offset int64) {
	d.begin(offset)
	delete(d.aborted, producerID)
}

// batch takes note of a batch: of the end of a transaction where it is a marker, and where it cannot be read and may
// have been one of any producer whose transaction was aborted. What those write from there on is of that transaction or
// of the next one, which the list has only if it was aborted too.
func (d *decided) batch(b *Batch) {
	switch {
	case !b.Control && len(d.aborted)+len(d.pending) == 0:
	case b.Control:
		if d.decompressor.markers(b, func(offset int64, _ Marker) { d.ended(b.ProducerID, offset) }) != nil {
			d.lose(b.BaseOffset)
		}
	case !b.crcHolds():
		d.lose(b.BaseOffset)
	}
}

// lose says that what is at an offset cannot be read.
func (d *decided) lose(offset int64) {
	d.begin(offset)
	for id, doubt := range d.aborted {
		if doubt == nil {
			d.aborted[id] = lostMarker(offset)
		}
	}
}
