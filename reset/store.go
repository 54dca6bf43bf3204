package reset

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Store is the folder of what undoes changes, one file each. It need not be there; without a Dir there is none.
type Store struct{ Dir string }

// Entry is the file of one change.
type Entry struct {
	ID   string // in the store; empty for a file elsewhere
	Path string

	kept *Entry // of a file elsewhere: the one in the store; nil: it could not be kept there
}

// ErrTooBig is of an undo file that could not be read again.
var ErrTooBig = errors.New("it would have more")

// Name is what undo takes: the ID, or the path of a file elsewhere.
func (e *Entry) Name() string {
	if e.ID != "" {
		return e.ID
	}
	if !strings.ContainsRune(e.Path, '/') {
		return "./" + e.Path
	}
	return e.Path
}

// MaxFile is the size of file above which nothing is read: about half a million partitions.
const MaxFile = 256 << 20

// Begin puts on disk what undoes a change, before the first request of it. The name of the file is the ID, which it
// chooses from the document's time. After an error there is no file.
func (s Store) Begin(d *Document) (*Entry, error) {
	if s.Dir == "" {
		return nil, errors.New("there is no folder for undo files: neither HOME nor XDG_STATE_HOME is set")
	}
	if err := makeFolder(s.Dir); err != nil {
		return nil, fmt.Errorf("making the folder of the undo files: %w", err)
	}
	id := newID(d.Time)
	return begin(&Entry{ID: id, Path: s.path(id)}, d)
}

// BeginAt is Begin with a file of the user's, which must not exist, in a folder that does. The store has the document too, if
// it can be kept there: by its documents offsetctl knows its own commits again.
func (s Store) BeginAt(path string, d *Document) (*Entry, error) {
	e, err := begin(&Entry{Path: path}, d)
	if err != nil {
		return nil, err
	}
	e.kept, _ = s.Begin(d) // where it cannot, the user's file is all there is, as was asked for
	return e, nil
}

func begin(e *Entry, d *Document) (*Entry, error) {
	text, err := e.text(d, nil)
	switch {
	case err != nil:
	case len(text) > MaxFile/2: // with the results it may grow, and must still be read
		err = fmt.Errorf("%w than %d MB: change fewer groups at a time", ErrTooBig, MaxFile/2>>20)
	default:
		err = create(e.Path, text)
	}
	if err != nil {
		return nil, fmt.Errorf("writing the undo file %s: %w", e.Path, err)
	}
	return e, nil
}

// Finish puts the results of the change in the file. If it cannot, the file stays as it was, without them.
func (e *Entry) Finish(d *Document, at time.Time) error {
	if e.kept != nil {
		_ = e.kept.Finish(d, at) // without results it is as good: undo asks the brokers
	}
	text, err := e.text(d, &at)
	if err == nil {
		err = replace(e.Path, text)
	}
	if err != nil {
		return fmt.Errorf("writing the results into the undo file %s: %w", e.Path, err)
	}
	return nil
}

// Discard removes the file: nothing was sent.
func (e *Entry) Discard() error {
	if e.kept != nil {
		_ = e.kept.Discard() // what is left of it undoes nothing
	}
	if err := remove(e.Path); err != nil {
		return fmt.Errorf("removing the undo file of a change that was not made: %w", err)
	}
	return nil
}

// text is the document as the file of the entry has it.
func (e *Entry) text(d *Document, finished *time.Time) ([]byte, error) {
	c := *d
	c.ID, c.Finished = e.ID, finished
	return c.encode()
}

// idTime is how an ID begins: it sorts by time.
const idTime = "20060102T150405Z"

// newID is an ID that is a plain word in every shell.
func newID(t time.Time) string {
	return t.UTC().Format(idTime) + "-" + strings.ToLower(rand.Text()[:4])
}

const suffix = ".json"

func (s Store) path(id string) string { return filepath.Join(s.Dir, id+suffix) }

// isID reports whether an ID can be one, and so nothing that leads out of the folder.
func isID(id string) bool {
	return id != "" && !strings.ContainsFunc(id, func(r rune) bool {
		return r != '-' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	})
}

// Read reads what undoes a change, by its ID or, if the argument has a slash or is the name of a file, from that file.
// That there is none of the ID is fs.ErrNotExist.
func (s Store) Read(idOrPath string) (*Document, error) {
	path := idOrPath
	if !strings.ContainsAny(path, `/`+string(os.PathSeparator)) && !exists(path) {
		if !isID(idOrPath) {
			return nil, fmt.Errorf("%q is neither a file nor an ID, which is made of letters, digits and hyphens: %w", idOrPath, fs.ErrNotExist)
		}
		if path = s.path(idOrPath); !exists(path) {
			return nil, fmt.Errorf("there is no undo file %s: %w", path, fs.ErrNotExist)
		}
	}
	return readUndo(path)
}

func exists(path string) bool {
	info, err := os.Stat(path)
	return err == nil && !info.IsDir()
}

func readUndo(path string) (*Document, error) {
	text, err := readFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading the undo file: %w", err)
	}
	d, err := ParseUndo(text)
	if err != nil {
		return nil, fmt.Errorf("reading the undo file %s: %w", path, err)
	}
	return d, nil
}

// readFile reads a file or a pipe, unless it is too big to be a document.
func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.Size() > MaxFile {
		return nil, tooBig(path)
	}
	text, err := io.ReadAll(io.LimitReader(f, MaxFile+1)) // a pipe has no size
	if err == nil && len(text) > MaxFile {
		err = tooBig(path)
	}
	return text, err
}

func tooBig(path string) error {
	return fmt.Errorf("%s has more than %d MB, as no undo file does", path, MaxFile>>20)
}
