package inspect

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// tree makes files and, of names that end in a slash, folders.
func tree(t *testing.T, names ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, n := range names {
		path := filepath.Join(dir, n)
		if strings.HasSuffix(n, "/") {
			if err := os.MkdirAll(path, 0o700); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestFindSegments(t *testing.T) {
	dir := tree(t,
		"__consumer_offsets-7/00000000000000000000.log", "__consumer_offsets-7/00000000000000000100.log", "__consumer_offsets-7/00000000000000000000.index", "__consumer_offsets-7/folder.log/",
		"__consumer_offsets-10/00000000000000000000.log", "orders-7/00000000000000000000.log", "__consumer_offsets-x/1.log", "__consumer_offsets-11",
		"lo[g] *?/__consumer_offsets-3/1.log", "copy/1.log", "other/__share_group_state-4/1.log",
	)
	seven := []Segment{{Path: "__consumer_offsets-7/00000000000000000000.log", Partition: 7}, {Path: "__consumer_offsets-7/00000000000000000100.log", Partition: 7}}
	ten := Segment{Path: "__consumer_offsets-10/00000000000000000000.log", Partition: 10}
	five := int32(5)
	sevenP := int32(7)
	for _, c := range []struct {
		name      string
		topic     Topic
		paths     []string
		partition *int32
		want      []Segment
	}{
		{"segment", ConsumerOffsets, []string{seven[1].Path}, nil, seven[1:]},
		{"folder", ConsumerOffsets, []string{"__consumer_offsets-7"}, nil, seven},
		{"trailing slash", ConsumerOffsets, []string{"__consumer_offsets-7/"}, nil, seven},
		{"log directory", ConsumerOffsets, []string{"."}, nil, append(seven[:2:2], ten)},
		{"a folder and one of its segments", ConsumerOffsets, []string{"__consumer_offsets-10", seven[1].Path, "__consumer_offsets-7"}, nil, append(seven[:2:2], ten)},
		{"glob characters", ConsumerOffsets, []string{"lo[g] *?"}, nil, []Segment{{Path: "lo[g] *?/__consumer_offsets-3/1.log", Partition: 3}}},
		{"glob characters before a folder", ConsumerOffsets, []string{"lo[g] *?/__consumer_offsets-3"}, nil, []Segment{{Path: "lo[g] *?/__consumer_offsets-3/1.log", Partition: 3}}},
		{"partition said", ConsumerOffsets, []string{"copy/1.log"}, &five, []Segment{{Path: "copy/1.log", Partition: 5}}},
		{"one partition of a log directory", ConsumerOffsets, []string{"."}, &sevenP, seven},
		{"partition said of a folder that tells another", ConsumerOffsets, []string{"__consumer_offsets-10"}, &sevenP, []Segment{ten}},
		{"share", ShareGroupState, []string{"other"}, nil, []Segment{{Path: "other/__share_group_state-4/1.log", Partition: 4}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Chdir(dir)
			got, err := FindSegments(c.topic, c.paths, c.partition)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

func TestFindSegmentsInsideAFolder(t *testing.T) {
	t.Chdir(filepath.Join(tree(t, "__consumer_offsets-7/1.log"), "__consumer_offsets-7"))
	for _, path := range []string{".", "1.log"} {
		got, err := FindSegments(ConsumerOffsets, []string{path}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff([]Segment{{Path: "1.log", Partition: 7}}, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", path, d)
		}
	}
}

func TestFindSegmentsRefuses(t *testing.T) {
	dir := tree(t, "copy/1.log", "empty/", "__consumer_offsets-5/", "__consumer_offsets--1/1.log", "__consumer_offsets-2147483648/1.log")
	t.Chdir(dir)
	for _, path := range []string{"copy/1.log", "__consumer_offsets--1/1.log", "__consumer_offsets-2147483648/1.log"} {
		var none *NoPartitionError
		if _, err := FindSegments(ConsumerOffsets, []string{path}, nil); !errors.As(err, &none) || none.Path != path {
			t.Errorf("%s: got %v, want a NoPartitionError", path, err)
		}
	}
	if _, err := FindSegments(ConsumerOffsets, []string{"gone"}, nil); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing path: %v", err)
	}
	for path, want := range map[string]string{
		"empty":                "empty: no folder __consumer_offsets-N of a partition in it",
		"copy":                 "copy: a folder of segments, but not called __consumer_offsets-N",
		"__consumer_offsets-5": "__consumer_offsets-5: no segment (*.log) in it",
	} {
		if _, err := FindSegments(ConsumerOffsets, []string{path}, nil); err == nil || err.Error() != want {
			t.Errorf("%s: got %v, want %s", path, err, want)
		}
	}
}

// Whoever names segments of another topic than asked for learns which it is.
func TestFindSegmentsTellsWhatThereIsInstead(t *testing.T) {
	t.Chdir(tree(t, "__transaction_state-3/1.log", "logs/__share_group_state-0/", "logs/__transaction_state-1/", "logs/__transaction_state-2/", "logs/orders-0/",
		"some/__consumer_offsets-1/1.log", "some/__share_group_state-0/1.log", "orders-0/1.log"))
	seven := int32(7)
	for _, c := range []struct {
		topic     Topic
		path      string
		partition *int32
		want      NoFolderError
		text      string
	}{
		{ConsumerOffsets, "__transaction_state-3", nil, NoFolderError{Others: []Topic{TransactionState}}, "__transaction_state-3: of __transaction_state, not of __consumer_offsets"},
		{ShareGroupState, "__transaction_state-3/1.log", &seven, NoFolderError{Others: []Topic{TransactionState}}, "__transaction_state-3/1.log: of __transaction_state, not of __share_group_state"},
		{ConsumerOffsets, "logs", nil, NoFolderError{Inside: true, Others: []Topic{ShareGroupState, TransactionState}}, "logs: no folder __consumer_offsets-N of a partition in it"},
		{TransactionState, "some", nil, NoFolderError{Inside: true, Others: []Topic{ConsumerOffsets, ShareGroupState}}, "some: no folder __transaction_state-N of a partition in it"},
		{ConsumerOffsets, "some", &seven, NoFolderError{Inside: true, Partition: &seven}, "some: no folder __consumer_offsets-7 of a partition in it"},
		{ConsumerOffsets, "orders-0", nil, NoFolderError{Inside: true, Unnamed: true}, "orders-0: a folder of segments, but not called __consumer_offsets-N"},
	} {
		c.want.Path, c.want.Topic = c.path, c.topic
		_, err := FindSegments(c.topic, []string{c.path}, c.partition)
		var got *NoFolderError
		if !errors.As(err, &got) {
			t.Errorf("%s: %v", c.path, err)
			continue
		}
		if d := cmp.Diff(&c.want, got); d != "" || err.Error() != c.text {
			t.Errorf("%s: %s, want %s (-want +got):\n%s", c.path, err, c.text, d)
		}
	}
}
