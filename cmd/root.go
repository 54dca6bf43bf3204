// Package cmd is the command line: flags become options, options a run, a run rows and an exit code.
// It is the only place that knows cobra, the environment, paths and exit codes.
package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/offsetctl/offsetctl/inspect"
	"github.com/offsetctl/offsetctl/internal/cluster"
	"github.com/offsetctl/offsetctl/output"
)

// session is what one invocation has: its streams, what they are, and the flags that every command
// has.
type session struct {
	in       io.Reader
	out, err io.Writer
	outTTY   bool // stdout is a terminal
	errTTY   bool
	width    int        // of stdout's terminal, 0 if unknown
	errWidth func() int // of stderr's now, likewise; nil: unknown
	env      func(string) string
	environ  func() []string // all of it, as NAME=VALUE

	program string        // how hints call us: "offsetctl", or "offsetctl demo"
	args    []string      // of the command line, without the program
	undoDir string        // folder of undo files; empty: that of the environment
	reached string        // the servers that a run began with, and where the settings come from
	server  string        // the first of them
	servers string        // where they are named
	file    string        // the file of settings; empty: there is none
	own     string        // subject of the client certificate that a broker is shown if it asks for one; empty: there is none
	secured bool          // there is TLS or a login
	user    string        // who the brokers take us for, without "User:"; empty: unknown before the login
	subject func() string // the same of a token; nil: there is none

	status *statusLine   // nil: stderr is no terminal
	large  inspect.Large // a scan is, from here on; zero: see largeScan

	conn  connectionFlags
	shape outputFlags

	completion time.Duration // of the names that a shell is given, from now on

	now time.Time // when the command began: the only clock of what is printed and of the deadline

	dial    dialFunc
	traffic func(context.Context) error // goes on while records are followed, until ctx ends; nil: others see to that
	bare    func(context.Context) error // what a command line without a command does; nil: print the help
}

// Main runs one command line and returns its exit code. Data goes to out, everything else to errw.
func Main(ctx context.Context, args []string, in io.Reader, out, errw io.Writer) int {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400) // commands are short: collecting while 60,000 rows are built takes a quarter of the time
	}
	s := &session{program: "offsetctl", now: time.Now(), in: in, out: out, err: errw, env: os.Getenv, environ: os.Environ, completion: completionTime, dial: dialCluster}
	if f, ok := out.(*os.File); ok {
		s.outTTY = term.IsTerminal(int(f.Fd()))
		s.width, _, _ = term.GetSize(int(f.Fd()))
	}
	if f, ok := errw.(*os.File); ok {
		s.errTTY = term.IsTerminal(int(f.Fd()))
		s.errWidth = func() int {
			width, _, _ := term.GetSize(int(f.Fd()))
			return width
		}
	}
	return s.main(ctx, args)
}

func (s *session) main(ctx context.Context, args []string) int {
	s.in = interruptible{ctx, s.in}
	if s.errTTY {
		s.status = &statusLine{out: s.err, width: s.errWidth}
		s.err = s.status
	}
	err := s.execute(ctx, args)
	switch usage, done := (*usageError)(nil), exitError(0); {
	case ctx.Err() != nil:
		s.note("interrupted")
		return exitInterrupted
	case err == nil:
		return exitOK
	case errors.As(err, &done):
		return int(done)
	case errors.As(err, &usage):
		s.complain(usage.Error(), usage.hint)
		return exitUsage
	default:
		s.complain(err.Error(), "")
		return exitFailed
	}
}

// interruptible ends a read that waits for input when ctx ends: Ctrl-C must work in `lag -`.
type interruptible struct {
	ctx context.Context
	in  io.Reader
}

