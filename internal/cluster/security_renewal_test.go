package cluster

import (
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/sasl/plain"
)

// A broker has a login renewed at most once a second on one connection. kgo renews one that lasts a second or less with
// each request.
func TestLoginRenewedTooSoonGoesOnOnAnotherConnection(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := startFake(t, kfake.EnableSASL(), kfake.Superuser("PLAIN", "alice", "secret"), kfake.BrokerConfigs(map[string]string{"connections.max.reauth.ms": "1000"}))
		logins := 0
		f.ControlKey(int16(kmsg.SASLHandshake), func(req kmsg.Request) (kmsg.Response, error, bool) {
			f.KeepControl()
			if logins++; logins != 2 {
				return nil, nil, false
			}
			resp := req.ResponseKind().(*kmsg.SASLHandshakeResponse)
			resp.ErrorCode = kerr.IllegalSaslState.Code
			return resp, nil, true
		})
		r := f.ready(func(c *Config) { c.SASL = plain.Auth{User: "alice", Pass: "secret"}.AsMechanism() })
		time.Sleep(10 * time.Millisecond) // of the bubble: the first login is over
		resp, e := ask[*kmsg.MetadataResponse](t.Context(), r, node(0), metadataRequest([]string{"t"}))
		if e != nil {
			t.Fatal(e)
		}
		if len(resp.Topics) != 1 || logins != 3 {
			t.Errorf("%d logins and %d topics, want 3 and 1", logins, len(resp.Topics))
		}
	})
}

// Who was never let in is told at once.
func TestListenerWithoutALoginIsAskedOnce(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := startFake(t)
		logins := 0
		f.ControlKey(int16(kmsg.SASLHandshake), func(req kmsg.Request) (kmsg.Response, error, bool) {
			f.KeepControl()
			logins++
			resp := req.ResponseKind().(*kmsg.SASLHandshakeResponse)
			resp.ErrorCode = kerr.IllegalSaslState.Code
			return resp, nil, true
		})
		r := f.client(func(c *Config) { c.SASL = plain.Auth{User: "alice", Pass: "secret"}.AsMechanism() }).Run(usual())
		_, errs := r.Brokers(t.Context())
		if len(errs) != 1 || errs[0].Code != CodeLoginUnwanted || logins != 1 {
			t.Errorf("%d logins, want 1; errors %v, want one %s", logins, errs, CodeLoginUnwanted)
		}
	})
}
