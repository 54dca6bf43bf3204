package clientconfig

import (
	"crypto/tls"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// limits are what Config sets of versions and suites.
type limits struct {
	Min, Max uint16
	Suites   []uint16
}

func TestVersionsAndSuites(t *testing.T) {
	const v10, v11, v12, v13 = tls.VersionTLS10, tls.VersionTLS11, tls.VersionTLS12, tls.VersionTLS13
	const aes, chacha = tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256
	for _, c := range []struct {
		protocols, suites []string
		want              limits
		err               string
	}{
		{nil, nil, limits{v12, v13, nil}, ""},
		{[]string{"TLSv1.2", "TLSv1.3"}, nil, limits{v12, v13, nil}, ""},
		{[]string{"TLSv1.3", "TLSv1.2", "TLSv1.3"}, nil, limits{v12, v13, nil}, ""},
		{[]string{"TLSv1.2"}, nil, limits{v12, v12, nil}, ""},
		{[]string{"TLSv1.3"}, nil, limits{v13, v13, nil}, ""},
		{[]string{"TLSv1", "TLSv1.1", "TLSv1.2"}, nil, limits{v10, v12, nil}, ""},
		{[]string{"TLSv1.1"}, nil, limits{v11, v11, nil}, ""},
		{[]string{"TLSv1.3", "TLSv1.1"}, nil, limits{}, "ssl.enabled.protocols is TLSv1.3,TLSv1.1, but a version between them cannot be left out here: add it, or name only the newer"},
		{[]string{"SSLv3"}, nil, limits{}, `ssl.enabled.protocols has "SSLv3": name TLSv1, TLSv1.1, TLSv1.2 or TLSv1.3`},
		{[]string{}, []string{}, limits{v12, v13, nil}, ""}, // an empty list is none to Kafka

		{nil, []string{"TLS_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"}, limits{v12, v13, []uint16{aes}}, ""},
		{nil, []string{"SSL_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_EMPTY_RENEGOTIATION_INFO_SCSV"}, limits{v12, v13, []uint16{aes}}, ""},
		{nil, []string{"TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"}, limits{v12, v12, []uint16{chacha}}, ""},
		{nil, []string{"TLS_CHACHA20_POLY1305_SHA256"}, limits{v13, v13, nil}, ""},
		{[]string{"TLSv1.2"}, []string{"TLS_AES_128_GCM_SHA256"}, limits{}, "ssl.cipher.suites has no suite for a version of ssl.enabled.protocols: add one, or take ssl.cipher.suites out"},
		{[]string{"TLSv1.3"}, []string{"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"}, limits{}, "ssl.cipher.suites has no suite for a version of ssl.enabled.protocols: add one, or take ssl.cipher.suites out"},
		{nil, []string{"TLS_AES_128_GCM_SHA256", "SSL_RSA_WITH_3DES_EDE_CBC_SHA"}, limits{v13, v13, nil}, ""},
		{nil, []string{"TLS_DHE_RSA_WITH_AES_256_GCM_SHA384", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"}, limits{v12, v12, []uint16{aes}}, ""},
		{nil, []string{"TLS_AES_128_CCM_SHA256", "TLS_EMPTY_RENEGOTIATION_INFO_SCSV"}, limits{}, "ssl.cipher.suites has none that Go's TLS has and that is secure: add one such as TLS_AES_128_GCM_SHA256 or TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, or take ssl.cipher.suites out"},
	} {
		conf, err := TLS{Protocols: c.protocols, CipherSuites: c.suites}.Config()
		var got limits
		if err == nil {
			got = limits{conf.MinVersion, conf.MaxVersion, conf.CipherSuites}
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%v %v (-want +got):\n%s", c.protocols, c.suites, d)
		}
		message := ""
		if err != nil {
			message = err.Error()
		}
		if d := cmp.Diff(c.err, message); d != "" {
			t.Errorf("%v %v (-want +got):\n%s", c.protocols, c.suites, d)
		}
	}
}

func TestTheVersionAgreedOn(t *testing.T) {
	ca := newIssuer(t)
	for _, c := range []struct {
		protocols []string
		max, want uint16 // 0: no connection
	}{
		{[]string{"TLSv1.2"}, tls.VersionTLS13, tls.VersionTLS12},
		{nil, tls.VersionTLS13, tls.VersionTLS13},
		{nil, tls.VersionTLS12, tls.VersionTLS12},
		{nil, tls.VersionTLS11, 0},
		{[]string{"TLSv1.1", "TLSv1.2"}, tls.VersionTLS11, tls.VersionTLS11},
		{[]string{"TLSv1.3"}, tls.VersionTLS12, 0},
	} {
		server := ca.broker(t)
		server.MinVersion, server.MaxVersion = tls.VersionTLS10, c.max
		state, _, err := handshake(t, config(t, TLS{Trust: ca.trust(), Protocols: c.protocols}), server, "broker")
		if (err == nil) != (c.want != 0) || err == nil && state.Version != c.want {
			t.Errorf("%v with a broker up to %#x: version %#x, %v", c.protocols, c.max, state.Version, err)
		}
	}
}
