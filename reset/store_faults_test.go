//go:build linux || darwin

package reset

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

// Folders that nobody can write in, root neither.
func TestBeginWhereNothingCanBeWritten(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	dirs := map[string]string{
		file:                           "mkdir " + file + ": file exists",
		filepath.Join(file, "undo"):    "mkdir " + file + ": file exists",
		filepath.Join(file, "a", "b"):  "mkdir " + file + ": file exists",
		"":                             "",
		filepath.Join("/dev/full/x"):   "mkdir /dev/full: file exists",
		filepath.Join("/proc/1/x/y"):   "mkdir /proc/1/x: no such file or directory",
		filepath.Join("/proc/self/fd"): "",
	}
	for dir, want := range dirs {
		if runtime.GOOS != "linux" && (strings.HasPrefix(dir, "/proc") || strings.HasPrefix(dir, "/dev")) {
			continue
		}
		e, err := Store{Dir: dir}.Begin(undoing("g", 1))
		if e != nil || err == nil {
			t.Errorf("in %q: got %v, %v", dir, e, err)
			continue
		}
		if want != "" && err.Error() != "making the folder of the undo files: "+want {
			t.Errorf("in %q:\n got %v\nwant %s", dir, err, want)
		}
	}
	sameFiles(t, filepath.Dir(file), "file")
}

func TestBeginInAReadOnlyFolder(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root writes in every folder; TestBeginWhereNothingCanBeWritten has those where it cannot")
	}
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	for _, s := range []Store{{Dir: dir}, {Dir: filepath.Join(dir, "undo")}} {
		if e, err := s.Begin(undoing("g", 1)); e != nil || !errors.Is(err, fs.ErrPermission) {
			t.Errorf("got %v, %v", e, err)
		}
	}
	sameFiles(t, dir)
}

