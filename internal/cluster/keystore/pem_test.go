package keystore

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A certificate that Go does not take is left out, and is no reason not to read the others. One that is damaged is.
func TestATrustedCertificateThatGoDoesNotTake(t *testing.T) {
	odd, ca := derOf(t, "negative.pem"), derOf(t, "ca.pem")
	pems := slices.Concat(read(t, "negative.pem"), read(t, "ca.pem"))
	for name, stores := range map[string]struct{ whole, damaged []byte }{
		"PEM": {pems, slices.Concat(armour("CERTIFICATE", odd[:50]), read(t, "ca.pem"))},
		"JKS": {
			withSum(jksBody(2, jksEntry{certs: [][]byte{odd}}, jksEntry{certs: [][]byte{ca}}), ""),
			withSum(jksBody(2, jksEntry{certs: [][]byte{odd[:50]}}, jksEntry{certs: [][]byte{ca}}), ""),
		},
		"PKCS12": {
			p12(t, macData{}, part(t, certBag(t, odd), certBag(t, ca))),
			p12(t, macData{}, part(t, certBag(t, odd[:50]), certBag(t, ca))),
		},
	} {
		c, err := Read(stores.whole, "", "")
		if d := cmp.Diff([]string{authority}, subjects(c.Trusted)); d != "" || err != nil || c.Skipped == nil {
			t.Errorf("%s: skipped %v, %v (-want +got):\n%s", name, c.Skipped, err, d)
		}
		if _, err := Read(stores.damaged, "", ""); err == nil || err.Error() != "a certificate in it is damaged: x509: malformed certificate" {
			t.Errorf("%s, damaged: got %v", name, err)
		}
	}
}

func TestWhatPEMMayNotHave(t *testing.T) {
	block := func(label string) string { return string(armour(label, []byte{1})) }
	for name, c := range map[string]struct{ data, want string }{
		"a label of 64 bytes":     {block(strings.Repeat("A", 64)), ""},
		"a label of 65 bytes":     {block(strings.Repeat("A", 65)), "it has a BEGIN line without its end"},
		"a label of 64,000 bytes": {block(strings.Repeat("A", 64000)), "it has a BEGIN line without its end"},
		"one key":                 {block("PRIVATE KEY"), ""},
		"two keys":                {block("PRIVATE KEY") + block("EC PRIVATE KEY"), "it has 2 private keys: leave the one of the certificate"},
		"one key twice":           {block("PRIVATE KEY") + block("PRIVATE KEY"), "it has 2 private keys: leave the one of the certificate"},
	} {
		_, err := ReadPEM([]byte(c.data))
		if (err == nil) != (c.want == "") || err != nil && err.Error() != c.want {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
}
