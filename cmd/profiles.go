package cmd

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/offsetctl/offsetctl/internal/cluster/clientconfig"
)

// A profile is a client.properties file in a folder of ours, named by its name. Beside the folder stands a file that names the
// current one.

const (
	profileEnding = ".properties"
	currentFile   = "current"
)

// namedFile is the one file of settings.
type namedFile struct {
	path   string // empty: none is named
	by     string // what names it: --command-config, --profile NAME, …
	hint   string // where it cannot be read
	byFlag bool
}

// namedFile finds the file that flags, environment or the current profile name.
func (s *session) namedFile() (namedFile, error) {
	for _, from := range []struct {
		config, profile         string
		configName, profileName string
		byFlag                  bool
	}{
		{s.conn.config, s.conn.profile, "--command-config", "--profile", true},
		{s.env("OFFSETCTL_COMMAND_CONFIG"), s.env("OFFSETCTL_PROFILE"), "OFFSETCTL_COMMAND_CONFIG", "OFFSETCTL_PROFILE", false},
	} {
		switch {
		case from.config != "" && from.profile != "":
			return namedFile{}, usagef("%s and %s both name a file: give one of them, since files never merge", from.configName, from.profileName)
		case from.config != "":
			return namedFile{path: from.config, by: from.configName, byFlag: from.byFlag}, nil
		case from.profile != "":
			return s.profile(from.profile, from.profileName, from.byFlag)
		}
	}
	current, err := s.currentProfile()
	if err != nil || current == "" {
		return namedFile{}, err
	}
	file, err := s.profile(current, "the current profile", false)
	file.hint = s.chooseHint()
	if err != nil {
		err = &usageError{err, s.chooseHint()}
	}
	return file, err
}

// profile is the file of a profile.
func (s *session) profile(name, by string, byFlag bool) (namedFile, error) {
	folder, err := s.configFolder()
	if err != nil {
		return namedFile{}, err
	}
	name = strings.TrimSuffix(name, profileEnding) // as it stands in the folder
	if !profileName.MatchString(name) {
		return namedFile{}, usagef("%s: %s: %q", by, profileNameRule, name)
	}
	return namedFile{
		path: filepath.Join(folder, "profiles", name+profileEnding), by: by + " " + name, byFlag: byFlag,
		hint: "list the profiles with: " + s.program + " config profiles",
	}, nil
}

const profileNameRule = "a profile's name has letters, digits, dots, dashes and underscores only, and begins with no dot"

// profileName keeps a name from being a path.
var profileName = regexp.MustCompile(`^[A-Za-z0-9_-][A-Za-z0-9._-]*$`)

// configFolder is where profiles are.
func (s *session) configFolder() (string, error) {
	if dir := s.env("XDG_CONFIG_HOME"); filepath.IsAbs(dir) { // a relative one is to be ignored (XDG Base Directory)
		return filepath.Join(dir, "offsetctl"), nil
	}
	if home := s.env("HOME"); filepath.IsAbs(home) {
		return filepath.Join(home, ".config", "offsetctl"), nil
	}
	return "", &usageError{errors.New("profiles have no folder: neither XDG_CONFIG_HOME nor HOME names one"), "name a file with --command-config"}
}

// currentProfile is the name of the current profile; empty: there is none.
func (s *session) currentProfile() (string, error) {
	folder, err := s.configFolder()
	if err != nil {
		return "", nil // then nobody can have chosen one
	}
	text, err := clientconfig.ReadFile(filepath.Join(folder, currentFile))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", &usageError{fmt.Errorf("reading which profile is the current one: %w", err), s.chooseHint()}
	}
	return strings.TrimSpace(text), nil
}

// chooseHint is for a current profile that cannot be used.
func (s *session) chooseHint() string {
	return "choose another with: " + s.program + " config profiles --use NAME, or none with --use-none"
}

// useProfile makes a profile the current one; with none it takes the choice back.
func (s *session) useProfile(name string) error {
	folder, err := s.configFolder()
	if err != nil {
		return err
	}
	path := filepath.Join(folder, currentFile)
	if name == "" {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("taking back which profile is the current one: %w", err)
		}
		s.note("no profile is the current one")
		return nil
	}
	file, err := s.profile(name, "--use", true)
	if err != nil {
		return err
	}
	if _, err := s.fileProperties(file); err != nil {
		return err
	}
	name = strings.TrimSuffix(name, profileEnding)
	if err := os.WriteFile(path, []byte(name+"\n"), 0o600); err != nil {
		return fmt.Errorf("noting which profile is the current one: %w", err)
	}
	s.note("%s is the current profile", name)
	if other := cmp.Or(s.env("OFFSETCTL_COMMAND_CONFIG"), s.env("OFFSETCTL_PROFILE")); other != "" {
		s.note("a variable of this shell names %s, which goes before it", other)
	}
	return nil
}

// profileNames are the profiles that there are, sorted, and the files whose names no profile can have.
func (s *session) profileNames() (names, strange []string, err error) {
	folder, err := s.configFolder()
	if err != nil {
		return nil, nil, err
	}
	entries, err := os.ReadDir(filepath.Join(folder, "profiles"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, nil, fmt.Errorf("listing the profiles: %w", err)
	}
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), profileEnding)
		switch {
		case !ok || e.IsDir() || strings.HasPrefix(name, "."): // hidden, as from ls
		case profileName.MatchString(name):
			names = append(names, name)
		default:
			strange = append(strange, e.Name())
		}
	}
	slices.Sort(names)
	return names, strange, nil
}
