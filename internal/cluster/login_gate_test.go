package cluster

import (
	"context"
	"maps"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/sasl"
	"github.com/twmb/franz-go/pkg/sasl/plain"
)

// guarded is a fake whose brokers have a login, and count those tried.
type guarded struct {
	*fake
	mu     sync.Mutex
	logins map[int32]int
}

// loginVerdict is what a broker makes of a login; never: it says nothing any more.
type loginVerdict struct {
	after   time.Duration
	refused bool
	never   bool
}

func startGuarded(t *testing.T, verdicts map[int32]loginVerdict) *guarded {
	t.Helper()
	g := &guarded{fake: startFake(t, kfake.EnableSASL(), kfake.Superuser("PLAIN", "me", "pw")), logins: map[int32]int{}}
	frozen := make(chan struct{}) // a control that sleeps until the end can keep kfake from closing
	var freeze sync.Once
	for n, v := range verdicts {
		if v.never {
			g.wire(node(n), g.freezable(node(n), frozen))
		}
	}
	g.ControlKey(int16(kmsg.SASLAuthenticate), func(req kmsg.Request) (kmsg.Response, error, bool) {
		g.KeepControl()
		node := g.CurrentNode()
		g.mu.Lock()
		g.logins[node]++
		g.mu.Unlock()
		v := verdicts[node]
		switch {
		case v.never:
			freeze.Do(func() { close(frozen) })
		case v.after > 0:
			g.SleepControl(func() { time.Sleep(v.after) })
		}
		if !v.refused {
			return nil, nil, false
		}
		resp := req.ResponseKind().(*kmsg.SASLAuthenticateResponse)
		said := "LDAP is down here"
		resp.ErrorCode, resp.ErrorMessage = kerr.SaslAuthenticationFailed.Code, &said
		return resp, nil, true
	})
	return g
}

// login has a client log in, with these brokers as bootstrap servers.
func (g *guarded) login(nodes ...int32) func(*Config) {
	return func(c *Config) {
		c.SASL = plain.Auth{User: "me", Pass: "pw"}.AsMechanism()
		c.Bootstrap = nil
		for _, n := range nodes {
			c.Bootstrap = append(c.Bootstrap, node(n).Addr())
		}
	}
}

// tried is how many logins the brokers have seen, by node.
func (g *guarded) tried() map[int32]int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return maps.Clone(g.logins)
}

// asks sends a request to each of these brokers at once, several times, and returns the errors of each.
func asks(t *testing.T, r *Run, times int, nodes ...int32) map[int32][]*Error {
	var mu sync.Mutex
	var wg sync.WaitGroup
	out := map[int32][]*Error{}
	for _, n := range nodes {
		for range times {
			wg.Go(func() {
				_, e := ask[*kmsg.MetadataResponse](t.Context(), r, node(n), metadataRequest([]string{"t"}))
				mu.Lock()
				defer mu.Unlock()
				out[n] = append(out[n], e)
			})
		}
	}
	wg.Wait()
	return out
}

// late is a way to a broker that takes a while to connect.
func (g *guarded) late(b Broker, by time.Duration) dialFunc {
	return func(ctx context.Context) (net.Conn, error) {
		select {
		case <-time.After(by):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		return g.pipes.DialContext(ctx, "tcp", b.Addr())
	}
}

func refusedBy(n int32) *Error {
	return &Error{Scope: ScopeBroker, Name: node(n).Name(), Code: CodeWrongLogin, Message: "LDAP is down here"}
}

// Once any broker has let us in, another's refusal is its own.
func TestRefusalOfOneBrokerIsNotTheOthers(t *testing.T) {
	for name, late := range map[string]time.Duration{"before the others": 0, "while another logs in": 10 * time.Millisecond} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				g := startGuarded(t, map[int32]loginVerdict{1: {after: 10 * time.Millisecond}, 2: {refused: true, after: late}})
				g.wire(node(1), g.late(node(1), 5*time.Millisecond))
				r := g.ready(g.login(0))
				got := asks(t, r, 3, 0, 1, 2)
				diff(t, "errors", map[int32][]*Error{0: {nil, nil, nil}, 1: {nil, nil, nil}, 2: {refusedBy(2), refusedBy(2), refusedBy(2)}}, got)
				got = asks(t, r.c.Run(usual()), 1, 2, 1)
				diff(t, "errors of a second run", map[int32][]*Error{1: {nil}, 2: {refusedBy(2)}}, got)
				diff(t, "logins", map[int32]int{0: 1, 1: 1, 2: 1}, g.tried())
				time.Sleep(refusalHolds)
				asks(t, r.c.Run(usual()), 3, 2)
				diff(t, "logins later", map[int32]int{0: 1, 1: 1, 2: 2}, g.tried())
			})
		})
	}
}

