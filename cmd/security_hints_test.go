package cmd

import (
	"context"
	"strings"
	"testing"

	"github.com/offsetctl/offsetctl/internal/cluster"
	"github.com/offsetctl/offsetctl/internal/cluster/clientconfig"
)

// Whatever keeps a client out has a next step.
func TestSecurityHints(t *testing.T) {
	token := &clientconfig.TokenError{What: "a token", Source: "there", Hint: "ask there"}
	for _, tt := range []struct {
		e    cluster.Error
		own  string
		want string
	}{
		{cluster.Error{Code: cluster.CodeUntrusted, Message: "none of the trusted authorities"}, "", "ssl.truststore.location"},
		{cluster.Error{Code: cluster.CodeUntrusted, Message: "signed with an algorithm that is not safe"}, "", "the broker needs another certificate"},
		{cluster.Error{Code: cluster.CodeExpired}, "", "clock"},
		{cluster.Error{Code: cluster.CodeHostName}, "", "advertised.listeners"},
		{cluster.Error{Code: cluster.CodeOwn}, "", "none is configured: set ssl.keystore.location"},
		{cluster.Error{Code: cluster.CodeOwn}, "CN=alice", "see ssl.keystore.location with: offsetctl config view --profile prod"},
		{cluster.Error{Code: cluster.CodeNotTLS}, "", "security.protocol is PLAINTEXT or SASL_PLAINTEXT"},
		{cluster.Error{Code: cluster.CodeTLS}, "", "ssl.enabled.protocols"},
		{cluster.Error{Code: cluster.CodeLogin, Err: token}, "", "ask there"},
		{cluster.Error{Code: cluster.CodeLogin}, "", "offsetctl config view --profile prod"},
		{cluster.Error{Code: cluster.CodeLogin, Err: &clientconfig.TokenError{Err: context.DeadlineExceeded}}, "", "give it longer with --timeout"},
		{cluster.Error{Code: cluster.CodeNotKafka, Message: "the port speaks TLS, and this connection is plaintext"}, "", "set security.protocol to SSL, or for a listener with a login to SASL_SSL"},
		{cluster.Error{Code: cluster.CodeWrongLogin}, "", "check user and password"},
		{cluster.Error{Code: cluster.CodeNoMechanism}, "", "offsetctl config test --profile prod"},
		{cluster.Error{Code: cluster.CodeLoginWanted}, "", "SASL_PLAINTEXT or SASL_SSL"},
		{cluster.Error{Code: cluster.CodeLoginUnwanted}, "", "PLAINTEXT or SSL"},
		{cluster.Error{Code: cluster.CodeNotKafka}, "", "SSL, SASL_SSL, SASL_PLAINTEXT"},
	} {
		s := &session{program: "offsetctl", conn: connectionFlags{profile: "prod"}, own: tt.own}
		if got := s.hintFor(&tt.e); !strings.Contains(got, tt.want) {
			t.Errorf("%s: %q, want %q", tt.e.Code, got, tt.want)
		}
	}
}
