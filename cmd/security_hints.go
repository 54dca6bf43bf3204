package cmd

import (
	"context"
	"errors"
	"strings"

	"github.com/offsetctl/offsetctl/internal/cluster"
	"github.com/offsetctl/offsetctl/internal/cluster/clientconfig"
)

// tlsHint is the next step after a failed TLS handshake.
func (s *session) tlsHint(e *cluster.Error) string {
	switch e.Code {
	case cluster.CodeUntrusted:
		if !strings.Contains(e.Message, "trusted authorities") {
			return "the broker needs another certificate"
		}
		return "name a file with the authority that signed it in ssl.truststore.location (JKS, PKCS12 or PEM)"
	case cluster.CodeExpired:
		return "the broker needs a new certificate; if the date is not what you expect, is this machine's clock right?"
	case cluster.CodeHostName:
		return "name the brokers as their certificates do, in bootstrap.servers and, on the brokers, in advertised.listeners; an empty ssl.endpoint.identification.algorithm leaves out the check of names"
	case cluster.CodeOwn:
		if s.own == "" {
			return "the listener wants a client certificate, and none is configured: set ssl.keystore.location"
		}
		return "the listener wants a client certificate that it trusts: see ssl.keystore.location with: " + s.command("config view")
	case cluster.CodeNotTLS:
		return "check the port; for a listener without TLS security.protocol is PLAINTEXT or SASL_PLAINTEXT"
	}
	return "both sides need a TLS version and a cipher suite in common: see ssl.enabled.protocols and ssl.cipher.suites with: " + s.command("config view")
}

// loginHint is the next step after a failed login.
func (s *session) loginHint(e *cluster.Error) string {
	switch e.Code {
	case cluster.CodeLogin:
		var token *clientconfig.TokenError
		if errors.As(e.Err, &token) && token.Hint != "" {
			return token.Hint
		}
		if errors.Is(e.Err, context.DeadlineExceeded) {
			return "is it up, and reachable from here? give it longer with --timeout 2m"
		}
		return "see the settings of the login with: " + s.command("config view")
	case cluster.CodeWrongLogin:
		user := "user"
		if who := s.principal(); who != "" {
			user += " (" + who + ")"
		}
		return "check " + user + " and password, or the token; where they come from is shown by: " + s.command("config view")
	case cluster.CodeNoMechanism:
		return "set sasl.mechanism to one that the listener has; they are listed by: " + s.command("config test")
	case cluster.CodeLoginWanted:
		return "set security.protocol to SASL_PLAINTEXT or SASL_SSL, and sasl.mechanism and sasl.jaas.config"
	}
	return "check the port; for a listener without a login security.protocol is PLAINTEXT or SSL"
}
