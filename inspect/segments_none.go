package inspect

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
)

// NoFolderError says that a path has no segments that are known to be of the topic, and what it has instead.
type NoFolderError struct {
	Path      string
	Topic     Topic
	Partition *int32  // the only one that was looked for; nil: any
	Inside    bool    // Path is a folder in which those of partitions were looked for
	Others    []Topic // other internal topics, of which there are segments
	Unnamed   bool    // Path is a folder with segments, but its name does not tell of which topic
}

func (e *NoFolderError) Error() string {
	number := "N"
	if e.Partition != nil {
		number = fmt.Sprint(*e.Partition)
	}
	folder := e.Topic.LogName() + "-" + number
	switch {
	case !e.Inside:
		return fmt.Sprintf("%s: of %s, not of %s", e.Path, e.Others[0].LogName(), e.Topic.LogName())
	case e.Unnamed:
		return fmt.Sprintf("%s: a folder of segments, but not called %s", e.Path, folder)
	}
	return fmt.Sprintf("%s: no folder %s of a partition in it", e.Path, folder)
}

// other is the internal topic, but t, that a folder is of.
func (t Topic) other(folder string) (Topic, bool) {
	for other := ConsumerOffsets; other <= TransactionState; other++ {
		if _, ok := other.partitionOfFolder(folder); ok && other != t {
			return other, true
		}
	}
	return t, false
}

// noFolder tells what a folder has instead of those of the topic's partitions.
func (t Topic) noFolder(dir string, entries []fs.DirEntry, partition *int32) error {
	e := &NoFolderError{Path: dir, Topic: t, Partition: partition, Inside: true}
	for _, entry := range entries {
		if _, ok := t.partitionOfFolder(entry.Name()); ok && entry.IsDir() { // but not of that partition
			return &NoFolderError{Path: dir, Topic: t, Partition: partition, Inside: true}
		}
		switch other, ok := t.other(entry.Name()); {
		case !entry.IsDir():
			e.Unnamed = e.Unnamed || filepath.Ext(entry.Name()) == ".log"
		case ok && !slices.Contains(e.Others, other):
			e.Others = append(e.Others, other)
		}
	}
	return e
}
