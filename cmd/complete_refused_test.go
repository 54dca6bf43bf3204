package cmd

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/offsetctl/offsetctl/internal/cluster"
	"github.com/offsetctl/offsetctl/internal/cluster/clientconfig"
)

// guarded is a cluster with the group app that lets alice in with "right". Its requests are logins.
type guarded struct {
	*shop
	settings string // path
	writes   int
}

func newGuarded(t *testing.T) *guarded {
	t.Helper()
	c, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.EnableSASL(), kfake.Superuser("PLAIN", "alice", "right"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	g := &guarded{shop: &shop{Cluster: c, cache: t.TempDir()}, settings: filepath.Join(t.TempDir(), "client.properties")}
	g.at.env = map[string]string{"OFFSETCTL_COMMAND_CONFIG": g.settings, "XDG_CACHE_HOME": g.cache}
	c.ControlKey(int16(kmsg.SASLAuthenticate), func(req kmsg.Request) (kmsg.Response, error, bool) {
		c.KeepControl()
		g.requests.Add(1)
		if !strings.Contains(string(req.(*kmsg.SASLAuthenticateRequest).SASLAuthBytes), "wrong") {
			return nil, nil, false
		}
		resp := req.ResponseKind().(*kmsg.SASLAuthenticateResponse) // kfake itself hangs up
		resp.ErrorCode = kerr.SaslAuthenticationFailed.Code
		return resp, nil, true
	})
	c.ControlKey(int16(kmsg.ListGroups), func(req kmsg.Request) (kmsg.Response, error, bool) {
		c.KeepControl()
		resp := req.ResponseKind().(*kmsg.ListGroupsResponse)
		resp.Groups = append(resp.Groups, kmsg.ListGroupsResponseGroup{Group: "app"})
		return resp, nil, true
	})
	return g
}

// configure writes the settings, each time a second later.
func (g *guarded) configure(t *testing.T, lines ...string) {
	t.Helper()
	lines = append([]string{"bootstrap.servers=" + g.ListenAddrs()[0], "security.protocol=SASL_PLAINTEXT"}, lines...)
	if err := os.WriteFile(g.settings, []byte(strings.Join(lines, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	g.writes++
	grown(t, g.settings, time.Hour-time.Duration(g.writes)*time.Second)
}

func plainLogin(password string) []string {
	return []string{"sasl.mechanism=PLAIN", "sasl.username=alice", "sasl.password=" + password}
}

// refusals are the files that keep one, with their text.
func (g *guarded) refusals(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, path := range g.kept(t) {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), "refused") {
			found[path] = string(text)
		}
	}
	return found
}

func TestRefusedLoginIsNotTriedAgainForAWhile(t *testing.T) {
	g := newGuarded(t)
	g.configure(t, plainLogin("wrong")...)
	wantCompleted(t, "first", completed{[]string{}, true}, g.complete(t, "lag"))
	for range 9 {
		wantCompleted(t, "again", completed{[]string{}, false}, g.complete(t, "lag"))
	}
	wantCompleted(t, "topics", completed{[]string{}, false}, g.complete(t, "lag", "--topic"))
	for path, text := range g.refusals(t) {
		if want := `{"version":1,"refused":"SASL_AUTHENTICATION_FAILED"}`; text != want {
			t.Errorf("kept is %s, want %s", text, want)
		}
		grown(t, path, refusedFor+time.Second)
	}
	wantCompleted(t, "half a minute later", completed{[]string{}, true}, g.complete(t, "lag"))
	wantCompleted(t, "and again", completed{[]string{}, false}, g.complete(t, "lag"))
	g.configure(t, plainLogin("right")...)
	wantCompleted(t, "with another password", completed{[]string{"app"}, true}, g.complete(t, "lag"))
	if len(g.refusals(t)) != 1 {
		t.Errorf("kept are %v, want one refusal", g.refusals(t))
	}
}

// What is offered is the same as after the try: who is refused does not see what somebody once saw.
func TestNamesFromBeforeAWrongPasswordAreNotOffered(t *testing.T) {
	g := newGuarded(t)
	g.configure(t, plainLogin("right")...)
	grown(t, g.onlyFile(t), time.Hour)
	g.configure(t, plainLogin("wrong")...)
	wantCompleted(t, "first", completed{[]string{}, true}, g.complete(t, "lag"))
	wantCompleted(t, "again", completed{[]string{}, false}, g.complete(t, "lag"))
}

// Where there is no token nobody has refused anything, and the names from before are offered.
func TestTokenThatIsNotThereIsNotAskedForAgainForAWhile(t *testing.T) {
	var asked atomic.Int64
	endpoint := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		w.WriteHeader(http.StatusUnauthorized)
	}))
	t.Cleanup(endpoint.Close)
	g := newGuarded(t)
	g.configure(t, "sasl.mechanism=OAUTHBEARER", "sasl.oauthbearer.token.endpoint.url="+endpoint.URL,
		"sasl.oauthbearer.client.credentials.client.id=me", "sasl.oauthbearer.client.credentials.client.secret=wrong")
	s := g.at.session(nil, nil)
	set, err := s.settings()
	if err != nil {
		t.Fatal(err)
	}
	names := s.namesOf(set, cluster.ScopeGroup)
	names.write([]string{"old"}, s.now)
	grown(t, names.path, time.Hour)
	for range 3 {
		wantCompleted(t, "no token", completed{[]string{"old"}, false}, g.complete(t, "lag"))
	}
	if n := asked.Load(); n != 1 {
		t.Errorf("the endpoint was asked %d times", n)
	}
}

