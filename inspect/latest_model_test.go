package inspect

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
)

// event is a record of a log, as the model sees it.
type event struct {
	offset    int64
	producer  int64 // -1: none
	marker    bool
	commit    bool // of a marker
	key       int
	tombstone bool
	value     int64
}

// modelKeys are the (group, topic, partition) that random logs are about.
const modelKeys = 5

func modelName(key int) string { return fmt.Sprintf("g%d t%d:%d", key%2, key/2, key) }

// model is kafka.md's rule for a reader from outside, word for word and over the whole log at once: per key the
// record with the highest log offset among those outside of transactions, those of committed ones, and tombstones;
// ignore the aborted; what no marker ends, and no tombstone took, is pending.
func model(events []event, start int64) []string {
	events = slices.DeleteFunc(slices.Clone(events), func(e event) bool { return e.offset < start })
	var lines []string
	for key := range modelKeys {
		var counts *event
		pending := map[int64]event{}
		for i := range events {
			e := &events[i]
			if e.marker || e.key != key {
				continue
			}
			end := endOf(events[i:], e.producer)
			switch {
			case e.tombstone, e.producer < 0, end != nil && end.commit:
				if counts == nil || e.offset > counts.offset {
					counts = e
				}
			case end == nil && !slices.ContainsFunc(events[i:], func(l event) bool { return !l.marker && l.key == key && l.tombstone }):
				pending[e.producer] = *e
			}
		}
		var open []event
		for _, e := range pending {
			open = append(open, e)
		}
		slices.SortFunc(open, func(a, b event) int { return cmp.Compare(a.offset, b.offset) })
		line := modelName(key) + " "
		switch {
		case counts != nil && !counts.tombstone:
			line += fmt.Sprintf("%d@%d", counts.value, counts.offset)
		case len(open) == 0:
			continue
		default:
			line += "-"
		}
		for _, e := range open {
			line += fmt.Sprintf(" %d@%d(%d)", e.value, e.offset, e.producer)
		}
		lines = append(lines, line)
	}
	slices.Sort(lines)
	return lines
}

// endOf is the marker that ends a producer's transaction; nil: it is open.
func endOf(rest []event, producer int64) *event {
	for i := range rest {
		if e := &rest[i]; e.marker && e.producer == producer {
			return e
		}
	}
	return nil
}

// randomLog makes a log of what the bytes say, and its events.
func randomLog(t testing.TB, next func(n int) int) (log []byte, events []event) {
	offset := int64(0)
	for range next(60) {
		offset += int64(next(3)) // compaction leaves holes
		b := plainBatch(offset)
		kind := next(5)
		if kind > 1 {
			b.ProducerID, b.ProducerEpoch, b.Transactional = int64(next(3)), int16(next(4)), next(8) > 0
		}
		var records []Record
		if kind == 4 {
			b.Control, b.Transactional = true, true
			commit := next(3) > 0
			records = append(records, Marker{Commit: commit}.Record(offset, testTime))
			events = append(events, event{offset: offset, producer: b.ProducerID, marker: true, commit: commit})
			offset++
		} else {
			for range 1 + next(4) {
				e := event{offset: offset, producer: b.ProducerID, key: next(modelKeys), tombstone: next(5) == 0, value: int64(next(1000))}
				r := Record{Offset: offset, Timestamp: testTime, Key: commitKey1(t, fmt.Sprintf("g%d", e.key%2), fmt.Sprintf("t%d", e.key/2), int32(e.key))}
				r.Key[1] = byte(next(2)) // types 0 and 1 have the same keys
				if !e.tombstone {
					r.Value = commitValue3(t, e.value)
				}
				records, events = append(records, r), append(events, e)
				offset += 1 + int64(next(2))
			}
		}
		log = AppendBatch(log, b, records)
	}
	return log, events
}

// stateOf is the state machine's answer in the model's words.
func stateOf(t testing.TB, log []byte, start int64) []string {
	t.Helper()
	l := newPartitionState(Options{}, 0, start)
	for b, err := range Batches(log) {
		if err != nil {
			t.Fatal(err)
		}
		l.batch(&b)
	}
	if l.bad.rows+int(l.odd.records) > 0 {
		t.Fatalf("not understood: %v, %v", l.bad, l.odd)
	}
	for _, s := range l.slots {
		if !s.present && len(s.pending) == 0 {
			t.Errorf("kept though nothing is in it: %q", s.key)
		}
	}
	var lines []string
	for _, r := range (&State{parts: []*partitionState{l}}).Commits() {
		lines = append(lines, commitLine(&r))
	}
	return lines
}

func commitLine(r *LatestCommit) string {
	line := fmt.Sprintf("%s %s:%d ", r.Group, r.Topic, r.Partition)
	if r.Incomplete {
		line = "maybe " + line
	}
	switch {
	case r.Error != nil && !r.Incomplete:
		line += "ERROR " + *r.Error
	case r.Offset == nil:
		line += "-"
	default:
		line += fmt.Sprintf("%d@%d", *r.Offset, *r.LogOffset)
	}
	for _, p := range r.Pending {
		line += fmt.Sprintf(" %d@%d(%d)", *p.Offset, p.LogOffset, p.ProducerID)
	}
	return line
}

func TestLatestIsWhatTheModelSays(t *testing.T) {
	for seed := range uint64(1000) {
		r := rand.New(rand.NewPCG(seed, 0))
		log, events := randomLog(t, r.IntN)
		start := int64(r.IntN(4) * r.IntN(30))
		if d := gocmp.Diff(model(events, start), stateOf(t, log, start)); d != "" {
			t.Fatalf("seed %d, start %d (-model +state)\n%s%+v", seed, start, d, events)
		}
	}
}

func FuzzLatest(f *testing.F) {
	f.Add([]byte("\x05\x00\x00\x01\x02\x03\x04\x05"), uint8(0))
	f.Add([]byte("\x3b\x00\x02\x01\x00\x01\x00\x01\x04\x09\x00\x00\x00\x04\x01\x00\x01"), uint8(3))
	f.Fuzz(func(t *testing.T, in []byte, start uint8) {
		next := func(n int) int {
			if len(in) == 0 {
				return 0
			}
			b := in[0]
			in = in[1:]
			return int(b) % n
		}
		log, events := randomLog(t, next)
		if d := gocmp.Diff(model(events, int64(start)), stateOf(t, log, int64(start))); d != "" {
			t.Fatalf("(-model +state)\n%s%+v", d, events)
		}
	})
}