// Before anybody has let us in, the first refusal is the answer to all, and told as whose it is.
func TestRefusalOfTheFirstLoginIsForAll(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		g := startGuarded(t, map[int32]loginVerdict{1: {after: time.Second, refused: true}})
		g.wire(node(0), g.late(node(0), 5*time.Millisecond))
		g.wire(node(2), g.late(node(2), 5*time.Millisecond))
		r := g.client(g.login(0, 1, 2)).Run(usual())
		got := asks(t, r, 2, 0, 1, 2)
		other := func(n int32) *Error {
			e := refusedBy(n)
			e.Message = "not asked: broker 1 (localhost:9093) refused the login: LDAP is down here"
			return e
		}
		diff(t, "errors", map[int32][]*Error{0: {other(0), other(0)}, 1: {refusedBy(1), refusedBy(1)}, 2: {other(2), other(2)}}, got)
		diff(t, "logins", map[int32]int{1: 1}, g.tried())
		if o := original(got[2][0]); o.Name != node(1).Name() {
			t.Errorf("the original refusal is of %q", o.Name)
		}
	})
}

// A wrong password is tried once, however long the refusal takes and whatever becomes of other servers meanwhile.
func TestSlowRefusalIsTheOnlyLogin(t *testing.T) {
	for name, c := range map[string]struct {
		after time.Duration
		dead  int32 // -1: none
		late  int32
	}{
		"one server is down":           {1500 * time.Millisecond, 1, -1},
		"longer than a hedge of all":   {3 * time.Second, -1, -1},
		"the first to be asked is not": {4 * time.Second, -1, 0},
		"almost a request's time":      {4900 * time.Millisecond, 1, -1},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				slow := loginVerdict{after: c.after, refused: true}
				g := startGuarded(t, map[int32]loginVerdict{0: slow, 1: slow, 2: slow})
				if c.dead >= 0 {
					g.wire(node(c.dead), func(context.Context) (net.Conn, error) { return nil, errRefused })
				}
				if c.late >= 0 {
					g.wire(node(c.late), g.late(node(c.late), 2*hedge))
				}
				_, _, errs := g.client(g.login(0, 1, 2)).Run(usual()).brokersAndCoordinators(t.Context(), []string{"a", "b"})
				first := node(0)
				if c.late == 0 {
					first = node(1)
				}
				diff(t, "errors", []*Error{{Scope: ScopeBroker, Name: first.Addr(), Code: CodeWrongLogin, Message: "LDAP is down here"}}, errs)
				diff(t, "logins", map[int32]int{first.Port - 9092: 1}, g.tried())
			})
		})
	}
}

// A broker that says nothing to a login holds up the others until its request is given up, and they are not blamed for it.
func TestMuteLoginDoesNotCostTheOthersTheirTime(t *testing.T) {
	for name, c := range map[string]struct {
		late int32
		want map[int32]int
	}{
		"the first to be asked":  {-1, map[int32]int{0: 1, 1: 1}},
		"the second to be asked": {0, map[int32]int{0: 1, 1: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				silent := int32(0)
				if c.late == 0 {
					silent = 1
				}
				slow := loginVerdict{after: 4 * time.Second} // it has all of its time after the silent one
				g := startGuarded(t, map[int32]loginVerdict{silent: {never: true}, 1 - silent: slow})
				if c.late >= 0 {
					g.wire(node(c.late), g.late(node(c.late), 2*hedge))
				}
				r := g.client(g.login(0, 1)).Run(usual())
				if _, errs := r.Brokers(t.Context()); errs != nil {
					t.Fatalf("Brokers: %v", errs)
				}
				diff(t, "logins", c.want, g.tried())
				if e := r.deadBroker(node(1 - silent)); e != nil {
					t.Errorf("blamed: %v", e)
				}
			})
		})
	}
}

// A broker that is mute before the login itself holds up nobody.
func TestMuteBeforeTheLoginHoldsUpNobody(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		g := startGuarded(t, nil)
		g.wire(node(0), mute)
		start := time.Now()
		if _, errs := g.client(g.login(0, 1)).Run(usual()).Brokers(t.Context()); errs != nil {
			t.Fatalf("Brokers: %v", errs)
		}
		took(t, hedge, start)
	})
}

