package inspect

import "slices"

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
}

// ending is where a producer's transaction ends.
type ending struct {
	offset  int64
	outcome Outcome
}

// endings are the markers of one partition, by producer id, in the order of the log. A marker ends what its
// producer has written since the one before, whatever the epochs: they may differ (KIP-890).
type endings map[int64][]ending

func (e endings) add(producerID, offset int64, outcome Outcome) {
	e[producerID] = append(e[producerID], ending{offset, outcome})
}

// of is the outcome of what a producer wrote at an offset: that of its next marker.
func (e endings) of(producerID, offset int64) Outcome {
	list := e[producerID]
	i, _ := slices.BinarySearchFunc(list, offset, func(m ending, offset int64) int {
		if m.offset <= offset {
			return -1
		}
		return 1
	})
	if i == len(list) {
		return Open
	}
	return list[i].outcome
}
