package reset

import (
	"os"
	"strings"
	"time"
)

// Since are the documents of the store from a time on, oldest first. It reads no others, and passes over what it cannot
// read: the list tells of that.
func (s Store) Since(t time.Time) []*Document {
	entries, err := os.ReadDir(s.Dir)
	if err != nil {
		return nil
	}
	var docs []*Document
	for _, e := range entries {
		id, ok := strings.CutSuffix(e.Name(), suffix)
		if !ok || !isID(id) || id < t.UTC().Format(idTime) || !isFile(s.path(id)) {
			continue
		}
		if d, err := readUndo(s.path(id)); err == nil {
			docs = append(docs, d)
		}
	}
	return docs
}
