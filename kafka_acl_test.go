//go:build kafka

package main_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl/scram"

	"github.com/offsetctl/offsetctl/internal/kafkatest"
)

// oddGroup wants quotes in a shell.
const oddGroup = "a b'c$"

// guarded is a cluster in which alice may describe the group app and the topics orders and payments, and neither the other groups
// nor the topic ledger, for which every group has commits.
type guarded struct {
	*kafkatest.Cluster
	tools *kafkatest.Tools
	super string // a file of settings of who may do everything
	live  []string
}

func guard(t *testing.T) *guarded {
	t.Helper()
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	c := kafkatest.Start(t, kafkatest.Options{Secure: true})
	for _, r := range [][2]string{{"group", "*"}, {"topic", "*"}, {"cluster", "kafka-cluster"}} {
		c.Allow(t, "User:ANONYMOUS", r[0], r[1], "all") // the Java clients
	}
	for _, topic := range []string{"orders", "payments", "ledger"} {
		c.Topic(t, topic, 2, 10)
		for _, group := range []string{"app", "secret", "-dash", oddGroup, "gone"} {
			commitFor(t, c, group, topic, 3)
		}
	}
	c.Topic(t, "copies", 2, 0)
	all := "orders,payments,ledger"
	clients := map[string]*kafkatest.Client{
		"live":   c.Client(t, "ConsumerApp.java", "live", all, "auto"),
		"kip848": c.Client(t, "ConsumerApp.java", "kip848", all, "auto", "group.protocol=consumer"),
	}
	if !before4(c) {
		clients["share"] = c.Client(t, "ShareApp.java", "share", "ledger")
		clients["streams"] = c.Client(t, "StreamsApp.java", "streams", "ledger", "copies", "group.protocol=streams")
	}
	g := &guarded{Cluster: c, tools: c.Tools(t), super: c.Properties("INTERNAL", "").Write(t)}
	for group, client := range clients {
		client.Await(t, "READY")
		g.live = append(g.live, group)
	}
	slices.Sort(g.live)
	c.Allow(t, "User:alice", "group", "app", "describe")
	c.Allow(t, "User:alice", "topic", "orders", "describe")
	c.Allow(t, "User:alice", "topic", "payments", "describe")
	return g
}

// file is the settings of a user.
func (g *guarded) file(t *testing.T, user string) string {
	t.Helper()
	return g.Properties("SCRAM", user).Write(t)
}

// state is all that commands of who may not could have changed: the commits, as a super user sees them, and the undo files.
func (g *guarded) state(t *testing.T) []string {
	t.Helper()
	r := configured(t, g.super, "lag", "--match", "app|secret|gone|-dash|a b.*", "--by", "partition", "--no-headers")
	if r.Exit != 0 {
		t.Fatal(r)
	}
	undo, err := filepath.Glob(filepath.Join(os.Getenv("XDG_STATE_HOME"), "offsetctl", "*", "*"))
	if err != nil {
		t.Fatal(err)
	}
	return append(undo, r.Stdout)
}

func TestKafkaACL(t *testing.T) {
	g := guard(t)
	before := g.state(t)
	t.Run("numbers", g.numbers)
	t.Run("errors", g.errors)
	t.Run("no rights", g.noRights)
	t.Run("rights by type", g.rightsByType)
	t.Run("a part", g.part)
	t.Run("more than is seen", g.unseen)
	if d := gocmp.Diff(before, g.state(t)); d != "" {
		t.Errorf("something was changed (-before +after)\n%s", d)
	}
	t.Run("ready to paste", g.readyToPaste)
}

