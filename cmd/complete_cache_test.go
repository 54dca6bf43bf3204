package cmd

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/kversion"
)

// shop is a cluster with the topic orders and the group app, and somebody who completes their names.
type shop struct {
	*kfake.Cluster
	at       at
	cache    string // folder
	requests atomic.Int64
}

func newShop(t *testing.T, brokers int) *shop {
	t.Helper()
	c, err := kfake.NewCluster(kfake.NumBrokers(brokers), kfake.SeedTopics(1, "orders"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	s := &shop{Cluster: c, cache: t.TempDir()}
	s.at.env = map[string]string{"OFFSETCTL_BOOTSTRAP_SERVER": c.ListenAddrs()[0], "XDG_CACHE_HOME": s.cache}
	s.commit(t, "app")
	c.Control(func(kmsg.Request) (kmsg.Response, error, bool) {
		c.KeepControl()
		s.requests.Add(1)
		return nil, nil, false
	})
	return s
}

func (s *shop) commit(t *testing.T, group string) {
	t.Helper()
	versions := kversion.Stable()
	versions.SetMaxKeyVersion(int16(kmsg.OffsetCommit), 9)
	client, err := kgo.NewClient(kgo.SeedBrokers(s.ListenAddrs()...), kgo.MaxVersions(versions))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	var offsets kadm.Offsets
	offsets.AddOffset("orders", 0, 1, -1)
	if err := kadm.NewClient(client).CommitAllOffsets(t.Context(), group, offsets); err != nil {
		t.Fatal(err)
	}
}

// completed is what a completion offers, and whether it asked the cluster.
type completed struct {
	Names []string
	Asked bool
}

// complete completes an empty word after args. Nothing else may be printed.
func (s *shop) complete(t *testing.T, args ...string) completed {
	t.Helper()
	before := s.requests.Load()
	got := s.at.run(t, append(append([]string{"__complete"}, args...), "")...)
	names, ok := strings.CutSuffix(got.out, ":4\n")
	if !ok || got.err != "" || got.code != exitOK {
		t.Errorf("%q: exit %d, printed %q, on stderr %q", args, got.code, got.out, got.err)
	}
	return completed{strings.Fields(names), s.requests.Load() > before}
}

func wantCompleted(t *testing.T, what string, want, got completed) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// kept are the files of the cache.
func (s *shop) kept(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(s.cache, "offsetctl", "completion", "*"))
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// onlyFile completes once, and is the path of what that keeps.
func (s *shop) onlyFile(t *testing.T) string {
	t.Helper()
	s.complete(t, "lag")
	files := s.kept(t)
	if len(files) != 1 {
		t.Fatalf("a completion keeps %q, want one file", files)
	}
	return files[0]
}

// grown makes a file so old.
func grown(t *testing.T, path string, d time.Duration) {
	t.Helper()
	at := time.Now().Add(-d)
	if err := os.Chtimes(path, at, at); err != nil {
		t.Fatal(err)
	}
}

func TestSecondCompletionAsksNobody(t *testing.T) {
	s := newShop(t, 1)
	wantCompleted(t, "groups", completed{[]string{"app"}, true}, s.complete(t, "lag"))
	wantCompleted(t, "groups again", completed{[]string{"app"}, false}, s.complete(t, "members"))
	wantCompleted(t, "what is there already", completed{[]string{}, false}, s.complete(t, "lag", "app"))
	wantCompleted(t, "topics", completed{[]string{"orders"}, true}, s.complete(t, "lag", "--topic"))
	wantCompleted(t, "topics again", completed{[]string{"orders"}, false}, s.complete(t, "lag", "--topic"))
	s.commit(t, "billing")
	for _, file := range s.kept(t) {
		grown(t, file, namesFresh+time.Second)
	}
	wantCompleted(t, "half a minute later", completed{[]string{"app", "billing"}, true}, s.complete(t, "lag"))
	wantCompleted(t, "with -v", completed{[]string{"app", "billing"}, true}, s.complete(t, "-v", "--command-property", "client.id=x", "lag"))
}

func TestNoNamesAreKeptToo(t *testing.T) {
	s := newShop(t, 1)
	s.ControlKey(int16(kmsg.ListGroups), func(req kmsg.Request) (kmsg.Response, error, bool) {
		return req.ResponseKind(), nil, true
	})
	wantCompleted(t, "first", completed{[]string{}, true}, s.complete(t, "lag"))
	wantCompleted(t, "again", completed{[]string{}, false}, s.complete(t, "lag"))
}

func TestOldNamesAreOfferedWhereTheClusterDoesNotAnswer(t *testing.T) {
	s := newShop(t, 1)
	file := s.onlyFile(t)
	addr := s.ListenAddrs()[0]
	s.Close()
	grown(t, file, namesKept-time.Hour)
	wantCompleted(t, "nobody listens", completed{[]string{"app"}, false}, s.complete(t, "lag"))
	mute, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer mute.Close()
	wantCompleted(t, "a mute port", completed{[]string{"app"}, false}, s.complete(t, "lag"))
	grown(t, file, namesKept+time.Second)
	wantCompleted(t, "a day later", completed{[]string{}, false}, s.complete(t, "lag"))
}

func TestNamesOfAnIncompleteAnswerAreNotKept(t *testing.T) {
	for code, want := range map[*kerr.Error][]string{
		kerr.CoordinatorLoadInProgress: {"app"},
		kerr.GroupAuthorizationFailed:  {}, // they are not for this user any more
	} {
		t.Run(code.Message, func(t *testing.T) {
			s := newShop(t, 1)
			file := s.onlyFile(t)
			grown(t, file, time.Hour)
			s.ControlKey(int16(kmsg.ListGroups), func(req kmsg.Request) (kmsg.Response, error, bool) {
				s.KeepControl()
				resp := req.ResponseKind().(*kmsg.ListGroupsResponse)
				resp.ErrorCode = code.Code
				return resp, nil, true
			})
			for range 2 {
				wantCompleted(t, code.Message, completed{want, true}, s.complete(t, "lag"))
			}
		})
	}
}

// Of two brokers one does not answer: the groups of the other are offered.
func TestNamesOfTheBrokersThatAnswerAreOffered(t *testing.T) {
	s := newShop(t, 2)
	s.ControlKey(int16(kmsg.ListGroups), func(req kmsg.Request) (kmsg.Response, error, bool) {
		s.KeepControl()
		if s.CurrentNode() == 1 {
			s.SleepControl(func() { <-t.Context().Done() })
		}
		resp := req.ResponseKind().(*kmsg.ListGroupsResponse)
		resp.Groups = append(resp.Groups, kmsg.ListGroupsResponseGroup{Group: "here"})
		return resp, nil, true
	})
	wantCompleted(t, "half", completed{[]string{"here"}, true}, s.complete(t, "lag"))
	if files := s.kept(t); files != nil {
		t.Errorf("half of the names are kept, in %q", files)
	}
}

// Whatever is in the folder: the cluster is asked, and nothing is said.
func TestKeptNamesThatAreNoneAreIgnored(t *testing.T) {
	write := func(text string) func(path string) error {
		return func(path string) error { return os.WriteFile(path, []byte(text), 0o600) }
	}
	for name, spoil := range map[string]func(path string) error{
		"empty":           write(""),
		"garbage":         write("\x00\xff{"),
		"cut":             write(`{"version":1,"names":["other"`),
		"no object":       write(`["other"]`),
		"no names":        write(`{"version":1}`),
		"another version": write(`{"version":2,"names":["other"]}`),
		"huge":            write(`{"version":1,"names":["other"]}` + strings.Repeat(" ", maxNameFile)),
		"read by others": func(path string) error {
			return errors.Join(write(`{"version":1,"names":["other"]}`)(path), os.Chmod(path, 0o640))
		},
		"folder of others": func(path string) error {
			return errors.Join(write(`{"version":1,"names":["other"]}`)(path), os.Chmod(filepath.Dir(path), 0o777))
		},
		"a link": func(path string) error {
			elsewhere := path + ".elsewhere"
			return errors.Join(write(`{"version":1,"names":["other"]}`)(elsewhere), os.Remove(path), os.Symlink(elsewhere, path))
		},
		"a folder": func(path string) error {
			return errors.Join(os.Remove(path), os.MkdirAll(filepath.Join(path, "x"), 0o700))
		},
		"the future": func(path string) error { return os.Chtimes(path, time.Time{}, time.Now().Add(time.Hour)) },
	} {
		t.Run(name, func(t *testing.T) {
			s := newShop(t, 1)
			if err := spoil(s.onlyFile(t)); err != nil {
				t.Fatal(err)
			}
			wantCompleted(t, name, completed{[]string{"app"}, true}, s.complete(t, "lag"))
		})
	}
}

// What a shell cannot show is not offered, though it is in the file.
func TestKeptNamesAreOnlyOfferedIfTheyCanBe(t *testing.T) {
	s := newShop(t, 1)
	if err := os.WriteFile(s.onlyFile(t), []byte(`{"version":1,"names":["a\u001b[2J","--all","b"]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	wantCompleted(t, "planted", completed{[]string{"b"}, false}, s.complete(t, "lag"))
}

func TestNamesThatCannotBeKeptAreOfferedAllTheSame(t *testing.T) {
	occupied := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(occupied, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, env := range map[string]map[string]string{
		"no folder at all":  {},
		"a relative folder": {"XDG_CACHE_HOME": "cache"},
		"a file":            {"XDG_CACHE_HOME": occupied},
		"no home":           {"HOME": "cache"},
	} {
		s := newShop(t, 1)
		env["OFFSETCTL_BOOTSTRAP_SERVER"] = s.at.env["OFFSETCTL_BOOTSTRAP_SERVER"]
		s.at.env = env
		for range 2 {
			wantCompleted(t, name, completed{[]string{"app"}, true}, s.complete(t, "lag"))
		}
		if _, err := os.Stat("cache"); !errors.Is(err, fs.ErrNotExist) {
			t.Fatalf("%s: a folder in the current one: %v", name, err)
		}
	}
}

func TestKeptNamesArePrivateAndOldOnesRemoved(t *testing.T) {
	s := newShop(t, 1)
	s.at.env["HOME"] = s.cache
	delete(s.at.env, "XDG_CACHE_HOME")
	dir := filepath.Join(s.cache, ".cache", "offsetctl", "completion")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, old := range map[string]time.Duration{"old.json": namesKept + time.Minute, "new.json": time.Hour, "other": 2 * namesKept} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		grown(t, path, old)
	}
	s.complete(t, "lag")
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]fs.FileMode{}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			t.Fatal(err)
		}
		name := e.Name()
		if len(name) == 64+len(namesEnding) {
			name = "hash"
		}
		got[name] = info.Mode()
	}
	if diff := cmp.Diff(map[string]fs.FileMode{"hash": 0o600, "new.json": 0o600, "other": 0o600}, got); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("folder: %v %v", info.Mode(), err)
	}
}
