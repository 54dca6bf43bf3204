package cmd

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/offsetctl/offsetctl/internal/cluster/clientconfig"
)

// outcome is what the settings come to.
type outcome struct {
	servers, origin, client, protocol string
	request, timeout                  time.Duration
}

func settled(conn connectionFlags, env map[string]string) (outcome, settings, error) {
	s := &session{conn: conn, env: func(name string) string { return env[name] }, environ: func() []string {
		var all []string
		for _, name := range slices.Sorted(maps.Keys(env)) {
			all = append(all, name+"="+env[name])
		}
		return all
	}}
	set, err := s.settings()
	if err != nil {
		return outcome{}, settings{}, err
	}
	return outcome{strings.Join(set.bootstrap, ","), set.origin, set.ClientID, set.Protocol.String(), set.RequestTimeout, set.timeout}, set, nil
}

func TestSettingsPrecedence(t *testing.T) {
	flagged := properties(t, "bootstrap.servers=flagfile:1\nclient.id=flagged\ndefault.api.timeout.ms=1000\nrequest.timeout.ms=100\n")
	named := properties(t, "bootstrap.servers=envfile:1\nclient.id=named\ndefault.api.timeout.ms=2000\nrequest.timeout.ms=200\n")
	empty := properties(t, "acks=all\n")
	home := configHome(t, map[string]string{"prod": "bootstrap.servers=prod:1\nclient.id=prod", "dev": "bootstrap.servers=dev:1\nclient.id=dev"}, "dev")
	profile := func(name string) string { return filepath.Join(home, "offsetctl", "profiles", name+".properties") }
	ours := "offsetctl/" + version()
	flagTimeout := timeoutValue{d: 3 * time.Second, set: true}
	for _, c := range []struct {
		name string
		conn connectionFlags
		env  map[string]string
		want outcome
	}{
		{"defaults", connectionFlags{}, nil, outcome{"localhost:9092", "the default", ours, "PLAINTEXT", 0, 30 * time.Second}},
		{
			"the environment's file", connectionFlags{}, map[string]string{"OFFSETCTL_COMMAND_CONFIG": named},
			outcome{"envfile:1", named, "named", "PLAINTEXT", 200 * time.Millisecond, 2 * time.Second},
		},
		{
			"the environment", connectionFlags{}, map[string]string{"OFFSETCTL_COMMAND_CONFIG": named, "OFFSETCTL_BOOTSTRAP_SERVER": "a:1, b:2", "OFFSETCTL_TIMEOUT": "4s", "OFFSETCTL_SECURITY_PROTOCOL": "SSL"},
			outcome{"a:1,b:2", "OFFSETCTL_BOOTSTRAP_SERVER", "named", "SSL", 200 * time.Millisecond, 4 * time.Second},
		},
		{
			"the flag's file", connectionFlags{config: flagged}, map[string]string{"OFFSETCTL_COMMAND_CONFIG": named, "OFFSETCTL_BOOTSTRAP_SERVER": "a:1", "OFFSETCTL_TIMEOUT": "4s", "OFFSETCTL_CLIENT_ID": "env"},
			outcome{"flagfile:1", flagged, "flagged", "PLAINTEXT", 100 * time.Millisecond, time.Second},
		},
		{
			"flags", connectionFlags{timeout: flagTimeout, config: flagged, bootstrap: "flag:1"}, map[string]string{"OFFSETCTL_BOOTSTRAP_SERVER": "a:1", "OFFSETCTL_TIMEOUT": "4s"},
			outcome{"flag:1", "--bootstrap-server", "flagged", "PLAINTEXT", 100 * time.Millisecond, 3 * time.Second},
		},
		{
			"properties of the command line", connectionFlags{config: flagged, properties: []string{"bootstrap.servers=p:1", "client.id = me", "security.protocol=SSL", "client.id=you"}}, nil,
			outcome{"p:1", "--command-property", "you", "SSL", 100 * time.Millisecond, time.Second},
		},
		{
			"-b goes before a property", connectionFlags{bootstrap: "flag:1", properties: []string{"bootstrap.servers=p:1"}}, nil,
			outcome{"flag:1", "--bootstrap-server", ours, "PLAINTEXT", 0, 30 * time.Second},
		},
		{"--timeout 0", connectionFlags{timeout: timeoutValue{set: true}, config: flagged}, nil, outcome{"flagfile:1", flagged, "flagged", "PLAINTEXT", 100 * time.Millisecond, 0}},
		{"OFFSETCTL_TIMEOUT=0", connectionFlags{}, map[string]string{"OFFSETCTL_TIMEOUT": "0"}, outcome{"localhost:9092", "the default", ours, "PLAINTEXT", 0, 0}},
		{"one file only", connectionFlags{config: empty}, map[string]string{"OFFSETCTL_COMMAND_CONFIG": named}, outcome{"localhost:9092", "the default", ours, "PLAINTEXT", 0, 30 * time.Second}},
		{
			"the other file is not read", connectionFlags{config: empty}, map[string]string{"OFFSETCTL_COMMAND_CONFIG": "no such file", "OFFSETCTL_BOOTSTRAP_SERVER": "a:1"},
			outcome{"a:1", "OFFSETCTL_BOOTSTRAP_SERVER", ours, "PLAINTEXT", 0, 30 * time.Second},
		},
		{"a profile", connectionFlags{profile: "prod"}, map[string]string{"XDG_CONFIG_HOME": home, "OFFSETCTL_BOOTSTRAP_SERVER": "a:1"}, outcome{"prod:1", profile("prod"), "prod", "PLAINTEXT", 0, 30 * time.Second}},
		{"the environment's profile", connectionFlags{}, map[string]string{"XDG_CONFIG_HOME": home, "OFFSETCTL_PROFILE": "prod"}, outcome{"prod:1", profile("prod"), "prod", "PLAINTEXT", 0, 30 * time.Second}},
		{"the current profile", connectionFlags{}, map[string]string{"XDG_CONFIG_HOME": home, "OFFSETCTL_CLIENT_ID": "env"}, outcome{"dev:1", profile("dev"), "env", "PLAINTEXT", 0, 30 * time.Second}},
		{"a file goes before the current profile", connectionFlags{}, map[string]string{"XDG_CONFIG_HOME": home, "OFFSETCTL_COMMAND_CONFIG": empty}, outcome{"localhost:9092", "the default", ours, "PLAINTEXT", 0, 30 * time.Second}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, _, err := settled(c.conn, c.env)
			if diff := cmp.Diff(c.want, got, cmp.AllowUnexported(outcome{})); err != nil || diff != "" {
				t.Errorf("%v (-want +got):\n%s", err, diff)
			}
		})
	}
}

