package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// A section of the README can show two shells. The block that begins with
//
//	$ offsetctl demo
//
// is the first one: it serves until the section ends, and the commands below have in their environment what it exports. A
// block without a prompt is what it prints next, which is waited for. A command gets a moment until its output is as
// shown, since others are at work; but one that has changed something is not run again.

// serving is the command that goes on while others run.
const serving = "offsetctl demo"

// within is how long the effect of others may take, on a machine that is busy.
const within = 15 * time.Second

// section is what the examples below one heading have in common.
type section struct {
	state  string            // XDG_STATE_HOME
	server string            // OFFSETCTL_BOOTSTRAP_SERVER
	ids    map[string]string // of undo files: those that came out, by those that the README shows
	demo   *demoShell        // nil: none is served
}

func runSection(t *testing.T, examples []example) {
	s := &section{state: t.TempDir(), server: "127.0.0.1:1", ids: make(map[string]string)}
	defer func() {
		if s.demo != nil {
			s.demo.end(t)
		}
	}()
	for _, e := range examples {
		ok := t.Run(fmt.Sprintf("line %d", e.line), func(t *testing.T) {
			if diff := s.run(t, e); diff != "" {
				t.Errorf("README.md:%d: %s (-README +run):\n%s", e.line, e.command, diff)
			}
		})
		if !ok && s.demo != nil {
			return // what follows is not as it should be for this alone
		}
	}
}

// run returns how what the example shows differs from what comes out.
func (s *section) run(t *testing.T, e example) string {
	switch e.command {
	case serving:
		s.demo = startDemo(t, s.command(t, e))
		diff := s.demo.prints(e.want)
		s.server = s.demo.exported()
		return diff
	case "":
		return s.demo.prints(e.want)
	}
	var diff string
	poll(func() bool {
		out, err := s.command(t, e).CombinedOutput()
		code, err := exitCode(err)
		if err != nil {
			t.Fatalf("line %d: %s: %v", e.line, e.command, err)
		}
		if diff = cmp.Diff(s.alike(e.want), s.alike(string(out))); diff == "" {
			s.learn(e.want, string(out))
		}
		changed := code == 0 && strings.Contains(e.command, "--execute")
		return diff == "" || s.demo == nil || changed
	})
	return diff
}

// command is that of an example, in an environment that has nothing of the one who runs the test.
func (s *section) command(t *testing.T, e example) *exec.Cmd {
	t.Helper()
	args, err := e.args(undoID().ReplaceAllStringFunc(e.command, func(shown string) string {
		if _, ok := s.ids[shown]; !ok {
			t.Fatalf("line %d: no output above shows %s", e.line, shown)
		}
		return s.ids[shown]
	}))
	if err != nil {
		t.Fatalf("line %d: %v", e.line, err)
	}
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=/no-home", "XDG_STATE_HOME=" + s.state, "OFFSETCTL_BOOTSTRAP_SERVER=" + s.server,
		"GORACE=atexit_sleep_ms=10", // see setup
	}
	return cmd
}

// learn takes note of the IDs of undo files that came out where the README shows others.
func (s *section) learn(shown, got string) {
	ids := undoID().FindAllString(got, -1)
	for i, id := range undoID().FindAllString(shown, -1) {
		s.ids[id] = ids[i]
	}
}

// alike is the text without what differs from run to run.
func (s *section) alike(text string) string {
	if s.demo != nil {
		text = withoutTraffic(text)
	}
	return alike(text)
}

