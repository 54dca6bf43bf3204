package inspect

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

func TestRangeThatEndsBeforeItBegins(t *testing.T) {
	now := time.UnixMilli(testTime)
	for _, c := range []struct {
		r    Range
		want bool
	}{
		{Range{}, false},
		{Range{From: AtOffset(5)}, false},
		{Range{From: AtOffset(5), To: AtOffset(5)}, false},
		{Range{From: AtOffset(6), To: AtOffset(5)}, true},
		{Range{From: AtTime(now), To: AtTime(now)}, false},
		{Range{From: AtTime(now.Add(time.Millisecond)), To: AtTime(now)}, true},
		{Range{From: Latest(), To: Earliest()}, true},
		{Range{From: Earliest(), To: Latest()}, false},
		{Range{From: Latest(), To: Latest()}, false},
		{Range{From: AtTime(now), To: AtOffset(0)}, false}, // nobody knows
	} {
		if got := c.r.Reversed(); got != c.want {
			t.Errorf("%+v: got %v", c.r, got)
		}
	}
}

func TestBoundInTheMiddleOfAMillisecondIsTheNextOne(t *testing.T) {
	now := time.UnixMilli(testTime)
	if got := AtTime(now.Add(time.Nanosecond)); got != AtTime(now.Add(time.Millisecond)) || AtTime(now) == got {
		t.Errorf("got %+v", got)
	}
}

// rangeCases are for a log of offsets 0 to 5, in three batches of a minute between one another: 0 1 2, 3 4 and 5.
func rangeCases(first time.Time) map[string]struct {
	Range
	offsets string
} {
	at := func(minutes time.Duration) Bound { return AtTime(first.Add(minutes * time.Minute)) }
	return map[string]struct {
		Range
		offsets string
	}{
		"all":                      {Range{}, "0 1 2 3 4 5"},
		"from its ends to them":    {Range{Earliest(), Latest()}, "0 1 2 3 4 5"},
		"from the end":             {Range{From: Latest()}, ""},
		"to the start":             {Range{To: Earliest()}, ""},
		"between offsets":          {Range{AtOffset(1), AtOffset(4)}, "1 2 3"},
		"one offset":               {Range{AtOffset(4), AtOffset(5)}, "4"},
		"no offset":                {Range{AtOffset(4), AtOffset(4)}, ""},
		"offsets beyond its ends":  {Range{AtOffset(0), AtOffset(100)}, "0 1 2 3 4 5"},
		"from beyond its end":      {Range{From: AtOffset(100)}, ""},
		"from a time that is met":  {Range{From: at(1)}, "3 4 5"},
		"from a time between":      {Range{From: AtTime(first.Add(1))}, "3 4 5"},
		"to a time that is met":    {Range{To: at(1)}, "0 1 2"},
		"to a time between":        {Range{To: AtTime(first.Add(time.Minute + 1))}, "0 1 2 3 4"},
		"between times":            {Range{at(1), at(2)}, "3 4"},
		"from before all":          {Range{From: at(-1)}, "0 1 2 3 4 5"},
		"to before all":            {Range{To: at(-1)}, ""},
		"from after all":           {Range{From: at(3)}, ""},
		"to after all":             {Range{To: at(3)}, "0 1 2 3 4 5"},
		"from a time to an offset": {Range{at(1), AtOffset(5)}, "3 4"},
		"a time after the offset":  {Range{at(2), AtOffset(4)}, ""},
		"before 1970":              {Range{From: AtTime(time.UnixMilli(-1))}, "0 1 2 3 4 5"},
	}
}

// offsetsOf are the offsets of rows, with a space between one another.
func offsetsOf(rows []string) string {
	var offsets []string
	for _, r := range rows {
		var partition, offset int
		_, _ = fmt.Sscanf(r, "%d/%d", &partition, &offset)
		offsets = append(offsets, fmt.Sprint(offset))
	}
	return strings.Join(offsets, " ")
}

// commitsAt appends a batch with a commit at each offset, all written at one time.
func (f *liveFake) commitsAt(c *kgo.Client, partition int32, when time.Time, offsets ...int64) {
	f.t.Helper()
	var records []*kgo.Record
	for _, o := range offsets {
		records = append(records, &kgo.Record{Partition: partition, Timestamp: when, Key: commitKey1(f.t, "g", "orders", 0), Value: commitValue3(f.t, o)})
	}
	if err := c.ProduceSync(f.t.Context(), records...).FirstErr(); err != nil {
		f.t.Fatal(err)
	}
}

