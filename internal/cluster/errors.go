package cluster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// Scope says what kind of thing an Error concerns.
type Scope string

// The scopes of an Error.
const (
	ScopeBroker          Scope = "broker"          // Name is host:port, or "2 (host:port)" once the node id is known
	ScopeGroup           Scope = "group"           // Name is the group id
	ScopeTopic           Scope = "topic"           // Name is the topic
	ScopePartition       Scope = "partition"       // Name is topic:partition
	ScopeTransactionalID Scope = "transactionalId" // Name is the transactional id
	ScopeLogin           Scope = "login"           // Name is the SASL mechanism; what failed is ours, or a token endpoint's
)

// String is the scope in words.
func (s Scope) String() string {
	if s == ScopeTransactionalID {
		return "transactional id"
	}
	return string(s)
}

// Error is one failure and the one thing it concerns. It is data: it stands beside what succeeded,
// and in the errors of the machine formats.
type Error struct {
	Scope     Scope  `json:"scope"`
	Name      string `json:"name"`
	Code      string `json:"code"`      // Kafka's error name, or one of the Code constants
	Message   string `json:"message"`   // for people, without the name
	Retriable bool   `json:"retriable"` // the same request may succeed later
	Err       error  `json:"-"`         // the cause, if it was not a code in an answer
}

// Codes of failures for which a broker gave no Kafka error. REQUEST_TIMED_OUT, UNSUPPORTED_VERSION and
// CORRUPT_MESSAGE are Kafka's own names for the same thing.
const (
	CodeTimeout     = "REQUEST_TIMED_OUT"
	CodeUnsupported = "UNSUPPORTED_VERSION"
	CodeRefused     = "CONNECTION_REFUSED"
	CodeNoHost      = "HOST_NOT_FOUND"
	CodeConnection  = "CONNECTION_FAILED"
	CodeNotKafka    = "NOT_A_KAFKA_PORT"
	CodeClosed      = "CONNECTION_CLOSED"
	CodeInterrupted = "INTERRUPTED"
	CodeIncomplete  = "INCOMPLETE_ANSWER"
	CodeUnreadable  = "UNREADABLE_ANSWER"
	CodeCorrupt     = "CORRUPT_MESSAGE"
)

