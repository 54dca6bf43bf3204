package cmd

import (
	"fmt"
	"os"
	"slices"
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

// exposed are the files with secrets that others can read, each once.
func (set settings) exposed() []clientconfig.SecretFile {
	files := set.SecretFiles()
	if key, ok := set.ownSecret(); ok {
		files = append([]clientconfig.SecretFile{{Path: set.file.path, Key: key}}, files...)
	}
	seen := map[string]bool{}
	return slices.DeleteFunc(files, func(f clientconfig.SecretFile) bool {
		again := seen[f.Path]
		seen[f.Path] = true
		return again || !readableByOthers(f.Path)
	})
}

// ownSecret is a key of the file that holds a secret itself. The password of a truststore gives nobody anything.
func (set settings) ownSecret() (string, bool) {
	for _, p := range set.Effective {
		if p.Line > 0 && p.Origin == set.file.path && clientconfig.IsSecret(p.Key) && p.Key != truststorePassword && !p.Expanded {
			return p.Key, true
		}
	}
	return "", false
}

func readableByOthers(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Mode().Perm()&0o004 != 0
}

// pointsAway says, where credentials are used, that they go to servers that are not those which stand beside them, in the file or in the environment.
func (set settings) pointsAway() string {
	p, ok := set.credential()
	if !ok || p.Rank >= rankOfFlags || set.Protocol == (clientconfig.Protocol{}) {
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

const truststorePassword = "ssl.truststore.password"

func isCredential(key string) bool {
	return clientconfig.IsSecret(key) && key != truststorePassword || strings.HasPrefix(key, "ssl.keystore.") || key == "sasl.username"
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
