package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

func (f *fixture) exits(ts *testscript.TestScript, args []string) error {
	limit := scriptTime
	if args[0] == "-within" {
		var err error
		if limit, err = time.ParseDuration(args[1]); err != nil {
			return err
		}
		args = args[2:]
	}
	want, err := strconv.Atoi(args[0])
	if err != nil {
		return fmt.Errorf("not an exit code: %q", args[0])
	}
	start := time.Now()
	code, err := exitCode(ts.Exec(args[1], args[2:]...))
	if err != nil {
		return err
	}
	if took := time.Since(start); took > limit {
		return fmt.Errorf("it took %s", took)
	}
	if code != want {
		return fmt.Errorf("exit code %d, want %d", code, want)
	}
	if err := f.moments.over(); err != nil {
		return err
	}
	if args[1] != "offsetctl" || len(args) > 2 && args[2] == "__complete" { // cobra's own words, for the shell to drop
		return nil
	}
	return manners(ts.ReadFile("stderr"))
}

func exitCode(err error) (int, error) {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exit.ExitCode(), nil
	}
	return 0, err
}

// manners checks what holds for standard error whatever happens: no line without our name in front, hence no stack
// trace and no usage text, and nothing that a terminal would obey.
func manners(stderr string) error {
	for line := range strings.Lines(stderr) {
		if !strings.HasPrefix(line, "offsetctl: ") || !strings.HasSuffix(line, "\n") {
			return fmt.Errorf("a line on stderr that is not offsetctl's: %q", line)
		}
		if strings.ContainsAny(line, "\x1b\r\t\x00") {
			return fmt.Errorf("control characters on stderr: %q", line)
		}
	}
	return nil
}

// process is a command that runs while the script goes on.
type process struct {
	cmd      *exec.Cmd
	out, err buffer
}

// buffer is written by a process and read by a script.
type buffer struct {
	mu    sync.Mutex
	bytes bytes.Buffer
	line  chan string // gets the first line, if somebody can
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	n, err := b.bytes.Write(p)
	if line, _, ok := strings.Cut(b.bytes.String(), "\n"); ok && b.line != nil {
		b.line <- line
		b.line = nil
	}
	return n, err
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.bytes.String()
}

func (f *fixture) start(ts *testscript.TestScript, args []string) error {
	path, err := exec.LookPath(args[0])
	if err != nil {
		return err
	}
	lines := make(chan string, 1)
	p := &process{cmd: exec.Command(path, args[1:]...), out: buffer{line: lines}}
	p.cmd.Stdout, p.cmd.Stderr, p.cmd.Dir = &p.out, &p.err, ts.MkAbs(".")
	for _, name := range []string{"PATH", "HOME", "GOCOVERDIR", "TMPDIR", "OFFSETCTL_BOOTSTRAP_SERVER", "XDG_STATE_HOME"} {
		if v := ts.Getenv(name); v != "" {
			p.cmd.Env = append(p.cmd.Env, name+"="+v)
		}
	}
	select {
	case <-f.heard: // by an earlier command of the script
	default:
	}
	if err := p.cmd.Start(); err != nil {
		return err
	}
	f.process = p
	select {
	case <-f.heard:
		return nil
	case line := <-lines:
		if name, value, ok := strings.Cut(strings.TrimPrefix(line, "export "), "="); ok {
			ts.Setenv(name, value)
		}
		return nil
	case <-f.ctx.Done():
		return fmt.Errorf("nothing happens; stdout %q, stderr %q", p.out.String(), p.err.String())
	}
}

func (f *fixture) interrupt(ts *testscript.TestScript, args []string) error {
	if f.process == nil {
		return errors.New("nothing was started")
	}
	if err := f.process.cmd.Process.Signal(syscall.SIGINT); err != nil {
		return err
	}
	return f.ends(ts, args)
}

func (f *fixture) ends(ts *testscript.TestScript, args []string) error {
	p := f.process
	if p == nil {
		return errors.New("nothing was started")
	}
	f.process = nil
	code, err := exitCode(p.cmd.Wait())
	if err != nil {
		return err
	}
	fmt.Fprint(ts.Stdout(), p.out.String())
	fmt.Fprint(ts.Stderr(), p.err.String())
	if strconv.Itoa(code) != args[0] {
		return fmt.Errorf("exit code %d, want %s", code, args[0])
	}
	return errors.Join(manners(p.err.String()), f.moments.over())
}

func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
}

// write makes a file of the strings.
func (f *fixture) write(ts *testscript.TestScript, args []string) error {
	return os.WriteFile(ts.MkAbs(args[0]), []byte(strings.Join(args[1:], "")), 0o600)
}

// mask replaces what differs from run to run: the ids that brokers and clients draw, ports, times.
func (f *fixture) mask(ts *testscript.TestScript, args []string) error {
	return os.WriteFile(ts.MkAbs(args[1]), []byte(masked(ts.ReadFile(args[0]))), 0o600)
}

func masked(s string) string {
	for _, m := range []struct{ pattern, mask string }{
		{`-[0-9a-f]{32}\b`, "-ID"},    // classic member
		{`[A-Za-z0-9+/]{22}==`, "ID"}, // share member
		{`"topicId":"[^"]*"`, `"topicId":"ID"`},
		{`"time":"[^"]*"`, `"time":"TIME"`},
		{`127\.0\.0\.1:[0-9]+`, "127.0.0.1:PORT"},
		{`within [0-9.]+m?s`, "within TIME"},
	} {
		s = regexp.MustCompile(m.pattern).ReplaceAllString(s, m.mask)
	}
	return s
}
