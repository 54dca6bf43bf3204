//go:build kafka

package kafkatest

import (
	"bytes"
	"context"
	"embed"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

//go:embed java/*.java
var sources embed.FS

// clientTimeout is for one line of a client: a JVM that compiles its source, joins a group and commits on a busy
// machine takes ten seconds or so.
const clientTimeout = 90 * time.Second

// flinkFlags are what Flink's own start scripts give a JVM of version 17; it reflects on collections.
var flinkFlags = []string{
	"--add-opens=java.base/java.lang=ALL-UNNAMED",
	"--add-opens=java.base/java.util=ALL-UNNAMED",
	"--add-opens=java.base/java.time=ALL-UNNAMED",
}

// Client is a running Java program of the folder java.
type Client struct {
	name  string
	p     *process
	stdin io.WriteCloser

	mu      sync.Mutex
	partial []byte        // of standard output: the line that has no end yet
	lines   []string      // of standard output
	next    int           // the first line that Await did not look at
	errs    bytes.Buffer  // standard error
	changed chan struct{} // closed and replaced with every new line
}

// Client starts a file of the folder java, with the bootstrap servers and then args as its arguments, and kills it
// when the test ends. Each file begins with its arguments and commands.
func (c *Cluster) Client(t testing.TB, file string, args ...string) *Client {
	t.Helper()
	p := program{file: file, artifacts: clientJars(), heap: "160m", flags: c.javaFlags(), args: append([]string{c.Bootstrap()}, args...)}
	switch file {
	case "FlinkJob.java":
		p.artifacts, p.heap, p.flags = flinkJars(), "320m", append(p.flags, flinkFlags...)
	case "ToolApp.java":
		p.artifacts = brokerJars(c.Version)
	}
	return startProgram(t, p)
}

// program is a file of the folder java and how to run it.
type program struct {
	file        string
	artifacts   []string
	heap        string
	flags, args []string
}

// startProgram compiles and starts a program, and kills it when the test ends.
func startProgram(t testing.TB, p program) *Client {
	t.Helper()
	source, err := sources.ReadFile("java/" + p.file)
	if err != nil {
		t.Fatal(err)
	}
	jars, err := classpath(t.Context(), p.artifacts)
	if err != nil {
		t.Fatal(err)
	}
	classes, err := compiled(t.Context(), p.file, source, jars)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	in, stdin, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	flags := append(p.flags, "-Djava.io.tmpdir="+dir) // Streams and Flink keep folders there
	class := strings.TrimSuffix(p.file, ".java")
	argv := java(p.heap, classes+string(filepath.ListSeparator)+jars, "error", slices.Concat(flags, []string{class}, p.args)...)
	cl := &Client{name: strings.Join(append([]string{p.file}, p.args...), " "), stdin: stdin, changed: make(chan struct{})}
	cl.p, err = startProcess(dir, stdio{in: in, out: clientOutput{cl}, err: clientErrors{cl}}, argv...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cl.Kill)
	return cl
}

// Await waits until the client prints the line, and fails the test with all it printed if it ends before that or
// takes too long. Lines that an earlier Await saw or passed over do not count.
func (cl *Client) Await(t testing.TB, line string) {
	t.Helper()
	cl.await(t, line)
}

// await waits for the first of several lines.
func (cl *Client) await(t testing.TB, lines ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), clientTimeout)
	defer cancel()
	for {
		ended := !cl.p.running() // asked first: after the end there is no more output
		line, changed := cl.find(lines)
		switch {
		case line != "":
			return line
		case ended:
			t.Fatalf("%s ended (%v) without %q%s", cl.name, cl.p.err, lines, cl.transcript())
		}
		select {
		case <-changed:
		case <-cl.p.done:
		case <-ctx.Done():
			t.Fatalf("%s: waiting for %q: %v%s", cl.name, lines, ctx.Err(), cl.transcript())
		}
	}
}

// find looks for one of lines among those not looked at; without success it returns what is closed when there are
// more.
func (cl *Client) find(lines []string) (string, <-chan struct{}) {
	cl.mu.Lock()
	defer cl.mu.Unlock()
	for cl.next < len(cl.lines) {
		line := cl.lines[cl.next]
		cl.next++
		if slices.Contains(lines, line) {
			return line, nil
		}
	}
	return "", cl.changed
}

// Send writes a command to the client.
func (cl *Client) Send(t testing.TB, line string) {
	t.Helper()
	if _, err := fmt.Fprintln(cl.stdin, line); err != nil {
		t.Fatalf("%s: sending %q: %v%s", cl.name, line, err, cl.transcript())
	}
}

// Do sends a command and waits until it is confirmed. One that must fail is sent with Send, and "FAILED <command>"
// awaited.
func (cl *Client) Do(t testing.TB, command string) {
	t.Helper()
	cl.Send(t, command)
	if cl.await(t, "OK "+command, "FAILED "+command) != "OK "+command {
		t.Fatalf("%s: %q failed%s", cl.name, command, cl.transcript())
	}
}

// Wait waits for the client's end, and fails the test if that is not exit code 0.
func (cl *Client) Wait(t testing.TB) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), clientTimeout)
	defer cancel()
	select {
	case <-cl.p.done:
		if cl.p.err != nil {
			t.Fatalf("%s: %v%s", cl.name, cl.p.err, cl.transcript())
		}
	case <-ctx.Done():
		t.Fatalf("%s does not end%s", cl.name, cl.transcript())
	}
}

// Kill ends the client with SIGKILL. It leaves no group and ends no transaction; the brokers notice by and by.
func (cl *Client) Kill() {
	cl.p.kill()
	cl.stdin.Close()
}

// transcript is what the client said, for messages.
func (cl *Client) transcript() string {
	cl.mu.Lock()
	defer cl.mu.Unlock()
	return fmt.Sprintf("\n--- standard output\n%s\n--- standard error\n%s", strings.Join(cl.lines, "\n"), tail(cl.errs.Bytes(), 40))
}

// clientOutput splits standard output into lines.
type clientOutput struct{ *Client }

func (o clientOutput) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.partial = append(o.partial, p...)
	for {
		line, rest, ok := bytes.Cut(o.partial, []byte("\n"))
		if !ok {
			return len(p), nil
		}
		o.lines, o.partial = append(o.lines, string(line)), rest
		close(o.changed)
		o.changed = make(chan struct{})
	}
}

// clientErrors keeps standard error.
type clientErrors struct{ *Client }

func (e clientErrors) Write(p []byte) (int, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.errs.Write(p)
}
