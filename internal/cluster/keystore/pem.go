package keystore

import (
	"bytes"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
)

// PEM is read as Kafka reads it (DefaultSslEngineFactory.PemParser): white space counts for nothing, since a value in a
// properties file has its line ends as spaces, and what is between blocks is of no matter.
const pemBegin, pemEnd, pemDashes = "-----BEGIN ", "-----END ", "-----"

// IsPEM reports whether there is a block in data, damaged or not.
func IsPEM(data []byte) bool { return bytes.Contains(data, []byte(pemBegin)) }

// pemBlock is a block before its Base64 is decoded.
type pemBlock struct{ label, body string }

func pemBlocks(data []byte) ([]pemBlock, error) {
	var blocks []pemBlock
	rest := string(data)
	for {
		_, after, found := strings.Cut(rest, pemBegin)
		if !found {
			return blocks, nil
		}
		label, after, found := strings.Cut(after, pemDashes)
		if !found || len(label) > 64 {
			return nil, errors.New("it has a BEGIN line without its end")
		}
		body, after, found := strings.Cut(after, pemEnd+label+pemDashes)
		if !found {
			return nil, fmt.Errorf("it has BEGIN %s, but no END of it: it is cut off", label)
		}
		blocks = append(blocks, pemBlock{label, body})
		rest = after
	}
}

// der decodes the body. Lines with a colon are headers (RFC 1421).
func (b pemBlock) der() ([]byte, error) {
	var base64Text strings.Builder
	for line := range strings.Lines(b.body) {
		if strings.Contains(line, ":") {
			continue
		}
		for _, word := range strings.Fields(line) {
			base64Text.WriteString(word)
		}
	}
	der, err := base64.StdEncoding.DecodeString(base64Text.String())
	if err != nil {
		return nil, fmt.Errorf("its %s is damaged: it is not Base64", b.label)
	}
	return der, nil
}

// ReadPEM reads certificates, of which all are trusted in a truststore, but for those that OpenSSL's notes do not trust, and
// all belong to the chain in a keystore, and at most one key. Without any block there are neither.
func ReadPEM(data []byte) (Contents, error) {
	blocks, err := pemBlocks(data)
	if err != nil {
		return Contents{}, err
	}
	c := Contents{PEM: true}
	for _, b := range blocks {
		switch {
		case b.isCertificate():
			cert, err := b.certificate(&c)
			if err != nil {
				return Contents{}, err
			}
			if cert != nil {
				c.Chain = append(c.Chain, cert)
			}
		case b.isKey():
			c.Keys = append(c.Keys, Key{open: b.key})
		}
	}
	if len(c.Keys) > 1 {
		return Contents{}, fmt.Errorf("it has %d private keys: leave the one of the certificate", len(c.Keys))
	}
	if len(c.Keys) == 1 {
		c.Keys[0].Chain = c.Chain
	}
	return c, nil
}

func (b pemBlock) isCertificate() bool {
	return b.label == "CERTIFICATE" || b.label == "X509 CERTIFICATE" || b.label == "TRUSTED CERTIFICATE"
}

func (b pemBlock) isKey() bool {
	switch b.label {
	case "PRIVATE KEY", "ENCRYPTED PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY":
		return true
	}
	return false
}

// certificate adds the block's certificate to c if it is trusted, and returns it, or nil if Go does not take it.
func (b pemBlock) certificate(c *Contents) (*x509.Certificate, error) {
	der, err := b.der()
	if err != nil {
		return nil, err
	}
	trusted := true
	if b.label == "TRUSTED CERTIFICATE" {
		if der, trusted, err = splitTrusted(der); err != nil {
			return nil, err
		}
	}
	cert, err := c.parse(der)
	switch {
	case cert == nil:
		return nil, err
	case trusted:
		c.Trusted = append(c.Trusted, cert)
	default:
		c.Skipped = distrusted(cert)
	}
	return cert, nil
}

// key is the block's private key.
func (b pemBlock) key(password string) (any, error) {
	if strings.Contains(b.body, "ENCRYPTED") {
		return nil, errors.New("its private key has OpenSSL's old encryption, which Java does not read either: " + convertKey)
	}
	der, err := b.der()
	if err != nil {
		return nil, err
	}
	switch b.label {
	case "ENCRYPTED PRIVATE KEY":
		key, err := openPKCS8(der, password)
		return key, withAdvice(err, convertKey)
	case "RSA PRIVATE KEY":
		key, err := x509.ParsePKCS1PrivateKey(der)
		return usable(key, err)
	case "EC PRIVATE KEY":
		key, err := x509.ParseECPrivateKey(der)
		return usable(key, err)
	}
	return parsePKCS8(der)
}
