//go:build !kerberos

package clientconfig

import "testing"

func TestKerberosIsRefusedWithHowToGetIt(t *testing.T) {
	for text, want := range map[string]string{
		"security.protocol=SASL_SSL": "f, line 1: security.protocol: it needs sasl.mechanism, whose default in Kafka is GSSAPI (Kerberos), which this offsetctl does not have: " +
			"set PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, OAUTHBEARER or AWS_MSK_IAM, or build it with: go build -tags kerberos",
		"security.protocol=SASL_SSL\nsasl.mechanism=GSSAPI": "f, line 2: sasl.mechanism: this offsetctl does not have GSSAPI (Kerberos): build it with: go build -tags kerberos; " +
			"or use a listener with another mechanism, or with TLS client certificates",
	} {
		if _, err := read(t, text); err == nil || err.Error() != want {
			t.Errorf("%s\ngot  %v\nwant %s", text, err, want)
		}
	}
	const want = "this offsetctl does not have GSSAPI (Kerberos): build it with: go build -tags kerberos"
	if _, err := (SASL{Mechanism: "GSSAPI"}).Login(clock); err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
