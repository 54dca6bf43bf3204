package cmd

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/offsetctl/offsetctl/internal/cluster/clientconfig"
)

// settings are the connection's values after precedence: flags > file named by a flag > environment > file named by the
// environment > the current profile > defaults. One file only: they never merge.
type settings struct {
	clientconfig.Reading
	file      namedFile
	servers   map[int][]string // that each source names, by rank
	bootstrap []string
	origin    string        // of bootstrap
	timeout   time.Duration // of the command as a whole; 0: none
}

// defaults of what a user always has.
const (
	defaultBootstrap = "localhost:9092"
	defaultTimeout   = 30 * time.Second
	defaultServers   = "the default" // origin of defaultBootstrap
)

// settings reads them all. An error is a usageError: nothing was sent.
func (s *session) settings() (settings, error) {
	file, err := s.namedFile()
	if err != nil {
		return settings{}, err
	}
	props, err := s.allProperties(file)
	if err != nil {
		return settings{}, err
	}
	if props, err = clientconfig.Expand(props, s.env); err != nil {
		return settings{}, &usageError{err: err}
	}
	out := settings{file: file, servers: serversOf(props)}
	if out.Reading, err = clientconfig.Read(props); err != nil {
		return settings{}, &usageError{err, brokenLineHint(out.Unknown)}
	}
	if err := misspelt(out.Unknown); err != nil {
		return settings{}, err
	}
	if out.bootstrap, out.origin, err = bootstrapOf(out.Reading); err != nil {
		return settings{}, err
	}
	if out.ClientID == "" {
		out.ClientID = "offsetctl/" + version()
	}
	out.timeout, err = s.commandTimeout(out)
	return out, err
}

// allProperties are those of flags, file and environment, in ascending order of precedence.
func (s *session) allProperties(file namedFile) ([]clientconfig.Property, error) {
	inFile, err := s.fileProperties(file)
	if err != nil {
		return nil, err
	}
	inEnvironment, err := s.environmentProperties()
	if err != nil {
		return nil, err
	}
	flags, err := s.conn.flagProperties()
	if err != nil {
		return nil, err
	}
	if file.byFlag {
		return ranked(inEnvironment, inFile, flags), nil
	}
	return ranked(inFile, inEnvironment, flags), nil
}

// ranked puts sources together, the one that goes before the others last.
func ranked(sources ...[]clientconfig.Property) []clientconfig.Property {
	var all []clientconfig.Property
	for rank, source := range sources {
		for _, p := range source {
			p.Rank = rank
			all = append(all, p)
		}
	}
	return all
}

// fileProperties are those of the one file; none where none is named.
func (s *session) fileProperties(file namedFile) ([]clientconfig.Property, error) {
	if file.path == "" {
		return nil, nil
	}
	text, err := clientconfig.ReadFile(file.path)
	if err != nil {
		return nil, &usageError{fmt.Errorf("reading the client properties that %s names: %w", file.by, err), file.hint}
	}
	props, err := clientconfig.Parse(file.path, text)
	if err != nil {
		return nil, &usageError{err: err}
	}
	return props, nil
}

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

// flagProperties are those of --command-property and of --bootstrap-server, which goes before it (KIP-1147).
func (c *connectionFlags) flagProperties() ([]clientconfig.Property, error) {
	const flag = "--command-property"
	var out []clientconfig.Property
	for _, pair := range c.properties {
		key, value, ok := strings.Cut(pair, "=")
		key = strings.TrimSpace(key)
		if !ok || key == "" {
			return nil, usagef("%s takes KEY=VALUE", flag) // what it was given may be a secret
		}
		if clientconfig.IsSecret(key) && !clientconfig.IsVariable(value) {
			return nil, &usageError{
				fmt.Errorf("%s %s: a secret on a command line can be seen by others of this machine, and stays in the shell's history", flag, key),
				fmt.Sprintf("name where it is: %s '%s=${env:NAME}', '${file:PATH:KEY}' or '${directory:PATH:FILE}', or put it in a file for --command-config", flag, key),
			}
		}
		out = append(out, clientconfig.Property{Key: key, Value: value, Origin: flag})
	}
	if c.bootstrap != "" {
		out = append(out, clientconfig.Property{Key: "bootstrap.servers", Value: c.bootstrap, Origin: "--bootstrap-server"})
	}
	return out, nil
}

