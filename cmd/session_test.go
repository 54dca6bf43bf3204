package cmd

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// screen is what one command line did with its streams.
type screen struct {
	out, err string
	code     int
}

// at says what the streams of a test's session are.
type at struct {
	outTTY, errTTY bool
	width          int
	env            map[string]string
	in             string
}

func (a at) session(out, errw *strings.Builder) *session {
	return &session{
		now:     time.Now(),
		program: "offsetctl",
		in:      strings.NewReader(a.in), out: out, err: errw, outTTY: a.outTTY, errTTY: a.errTTY, width: a.width,
		env: func(name string) string { return a.env[name] }, environ: noEnvironment, dial: dialCluster, completion: 3 * time.Second, // a busy machine is slow
	}
}

func noEnvironment() []string { return nil }

// run runs a command line.
func (a at) run(t *testing.T, args ...string) screen {
	t.Helper()
	var out, errw strings.Builder
	code := a.session(&out, &errw).main(t.Context(), args)
	return screen{out.String(), errw.String(), code}
}

var update = flag.Bool("update", false, "rewrite the files in testdata/golden")

// golden compares with a file of testdata/golden.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("..", "testdata", "golden", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}
