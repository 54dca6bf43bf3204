package cmd

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/offsetctl/offsetctl/internal/cluster"
)

// whoAt writes a file of settings, and is the file of names that they lead to.
func whoAt(t *testing.T, path string, env map[string]string, lines ...string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	all := map[string]string{"XDG_CACHE_HOME": t.TempDir(), "OFFSETCTL_COMMAND_CONFIG": path}
	maps.Copy(all, env)
	s := at{env: all}.session(nil, nil)
	set, err := s.settings()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Base(s.namesOf(set, cluster.ScopeGroup).path)
}

func TestNamesAreKeptByWhoSeesThem(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.properties")
	token := filepath.Join(dir, "token")
	if err := os.WriteFile(token, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	login := func(user, password string) []string {
		return []string{"bootstrap.servers=a:9092", "security.protocol=SASL_PLAINTEXT", "sasl.mechanism=PLAIN",
			`sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required username="` + user + `" password="` + password + `";`}
	}
	bearer := func(source string) []string {
		return []string{"bootstrap.servers=a:9092", "security.protocol=SASL_PLAINTEXT", "sasl.mechanism=OAUTHBEARER", source}
	}
	aws := []string{"bootstrap.servers=a:9092", "security.protocol=SASL_SSL", "sasl.mechanism=AWS_MSK_IAM",
		"sasl.jaas.config=software.amazon.msk.auth.iam.IAMLoginModule required;"}
	seen := map[string]string{}
	for name, of := range map[string]func() string{
		"alice":              func() string { return whoAt(t, path, nil, login("alice", "secret")...) },
		"bob":                func() string { return whoAt(t, path, nil, login("bob", "secret")...) },
		"alice of a profile": func() string { return whoAt(t, filepath.Join(dir, "b.properties"), nil, login("alice", "secret")...) },
		"alice elsewhere": func() string {
			return whoAt(t, path, map[string]string{"OFFSETCTL_BOOTSTRAP_SERVER": "b:9092"}, login("alice", "secret")...)
		},
		"nobody":        func() string { return whoAt(t, path, nil, "bootstrap.servers=a:9092") },
		"a token":       func() string { return whoAt(t, path, nil, bearer("offsetctl.sasl.oauthbearer.token=one")...) },
		"another token": func() string { return whoAt(t, path, nil, bearer("offsetctl.sasl.oauthbearer.token=two")...) },
		"a token file": func() string {
			return whoAt(t, path, nil, bearer("sasl.oauthbearer.token.endpoint.url=file://"+token)...)
		},
		"AWS":                 func() string { return whoAt(t, path, nil, aws...) },
		"AWS, a profile":      func() string { return whoAt(t, path, map[string]string{"AWS_PROFILE": "ops"}, aws...) },
		"AWS, another person": func() string { return whoAt(t, path, map[string]string{"AWS_ACCESS_KEY_ID": "AKIA1"}, aws...) },
	} {
		file := of()
		if other, taken := seen[file]; taken {
			t.Errorf("%s and %s share a file", name, other)
		}
		if again := of(); again != file {
			t.Errorf("%s has a file of its own each time", name)
		}
		seen[file] = name
	}
	if whoAt(t, path, nil, login("alice", "secret")...) != whoAt(t, path, nil, login("alice", "other")...) {
		t.Error("a password changes the name of the file, from which it could be guessed")
	}
	before := whoAt(t, path, nil, bearer("sasl.oauthbearer.token.endpoint.url=file://"+token)...)
	if grown(t, token, time.Hour); whoAt(t, path, nil, bearer("sasl.oauthbearer.token.endpoint.url=file://"+token)...) == before {
		t.Error("the names of whose token was in a file are shown to whose token is there now")
	}
}