// numbers holds what alice sees against what a super user sees of the same.
func (g *guarded) numbers(t *testing.T) {
	alice := g.file(t, "alice")
	every := configured(t, g.super, "lag", "--by", "partition", "-o", "json")
	want := slices.DeleteFunc(parse(t, every.Stdout).Items, func(i item) bool { return i.Group != "app" || *i.Topic == "ledger" })
	if len(want) != 2 || show(want[0].Lag) != "7" {
		t.Fatalf("a super user sees %s", every.Stdout)
	}
	for _, args := range [][]string{{"lag", "app"}, {"lag", "--by", "partition"}, {"lag", "--match", ".*", "--by", "partition"}} {
		r := configured(t, alice, append(args, "-o", "json")...)
		if d := gocmp.Diff(want, parse(t, r.Stdout).Items); d != "" || r.Exit != 0 {
			t.Errorf("%q: exit %d (-super user +alice)\n%s%s", args, r.Exit, d, r.Stderr)
		}
	}
	for args, want := range map[string]string{
		"groups":             "app\tclassic\tEmpty\t-\t1\n",
		"lag":                "app\tclassic\tEmpty\t0\t2\t2\t14\t7\tno-members\n",
		"lag --by topic":     "app\torders\t1\t7\t7\tno-members\napp\tpayments\t1\t7\t7\tno-members\n",
		"lag --by member":    "app\t-\t-\t-\t-\t2\t14\t7\n",
		"members":            "",
		"lag app --by group": "app\tclassic\tEmpty\t0\t2\t2\t14\t7\tno-members\n",
	} {
		r := configured(t, alice, append(strings.Fields(args), "--no-headers")...)
		if d := gocmp.Diff(want, r.Stdout); d != "" || r.Exit != 0 {
			t.Errorf("%s: exit %d (-want +got)\n%s%s", args, r.Exit, d, r.Stderr)
		}
	}
}

// errors are for what alice may not do.
func (g *guarded) errors(t *testing.T) {
	alice := g.file(t, "alice")
	id := g.undoable(t, "secret", "--to-latest")
	for _, c := range []struct {
		args   string
		out    string // a part of the rows
		reason string
		acl    string // what is missing
	}{
		{"lag secret", "secret\t-\t-\t-\t-\t-\tunauthorized", "group secret: this user is not authorized (GROUP_AUTHORIZATION_FAILED)", "Describe --group secret"},
		{"lag app secret --by group", "app\tclassic\tEmpty\t0\t2\t2\t14\t7", "group secret: ", "Describe --group secret"},
		{"lag app --topic ledger", "", "topic ledger: this user is not authorized (TOPIC_AUTHORIZATION_FAILED)", "Describe --topic ledger"},
		{"lag --topic ledger", "", "topic ledger: ", "Describe --topic ledger"},
		{"members secret", "secret\t-", "group secret: ", "Describe --group secret"},
		{"inspect app", "", "topic __consumer_offsets: ", "Read --topic __consumer_offsets"},
		{"inspect --latest", "", "topic __consumer_offsets: ", "Read --topic __consumer_offsets"},
		{"reset app --to-earliest --execute", "app\torders\t0\t3\t0\t-3\t0\t10\trefused", "group app: this user may see the group and not change it: no Read", "Read --group app"},
		{"reset secret --to-earliest", "secret\t-\t-\t-\t-\t-\t-\t-\trefused", "group secret: ", "Read --group secret"},
		{"reset app --topic ledger --to-earliest", "app\tledger\t-\t-\t-\t-\t-\t-\trefused", "topic ledger of group app: ", "Read --topic ledger"},
		{"reset app --from-group secret", "refused", "group secret: ", "Describe --group secret"},
		{"delete-offsets app --topic orders --execute", "app\torders\t0\t3\t-\t-\t-\t-\trefused", "group app: this user may see the group and not change it: no Delete", "Delete --group app"},
		{"delete-group app --execute", "app\torders\t0\t3\t-\t-\t-\t-\trefused", "group app: this user may see the group and not change it: no Delete", "Delete --group app"},
		{"undo " + id + " --execute", "refused", "group secret: ", "Read --group secret"},
	} {
		r := configured(t, alice, append(strings.Fields(c.args), "--no-headers")...)
		if r.Exit != 1 || !strings.Contains(r.Stdout, c.out) || !strings.Contains(r.Stderr, "offsetctl: error: "+c.reason) || !regexp.MustCompile(`(?m)^offsetctl: hint: .*--allow-principal User:alice --operation `+regexp.QuoteMeta(c.acl)+`$`).MatchString(r.Stderr) {
			t.Errorf("%s: exit %d, want %q, %q and the ACL %q\n%s%s", c.args, r.Exit, c.out, c.reason, c.acl, r.Stdout, r.Stderr)
		}
	}
	if r := configured(t, g.super, "undo", id, "--execute"); r.Exit != 0 {
		t.Error(r)
	}
	g.forgetUndo(t)
	// A preview shows what would be, and that it would be refused.
	r := configured(t, alice, "reset", "app", "--to-earliest")
	if r.Exit != 0 || strings.Count(r.Stdout, "planned\t--execute would be refused: ") != 2 || strings.Contains(r.Stderr, "to do it") || !strings.Contains(r.Stderr, "--operation Read --group app\n") {
		t.Errorf("preview: exit %d\n%s%s", r.Exit, r.Stdout, r.Stderr)
	}
}

