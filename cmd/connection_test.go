package cmd

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
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

func TestSettingsPrecedence(t *testing.T) {
	flagged := properties(t, "bootstrap.servers=flagfile:1\nclient.id=flagged\ndefault.api.timeout.ms=1000\nrequest.timeout.ms=100\n")
	named := properties(t, "bootstrap.servers=envfile:1\nclient.id=named\ndefault.api.timeout.ms=2000\nrequest.timeout.ms=200\n")
	empty := properties(t, "acks=all\n")
	flagTimeout := timeoutValue{d: 3 * time.Second, set: true}
	none := timeoutValue{d: 30 * time.Second}
	for _, c := range []struct {
		name string
		conn connectionFlags
		env  map[string]string
		want settings
	}{
		{"defaults", connectionFlags{timeout: none}, nil, settings{[]string{"localhost:9092"}, "the default", "offsetctl/" + version(), 0, 30 * time.Second}},
		{
			"the environment's file",
			connectionFlags{timeout: none}, map[string]string{"OFFSETCTL_COMMAND_CONFIG": named},
			settings{[]string{"envfile:1"}, named, "named", 200 * time.Millisecond, 2 * time.Second},
		},
		{
			"the environment",
			connectionFlags{timeout: none}, map[string]string{"OFFSETCTL_COMMAND_CONFIG": named, "OFFSETCTL_BOOTSTRAP_SERVER": "a:1, b:2", "OFFSETCTL_TIMEOUT": "4s"},
			settings{[]string{"a:1", "b:2"}, "OFFSETCTL_BOOTSTRAP_SERVER", "named", 200 * time.Millisecond, 4 * time.Second},
		},
		{
			"the flag's file",
			connectionFlags{timeout: none, config: flagged}, map[string]string{"OFFSETCTL_COMMAND_CONFIG": named, "OFFSETCTL_BOOTSTRAP_SERVER": "a:1", "OFFSETCTL_TIMEOUT": "4s"},
			settings{[]string{"flagfile:1"}, flagged, "flagged", 100 * time.Millisecond, time.Second},
		},
		{
			"flags",
			connectionFlags{timeout: flagTimeout, config: flagged, bootstrap: "flag:1"}, map[string]string{"OFFSETCTL_BOOTSTRAP_SERVER": "a:1", "OFFSETCTL_TIMEOUT": "4s"},
			settings{[]string{"flag:1"}, "--bootstrap-server", "flagged", 100 * time.Millisecond, 3 * time.Second},
		},
		{
			"--timeout 0",
			connectionFlags{timeout: timeoutValue{set: true}, config: flagged}, nil,
			settings{[]string{"flagfile:1"}, flagged, "flagged", 100 * time.Millisecond, 0},
		},
		{
			"one file only",
			connectionFlags{timeout: none, config: empty}, map[string]string{"OFFSETCTL_COMMAND_CONFIG": named},
			settings{[]string{"localhost:9092"}, "the default", "offsetctl/" + version(), 0, 30 * time.Second},
		},
		{
			"the other file is not read",
			connectionFlags{timeout: none, config: empty}, map[string]string{"OFFSETCTL_COMMAND_CONFIG": "no such file", "OFFSETCTL_BOOTSTRAP_SERVER": "a:1"},
			settings{[]string{"a:1"}, "OFFSETCTL_BOOTSTRAP_SERVER", "offsetctl/" + version(), 0, 30 * time.Second},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := &session{conn: c.conn, env: func(name string) string { return c.env[name] }}
			got, err := s.settings()
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got, cmp.AllowUnexported(settings{})); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestSettingsRefuse(t *testing.T) {
	for _, c := range []struct {
		name string
		conn connectionFlags
		env  map[string]string
		want string
	}{
		{"no file", connectionFlags{config: "no such file"}, nil, "no such file"},
		{"no file in the environment", connectionFlags{}, map[string]string{"OFFSETCTL_COMMAND_CONFIG": "no such file"}, "no such file"},
		{"security", connectionFlags{config: properties(t, "ssl.keystore.location=x")}, nil, "line 1: ssl.keystore.location"},
		{"not a file of properties", connectionFlags{config: properties(t, `a=\u12`)}, nil, "line 1"},
		{"timeout in the environment", connectionFlags{}, map[string]string{"OFFSETCTL_TIMEOUT": "5"}, "OFFSETCTL_TIMEOUT: a unit is required"},
		{"timeout in the file", connectionFlags{config: properties(t, "default.api.timeout.ms=5s")}, nil, "default.api.timeout.ms"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := &session{conn: c.conn, env: func(name string) string { return c.env[name] }}
			_, err := s.settings()
			if _, ok := err.(*usageError); !ok || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want a usage error with %q", err, c.want)
			}
		})
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
