package clientconfig

import (
	"context"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/sasl"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"
)

// Login is what logs in to a broker as s says. It finds what is wrong with s at once, but opens no file and no
// connection: credentials are asked for at the first login, or by Preparation. One mechanism serves all connections of a
// process, which share its token. A token's age is judged by now.
func (s SASL) Login(now func() time.Time) (sasl.Mechanism, error) {
	switch s.Mechanism {
	case "PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512":
		return s.passwordMechanism()
	case "OAUTHBEARER":
		return s.OAuth.mechanism(now)
	case "AWS_MSK_IAM":
		return s.AWS.mechanism(now)
	case "", "GSSAPI": // SaslConfigs.DEFAULT_SASL_MECHANISM
		return nil, fmt.Errorf("sasl.mechanism GSSAPI (which is also what no sasl.mechanism means): offsetctl has no Kerberos; " +
			"connect to a listener with SCRAM, OAUTHBEARER or TLS client certificates")
	}
	return nil, fmt.Errorf("unknown sasl.mechanism %q: offsetctl has PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, OAUTHBEARER and AWS_MSK_IAM",
		s.Mechanism)
}

// passwordMechanism is PLAIN or SCRAM.
func (s SASL) passwordMechanism() (sasl.Mechanism, error) {
	if s.Username == "" {
		return nil, fmt.Errorf("sasl.mechanism %s needs a user: set username in sasl.jaas.config (or sasl.username)", s.Mechanism)
	}
	if s.Password.Empty() {
		return nil, fmt.Errorf("sasl.mechanism %s needs a password: set password in sasl.jaas.config (or sasl.password)", s.Mechanism)
	}
	if s.Mechanism == "PLAIN" {
		if s.TokenAuth {
			return nil, fmt.Errorf("tokenauth in sasl.jaas.config: delegation tokens log in with SCRAM, not with PLAIN")
		}
		return plain.Auth{User: s.Username, Pass: s.Password.Reveal()}.AsMechanism(), nil
	}
	auth := scram.Auth{User: s.Username, Pass: s.Password.Reveal(), IsToken: s.TokenAuth}
	if s.Mechanism == "SCRAM-SHA-256" {
		return auth.AsSha256Mechanism(), nil
	}
	return auth.AsSha512Mechanism(), nil
}

// preparer is a mechanism whose credentials come from elsewhere: bearer and mskIAM.
type preparer interface {
	prepare(context.Context) error
}

// Preparation asks for the credentials that m will log in with, where they come from somewhere else, and keeps them; nil: there is
// nothing to ask for. Asking before the first request to a broker keeps that waiting out of the broker's time, and the failure, a
// *TokenError, out of the broker's name.
func Preparation(m sasl.Mechanism) func(context.Context) error {
	if p, ok := m.(preparer); ok {
		return p.prepare
	}
	return nil
}
