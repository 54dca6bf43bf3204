package cmd

import "fmt"

// The exit codes, the same for every command.
const (
	exitOK          = 0
	exitFailed      = 1   // wholly or for any broker, group, topic or partition
	exitUsage       = 2   // wrong usage or configuration; nothing was sent
	exitCondition   = 3   // the condition asked about holds
	exitInterrupted = 130 // as a shell shows a process that Ctrl-C ended
)

const exitHelp = `
Exit status:
  0    done, nothing failed
  1    failed, wholly or for any broker, group, topic or partition (what succeeded is printed)
  2    wrong usage or configuration; nothing was sent
  3    the condition asked about holds: lag --fail-above and --fail-on, whatever else failed;
       reset --detailed-exitcode, if nothing failed
  130  interrupted`

// verdict is what a command that came to its end found, and has told on stderr.
type verdict struct {
	failed bool // something that it looked at could not be found out
	holds  bool // a condition asked about
}

// exitError is the exit code of a command that came to its end and has nothing more to say: cobra hands back nothing
// but errors. It is never exitOK.
type exitError int

func (e exitError) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

// ended is how a command ends that found all of this: without an error, or with an exitError. A condition that holds
// does so whatever else could not be found out, so 3 beats 1.
func ended(found ...verdict) error {
	var all verdict
	for _, v := range found {
		all.failed = all.failed || v.failed
		all.holds = all.holds || v.holds
	}
	switch {
	case all.holds:
		return exitError(exitCondition)
	case all.failed:
		return exitError(exitFailed)
	}
	return nil
}
