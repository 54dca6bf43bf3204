package clientconfig

import (
	"context"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/sasl"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"
)

// Login is what logs in to a broker as s says. Read has refused, with the line, what lacks something; Login finds at once
// what is wrong with the whole, but opens no file and no connection: credentials are asked for at the first login, or by
// Preparation. One mechanism serves all connections of a process, which share its token. A token's age is judged by now.
func (s SASL) Login(now func() time.Time) (sasl.Mechanism, error) {
	user, password := s.Username, s.Password.Reveal()
	switch s.Mechanism {
	case "PLAIN":
		return plain.Auth{User: user, Pass: password}.AsMechanism(), nil
	case "SCRAM-SHA-256":
		return scram.Auth{User: user, Pass: password, IsToken: s.TokenAuth}.AsSha256Mechanism(), nil
	case "SCRAM-SHA-512":
		return scram.Auth{User: user, Pass: password, IsToken: s.TokenAuth}.AsSha512Mechanism(), nil
	case "OAUTHBEARER":
		return s.OAuth.mechanism(now)
	case "AWS_MSK_IAM":
		return s.AWS.mechanism(now)
	case "GSSAPI":
		return s.Kerberos.mechanism(now)
	}
	return nil, fmt.Errorf("sasl.mechanism %q is not one that offsetctl has", s.Mechanism)
}

// preparer is a mechanism whose credentials come from elsewhere: bearer, mskIAM and gssapi.
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
