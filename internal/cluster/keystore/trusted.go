package keystore

import (
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"slices"
)

// Object identifiers of the purposes that count for a broker's certificate (RFC 5280, section 4.2.1.12).
const (
	oidServerAuth = "1.3.6.1.5.5.7.3.1"
	oidAnyPurpose = "2.5.29.37.0"
)

var errNotes = errors.New("its TRUSTED CERTIFICATE is damaged: OpenSSL's notes on trust behind it cannot be read: fetch it again, " +
	"or take them off with openssl x509 -in OLD -out NEW")

// distrusted is why a certificate is not trusted that Go takes.
func distrusted(cert *x509.Certificate) error {
	return fmt.Errorf("OpenSSL's notes do not trust the certificate of %q for servers: take them off with openssl x509 -in OLD -out NEW", cert.Subject)
}

// splitTrusted takes the notes off a TRUSTED CERTIFICATE, and says whether they trust it. What is not DER stays as it is,
// for the error about it.
func splitTrusted(der []byte) (cert []byte, trusted bool, err error) {
	var first asn1.RawValue
	notes, err := asn1.Unmarshal(der, &first)
	if err != nil || len(notes) == 0 {
		return der, true, nil
	}
	trusted, err = trustsServers(notes)
	return first.FullBytes, trusted, err
}

// trustsServers reads OpenSSL's X509_CERT_AUX and decides as X509_check_trust does: what is rejected is not trusted, and
// neither is what is not in the list of what is, where there is one, even an empty one.
//
// The parts, all optional, are taken one by one, since asn1 passes over what it does not expect at the end of a structure: a
// rejection in the wrong place is not to be overlooked.
func trustsServers(notes []byte) (bool, error) {
	var parts []asn1.RawValue
	if unmarshalAll(notes, &parts) != nil {
		return false, errNotes
	}
	take := func(class, tag int) (part []byte) {
		if len(parts) > 0 && parts[0].Class == class && parts[0].Tag == tag {
			part, parts = parts[0].FullBytes, parts[1:]
		}
		return part
	}
	trust, reject := take(asn1.ClassUniversal, asn1.TagSequence), take(asn1.ClassContextSpecific, 0)
	_ = take(asn1.ClassUniversal, asn1.TagUTF8String)  // a name
	_ = take(asn1.ClassUniversal, asn1.TagOctetString) // the key's id
	_ = take(asn1.ClassContextSpecific, 1)             // more, which OpenSSL itself does not read
	trusted, err := namesServers(trust, "")
	rejected, errRejected := namesServers(reject, "tag:0")
	if err != nil || errRejected != nil || len(parts) > 0 {
		return false, errNotes
	}
	return !rejected && (trusted || trust == nil), nil
}

// namesServers reports whether servers are among the purposes of a list; nil: there is none.
func namesServers(list []byte, params string) (bool, error) {
	if list == nil {
		return false, nil
	}
	var purposes []asn1.ObjectIdentifier
	if _, err := asn1.UnmarshalWithParams(list, &purposes, params); err != nil {
		return false, err
	}
	return slices.ContainsFunc(purposes, func(p asn1.ObjectIdentifier) bool {
		return p.String() == oidServerAuth || p.String() == oidAnyPurpose
	}), nil
}
