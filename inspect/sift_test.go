package inspect

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// leaderLog is the log of partition 0 as its leader has it. It answers a Fetch like Kafka does: from one segment, from
// the first batch on that ends at the offset or after it, looked for from an index on that knows every second batch, and
// cut where the answer is full.
type leaderLog struct {
	segments []logSegment
	end      int64
	limit    int // bytes of an answer; its first batch comes whole all the same
	aborted  []kmsg.FetchResponseTopicPartitionAbortedTransaction
	before   func() // of each answer
}

// logSegment is of batches with one commit each, all of the same size.
type logSegment struct {
	offsets []int64 // what they are
	bytes   []byte
}

func (l *leaderLog) read(offset int64) ([]byte, error) {
	if offset > l.end {
		return nil, kerr.OffsetOutOfRange
	}
	if offset == l.end {
		return nil, nil
	}
	i := len(l.segments) - 1
	for i > 0 && l.segments[i].offsets[0] > offset {
		i--
	}
	for n, s := range l.segments[i:] {
		size, at := len(s.bytes)/len(s.offsets), 0
		for k := 0; n == 0 && k < len(s.offsets) && s.offsets[k] <= offset; k += 2 {
			at = k * size
		}
		for b := range Batches(s.bytes[at:]) {
			if b.LastOffset >= offset {
				return s.bytes[at:min(len(s.bytes), at+max(l.limit, size))], nil
			}
			at += size
		}
	}
	return nil, nil
}

// answers has the log answer every Fetch.
func (f *liveFake) answers(l *leaderLog) (asked *[]int64) {
	asked = &[]int64{}
	f.fetches(func(_ int32, req *kmsg.FetchRequest) (kmsg.Response, error, bool) {
		offset := req.Topics[0].Partitions[0].FetchOffset
		*asked = append(*asked, offset)
		if l.before != nil {
			l.before()
		}
		records, err := l.read(offset)
		if len(records) == 0 && err == nil {
			time.Sleep(time.Duration(req.MaxWaitMillis) * time.Millisecond) // of the bubble
		}
		resp := answer(req, 0, records)
		p := &resp.Topics[0].Partitions[0]
		p.HighWatermark, p.LastStableOffset, p.AbortedTransactions = l.end, l.end, l.aborted
		if err != nil {
			p.ErrorCode = kerr.OffsetOutOfRange.Code
		}
		return resp, nil, true
	})
	return asked
}

// readLog reads the log, which answers, as the only partition.
func (f *liveFake) readLog(l *leaderLog, until int64) scanned {
	f.t.Helper()
	live, _ := f.plan(Wanted{})
	live.Parts[0].End, live.Parts[0].Stable, live.Parts[0].LogEnd = until, until, until
	return f.read(live, Options{})
}

// say changes the offset that the k-th batch says.
func (s logSegment) say(k int, claimed int64) {
	binary.BigEndian.PutUint64(s.bytes[k*len(s.bytes)/len(s.offsets):], uint64(claimed))
}

func segmentOf(t *testing.T, offsets ...int64) logSegment {
	t.Helper()
	l := newTestLog(t)
	for _, o := range offsets {
		l.next = o
		l.batch(plainBatch(0), Record{Key: commitKey1(t, "g", "orders", 0), Value: commitValue3(t, o)})
	}
	return logSegment{offsets, l.bytes}
}

func commitRows(offsets ...int64) []string {
	var rows []string
	for _, o := range offsets {
		rows = append(rows, fmt.Sprintf("0/%d OffsetCommit g orders:0 %d", o, o))
	}
	return rows
}

