package cmd

import (
	"fmt"
	"strings"
	"time"

	"github.com/offsetctl/offsetctl/internal/cluster/clientconfig"
)

// settings are the connection's values after precedence: flags > file named by a flag > environment > file named by the
// environment > the current profile > defaults. One file only: they never merge.
type settings struct {
	clientconfig.Reading
	file      namedFile
	stated    []clientconfig.Property // all that the sources say, as it stands there
	servers   map[int][]string        // that each source names, by rank
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
	stated := props
	if props, err = clientconfig.Expand(props, s.env); err != nil {
		return settings{}, &usageError{err: err}
	}
	out := settings{file: file, stated: stated, servers: serversOf(props)}
	if out.Reading, err = clientconfig.Read(props); err != nil {
		return settings{}, &usageError{err, unreadHint(err, out.Unknown)}
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
				fmt.Sprintf("the value as a whole must be where it is: %s '%s=${env:NAME}', '${file:PATH:KEY}' or '${directory:PATH:FILE}', or put it in a file for --command-config", flag, key),
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
