package cluster

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/kversion"
)

// Step is one step on the way to a broker.
type Step struct {
	Name   string // one of the Step constants
	Target string // what it was tried on: a host name, or an address
	Detail string // what was found, for people; empty where it failed
	Took   time.Duration
	Err    *Error // why it failed; nil: it did not
}

// The steps of Probe, in their order.
const (
	StepName  = "name"  // the host name is resolved
	StepTCP   = "tcp"   // a connection is made
	StepTLS   = "tls"   // the TLS handshake
	StepOffer = "offer" // which SASL mechanisms the listener has
	StepToken = "token" // what the login needs is got from elsewhere
	StepLogin = "sasl"  // the login
	StepAPI   = "api"   // which requests the broker knows
)

// Probe goes the way to one broker step by step, and ends at the first that fails. Each step has the run's time for one
// request.
func (r *Run) Probe(ctx context.Context, b Broker) []Step {
	p := &prober{run: r, broker: b}
	defer p.close()
	steps := []func(context.Context) (string, error){p.resolve, p.connect}
	names := []string{StepName, StepTCP}
	if r.c.config.TLS != nil {
		steps, names = append(steps, p.handshake), append(names, StepTLS)
	}
	if r.c.config.SASL != nil {
		steps, names = append(steps, p.offer), append(names, StepOffer)
	}
	for i, step := range steps {
		if !p.try(ctx, names[i], step) {
			return p.steps
		}
	}
	if r.c.config.Prepare != nil && !p.token(ctx) {
		return p.steps
	}
	p.close()
	p.converse(ctx)
	return p.steps
}

// prober is one way to one broker.
type prober struct {
	run    *Run
	broker Broker
	conn   net.Conn // nil: none yet
	steps  []Step
}

func (p *prober) close() {
	if p.conn != nil {
		p.conn.Close()
	}
}

// try does one step; false: it failed.
func (p *prober) try(ctx context.Context, name string, do func(context.Context) (string, error)) bool {
	start := time.Now()
	bounded, cancel := context.WithTimeout(ctx, p.run.requestTimeout(start))
	defer cancel()
	s := Step{Name: name, Target: p.broker.Addr()}
	if name == StepName {
		s.Target = p.broker.Host
	}
	var err error
	s.Detail, err = do(bounded)
	s.Took = time.Since(start)
	if err != nil {
		s.Err = transportError(p.broker.Name(), err, s.Took, true)
	}
	p.steps = append(p.steps, s)
	return err == nil
}

func (p *prober) resolve(ctx context.Context) (string, error) {
	if net.ParseIP(p.broker.Host) != nil {
		return "is an address", nil
	}
	if p.run.c.config.Dial != nil {
		return "resolved by a dialer of its own", nil
	}
	addrs, err := net.DefaultResolver.LookupHost(ctx, p.broker.Host)
	return strings.Join(addrs, ", "), err
}

func (p *prober) connect(ctx context.Context) (string, error) {
	conn, err := p.run.c.config.dialPlain(ctx, "tcp", p.broker.Addr())
	if err != nil {
		return "", err
	}
	p.conn = conn
	return "connected to " + conn.RemoteAddr().String(), nil
}

func (p *prober) handshake(ctx context.Context) (string, error) {
	conn, err := p.run.c.config.handshake(ctx, p.conn, p.broker.Addr())
	if err != nil {
		return "", err
	}
	p.conn = conn
	state := conn.ConnectionState()
	leaf := state.PeerCertificates[0]
	return fmt.Sprintf("%s, %s; certificate of %q for %s, signed by %q, valid until %s", tls.VersionName(state.Version), tls.CipherSuiteName(state.CipherSuite),
		leaf.Subject, certifiedNames(leaf), leaf.Issuer, leaf.NotAfter.UTC().Format(time.RFC3339)), nil
}

// offer asks which mechanisms the listener has.
func (p *prober) offer(ctx context.Context) (string, error) {
	wanted := p.run.c.config.SASL.Name()
	offered, err := mechanisms(ctx, p.conn, wanted)
	switch {
	case errors.Is(err, kerr.UnsupportedSaslMechanism):
		return "", &offerError{wanted, offered}
	case err != nil:
		return "", err
	case len(offered) == 0: // a listener may take it and not say what else there is
		offered = []string{wanted}
	}
	return "the listener offers " + strings.Join(offered, ", "), nil
}

// offerError is a mechanism that a listener does not have.
type offerError struct {
	wanted  string
	offered []string
}

func (e *offerError) Error() string {
	return fmt.Sprintf("the broker does not offer %s: it has %s", e.wanted, strings.Join(e.offered, ", "))
}
func (e *offerError) Unwrap() error { return kerr.UnsupportedSaslMechanism }

// token gets what the login needs, in the time that commands give it; false: it failed.
func (p *prober) token(ctx context.Context) bool {
	start := time.Now()
	e := p.run.prepare(ctx)
	step := Step{Name: StepToken, Target: p.run.c.config.SASL.Name(), Took: time.Since(start), Err: e}
	if e == nil {
		step.Detail = "there is one"
	}
	p.steps = append(p.steps, step)
	return e == nil
}