// undoable has a super user reset a group, and returns the id of what undoes it.
func (g *guarded) undoable(t *testing.T, group, to string) string {
	t.Helper()
	r := configured(t, g.super, "reset", group, to, "--execute", "--force", "-o", "json")
	var d struct{ UndoID string }
	if err := json.Unmarshal([]byte(r.Stdout), &d); err != nil || r.Exit != 0 || d.UndoID == "" {
		t.Fatalf("%v: exit %d\n%s%s", err, r.Exit, r.Stdout, r.Stderr)
	}
	return d.UndoID
}

func (g *guarded) forgetUndo(t *testing.T) {
	t.Helper()
	if err := os.RemoveAll(filepath.Join(os.Getenv("XDG_STATE_HOME"), "offsetctl")); err != nil {
		t.Fatal(err)
	}
}

// noRights: whoever sees nothing is not told that there is nothing.
func (g *guarded) noRights(t *testing.T) {
	bob := g.file(t, "bob")
	for args, acl := range map[string]string{
		"groups":                                 "Describe --cluster",
		"lag":                                    "Describe --cluster",
		"lag --match app":                        "Describe --cluster",
		"lag --fail-above 1":                     "Describe --cluster",
		"members --type classic":                 "Describe --cluster",
		"lag app":                                "Describe --group app",
		"members app":                            "Describe --group app",
		"lag -t orders":                          "Describe --topic orders",
		"inspect":                                "Read --topic __consumer_offsets",
		"inspect app --latest":                   "Read --topic __consumer_offsets",
		"reset app --to-latest --execute":        "Read --group app",
		"reset --all-groups --to-latest":         "Describe --group GROUP",
		"delete-offsets app -t orders --execute": "Delete --group app",
		"delete-group app --execute":             "Delete --group app",
		"reset billing --new-group -t orders:0 --to-latest": "Read --group billing",
	} {
		r := configured(t, bob, strings.Fields(args)...)
		if r.Exit != 1 || strings.Contains(r.Stderr, "has no groups") || !strings.Contains(r.Stderr, "--operation "+acl+"\n") {
			t.Errorf("%s: exit %d, want the ACL %q\n%s%s", args, r.Exit, acl, r.Stdout, r.Stderr)
		}
	}
	if r := configured(t, bob, "lag", "-o", "json"); r.Exit != 1 || len(parse(t, r.Stdout).Errors) != 1 || parse(t, r.Stdout).Errors[0].Code != "CLUSTER_AUTHORIZATION_FAILED" {
		t.Errorf("lag -o json: exit %d\n%s", r.Exit, r.Stdout)
	}
	if r := configured(t, g.file(t, "alice"), "lag", "--match", "sec.*"); r.Exit != 0 || !strings.Contains(r.Stderr, "no group that this user may describe matches") {
		t.Errorf("alice: exit %d\n%s", r.Exit, r.Stderr)
	}
}

// permissions are the steps of config test that say what a user may do.
func permissions(t *testing.T, file string) map[string]string {
	t.Helper()
	r := configured(t, file, "config", "test", "-o", "json")
	var d struct {
		Items []struct{ Step, Result, Detail string }
	}
	if err := json.Unmarshal([]byte(r.Stdout), &d); err != nil || r.Exit != 0 {
		t.Fatalf("%v: exit %d\n%s%s", err, r.Exit, r.Stdout, r.Stderr)
	}
	out := map[string]string{}
	for _, i := range d.Items {
		if strings.Contains(i.Step, " ") {
			detail, _, _ := strings.Cut(i.Detail, "; it takes")
			detail, _, _ = strings.Cut(detail, "; to delete")
			detail, _, _ = strings.Cut(detail, "; of their")
			out[i.Step] = i.Result + ": " + detail
		}
	}
	return out
}

