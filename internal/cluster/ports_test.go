package cluster

import (
	"context"
	"errors"
	"io"
	"log"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// bootstrapError is the error of a cluster with one bootstrap server, by real TCP.
func bootstrapError(t *testing.T, addr string) *Error {
	t.Helper()
	c, err := Dial(Config{Bootstrap: []string{addr}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_, errs := c.Run(In(time.Now(), time.Minute)).Brokers(t.Context())
	if len(errs) != 1 {
		t.Fatalf("got errors %v, want one", errs)
	}
	return errs[0]
}

// listen serves each connection to a port of this machine with serve.
func listen(t *testing.T, serve func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go serve(c)
		}
	}()
	return l.Addr().String()
}

func TestPortsThatAreNotKafka(t *testing.T) {
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = log.New(io.Discard, "", 0) // it tells of our plaintext
	secure.StartTLS()
	t.Cleanup(secure.Close)
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = gone.Close()
	reset := listen(t, func(c net.Conn) {
		_ = c.(*net.TCPConn).SetLinger(0)
		_ = c.Close()
	})
	closed := listen(t, func(c net.Conn) { _ = c.Close() })
	for name, tc := range map[string]struct {
		addr      string
		code      string
		message   string
		retriable bool
	}{
		"nothing listens":         {gone.Addr().String(), CodeRefused, "connection refused: nothing listens there", true},
		"HTTP":                    {listen(t, afterRequest("HTTP/1.1 400 Bad Request\r\n\r\n")), CodeNotKafka, "an HTTP server answers there, not a Kafka broker", false},
		"TLS alert":               {listen(t, afterRequest("\x15\x03\x03\x00\x02\x02\x0a")), CodeNotKafka, "the port speaks TLS, and this connection is plaintext", false},
		"TLS, closed":             {secure.Listener.Addr().String(), CodeNotKafka, "the connection was closed at the first request: the port may expect TLS or SASL, or not be Kafka", false},
		"closed at once":          {closed, CodeNotKafka, "the connection was closed at the first request: the port may expect TLS or SASL, or not be Kafka", false},
		"reset at once":           {reset, CodeNotKafka, "the connection was closed at the first request: the port may expect TLS or SASL, or not be Kafka", false},
		"closed after a request":  {listen(t, afterRequest("")), CodeNotKafka, "the connection was closed at the first request: the port may expect TLS or SASL, or not be Kafka", false},
		"SSH":                     {listen(t, afterRequest("SSH-2.0-OpenSSH_9.2p1\r\n")), CodeNotKafka, "what answers there is not a Kafka broker", false},
		"PostgreSQL":              {listen(t, afterRequest("E\x00\x00\x00\x8aSFATAL\x00")), CodeNotKafka, "what answers there is not a Kafka broker", false},
		"length of nothing":       {listen(t, afterRequest("\x00\x00\x00\x00")), CodeNotKafka, "what answers there is not a Kafka broker", false},
		"negative length":         {listen(t, afterRequest("\xff\xff\xff\xff")), CodeNotKafka, "what answers there is not a Kafka broker", false},
		"another's correlation":   {listen(t, afterRequest("\x00\x00\x00\x06\x00\x00\x09\x09\x00\x00")), CodeNotKafka, "what answers there is not a Kafka broker", false},
		"cut off in the length":   {listen(t, afterRequest("\x00\x00")), CodeNotKafka, "the connection was closed at the first request: the port may expect TLS or SASL, or not be Kafka", false},
		"cut off in the response": {listen(t, afterRequest("\x00\x00\x00\x20\x00\x00\x00\x00")), CodeNotKafka, "the connection was closed at the first request: the port may expect TLS or SASL, or not be Kafka", false},
	} {
		t.Run(name, func(t *testing.T) {
			want := &Error{Scope: ScopeBroker, Name: tc.addr, Code: tc.code, Message: tc.message, Retriable: tc.retriable}
			got := bootstrapError(t, tc.addr)
			diff(t, "error", want, got)
			if t.Failed() {
				t.Logf("cause: %v", got.Err)
			}
		})
	}
}

// afterRequest answers with the bytes given and hangs up.
func afterRequest(answer string) func(net.Conn) {
	return func(c net.Conn) {
		_, _ = c.Read(make([]byte, 1024))
		_, _ = io.WriteString(c, answer)
		_ = c.Close()
	}
}

func TestRandomBytesAreAnErrorAndNeverAPanic(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		noise := make([]byte, random.IntN(64))
		for i := range noise {
			noise[i] = byte(random.Uint32())
		}
		if random.IntN(2) == 0 && len(noise) >= 8 { // a plausible length, and the first correlation id
			copy(noise, []byte{0, 0, 0, byte(len(noise) - 4), 0, 0, 0, 0})
		}
		inBubble(t, func(t *testing.T) {
			c, err := Dial(Config{Bootstrap: []string{"a:1"}, Dial: func(context.Context, string, string) (net.Conn, error) {
				client, server := net.Pipe()
				go afterRequest(string(noise))(server)
				return client, nil
			}})
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			_, errs := c.Run(usual()).Brokers(t.Context())
			if len(errs) != 1 || errs[0].Code == "" || errs[0].Message == "" || errs[0].Scope != ScopeBroker {
				t.Errorf("answer %x: got %v", noise, errs)
			}
		})
	}
}

