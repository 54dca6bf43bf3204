package cluster

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
)

// Codes of failures to be let in. SASL_AUTHENTICATION_FAILED, UNSUPPORTED_SASL_MECHANISM and ILLEGAL_SASL_STATE are Kafka's own.
const (
	CodeTLS           = "SSL_HANDSHAKE_FAILED"       // the two sides could not agree; see the more special ones
	CodeUntrusted     = "CERTIFICATE_NOT_TRUSTED"    // no authority that is trusted has signed the broker's certificate
	CodeExpired       = "CERTIFICATE_NOT_VALID_NOW"  // it has expired, or is not valid yet
	CodeHostName      = "CERTIFICATE_OF_OTHER_HOST"  // it is for other names
	CodeOwn           = "CLIENT_CERTIFICATE_REFUSED" // the broker wants a certificate of ours, or another one
	CodeNotTLS        = "NOT_A_TLS_PORT"             // what answers does not speak TLS
	CodeLogin         = "LOGIN_FAILED"               // our side of a login failed: no token, no credentials
	CodeWrongLogin    = "SASL_AUTHENTICATION_FAILED" // the broker refused user, password or token
	CodeNoMechanism   = "UNSUPPORTED_SASL_MECHANISM" // the broker does not offer it
	CodeLoginWanted   = "LOGIN_REQUIRED"             // the listener has a login, and none was configured
	CodeLoginUnwanted = "ILLEGAL_SASL_STATE"         // the listener has no login
)

// RefusedLogin reports whether a login failed for a reason that mostly does not depend on the broker: another try could lock the
// account. It does depend on it where another broker has let us in.
func (e *Error) RefusedLogin() bool { return e.Code == CodeWrongLogin || e.Code == CodeLogin }

// securityError makes an Error of a failed TLS handshake or login; false: it is none of them.
func securityError(e *Error, err error, now time.Time) bool {
	code, message := tlsFailure(err, now)
	if code == "" {
		code, message = saslFailure(err)
	}
	if code == "" {
		return false
	}
	e.Code, e.Message, e.Retriable = code, message, false
	return true
}

func saslFailure(err error) (code, message string) {
	var own *loginError
	var offer *offerError
	switch {
	case errors.As(err, &own):
		return CodeLogin, own.Error()
	case errors.Is(err, kerr.SaslAuthenticationFailed):
		return CodeWrongLogin, brokersText(err, "the broker refused the login")
	case errors.As(err, &offer):
		return CodeNoMechanism, offer.Error()
	case errors.Is(err, kerr.UnsupportedSaslMechanism):
		return CodeNoMechanism, "the broker does not offer this SASL mechanism"
	case errors.Is(err, kerr.IllegalSaslState):
		return CodeLoginUnwanted, "the listener does not take a login"
	}
	return "", ""
}

// brokersText is what the broker said beside the code; otherwise where it said nothing.
func brokersText(err error, otherwise string) string {
	_, text, _ := strings.Cut(err.Error(), kerr.SaslAuthenticationFailed.Error()+": ")
	if text == "" {
		return otherwise
	}
	return lowerFirst(strings.TrimSuffix(text, "."))
}

func tlsFailure(err error, now time.Time) (code, message string) {
	var (
		unknown x509.UnknownAuthorityError
		invalid x509.CertificateInvalidError
		host    x509.HostnameError
		other   *tls.CertificateVerificationError
		record  tls.RecordHeaderError
		shake   *handshakeError
	)
	switch {
	case errors.As(err, &unknown) && strings.Contains(err.Error(), "insecure algorithm"):
		return CodeUntrusted, "the broker's certificate, or one above it, is signed with an algorithm that is not safe any more, such as SHA-1" + about(certificate(err, unknown.Cert))
	case errors.As(err, &unknown):
		return CodeUntrusted, "none of the trusted authorities has signed the broker's certificate" + about(certificate(err, unknown.Cert))
	case errors.As(err, &host):
		return CodeHostName, fmt.Sprintf("the broker's certificate is for %s, not for %s", certifiedNames(host.Certificate), host.Host)
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return CodeExpired, outOfDate(certificate(err, invalid.Cert), now)
	case errors.As(err, &invalid), errors.As(err, &other):
		return CodeUntrusted, "the broker's certificate cannot be verified: " + err.Error()
	case errors.As(err, &record):
		return CodeNotTLS, "what answers there does not speak TLS"
	}
	if _, alert, ok := strings.Cut(err.Error(), "remote error: tls: "); ok {
		return alertFailure(alert)
	}
	if errors.As(err, &shake) {
		if isClosed(err) {
			return CodeNotTLS, "the connection was closed in the TLS handshake: the port may be a plaintext one"
		}
		if !isTimeout(err) {
			return CodeTLS, shake.Error()
		}
	}
	return "", ""
}

// alertFailure is what a broker says when it ends TLS (RFC 8446, 6.2). Those about certificates are about ours.
func alertFailure(alert string) (code, message string) {
	message = "the broker ended the TLS connection: " + alert
	for _, of := range []string{"certificate", "unknown certificate authority", "access denied"} {
		if strings.Contains(alert, of) {
			return CodeOwn, message
		}
	}
	return CodeTLS, message
}

// certificate is the one that a server presented, else the one that an error is about.
func certificate(err error, otherwise *x509.Certificate) *x509.Certificate {
	var failed *tls.CertificateVerificationError
	if errors.As(err, &failed) && len(failed.UnverifiedCertificates) > 0 {
		return failed.UnverifiedCertificates[0]
	}
	return otherwise
}

func about(c *x509.Certificate) string {
	if c == nil {
		return ""
	}
	return fmt.Sprintf(" (subject %q, issuer %q)", c.Subject, c.Issuer)
}

func outOfDate(c *x509.Certificate, now time.Time) string {
	if now.Before(c.NotBefore) {
		return fmt.Sprintf("the broker's certificate%s is not valid before %s", about(c), c.NotBefore.UTC().Format(time.RFC3339))
	}
	if now.After(c.NotAfter) {
		return fmt.Sprintf("the broker's certificate%s expired on %s", about(c), c.NotAfter.UTC().Format(time.RFC3339))
	}
	return "a certificate of the broker's chain is not valid now: it has expired, or is not valid yet"
}

// certifiedNames are those that a certificate is for.
func certifiedNames(c *x509.Certificate) string {
	all := append([]string(nil), c.DNSNames...)
	for _, ip := range c.IPAddresses {
		all = append(all, ip.String())
	}
	if len(all) == 0 {
		return fmt.Sprintf("no host: it has a subject (%q) and no alternative name, which is what counts", c.Subject)
	}
	const most = 10
	if len(all) > most {
		return fmt.Sprintf("%s and %d more names", strings.Join(all[:most], ", "), len(all)-most)
	}
	return strings.Join(all, ", ")
}
