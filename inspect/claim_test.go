package inspect

import (
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// A new leader may tell an earlier end than the old one did, until its followers have fetched: that denies no claim.
func TestLiveClaimIsMadeAnewToANewLeader(t *testing.T) {
	live(t, 1, func(t *testing.T, f *liveFake) {
		old := &leaderLog{segments: []logSegment{segmentOf(t, 3, 90), segmentOf(t, 100, 101)}, end: 102, limit: 1 << 20}
		early := &leaderLog{segments: []logSegment{segmentOf(t, 3)}, end: 50, limit: 1 << 20}
		n := 0
		f.fetches(func(_ int32, req *kmsg.FetchRequest) (kmsg.Response, error, bool) {
			n++
			l := old
			if n == 3 || n == 4 {
				l = early
			}
			offset := req.Topics[0].Partitions[0].FetchOffset
			var records []byte
			if offset < l.end {
				records, _ = l.read(offset)
			}
			resp := answer(req, 0, records)
			p := &resp.Topics[0].Partitions[0]
			p.HighWatermark, p.LastStableOffset = l.end, l.end
			if n == 2 {
				p.RecordBatches, p.ErrorCode = nil, kerr.NotLeaderForPartition.Code
			}
			return resp, nil, true
		})
		wantScan(t, scanned{Rows: commitRows(3, 90, 100, 101)}, f.readLog(old, 102))
	})
}

func TestLiveShowsSeveralWrongOffsetsInARow(t *testing.T) {
	live(t, 1, func(t *testing.T, f *liveFake) {
		l := &leaderLog{segments: []logSegment{segmentOf(t, 0, 1, 2, 3, 4, 5, 6, 7)}, end: 8, limit: 1 << 20}
		l.segments[0].say(2, 1<<40)
		l.segments[0].say(3, 1<<41)
		l.segments[0].say(4, 1<<42)
		f.answers(l)
		got := f.readLog(l, 8)
		wantPrefixes(t, []string{"0/0 Off", "0/1 Off", "0/2 ERROR batch that says", "0/3 ERROR batch that says", "0/4 ERROR batch that says", "0/5 Off", "0/6 Off", "0/7 Off"}, got.Rows)
		wantPrefixes(t, []string{"partition __consumer_offsets:0: 3 places cannot be read"}, got.Errors)
	})
}

// Neighbours that are wrong by the same rise, so that only what follows shows it. What they hide is not looked for.
func TestLiveTellsOfNeighboursThatAreWrongByTheSame(t *testing.T) {
	one := len(segmentOf(t, 0).bytes)
	for _, limit := range []int{1 << 20, 5*one + 20} {
		live(t, 1, func(t *testing.T, f *liveFake) {
			l := &leaderLog{segments: []logSegment{segmentOf(t, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)}, end: 12, limit: limit}
			for _, k := range []int{2, 3, 4} {
				l.segments[0].say(k, int64(k)+4)
			}
			f.answers(l)
			got := f.readLog(l, 12)
			if len(got.Errors) != 1 || !strings.Contains(got.Errors[0], "offsets go back from 8 to 5") {
				t.Errorf("answers of %d bytes: %q, rows %q", limit, got.Errors, got.Rows)
			}
		})
	}
}
