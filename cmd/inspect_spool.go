package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// What became of a transaction stands behind its records, so that a segment is read twice. A pipe gives what it has
// once: it is kept in a file first.

// spools are the files that pipes are kept in, by path, with what they are called.
type spools map[string]string

// spool keeps the pipes among paths, and standard input for -, and puts the files in their place.
func (s *session) spool(ctx context.Context, paths []string) (spools, error) {
	kept := spools{}
	for i, path := range paths {
		in, name := s.in, "standard input"
		if path != "-" {
			if !isPipe(path) {
				continue
			}
			in, name = interruptible{ctx, &lateFile{path: path}}, path
		}
		file, err := spooled(in, i)
		if err != nil {
			kept.remove()
			return nil, fmt.Errorf("reading a segment from %s: %w", name, err)
		}
		kept[file], paths[i] = name, file
	}
	return kept, nil
}

func (s spools) remove() {
	for file := range s {
		_ = os.Remove(file)
	}
}

func isPipe(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode()&(fs.ModeNamedPipe|fs.ModeSocket|fs.ModeCharDevice) != 0
}

// spooled keeps what comes in a file. Segments are read in the order of their names, here that of the arguments.
func spooled(in io.Reader, number int) (path string, err error) {
	file, err := os.CreateTemp("", fmt.Sprintf("offsetctl-%06d-*.log", number))
	if err != nil {
		return "", err
	}
	_, err = io.Copy(file, in)
	if err = errors.Join(err, file.Close()); err != nil {
		_ = os.Remove(file.Name())
		return "", err
	}
	return file.Name(), nil
}

// lateFile is a file that is opened when it is read: of a pipe that nobody writes to that can take for ever.
type lateFile struct {
	path string
	file *os.File
}

func (l *lateFile) Read(p []byte) (int, error) {
	if l.file == nil {
		var err error
		if l.file, err = os.Open(l.path); err != nil {
			return 0, err
		}
	}
	n, err := l.file.Read(p)
	if err != nil {
		_ = l.file.Close()
	}
	return n, err
}
