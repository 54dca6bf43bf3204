package cmd

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestTimeoutValue(t *testing.T) {
	for in, want := range map[string]time.Duration{"30s": 30 * time.Second, "2m": 2 * time.Minute, "1m30s": 90 * time.Second, "250ms": 250 * time.Millisecond, "0": 0, "0s": 0, "1.5h": 90 * time.Minute} {
		var v timeoutValue
		if err := v.Set(in); err != nil || v.d != want || !v.set {
			t.Errorf("%q: got %+v, %v", in, v, err)
		}
	}
	for in, want := range map[string]string{"30": "a unit is required: 30s or 30ms", "-1s": "negative", "": "not a duration", "soon": "not a duration", "-5": "a unit is required"} {
		v := timeoutValue{d: time.Second}
		if err := v.Set(in); err == nil || !strings.Contains(err.Error(), want) || v.set || v.d != time.Second {
			t.Errorf("%q: got %+v, %v; want %q", in, v, err, want)
		}
	}
}

func properties(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "client.properties")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
