//go:build unix

package clientconfig

import (
	"os/exec"
	"syscall"
)

// endWithChildren makes what ends cmd end what it has started too: they are a process group of their own, which Ctrl-C on
// the terminal does not reach, but the context that it ends does.
func endWithChildren(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}
