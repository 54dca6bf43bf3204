package clientconfig

import (
	"crypto/tls"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// limit sets versions and cipher suites.
func (t TLS) limit(c *tls.Config) error {
	versions, err := t.versions()
	if err != nil {
		return err
	}
	if len(t.CipherSuites) > 0 {
		old, has13 := t.suites()
		if len(old) == 0 && !has13 {
			return errors.New("ssl.cipher.suites has none that Go's TLS has and that is secure: add one such as TLS_AES_128_GCM_SHA256 or TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, or take ssl.cipher.suites out")
		}
		c.CipherSuites = old
		versions = slices.DeleteFunc(versions, func(v uint16) bool {
			return v == tls.VersionTLS13 && !has13 || v < tls.VersionTLS13 && len(old) == 0
		})
	}
	if len(versions) == 0 {
		return errors.New("ssl.cipher.suites has no suite for a version of ssl.enabled.protocols: add one, or take ssl.cipher.suites out")
	}
	c.MinVersion, c.MaxVersion = versions[0], versions[len(versions)-1]
	return nil
}

// versions are the enabled ones, in order and without a gap, which crypto/tls has no way to say.
func (t TLS) versions() ([]uint16, error) {
	if len(t.Protocols) == 0 {
		return []uint16{tls.VersionTLS12, tls.VersionTLS13}, nil
	}
	var enabled []uint16
	for _, name := range t.Protocols {
		v, err := version(name)
		if err != nil {
			return nil, err
		}
		enabled = append(enabled, v)
	}
	slices.Sort(enabled)
	enabled = slices.Compact(enabled)
	if last := enabled[len(enabled)-1]; int(last-enabled[0]) != len(enabled)-1 {
		return nil, fmt.Errorf("ssl.enabled.protocols is %s, but a version between them cannot be left out here: add it, or name only the newer",
			strings.Join(t.Protocols, ","))
	}
	return enabled, nil
}

// version knows Java's names (SSLContext in the Java Security Standard Algorithm Names).
func version(name string) (uint16, error) {
	switch name {
	case "TLSv1.3":
		return tls.VersionTLS13, nil
	case "TLSv1.2":
		return tls.VersionTLS12, nil
	case "TLSv1.1":
		return tls.VersionTLS11, nil
	case "TLSv1":
		return tls.VersionTLS10, nil
	}
	return 0, fmt.Errorf("ssl.enabled.protocols has %q: name TLSv1, TLSv1.1, TLSv1.2 or TLSv1.3", name)
}

// suites are those for versions up to TLS 1.2, and whether there is one for 1.3, of which Go always offers all it has. A
// version without a suite is out, as in Java, which is why a list without one for 1.3 is a limit to 1.2.
func (t TLS) suites() (old []uint16, has13 bool) {
	for _, name := range t.CipherSuites {
		switch s := suiteNamed(name); {
		case s == nil:
		case slices.Contains(s.SupportedVersions, tls.VersionTLS13):
			has13 = true
		default:
			old = append(old, s.ID)
		}
	}
	return old, has13
}

// lackedSuites are those of the list that cannot be offered, since Go's TLS does not have them or calls them insecure. Java
// has more: a list that is good there must not stop anybody here as long as something of it is left.
func (t TLS) lackedSuites() []string {
	var out []string
	for _, name := range t.CipherSuites {
		if name != noSuite && suiteNamed(name) == nil {
			out = append(out, name)
		}
	}
	return out
}

// noSuite is a signal (RFC 5746), which Java lists among the suites.
const noSuite = "TLS_EMPTY_RENEGOTIATION_INFO_SCSV"

// suiteNamed finds a suite by its IANA name, or by the older SSL_ name that IBM's Java has for the same; nil: there is no
// secure one of the name.
func suiteNamed(name string) *tls.CipherSuite {
	iana := "TLS_" + strings.TrimPrefix(strings.TrimPrefix(name, "SSL_"), "TLS_")
	for _, s := range tls.CipherSuites() {
		if s.Name == iana {
			return s
		}
	}
	return nil
}
