package cluster

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"
)

// Property is one key of a Java properties file.
type Property struct {
	Key, Value string
	Line       int // where it begins, from 1
}

// ParseProperties reads the format of java.util.Properties: '#' and '!' comments, '=', ':' or white
// space between key and value, '\' before a line end to go on, \t \n \r \f \uXXXX escapes. A byte
// order mark is skipped. The last of several equal keys counts, as in Java.
func ParseProperties(text string) ([]Property, error) {
	text = strings.TrimPrefix(text, "\ufeff")
	lines := strings.Split(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text), "\n")
	var out []Property
	for i := 0; i < len(lines); i++ {
		first := i
		line := strings.TrimLeft(lines[i], " \t\f")
		if line == "" || line[0] == '#' || line[0] == '!' {
			continue
		}
		if line == `\` { // nothing to go on with: the next line may still be blank or a comment
			continue
		}
		for continues(line) {
			line = line[:len(line)-1]
			if i+1 == len(lines) {
				break
			}
			i++
			line += strings.TrimLeft(lines[i], " \t\f")
		}
		key, value := splitProperty(line)
		p := Property{Line: first + 1}
		var err error
		if p.Key, err = unescapeProperty(key); err != nil {
			return nil, fmt.Errorf("line %d: %w", p.Line, err)
		}
		if p.Value, err = unescapeProperty(value); err != nil {
			return nil, fmt.Errorf("line %d: %w", p.Line, err)
		}
		out = append(out, p)
	}
	return out, nil
}

// continues reports whether the line ends in an odd number of backslashes.
func continues(line string) bool {
	return (len(line)-len(strings.TrimRight(line, `\`)))%2 == 1
}

// splitProperty cuts at the first separator that is not escaped.
func splitProperty(line string) (key, value string) {
	end := len(line)
	for i := 0; i < len(line); i++ {
		if line[i] == '\\' {
			i++
			continue
		}
		if strings.IndexByte("=: \t\f", line[i]) >= 0 {
			end = i
			break
		}
	}
	rest := strings.TrimLeft(line[end:], " \t\f")
	if rest != "" && (rest[0] == '=' || rest[0] == ':') {
		rest = strings.TrimLeft(rest[1:], " \t\f")
	}
	return line[:end], rest
}

func unescapeProperty(s string) (string, error) {
	if !strings.Contains(s, `\`) {
		return s, nil
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		i++
		switch s[i] {
		case 't':
			b.WriteByte('\t')
		case 'n':
			b.WriteByte('\n')
		case 'r':
			b.WriteByte('\r')
		case 'f':
			b.WriteByte('\f')
		case 'u':
			r, err := unicodeEscape(s[i-1:])
			if err != nil {
				return "", err
			}
			i += 4
			if low, err := unicodeEscape(s[i+1:]); err == nil && utf16.DecodeRune(r, low) != utf8.RuneError {
				r = utf16.DecodeRune(r, low)
				i += 6
			}
			b.WriteRune(r)
		default:
			b.WriteByte(s[i])
		}
	}
	return b.String(), nil
}

// unicodeEscape reads the \uXXXX that s begins with: one UTF-16 unit.
func unicodeEscape(s string) (rune, error) {
	if len(s) < 6 || s[:2] != `\u` {
		return 0, fmt.Errorf(`malformed \u escape`)
	}
	r, err := strconv.ParseUint(s[2:6], 16, 16)
	if err != nil {
		return 0, fmt.Errorf(`malformed \u escape %q`, s[:6])
	}
	return rune(r), nil
}

// Properties is what offsetctl takes from a client.properties file.
type Properties struct {
	Bootstrap      []string      // bootstrap.servers; nil: not in the file
	ClientID       string        // client.id; empty: not in the file
	RequestTimeout time.Duration // request.timeout.ms; 0: not in the file
	Timeout        time.Duration // default.api.timeout.ms, for a command as a whole; 0: not in the file
	Ignored        []string      // keys without a meaning here, in order
}

// ReadProperties gives the keys their meaning. Security is never lowered in silence: any ssl.*,
// sasl.* or security.* key that would ask for more than a plaintext connection is an error.
func ReadProperties(ps []Property) (Properties, error) {
	var out Properties
	for _, p := range ps {
		var err error
		switch {
		case p.Key == "bootstrap.servers":
			out.Bootstrap = SplitServers(p.Value)
		case p.Key == "client.id":
			out.ClientID = p.Value
		case p.Key == "request.timeout.ms":
			out.RequestTimeout, err = millis(p.Value)
		case p.Key == "default.api.timeout.ms":
			out.Timeout, err = millis(p.Value)
		case p.Key == "security.protocol" && strings.EqualFold(p.Value, "PLAINTEXT"):
		case securityKey(p.Key):
			err = fmt.Errorf("this version of offsetctl connects in plaintext only and will not ignore a security setting")
		default:
			out.Ignored = append(out.Ignored, p.Key)
		}
		if err != nil {
			return Properties{}, fmt.Errorf("line %d: %s: %w", p.Line, p.Key, err)
		}
	}
	return out, nil
}

func securityKey(key string) bool {
	for _, prefix := range []string{"ssl.", "sasl.", "security."} {
		if strings.HasPrefix(key, prefix) {
			return true
		}
	}
	return false
}

func millis(s string) (time.Duration, error) {
	n, err := strconv.ParseInt(strings.TrimSpace(s), 10, 32)
	if err != nil || n < 0 {
		return 0, fmt.Errorf("not a number of milliseconds: %q", s)
	}
	return time.Duration(n) * time.Millisecond, nil
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