// Error implements error: scope, name and message in one line.
func (e *Error) Error() string {
	name := e.Name
	if name == "" {
		name = `""`
	}
	return fmt.Sprintf("%s %s: %s (%s)", e.Scope, name, e.Message, e.Code)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Of returns the same failure seen from another scope: a broker that did not answer is also the
// failure of each group and partition it was asked for.
func (e *Error) Of(s Scope, name string) *Error {
	if e == nil {
		return nil
	}
	c := *e
	if e.Scope == ScopeBroker && s != ScopeBroker {
		c.Message = "broker " + e.Name + ": " + e.Message
	}
	c.Scope, c.Name = s, name
	return &c
}

// Unauthorized reports whether a broker refused because of ACLs.
func (e *Error) Unauthorized() bool {
	return e != nil && strings.HasSuffix(e.Code, "_AUTHORIZATION_FAILED")
}

// UnknownTopic reports whether the cluster has no such topic or partition.
func (e *Error) UnknownTopic() bool { return e.is(kerr.UnknownTopicOrPartition) }

// InvalidTopic reports whether no topic can have the name.
func (e *Error) InvalidTopic() bool { return e.is(kerr.InvalidTopicException) }

// NoLeader reports whether a partition has no leader to ask.
func (e *Error) NoLeader() bool { return e.is(kerr.LeaderNotAvailable) }

// coordinatorMoves reports whether a broker is not, or not yet, the one to ask about a group.
func (e *Error) coordinatorMoves() bool {
	return e.is(kerr.NotCoordinator, kerr.CoordinatorLoadInProgress, kerr.CoordinatorNotAvailable)
}

// is reports whether the error carries one of Kafka's codes.
func (e *Error) is(ks ...*kerr.Error) bool {
	if e == nil {
		return false
	}
	for _, k := range ks {
		if e.Code == k.Message {
			return true
		}
	}
	return false
}

// Errors collects errors, each once: several requests may have failed for the same reason. The zero value is
// ready to use.
type Errors struct {
	All  []*Error
	seen map[errorKey]bool
}

type errorKey struct {
	scope      Scope
	name, code string
}

// Add takes in an error that is not nil.
func (es *Errors) Add(e *Error) {
	if e == nil || es.seen[errorKey{e.Scope, e.Name, e.Code}] {
		return
	}
	if es.seen == nil {
		es.seen = map[errorKey]bool{}
	}
	es.seen[errorKey{e.Scope, e.Name, e.Code}] = true
	es.All = append(es.All, e)
}

// kafkaError makes an Error of the code in an answer; nil for code 0. msg is the broker's own text
// where the answer has one.
func kafkaError(s Scope, name string, code int16, msg *string) *Error {
	if code == 0 {
		return nil
	}
	e := &Error{Scope: s, Name: name, Code: fmt.Sprintf("UNKNOWN_ERROR_%d", code), Message: "the broker answered with an error unknown to offsetctl"}
	if k := kerr.TypedErrorForCode(code); k != nil && k.Code == code {
		e.Code, e.Message, e.Retriable = k.Message, lowerFirst(k.Description), k.Retriable
	}
	switch {
	case msg != nil && *msg != "":
		e.Message = lowerFirst(*msg)
	case e.Unauthorized():
		e.Message = "this user is not authorized" // Java's exceptions repeat what the scope says
	}
	e.Message = strings.TrimSuffix(e.Message, ".")
	return e
}

func lowerFirst(s string) string {
	if len(s) < 2 || s[1] >= 'A' && s[1] <= 'Z' {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}

// transportError makes an Error of a request that got no answer. fresh: nothing at that address has
// answered before, so it need not be a Kafka broker at all.
func transportError(name string, err error, waited time.Duration, fresh bool) *Error {
	e := &Error{Scope: ScopeBroker, Name: name, Retriable: true, Err: err}
	var dns *net.DNSError
	switch text := err.Error(); {
	case errors.Is(err, context.Canceled):
		e.Code, e.Message = CodeInterrupted, "interrupted before the broker answered"
	case securityError(e, err, time.Now()):
	case errors.As(err, &dns):
		e.Code, e.Message, e.Retriable = CodeNoHost, fmt.Sprintf("cannot resolve host name %q: %s", dns.Name, dnsReason(dns)), dns.IsTemporary
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded), isTimeout(err):
		e.Code, e.Message = CodeTimeout, fmt.Sprintf("no answer within %s", roundTimeout(waited))
	case errors.Is(err, syscall.ECONNREFUSED):
		e.Code, e.Message = CodeRefused, "connection refused: nothing listens there"
	case strings.Contains(text, "broker is too old"), strings.Contains(text, "request key is unknown"):
		e.Code, e.Message, e.Retriable = CodeUnsupported, "the broker does not know this request", false
	case strings.Contains(text, "'HTTP' in ascii"):
		e.Code, e.Message, e.Retriable = CodeNotKafka, "an HTTP server answers there, not a Kafka broker", false
	case strings.Contains(text, "tls alert record"):
		e.Code, e.Message, e.Retriable = CodeNotKafka, "the port speaks TLS, and this connection is plaintext", false
	case fresh && isClosed(err):
		e.Code, e.Message, e.Retriable = CodeNotKafka, "the connection was closed at the first request: the port may expect TLS or SASL, or not be Kafka", false
	case isClosed(err):
		e.Code, e.Message = CodeClosed, "the connection was closed while waiting for the answer"
	case fresh && isGarbage(text):
		e.Code, e.Message, e.Retriable = CodeNotKafka, "what answers there is not a Kafka broker", false
	case isGarbage(text): // of a broker that has answered well before: early-access requests changed without a new version
		e.Code, e.Message, e.Retriable = CodeUnreadable, "the answer does not fit the version of the request: "+text, false
	default:
		e.Code, e.Message = CodeConnection, text
	}
	return e
}

// isClosed reports whether the other end hung up.
func isClosed(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) ||
		errors.Is(err, syscall.EPIPE) || errors.Is(err, net.ErrClosed) || errors.Is(err, io.ErrClosedPipe) ||
		strings.Contains(err.Error(), "broker connection has died") // kgo, of a request beside the one that found out
}

// isGivenUp reports whether our own side closed the connection, as a run does with one to a broker that does
// not answer it, while others wait on it.
func isGivenUp(err error) bool {
	return !errors.Is(err, context.DeadlineExceeded) && (errors.Is(err, kgo.ErrClientClosed) || errors.Is(err, context.Canceled))
}

// isGarbage reports whether kgo could make no sense of the bytes that came. It has no error values
// for that.
func isGarbage(text string) bool {
	return slices.ContainsFunc([]string{
		"invalid large response size", "invalid negative response size", "correlation ID mismatch", "not contain enough data", "short response",
	}, func(s string) bool { return strings.Contains(text, s) })
}

func dnsReason(e *net.DNSError) string {
	if e.IsNotFound {
		return "no such host"
	}
	return e.Err
}

func isTimeout(err error) bool {
	var ne net.Error
	return errors.As(err, &ne) && ne.Timeout()
}

// roundTimeout prints whole or tenths of seconds, and below a second what matters: "5s", "1.3s", "2ms".
func roundTimeout(d time.Duration) time.Duration {
	switch {
	case d < 10*time.Millisecond:
		return max(d.Round(time.Millisecond), time.Millisecond)
	case d < time.Second:
		return d.Round(10 * time.Millisecond)
	}
	return d.Round(100 * time.Millisecond)
}
