package cmd

import (
	"strings"
	"testing"

	"github.com/offsetctl/offsetctl/internal/cluster"
	"github.com/offsetctl/offsetctl/internal/cluster/clientconfig"
)

// Whatever keeps a client out has a next step.
func TestSecurityHints(t *testing.T) {
	token := &clientconfig.TokenError{What: "a token", Source: "there", Hint: "ask there"}
	for _, tt := range []struct {
		e        cluster.Error
		presents bool
		want     string
	}{
		{cluster.Error{Code: cluster.CodeUntrusted, Message: "none of the trusted authorities"}, false, "ssl.truststore.location"},
		{cluster.Error{Code: cluster.CodeUntrusted, Message: "signed with an algorithm that is not safe"}, false, "the broker needs another certificate"},
		{cluster.Error{Code: cluster.CodeExpired}, false, "clock"},
		{cluster.Error{Code: cluster.CodeHostName}, false, "advertised.listeners"},
		{cluster.Error{Code: cluster.CodeOwn}, false, "none is configured: set ssl.keystore.location"},
		{cluster.Error{Code: cluster.CodeOwn}, true, "see ssl.keystore.location with: offsetctl config view --profile prod"},
		{cluster.Error{Code: cluster.CodeNotTLS}, false, "security.protocol is PLAINTEXT or SASL_PLAINTEXT"},
		{cluster.Error{Code: cluster.CodeTLS}, false, "ssl.enabled.protocols"},
		{cluster.Error{Code: cluster.CodeLogin, Err: token}, false, "ask there"},
		{cluster.Error{Code: cluster.CodeLogin}, false, "offsetctl config view --profile prod"},
		{cluster.Error{Code: cluster.CodeWrongLogin}, false, "check user and password"},
		{cluster.Error{Code: cluster.CodeNoMechanism}, false, "offsetctl config test --profile prod"},
		{cluster.Error{Code: cluster.CodeLoginWanted}, false, "SASL_PLAINTEXT or SASL_SSL"},
		{cluster.Error{Code: cluster.CodeLoginUnwanted}, false, "PLAINTEXT or SSL"},
		{cluster.Error{Code: cluster.CodeNotKafka}, false, "SSL, SASL_SSL, SASL_PLAINTEXT"},
	} {
		s := &session{program: "offsetctl", conn: connectionFlags{profile: "prod"}, presents: tt.presents}
		if got := s.hintFor(&tt.e); !strings.Contains(got, tt.want) {
			t.Errorf("%s: %q, want %q", tt.e.Code, got, tt.want)
		}
	}
}
