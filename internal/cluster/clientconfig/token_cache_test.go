package clientconfig

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// counting is an endpoint that numbers its tokens, each good for d from the clock's time.
func counting(t *testing.T, clock func() time.Time, d time.Duration) (*httptest.Server, *atomic.Int32) {
	var n atomic.Int32
	return tokenServer(t, func(w http.ResponseWriter, r *http.Request) {
		token := jwt(t, map[string]any{"sub": "alice", "exp": clock().Add(d).Unix(), "n": n.Add(1)})
		answerWith(200, "application/json", `{"access_token":"`+token+`"}`)(w, r)
	}), &n
}

// cacheOf keeps the tokens of o, which trusts s.
func cacheOf(t *testing.T, o OAuth, s *httptest.Server, now func() time.Time) *tokenCache[string] {
	e := endpointOf(t, o, s)
	e.now = now
	return &tokenCache[string]{fetch: e.fetch, now: now, what: oauthToken, source: e.name}
}

func TestConcurrentLoginsAskOnce(t *testing.T) {
	s, n := counting(t, clock, time.Hour)
	c := cacheOf(t, credentials(s.URL), s, clock)
	tokens := make([]string, 50)
	var wg sync.WaitGroup
	for i := range tokens {
		wg.Go(func() {
			var err error
			if tokens[i], err = c.get(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for i := range tokens {
		if tokens[i] == "" || tokens[i] != tokens[0] {
			t.Fatalf("login %d got another token", i)
		}
	}
	if n.Load() != 1 {
		t.Errorf("requests: got %d, want 1", n.Load())
	}
}

func TestTokenIsRenewed(t *testing.T) {
	now := at
	s, n := counting(t, func() time.Time { return now }, 1000*time.Second)
	c := cacheOf(t, credentials(s.URL), s, func() time.Time { return now })
	var got []int32
	for _, d := range []time.Duration{0, 799 * time.Second, 800 * time.Second, 1599 * time.Second, 1600 * time.Second, time.Hour} {
		now = at.Add(d)
		if _, err := c.get(t.Context()); err != nil {
			t.Fatal(err)
		}
		got = append(got, n.Load())
	}
	if diff := cmp.Diff([]int32{1, 1, 2, 2, 3, 4}, got); diff != "" {
		t.Errorf("requests until then (-want +got):\n%s", diff)
	}
}

// A login takes a moment: no token is given out that ends in the middle of it.
func TestRenewal(t *testing.T) {
	for _, c := range []struct{ life, want time.Duration }{
		{1000 * time.Second, 800 * time.Second},
		{15 * time.Second, 12 * time.Second},
		{10 * time.Second, 7 * time.Second},
		{3 * time.Second, 0},
		{2 * time.Second, -time.Second},
	} {
		if got := renewal(at, at.Add(c.life)).Sub(at); got != c.want {
			t.Errorf("life of %s: got %s, want %s", c.life, got, c.want)
		}
	}
	if got := renewal(at, time.Time{}).Sub(at); got != unknownLife {
		t.Errorf("unknown life: got %s", got)
	}
}

func TestRefusedTokenIsDropped(t *testing.T) {
	s, n := counting(t, clock, time.Hour)
	c := cacheOf(t, credentials(s.URL), s, clock)
	first, _ := c.get(t.Context())
	c.drop("another one")
	if again, _ := c.get(t.Context()); again != first || n.Load() != 1 {
		t.Error("another token's refusal dropped this one")
	}
	c.drop(first)
	if second, _ := c.get(t.Context()); second == first || n.Load() != 2 {
		t.Error("a refused token was given out again")
	}
}

func TestFailureIsRemembered(t *testing.T) {
	now := at
	var n atomic.Int32
	s := tokenServer(t, func(w http.ResponseWriter, r *http.Request) { n.Add(1); answerWith(401, "", "")(w, r) })
	c := cacheOf(t, credentials(s.URL), s, func() time.Time { return now })
	for _, d := range []time.Duration{0, 4 * time.Second, 5 * time.Second} {
		now = at.Add(d)
		_, err := c.get(t.Context())
		wantTokenError(t, err, s.URL, "401 Unauthorized", "secret was refused")
	}
	if n.Load() != 2 {
		t.Errorf("requests: got %d, want 2", n.Load())
	}
}

// A login that gives up takes nothing from another that waits for the same token; when all give up, the request ends.
func TestWaitingLoginsLeave(t *testing.T) {
	release, asked, gone := make(chan struct{}), make(chan struct{}, 2), make(chan struct{}, 2)
	token := goodToken(t, time.Hour)
	s := tokenServer(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // or the server does not see that the client goes
		asked <- struct{}{}
		select {
		case <-release:
			answerWith(200, "application/json", `{"access_token":"`+token+`"}`)(w, r)
		case <-r.Context().Done():
			gone <- struct{}{}
		}
	})
	e := endpointOf(t, credentials(s.URL), s)
	e.patience = patience{attempt: time.Hour, window: time.Hour} // only leaving ends it
	c := &tokenCache[string]{fetch: e.fetch, now: clock}

	ctx, cancel := context.WithCancel(t.Context())
	first := make(chan error)
	go func() { _, err := c.get(ctx); first <- err }()
	<-asked
	cancel()
	if err := <-first; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
	<-gone // nobody was left

	ctx, cancel = context.WithCancel(t.Context())
	go func() { _, err := c.get(ctx); first <- err }()
	<-asked
	c.mu.Lock()
	f := c.join(t.Context()) // a second login
	c.mu.Unlock()
	cancel()
	<-first
	close(release)
	if <-f.done; f.err != nil || f.value != token {
		t.Errorf("got %q, %v, want the token", f.value, f.err)
	}
}

// Where another token cannot be had, the one that is there is given out until its end.
func TestFailedRenewalKeepsTheToken(t *testing.T) {
	now := at
	asked := 0
	c := &tokenCache[string]{now: func() time.Time { return now }, fetch: func(context.Context) (fetched[string], error) {
		if asked++; asked > 1 {
			return fetched[string]{}, errors.New("down")
		}
		return fetched[string]{value: "token", expires: at.Add(time.Hour)}, nil
	}}
	for _, tt := range []struct {
		after time.Duration
		asked int
		fails bool
	}{
		{0, 1, false},
		{47 * time.Minute, 1, false},
		{49 * time.Minute, 2, false},
		{49*time.Minute + rest - 1, 2, false}, // not at each login
		{49*time.Minute + rest, 3, false},
		{time.Hour - lastMoment, 4, true},
	} {
		now = at.Add(tt.after)
		got, err := c.get(t.Context())
		if (err != nil) != tt.fails || !tt.fails && got != "token" || asked != tt.asked {
			t.Errorf("after %v: %q, %v, asked %d times; want %d", tt.after, got, err, asked, tt.asked)
		}
	}
}
