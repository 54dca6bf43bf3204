package inspect

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// OpenTransaction is what a transaction that no marker has ended holds of one group. Until it ends, it hides every
// later commit of its partition, of all groups, from readers with read_committed, and stops compaction.
type OpenTransaction struct {
	Group          *string `json:"group"`        // nil: of records that are of no group, or not understood; or, see State, of all
	Partition      int32   `json:"logPartition"` // of the internal topic
	ProducerID     int64   `json:"producerId"`
	ProducerEpoch  int16   `json:"producerEpoch"`
	StartOffset    int64   `json:"startOffset"`    // of the first record of the transaction, whatever its group
	StartTimestamp *Millis `json:"startTimestamp"` // of that record; nil: it has none
	Records        int64   `json:"records"`        // of this group
	AgeMs          *int64  `json:"ageMs"`          // since then, at Options.Now; nil: one of them is not known
	Error          *string `json:"error"`          // why it may have ended, and what came after it been another one; nil: it has not
}

// openings are the records of open transactions in one partition.
type openings map[opening]held

// opening is what a producer writes of a group; none: of no group, or nobody knows which.
type opening struct {
	producerID int64
	group      string
	none       bool
}

// held is how many records of an opening there are, and the first of them.
type held struct {
	epoch             int16
	offset, timestamp int64 // -1 for no timestamp
	records           int64
	doubt             error // why the transaction of the first may have ended; nil: it has not
}

// record counts a record of an open transaction.
func (o *openings) record(t *Transaction, k *Key, r *Record) {
	if *o == nil {
		*o = openings{}
	}
	o.add(opening{t.ProducerID, string(k.Group), k.Group == nil}, held{t.ProducerEpoch, r.Offset, r.Timestamp, 1, t.Doubt})
}

// add adds what comes later in the log.
func (o *openings) add(key opening, h held) {
	first, ok := (*o)[key]
	if ok {
		h.epoch, h.offset, h.timestamp, h.doubt = first.epoch, first.offset, first.timestamp, first.doubt
		h.records += first.records
	}
	(*o)[key] = h
}

// lose notes that any of the transactions may have ended in what cannot be read from an offset on.
func lose[K comparable](open map[K]held, offset int64) {
	for key, h := range open {
		if h.doubt == nil {
			h.doubt = lostMarker(offset)
			open[key] = h
		}
	}
}

// join adds what comes later in the log.
func (o *openings) join(later openings) {
	if len(later) > 0 && *o == nil {
		*o = openings{}
	}
	for key, h := range later {
		o.add(key, h)
	}
}

// rows are the open transactions of a partition, by their start and group, with their ages at now, which may be zero.
func (o openings) rows(partition int32, now time.Time) []OpenTransaction {
	starts := map[int64]held{}
	for key, h := range o {
		if first, ok := starts[key.producerID]; !ok || h.offset < first.offset {
			starts[key.producerID] = h
		}
	}
	keys := slices.SortedFunc(maps.Keys(o), func(a, b opening) int {
		return cmp.Or(cmp.Compare(starts[a.producerID].offset, starts[b.producerID].offset), cmp.Compare(a.group, b.group), strings.Compare(strconv.FormatBool(a.none), strconv.FormatBool(b.none)))
	})
	var rows []OpenTransaction
	for _, key := range keys {
		start := starts[key.producerID]
		row := OpenTransaction{Partition: partition, ProducerID: key.producerID, ProducerEpoch: start.epoch, StartOffset: start.offset, Records: o[key].records}
		if !key.none {
			row.Group = &key.group
		}
		if start.timestamp >= 0 {
			row.began(start.timestamp, now)
		}
		if start.doubt != nil {
			row.Error = new(start.doubt.Error())
		}
		rows = append(rows, row)
	}
	return rows
}

// began sets when the transaction began, in milliseconds since 1970, and its age at now, unless that is zero.
func (t *OpenTransaction) began(ms int64, now time.Time) {
	at := Millis(ms)
	t.StartTimestamp = &at
	if !now.IsZero() {
		age := now.UnixMilli() - ms
		t.AgeMs = &age
	}
}

// openIn keeps the open transactions of the groups that are asked for.
func (r *Report) openIn(f *Filter) {
	if f.Group == nil {
		return
	}
	r.Open = slices.DeleteFunc(r.Open, func(t OpenTransaction) bool { return t.Group == nil || !f.Group([]byte(*t.Group)) })
}

// OpenInFiles finds the transactions that are open at the end of segments, which come from FindSegments.
func OpenInFiles(ctx context.Context, segments []Segment, o Options) (Report, error) {
	nothing := Options{Topic: o.Topic, Filter: Filter{Types: map[string]bool{}}, Now: o.Now, Progress: o.Progress}
	report, err := Files(ctx, segments, nothing, func(*Row) error { return nil })
	report.openIn(&o.Filter)
	return report, err
}