// bootstrapOf is the list of servers, and where it comes from. One that is there and names nobody, as -b "$A,$B" with both
// unset, must not fall through to the default.
func bootstrapOf(r clientconfig.Reading) (servers []string, origin string, err error) {
	p, ok := r.Setting("bootstrap.servers")
	switch {
	case !ok:
		return []string{defaultBootstrap}, defaultServers, nil
	case len(r.Bootstrap) == 0:
		name := p.Origin
		if p.Line > 0 || p.Origin == "--command-property" {
			name += ": bootstrap.servers"
		}
		return nil, "", &usageError{fmt.Errorf("%s names no server", name), "is it made of unset shell variables?"}
	}
	return r.Bootstrap, p.Origin, nil
}

// commandTimeout is that of the flag, else what is configured. 0 is none where our own variable says it; in a file it is
// Java's, and nothing would ever be answered in time.
func (s *session) commandTimeout(set settings) (time.Duration, error) {
	p, ok := set.Setting(timeoutKey)
	switch {
	case s.conn.timeout.set:
		return s.conn.timeout.d, nil
	case !ok:
		return defaultTimeout, nil
	case set.Timeout == 0 && p.Origin != "OFFSETCTL_TIMEOUT":
		return 0, usagef("%s: %s: 0 leaves no time for an answer; --timeout 0 is for no limit", p.Origin, timeoutKey)
	}
	return set.Timeout, nil
}

// noteSettings tells what a user should know of the settings before they are used.
func (s *session) noteSettings(set settings) {
	for _, n := range set.Notes {
		s.note("%s", n)
	}
	if len(set.Unknown) > 0 {
		s.note("%s", unknownKeys(set.Unknown))
	}
	for _, name := range s.strangeVariables() {
		s.note("%s: offsetctl reads no such variable", name)
	}
	if len(set.Harmless) > 0 && s.conn.verbose {
		s.note("keys without effect here: %s", keyNames(set.Harmless))
	}
	if secret, ok := set.ownSecret(); ok && readableByOthers(set.file.path) {
		s.note("%s has a secret in it (%s) and can be read by others: chmod o-r %s", set.file.path, secret, shellWord(set.file.path))
	}
	if away := set.pointsAway(); away != "" {
		s.note("%s", away)
	}
}

// unknownKeys says which keys nobody knows. What does not look like a key is not shown: it may be a piece of a secret.
func unknownKeys(ps []clientconfig.Property) string {
	var keys, others []clientconfig.Property
	for _, p := range ps {
		if clientconfig.Printable(p.Key) {
			keys = append(keys, p)
		} else {
			others = append(others, p)
		}
	}
	var said []string
	if keys != nil {
		said = append(said, "keys that Kafka's clients do not have, without effect: "+keyNames(keys))
	}
	if others != nil {
		said = append(said, fmt.Sprintf("%s not like a setting, the first in %s: is it a properties file, and does each line that goes on end in a backslash?", count(len(others), "line"), others[0].Where()))
	}
	return strings.Join(said, "; ")
}

// brokenLineHint is for settings that are refused where lines are not like settings: they may be the rest of one of them.
func brokenLineHint(unknown []clientconfig.Property) string {
	for _, p := range unknown {
		if !clientconfig.Printable(p.Key) && p.Line > 0 {
			return fmt.Sprintf("%s is not like a setting: does the line before it end in a backslash, with no blank behind?", p.Where())
		}
	}
	return ""
}