func TestBrokerThatCutsConnectionsIsAskedTwiceAndIsTheErrorOfItsRows(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := startFake(t)
		r := f.ready()
		if _, errs := r.ListGroups(t.Context()); len(errs) > 0 {
			t.Fatal(errs)
		}
		f.calls()
		f.cut(node(1), kmsg.ListGroups)
		_, errs := r.ListGroups(t.Context())
		diff(t, "errors", []*Error{{Scope: ScopeBroker, Name: "1 (localhost:9093)", Code: CodeClosed, Message: "the connection was closed while waiting for the answer", Retriable: true}}, errs)
		diff(t, "requests", map[kmsg.Key]int{kmsg.ListGroups: 4}, f.calls())
	})
}

func TestConnectionCutOnceIsTriedAgain(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := startFake(t)
		r := f.ready()
		for _, id := range []int32{0, 1} { // 0 has answered on this connection before, 1 has not
			f.ControlKey(int16(kmsg.ListGroups), func(kmsg.Request) (kmsg.Response, error, bool) { return nil, io.EOF, true })
			if _, e := r.groupsOf(t.Context(), node(id)); e != nil {
				t.Error(e)
			}
		}
	})
}

// cutShort is an answer of which the last bytes are missing.
type cutShort struct{ kmsg.Response }

func (c cutShort) AppendTo(dst []byte) []byte {
	all := c.Response.AppendTo(dst)
	return all[:len(all)-3]
}

// A broker with another early access of KIP-848 under the same version.
func TestAnswerThatCannotBeReadIsNoReasonToGiveUpItsBroker(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := startFake(t)
		r := f.ready()
		f.ControlKey(int16(kmsg.ConsumerGroupDescribe), func(req kmsg.Request) (kmsg.Response, error, bool) {
			f.KeepControl()
			resp := req.ResponseKind().(*kmsg.ConsumerGroupDescribeResponse)
			resp.Groups = []kmsg.ConsumerGroupDescribeResponseGroup{{Group: "g", State: "Stable"}}
			return cutShort{resp}, nil, true
		})
		got := r.Describe(t.Context(), []Ref{{Group: "g", Type: Consumer, Coordinator: ptr(node(0))}})
		diff(t, "error", &Error{Scope: ScopeGroup, Name: "g", Code: CodeUnreadable,
			Message: "broker 0 (localhost:9092): the answer does not fit the version of the request: response did not contain enough data to be valid"}, got[0].Err)
		if _, e := r.groupsOf(t.Context(), node(0)); e != nil {
			t.Errorf("the next request: %v", e)
		}
		diff(t, "connections", map[string]int{"localhost:9092": 1}, f.dials)
	})
}

func TestHostsThatDoNotResolve(t *testing.T) {
	for name, tc := range map[string]struct {
		dns  *net.DNSError
		want *Error
	}{
		"not found": {
			&net.DNSError{Err: "no such host", Name: "kafka.invalid", IsNotFound: true},
			&Error{Scope: ScopeBroker, Name: "kafka.invalid:9092", Code: CodeNoHost, Message: `cannot resolve host name "kafka.invalid": no such host`},
		},
		"server misbehaving": {
			&net.DNSError{Err: "server misbehaving", Name: "kafka.invalid", IsTemporary: true},
			&Error{Scope: ScopeBroker, Name: "kafka.invalid:9092", Code: CodeNoHost, Message: `cannot resolve host name "kafka.invalid": server misbehaving`, Retriable: true},
		},
		"timeout": {
			&net.DNSError{Err: "i/o timeout", Name: "kafka.invalid", IsTimeout: true, IsTemporary: true},
			&Error{Scope: ScopeBroker, Name: "kafka.invalid:9092", Code: CodeNoHost, Message: `cannot resolve host name "kafka.invalid": i/o timeout`, Retriable: true},
		},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				c, err := Dial(Config{Bootstrap: []string{"kafka.invalid:9092"}, Dial: func(context.Context, string, string) (net.Conn, error) {
					return nil, &net.OpError{Op: "dial", Net: "tcp", Err: tc.dns}
				}})
				if err != nil {
					t.Fatal(err)
				}
				defer c.Close()
				_, errs := c.Run(usual()).Brokers(t.Context())
				diff(t, "errors", []*Error{tc.want}, errs)
				if dns := (*net.DNSError)(nil); !errors.As(errs[0], &dns) {
					t.Error("the cause is lost")
				}
			})
		})
	}
}

func TestBootstrapServersThatAreNotHostAndPort(t *testing.T) {
	for _, s := range []string{"", "localhost", ":9092", "localhost:", "localhost:0", "localhost:65536", "localhost:kafka", "::1:9092", "a:1:2", "localhost:+1"} {
		if _, err := Dial(Config{Bootstrap: []string{s}}); err == nil || !strings.Contains(err.Error(), `"`+s+`"`) {
			t.Errorf("Dial(%q): %v, want an error that names it", s, err)
		}
	}
	if _, err := Dial(Config{}); err == nil {
		t.Error("Dial without a bootstrap server: no error")
	}
	for _, s := range []string{"localhost:9092", "[::1]:9092", "10.0.0.1:1", "kafka-0.kafka:65535"} {
		c, err := Dial(Config{Bootstrap: []string{s}})
		if err != nil {
			t.Errorf("Dial(%q): %v", s, err)
			continue
		}
		if got := c.seeds[0].Addr(); got != s {
			t.Errorf("Dial(%q): address is %q", s, got)
		}
		c.Close()
	}
}
