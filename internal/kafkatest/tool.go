//go:build kafka

package kafkatest

import (
	"bytes"
	"context"
	"regexp"
	"slices"
	"testing"
	"time"
)

// toolTimeout is for one run of a Java tool; the tools' own requests give up earlier.
const toolTimeout = 90 * time.Second

// ToolResult is what a Java tool left behind.
type ToolResult struct {
	Stdout, Stderr string
	Exit           int // -1 if it was killed
}

// Tool runs one of Kafka's own Java tools of the cluster's version, for example
// "org.apache.kafka.tools.GetOffsetShell", with just these arguments (so --bootstrap-server is the caller's).
// A tool that does not end is a failure of the test; how it ends is not: most exit 0 whatever happens.
func (c *Cluster) Tool(t testing.TB, class string, args ...string) ToolResult {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), toolTimeout)
	defer cancel()
	r, err := run(ctx, java("192m", c.jars, "off", slices.Concat(c.javaFlags(), []string{class}, args)...))
	if err != nil {
		t.Fatalf("%s %q: %v\n%s%s", class, args, err, r.Stdout, r.Stderr)
	}
	return r
}

// DumpLog runs kafka-dump-log.sh of the cluster's version.
func (c *Cluster) DumpLog(t testing.TB, args ...string) ToolResult {
	t.Helper()
	class := "org.apache.kafka.tools.DumpLogSegments"
	if kafkaBefore43.MatchString(c.Version) {
		class = "kafka.tools.DumpLogSegments"
	}
	return c.Tool(t, class, args...)
}

// kafkaBefore43 are the versions whose tool to dump a log is still one of the broker's own, in Scala.
var kafkaBefore43 = regexp.MustCompile(`^([0-3]|4\.[0-2])\.`)

// run runs a command on a leash to its end. Its error is that it could not be started or was not allowed to end.
func run(ctx context.Context, argv []string) (ToolResult, error) {
	var out, errs bytes.Buffer
	p, err := startProcess("", stdio{out: &out, err: &errs}, argv...)
	if err != nil {
		return ToolResult{Exit: -1}, err
	}
	select {
	case <-p.done:
	case <-ctx.Done():
		p.kill()
		err = context.Cause(ctx)
	}
	return ToolResult{out.String(), errs.String(), p.cmd.ProcessState.ExitCode()}, err
}
