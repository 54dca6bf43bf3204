package inspect

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/offsetctl/offsetctl/internal/cluster"
)

// Segment is one file of a partition's log.
type Segment struct {
	Path      string
	Partition int32
	Name      string // what to call it where the path says nothing; empty: the path
}

func (s Segment) String() string {
	if s.Name != "" {
		return s.Name
	}
	return s.Path
}

// base is the segment's first offset, as Kafka names the file; 0 of another name.
func (s Segment) base() int64 {
	n, err := strconv.ParseUint(strings.TrimSuffix(filepath.Base(s.Path), ".log"), 10, 63)
	if err != nil {
		return 0
	}
	return int64(n)
}

// LogName is the name of the topic.
func (t Topic) LogName() string {
	switch t {
	case ShareGroupState:
		return "__share_group_state"
	case TransactionState:
		return "__transaction_state"
	}
	return cluster.OffsetsTopic
}

// FindSegments finds the segment files that paths name, in the order of partitions and of the log: a segment
// itself, the folder of one partition, or a broker's log directory, of which it takes all partitions of the
// topic, or the one that partition says if not nil. A segment's partition is the number in its folder's name;
// where that does not tell it, partition does.
func FindSegments(t Topic, paths []string, partition *int32) ([]Segment, error) {
	var all []Segment
	for _, path := range paths {
		found, err := t.segmentsAt(path, partition)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	// Kafka names a segment by its first offset, in twenty digits: the order of names is that of the log.
	slices.SortFunc(all, func(a, b Segment) int {
		return cmp.Or(cmp.Compare(a.Partition, b.Partition), cmp.Compare(filepath.Base(a.Path), filepath.Base(b.Path)), cmp.Compare(a.Path, b.Path))
	})
	all = slices.CompactFunc(all, func(a, b Segment) bool { return samePath(a.Path, b.Path) })
	return all, oneReplica(all)
}

// oneReplica refuses segments of a partition from two folders, as two brokers have them: every record would come
// twice.
func oneReplica(segments []Segment) error {
	for i := 1; i < len(segments); i++ {
		a, b := segments[i-1], segments[i]
		if a.Partition == b.Partition && filepath.Dir(a.Path) != filepath.Dir(b.Path) && !samePath(filepath.Dir(a.Path), filepath.Dir(b.Path)) {
			return &ReplicasError{a, b}
		}
	}
	return nil
}

// ReplicasError says that two segments are of the same partition, but not of the same folder.
type ReplicasError struct{ A, B Segment }

func (e *ReplicasError) Error() string {
	return fmt.Sprintf("%s and %s are both of partition %d: read one replica at a time", e.A, e.B, e.A.Partition)
}

// samePath reports whether two paths name the same file.
func samePath(a, b string) bool {
	i, err1 := os.Stat(a)
	j, err2 := os.Stat(b)
	if err1 == nil && err2 == nil {
		return os.SameFile(i, j)
	}
	x, err1 := filepath.Abs(a)
	y, err2 := filepath.Abs(b)
	return err1 == nil && err2 == nil && x == y
}

func (t Topic) segmentsAt(path string, partition *int32) ([]Segment, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		if ext := filepath.Ext(path); slices.Contains([]string{".index", ".timeindex", ".txnindex", ".snapshot"}, ext) {
			return nil, fmt.Errorf("%s: no segment but what Kafka keeps beside one; a segment is called ….log", path)
		}
		if other, ok := t.other(filepath.Dir(path)); ok {
			return nil, &NoFolderError{Path: path, Topic: t, Others: []Topic{other}}
		}
		p, err := t.partitionOfFile(path, partition)
		return []Segment{{Path: path, Partition: p}}, err
	}
	if _, ok := t.partitionOfFolder(path); ok {
		return t.segmentsIn(path, partition)
	}
	if other, ok := t.other(path); ok {
		return nil, &NoFolderError{Path: path, Topic: t, Others: []Topic{other}}
	}
	return t.partitionsIn(path, partition)
}

// partitionsIn are the segments of all partitions in a log directory.
func (t Topic) partitionsIn(dir string, partition *int32) ([]Segment, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var all []Segment
	for _, e := range entries {
		p, ok := t.partitionOfFolder(e.Name())
		if !ok || !e.IsDir() || partition != nil && *partition != p {
			continue
		}
		found, err := t.segmentsIn(filepath.Join(dir, e.Name()), &p)
		if err != nil { // an error of that partition, when it is read
			found = []Segment{{Path: filepath.Join(dir, e.Name(), "*.log"), Partition: p}}
		}
		all = append(all, found...)
	}
	if all == nil {
		return nil, t.noFolder(dir, entries, partition)
	}
	return all, nil
}

// segmentsIn are the segments of one partition's folder.
func (t Topic) segmentsIn(dir string, partition *int32) ([]Segment, error) {
	p, err := t.partitionOfFile(filepath.Join(dir, "x.log"), partition)
	if err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var all []Segment
	for _, e := range entries {
		if path := filepath.Join(dir, e.Name()); filepath.Ext(path) == ".log" && !isFolder(path) {
			all = append(all, Segment{Path: path, Partition: p})
		}
	}
	if all == nil {
		return nil, fmt.Errorf("%s: no segment (*.log) in it", dir)
	}
	return all, nil
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// NoPartitionError says that nothing tells which partition a segment is of.
type NoPartitionError struct{ Path string }

func (e *NoPartitionError) Error() string {
	return fmt.Sprintf("%s: its folder's name does not tell the partition", e.Path)
}

func (t Topic) partitionOfFile(path string, partition *int32) (int32, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return 0, err
	}
	if p, ok := t.partitionOfFolder(filepath.Dir(abs)); ok {
		return p, nil
	}
	if partition != nil {
		return *partition, nil
	}
	return 0, &NoPartitionError{path}
}

// partitionOfFolder reads the number in a name such as __consumer_offsets-7.
func (t Topic) partitionOfFolder(path string) (int32, bool) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return 0, false
	}
	number, ok := strings.CutPrefix(filepath.Base(abs), t.LogName()+"-")
	if !ok {
		return 0, false
	}
	p, err := strconv.ParseUint(number, 10, 31)
	return int32(p), err == nil
}
