package clientconfig

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"
	"time"
)

// certificateFault is what is wrong with a server's certificate; nil: it is something else. A check of ours
// (VerifyConnection) gives the same errors without crypto/tls's own around them.
func certificateFault(err error, now time.Time) *fault {
	var (
		authority    x509.UnknownAuthorityError
		name         x509.HostnameError
		invalid      x509.CertificateInvalidError
		verification *tls.CertificateVerificationError
	)
	switch {
	case errors.As(err, &authority):
		return &fault{text: "its certificate is not trusted: " + foreign(innermost(err).Error()), untrusted: true}
	case errors.As(err, &name):
		return &fault{text: fmt.Sprintf("its certificate is for %s, not for %s", certifiedNames(name.Certificate), foreign(name.Host)),
			hint: "name it as its certificate does, or have a certificate issued for that name"}
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired && invalid.Cert != nil:
		return outOfDate(invalid.Cert, now)
	case errors.As(err, &invalid) && invalid.Reason == x509.IncompatibleUsage:
		return &fault{text: "its certificate cannot be used: " + foreign(innermost(err).Error()), hint: "have one issued that is for servers"}
	case errors.As(err, &invalid), errors.As(err, &verification):
		return &fault{text: "its certificate cannot be verified: " + foreign(innermost(err).Error()), untrusted: true}
	}
	return nil
}

// certifiedNames are the hosts that a certificate is for.
func certifiedNames(c *x509.Certificate) string {
	names := append([]string(nil), c.DNSNames...)
	for _, ip := range c.IPAddresses {
		names = append(names, ip.String())
	}
	if len(names) == 0 {
		return fmt.Sprintf("no host name (subject %q)", foreign(c.Subject.String()))
	}
	return foreign(strings.Join(names, ", "))
}

// outOfDate says on which side of its time a certificate is. It may be one of the chain, so it is named.
func outOfDate(c *x509.Certificate, now time.Time) *fault {
	subject := foreign(c.Subject.String())
	if now.Before(c.NotBefore) {
		return &fault{text: fmt.Sprintf("its certificate %q is not valid before %s", subject, c.NotBefore.UTC().Format(time.RFC3339)),
			hint: "is this machine's clock right?"}
	}
	return &fault{text: fmt.Sprintf("its certificate %q expired on %s", subject, c.NotAfter.UTC().Format(time.RFC3339)),
		hint: "have it renewed; or is this machine's clock wrong?"}
}
