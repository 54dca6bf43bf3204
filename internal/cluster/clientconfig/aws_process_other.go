//go:build !unix

package clientconfig

import "os/exec"

// endWithChildren can do nothing here: only the process itself is ended, and its children end by themselves.
func endWithChildren(*exec.Cmd) {}
