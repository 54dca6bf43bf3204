package keystore

import (
	"encoding/asn1"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// sequence is a DER sequence, or with a tag what takes its place in OpenSSL's notes.
func sequence(t testing.TB, class, tag int, parts ...[]byte) []byte {
	return marshal(t, asn1.RawValue{Class: class, Tag: tag, IsCompound: true, Bytes: slices.Concat(parts...)})
}

func TestOpenSSLsNotesOnTrust(t *testing.T) {
	const server, client, any, own = "1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2", "2.5.29.37.0", "1.2.3"
	list := func(class, tag int, purposes ...string) []byte {
		var oids [][]byte
		for _, p := range purposes {
			oids = append(oids, marshal(t, oid(t, p)))
		}
		return sequence(t, class, tag, oids...)
	}
	trust := func(p ...string) []byte { return list(asn1.ClassUniversal, asn1.TagSequence, p...) }
	reject := func(p ...string) []byte { return list(asn1.ClassContextSpecific, 0, p...) }
	notes := func(parts ...[]byte) []byte { return sequence(t, asn1.ClassUniversal, asn1.TagSequence, parts...) }
	alias, keyID := []byte("\x0c\x02ca"), []byte("\x04\x01\x01")
	other := sequence(t, asn1.ClassContextSpecific, 1, notes(marshal(t, oid(t, own))))
	const yes, no, damaged = "trusted", "not trusted", "damaged"
	for name, c := range map[string]struct {
		notes []byte
		want  string
	}{
		"no notes":                        {nil, yes},
		"empty notes":                     {notes(), yes},
		"a name":                          {notes(alias), yes},
		"all that is not trust":           {notes(alias, keyID, other), yes},
		"all that there may be":           {notes(trust(server), reject(client), alias, keyID, other), yes},
		"trusted for servers":             {notes(trust(server)), yes},
		"trusted for clients":             {notes(trust(client)), no},
		"trusted for clients, named":      {notes(trust(client), alias), no},
		"trusted for both":                {notes(trust(client, server)), yes},
		"trusted for all":                 {notes(trust(any)), yes},
		"trusted for nothing":             {notes(trust()), no},
		"rejected for servers":            {notes(reject(server)), no},
		"rejected for servers, named":     {notes(reject(server), alias), no},
		"rejected for clients":            {notes(reject(client)), yes},
		"rejected for both":               {notes(reject(client, server)), no},
		"rejected for all":                {notes(reject(any)), no},
		"rejected for nothing":            {notes(reject()), yes},
		"trusted and rejected":            {notes(trust(server), reject(server)), no},
		"trusted, and rejected for all":   {notes(trust(server), reject(any)), no},
		"rejected where nobody looks":     {notes(alias, reject(server)), damaged},
		"rejected before trusted":         {notes(reject(client), trust(server)), damaged},
		"two lists":                       {notes(trust(server), trust(client)), damaged},
		"purposes that are none":          {notes(notes(alias)), damaged},
		"rejected purposes that are none": {notes(sequence(t, asn1.ClassContextSpecific, 0, alias)), damaged},
		"no sequence":                     {alias, damaged},
		"cut off":                         {notes(trust(server))[:5], damaged},
		"data behind them":                {append(notes(trust(server)), 0), damaged},
		"notes twice":                     {slices.Concat(notes(trust(server)), notes(reject(server))), damaged},
	} {
		data := armour("TRUSTED CERTIFICATE", slices.Concat(derOf(t, "ca.pem"), c.notes))
		contents, err := ReadPEM(data)
		got := no
		switch {
		case err != nil && strings.HasPrefix(err.Error(), "its TRUSTED CERTIFICATE is damaged: OpenSSL's notes on trust behind it"):
			got = damaged
		case err != nil:
			got = err.Error()
		case len(contents.Trusted) == 1:
			got = yes
		}
		if got != c.want || (contents.Skipped != nil) != (c.want == no) {
			t.Errorf("%s: got %s, want %s; skipped %v", name, got, c.want, contents.Skipped)
		}
	}
}

// A certificate that is trusted for nothing may be presented all the same.
func TestACertificateThatIsNotTrustedIsInTheChain(t *testing.T) {
	rejected := sequence(t, asn1.ClassUniversal, asn1.TagSequence,
		sequence(t, asn1.ClassContextSpecific, 0, marshal(t, oid(t, "1.3.6.1.5.5.7.3.1"))))
	c, err := ReadPEM(slices.Concat(read(t, "ec.key"), read(t, "ec.pem"), armour("TRUSTED CERTIFICATE", slices.Concat(derOf(t, "ca.pem"), rejected))))
	if err != nil {
		t.Fatal(err)
	}
	want := `OpenSSL's notes do not trust the certificate of "CN=offsetctl test authority" for servers: take them off with openssl x509 -in OLD -out NEW`
	if c.Skipped == nil || c.Skipped.Error() != want {
		t.Errorf("got %v, want %s", c.Skipped, want)
	}
	if d := cmp.Diff([]string{"CN=client ec"}, subjects(c.Trusted)); d != "" {
		t.Errorf("trusted (-want +got):\n%s", d)
	}
	if d := cmp.Diff([]string{"CN=client ec", authority}, subjects(c.Keys[0].Chain)); d != "" {
		t.Errorf("chain (-want +got):\n%s", d)
	}
}
