package clientconfig

import (
	"fmt"
	"io/fs"
	"os"
	"time"
)

// pipePatience is how long the writer of a pipe may take. A named pipe that nobody has open for writing makes even opening it
// wait for ever; that of <(…) opens at once, but the program behind it may have to ask a service, or a person, for a secret.
type pipePatience struct {
	opening, reading time.Duration
}

// readPipe is readBounded of a pipe. A system call that waits for the other side cannot be ended: given up on, it is left
// behind until the process ends.
func readPipe(path string, limit int64, p pipePatience) ([]byte, error) {
	f, ended, err := inTime(p.opening, func() (*os.File, error) { return os.Open(path) })
	if !ended {
		return nil, pipeError(path, fmt.Errorf("nobody has opened this named pipe to write to it within %s: name a file, or start its writer", p.opening))
	}
	if err != nil {
		return nil, err
	}
	data, ended, err := inTime(p.reading, func() ([]byte, error) { return readOpened(f, limit) })
	if !ended {
		return nil, pipeError(path, fmt.Errorf("whoever writes to this pipe has not come to an end within %s: name a file, or have a look at the writer", p.reading))
	}
	return data, err
}

func pipeError(path string, err error) error { return &fs.PathError{Op: "read", Path: path, Err: err} }

// inTime is what f gives, unless it takes longer than d: then ended is false.
func inTime[T any](d time.Duration, f func() (T, error)) (value T, ended bool, err error) {
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		v, err := f()
		done <- result{v, err}
	}()
	select {
	case r := <-done:
		return r.value, true, r.err
	case <-time.After(d):
		return value, false, nil
	}
}
