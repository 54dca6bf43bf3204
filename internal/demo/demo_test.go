package demo

import (
	"bufio"
	"context"
	"net"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func start(t *testing.T, o Options) *Cluster {
	t.Helper()
	c, err := Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// eventually polls until ok, for as long as a busy machine may need.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.After(20 * time.Second)
	poll := time.NewTicker(5 * time.Millisecond)
	defer poll.Stop()
	for !ok() {
		select {
		case <-deadline:
			t.Fatalf("not within 20 s: %s", what)
		case <-poll.C:
		}
	}
}

func TestStartShowsEveryCase(t *testing.T) {
	c := start(t, Options{})
	if diff := cmp.Diff(shopAsSeen, observe(t, c)); diff != "" {
		t.Errorf("the shop as a client sees it (-want +got):\n%s", diff)
	}
}

func TestStartGivesTheSameNumbersEveryTime(t *testing.T) {
	first, second := start(t, Options{}), start(t, Options{})
	if diff := cmp.Diff(details(t, first), details(t, second)); diff != "" {
		t.Errorf("two starts differ (-first +second):\n%s", diff)
	}
}

// BenchmarkStart is what `offsetctl demo` adds to any command; keep it well below what people notice.
func BenchmarkStart(b *testing.B) {
	for b.Loop() {
		c, err := Start(b.Context(), Options{})
		if err != nil {
			b.Fatal(err)
		}
		c.Close()
	}
}

func TestStartWithoutListenOpensNoPort(t *testing.T) {
	if _, err := os.Stat("/proc/self/net/tcp"); err != nil {
		t.Skip("needs /proc to see this process's ports")
	}
	before := listening(t)
	c := start(t, Options{})
	if diff := cmp.Diff(before, listening(t)); diff != "" {
		t.Errorf("ports open (-before +after):\n%s", diff)
	}
	conn, err := c.Dial(t.Context(), "tcp", c.Addrs()[0])
	if err != nil {
		t.Fatalf("Dial: %v", err)
	}
	_ = conn.Close()
	if _, err := c.Dial(t.Context(), "tcp", "localhost:9092"); err == nil {
		t.Error("Dial reached a broker that is not the demo's")
	}
	for _, addr := range c.Addrs() {
		if host, _, err := net.SplitHostPort(addr); err != nil || !strings.HasSuffix(host, ".invalid") {
			t.Errorf("address %q may mean something to others", addr)
		}
	}
}

func TestStartWithListenOpensPortsOfThisMachineOnly(t *testing.T) {
	c := start(t, Options{Listen: true})
	if len(c.Addrs()) != brokers {
		t.Fatalf("addresses %q, want %d", c.Addrs(), brokers)
	}
	for _, addr := range c.Addrs() {
		if !strings.HasPrefix(addr, "127.0.0.1:") {
			t.Errorf("address %q, want one of 127.0.0.1", addr)
		}
		conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", addr)
		if err != nil {
			t.Errorf("dialing from outside: %v", err)
			continue
		}
		_ = conn.Close()
	}
	if diff := cmp.Diff(shopAsSeen, observe(t, c)); diff != "" {
		t.Errorf("the shop over TCP (-want +got):\n%s", diff)
	}
}

func TestStartStopsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	before := runtime.NumGoroutine()
	if _, err := Start(ctx, Options{}); err == nil {
		t.Fatal("no error from a context that has ended")
	}
	eventually(t, "goroutines ended", func() bool { return runtime.NumGoroutine() <= before })
}

func TestCloseEndsEveryGoroutine(t *testing.T) {
	for _, o := range []Options{{}, {Listen: true}} {
		before := runtime.NumGoroutine()
		c, err := Start(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		live := make(chan error, 1)
		go func() { live <- c.Live(ctx) }()
		cancel()
		if err := <-live; err != nil {
			t.Errorf("%+v: Live: %v", o, err)
		}
		c.Close()
		c.Close()
		eventually(t, "goroutines ended", func() bool { return runtime.NumGoroutine() <= before })
	}
}

// listening are the inodes of this process's TCP sockets that accept connections.
func listening(t *testing.T) []string {
	t.Helper()
	own := make(map[string]bool)
	fds, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	for _, fd := range fds {
		link, _ := os.Readlink("/proc/self/fd/" + fd.Name())
		own[strings.TrimSuffix(strings.TrimPrefix(link, "socket:["), "]")] = true
	}
	var found []string
	for _, table := range []string{"/proc/self/net/tcp", "/proc/self/net/tcp6"} {
		file, err := os.Open(table)
		if err != nil {
			continue // no IPv6 here
		}
		for lines := bufio.NewScanner(file); lines.Scan(); {
			const state, inode, listen = 3, 9, "0A"
			f := strings.Fields(lines.Text())
			if len(f) > inode && f[state] == listen && own[f[inode]] {
				found = append(found, f[inode])
			}
		}
		_ = file.Close()
	}
	return found
}
