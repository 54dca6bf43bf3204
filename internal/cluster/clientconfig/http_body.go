package clientconfig

import (
	"compress/flate"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"net/textproto"
	"strconv"
	"strings"
	"time"
)

// rightAddress is the hint where what answers hardly is what was asked for.
const rightAddress = "is it the right address, or is there a proxy between?"

// bodyFault puts in words what went wrong after the head of an answer.
func bodyFault(err error, limit time.Duration) *fault {
	var corrupt flate.CorruptInputError
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return &fault{text: "its answer is cut off", again: true}
	case errors.Is(err, gzip.ErrHeader), errors.Is(err, gzip.ErrChecksum), errors.As(err, &corrupt):
		return &fault{text: "its answer is not the gzip that it says it is", hint: rightAddress}
	}
	return connectionFault(err, limit)
}

// notHTTP is the fault of a head that net/http does not take; nil: it is something else. Most of net/http's errors have no
// type, only a text.
func notHTTP(err error) *fault {
	var protocol textproto.ProtocolError
	text := err.Error()
	switch {
	case strings.Contains(text, "server response headers exceeded"):
		return &fault{text: "its answer has too large headers", hint: rightAddress}
	case errors.As(err, &protocol), strings.Contains(text, "malformed HTTP"):
		return &fault{text: "its answer is not HTTP", hint: "is the port right?"}
	}
	return nil
}

// retryAfter is how long an answer wants the next request to wait (RFC 9110, 10.2.3): seconds, or a date, which is by the
// server's clock if the answer has that. What is nonsense counts for nothing.
func retryAfter(h http.Header, now time.Time) time.Duration {
	const most = 24 * time.Hour
	value := strings.TrimSpace(h.Get("Retry-After"))
	if seconds, err := strconv.ParseUint(value, 10, 63); err == nil {
		return time.Duration(min(seconds, uint64(most/time.Second))) * time.Second
	}
	then, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		now = date
	}
	return min(max(0, then.Sub(now)), most)
}