// mechanisms asks for a mechanism (SaslHandshakeRequest.json) on a new connection, and says which there are, also beside the error
// UNSUPPORTED_SASL_MECHANISM. ILLEGAL_SASL_STATE says that there is no login.
func mechanisms(ctx context.Context, conn net.Conn, wanted string) ([]string, error) {
	if end, ok := ctx.Deadline(); ok {
		_ = conn.SetDeadline(end)
		defer func() { _ = conn.SetDeadline(time.Time{}) }()
	}
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	req := kmsg.NewPtrSASLHandshakeRequest()
	req.Version, req.Mechanism = 1, wanted
	if _, err := conn.Write(kmsg.NewRequestFormatter().AppendRequest(nil, req, 1)); err != nil {
		return nil, err
	}
	body, err := frame(conn)
	if err != nil {
		return nil, errors.Join(ctx.Err(), err) // the closed connection is only the consequence of a time that is up
	}
	resp := req.ResponseKind().(*kmsg.SASLHandshakeResponse)
	resp.Version = req.Version
	if err := resp.ReadFrom(body); err != nil {
		return nil, err
	}
	return resp.SupportedMechanisms, kerr.ErrorForCode(resp.ErrorCode)
}

// frame reads one answer without its correlation id.
func frame(r io.Reader) ([]byte, error) {
	var head [8]byte
	n, err := io.ReadFull(r, head[:])
	if n > 2 && head[0] == 21 && head[1] == 3 {
		return nil, errors.New("a tls alert record came") // as kgo words it: see transportError. It is shorter than what is read here
	}
	if err != nil {
		return nil, err
	}
	size := int32(binary.BigEndian.Uint32(head[:4])) - 4
	if size < 0 || size > 1<<16 {
		return nil, fmt.Errorf("invalid large response size %d", size) // as kgo words it: see isGarbage
	}
	body := make([]byte, size)
	_, err = io.ReadFull(r, body)
	return body, err
}

// converse logs in, if there is a login, and asks for the versions of requests, both on the connection that commands use. The first
// answer proves the login: a listener without one answers it too, and only closes the connection at the next request.
func (p *prober) converse(ctx context.Context) {
	start := time.Now()
	resp, e := ask[*kmsg.ApiVersionsResponse](ctx, p.run, p.broker, apiVersionsRequest())
	if p.run.c.config.SASL != nil {
		step := Step{Name: StepLogin, Target: p.broker.Addr(), Took: time.Since(start), Err: e}
		if e == nil {
			step.Detail = "logged in with " + p.run.c.config.SASL.Name()
		}
		p.steps = append(p.steps, step)
		if e != nil {
			return
		}
		start = time.Now()
	}
	if e == nil {
		_, e = ask[*kmsg.MetadataResponse](ctx, p.run, p.broker, metadataRequest([]string{}))
	}
	step := Step{Name: StepAPI, Target: p.broker.Addr(), Took: time.Since(start), Err: e}
	if e == nil {
		step.Detail = fmt.Sprintf("knows %s of requests%s", kinds(len(resp.ApiKeys)), ofVersion(kversion.FromApiVersionsResponse(resp).VersionGuess()))
	} else if p.run.c.config.SASL == nil && e.Code == CodeNotKafka {
		p.explainClosed(ctx, step.Err)
	}
	p.steps = append(p.steps, step)
}

func kinds(n int) string {
	if n == 1 {
		return "one kind"
	}
	return fmt.Sprintf("%d kinds", n)
}

// ofVersion is a guess of Kafka's version where it is one: other servers than Kafka have requests of several.
func ofVersion(guess string) string {
	if !strings.HasPrefix(guess, "v") && !strings.HasPrefix(guess, "at least") {
		return ", as no version of Kafka does"
	}
	return ": Kafka " + strings.ReplaceAll(guess, "v", "")
}

// explainClosed finds out whether a listener that closes the connection wants a login.
func (p *prober) explainClosed(ctx context.Context, e *Error) {
	bounded, cancel := context.WithTimeout(ctx, p.run.requestTimeout(time.Now()))
	defer cancel()
	again := prober{run: p.run, broker: p.broker}
	defer again.close()
	if _, err := again.connect(bounded); err != nil {
		return
	}
	if p.run.c.config.TLS != nil {
		if _, err := again.handshake(bounded); err != nil {
			return
		}
	}
	if offered, _ := mechanisms(bounded, again.conn, ""); len(offered) > 0 {
		e.Code, e.Message = CodeLoginWanted, "the listener wants a login: it offers "+strings.Join(offered, ", ")
	}
}

func apiVersionsRequest() *kmsg.ApiVersionsRequest {
	req := kmsg.NewPtrApiVersionsRequest()
	req.ClientSoftwareName, req.ClientSoftwareVersion = "offsetctl", "1"
	return req
}
