package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// The scripts run the real command in a process of its own. What they can say beside testscript's own commands is
// listed in verbs; each script has its own cluster, if it asks for one.

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"offsetctl": func() { os.Exit(run()) }})
}

var update = flag.Bool("update", false, "make what the scripts get what they want")

func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		UpdateScripts:       *update,
		RequireUniqueNames:  true,
		RequireExplicitExec: true,
		Setup:               setup,
		Cmds:                commands(),
	})
}

// scriptTime is more than any one script needs, on a busy machine too.
const scriptTime = 60 * time.Second

type fixtureKey struct{}

func setup(env *testscript.Env) error {
	f := &fixture{heard: make(chan struct{}, 1)}
	var cancel context.CancelFunc
	f.ctx, cancel = context.WithTimeout(context.Background(), scriptTime)
	env.Defer(func() {
		f.close()
		cancel()
	})
	env.Values[fixtureKey{}] = f
	env.Setenv("XDG_STATE_HOME", filepath.Join(env.WorkDir, "state")) // undo files
	env.Setenv("XDG_CACHE_HOME", filepath.Join(env.WorkDir, "cache")) // names for completion
	env.Setenv("OFFSETCTL_BOOTSTRAP_SERVER", "127.0.0.1:1")           // nothing there: a script that forgets its cluster meets no other
	if env.Getenv("GORACE") == "" {
		env.Setenv("GORACE", "atexit_sleep_ms=10") // the race detector's second at each exit would be minutes
	}
	return nil
}

// verb is one command of the scripts.
type verb struct {
	usage string
	least int  // arguments
	raw   bool // take arguments as they are; else one that begins with a double quote is a Go string
	do    func(f *fixture, ts *testscript.TestScript, args []string) error
}

