package clientconfig

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// Certificates that our own check refuses are errors of x509 alone.
func TestCertificateFaults(t *testing.T) {
	cert := &x509.Certificate{
		Subject:  pkix.Name{CommonName: "idp"},
		DNSNames: []string{"idp.example.com", "evil\x1b[2J"}, IPAddresses: []net.IP{net.IPv4(10, 0, 0, 1)},
		NotBefore: at, NotAfter: at.Add(time.Hour),
	}
	long := &x509.Certificate{DNSNames: strings.Split(strings.Repeat("host.example.com,", 100), ",")}
	expired := x509.CertificateInvalidError{Cert: cert, Reason: x509.Expired}
	for _, c := range []struct {
		err  error
		now  time.Time
		want fault
	}{
		{x509.UnknownAuthorityError{}, at, fault{text: "its certificate is not trusted: x509: certificate signed by unknown authority", untrusted: true}},
		{x509.HostnameError{Certificate: cert, Host: "login"}, at, fault{text: "its certificate is for idp.example.com, evil [2J, 10.0.0.1, not for login",
			hint: "name it as its certificate does, or have a certificate issued for that name"}},
		{x509.HostnameError{Certificate: &x509.Certificate{Subject: cert.Subject}, Host: "login"}, at, fault{text: `its certificate is for no host name (subject "CN=idp"), not for login`,
			hint: "name it as its certificate does, or have a certificate issued for that name"}},
		{x509.HostnameError{Certificate: long, Host: "login"}, at, fault{text: "its certificate is for " + strings.Repeat("host.example.com, ", 11) + "ho…, not for login",
			hint: "name it as its certificate does, or have a certificate issued for that name"}},
		{expired, at.Add(2 * time.Hour), fault{text: `its certificate "CN=idp" expired on 2026-11-29T13:00:00Z`, hint: "have it renewed; or is this machine's clock wrong?"}},
		{expired, at.Add(-time.Hour), fault{text: `its certificate "CN=idp" is not valid before 2026-11-29T12:00:00Z`, hint: "is this machine's clock right?"}},
		{x509.CertificateInvalidError{Cert: cert, Reason: x509.IncompatibleUsage}, at, fault{text: "its certificate cannot be used: x509: certificate specifies an incompatible key usage",
			hint: "have one issued that is for servers"}},
	} {
		got := networkFault(&url.Error{Op: "Post", URL: testPassword, Err: c.err}, 0, c.now)
		if d := cmp.Diff(&c.want, got, cmp.AllowUnexported(fault{})); d != "" {
			t.Errorf("%v (-want +got):\n%s", c.err, d)
		}
	}
}

func TestTokenEndpointOfAnotherName(t *testing.T) {
	s := tokenServer(t, http.NotFound)
	at := strings.Replace(s.URL, "127.0.0.1", "localhost", 1)
	e := endpointOf(t, credentials(at), s)
	e.client.Transport.(*http.Transport).TLSClientConfig.ServerName = "localhost"
	_, err := e.fetch(t.Context())
	wantTokenError(t, err, at, "its certificate is for example.com, *.example.com, 127.0.0.1, ::1, not for localhost", "name it as its certificate does")
}
