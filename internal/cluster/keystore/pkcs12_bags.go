package keystore

import (
	"crypto/x509"
	"encoding/asn1"
	"unicode/utf16"
)

// Object identifiers of what is in a PKCS12 file: RFC 7292, section 4.2, PKCS #9, and Java's mark of a certificate that is
// trusted (sun.security.pkcs12.PKCS12KeyStore, TrustedKeyUsage).
const (
	oidKeyBag       = "1.2.840.113549.1.12.10.1.1"
	oidSealedKeyBag = "1.2.840.113549.1.12.10.1.2"
	oidCertBag      = "1.2.840.113549.1.12.10.1.3"
	oidX509         = "1.2.840.113549.1.9.22.1"
	oidFriendlyName = "1.2.840.113549.1.9.20"
	oidLocalKeyID   = "1.2.840.113549.1.9.21"
	oidJavaTrusted  = "2.16.840.1.113894.746875.1.1"
)

type safeBag struct {
	ID         asn1.ObjectIdentifier
	Value      asn1.RawValue  `asn1:"tag:0,explicit"`
	Attributes []bagAttribute `asn1:"set,optional"`
}

type bagAttribute struct {
	ID    asn1.ObjectIdentifier
	Value asn1.RawValue `asn1:"set"`
}

// attribute is the DER of an attribute's values, nil if there is none.
func (b safeBag) attribute(oid string) []byte {
	for _, a := range b.Attributes {
		if a.ID.String() == oid {
			return a.Value.Bytes
		}
	}
	return nil
}

// alias is Java's alias and OpenSSL's -name, empty if there is none.
func (b safeBag) alias() string {
	var name asn1.RawValue
	if _, err := asn1.Unmarshal(b.attribute(oidFriendlyName), &name); err != nil {
		return ""
	}
	var units []uint16
	for i := 0; i+1 < len(name.Bytes); i += 2 {
		units = append(units, uint16(name.Bytes[i])<<8|uint16(name.Bytes[i+1]))
	}
	return string(utf16.Decode(units))
}

// pkcs12Bags are the bags of all parts: a key in one finds its certificates in another.
type pkcs12Bags struct {
	keys, certs []safeBag
	sum         iterationSum
}

func (p *pkcs12Bags) add(safeContents []byte) error {
	var bags []safeBag
	if err := unmarshalAll(safeContents, &bags); err != nil {
		return notDER(err)
	}
	for _, b := range bags {
		switch b.ID.String() {
		case oidKeyBag, oidSealedKeyBag:
			if err := p.sum.add(b.iterations()); err != nil {
				return err
			}
			p.keys = append(p.keys, b)
		case oidCertBag:
			p.certs = append(p.certs, b)
		}
	}
	return nil
}

// contents says what Java would trust: certificates with its mark, and a key's own certificate. OpenSSL writes no such
// mark (before 3.2, and then only when told), and Java finds nothing trusted in its files; what a file without any key and
// any mark is meant for is clear, so all its certificates are trusted here.
func (p pkcs12Bags) contents() (Contents, error) {
	var c, all Contents
	owners := map[string]*x509.Certificate{} // by local key id
	for _, b := range p.certs {
		before := len(all.Trusted)
		if err := b.certificate(&all); err != nil {
			return Contents{}, err
		}
		for _, cert := range all.Trusted[before:] {
			if b.attribute(oidJavaTrusted) != nil {
				c.Trusted = append(c.Trusted, cert)
			}
			if id := b.attribute(oidLocalKeyID); id != nil && owners[string(id)] == nil {
				owners[string(id)] = cert
			}
		}
	}
	c.Skipped = all.Skipped
	for _, b := range p.keys {
		k := Key{alias: b.alias(), others: all.Trusted, open: b.key}
		if owner := owners[string(b.attribute(oidLocalKeyID))]; owner != nil {
			k.Chain = chainFrom(owner, all.Trusted)
			c.Trusted = append(c.Trusted, owner)
		}
		c.Keys = append(c.Keys, k)
	}
	if len(c.Keys) == 0 && len(c.Trusted) == 0 {
		c.Trusted = all.Trusted
	}
	return c, nil
}

func (b safeBag) certificate(c *Contents) error {
	var bag struct {
		ID  asn1.ObjectIdentifier
		DER asn1.RawValue `asn1:"tag:0,explicit"`
	}
	if err := unmarshalAll(b.Value.Bytes, &bag); err != nil {
		return notDER(err)
	}
	if bag.ID.String() != oidX509 {
		return nil // an SDSI certificate, of the 1990s
	}
	var der []byte
	if err := unmarshalAll(bag.DER.Bytes, &der); err != nil {
		return notDER(err)
	}
	return c.parseTrusted(der)
}

// key is the private key, which may be there as it is.
func (b safeBag) key(password string) (any, error) {
	if b.ID.String() == oidKeyBag {
		return parsePKCS8(b.Value.Bytes)
	}
	key, err := openPKCS8(b.Value.Bytes, password)
	return key, withAdvice(err, rewritePKCS12)
}