func TestLiveShowsABatchWhoseOffsetIsWrong(t *testing.T) {
	for _, c := range []struct {
		name          string
		segments      [][]int64
		until, end    int64
		base, claimed int64
		limit         int
		rows          []string
		error         string
	}{
		{
			"far beyond the end", [][]int64{{0, 1, 2, 3}}, 4, 4, 1, 1 << 60, 1 << 20,
			[]string{"0/0 Off", "0/1 ERROR batch that says it has offsets 1152921504606846976 to 1152921504606846976: offsets go back from 1152921504606846976 to 2", "0/2 Off", "0/3 Off"},
			"batch that says it has offsets 1152921504606846976",
		},
		{
			"beyond the end by a little, and nothing after it", [][]int64{{0, 1, 2, 3}}, 4, 4, 3, 7, 1 << 20,
			[]string{"0/0 Off", "0/1 Off", "0/2 Off", "0/3 ERROR batch that says it has offsets 7 to 7: its leader sends it from offset 3 on, and has no such batch at offset 7"},
			"batch that says it has offsets 7",
		},
		{
			"at records that have come since", [][]int64{{0, 1, 2, 3, 4, 5, 6}}, 4, 7, 2, 6, 1 << 20,
			[]string{"0/0 Off", "0/1 Off", "0/2 ERROR batch that says it has offsets 6 to 6: offsets go back from 6 to 3", "0/3 Off"}, "batch that says it has offsets 6",
		},
		{
			"over records below the end", [][]int64{{0, 1, 2, 3, 4, 5}}, 6, 6, 2, 4, 1 << 20,
			[]string{"0/0 Off", "0/1 Off", "0/2 ERROR batch that says it has offsets 4 to 4: offsets go back from 4 to 3", "0/3 Off", "0/4 Off", "0/5 Off"}, "offsets 4 to 4",
		},
		{
			"back", [][]int64{{0, 1, 2, 3, 4, 5}}, 6, 6, 3, 1, 1 << 20,
			[]string{"0/0 Off", "0/1 Off", "0/2 Off", "0/3 ERROR batch that says it has offsets 1 to 1: offsets go back from 2 to 1", "0/4 Off", "0/5 Off"}, "offsets 1 to 1",
		},
		{
			"below zero", [][]int64{{0, 1, 2, 3}}, 4, 4, 2, -5, 1 << 20,
			[]string{"0/0 Off", "0/1 Off", "0/2 ERROR batch that says it has offsets -5 to -5: offsets go back from 1 to -5", "0/3 Off"}, "offsets -5",
		},
		{
			"as the last of a segment, over the next one", [][]int64{{0, 1, 2}, {3, 4, 5, 6}}, 7, 7, 2, 5, 1 << 20,
			[]string{"0/0 Off", "0/1 Off", "0/2 ERROR batch that says it has offsets 5 to 5: its leader sends it from offset 2 on, and has no such", "0/3 Off", "0/4 Off", "0/5 Off", "0/6 Off"}, "offsets 5 to 5",
		},
		{
			"as the last of an answer, before a cut one", [][]int64{{0, 1, 2, 3, 4, 5}}, 6, 6, 2, 1 << 40, 3*len(segmentOf(t, 0).bytes) + 20,
			[]string{"0/0 Off", "0/1 Off", "0/2 ERROR batch that says it has offsets 1099511627776", "0/3 Off", "0/4 Off", "0/5 Off"}, "offsets 1099511627776",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			live(t, 1, func(t *testing.T, f *liveFake) {
				l := &leaderLog{end: c.end, limit: c.limit}
				for _, offsets := range c.segments {
					l.segments = append(l.segments, segmentOf(t, offsets...))
				}
				l.segments[0].say(int(c.base), c.claimed)
				live, _ := f.plan(Wanted{})
				live.Parts[0].End, live.Parts[0].Stable, live.Parts[0].LogEnd = c.until, c.until, c.until
				f.answers(l)
				var rows []string
				report, err := live.Read(t.Context(), Options{}, func(r *Row) error { rows = append(rows, line(r)); return nil })
				if err != nil {
					t.Fatal(err)
				}
				wantPrefixes(t, c.rows, rows)
				wantOne(t, report.Errors, "__consumer_offsets:0", "CORRUPT_MESSAGE", c.error)

				state, err := live.Latest(t.Context(), Options{})
				if err != nil {
					t.Fatal(err)
				}
				wantOne(t, state.Report.Errors, "__consumer_offsets:0", "CORRUPT_MESSAGE", c.error)
			})
		})
	}
}

