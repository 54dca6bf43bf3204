//go:build kafka

package kafkatest

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// victimEnv makes the test binary run as the process that TestKilledTestLeavesNoJVM kills.
const victimEnv = "OFFSETCTL_KAFKATEST_VICTIM"

func TestKilledTestLeavesNoJVM(t *testing.T) {
	t.Parallel()
	if os.Getenv(victimEnv) != "" {
		runVictim(t)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	victim := exec.Command(self, "-test.run=^"+t.Name()+"$", "-test.v")
	victim.Env = append(os.Environ(), victimEnv+"=1", "TMPDIR="+t.TempDir()) // it cleans up nothing
	victim.Stderr = os.Stderr
	out, err := victim.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := victim.Start(); err != nil {
		t.Fatal(err)
	}
	defer victim.Process.Kill()
	var jvms []int
	for lines := bufio.NewScanner(out); jvms == nil; {
		if !lines.Scan() {
			t.Fatalf("the victim ended: %v", victim.Wait())
		}
		if list, ok := strings.CutPrefix(lines.Text(), "JVMS "); ok {
			for _, word := range strings.Fields(list) {
				pid, _ := strconv.Atoi(word)
				jvms = append(jvms, pid)
			}
		}
	}
	for _, pid := range jvms {
		if gone(pid) {
			t.Fatalf("JVM %d is gone before its test", pid)
		}
	}
	victim.Process.Kill()
	victim.Wait()
	eventually(t, "JVMs of a killed test", func() error {
		for _, pid := range jvms {
			if !gone(pid) {
				return fmt.Errorf("JVM %d lives", pid)
			}
		}
		return nil
	})
}

// runVictim starts a broker and a client, says so, and waits for its death. The broker is paused: it could do nothing
// about its own end.
func runVictim(t *testing.T) {
	c := Start(t, Options{})
	c.Topic(t, "orders", 1, 1)
	cl := c.Client(t, "ConsumerApp.java", "g", "orders", "assign")
	cl.Await(t, "READY")
	c.Pause(t, 1)
	fmt.Printf("JVMS %d %d\n", c.nodes[0].process.cmd.Process.Pid, cl.p.cmd.Process.Pid)
	select {}
}

// gone reports whether a process ended. One whose parent died may stay a zombie where nobody reaps.
func gone(pid int) bool {
	if errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
		return true
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && strings.Contains(string(stat), ") Z ")
}

func TestToolReportsExitAndStreams(t *testing.T) {
	for _, tt := range []struct {
		name, script string
		want         ToolResult
	}{
		{"success", "echo out; echo err >&2", ToolResult{"out\n", "err\n", 0}},
		{"failure", "exit 3", ToolResult{"", "", 3}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := run(t.Context(), []string{"sh", "-c", tt.script})
			if err != nil || got != tt.want {
				t.Errorf("got %+v, %v, want %+v", got, err, tt.want)
			}
		})
	}
}