func TestLiveRange(t *testing.T) {
	live(t, 3, func(t *testing.T, f *liveFake) {
		p := f.producer()
		first := time.Now()
		for i, batch := range [][]int64{{0, 1, 2}, {3, 4}, {5}} {
			f.commitsAt(p, 1, first.Add(time.Duration(i)*time.Minute), batch...)
		}
		for name, c := range rangeCases(first) {
			got := f.scan(Options{Range: c.Range})
			if offsets := offsetsOf(got.Rows); offsets != c.offsets || got.Errors != nil || got.Notes != nil {
				t.Errorf("%s: got offsets %q, want %q; %v %v", name, offsets, c.offsets, got.Errors, got.Notes)
			}
		}
	})
}

func TestLiveRangeByTimeIsOneRequestMorePerLeader(t *testing.T) {
	live(t, 6, func(t *testing.T, f *liveFake) {
		asked := f.counted(kmsg.ListOffsets)
		at := AtTime(time.Now())
		for _, c := range []struct {
			name string
			Range
			want int
		}{
			{"offsets", Range{AtOffset(1), AtOffset(2)}, 3 * 3},
			{"one time", Range{From: at}, 3 * 4},
			{"the same time", Range{at, at}, 3 * 4},
			{"two times", Range{at, AtTime(time.Now().Add(time.Hour))}, 3 * 5},
		} {
			*asked = 0
			f.plan(Wanted{Range: c.Range})
			if *asked != c.want {
				t.Errorf("%s: %d requests, want %d", c.name, *asked, c.want)
			}
		}
	})
}

// counted counts requests of one kind, but for those that another control function answers.
func (f *liveFake) counted(key kmsg.Key) *int {
	n := new(int)
	f.ControlKey(int16(key), func(kmsg.Request) (kmsg.Response, error, bool) {
		f.KeepControl()
		*n++
		return nil, nil, false
	})
	return n
}

// What a transaction became is told by a marker, which may stand after the range; and it may have begun before.
func TestLiveRangeTellsWhatBecameOfTransactionsAcrossItsEnds(t *testing.T) {
	live(t, 1, func(t *testing.T, f *liveFake) {
		f.transactions(t)
		for _, c := range []struct {
			from, to int64
			want     string
		}{
			{1, 2, "0/1 aborted"}, // begun before, ended after; below the last stable offset
			{4, 6, "0/4 open, 0/5 aborted"},
			{5, 6, "0/5 aborted"}, // beyond the last stable offset
			{0, 3, "0/0 aborted, 0/1 aborted, 0/2 aborted"},
			{6, 7, "0/6 aborted"},
		} {
			var outcomes []string
			for _, r := range f.scan(Options{Range: Range{AtOffset(c.from), AtOffset(c.to)}}).Rows {
				words := strings.Fields(r)
				outcome, _, _ := strings.Cut(words[len(words)-1], "(")
				outcomes = append(outcomes, words[0]+" "+outcome)
			}
			if got := strings.Join(outcomes, ", "); got != c.want {
				t.Errorf("%d to %d: got %q, want %q", c.from, c.to, got, c.want)
			}
		}
	})
}

// transactions writes two aborted ones, of two records each, with one that stays open in between.
func (f *liveFake) transactions(t *testing.T) {
	begin := func(id string) *kgo.Client {
		p := f.producer(kgo.TransactionalID(id))
		if err := p.BeginTransaction(); err != nil {
			t.Fatal(err)
		}
		return p
	}
	abort := func(p *kgo.Client) {
		if err := p.EndTransaction(t.Context(), kgo.TryAbort); err != nil {
			t.Fatal(err)
		}
	}
	one := begin("one")
	f.commits(one, 0, "g", 0)
	f.commits(one, 0, "g", 1)
	abort(one) // 2
	f.commits(f.producer(), 0, "g", 3)
	f.commits(begin("open"), 0, "g", 4) // the last stable offset
	two := begin("two")
	f.commits(two, 0, "g", 5)
	abort(two) // 6
}
