package clientconfig

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
)

// Config reads the stores and is what a connection to a broker is dialled with. ServerName is left empty: whoever dials
// sets it, to the name or address of the broker, in a clone.
//
// As in Java, a truststore replaces the system's authorities; a keystore's certificate is presented only if the broker
// asks for one of an authority of the chain, the first that fits; and with none that fits the client presents none.
func (t TLS) Config() (*tls.Config, error) {
	c := &tls.Config{}
	if err := t.limit(c); err != nil {
		return nil, err
	}
	trusted, err := t.authorities()
	if err != nil {
		return nil, err
	}
	if trusted != nil {
		c.RootCAs = x509.NewCertPool()
		for _, cert := range trusted {
			c.RootCAs.AddCert(cert)
		}
	}
	if c.Certificates, err = t.Own.identities(); err != nil {
		return nil, err
	}
	if t.SkipHostName {
		c.InsecureSkipVerify = true // only so that verifyChain can do it without the name
		c.VerifyConnection = verifyChain(c.RootCAs)
	}
	return c, nil
}

// authorities are the certificates that a broker's has to come from, in the order of the truststore; nil stands for the
// system's.
func (t TLS) authorities() ([]*x509.Certificate, error) {
	if t.Trust.none() {
		return nil, t.Trust.stray("truststore")
	}
	return t.Trust.authorities()
}

// verifyChain does what crypto/tls does by itself, apart from the name. It has to be VerifyConnection: unlike
// VerifyPeerCertificate that is asked for resumed sessions as well.
func verifyChain(roots *x509.CertPool) func(tls.ConnectionState) error {
	return func(state tls.ConnectionState) error {
		if len(state.PeerCertificates) == 0 {
			return errors.New("the broker has presented no certificate")
		}
		opts := x509.VerifyOptions{Roots: roots, Intermediates: x509.NewCertPool()}
		for _, cert := range state.PeerCertificates[1:] {
			opts.Intermediates.AddCert(cert)
		}
		_, err := state.PeerCertificates[0].Verify(opts)
		if err != nil {
			return &tls.CertificateVerificationError{UnverifiedCertificates: state.PeerCertificates, Err: err}
		}
		return nil
	}
}
