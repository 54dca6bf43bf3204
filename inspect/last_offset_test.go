package inspect

import (
	"encoding/binary"
	"fmt"
	"testing"
)

// A last offset that is wrong costs its batch and no other.
func TestLiveShowsABatchWhoseLastOffsetIsWrong(t *testing.T) {
	for bit := range 32 {
		for _, limit := range []int{1 << 20, 500} {
			t.Run(fmt.Sprintf("bit %d, answers of %d bytes", bit, limit), func(t *testing.T) {
				live(t, 1, func(t *testing.T, f *liveFake) {
					l := &leaderLog{segments: []logSegment{segmentOf(t, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)}, end: 12, limit: limit}
					s := l.segments[0]
					binary.BigEndian.PutUint32(s.bytes[2*len(s.bytes)/12+23:], 1<<bit)
					f.answers(l)
					got := f.readLog(l, 12)
					if len(got.Rows) != 12 {
						t.Fatalf("rows %q", got.Rows)
					}
					rows := commitRows(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)
					rows[2] = "0/2 ERROR batch of offsets 2 to "
					wantPrefixes(t, rows, got.Rows)
					wantPrefixes(t, []string{"partition __consumer_offsets:0: batch of offsets 2 to "}, got.Errors)
				})
			})
		}
	}
}
