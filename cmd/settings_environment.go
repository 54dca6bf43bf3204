package cmd

import (
	"fmt"
	"slices"
	"strings"

	"github.com/offsetctl/offsetctl/internal/cluster/clientconfig"
)

// variablesOf are the environment variables of a key of client.properties, of which the first that is set counts.
func variablesOf(key string) []string {
	name := "OFFSETCTL_" + strings.ToUpper(strings.ReplaceAll(strings.TrimPrefix(key, "offsetctl."), ".", "_"))
	if key == "bootstrap.servers" {
		return []string{"OFFSETCTL_BOOTSTRAP_SERVER", name} // after the flag, and after the key
	}
	return []string{name}
}

// strangeVariables are those with our name in front that nothing here reads, sorted.
func (s *session) strangeVariables() []string {
	known := map[string]bool{"OFFSETCTL_TIMEOUT": true, "OFFSETCTL_COMMAND_CONFIG": true, "OFFSETCTL_PROFILE": true, "OFFSETCTL_KAFKA_VERSION": true, "OFFSETCTL_TEST_CACHE": true} // the last two are of our tests
	for _, key := range clientconfig.HonouredKeys() {
		for _, name := range variablesOf(key) {
			known[name] = true
		}
	}
	var strange []string
	for _, entry := range s.environ() {
		if name, value, _ := strings.Cut(entry, "="); strings.HasPrefix(name, "OFFSETCTL_") && value != "" && !known[name] {
			strange = append(strange, name)
		}
	}
	slices.Sort(strange)
	return strange
}

// environmentProperties are the keys that variables set. One that begins as those of a security setting do and is none is an
// error, as in a file.
func (s *session) environmentProperties() ([]clientconfig.Property, error) {
	var out []clientconfig.Property
	for _, key := range clientconfig.HonouredKeys() {
		for _, name := range variablesOf(key) {
			if v := s.env(name); v != "" {
				out = append(out, clientconfig.Property{Key: key, Value: v, Origin: name})
				break
			}
		}
	}
	for _, name := range s.strangeVariables() {
		if isSecurityVariable(name) {
			return nil, usagef("%s: offsetctl does not know this setting, and does not ignore one of security: is it misspelt?", name)
		}
	}
	if v := s.env("OFFSETCTL_TIMEOUT"); v != "" {
		var d timeoutValue
		if err := d.Set(v); err != nil {
			return nil, usagef("OFFSETCTL_TIMEOUT: %w", err)
		}
		out = append(out, clientconfig.Property{Key: timeoutKey, Value: fmt.Sprint(d.millis()), Origin: "OFFSETCTL_TIMEOUT"})
	}
	return out, nil
}

const timeoutKey = "default.api.timeout.ms"

func isSecurityVariable(name string) bool {
	rest := strings.TrimPrefix(name, "OFFSETCTL_")
	return slices.ContainsFunc([]string{"SSL_", "SASL_", "SECURITY", "ENABLE_SSL_"}, func(prefix string) bool { return strings.HasPrefix(rest, prefix) })
}