func TestRefusalsAreKeptByWhenTheirFilesWereWritten(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	const providers = "config.providers=file\nconfig.providers.file.class=FileConfigProvider\n"
	for name, c := range map[string]struct {
		settings string
		file     string // that is written anew
		env      map[string]string
	}{
		"the settings":       {"sasl.mechanism=PLAIN\nsasl.username=alice\nsasl.password=AAAA", "settings", nil},
		"a variable's":       {providers + "sasl.mechanism=PLAIN\nsasl.username=alice\nsasl.password=${file:secrets:pw}", "secrets", nil},
		"the key of a token": {"sasl.mechanism=OAUTHBEARER\nsasl.oauthbearer.token.endpoint.url=https://x\nsasl.oauthbearer.grant.type=urn:ietf:params:oauth:grant-type:jwt-bearer\nsasl.oauthbearer.assertion.algorithm=RS256\nsasl.oauthbearer.assertion.private.key.file=key", "key", nil},
		"a token of AWS":     {"sasl.mechanism=AWS_MSK_IAM", "token", map[string]string{"AWS_WEB_IDENTITY_TOKEN_FILE": "token"}},
	} {
		t.Run(name, func(t *testing.T) {
			env := map[string]string{"XDG_CACHE_HOME": dir, "OFFSETCTL_COMMAND_CONFIG": "settings"}
			for k, v := range c.env {
				env[k] = v
			}
			at := func(text string, old time.Duration) string {
				for path, content := range map[string]string{"secrets": "pw=AAAA", "key": "AAAA", "token": "AAAA", "settings": "bootstrap.servers=a:9092\nsecurity.protocol=SASL_SSL\n" + c.settings} {
					if err := os.WriteFile(path, []byte(strings.ReplaceAll(content, "AAAA", text)), 0o600); err != nil {
						t.Fatal(err)
					}
					written := time.Unix(1e9, 0)
					if path == c.file {
						written = written.Add(-old)
					}
					if err := os.Chtimes(path, written, written); err != nil {
						t.Fatal(err)
					}
				}
				s := at{env: env}.session(nil, nil)
				set, err := s.settings()
				if err != nil {
					t.Fatal(err)
				}
				return s.refusalOf(set).path
			}
			before := at("AAAA", 0)
			if at("BBBB", 0) != before {
				t.Error("a secret changes the name of the file, from which it could be guessed")
			}
			if at("AAAA", time.Second) == before {
				t.Error("a file that was written anew does not count")
			}
		})
	}
}

func TestRefusalThatIsNoneIsIgnored(t *testing.T) {
	now := time.Now().Add(time.Second)
	for text, want := range map[string]string{
		`{"version":1,"refused":"SASL_AUTHENTICATION_FAILED"}`: "SASL_AUTHENTICATION_FAILED",
		`{"version":1,"refused":"LOGIN_FAILED"}`:               "LOGIN_FAILED",
		`{"version":1,"refused":"REQUEST_TIMED_OUT"}`:          "",
		`{"version":2,"refused":"LOGIN_FAILED"}`:               "",
		`{"version":1,"names":["LOGIN_FAILED"]}`:               "",
		`LOGIN_FAILED`:                                         "",
		``:                                                     "",
	} {
		dir := t.TempDir()
		if err := os.Chmod(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		f := refusalFile{keptFile{filepath.Join(dir, "x.json")}}
		if err := os.WriteFile(f.path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		got := ""
		if e := f.read(now); e != nil {
			got = e.Code
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", text, d)
		}
	}
}

func TestRefusalOfKerberosEndsWithANewTicket(t *testing.T) {
	s := at{env: map[string]string{"KRB5CCNAME": "FILE:/tickets"}}.session(nil, nil)
	var set settings
	set.SASL.Mechanism, set.SASL.Kerberos.Keytab = "GSSAPI", "/keytab"
	files := s.credentialFiles(set)
	for _, want := range []string{"/tickets", "/keytab", fmt.Sprintf("/tmp/krb5cc_%d", os.Getuid())} {
		if !slices.Contains(files, want) {
			t.Errorf("%s is not among %q", want, files)
		}
	}
}

// A login that our own time ended was refused by nobody.
func TestWhatOurOwnTimeEndedIsNoRefusal(t *testing.T) {
	for name, c := range map[string]struct {
		err  error
		kept bool
	}{
		"too late": {&clientconfig.TokenError{Err: context.DeadlineExceeded}, false},
		"refused":  {&clientconfig.TokenError{Err: errors.New("401")}, true},
	} {
		f := refusalFile{keptFile{filepath.Join(t.TempDir(), "kept", "login.json")}}
		f.write([]*cluster.Error{{Code: cluster.CodeLogin, Err: c.err}}, time.Now())
		if kept := f.read(time.Now()) != nil; kept != c.kept {
			t.Errorf("%s: kept %t", name, kept)
		}
	}
}