func (r interruptible) Read(p []byte) (int, error) {
	type result struct {
		n   int
		err error
	}
	own := make([]byte, len(p)) // the read may outlive the call
	done := make(chan result, 1)
	go func() {
		n, err := r.in.Read(own)
		done <- result{n, err}
	}()
	select {
	case got := <-done:
		return copy(p, own[:got.n]), got.err
	case <-r.ctx.Done():
		return 0, r.ctx.Err()
	}
}

// execute runs one command line; an exitError has been explained, any other error has not.
func (s *session) execute(ctx context.Context, args []string) error {
	s.args = args
	root := newRoot(s)
	root.SetArgs(args)
	help := &latch{Writer: s.out}
	root.SetIn(s.in)
	root.SetOut(help)
	root.SetErr(s.err)
	if completes(args) {
		return s.complete(ctx, root, args)
	}
	if err := root.ExecuteContext(ctx); err != nil {
		return err
	}
	return writeError(help.err)
}

// latch keeps the first error of writing help texts and completion scripts: cobra drops it.
type latch struct {
	io.Writer
	err error
}

func (l *latch) Write(p []byte) (int, error) {
	n, err := l.Writer.Write(p)
	if l.err == nil {
		l.err = err
	}
	return n, err
}

func newRoot(s *session) *cobra.Command {
	root := &cobra.Command{
		Use:   "offsetctl",
		Short: "Show, explain and move Apache Kafka consumer-group offsets",
		Long: `offsetctl shows where each consumer group of an Apache Kafka cluster is and why, and puts it
elsewhere.

Nothing is changed without --execute, and what is can be undone. It never joins a group, and never
asks for a topic to be made.
Try it without a cluster: offsetctl demo lag` + "\n" + exitHelp,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          noCommand,
		RunE: func(c *cobra.Command, _ []string) error {
			if s.bare != nil {
				return s.bare(c.Context())
			}
			return c.Help()
		},
		PersistentPreRunE: noEmptyFlag,
	}
	root.SuggestionsMinimumDistance = 2
	root.SetFlagErrorFunc(flagError)
	s.conn.add(root.PersistentFlags())
	s.shape.add(root.PersistentFlags())
	root.AddCommand(newLagCommand(s), newGroupsCommand(s), newMembersCommand(s), newInspectCommand(s), newResetCommand(s), newDeleteOffsetsCommand(s), newDeleteGroupCommand(s), newUndoCommand(s), newConfigCommand(s), newDemoCommand(s), newVersionCommand(s))
	root.InitDefaultCompletionCmd()
	root.InitDefaultHelpCmd()
	strict(root)
	return root
}

// complain prints an error and, if there is one, the next step.
func (s *session) complain(msg, hint string) {
	fmt.Fprintf(s.err, "offsetctl: error: %s\n", output.AppendEscaped(nil, msg))
	if hint != "" {
		fmt.Fprintf(s.err, "offsetctl: hint: %s\n", printable(hint))
	}
}

// note prints what is worth knowing and no error; -q suppresses it.
func (s *session) note(format string, args ...any) {
	if !s.shape.quiet {
		fmt.Fprintf(s.err, "offsetctl: note: %s\n", output.AppendEscaped(nil, fmt.Sprintf(format, args...)))
	}
}

// maxErrors bounds how many errors are told one by one on stderr: a broker that is down may fail
// thousands of partitions.
const maxErrors = 50

// report prints the errors of a run, each once, with one hint for those that have the same, and says
// whether there are any. near has better hints for what does not exist.
func (s *session) report(errs []*cluster.Error, near map[missing]string) verdict {
	hints := map[string]bool{}
	for i, e := range errs {
		if i == maxErrors {
			s.complain(fmt.Sprintf("and %d more", len(errs)-i), "all of them are in the errors of -o json")
			break
		}
		hint := near[missing{e.Scope, e.Name}]
		if hint == "" {
			hint = s.hintFor(e)
		}
		if hints[hint] {
			hint = ""
		}
		hints[hint] = true
		s.complain(e.Error(), hint)
	}
	return verdict{failed: len(errs) > 0}
}
