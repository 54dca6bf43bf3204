package clientconfig

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// hijacked answers with bytes of its own and hangs up.
func hijacked(raw string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			_, _ = conn.Write([]byte(raw))
			_ = conn.Close()
		}
	}
}

func gzipped(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write([]byte(body))
	}
}

func TestAnswersThatAreBroken(t *testing.T) {
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	_, _ = w.Write([]byte(`{"access_token":"x"}`))
	_ = w.Close()
	flipped := bytes.Clone(z.Bytes())
	flipped[len(flipped)-8] ^= 1 // the sum
	for _, c := range []struct {
		name   string
		answer http.HandlerFunc
		text   string
		again  bool
	}{
		{"no gzip", gzipped("rubbish, and more of it"), "its answer is not the gzip that it says it is", false},
		{"gzip with a wrong sum", gzipped(string(flipped)), "its answer is not the gzip that it says it is", false},
		{"gzip that is no deflate", gzipped(string(z.Bytes()[:10]) + "\xff\xff\xff\xff"), "its answer is not the gzip that it says it is", false},
		{"gzip that is cut off", gzipped(string(z.Bytes()[:z.Len()-4])), "its answer is cut off", true},
		{"cut off", hijacked("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"), "its answer is cut off", true},
		{"headers", hijacked("HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 100<<10) + "\r\n\r\n{}"), "its answer has too large headers", false},
		{"no HTTP", hijacked("SSH-2.0-OpenSSH\r\n"), "its answer is not HTTP", false},
		{"no HTTP headers", hijacked("HTTP/1.1 200 OK\r\nodd\r\n\r\n"), "its answer is not HTTP", false},
		{"no HTTP status", hijacked("HTTP/1.1 odd OK\r\n\r\n"), "its answer is not HTTP", false},
	} {
		s := tokenServer(t, c.answer)
		_, flt := endpointOf(t, credentials(s.URL), s).once(t.Context())
		if flt == nil || flt.text != c.text || flt.again != c.again || flt.hint == "" && !c.again {
			t.Errorf("%s: got %+v, want %q, again %t, and a hint", c.name, flt, c.text, c.again)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	for _, c := range []struct {
		header, date string
		want         time.Duration
	}{
		{"", "", 0},
		{"7", "", 7 * time.Second},
		{" 7 ", "", 7 * time.Second},
		{"-1", "", 0},
		{"soon", "", 0},
		{"99999999999999999999", "", 0},
		{"9999999999", "", 24 * time.Hour},
		{"Sun, 29 Nov 2026 12:00:30 GMT", "", 30 * time.Second},
		{"Sun, 29 Nov 2026 12:00:30 GMT", "Sun, 29 Nov 2026 12:00:10 GMT", 20 * time.Second}, // by the server's clock
		{"Sun, 29 Nov 2026 11:00:00 GMT", "", 0},
	} {
		h := http.Header{}
		h.Set("Retry-After", c.header)
		h.Set("Date", c.date)
		if got := retryAfter(h, at); got != c.want {
			t.Errorf("%q at %q: got %s, want %s", c.header, c.date, got, c.want)
		}
	}
}

// An endpoint that says when to ask again is not asked before, and not at all if that is beyond the patience.
func TestPatienceRespectsRetryAfter(t *testing.T) {
	for _, c := range []struct {
		after time.Duration
		want  []time.Duration // when each request began
		ended time.Duration
	}{
		{0, []time.Duration{0, time.Second, 3 * time.Second, 7 * time.Second}, 7 * time.Second},
		{4 * time.Second, []time.Duration{0, 4 * time.Second, 8 * time.Second}, 8 * time.Second},
		{10 * time.Second, []time.Duration{0}, 0},
		{time.Hour, []time.Duration{0}, 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			start := time.Now()
			var begun []time.Duration
			_ = patience{time.Second, 10 * time.Second, time.Second}.do(t.Context(), func(context.Context) *fault {
				begun = append(begun, time.Since(start))
				return &fault{again: true, after: c.after}
			})
			if d := cmp.Diff(append(c.want, c.ended), append(begun, time.Since(start))); d != "" {
				t.Errorf("%s: requests, and the end (-want +got):\n%s", c.after, d)
			}
		})
	}
}

func TestEndpointInTrouble(t *testing.T) {
	for _, c := range []struct {
		status      int
		after       string
		text, hint  string
		contentType string
	}{
		{429, "", "429 Too Many Requests", "too many requests: try later", "text/html"},
		{429, "3600", "429 Too Many Requests", "too many requests: try again in 1h0m0s", "application/json"},
		{503, "", "503 Service Unavailable", "the endpoint is in trouble: try later", "text/html"},
		{502, "120", "502 Bad Gateway", "the endpoint is in trouble: try again in 2m0s", "text/html"},
	} {
		s := tokenServer(t, func(w http.ResponseWriter, r *http.Request) {
			if c.after != "" {
				w.Header().Set("Retry-After", c.after)
			}
			answerWith(c.status, c.contentType, "<html>busy")(w, r)
		})
		_, flt := endpointOf(t, credentials(s.URL), s).once(t.Context())
		got := fmt.Sprintf("%s; %s; %t", flt.text, flt.hint, flt.again)
		if want := c.text + "; " + c.hint + "; true"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