// A killed process leaves its steps undone from some step on. After each of them there is a whole file or none.
func TestEveryStepLeavesAWholeFileOrNone(t *testing.T) {
	s, d := newStore(t), undoing("g", 3)
	if err := makeFolder(s.Dir); err != nil {
		t.Fatal(err)
	}
	text, err := (&Entry{ID: "x"}).text(d, nil)
	if err != nil {
		t.Fatal(err)
	}
	listed := func(want int) {
		t.Helper()
		if list, errs := s.List(); len(list) != want || errs != nil {
			t.Fatalf("got %v, %v, want %d", list, errs, want)
		}
	}
	// In the middle of writing, after any number of bytes.
	hidden := filepath.Join(s.Dir, ".offsetctl-1")
	for n := range len(text) {
		if err := os.WriteFile(hidden, text[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		listed(0)
	}
	// After writing, and after it has its name but also the hidden one.
	temp, err := writeHidden(s.path("x"), text)
	if err != nil {
		t.Fatal(err)
	}
	listed(0)
	if err := os.Link(temp, s.path("x")); err != nil {
		t.Fatal(err)
	}
	listed(1)
	sameDocument(t, d.withID("x", nil), s, "x")
	// While the results are written.
	if _, err := writeHidden(s.path("x"), []byte(`{"kind":`)); err != nil {
		t.Fatal(err)
	}
	listed(1)
	sameDocument(t, d.withID("x", nil), s, "x")
	// What is left behind stops no later run.
	e, finished := begun(t, s, d), at()
	if err := e.Finish(d, finished); err != nil {
		t.Fatal(err)
	}
	listed(2)
}

// Some file systems cannot be told to keep the names in a folder; that is no failure.
func TestSyncOfAFolderThatHasNone(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only on linux is there one for sure")
	}
	f, err := os.Open("/proc/self")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := f.Sync(); !errors.Is(err, syscall.EINVAL) {
		t.Fatalf("/proc is no example of it: %v", err)
	}
	if err := syncFolder("/proc/self"); err != nil {
		t.Error(err)
	}
}

// asChild runs the test once more in a process of its own, in which inChild has the store.
func asChild(t *testing.T, dir string) *exec.Cmd {
	t.Helper()
	c := exec.Command(os.Args[0], "-test.run", "^"+t.Name()+"$", "-test.v")
	c.Env = append(os.Environ(), "OFFSETCTL_TEST_STORE="+dir)
	return c
}

// inChild is the store to use in a child process; false in the test itself.
func inChild() (Store, bool) {
	dir := os.Getenv("OFFSETCTL_TEST_STORE")
	return Store{Dir: dir}, dir != ""
}

// kill −9 wherever it falls: all files are whole, and those that were begun are there.
func TestKilledAtAnyPoint(t *testing.T) {
	if s, ok := inChild(); ok {
		d := undoing("g", 300)
		for {
			e, err := s.Begin(d)
			if err != nil {
				t.Fatal(err)
			}
			fmt.Println("begun", e.ID)
			if err := e.Finish(d.results(Applied), at()); err != nil {
				t.Fatal(err)
			}
			fmt.Println("finished", e.ID)
		}
	}
	for lines := 1; lines <= 6; lines++ {
		s := newStore(t)
		said := killedAfter(t, asChild(t, s.Dir), lines)
		list, errs := s.List()
		if errs != nil {
			t.Fatalf("after %d lines: %v", lines, errs)
		}
		finished := map[string]bool{}
		for _, l := range list {
			finished[l.ID] = l.Finished
			if l.Partitions != 300 {
				t.Errorf("%s: %d partitions", l.ID, l.Partitions)
			}
		}
		for _, line := range said {
			state, id, _ := strings.Cut(line, " ")
			if done, ok := finished[id]; !ok || state == "finished" && !done {
				t.Errorf("after %q: there is %t, finished %t", line, ok, done)
			}
		}
	}
}

// killedAfter kills a process when it has said so many lines, and returns all of them.
func killedAfter(t *testing.T, c *exec.Cmd, lines int) (said []string) {
	t.Helper()
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	for in := bufio.NewScanner(out); in.Scan(); {
		if text := in.Text(); strings.HasPrefix(text, "begun ") || strings.HasPrefix(text, "finished ") {
			said = append(said, text)
		}
		if len(said) == lines {
			_ = c.Process.Kill()
		}
	}
	if err := c.Wait(); err == nil || len(said) < lines {
		t.Fatalf("not killed: %v, after %q", err, said)
	}
	return said
}

// A full disk, for which stands a limit on the size of files: a write stops in the middle either way.
func TestFullDisk(t *testing.T) {
	d := undoing("g", 300)
	if s, ok := inChild(); ok {
		e := begun(t, s, d)
		limitFiles(t, 1000)
		if another, err := s.Begin(d); another != nil || !errors.Is(err, syscall.EFBIG) {
			t.Errorf("beginning another: %v, %v", another, err)
		}
		if err := e.Finish(d, at()); !errors.Is(err, syscall.EFBIG) {
			t.Errorf("finishing: %v", err)
		}
		sameFiles(t, s.Dir, e.ID+".json")
		sameDocument(t, d.withID(e.ID, nil), s, e.ID)
		return
	}
	s := newStore(t)
	if out, err := asChild(t, s.Dir).CombinedOutput(); err != nil || !bytes.Contains(out, []byte("PASS: TestFullDisk")) {
		t.Errorf("%v\n%s", err, out)
	}
	if list, errs := s.List(); len(list) != 1 || errs != nil {
		t.Errorf("got %v, %v", list, errs)
	}
}

// limitFiles makes writes beyond so many bytes of a file fail, in the whole process.
func limitFiles(t *testing.T, size uint64) {
	t.Helper()
	signal.Ignore(syscall.SIGXFSZ)
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
	limit.Cur = size
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
}

// A pipe, as of a shell's <(…), is read like a file; one in the folder is not waited for.
func TestPipes(t *testing.T) {
	s, d := newStore(t), undoing("g", 1)
	e := begun(t, s, d)
	pipe := filepath.Join(s.Dir, "pipe.json")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	if list, errs := s.List(); len(list) != 1 || errs != nil {
		t.Errorf("got %v, %v", list, errs)
	}
	text, err := os.ReadFile(e.Path)
	if err != nil {
		t.Fatal(err)
	}
	wrote := make(chan error, 1)
	go func() { wrote <- os.WriteFile(pipe, text, 0) }()
	sameDocument(t, d.withID(e.ID, nil), s, pipe)
	if err := <-wrote; err != nil {
		t.Error(err)
	}
}
