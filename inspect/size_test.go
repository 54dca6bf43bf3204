package inspect

import (
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/offsetctl/offsetctl/internal/cluster"
)

// sized plans a scan and asks for its size, and says how many requests that took.
func (f *liveFake) sized(w Wanted, least Large) (*Size, *Live, int64) {
	f.t.Helper()
	l, _ := f.plan(w)
	var asked atomic.Int64
	f.ControlKey(-1, func(req kmsg.Request) (kmsg.Response, error, bool) {
		f.KeepControl()
		if kmsg.Key(req.Key()) != kmsg.ApiVersions {
			asked.Add(1)
		}
		return nil, nil, false
	})
	return l.Size(f.t.Context(), least), l, asked.Load()
}

func TestSizeTakesTwoRequestsPerLeader(t *testing.T) {
	live(t, 6, func(t *testing.T, f *liveFake) {
		p := f.plainProducer()
		for part := range int32(5) {
			f.commits(p, part, "g", 1, 2)
		}
		size, l, asked := f.sized(Wanted{}, Large{Offsets: 10, Bytes: 100})
		if size == nil || size.Oldest == nil || asked != 6 {
			t.Fatalf("%+v in %d requests", size, asked)
		}
		if diff := cmp.Diff(Size{Bytes: f.size(l.Parts), Partitions: 6, Oldest: size.Oldest}, *size); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

func TestSizeOfASmallScanAsksNobody(t *testing.T) {
	live(t, 3, func(t *testing.T, f *liveFake) {
		f.commits(f.plainProducer(), 0, "g", 1, 2, 3)
		if size, _, asked := f.sized(Wanted{}, Large{Offsets: 4, Bytes: 1}); size != nil || asked != 0 {
			t.Errorf("%+v in %d requests", size, asked)
		}
		if size, _, asked := f.sized(Wanted{Range: Range{From: AtOffset(2)}}, Large{Offsets: 2, Bytes: 1}); size != nil || asked != 0 {
			t.Errorf("from offset 2: %+v in %d requests", size, asked)
		}
	})
}

// Of many small records there may be less than is worth a word; of a log that is read in part only that part counts.
func TestSizeCountsWhatIsToBeRead(t *testing.T) {
	live(t, 1, func(t *testing.T, f *liveFake) {
		p := f.plainProducer()
		for n := range int64(10) {
			f.commits(p, 0, "g", n)
		}
		l, _ := f.plan(Wanted{})
		bytes := f.size(l.Parts)
		if size, _, _ := f.sized(Wanted{}, Large{Bytes: bytes}); size != nil {
			t.Errorf("not more than the least, and %+v", size)
		}
		if size, _, _ := f.sized(Wanted{Range: Range{From: AtOffset(5)}}, Large{Bytes: bytes / 2}); size != nil {
			t.Errorf("half of it is not more than half, and %+v", size)
		}
		size, _, _ := f.sized(Wanted{Range: Range{From: AtOffset(4)}}, Large{Bytes: bytes / 2})
		if size == nil || size.Bytes != bytes || size.Oldest == nil {
			t.Errorf("more than half of it, and %+v", size)
		}
	})
}

func TestSizeIsUnknownWithoutDescribeOnTheCluster(t *testing.T) {
	live(t, 3, func(t *testing.T, f *liveFake) {
		f.commits(f.plainProducer(), 0, "g", 1)
		f.ControlKey(int16(kmsg.DescribeLogDirs), func(req kmsg.Request) (kmsg.Response, error, bool) {
			f.KeepControl()
			resp := req.ResponseKind().(*kmsg.DescribeLogDirsResponse)
			resp.ErrorCode = kerr.ClusterAuthorizationFailed.Code
			return resp, nil, true
		})
		if size, _, _ := f.sized(Wanted{}, Large{}); size != nil {
			t.Errorf("%+v", size)
		}
		wantScan(t, scanned{Rows: []string{"0/0 OffsetCommit g orders:0 1"}}, f.scan(Options{}))
	})
}

func TestSizeWithoutAgeWhereTheStartCannotBeRead(t *testing.T) {
	live(t, 1, func(t *testing.T, f *liveFake) {
		f.commits(f.plainProducer(), 0, "g", 1)
		f.sends(0, []byte("garbage that is no batch"))
		size, l, _ := f.sized(Wanted{}, Large{})
		if diff := cmp.Diff(&Size{Bytes: f.size(l.Parts), Partitions: 1}, size); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

func TestFirstTimeIsThatOfARecord(t *testing.T) {
	at := func(ms int64) []byte {
		return AppendBatch(nil, plainBatch(0), []Record{{Offset: 0, Timestamp: ms, Key: []byte("k")}})
	}
	empty := AppendBatch(nil, plainBatch(0), nil)
	for _, c := range []struct {
		name  string
		log   []byte
		want  Millis
		known bool
	}{
		{"a record", at(5), 5, true},
		{"compaction left an empty batch", append(empty, at(6)...), 6, true},
		{"no time", append(at(-1), at(7)...), 7, true},
		{"cut", at(5)[:60], 0, false},
		{"nothing", nil, 0, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got, known := firstTime(c.log); got != c.want || known != c.known {
				t.Errorf("got %d, %v, want %d, %v", got, known, c.want, c.known)
			}
		})
	}
}

func TestSizeOfFiles(t *testing.T) {
	dir := t.TempDir()
	l := newTestLog(t).commits("a", 1, 2)
	first := l.write(filepath.Join(dir, cluster.OffsetsTopic+"-2"), 0)
	second := l.commits("a", 3).write(filepath.Join(dir, cluster.OffsetsTopic+"-2"), 2)
	other := newTestLog(t).commits("z", 1).write(filepath.Join(dir, cluster.OffsetsTopic+"-10"), 0)
	segments := []Segment{first, second, other}
	bytes := bytesOf(segments)
	if size := SizeOfFiles(segments, Large{Bytes: bytes}); size != nil {
		t.Errorf("not more than the least, and %+v", size)
	}
	oldest := Millis(testTime)
	if diff := cmp.Diff(&Size{Bytes: bytes, Partitions: 2, Oldest: &oldest}, SizeOfFiles(segments, Large{Bytes: bytes - 1})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
