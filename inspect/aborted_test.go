package inspect

import (
	"strings"
	"testing"

	"github.com/offsetctl/offsetctl/internal/cluster"
)

// logStep is what a scan meets in a log: data of a producer, its marker, or an answer's list of aborted ones.
type logStep struct {
	producer, offset int64
	marker           bool
	list             []cluster.Aborted
	answer           bool
}

func data(producer, offset int64) logStep { return logStep{producer: producer, offset: offset} }

func mark(producer, offset int64) logStep {
	return logStep{producer: producer, offset: offset, marker: true}
}

func listed(list ...cluster.Aborted) logStep { return logStep{list: list, answer: true} }

func TestDecided(t *testing.T) {
	aborted := func(producer, first int64) cluster.Aborted {
		return cluster.Aborted{ProducerID: producer, FirstOffset: first}
	}
	for _, c := range []struct {
		name  string
		steps []logStep
		want  string // a: aborted, c: committed, of each data
	}{
		{"none aborted", []logStep{listed(), data(1, 0), mark(1, 1), data(1, 2)}, "cc"},
		{"one", []logStep{listed(aborted(1, 0)), data(1, 0), data(2, 1), data(1, 2)}, "aca"},
		{"not before its first offset", []logStep{listed(aborted(1, 2)), data(1, 0), mark(1, 1), data(1, 2), mark(1, 3), data(1, 4)}, "cac"},
		{"twice", []logStep{listed(aborted(1, 0), aborted(1, 2)), data(1, 0), mark(1, 1), data(1, 2), mark(1, 3), data(1, 4)}, "aac"},
		{"listed again by the next answer", []logStep{listed(aborted(1, 0)), data(1, 0), mark(1, 1), listed(aborted(1, 0)), data(1, 2)}, "ac"},
		{"an answer lists what goes on", []logStep{listed(aborted(1, 0)), data(1, 0), listed(aborted(1, 0), aborted(2, 3)), data(1, 1), data(2, 3)}, "aaa"},
		{"lists in any order", []logStep{listed(aborted(2, 4), aborted(1, 0)), data(1, 0), data(2, 1), mark(2, 2), data(2, 4)}, "aca"},
		{"begun before the scan", []logStep{listed(aborted(1, 0)), data(1, 5), mark(1, 6), data(1, 7)}, "ac"},
		// Compaction takes the records of an aborted transaction before its marker, and the leader still lists it.
		{"nothing left but the marker", []logStep{listed(aborted(1, 0)), mark(1, 1), data(1, 2)}, "c"},
		{"nothing left but the marker, before one that was aborted", []logStep{listed(aborted(1, 0), aborted(1, 2)), mark(1, 1), data(1, 2), mark(1, 3), data(1, 4)}, "ac"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var d decided
			var got strings.Builder
			for _, s := range c.steps {
				switch {
				case s.marker:
					d.ended(s.producer, s.offset)
				case s.answer:
					d.add(s.list)
				default:
					got.WriteByte(d.of(s.producer, s.offset).outcome[0])
				}
			}
			if got.String() != c.want {
				t.Errorf("got %s, want %s", got.String(), c.want)
			}
		})
	}
}

func TestEndings(t *testing.T) {
	e := endings{}
	e.add(1, 4, Committed)
	e.add(2, 5, Aborted)
	e.add(1, 9, Aborted)
	for _, c := range []struct {
		producer, offset int64
		want             Outcome
	}{
		{1, 0, Committed},
		{1, 3, Committed},
		{1, 4, Aborted}, // the marker ends what is before it
		{1, 8, Aborted},
		{1, 10, Open},
		{2, 0, Aborted},
		{2, 6, Open},
		{3, 0, Open},
	} {
		if got := e.of(c.producer, c.offset).outcome; got != c.want {
			t.Errorf("producer %d at offset %d: %s, want %s", c.producer, c.offset, got, c.want)
		}
	}
}