// misspelt refuses a key that is nearly one of security: left out, the connection could be less secure than asked for.
func misspelt(unknown []clientconfig.Property) error {
	for _, p := range unknown {
		if near := nearestKey(p.Key); near != "" && (strings.HasPrefix(near, "security.") || strings.HasPrefix(near, "sasl.") || strings.HasPrefix(near, "ssl.")) {
			return &usageError{fmt.Errorf("%s: %s: offsetctl does not know this key, and it is nearly one of security", p.Where(), p.Key), "did you mean " + near + "?"}
		}
	}
	return nil
}

// nearestKey is the setting that is spelt most like a key; empty: none is close, or the key may be a piece of a secret.
func nearestKey(key string) string {
	best, found := 3, ""
	if !clientconfig.Printable(key) {
		return ""
	}
	for _, k := range clientconfig.HonouredKeys() {
		if d := distance(key, k); d < best {
			best, found = d, k
		}
	}
	return found
}

// keyNames are at most twenty names, each once.
func keyNames(ps []clientconfig.Property) string {
	const most = 20
	var names []string
	seen := map[string]bool{}
	for _, p := range ps {
		if !seen[p.Key] {
			seen[p.Key] = true
			name := p.Key
			if near := nearestKey(name); near != "" && len(names) < most {
				name += " (did you mean " + near + "?)"
			}
			names = append(names, name)
		}
	}
	if len(names) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
	}
	return strings.Join(names, ", ")
}

// ownSecret is a key of the file that holds a secret itself.
func (set settings) ownSecret() (string, bool) {
	for _, p := range set.Effective {
		if p.Line > 0 && p.Origin == set.file.path && clientconfig.IsSecret(p.Key) && !p.Expanded {
			return p.Key, true
		}
	}
	return "", false
}

func readableByOthers(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Mode().Perm()&0o004 != 0
}

// pointsAway says that credentials go to servers that are not those which stand beside them, in the file or in the environment.
func (set settings) pointsAway() string {
	p, ok := set.credential()
	if !ok || p.Rank >= rankOfFlags {
		return ""
	}
	own, beside := set.servers[p.Rank], p.Origin
	if own == nil || !slices.ContainsFunc(set.bootstrap, func(server string) bool { return !slices.Contains(own, server) }) {
		return ""
	}
	return fmt.Sprintf("%s (%s) points away from where the credentials of %s (%s) are for: %s", set.origin, strings.Join(set.bootstrap, ","), beside, p.Key, strings.Join(own, ","))
}

// rankOfFlags is the rank of what the command line says itself.
const rankOfFlags = 2

// credential is the setting of the highest rank that lets this client in, if there is one.
func (set settings) credential() (best clientconfig.Property, found bool) {
	for _, p := range set.Effective {
		if isCredential(p.Key) && (!found || p.Rank > best.Rank) {
			best, found = p, true
		}
	}
	return best, found
}

func isCredential(key string) bool {
	return clientconfig.IsSecret(key) && key != "ssl.truststore.password" || strings.HasPrefix(key, "ssl.keystore.") || key == "sasl.username"
}

// serversOf are those that each source names; a source that names none is not there.
func serversOf(props []clientconfig.Property) map[int][]string {
	out := map[int][]string{}
	for _, p := range props {
		if p.Key == "bootstrap.servers" || p.Key == "metadata.broker.list" {
			out[p.Rank] = clientconfig.SplitServers(p.Value)
		}
	}
	return out
}

// told says where the settings come from, for commands that change something.
func (set settings) told() string {
	text := fmt.Sprintf("%s, from %s", strings.Join(set.bootstrap, ","), set.origin)
	var origins []string
	keys := map[string][]string{}
	for _, p := range set.Effective {
		if p.Key == "bootstrap.servers" || p.Key == timeoutKey {
			continue
		}
		if keys[p.Origin] == nil {
			origins = append(origins, p.Origin)
		}
		keys[p.Origin] = append(keys[p.Origin], p.Key)
	}
	for _, o := range origins {
		text += fmt.Sprintf("; %s from %s", strings.Join(keys[o], ", "), o)
	}
	return text
}
