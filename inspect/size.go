package inspect

import (
	"context"
	"io"
	"os"
	"sync"

	"github.com/offsetctl/offsetctl/internal/cluster"
)

// Size is how much there is to read, and since when.
type Size struct {
	Bytes      int64 // of the whole logs of the partitions
	Partitions int
	Oldest     *Millis // of the records at the starts of the logs; nil: nothing tells
}

// Large is from where on it is worth while to say how large a scan is.
type Large struct {
	Offsets int64 // to read: with fewer no broker is asked
	Bytes   int64 // to read: what is more is large
}

// Size asks each leader for the sizes of its partitions, and for the first records of their logs. nil: the scan is
// not large, or a broker does not say, which needs Describe on the cluster.
func (l *Live) Size(ctx context.Context, least Large) *Size {
	if toRead(l.Parts) < least.Offsets {
		return nil
	}
	byLeader := map[cluster.Broker][]Part{}
	for _, p := range l.Parts {
		byLeader[p.Leader] = append(byLeader[p.Leader], p)
	}
	sum := sizing{size: Size{Partitions: len(l.Parts)}}
	var wg sync.WaitGroup
	for leader, parts := range byLeader {
		wg.Go(func() { sum.sizes(parts, l.sizes(ctx, leader, parts)) })
		wg.Go(func() { sum.oldest(l.starts(ctx, leader, parts)) })
	}
	wg.Wait()
	if sum.unknown || sum.read <= float64(least.Bytes) {
		return nil
	}
	return &sum.size
}

func (l *Live) sizes(ctx context.Context, leader cluster.Broker, parts []Part) []cluster.LogSize {
	ids := make([]int32, len(parts))
	for i, p := range parts {
		ids[i] = p.ID
	}
	return l.Run.LogSizes(ctx, leader, l.Topic.Name, ids)
}

// startBytes is how much is asked for of each log's start: brokers' batches in internal topics are smaller.
const startBytes = 64 << 10

// starts are what stands at the starts of logs.
func (l *Live) starts(ctx context.Context, leader cluster.Broker, parts []Part) [][]byte {
	from := make([]cluster.FetchFrom, len(parts))
	for i, p := range parts {
		from[i] = cluster.FetchFrom{Partition: p.ID, Offset: p.LogStart}
	}
	got, _ := l.Run.Fetch(ctx, leader, l.Topic, from, false, cluster.FetchLimits{Partition: startBytes, Total: 16 << 20, MinBytes: 1})
	starts := make([][]byte, len(got))
	for i := range got {
		starts[i] = got[i].Records
	}
	return starts
}

// sizing adds up what leaders say.
type sizing struct {
	mu      sync.Mutex
	size    Size
	read    float64 // bytes that are to be read, as far as offsets tell
	unknown bool
}

func (s *sizing) sizes(parts []Part, sizes []cluster.LogSize) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, p := range parts {
		s.unknown = s.unknown || sizes[i].Err != nil
		s.size.Bytes += sizes[i].Bytes
		if all := p.LogEnd - p.LogStart; all > 0 {
			s.read += float64(sizes[i].Bytes) * float64(p.End-p.Start) / float64(all)
		}
	}
}

func (s *sizing) oldest(starts [][]byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, b := range starts {
		if ms, ok := firstTime(b); ok && (s.size.Oldest == nil || ms < *s.size.Oldest) {
			s.size.Oldest = &ms
		}
	}
}

// firstTime is the timestamp of the first record that has one, in the start of a log. A batch's header does not tell:
// where compaction keeps a tombstone for a while, its first timestamp is when it may go (KIP-534).
func firstTime(b []byte) (Millis, bool) {
	var d Decompressor
	first, found := Millis(0), false
	for batch, err := range Batches(b) {
		if err != nil {
			break
		}
		_ = d.Each(&batch, func(r Record) error {
			if r.Timestamp < 0 {
				return nil
			}
			first, found = Millis(r.Timestamp), true
			return errStop
		})
		if found {
			break
		}
	}
	return first, found
}

// SizeOfFiles is the size of segments, which come from FindSegments; nil: they are not large.
func SizeOfFiles(segments []Segment, least Large) *Size {
	logs := byPartition(segments)
	sum := sizing{size: Size{Bytes: bytesOf(segments), Partitions: len(logs)}}
	if sum.size.Bytes <= least.Bytes {
		return nil
	}
	for _, log := range logs {
		sum.oldest([][]byte{startOf(log[0].Path)})
	}
	return &sum.size
}

// startOf is the beginning of a file; nothing where it cannot be read, which the scan says.
func startOf(path string) []byte {
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	b, _ := io.ReadAll(io.LimitReader(f, startBytes))
	return b
}
