package clientconfig

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
	"time"
)

// maxSmallFile bounds the files that hold settings, or one token, key, template or set of credentials.
const maxSmallFile = 1 << 20

// errTooLarge is that a file has more than its reader takes.
var errTooLarge = errors.New("it is too large")

// readBounded reads a file, or a pipe as of <(…), of at most so many bytes. A folder is syscall.EISDIR on all systems.
func readBounded(path string, limit int64) ([]byte, error) {
	if info, err := os.Stat(path); err == nil && info.Mode()&fs.ModeNamedPipe != 0 {
		return readPipe(path, limit, pipePatience{opening: 10 * time.Second, reading: time.Minute})
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	return readOpened(f, limit)
}

// readOpened reads to the end and closes.
func readOpened(f *os.File, limit int64) ([]byte, error) {
	defer func() { _ = f.Close() }()
	if info, err := f.Stat(); err == nil && info.IsDir() {
		return nil, &fs.PathError{Op: "read", Path: f.Name(), Err: syscall.EISDIR}
	}
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = errTooLarge
	}
	return data, err
}

// ReadFile reads a file of settings, of at most a mebibyte. Where there is none the error is fs.ErrNotExist.
func ReadFile(path string) (string, error) {
	data, err := readBounded(path, maxSmallFile)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", missingFile(path)
	case errors.Is(err, syscall.EISDIR):
		return "", fmt.Errorf("%s is a directory, not a file", path)
	case errors.Is(err, errTooLarge):
		return "", fmt.Errorf("%s is too large for a file of settings", path)
	case err != nil:
		return "", err
	}
	return string(data), nil
}

// missingFile is the error of a path that leads nowhere.
type missingFile string

func (m missingFile) Error() string        { return "there is no file " + string(m) }
func (m missingFile) Is(target error) bool { return target == fs.ErrNotExist }

// smallFile reads a file for a caller that names it in the error itself.
func smallFile(path string) ([]byte, error) {
	data, err := readBounded(path, maxSmallFile)
	if errors.Is(err, errTooLarge) {
		return nil, fmt.Errorf("it is larger than %d KiB", maxSmallFile>>10)
	}
	return data, withoutPath(err)
}

// withoutPath is the reason alone, for a caller that names the file itself.
func withoutPath(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}
