package clientconfig

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"
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
			if err := p.check(k.name); err != nil {
				return Reading{}, err
			}
			r.values[k.name] = p
		case k.treatment == unknown && mustBeKnown(p.Key):
			return Reading{}, &UnknownKey{p}
		case k.treatment == harmless:
			r.out.Harmless = append(r.out.Harmless, p)
		default:
			r.out.Unknown = append(r.out.Unknown, p)
		}
	}
	r.preferOneWay()
	r.dropStrangers()
	for _, name := range order {
		if p, ok := r.values[name]; ok {
			p.Key = name
			r.out.Effective = append(r.out.Effective, p)
		}
	}
	return r.read()
}

// UnknownKey is the error of a key of security that offsetctl does not know, and so cannot leave out.
type UnknownKey struct{ Property }

func (e *UnknownKey) Error() string {
	key := e.Key
	if !Printable(key) {
		key = "a key of security in an unusual spelling"
	}
	return e.Where() + ": " + key + ": offsetctl does not know this key, and does not ignore a security setting"
}

// check finds what no value may be: nothing, or two settings in one.
func (p Property) check(name string) error {
	if p.Value == "" && !mayBeEmpty(name) {
		return p.errorf("it has no value")
	}
	if next := swallowed(p.Value); next != "" && name != "sasl.jaas.config" { // whose options have such names
		return p.errorf("its value goes on with %s: does a line before that end in a backslash?", next)
	}
	return nil
}

// swallowed is the key of another setting in a value, before a separator; empty: there is none.
func swallowed(value string) string {
	for i := range len(value) {
		if value[i] == '=' || value[i] == ':' {
			if key := keyAtEnd(value[:i]); key != "" {
				return key
			}
		}
	}
	return ""
}

// keyAtEnd is the key of a setting that a text ends in, but for blanks. What was before the key has no end of its own.
func keyAtEnd(text string) string {
	word := lastWord(text)
	for start := range word {
		if k := lookUp(word[start:]); k.treatment == honoured && strings.Contains(k.name, ".") {
			return word[start:]
		}
	}
	return ""
}

// lastWord is the end of a text without blanks that may be a key. It has no more letters than the longest key, so that a
// value of a million of them is not looked up from each.
func lastWord(text string) string {
	text = strings.TrimRight(text, " \t\n\r\f")
	start := len(text)
	for start > max(0, len(text)-longestKey()) && isKeyByte(text[start-1]) {
		start--
	}
	return text[start:]
}

func isKeyByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '.'
}

// longestKey is the length of the longest key that has an effect.
var longestKey = sync.OnceValue(func() int {
	longest := 0
	for _, name := range HonouredKeys() {
		longest = max(longest, len(name))
	}
	return longest
})

// javaBlanks is what java.lang.String.trim takes away, as Kafka does with every value (ConfigDef.java).
const javaBlanks = "\x00\x01\x02\x03\x04\x05\x06\x07\b\t\n\v\f\r\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f "

// mayBeEmpty reports whether the key's value may be empty: it says so that no name is checked, that there is no password, or is
// told elsewhere.
func mayBeEmpty(name string) bool {
	switch name {
	case "ssl.endpoint.identification.algorithm", "ssl.truststore.password", "ssl.keystore.password", "ssl.key.password", "client.id", "bootstrap.servers",
		"ssl.cipher.suites", "ssl.truststore.type", "ssl.keystore.type":
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
	r.checkSchemes()
	c.TLS = r.tls()
	if c.Protocol.SASL {
		c.SASL = r.sasl()
	}
	r.noteUnused()
	if r.err != nil {
		return Reading{Unknown: r.out.Unknown}, r.err // what nobody knows may be the rest of a broken line
	}
	return r.out, nil
}

// fail keeps an error about a key.
func (r *reader) fail(name, format string, args ...any) {
	if r.err == nil {
		r.err = r.values[name].errorf(format, args...)
	}
}

// note keeps what the user should know of a key.
func (r *reader) note(name, text string) {
	r.out.Notes = append(r.out.Notes, r.values[name].Where()+": "+name+": "+text)
}

func (r *reader) has(name string) bool {
	_, ok := r.values[name]
	return ok
}

func (r *reader) text(name string) string { return r.values[name].Value }

// quoted is a value for an error. One that is more than a word may have somebody's secret in it.
func (r *reader) quoted(name string) string {
	if v := r.text(name); len(v) <= 40 && plainValue.MatchString(v) {
		return strconv.Quote(v)
	}
	if v := r.text(name); v != strings.Trim(v, "\"'") {
		return "a value in quotes, which belong to it here: leave them out"
	}
	if strings.Contains(r.text(name), "#") {
		return "a value with a # in it, which belongs to it here: a comment has a line of its own"
	}
	return "a value that is not shown, as it may be a secret"
}

var plainValue = regexp.MustCompile(`^[A-Za-z0-9_.:+-]*$`)

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
		r.fail(name, "not a number of %s: %s", unit, r.quoted(name))
	}
	return n
}

func (r *reader) boolean(name string) bool {
	switch strings.ToLower(r.text(name)) {
	case "true":
		return true
	case "", "false":
	default:
		r.fail(name, "neither true nor false: %s", r.quoted(name))
	}
	return false
}

func (r *reader) protocol() Protocol {
	const name = "security.protocol"
	protocol, ok := ParseProtocol(r.text(name))
	if !ok {
		r.fail(name, "not one of PLAINTEXT, SSL, SASL_PLAINTEXT, SASL_SSL: %s", r.quoted(name))
	}
	return protocol
}

// checkSchemes refuses servers that say they want more than security.protocol gives.
func (r *reader) checkSchemes() {
	const name = "bootstrap.servers"
	p := r.out.Protocol
	for part := range strings.SplitSeq(r.text(name), ",") {
		scheme, _, _ := strings.Cut(strings.TrimSpace(part), "://")
		wantsTLS, wantsLogin := scheme == "SSL" || scheme == "SASL_SSL", strings.HasPrefix(scheme, "SASL_")
		if wantsTLS && !p.TLS || wantsLogin && !p.SASL {
			r.fail(name, "it says %s, and security.protocol is %s: set that, which decides", scheme, p)
		}
	}
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
		r.out.Notes = append(r.out.Notes, fmt.Sprintf("%s: %snothing logs in, and %s has no effect", r.values[name].Where(), said, name))
	}
	if name := unused("ssl."); name != "" && !protocol.TLS {
		r.out.Notes = append(r.out.Notes, fmt.Sprintf("%s: %snothing is encrypted, and %s has no effect", r.values[name].Where(), said, name))
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
