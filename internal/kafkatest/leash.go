//go:build kafka

package kafkatest

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// A JVM must not outlive the test process, not even when that is killed with SIGKILL and runs no cleanup. So each
// one is started through the shell script below, which holds the reading end of a pipe whose only writing end is
// ours: the script's child waits for a line, and the kernel's end of file on our death makes it kill the JVM.
// The script itself becomes the JVM (exec), so that the process we see, signal and wait for is the JVM.
// Pdeathsig is no substitute: it follows the thread that forked, and Go ends threads when it likes.
const leashScript = `{ read -r released || kill -9 $$; } <&3 >/dev/null 2>&1 &
exec "$@" 3<&-`

// process is a running command on a leash.
type process struct {
	cmd   *exec.Cmd
	leash *os.File      // the writing end; closing it kills the command
	done  chan struct{} // closed when the command ended and its output was read
	err   error         // of the wait; valid after done
}

// stdio are the streams of a process; a nil reader or writer is the null device.
type stdio struct {
	in       io.Reader
	out, err io.Writer
}

// startProcess runs argv on a leash.
func startProcess(dir string, s stdio, argv ...string) (*process, error) {
	held, leash, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer held.Close()
	cmd := exec.Command("sh", append([]string{"-c", leashScript, "sh"}, argv...)...)
	cmd.Dir, cmd.Stdin, cmd.Stdout, cmd.Stderr = dir, s.in, s.out, s.err
	cmd.ExtraFiles = []*os.File{held}
	// A group of its own: an interrupt from the terminal goes to us alone, and the leash does the rest. A broker
	// that got it too would begin an orderly shutdown and lose its watcher.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.WaitDelay = 5 * time.Second
	if err := cmd.Start(); err != nil {
		leash.Close()
		return nil, fmt.Errorf("starting %s: %w", argv[0], err)
	}
	p := &process{cmd: cmd, leash: leash, done: make(chan struct{})}
	go func() {
		p.err = cmd.Wait()
		// Release rather than close: the process number may belong to someone else by now.
		fmt.Fprintln(leash, "released")
		leash.Close()
		close(p.done)
	}()
	return p, nil
}

// kill ends the process with SIGKILL, paused or not, and waits until it is gone. Killing twice is fine.
func (p *process) kill() {
	p.cmd.Process.Kill()
	<-p.done
}

// running reports whether the process has not ended.
func (p *process) running() bool {
	select {
	case <-p.done:
		return false
	default:
		return true
	}
}
