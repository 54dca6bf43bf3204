//go:build unix

package clientconfig

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// fifo makes a named pipe, and lets go at the end of whoever still waits for its writer.
func fifo(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if f, err := os.OpenFile(path, os.O_RDWR, 0); err == nil {
			_ = f.Close()
		}
	})
	return path
}

func TestAPipeThatNobodyWritesToIsGivenUp(t *testing.T) {
	path := fifo(t)
	_, err := readPipe(path, 10, pipePatience{opening: time.Millisecond, reading: time.Hour})
	if want := "nobody has opened this named pipe to write to it within 1ms: name a file, or start its writer"; err == nil || withoutPath(err).Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("the path is not in %v", err)
	}
}

func TestAPipeWhoseWriterSaysNothingIsGivenUp(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close(); _ = w.Close() }()
	if _, err := readPipe(fdPath(t, r), 10, pipePatience{opening: time.Hour, reading: time.Millisecond}); err == nil ||
		!strings.Contains(err.Error(), "has not come to an end within 1ms") {
		t.Errorf("got %v", err)
	}
}

// fdPath is how a shell names the pipe of <(…).
func fdPath(t *testing.T, f *os.File) string {
	t.Helper()
	path := filepath.Join("/dev/fd", strconv.Itoa(int(f.Fd())))
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		t.Skip("there is no /dev/fd")
	}
	return path
}

func TestPipesAreRead(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	named := fifo(t)
	write := func(f *os.File, err error) {
		if err == nil {
			_, err = f.WriteString("a=1\n")
		}
		if err != nil {
			t.Error(err)
		}
		_ = f.Close()
	}
	go func() { write(os.OpenFile(named, os.O_WRONLY, 0)) }()
	go write(w, nil)
	for _, path := range []string{named, fdPath(t, r)} {
		if got, err := ReadFile(path); got != "a=1\n" || err != nil {
			t.Errorf("%s: got %q, %v", path, got, err)
		}
	}
}
