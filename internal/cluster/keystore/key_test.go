package keystore

import (
	"crypto/x509"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestChains(t *testing.T) {
	// Of each: its serial number, subject, issuer, and the ids of its key and its issuer's.
	cert := func(serial, subject, issuer, id, issuerID string) *x509.Certificate {
		return &x509.Certificate{
			Raw: []byte(serial), RawSubject: []byte(subject), RawIssuer: []byte(issuer),
			SubjectKeyId: []byte(id), AuthorityKeyId: []byte(issuerID),
		}
	}
	leaf := cert("leaf", "leaf", "ca", "", "new")
	for name, c := range map[string]struct {
		certs []*x509.Certificate
		want  []string
	}{
		"alone":                      {[]*x509.Certificate{leaf}, []string{"leaf"}},
		"an authority":               {[]*x509.Certificate{leaf, cert("ca", "ca", "ca", "new", "new")}, []string{"leaf", "ca"}},
		"another authority":          {[]*x509.Certificate{leaf, cert("other", "other", "other", "new", "new")}, []string{"leaf"}},
		"an authority of two keys":   {[]*x509.Certificate{leaf, cert("old", "ca", "ca", "old", "old"), cert("new", "ca", "ca", "new", "new")}, []string{"leaf", "new"}},
		"only that of another key":   {[]*x509.Certificate{leaf, cert("old", "ca", "ca", "old", "old")}, []string{"leaf"}},
		"an authority without an id": {[]*x509.Certificate{leaf, cert("ca", "ca", "ca", "", "")}, []string{"leaf", "ca"}},
		"no id of the authority":     {[]*x509.Certificate{cert("leaf", "leaf", "ca", "", ""), cert("ca", "ca", "ca", "new", "")}, []string{"leaf", "ca"}},
		"two that issued each other": {[]*x509.Certificate{cert("leaf", "a", "b", "", ""), cert("b", "b", "a", "", "")}, []string{"leaf", "b"}},
		"a ring behind the leaf":     {[]*x509.Certificate{cert("leaf", "leaf", "a", "", ""), cert("a", "a", "b", "", ""), cert("b", "b", "a", "", "")}, []string{"leaf", "a", "b"}},
		"two authorities, in no order": {
			[]*x509.Certificate{cert("leaf", "leaf", "a", "", ""), cert("root", "root", "root", "", ""), cert("a", "a", "root", "", "")},
			[]string{"leaf", "a", "root"},
		},
	} {
		var got []string
		for _, c := range chainFrom(c.certs[0], c.certs) {
			got = append(got, string(c.Raw))
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
}
