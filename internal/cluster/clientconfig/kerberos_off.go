//go:build !kerberos

package clientconfig

import (
	"errors"
	"time"

	"github.com/twmb/franz-go/pkg/sasl"
)

// kerberosKeys are the settings that only GSSAPI has; without it they are harmless.
func kerberosKeys() map[string]key { return nil }

// kerberos refuses GSSAPI. Its libraries are left out of what most people use: they need more room than the binary has.
func (r *reader) kerberos(*SASL) {
	if !r.has("sasl.mechanism") {
		r.fail("security.protocol", "it needs sasl.mechanism, whose default in Kafka is GSSAPI (Kerberos), which this offsetctl does not have: "+
			"set PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, OAUTHBEARER or AWS_MSK_IAM, or build it with: go build -tags kerberos")
		return
	}
	r.fail("sasl.mechanism", "this offsetctl does not have GSSAPI (Kerberos): build it with: go build -tags kerberos; "+
		"or use a listener with another mechanism, or with TLS client certificates")
}

func (Kerberos) mechanism(func() time.Time) (sasl.Mechanism, error) {
	return nil, errors.New("this offsetctl does not have GSSAPI (Kerberos): build it with: go build -tags kerberos")
}
