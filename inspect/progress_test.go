package inspect

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kmsg"
)

func wantCounts(t *testing.T, want Counts, p *Progress) {
	t.Helper()
	if diff := cmp.Diff(want, p.Counts()); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
}

// size is that of the logs of parts.
func (f *liveFake) size(parts []Part) (bytes int64) {
	f.t.Helper()
	for _, p := range parts {
		bytes += f.PartitionInfo("__consumer_offsets", p.ID).NumBytes
	}
	return bytes
}

func TestProgressOfALiveScan(t *testing.T) {
	live(t, 4, func(t *testing.T, f *liveFake) { // one partition stays empty
		p := f.plainProducer()
		for part := range int32(3) {
			f.commits(p, part, "g", 1, 2)
			f.commits(p, part, "g", 3)
		}
		var progress Progress
		wantCounts(t, Counts{}, &progress)
		l, _ := f.plan(Wanted{})
		if _, err := l.Read(t.Context(), Options{Progress: &progress}, func(*Row) error { return nil }); err != nil {
			t.Fatal(err)
		}
		want := Counts{Partitions: 4, Ended: 4, Records: 9, Bytes: f.size(l.Parts), Done: 9, Total: 9}
		wantCounts(t, want, &progress)
		var latest Progress
		if _, err := l.Latest(t.Context(), Options{Progress: &latest}); err != nil {
			t.Fatal(err)
		}
		wantCounts(t, want, &latest)
	})
}

// Beyond an open transaction all is fetched twice, and counts once.
func TestProgressDoesNotCountTheSearchForMarkers(t *testing.T) {
	live(t, 1, func(t *testing.T, f *liveFake) {
		plain := f.plainProducer()
		f.commits(plain, 0, "before", 1)
		open := f.begin("open")
		f.commits(open, 0, "open", 2)
		f.commits(plain, 0, "behind", 3, 4)
		var progress Progress
		l, _ := f.plan(Wanted{})
		if _, err := l.Read(t.Context(), Options{Progress: &progress}, func(*Row) error { return nil }); err != nil {
			t.Fatal(err)
		}
		wantCounts(t, Counts{Partitions: 1, Ended: 1, Records: 4, Bytes: f.size(l.Parts), Done: 4, Total: 4}, &progress)
	})
}

// What is before and after the range in its first and last batch is read with them, and is no progress.
func TestProgressOfARange(t *testing.T) {
	live(t, 1, func(t *testing.T, f *liveFake) {
		p := f.plainProducer()
		f.commits(p, 0, "g", 0, 1, 2)
		f.commits(p, 0, "g", 3, 4, 5)
		var progress Progress
		l, _ := f.plan(Wanted{Range: Range{AtOffset(1), AtOffset(4)}})
		if _, err := l.Read(t.Context(), Options{Progress: &progress}, func(*Row) error { return nil }); err != nil {
			t.Fatal(err)
		}
		wantCounts(t, Counts{Partitions: 1, Ended: 1, Records: 6, Bytes: f.size(l.Parts), Done: 3, Total: 3}, &progress)
	})
}

func TestProgressOfWhatCannotBeRead(t *testing.T) {
	live(t, 3, func(t *testing.T, f *liveFake) {
		p := f.plainProducer()
		for part := range int32(3) {
			f.commits(p, part, "g", 1, 2)
		}
		f.fetches(func(node int32, _ *kmsg.FetchRequest) (kmsg.Response, error, bool) {
			return nil, errors.New("dies"), node == 1
		})
		var progress Progress
		l, _ := f.plan(Wanted{})
		if _, err := l.Read(t.Context(), Options{Progress: &progress}, func(*Row) error { return nil }); err != nil {
			t.Fatal(err)
		}
		bytes := f.size(l.Parts) - f.size(l.Parts[1:2])
		wantCounts(t, Counts{Partitions: 3, Ended: 3, Records: 4, Bytes: bytes, Done: 6, Total: 6}, &progress)
	})
}

func TestProgressOfTheNewestRowsAddsUpWindows(t *testing.T) {
	live(t, 2, func(t *testing.T, f *liveFake) {
		p := f.plainProducer()
		f.commits(p, 0, "g", 1, 2)
		f.commits(p, 1, "g", 3)
		var progress Progress
		l, _ := f.plan(Wanted{})
		if _, err := l.ReadLast(t.Context(), 1, Options{Progress: &progress}, func(*Row) error { return nil }); err != nil {
			t.Fatal(err)
		}
		wantCounts(t, Counts{Partitions: 2, Ended: 2, Records: 3, Bytes: f.size(l.Parts), Done: 3, Total: 3}, &progress)
	})
}

func TestProgressOfFiles(t *testing.T) {
	dir := t.TempDir()
	l := newTestLog(t).commits("a", 1, 2)
	first := l.write(filepath.Join(dir, "__consumer_offsets-2"), 0)
	second := l.commits("a", 3).pending(1, 0, "a", 4).write(filepath.Join(dir, "__consumer_offsets-2"), 2)
	other := newTestLog(t).commits("z", 1).write(filepath.Join(dir, "__consumer_offsets-10"), 0)
	segments := []Segment{first, second, other}
	size := int64(0)
	for _, s := range segments {
		info, err := os.Stat(s.Path)
		if err != nil {
			t.Fatal(err)
		}
		size += info.Size()
	}
	want := Counts{Partitions: 2, Ended: 2, Records: 5, Bytes: size, Done: size, Total: size}
	var rows, latest, last Progress
	if _, err := Files(context.Background(), segments, Options{Progress: &rows}, func(*Row) error { return nil }); err != nil {
		t.Fatal(err)
	}
	wantCounts(t, want, &rows)
	if _, err := LatestFiles(t.Context(), segments, Options{Progress: &latest}); err != nil {
		t.Fatal(err)
	}
	wantCounts(t, want, &latest)
	if _, err := LastOfFiles(context.Background(), segments, 1, Options{Progress: &last}, func(*Row) error { return nil }); err != nil {
		t.Fatal(err)
	}
	wantCounts(t, want, &last)
}