// rightsByType: what brokers say of a user's rights is so for groups of all types.
func (g *guarded) rightsByType(t *testing.T) {
	const none, list, inspect = "unknown: this user sees no group", "denied: only groups that this user may describe are listed: no Describe on the cluster", "denied: inspect does not work, and reset cannot see who commits without being a member: no Read on the topic"
	g.User(t, "carol", "carol's")
	carol := g.file(t, "carol")
	if d := gocmp.Diff(map[string]string{"list groups": list, "describe groups": none, "read offsets": inspect, "reset groups": none, "delete groups": none}, permissions(t, carol)); d != "" {
		t.Errorf("without rights (-want +got)\n%s", d)
	}
	g.Allow(t, "User:carol", "topic", "__consumer_offsets", "read")
	g.Allow(t, "User:carol", "topic", "orders", "describe") // kadm looks it up; a commit for it is refused
	for _, group := range append([]string{oddGroup}, g.live...) {
		g.Allow(t, "User:carol", "group", group, "describe")
	}
	may := g.live[1:]
	for _, group := range may { // not the first, which is of KIP-848
		g.Allow(t, "User:carol", "group", group, "read")
		g.Allow(t, "User:carol", "group", group, "delete")
	}
	n, not := len(g.live)+1, oddGroup+", "+g.live[0]
	want := map[string]string{
		"list groups": list, "read offsets": "ok: inspect works: Read on the topic",
		"describe groups": "ok: " + ofGroups(n, n, ""), "reset groups": "denied: " + ofGroups(n-2, n, not), "delete groups": "denied: " + ofGroups(n-2, n, not),
	}
	if d := gocmp.Diff(want, permissions(t, carol)); d != "" {
		t.Errorf("with some (-want +got)\n%s", d)
	}
	admin := kadm.NewClient(g.kgoAs(t, "carol", "carol's"))
	for _, group := range append([]string{oddGroup}, g.live...) {
		deleted, err := admin.DeleteGroups(t.Context(), group) // of those with members Kafka deletes none
		if err != nil {
			t.Fatal(err)
		}
		var offsets kadm.Offsets
		offsets.AddOffset("orders", 0, 1, -1)
		commits, err := admin.CommitOffsets(t.Context(), group, offsets)
		if err == nil {
			err = commits.Error()
		}
		for what, err := range map[string]error{"delete": deleted[group].Err, "commit": err} {
			if denied := errors.Is(err, kerr.GroupAuthorizationFailed); denied == slices.Contains(may, group) {
				t.Errorf("%s %s: %v", what, group, err)
			}
		}
	}
}

func ofGroups(some, all int, not string) string {
	text := fmt.Sprintf("allowed for %d of the %d groups that this user sees", some, all)
	if not != "" {
		text += "; not " + not
	}
	return text
}

func (g *guarded) kgoAs(t *testing.T, user, password string) *kgo.Client {
	t.Helper()
	cl, err := kgo.NewClient(kgo.SeedBrokers(g.Listener("SCRAM")), kgo.SASL(scram.Auth{User: user, Pass: password}.AsSha256Mechanism()), maxOffsetCommit9())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cl.Close)
	return cl
}

// part: of one commit Kafka would take the partitions whose topics the user may read. All or nothing holds all the same.
func (g *guarded) part(t *testing.T) {
	g.User(t, "dora", "dora's")
	g.Allow(t, "User:dora", "group", "app", "read")
	g.Allow(t, "User:dora", "topic", "orders", "read")
	g.Allow(t, "User:dora", "topic", "payments", "describe")
	r := configured(t, g.file(t, "dora"), "reset", "app", "--to-earliest", "--execute", "--no-headers")
	want := "app\torders\t0\t3\t0\t-3\t0\t10\tplanned\tnot sent: another partition of the group is refused\napp\tpayments\t0\t3\t0\t-3\t0\t10\trefused\t-\n"
	if d := gocmp.Diff(want, r.Stdout); d != "" || r.Exit != 1 || !strings.Contains(r.Stderr, "--operation Read --topic payments\n") {
		t.Errorf("exit %d (-want +got)\n%s%s", r.Exit, d, r.Stderr)
	}
}