// configHome is a folder for XDG_CONFIG_HOME with profiles, of which one may be the current one.
func configHome(t *testing.T, profiles map[string]string, current string) string {
	t.Helper()
	home := t.TempDir()
	folder := filepath.Join(home, "offsetctl", "profiles")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range profiles {
		if err := os.WriteFile(filepath.Join(folder, name+".properties"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if current != "" {
		if err := os.WriteFile(filepath.Join(home, "offsetctl", "current"), []byte(current+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return home
}

func TestSettingsRefuse(t *testing.T) {
	home := configHome(t, map[string]string{"prod": ""}, "gone")
	for _, c := range []struct {
		name string
		conn connectionFlags
		env  map[string]string
		want string
	}{
		{"no file", connectionFlags{config: "no such file"}, nil, "reading the client properties that --command-config names: there is no file no such file"},
		{"a directory", connectionFlags{config: home}, nil, "is a directory, not a file"},
		{"no file in the environment", connectionFlags{}, map[string]string{"OFFSETCTL_COMMAND_CONFIG": "no such file"}, "that OFFSETCTL_COMMAND_CONFIG names: there is no file"},
		{"unknown security key", connectionFlags{config: properties(t, "ssl.x=y")}, nil, "line 1: ssl.x: offsetctl does not know this key"},
		{"not a file of properties", connectionFlags{config: properties(t, `a=\u12`)}, nil, "line 1: malformed"},
		{"timeout in the environment", connectionFlags{}, map[string]string{"OFFSETCTL_TIMEOUT": "5"}, "OFFSETCTL_TIMEOUT: a unit is required"},
		{"timeout in the file", connectionFlags{config: properties(t, "default.api.timeout.ms=5s")}, nil, "default.api.timeout.ms"},
		{"no time in the file", connectionFlags{config: properties(t, "default.api.timeout.ms=0")}, nil, "0 leaves no time for an answer"},
		{"two files", connectionFlags{config: "a", profile: "b"}, nil, "--command-config and --profile both name a file"},
		{"two files in the environment", connectionFlags{}, map[string]string{"OFFSETCTL_COMMAND_CONFIG": "a", "OFFSETCTL_PROFILE": "b"}, "OFFSETCTL_COMMAND_CONFIG and OFFSETCTL_PROFILE both name a file"},
		{"a profile that is none", connectionFlags{profile: "none"}, map[string]string{"XDG_CONFIG_HOME": home}, "that --profile none names: there is no file"},
		{"a profile that is a path", connectionFlags{profile: "../prod"}, map[string]string{"XDG_CONFIG_HOME": home}, "--profile: a profile's name has letters, digits, dots, dashes and underscores only"},
		{"a profile that is a path, in the environment", connectionFlags{}, map[string]string{"XDG_CONFIG_HOME": home, "OFFSETCTL_PROFILE": ".."}, "OFFSETCTL_PROFILE: a profile's name"},
		{"the current profile is gone", connectionFlags{}, map[string]string{"XDG_CONFIG_HOME": home}, "that the current profile gone names: there is no file"},
		{"a profile without a folder", connectionFlags{profile: "prod"}, nil, "neither XDG_CONFIG_HOME nor HOME"},
		{"a secret on the command line", connectionFlags{properties: []string{"ssl.key.password=SECRET"}}, nil, "--command-property ssl.key.password: a secret on a command line can be seen by others"},
		{"a secret beside a variable", connectionFlags{properties: []string{`sasl.jaas.config=x.ScramLoginModule required username="${env:U}" password="SECRET";`}}, nil, "a secret on a command line can be seen by others"},
		{"a secret without a key", connectionFlags{properties: []string{"SECRET"}}, nil, "--command-property takes KEY=VALUE"},
		{"a variable that is not set", connectionFlags{properties: []string{"ssl.key.password=${env:NONE}"}}, nil, "--command-property: ssl.key.password: the environment variable NONE is not set"},
		{"servers of nobody", connectionFlags{bootstrap: ","}, nil, "--bootstrap-server names no server"},
		{"servers of nobody in a property", connectionFlags{properties: []string{"bootstrap.servers=,"}}, nil, "--command-property: bootstrap.servers names no server"},
		{"a variable for another key", connectionFlags{}, map[string]string{"OFFSETCTL_SECURITYPROTOCOL": "SECRET"}, "OFFSETCTL_SECURITYPROTOCOL: offsetctl does not know this setting"},
		{"a misspelt variable", connectionFlags{}, map[string]string{"OFFSETCTL_SASL_MECHANSIM": "SECRET"}, "OFFSETCTL_SASL_MECHANSIM: offsetctl does not know this setting"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, _, err := settled(c.conn, c.env)
			if _, ok := err.(*usageError); !ok || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want a usage error with %q", err, c.want)
			}
			if err != nil && strings.Contains(err.Error(), "SECRET") {
				t.Errorf("a secret is in the error: %v", err)
			}
		})
	}
}

func TestSecretsOfTheCommandLineComeFromElsewhere(t *testing.T) {
	_, set, err := settled(connectionFlags{properties: []string{"ssl.key.password=${env:PW}"}}, map[string]string{"PW": "pw"})
	if err != nil || set.TLS.Own.KeyPassword.Reveal() != "pw" {
		t.Errorf("got %q, %v", set.TLS.Own.KeyPassword.Reveal(), err)
	}
}

func TestServersThatAreNotTheFilesAreNoted(t *testing.T) {
	login := "security.protocol=SASL_SSL\nsasl.mechanism=PLAIN\nsasl.username=u\nsasl.password=p\n"
	prod := properties(t, "bootstrap.servers=prod:1\n"+login)
	environment := map[string]string{"OFFSETCTL_BOOTSTRAP_SERVER": "prod:1", "OFFSETCTL_SECURITY_PROTOCOL": "SASL_SSL", "OFFSETCTL_SASL_MECHANISM": "PLAIN", "OFFSETCTL_SASL_USERNAME": "u", "OFFSETCTL_SASL_PASSWORD": "p"}
	for name, c := range map[string]struct {
		conn   connectionFlags
		env    map[string]string
		want   bool
		beside string
	}{
		"the file's own":                       {connectionFlags{config: prod}, nil, false, ""},
		"the same by the flag":                 {connectionFlags{config: prod, bootstrap: "prod:1"}, nil, false, ""},
		"one of the file's":                    {connectionFlags{config: properties(t, "bootstrap.servers=prod:1,prod:2\n"+login), bootstrap: "prod:2"}, nil, false, ""},
		"others":                               {connectionFlags{config: prod, bootstrap: "dev:1"}, nil, true, prod + " (sasl.username)"},
		"the file names none":                  {connectionFlags{config: properties(t, login), bootstrap: "dev:1"}, nil, false, ""},
		"the file has no password":             {connectionFlags{config: properties(t, "bootstrap.servers=prod:1\nsecurity.protocol=SSL\nssl.truststore.password=x"), bootstrap: "dev:1"}, nil, false, ""},
		"the environment's own":                {connectionFlags{}, environment, false, ""},
		"others than those of the environment": {connectionFlags{bootstrap: "dev:1"}, environment, true, "OFFSETCTL_SASL_PASSWORD (sasl.password)"},
		"another user by a flag":               {connectionFlags{config: prod, bootstrap: "dev:1", properties: []string{"sasl.username=bob"}}, nil, true, prod + " (sasl.password)"},
		"without a protocol that uses them":    {connectionFlags{config: properties(t, "bootstrap.servers=prod:1\nsasl.password=p"), bootstrap: "dev:1"}, nil, false, ""},
		"of a mechanism that has none":         {connectionFlags{config: properties(t, "bootstrap.servers=prod:1\nsecurity.protocol=SASL_SSL\nsasl.mechanism=AWS_MSK_IAM\nsasl.password=p"), bootstrap: "dev:1"}, nil, false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, set, err := settled(c.conn, c.env)
			if err != nil {
				t.Fatal(err)
			}
			want := ""
			if c.want {
				want = "--bootstrap-server (dev:1) points away from where the credentials of " + c.beside + " are for: prod:1"
			}
			if got := set.pointsAway(); got != want {
				t.Errorf("got  %q\nwant %q", got, want)
			}
		})
	}
}

// A login of the environment beside servers of the environment is not for those of a file.
func TestALoginOfTheEnvironmentPointsAway(t *testing.T) {
	file := properties(t, "bootstrap.servers=dev:1\nsecurity.protocol=SASL_SSL\nsasl.mechanism=PLAIN\n")
	_, set, err := settled(connectionFlags{config: file}, map[string]string{"OFFSETCTL_BOOTSTRAP_SERVER": "prod:1", "OFFSETCTL_SASL_USERNAME": "u", "OFFSETCTL_SASL_PASSWORD": "p"})
	if want := file + " (dev:1) points away from where the credentials of OFFSETCTL_SASL_PASSWORD (sasl.password) are for: prod:1"; err != nil || set.pointsAway() != want {
		t.Errorf("%v, %q, want %q", err, set.pointsAway(), want)
	}
}

func TestATokenEndpointThatIsNotTheSecretsIsNoted(t *testing.T) {
	const client = "sasl.jaas.config=x.OAuthBearerLoginModule required clientId=a clientSecret=b;\n"
	file := properties(t, "bootstrap.servers=a:1\nsecurity.protocol=SASL_SSL\nsasl.mechanism=OAUTHBEARER\nsasl.oauthbearer.token.endpoint.url=https://one\n"+client)
	for name, c := range map[string]struct {
		conn connectionFlags
		want string
	}{
		"its own":     {connectionFlags{config: file}, ""},
		"another's":   {connectionFlags{config: file, properties: []string{"sasl.oauthbearer.token.endpoint.url=https://two"}}, "sasl.oauthbearer.token.endpoint.url of --command-property points away from where the secret of " + file + " (sasl.jaas.config) is for: see sasl.oauthbearer.token.endpoint.url there"},
		"its file":    {connectionFlags{config: file, properties: []string{"sasl.oauthbearer.token.endpoint.url=file:///token"}}, ""},
		"none stated": {connectionFlags{config: properties(t, "security.protocol=SASL_SSL\nsasl.mechanism=OAUTHBEARER\n"+client), properties: []string{"sasl.oauthbearer.token.endpoint.url=https://two"}}, ""},
	} {
		if _, set, err := settled(c.conn, nil); err != nil || set.tokenAway() != c.want {
			t.Errorf("%s: %v\ngot  %q\nwant %q", name, err, set.tokenAway(), c.want)
		}
	}
}

func TestASourceThatSwitchesEncryptionOffIsNoted(t *testing.T) {
	const login = "sasl.mechanism=PLAIN\nsasl.username=u\nsasl.password=p\n"
	ssl, plain := properties(t, "security.protocol=sasl_ssl\n"+login), properties(t, "security.protocol=SASL_PLAINTEXT\n"+login)
	for name, c := range map[string]struct {
		file, env string
		want      string
	}{
		"encrypted":     {ssl, "", ""},
		"not":           {plain, "", ""},
		"not any more":  {ssl, "SASL_PLAINTEXT", "security.protocol SASL_PLAINTEXT of OFFSETCTL_SECURITY_PROTOCOL goes before that of " + ssl + ", line 1: nothing is encrypted"},
		"encrypted now": {plain, "SASL_SSL", ""},
	} {
		env := map[string]string{"OFFSETCTL_COMMAND_CONFIG": c.file}
		if c.env != "" {
			env["OFFSETCTL_SECURITY_PROTOCOL"] = c.env
		}
		if _, set, err := settled(connectionFlags{}, env); err != nil || set.weakened() != c.want {
			t.Errorf("%s: %v\ngot  %q\nwant %q", name, err, set.weakened(), c.want)
		}
	}
}

// A file that is no properties file, or whose lines are broken in the wrong place, is not printed.
func TestWhatIsNoSettingIsNotShown(t *testing.T) {
	for text, want := range map[string]string{
		"my.own=1\nother.key=2":                            "keys that Kafka's clients do not have, without effect: my.own, other.key",
		"-----BEGIN PRIVATE KEY-----\nMIGHAgEASECRET/+=\n": "2 lines not like a setting, the first in f, line 1: is it a properties file, and does each line that goes on end in a backslash?",
		"my.own=1\n\"SECRET\";":                            "keys that Kafka's clients do not have, without effect: my.own; 1 line not like a setting",
	} {
		props, err := clientconfig.Parse("f", text)
		if err != nil {
			t.Fatal(err)
		}
		read, err := clientconfig.Read(props)
		if got := unknownKeys(read.Unknown); err != nil || !strings.HasPrefix(got, want) || strings.Contains(got, "SECRET") {
			t.Errorf("got  %v, %s\nwant %s", err, got, want)
		}
	}
}

func TestShownURL(t *testing.T) {
	for in, want := range map[string]string{
		"https://u:SECRET@h:1/token?client_secret=SECRET": "https://h:1/token",
		"https://u:pa%SECRET@h/token":                     clientconfig.Hidden,
		"file:///run/token":                               "file:///run/token",
	} {
		if got := shownURL(in); got != want {
			t.Errorf("%s: %s", in, got)
		}
	}
}
