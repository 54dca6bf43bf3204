package clientconfig

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// maxSmallFile bounds the files that hold one token, key, template or set of credentials.
const maxSmallFile = 1 << 20

// smallFile reads a file that cannot be larger than maxSmallFile. The error does not name it.
func smallFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, withoutPath(err)
	}
	defer func() { _ = f.Close() }()
	data, err := io.ReadAll(io.LimitReader(f, maxSmallFile+1))
	if err != nil {
		return nil, withoutPath(err)
	}
	if len(data) > maxSmallFile {
		return nil, fmt.Errorf("it is larger than %d KiB", maxSmallFile>>10)
	}
	return data, nil
}

// withoutPath is the reason alone, for a caller that names the file itself.
func withoutPath(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}
