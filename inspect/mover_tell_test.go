package inspect

import (
	"io"
	"slices"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// A broker that dies leads many partitions, and what is to be said of them is the same.
func TestFollowTellsOnceOfPartitionsWithTheSameTrouble(t *testing.T) {
	live(t, 9, func(t *testing.T, f *liveFake) {
		f.fetches(func(node int32, _ *kmsg.FetchRequest) (kmsg.Response, error, bool) { return nil, io.EOF, node == 1 })
		f.Fault(kfake.Fault{Count: -1, Keys: []kmsg.Key{kmsg.Fetch}, Topic: "__consumer_offsets", Partitions: []int32{2}, Err: kerr.NotLeaderForPartition})
		got, stop := f.follow(Options{})
		pass(10 * time.Minute)
		stop()
		slices.Sort(got.Notes)
		wantPrefixes(t, []string{
			"3 partitions of __consumer_offsets, __consumer_offsets:1 the first: their leaders have not answered for 3",
			"partition __consumer_offsets:2: its leader has not answered for 3",
		}, got.Notes)
	})
}