// Holes that compaction has made cost a request more only where a segment ends behind one, or the range does in it.
func TestLiveHolesAreNotTakenForWrongOffsets(t *testing.T) {
	one := len(segmentOf(t, 0).bytes)
	for _, c := range []struct {
		name  string
		log   leaderLog
		until int64
		rows  []string
		asked []int64
	}{
		{"holes and the end", leaderLog{segments: []logSegment{segmentOf(t, 3, 90, 5000, 5001)}, end: 5002, limit: 1 << 20}, 5002, commitRows(3, 90, 5000, 5001), []int64{0}},
		{"a hole before the end", leaderLog{segments: []logSegment{segmentOf(t, 3, 90)}, end: 91, limit: 1 << 20}, 91, commitRows(3, 90), []int64{0}},
		{"a hole before a cut batch", leaderLog{segments: []logSegment{segmentOf(t, 3, 90, 100)}, end: 101, limit: 2*one + 8}, 101, commitRows(3, 90, 100), []int64{0, 91}},
		{"a segment that ends behind a hole", leaderLog{segments: []logSegment{segmentOf(t, 3, 90), segmentOf(t, 100, 101)}, end: 102, limit: 1 << 20}, 102, commitRows(3, 90, 100, 101), []int64{0, 90, 91}},
		{"a hole at the end of the range", leaderLog{segments: []logSegment{segmentOf(t, 3, 90, 91)}, end: 92, limit: 1 << 20}, 50, commitRows(3), []int64{0, 90}},
		{"one record since, behind a hole at the end", leaderLog{segments: []logSegment{segmentOf(t, 3, 90)}, end: 92, limit: 1 << 20}, 50, commitRows(3), []int64{0, 90}},
	} {
		t.Run(c.name, func(t *testing.T) {
			live(t, 1, func(t *testing.T, f *liveFake) {
				asked := f.answers(&c.log)
				wantScan(t, scanned{Rows: c.rows}, f.readLog(&c.log, c.until))
				if !slices.Equal(*asked, c.asked) {
					t.Errorf("asked for %v, want %v", *asked, c.asked)
				}
			})
		})
	}
}

// A batch that is gone when the leader is asked for it again was compacted meanwhile, and is no damage.
func TestLiveBatchThatIsCompactedMeanwhileIsNoDamage(t *testing.T) {
	live(t, 1, func(t *testing.T, f *liveFake) {
		l := leaderLog{segments: []logSegment{segmentOf(t, 3, 90), segmentOf(t, 100, 101)}, end: 102, limit: 1 << 20}
		n := 0
		l.before = func() {
			if n++; n == 2 {
				l.segments[0] = segmentOf(t, 3)
			}
		}
		f.answers(&l)
		wantScan(t, scanned{Rows: commitRows(3, 100, 101)}, f.readLog(&l, 102))
	})
}

// A marker whose offset is wrong ends its transaction all the same.
func TestLiveMarkerWhoseOffsetIsWrongEndsItsTransaction(t *testing.T) {
	for _, stable := range []int64{0, 5} {
		t.Run(fmt.Sprintf("stable up to %d", stable), func(t *testing.T) {
			live(t, 1, func(t *testing.T, f *liveFake) {
				log := newTestLog(t).pending(9, 1, "a", 1).ends(9, 1, false).commits("g", 1).pending(9, 1, "b", 2).ends(9, 1, true)
				l := leaderLog{segments: []logSegment{{[]int64{0}, log.bytes}}, end: 5, limit: 1 << 20}
				first, _ := NextBatch(log.bytes)
				binary.BigEndian.PutUint64(log.bytes[len(first.Bytes):], 1<<50)
				live, _ := f.plan(Wanted{})
				live.Parts[0].End, live.Parts[0].Stable, live.Parts[0].LogEnd = 5, stable, 5
				l.aborted = []kmsg.FetchResponseTopicPartitionAbortedTransaction{{ProducerID: 9, FirstOffset: 0}}
				f.answers(&l)
				got := f.read(live, Options{})
				wantPrefixes(t, []string{"0/0 OffsetCommit a orders:0 1 aborted(9,1)", "0/1 ERROR batch that says", "0/2 ", "0/3 OffsetCommit b orders:0 2 committed(9,1)", "0/4 "}, got.Rows)
				state, err := live.Latest(t.Context(), Options{})
				if err != nil {
					t.Fatal(err)
				}
				if c := state.Commits(); len(c) != 2 || c[0].Group != "b" || c[1].Group != "g" {
					t.Errorf("latest commits %+v, want none of an aborted transaction", c)
				}
				if len(got.Errors) != 1 {
					t.Errorf("got %q", got.Errors)
				}
			})
		})
	}
}

