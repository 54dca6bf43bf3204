package cmd

import (
	"fmt"
	"strings"

	"github.com/offsetctl/offsetctl/internal/cluster/clientconfig"
)

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
	for _, f := range set.exposed() {
		s.note("%s has a secret in it (%s) and can be read by others: chmod o-r %s", f.Path, f.Key, shellWord(f.Path))
	}
	for _, n := range []string{set.pointsAway(), set.tokenAway(), set.weakened()} {
		if n != "" {
			s.note("%s", n)
		}
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