// What has been lost in the middle of a login is tried again, and does not wait for itself.
func TestLoginThatIsCutOffIsTriedAgain(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		g := startGuarded(t, nil)
		cuts := 0
		g.ControlKey(int16(kmsg.SASLAuthenticate), func(kmsg.Request) (kmsg.Response, error, bool) {
			g.KeepControl()
			if cuts++; cuts > 1 {
				return nil, nil, false
			}
			return nil, net.ErrClosed, true
		})
		start := time.Now()
		bs, errs := g.client(g.login(0)).Run(usual()).Brokers(t.Context())
		if errs != nil || !slices.Contains(bs.Nodes, node(2)) {
			t.Fatalf("Brokers: %v, %v", bs, errs)
		}
		took(t, 0, start)
	})
}

// wordy is a login that ends with a word of ours, as GSSAPI's does: the broker's answer to it comes to no challenge.
type wordy struct{ sasl.Mechanism }

type lastWord struct{}

func (w wordy) Authenticate(ctx context.Context, host string) (sasl.Session, []byte, error) {
	_, first, err := w.Mechanism.Authenticate(ctx, host)
	return lastWord{}, first, err
}

func (lastWord) Challenge([]byte) (bool, []byte, error) { return true, []byte("x"), nil }

// A connection that is cut behind the last word leaves nobody to say what came of the login but who asks again.
func TestLoginIsTriedAgainOnAnotherConnection(t *testing.T) {
	for name, d := range map[string]Deadline{"with a deadline": usual(), "without": {}} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				f := startFake(t, kfake.EnableSASL(), kfake.Superuser("PLAIN", "me", "pw"))
				words, asked := 0, 0
				f.ControlKey(int16(kmsg.SASLAuthenticate), func(req kmsg.Request) (kmsg.Response, error, bool) {
					f.KeepControl()
					words++
					return req.ResponseKind(), nil, words%2 == 0 // the last one
				})
				f.ControlKey(int16(kmsg.Metadata), func(kmsg.Request) (kmsg.Response, error, bool) {
					f.KeepControl()
					asked++
					return nil, net.ErrClosed, asked == 1
				})
				start := time.Now()
				_, errs := f.client(func(c *Config) {
					c.SASL, c.Bootstrap = wordy{plain.Auth{User: "me", Pass: "pw"}.AsMechanism()}, []string{node(0).Addr()}
				}).Run(d).Brokers(t.Context())
				if errs != nil || time.Since(start) > time.Second {
					t.Errorf("after %v and %d words: %v", time.Since(start), words, errs)
				}
			})
		})
	}
}

// A login goes on when the request that began it is given up. What came of it is told to the next one, at once.
func TestRefusalThatNobodyAskedForAnyMore(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := startFake(t, kfake.EnableSASL(), kfake.Superuser("PLAIN", "me", "pw"))
		f.ControlKey(int16(kmsg.SASLAuthenticate), func(req kmsg.Request) (kmsg.Response, error, bool) {
			f.KeepControl()
			if f.CurrentNode() != 0 {
				return nil, nil, false
			}
			resp, said := req.ResponseKind().(*kmsg.SASLAuthenticateResponse), "LDAP is down here"
			resp.ErrorCode, resp.ErrorMessage = kerr.SaslAuthenticationFailed.Code, &said
			return resp, nil, true
		})
		f.ControlKey(int16(kmsg.SASLHandshake), func(kmsg.Request) (kmsg.Response, error, bool) {
			f.KeepControl()
			if f.CurrentNode() == 0 { // so late that the other one has answered
				f.SleepControl(func() { time.Sleep(2 * hedge) })
			}
			return nil, nil, false
		})
		r := f.client(func(c *Config) {
			c.SASL, c.Bootstrap = plain.Auth{User: "me", Pass: "pw"}.AsMechanism(), []string{node(0).Addr(), node(1).Addr()}
		}).Run(usual())
		if _, errs := r.Brokers(t.Context()); errs != nil {
			t.Fatal(errs)
		}
		time.Sleep(time.Second)
		start := time.Now()
		_, e := ask[*kmsg.MetadataResponse](t.Context(), r, node(0), metadataRequest([]string{"t"}))
		if e == nil || e.Code != CodeWrongLogin || e.Message != "LDAP is down here" || time.Since(start) > time.Second {
			t.Errorf("after %v: %+v", time.Since(start), e)
		}
	})
}
