package clientconfig

import "strings"

// tls reads ssl.*.
func (r *reader) tls() TLS {
	t := TLS{
		Trust: Store{
			Location:     r.text("ssl.truststore.location"),
			LocationKey:  r.written("ssl.truststore.location"),
			Type:         r.text("ssl.truststore.type"),
			Password:     r.secret("ssl.truststore.password"),
			Certificates: r.secret("ssl.truststore.certificates"),
		},
		Own: Store{
			Location:        r.text("ssl.keystore.location"),
			LocationKey:     r.written("ssl.keystore.location"),
			Type:            r.text("ssl.keystore.type"),
			Password:        r.secret("ssl.keystore.password"),
			Certificates:    r.secret("ssl.keystore.certificate.chain"),
			Key:             r.secret("ssl.keystore.key"),
			KeyPassword:     r.secret("ssl.key.password"),
			CertificateFile: r.text("ssl.certificate.location"),
			KeyFile:         r.text("ssl.key.location"),
		},
		SkipHostName: r.skipHostName(),
		Protocols:    r.protocols(),
		CipherSuites: words(r.text("ssl.cipher.suites")),
	}
	if t.CipherSuites != nil && r.out.Protocol.TLS {
		r.noteSuites(t.lackedSuites())
	}
	if r.has("enable.ssl.certificate.verification") && !r.boolean("enable.ssl.certificate.verification") {
		r.fail("enable.ssl.certificate.verification", "offsetctl does not talk to a server that anybody could be: name the authority of its certificate with ssl.truststore.location (or ssl.ca.location)")
	}
	return t
}

func (r *reader) noteSuites(lacked []string) {
	const name = "ssl.cipher.suites"
	r.note(name, "it chooses among the cipher suites up to TLSv1.2; those of TLSv1.3 cannot be chosen here")
	if lacked == nil {
		return
	}
	if !plainValue.MatchString(strings.Join(lacked, "")) {
		lacked = []string{"what is no name of one"}
	}
	r.note(name, "Go's TLS does not have these, or calls them insecure, so that they are not offered: "+strings.Join(lacked, ", "))
}

// written is a key as the user wrote it; empty if it is not set.
func (r *reader) written(name string) string { return r.values[name].Key }

func (r *reader) skipHostName() bool {
	const name = "ssl.endpoint.identification.algorithm"
	if !r.has(name) {
		return false
	}
	switch strings.ToLower(r.text(name)) {
	case "https":
		return false
	case "", "none": // none: librdkafka's way to say it
		said := "it is empty: "
		if r.text(name) != "" {
			said = "it is none, which Java does not take: "
		}
		if r.out.Protocol.TLS {
			r.note(name, said+"the brokers' certificates are verified, their host names are not")
		}
		return true
	}
	r.fail(name, "neither https nor empty: %s", r.quoted(name))
	return false
}

// protocols are those of ssl.enabled.protocols, but none above ssl.protocol: with TLSv1.2 there a client takes no TLSv1.3
// (SslConfigs.java).
func (r *reader) protocols() []string {
	enabled := words(r.text("ssl.enabled.protocols"))
	switch highest := r.text("ssl.protocol"); highest {
	case "", "TLS", "TLSv1.3":
	case "TLSv1.2", "TLSv1.1", "TLSv1":
		if enabled == nil {
			return []string{highest}
		}
		var kept []string
		for _, p := range enabled {
			if p <= highest {
				kept = append(kept, p)
			}
		}
		if kept == nil {
			r.fail("ssl.protocol", "%s leaves nothing of ssl.enabled.protocols", highest)
		}
		return kept
	default:
		r.fail("ssl.protocol", "not one of TLS, TLSv1.3, TLSv1.2, TLSv1.1, TLSv1: %s", r.quoted("ssl.protocol"))
	}
	return enabled
}

// words are those of a list with commas; nil if there are none.
func words(list string) []string {
	var out []string
	for w := range strings.SplitSeq(list, ",") {
		if w = strings.TrimSpace(w); w != "" {
			out = append(out, w)
		}
	}
	return out
}