// What is followed goes on behind a batch whose offset is wrong.
func TestFollowShowsABatchWhoseOffsetIsWrong(t *testing.T) {
	live(t, 1, func(t *testing.T, f *liveFake) {
		l := leaderLog{segments: []logSegment{segmentOf(t, 0, 1, 2)}, end: 3, limit: 1 << 20}
		l.segments[0].say(2, 9)
		start := time.Now()
		l.before = func() {
			if time.Since(start) > time.Minute && l.end == 3 {
				l.segments, l.end = append(l.segments, segmentOf(t, 3, 4)), 5
			}
		}
		f.answers(&l)
		got, stop := f.follow(Options{})
		pass(2 * time.Minute)
		stop()
		pass(time.Second) // for the leader's last answer
		wantPrefixes(t, []string{"0/0 ", "0/1 ", "0/2 ERROR batch that says it has offsets 9 to 9", "0/3 ", "0/4 "}, got.Rows)
		wantPrefixes(t, []string{"partition __consumer_offsets:0: batch that says it has offsets 9 to 9"}, got.Errors)
	})
}

// randomSegments has up to four segments with up to six batches each, with holes between them.
func randomSegments(t *testing.T, r *rand.Rand) (l leaderLog, offsets []int64) {
	t.Helper()
	next := int64(r.IntN(3))
	hole := 1 + r.IntN(9)
	for range 1 + r.IntN(4) {
		var own []int64
		for range 1 + r.IntN(6) {
			own = append(own, next)
			next += 1 + int64(r.IntN(2)*r.IntN(hole))
		}
		offsets = append(offsets, own...)
		l.segments = append(l.segments, segmentOf(t, own...))
	}
	l.end = offsets[len(offsets)-1] + 1
	one := len(segmentOf(t, 0).bytes)
	l.limit = one*(3+r.IntN(5)) + r.IntN(one)
	return l, offsets
}

// flip has the k-th batch of the log say another offset.
func (l *leaderLog) flip(k int, claimed int64) {
	for _, s := range l.segments {
		if k < len(s.offsets) {
			s.say(k, claimed)
			return
		}
		k -= len(s.offsets)
	}
}

// lastOfSegment reports whether the k-th batch is in the last stretch of its segment, which the index does not tell
// apart. Behind such a one nobody may know where what comes next begins, and the rest of the partition is given up.
func lastOfSegment(l leaderLog, k int) bool {
	for _, s := range l.segments {
		if k -= len(s.offsets); k < 0 {
			return k >= -2
		}
	}
	return false
}

// Whatever bit of whatever base offset: nothing comes twice, nothing but that batch is lost, and not in silence but
// where nothing can tell. Of a batch that goes back it may also be the one before that is left out, with a row: either
// may be wrong.
func TestLiveAnyFlippedBitOfABaseOffset(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	live(t, 1, func(t *testing.T, f *liveFake) {
		var l leaderLog
		asked := f.answers(&l)
		for n := range 500 {
			var all []int64
			l, all = randomSegments(t, r)
			k, bit := r.IntN(len(all)), r.IntN(64)
			if n%2 == 0 {
				bit %= 6
			}
			claimed := all[k] ^ 1<<bit
			l.flip(k, claimed)
			*asked = nil
			got := f.readLog(&l, l.end)
			name := fmt.Sprintf("log %d of %v: %d says %d, asked for %v, rows %q, errors %q", n, all, all[k], claimed, *asked, got.Rows, got.Errors)

			inHole := (k == 0 || claimed > all[k-1]) && (k == len(all)-1 || claimed < all[k+1]) && claimed >= 0
			if claimed > all[k] && !inHole && len(got.Errors) != 1 {
				t.Fatalf("%s: no error", name)
			}
			lost := 0
			for i, o := range all {
				if i != k && !slices.Contains(got.Rows, commitRows(o)[0]) {
					lost++
				}
			}
			if len(got.Errors) == 1 && strings.Contains(got.Errors[0], "sends nothing") && lastOfSegment(l, k) {
				continue
			}
			if mayLose := claimed < all[k] && len(got.Errors) == 1; lost > 1 || lost == 1 && !mayLose {
				t.Fatalf("%s: %d others lost", name, lost)
			}
			if len(got.Rows) > len(all) || len(*asked) > 2*len(all)+6 {
				t.Fatalf("%s: too much", name)
			}
		}
	})
}
