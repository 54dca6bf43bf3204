package reset

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
)

// A file of what undoes a change is whole from the moment it has its name, also when the process is killed or the
// machine loses power: it is written under a hidden name, which nothing lists, and then given its own.

// create makes a file that does not exist. After an error there is none of it.
func create(path string, text []byte) error {
	temp, err := writeHidden(path, text)
	if err != nil {
		return err
	}
	// A link, and not a new name, because that would replace a file that another run has just made.
	if err := os.Link(temp, path); err != nil {
		if errors.Is(err, fs.ErrExist) {
			err = fs.ErrExist // without the hidden name
		}
		return errors.Join(err, os.Remove(temp))
	}
	if err := errors.Join(os.Remove(temp), syncFolder(filepath.Dir(path))); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}

// replace gives a file another content at once. After an error it has the one or the other, whole.
func replace(path string, text []byte) error {
	temp, err := writeHidden(path, text)
	if err != nil {
		return err
	}
	if err := os.Rename(temp, path); err != nil {
		return errors.Join(err, os.Remove(temp))
	}
	return syncFolder(filepath.Dir(path))
}

// remove removes a file, if it is there.
func remove(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

// writeHidden writes text to a new file in the folder of path that only its owner may read, and to the disk.
func writeHidden(path string, text []byte) (temp string, err error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".offsetctl-*")
	if err != nil {
		return "", err
	}
	_, err = f.Write(text)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return "", errors.Join(err, os.Remove(f.Name()))
	}
	return f.Name(), nil
}

// makeFolder makes a folder and those above it, for its owner alone. Those that are there stay as they are.
func makeFolder(dir string) error {
	if info, err := os.Stat(dir); err == nil && info.IsDir() {
		return nil
	}
	parent := filepath.Dir(dir)
	if parent != dir {
		if err := makeFolder(parent); err != nil {
			return err
		}
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		if info, statErr := os.Stat(dir); statErr == nil && info.IsDir() {
			return nil // another run made it
		}
		return err
	}
	return syncFolder(parent)
}

// syncFolder writes the names in a folder to the disk. Windows and some file systems have no such thing, and keep them
// in a way of their own.
func syncFolder(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	if err = f.Sync(); errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) {
		err = nil
	}
	return errors.Join(err, f.Close())
}