// alike is the text with each time, undo file and port replaced, and how long a transaction has been open.
func alike(text string) string {
	text = undoID().ReplaceAllString(text, "ID")
	text = regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`).ReplaceAllString(text, "TIME")
	text = regexp.MustCompile(`127\.0\.0\.1:\d+`).ReplaceAllString(text, "127.0.0.1:PORT")
	return regexp.MustCompile(`open for [0-9a-z]+`).ReplaceAllString(text, "open for AGE")
}

func undoID() *regexp.Regexp { return regexp.MustCompile(`\b\d{8}T\d{6}Z-[a-z0-9]{4}\b`) }

// withoutTraffic is the text without the numbers in tables that a served demo moves, and so without their widths.
func withoutTraffic(text string) string {
	moving := []string{"LOG-END-OFFSET", "LAG", "MAX-LAG"}
	lines := strings.Split(text, "\n")
	var header []string
	for i, line := range lines {
		words := strings.Fields(line)
		switch {
		case len(words) == 0 || words[0] == "offsetctl:":
			header = nil
			continue
		case words[0] == "GROUP":
			header = words
		case header == nil:
			continue
		default:
			for c := range min(len(header), len(words)) {
				if slices.Contains(moving, header[c]) {
					words[c] = "N"
				}
			}
		}
		lines[i] = strings.Join(words, " ")
	}
	return strings.Join(lines, "\n")
}

// poll calls done until it is, or the time is up.
func poll(done func() bool) {
	deadline := time.After(within)
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for !done() {
		select {
		case <-deadline:
			return
		case <-ticker.C:
		}
	}
}

// demoShell is a demo that is served, and what it has printed.
type demoShell struct {
	cmd  *exec.Cmd
	want string // what the README has shown of it so far

	mu  sync.Mutex
	got strings.Builder
}

func startDemo(t *testing.T, cmd *exec.Cmd) *demoShell {
	t.Helper()
	d := &demoShell{cmd: cmd}
	cmd.Stdout, cmd.Stderr = d, d
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return d
}

func (d *demoShell) Write(p []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.got.Write(p)
}

func (d *demoShell) text() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.got.String()
}

// prints waits until it has printed what is shown next, and returns how it differs if it has not.
func (d *demoShell) prints(next string) (diff string) {
	d.want += next
	poll(func() bool {
		diff = cmp.Diff(alike(d.want), alike(d.text()))
		return diff == ""
	})
	return diff
}

// exported is what the line to be pasted says.
func (d *demoShell) exported() string {
	_, value, _ := strings.Cut(d.text(), "export OFFSETCTL_BOOTSTRAP_SERVER=")
	value, _, _ = strings.Cut(value, "\n")
	return value
}

// end ends it as Ctrl-C does. It must not have printed anything more than the README shows.
func (d *demoShell) end(t *testing.T) {
	t.Helper()
	if diff := cmp.Diff(alike(d.want), alike(d.text())); diff != "" && !t.Failed() {
		t.Errorf("README.md: %s (-README +run):\n%s", serving, diff)
	}
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	defer context.AfterFunc(ctx, func() { _ = d.cmd.Process.Kill() })()
	_ = d.cmd.Process.Signal(os.Interrupt)
	if code, err := exitCode(d.cmd.Wait()); code != 130 {
		t.Errorf("%s: exit code %d, %v", serving, code, err)
	}
}

func TestAlike(t *testing.T) {
	served := &section{demo: new(demoShell)}
	got := served.alike(strings.Join([]string{
		"offsetctl: note: cluster x at 127.0.0.1:4711,127.0.0.1:9",
		"GROUP  PARTITION  NEW-OFFSET  LOG-END-OFFSET  RESULT  NOTE",
		"a              0           7             422  planned  of two words",
		"offsetctl: hint: undo with: offsetctl undo 20261129T015329Z-luxe   422",
		"2026-11-29T01:53:29.471Z  a",
	}, "\n"))
	want := strings.Join([]string{
		"offsetctl: note: cluster x at 127.0.0.1:PORT,127.0.0.1:PORT",
		"GROUP PARTITION NEW-OFFSET LOG-END-OFFSET RESULT NOTE",
		"a 0 7 N planned of two words",
		"offsetctl: hint: undo with: offsetctl undo ID   422",
		"TIME  a",
	}, "\n")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestLearn(t *testing.T) {
	s := &section{ids: make(map[string]string)}
	s.learn("20261129T015329Z-aaaa 20261129T015330Z-bbbb", "20270101T000000Z-cccc 20270101T000001Z-dddd")
	want := map[string]string{"20261129T015329Z-aaaa": "20270101T000000Z-cccc", "20261129T015330Z-bbbb": "20270101T000001Z-dddd"}
	if diff := cmp.Diff(want, s.ids); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