// readyToPaste: who does what the hints say, round by round, gets there.
func (g *guarded) readyToPaste(t *testing.T) {
	id := g.undoable(t, "secret", "--to-latest")
	for i, args := range [][]string{
		{"lag", "app", "--topic", "ledger"},
		{"lag", "-g", oddGroup, "-g", "-dash", "-g", "live"},
		{"lag", "kip848"},
		{"lag"},
		{"members", "live", "kip848"},
		{"inspect", "app", "--latest"},
		{"reset", "-g", oddGroup, "-t", "orders", "-t", "ledger", "--to-earliest", "--execute"},
		{"reset", "-g", "-dash", "-t", "orders:0", "--to-earliest"},
		{"reset", "billing", "--new-group", "--from-group", "app", "-t", "payments:0", "--execute"},
		{"delete-offsets", "app", "-t", "orders", "--execute"},
		{"delete-group", "gone", "--execute"},
		{"undo", id, "--execute"},
	} {
		user := fmt.Sprintf("user-%d-%s", i, args[0])
		t.Run(user, func(t *testing.T) {
			g.User(t, user, "pw")
			g.rounds(t, g.file(t, user), args)
		})
	}
}

// unseen is what a group committed for a topic that alice does not see: it would go with the group.
func (g *guarded) unseen(t *testing.T) {
	const told = "offsetctl: note: group app: what it committed for topics that this user may not describe is not shown"
	for file, want := range map[string]bool{g.file(t, "alice"): true, g.super: false} {
		if r := configured(t, file, "delete-group", "app"); r.Exit != 0 || strings.Contains(r.Stderr, told) != want {
			t.Errorf("exit %d, told %t, want %t\n%s%s", r.Exit, !want, want, r.Stdout, r.Stderr)
		}
	}
}

// rounds repeats a command and does what its hints say, until it works.
func (g *guarded) rounds(t *testing.T, file string, args []string) {
	t.Helper()
	r := configured(t, file, args...)
	for round := 0; r.Exit != 0; round++ {
		todo := grants(t, r.Stderr)
		if round == 6 || len(todo) == 0 {
			t.Fatalf("round %d: exit %d\n%s%s", round, r.Exit, r.Stdout, r.Stderr)
		}
		for _, words := range todo {
			if done := g.tools.ACLs(t, words...); done.Exit != 0 {
				t.Fatalf("kafka-acls.sh %q: %v\n%s", words, done, r.Stderr)
			}
		}
		r = g.changed(t, r, file, args)
	}
}

// changed repeats a command until it says something else: brokers know of an ACL a moment later.
func (g *guarded) changed(t *testing.T, was result, file string, args []string) result {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		if r := configured(t, file, args...); r.Exit == 0 || !gocmp.Equal(grants(t, r.Stderr), grants(t, was.Stderr)) {
			return r
		}
	}
	t.Fatalf("%q: what the hints say does not help\n%s", args, was.Stderr)
	return was
}

// grants are the words of the commands that hints name, as a shell takes them. What they leave open, whoever owns the group knows.
func grants(t *testing.T, stderr string) [][]string {
	t.Helper()
	var all [][]string
	for _, m := range regexp.MustCompile(`(?m)^offsetctl: hint: .*?\bkafka-acls\.sh --bootstrap-server \S+ --command-config ADMIN\.properties (.*)$`).FindAllStringSubmatch(stderr, -1) {
		out, err := exec.CommandContext(t.Context(), "sh", "-c", `for w in `+m[1]+`; do printf '%s\0' "$w"; done`).Output()
		if err != nil {
			t.Fatalf("%v: %s", err, m[1])
		}
		words := strings.Split(string(bytes.TrimSuffix(out, []byte{0})), "\x00")
		if i := slices.Index(words, "TOPIC"); i >= 0 {
			words = append(words[:i], "orders", "--topic", "payments", "--topic", "ledger")
		}
		all = append(all, words)
	}
	return all
}
