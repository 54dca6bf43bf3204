//go:build kafka

package main_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/offsetctl/offsetctl/cmd"
	"github.com/offsetctl/offsetctl/internal/kafkatest"
)

func TestKafkaOAuth(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	c := secured(t)
	t.Run("completion", func(t *testing.T) { completeOverALogin(t, c) })
	t.Run("a token file that is over", func(t *testing.T) { tokenFileIsOver(t, c) })
	t.Run("tokens end in mid-run", func(t *testing.T) { tokensEndInMidRun(t, c) })
}

// A broker closes a connection whose token has ended, unless it has shown another (KIP-368). Whoever follows outlives that,
// and says so when there are no more tokens. These live for so short that logins must be renewed more often than on one
// connection they can be.
func tokensEndInMidRun(t *testing.T, c *kafkatest.Cluster) {
	t.Helper()
	tokens := c.Secure.Tokens
	tokens.Lifetime(6 * time.Second)
	before := len(tokens.Requests())
	f := followWith(t, c.Properties("OAUTH", "alice").Write(t))
	want := []int64{3} // by secured
	f.await(t, want)
	for deadline := time.Now().Add(time.Minute); len(tokens.Requests())-before < 4; { // three have ended
		if time.Now().After(deadline) {
			t.Fatalf("%d tokens were asked for in a minute\n%s", len(tokens.Requests())-before, f.errs.String())
		}
		at := int64(100 + len(want))
		commitFor(t, c, "app", "orders", at)
		want = append(want, at)
		f.await(t, want)
	}
	if errs := f.errs.String(); errs != "" {
		t.Errorf("said of tokens that were renewed: %s", errs)
	}

	tokens.Answer(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) })
	select {
	case <-f.done:
	case <-time.After(30 * time.Second):
		t.Error("30 s after tokens were last given out it still runs")
	}
	r := f.end()
	if r.Exit != 1 || !strings.Contains(r.Stderr, tokens.URL) || !strings.Contains(r.Stderr, "(LOGIN_FAILED)") {
		t.Errorf("exit %d, want 1 and LOGIN_FAILED with the endpoint\n%s", r.Exit, r.Stderr)
	}
	if d := gocmp.Diff(want, committedOf(t, r.Stdout)); d != "" {
		t.Errorf("(-committed +followed):\n%s", d)
	}
}

// What is not renewed is no surprise of the broker's: the file is named.
func tokenFileIsOver(t *testing.T, c *kafkatest.Cluster) {
	t.Helper()
	if err := os.WriteFile(c.Secure.TokenFile, []byte(c.Secure.Tokens.Token("alice", -time.Minute)), 0o600); err != nil {
		t.Fatal(err)
	}
	file := c.Properties("OAUTH", "alice").With("sasl.oauthbearer.token.endpoint.url=file://"+c.Secure.TokenFile,
		"sasl.jaas.config="+kafkatest.JAAS("oauthbearer.OAuthBearerLoginModule")).Write(t)
	r := configured(t, file, "lag", "app", "-o", "json")
	d := parse(t, r.Stdout)
	if r.Exit != 1 || len(d.Items) != 0 || len(d.Errors) != 1 || d.Errors[0].Code != "LOGIN_FAILED" || !strings.Contains(r.Stderr, c.Secure.TokenFile) || !strings.Contains(r.Stderr, "expired") {
		t.Errorf("exit %d, want 1, nothing but LOGIN_FAILED and the file\n%s%s", r.Exit, r.Stdout, r.Stderr)
	}
}

// Tokens, TLS and a login fit into the second that a prompt waits; the names are then kept.
func completeOverALogin(t *testing.T, c *kafkatest.Cluster) {
	t.Helper()
	file := c.Properties("OAUTH", "alice").Write(t)
	complete := func(words ...string) result {
		var out, errs bytes.Buffer
		exit := cmd.Main(t.Context(), append([]string{"__complete", "--command-config", file}, words...), strings.NewReader(""), &out, &errs)
		return result{out.String(), errs.String(), exit}
	}
	for _, of := range []struct {
		words []string
		want  string
	}{{[]string{"lag", "ap"}, "app\n:4\n"}, {[]string{"lag", "--topic", "or"}, "orders\n:4\n"}} {
		want := result{of.want, "", 0}
		r := complete(of.words...)
		for deadline := time.Now().Add(30 * time.Second); r != want && time.Now().Before(deadline); { // a broker's first logins are slow
			r = complete(of.words...)
		}
		asked := len(c.Secure.Tokens.Requests())
		if d := gocmp.Diff([]result{want, want}, []result{r, complete(of.words...)}); d != "" || len(c.Secure.Tokens.Requests()) != asked {
			t.Errorf("%q: %d tokens for what was kept (-want +got):\n%s", of.words, len(c.Secure.Tokens.Requests())-asked, d)
		}
	}
}

// followWith follows the commits of the group app with a file of settings.
func followWith(t *testing.T, file string) *following {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	f := &following{cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(f.done)
		f.exit = cmd.Main(ctx, []string{"inspect", "app", "--follow", "--from", "earliest", "--type", "OffsetCommit", "-o", "ndjson", "--command-config", file}, strings.NewReader(""), &f.out, &f.errs)
	}()
	t.Cleanup(func() { f.end() })
	return f
}

// await waits until the commits have come, and nothing else.
func (f *following) await(t *testing.T, want []int64) {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for strings.Count(f.out.String(), "\n") < len(want) && time.Now().Before(deadline) {
		select {
		case <-f.done:
			deadline = time.Now()
		case <-time.After(10 * time.Millisecond):
		}
	}
	if d := gocmp.Diff(want, committedOf(t, f.out.String())); d != "" {
		t.Fatalf("(-committed +followed):\n%s\n%s", d, f.errs.String())
	}
}

// committedOf are the offsets of commits, in the order in which they came.
func committedOf(t *testing.T, ndjson string) []int64 {
	t.Helper()
	var offsets []int64
	for line := range strings.Lines(ndjson) {
		var row struct {
			Value struct{ Data struct{ Offset int64 } }
		}
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		offsets = append(offsets, row.Value.Data.Offset)
	}
	return offsets
}
