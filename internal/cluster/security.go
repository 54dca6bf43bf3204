package cluster

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl"
)

// options are kgo's for what the configuration says of the way to a broker.
func (c Config) options(gate *loginGate) []kgo.Opt {
	var opts []kgo.Opt
	switch {
	case c.TLS != nil:
		opts = append(opts, kgo.Dialer(c.dialTLS))
	case c.Dial != nil:
		opts = append(opts, kgo.Dialer(c.Dial))
	}
	if c.SASL != nil {
		opts = append(opts, kgo.SASL(login{c.SASL, gate}), kgo.WithHooks(gate))
	}
	return opts
}

// dialPlain makes the connection that TLS, if any, is spoken on.
func (c Config) dialPlain(ctx context.Context, network, addr string) (net.Conn, error) {
	if c.Dial != nil {
		return c.Dial(ctx, network, addr)
	}
	return (&net.Dialer{}).DialContext(ctx, network, addr)
}

// dialTLS connects and shakes hands, both within ctx. The name to be verified is that in addr.
func (c Config) dialTLS(ctx context.Context, network, addr string) (net.Conn, error) {
	conn, err := c.dialPlain(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	return c.handshake(ctx, conn, addr)
}

func (c Config) handshake(ctx context.Context, plain net.Conn, addr string) (*tls.Conn, error) {
	config := c.TLS.Clone()
	if config.ServerName == "" {
		host, _, err := net.SplitHostPort(addr)
		if err != nil {
			return nil, err
		}
		config.ServerName = host
	}
	conn := tls.Client(plain, config)
	if err := conn.HandshakeContext(ctx); err != nil {
		plain.Close()
		return nil, &handshakeError{err}
	}
	return conn, nil
}

// handshakeError tells a failure of the TLS handshake from one of what came before or after it.
type handshakeError struct{ err error }

func (e *handshakeError) Error() string { return fmt.Sprintf("TLS handshake: %v", e.err) }
func (e *handshakeError) Unwrap() error { return e.err }

// prepare gets what the login needs, within the run's time.
func (r *Run) prepare(ctx context.Context) *Error {
	if r.c.config.Prepare == nil {
		return nil
	}
	limit := patience
	if !r.end.At.IsZero() {
		limit = time.Until(r.end.At)
	}
	bounded, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	err := r.c.config.Prepare(bounded)
	if err == nil {
		return nil
	}
	e := &Error{Scope: ScopeLogin, Name: r.c.config.SASL.Name(), Code: CodeLogin, Message: err.Error(), Err: err}
	if ctx.Err() != nil {
		e.Code, e.Message = CodeInterrupted, "interrupted before there was a login"
	}
	return e
}

// login is a mechanism whose own failures, as those to get a token, can be told from a broker's.
type login struct {
	sasl.Mechanism
	gate *loginGate
}

func (l login) Authenticate(ctx context.Context, host string) (sasl.Session, []byte, error) {
	if err := l.gate.enter(ctx, host); err != nil {
		return nil, nil, err
	}
	session, first, err := l.Mechanism.Authenticate(ctx, host)
	if err != nil {
		l.gate.judge(host, true)
		return nil, nil, &loginError{err}
	}
	return challenged{session, l.gate, host}, first, nil
}

type challenged struct {
	sasl.Session
	gate *loginGate
	addr string
}

func (c challenged) Challenge(from []byte) (bool, []byte, error) {
	done, next, err := c.Session.Challenge(from)
	switch {
	case err != nil:
		err = &loginError{err}
	case done && len(next) == 0:
		c.gate.letIn(c.addr)
	default: // with a last word of ours to come, which the broker may still refuse
		c.gate.judge(c.addr, false)
	}
	return done, next, err
}

// loginError is a failure on our side of a login.
type loginError struct{ err error }

func (e *loginError) Error() string { return e.err.Error() }
func (e *loginError) Unwrap() error { return e.err }

// renewedTooSoon reports whether a broker that has let us in would not have the login renewed on the same connection: it takes
// that once a second at most (KafkaChannel.java), which is not enough for the last seconds of a token. Another connection is
// let in.
func (c *Client) renewedTooSoon(node Broker, err error) bool {
	return c.knowsKafka(node.Addr()) && errors.Is(err, kerr.IllegalSaslState)
}