func verbs() map[string]verb {
	return map[string]verb{
		// The cluster: $BOOTSTRAP is its node 0, $BROKER0, $BROKER1, … are all. Partition p is led by node p % brokers.
		"cluster":  {"cluster [BROKERS]", 0, false, (*fixture).startCluster},
		"topic":    {"topic NAME PARTITIONS", 2, false, (*fixture).topic},
		"deltopic": {"deltopic NAME", 1, false, (*fixture).deleteTopic},
		"produce":  {"produce TOPIC:P RECORDS", 2, false, (*fixture).produce},
		"open":     {"open TOPIC:P (one record in a transaction that stays open)", 1, false, (*fixture).open},
		"trim":     {"trim TOPIC:P OFFSET", 2, false, (*fixture).trim},
		"commit":   {"commit GROUP TOPIC:P OFFSET [METADATA [LEADER-EPOCH]]", 3, false, (*fixture).commit},
		"pending":  {"pending GROUP TOPIC:P OFFSET (in a transaction)", 3, false, (*fixture).pending},
		"share":    {"share GROUP TOPIC:P OFFSET (the start offset of a share group)", 3, false, (*fixture).share},
		"settle":   {"settle GROUP (commit its transaction)", 1, false, (*fixture).settle},
		"join":     {"join GROUP CLIENT TOPIC… (a live member)", 3, false, (*fixture).join},
		"leave":    {"leave (the member that joined last leaves its group)", 0, false, (*fixture).leave},
		"groups":   {"groups N TOPIC:P OFFSET (g00000, g00001, …)", 3, false, (*fixture).manyGroups},

		// What goes wrong with it.
		"fault":    {"fault [once] REQUEST CODE [group|topic|node NAME] (a topic may be TOPIC:P)", 2, false, (*fixture).fault},
		"mute":     {"mute NODE (it takes requests and never answers)", 1, false, (*fixture).mute},
		"down":     {"down NODE (still listed, refuses connections)", 1, false, (*fixture).down},
		"when":     {"when REQUEST [N] DO [ARG]… (at the Nth from now on: mute it, hold it, cut its connection, lose its answer, remove PATH, or a command of these)", 2, false, (*fixture).when},
		"release":  {"release (what is held)", 0, false, (*fixture).release},
		"noleader": {"noleader TOPIC:P", 1, false, (*fixture).noLeader},
		"logend":   {"logend TOPIC:P OFFSET", 2, false, (*fixture).logEnd},

		// A port that is no Kafka: its address is $BADPORT.
		"badport":   {"badport http|tls|closed|mute|garbage", 1, false, (*fixture).badPort},
		"untouched": {"untouched (nobody has connected to $BADPORT)", 0, false, (*fixture).untouched},

		// Segments of __consumer_offsets.
		"segment": {"segment FILE GROUP TOPIC:P OFFSET… (one more batch, a commit for each offset)", 4, false, (*fixture).segment},
		"entry":   {"entry FILE PRODUCER|-1 KEY-JSON VALUE-JSON [AGO] (a batch of one record; NOW in the value is its time)", 4, true, (*fixture).entry},
		"ending":  {"ending FILE PRODUCER commit|abort (a transaction marker)", 3, false, (*fixture).ending},
		"store":   {"store TOPIC:P FILE (produces the segment's records)", 2, false, (*fixture).store},
		"flip":    {"flip FILE BYTE (its lowest bit)", 2, false, (*fixture).flip},
		"cut":     {"cut FILE BYTES (leaves so many)", 2, false, (*fixture).cut},

		// Running and checking.
		"exits":     {"exits [-within D] CODE PROGRAM [ARG]…", 2, false, (*fixture).exits},
		"start":     {"start PROGRAM [ARG]… (goes on when it waits for a mute broker, or has printed a line, which may be export NAME=VALUE)", 1, false, (*fixture).start},
		"ends":      {"ends CODE (waits for what was started)", 1, false, (*fixture).ends},
		"interrupt": {"interrupt CODE (Ctrl-C for what was started)", 1, false, (*fixture).interrupt},
		"kill":      {"kill (SIGKILL for what was started)", 0, false, (*fixture).kill},
		"commits":   {"commits GROUP [TOPIC:P=OFFSET[@EPOCH][ METADATA]]… (all that it has, sorted)", 1, false, (*fixture).commits},
		"await":     {"await GROUP [TOPIC:P=OFFSET[@EPOCH][ METADATA]]… (until commits would find that)", 1, false, (*fixture).await},
		"undos":     {"undos N (files in the folder of undo files; a new one is $UNDO)", 1, false, (*fixture).undos},
		"json":      {"json FILE PATH [WANT]", 2, true, (*fixture).json},
		"ndjson":    {"ndjson FILE PATH [WANT]", 2, true, (*fixture).ndjson},
		"yaml":      {"yaml FILE PATH [WANT]", 2, true, (*fixture).yaml},
		"fields":    {"fields FILE NAME… (of every item, in this order)", 2, true, (*fixture).fields},
		"same":      {"same JSONFILE YAMLFILE (but for the time)", 2, true, (*fixture).same},
		"mask":      {"mask stdout|stderr FILE (FILE: the same without what differs from run to run)", 2, true, (*fixture).mask},
		"write":     {"write FILE STRING…", 2, false, (*fixture).write},
	}
}

func commands() map[string]func(*testscript.TestScript, bool, []string) {
	cmds := map[string]func(*testscript.TestScript, bool, []string){}
	for name, v := range verbs() {
		cmds[name] = func(ts *testscript.TestScript, neg bool, args []string) {
			if neg || len(args) < v.least {
				ts.Fatalf("usage: %s", v.usage)
			}
			if !v.raw {
				args = unquoted(ts, args)
			}
			ts.Check(v.do(ts.Value(fixtureKey{}).(*fixture), ts, args))
		}
	}
	return cmds
}

// unquoted undoes Go quoting, in which a script can write any name.
func unquoted(ts *testscript.TestScript, args []string) []string {
	var out []string
	for _, a := range args {
		if strings.HasPrefix(a, `"`) {
			s, err := strconv.Unquote(a)
			if err != nil {
				ts.Fatalf("not a Go string: %s", a)
			}
			a = s
		}
		out = append(out, a)
	}
	return out
}

// number is an argument that must be one.
func number(s string) (int64, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("not a number: %q", s)
	}
	return n, nil
}
