package cmd

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/offsetctl/offsetctl/internal/cluster/clientconfig"
)

// exposed are the files with secrets that others can read, each once.
func (set settings) exposed() []clientconfig.SecretFile {
	files := set.SecretFiles()
	if key, ok := set.ownSecret(); ok {
		files = append([]clientconfig.SecretFile{{Path: set.file.path, Key: key}}, files...)
	}
	told := map[string]bool{}
	return slices.DeleteFunc(files, func(f clientconfig.SecretFile) bool {
		if told[f.Path] || !readableByOthers(f.Path) || !f.GivesAway() {
			return true
		}
		told[f.Path] = true
		return false
	})
}

// ownSecret is a key of the file that holds a secret itself, whether or not it has an effect. The password of a truststore gives
// nobody anything.
func (set settings) ownSecret() (string, bool) {
	for _, p := range set.stated {
		if p.Line > 0 && p.Origin == set.file.path && p.Key != truststorePassword && clientconfig.HoldsSecret(p) {
			return p.Key, true
		}
	}
	return "", false
}

const truststorePassword = "ssl.truststore.password"

// readableByOthers reports whether those who are neither a file's owner nor in its group can read it: the folders above it may
// keep them out. What stands for an open file, as /dev/stdin does, has no path to be changed.
func readableByOthers(path string) bool {
	if strings.HasPrefix(path, "/dev/") || strings.HasPrefix(path, "/proc/") {
		return false
	}
	real, err := filepath.EvalSymlinks(path)
	if err == nil {
		real, err = filepath.Abs(real)
	}
	if err != nil {
		return false
	}
	if info, err := os.Stat(real); err != nil || !info.Mode().IsRegular() || info.Mode().Perm()&0o004 == 0 {
		return false
	}
	for dir := filepath.Dir(real); ; dir = filepath.Dir(dir) {
		if info, err := os.Stat(dir); err != nil || info.Mode().Perm()&0o001 == 0 {
			return false
		}
		if dir == filepath.Dir(dir) {
			return true
		}
	}
}
