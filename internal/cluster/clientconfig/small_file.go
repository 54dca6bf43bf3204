package clientconfig

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// ReadFile reads a file of settings, of at most a mebibyte. Where there is none the error is fs.ErrNotExist.
func ReadFile(path string) (string, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", missingFile(path)
	case err != nil:
		return "", err
	case info.IsDir():
		return "", fmt.Errorf("%s is a directory, not a file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxSmallFile+1)) // it may be a pipe, as of <(…)
	if len(text) > maxSmallFile {
		return "", fmt.Errorf("%s is too large for a file of settings", path)
	}
	return string(text), err
}

// missingFile is the error of a path that leads nowhere.
type missingFile string

func (m missingFile) Error() string        { return "there is no file " + string(m) }
func (m missingFile) Is(target error) bool { return target == fs.ErrNotExist }
