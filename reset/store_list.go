package reset

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Listed is what a list shows of what undoes a change.
type Listed struct {
	ID         string
	Time       time.Time
	ClusterID  string // empty: unknown
	Command    string
	Finished   bool     // false: the results are not known
	Groups     []string // sorted; of the items that the change moved, or may have moved
	Partitions int      // likewise
}

// List lists what can be undone, newest first. A file that cannot be read is an error beside the others; a folder that
// is not there is empty.
func (s Store) List() ([]Listed, []error) {
	entries, err := os.ReadDir(s.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var errs []error
	if err != nil {
		errs = append(errs, fmt.Errorf("reading the folder of the undo files: %w", err))
	}
	var list []Listed
	for _, e := range entries {
		id, ok := strings.CutSuffix(e.Name(), suffix)
		if !ok || !isID(id) || !isFile(filepath.Join(s.Dir, e.Name())) {
			continue
		}
		d, err := readUndo(s.path(id))
		switch {
		case errors.Is(err, fs.ErrNotExist): // removed since
		case err != nil:
			errs = append(errs, err)
		default:
			list = append(list, d.listed(id))
		}
	}
	slices.SortFunc(list, func(a, b Listed) int {
		if c := b.Time.Compare(a.Time); c != 0 {
			return c
		}
		return strings.Compare(b.ID, a.ID)
	})
	return list, errs
}

// isFile reports whether path is neither a folder nor a pipe, at which a read would wait.
func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

func (d *Document) listed(id string) Listed {
	l := Listed{ID: id, Time: d.Time, ClusterID: d.ClusterID, Command: d.Command, Finished: d.Finished != nil}
	groups := map[string]bool{}
	for i := range d.Items {
		r := &d.Items[i]
		if !d.moved(r) {
			continue
		}
		groups[r.Group] = true
		if r.Partition != nil {
			l.Partitions++
		}
	}
	l.Groups = slices.Sorted(maps.Keys(groups))
	return l
}

// moved reports whether the change of an item was made, or may have been.
func (d *Document) moved(r *Row) bool {
	if d.Finished == nil {
		return r.Result == Planned
	}
	return r.Result == Applied || r.Result == Unknown
}
