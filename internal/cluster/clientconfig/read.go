package clientconfig

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Reading is a configuration, and what there is to say about its keys.
type Reading struct {
	Config
	Effective []Property // the honoured keys under Kafka's names, each once, in the order of their first appearance
	Harmless  []Property // those of clients that do other things
	Unknown   []Property // those of nobody that offsetctl knows
	Notes     []string   // what the user should know
}

// Setting is the effective property of a honoured key, by Kafka's name; false: it is not set.
func (r Reading) Setting(name string) (Property, bool) {
	for _, p := range r.Effective {
		if p.Key == name {
			return p, true
		}
	}
	return Property{}, false
}

// Read gives properties their meaning. Of two that mean the same the later one counts. A key of ssl.*, sasl.* or security.*
// that offsetctl does not know, or asks for what it cannot do, is an error.
func Read(props []Property) (Reading, error) {
	r := reader{values: map[string]Property{}}
	var order []string
	for _, p := range props {
		k := lookUp(p.Key)
		switch {
		case k.treatment == refused:
			return Reading{}, p.errorf("%s", k.why)
		case k.treatment == honoured:
			if _, again := r.values[k.name]; !again {
				order = append(order, k.name)
			}
			p.Value = strings.Trim(p.Value, javaBlanks)
			if p.Value == "" && !mayBeEmpty(k.name) {
				return Reading{}, p.errorf("it has no value")
			}
			r.values[k.name] = p
		case k.treatment == unknown && mustBeKnown(p.Key):
			return Reading{}, p.errorf("offsetctl does not know this key, and does not ignore a security setting: is it misspelt? Otherwise take it out of a copy of the file")
		case k.treatment == harmless:
			r.out.Harmless = append(r.out.Harmless, p)
		default:
			r.out.Unknown = append(r.out.Unknown, p)
		}
	}
	for _, name := range order {
		p := r.values[name]
		p.Key = name
		r.out.Effective = append(r.out.Effective, p)
	}
	return r.read()
}

// javaBlanks is what java.lang.String.trim takes away, as Kafka does with every value (ConfigDef.java).
const javaBlanks = "\x00\x01\x02\x03\x04\x05\x06\x07\b\t\n\v\f\r\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f "

// mayBeEmpty reports whether the key's value may be empty: it says so that no name is checked, that there is no password, or is
// told elsewhere.
func mayBeEmpty(name string) bool {
	switch name {
	case "ssl.endpoint.identification.algorithm", "ssl.truststore.password", "ssl.keystore.password", "ssl.key.password", "client.id", "bootstrap.servers":
		return true
	}
	return false
}

// reader turns values into a Config. It keeps the first error.
type reader struct {
	values map[string]Property // by Kafka's name
	jaas   loginModule
	out    Reading
	err    error
}

func (r *reader) read() (Reading, error) {
	c := &r.out.Config
	if servers, ok := r.values["bootstrap.servers"]; ok {
		c.Bootstrap = SplitServers(servers.Value)
	}
	c.ClientID = r.text("client.id")
	c.RequestTimeout = r.millis("request.timeout.ms")
	c.Timeout = r.millis("default.api.timeout.ms")
	c.Protocol = r.protocol()
	c.TLS = r.tls()
	if c.Protocol.SASL {
		c.SASL = r.sasl()
	}
	r.noteUnused()
	if r.err != nil {
		return Reading{}, r.err
	}
	return r.out, nil
}

// fail keeps an error about a key.
func (r *reader) fail(name, format string, args ...any) {
	if r.err == nil {
		r.err = r.values[name].errorf(format, args...)
	}
}

func (r *reader) has(name string) bool {
	_, ok := r.values[name]
	return ok
}

func (r *reader) text(name string) string { return r.values[name].Value }

func (r *reader) secret(name string) Secret { return NewSecret(r.text(name)) }

// millis is a number of milliseconds; 0 where it is not set.
func (r *reader) millis(name string) time.Duration {
	return time.Duration(r.number(name, "milliseconds")) * time.Millisecond
}

func (r *reader) seconds(name string) time.Duration {
	return time.Duration(r.number(name, "seconds")) * time.Second
}

func (r *reader) number(name, unit string) int64 {
	if !r.has(name) {
		return 0
	}
	n, err := strconv.ParseInt(r.text(name), 10, 32)
	if err != nil || n < 0 {
		r.fail(name, "not a number of %s: %q", unit, r.text(name))
	}
	return n
}

func (r *reader) boolean(name string) bool {
	switch strings.ToLower(r.text(name)) {
	case "true":
		return true
	case "", "false":
	default:
		r.fail(name, "neither true nor false: %q", r.text(name))
	}
	return false
}

func (r *reader) protocol() Protocol {
	const name = "security.protocol"
	switch strings.ToUpper(r.text(name)) {
	case "", "PLAINTEXT":
	case "SSL":
		return Protocol{TLS: true}
	case "SASL_PLAINTEXT":
		return Protocol{SASL: true}
	case "SASL_SSL":
		return Protocol{TLS: true, SASL: true}
	default:
		r.fail(name, "not one of PLAINTEXT, SSL, SASL_PLAINTEXT, SASL_SSL: %q", r.text(name))
	}
	return Protocol{}
}

// noteUnused tells of security settings that the protocol leaves without effect, as it does in Java, where nobody is told.
func (r *reader) noteUnused() {
	unused := func(prefix string) string {
		for _, p := range r.out.Effective {
			if strings.HasPrefix(p.Key, prefix) {
				return p.Key
			}
		}
		return ""
	}
	protocol := r.out.Protocol
	said := "security.protocol is not set: "
	if r.has("security.protocol") {
		said = "security.protocol is " + protocol.String() + ": "
	}
	if name := unused("sasl."); name != "" && !protocol.SASL {
		r.out.Notes = append(r.out.Notes, fmt.Sprintf("%s: %snothing logs in, and %s has no effect", r.values[name].where(), said, name))
	}
	if name := unused("ssl."); name != "" && !protocol.TLS {
		r.out.Notes = append(r.out.Notes, fmt.Sprintf("%s: %snothing is encrypted, and %s has no effect", r.values[name].where(), said, name))
	}
}

// SplitServers splits a comma-separated list of HOST:PORT. Like Kafka's own parser it allows blanks
// around the commas, and a protocol in front ("PLAINTEXT://host:9092"). The list is empty, not nil, if
// it names nobody.
func SplitServers(s string) []string {
	out := []string{}
	for part := range strings.SplitSeq(s, ",") {
		part = strings.TrimSpace(part)
		if _, after, ok := strings.Cut(part, "://"); ok {
			part = after
		}
		if part != "" {
			out = append(out, part)
		}
	}
	return out
}
