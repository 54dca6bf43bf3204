package clientconfig

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"time"
)

// fault is why a request for credentials came to nothing.
type fault struct {
	text  string // for people, on its own
	hint  string // empty: none
	again bool   // the same request may succeed in a moment

	after time.Duration // not before so long; 0: nobody says

	untrusted bool // it is the certificate, for want of an authority
}

// answer is what came back from a request for credentials.
type answer struct {
	status      int
	contentType string
	body        []byte
	retryAfter  time.Duration // Retry-After, at most a day; 0: not there
}

// maxAnswer bounds what is read of an answer. Kafka has no bound; tokens are a few KiB.
const maxAnswer = 1 << 20

// send makes one request and reads the whole answer. The limit is the one that the request's context has, for the text.
func send(client *http.Client, req *http.Request, limit time.Duration) (answer, *fault) {
	resp, err := client.Do(req)
	if err != nil {
		return answer{}, connectionFault(err, limit)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		return answer{}, bodyFault(err, limit)
	}
	if len(body) > maxAnswer {
		return answer{}, &fault{text: fmt.Sprintf("its answer is larger than %d KiB", maxAnswer>>10), hint: "is it the right address?"}
	}
	return answer{resp.StatusCode, resp.Header.Get("Content-Type"), body, retryAfter(resp.Header, time.Now())}, nil
}

// connectionFault puts in words what went wrong before there was an answer. Whatever the error has of the URL is left out:
// it may hold a password.
func connectionFault(err error, limit time.Duration) *fault {
	flt := networkFault(err, limit, time.Now())
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "proxyconnect" {
		flt.text, flt.hint = "by way of the proxy: "+flt.text, "check HTTPS_PROXY and NO_PROXY"
	}
	return flt
}

func networkFault(err error, limit time.Duration, now time.Time) *fault {
	if flt := certificateFault(err, now); flt != nil {
		return flt
	}
	var dns *net.DNSError
	var record tls.RecordHeaderError
	var timeout net.Error
	switch {
	case errors.As(err, &record), errors.Is(err, http.ErrSchemeMismatch):
		return &fault{text: "it does not speak TLS", hint: "is the port right?"}
	case errors.As(err, &dns) && dns.IsNotFound:
		return &fault{text: "no such host", hint: "check the name in its URL", again: true}
	case errors.Is(err, syscall.ECONNREFUSED):
		return &fault{text: "connection refused", hint: "is it running, and the port right?", again: true}
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return &fault{text: fmt.Sprintf("no answer within %s", limit), hint: "is it up, and reachable from here (HTTPS_PROXY)?", again: true}
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET):
		return &fault{text: "it closed the connection without an answer", again: true}
	}
	if flt := notHTTP(err); flt != nil {
		return flt
	}
	return &fault{text: foreign(innermost(err).Error()), again: true}
}

// innermost is the error at the bottom, which knows nothing of URLs.
func innermost(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}

// isHTML reports whether the answer was meant for a browser.
func (a answer) isHTML() bool {
	return strings.Contains(a.contentType, "html") || bytes.HasPrefix(bytes.TrimSpace(a.body), []byte("<"))
}

// json decodes the body; nothing of it is in the fault, since it may have a token in it.
func (a answer) json(into any) *fault {
	switch {
	case len(bytes.TrimSpace(a.body)) == 0:
		return &fault{text: "its answer is empty"}
	case json.Unmarshal(a.body, into) == nil:
		return nil
	case a.isHTML():
		return &fault{text: "it returned HTML, not JSON"}
	}
	return &fault{text: "its answer is not the JSON object that it should be"}
}
