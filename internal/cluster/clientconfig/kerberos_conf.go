//go:build kerberos

package clientconfig

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	krb5 "github.com/jcmturner/gokrb5/v8/config"
)

// krb5Conf is what krb5.conf says.
type krb5Conf struct {
	*krb5.Config
	path         string // for messages
	canonicalize bool   // a host's short name may be made longer
}

// krb5Sections are the parts of krb5.conf that matter here. gokrb5 has a reader of the whole, but that one takes no include, forgets
// all but the last [realms], and fails on the blocks within a realm.
type krb5Sections struct {
	libdefaults map[string]string   // the first of several counts, as in MIT's library
	kdcs        map[string][]string // by realm
	realms      []string            // in their order
	domains     map[string]string   // [domain_realm]
	files       int                 // read so far
}

// maxKrb5Files bounds includes, which may go round in circles.
const maxKrb5Files = 100

// readKrb5Conf reads the files of KRB5_CONFIG, or /etc/krb5.conf.
func readKrb5Conf() (*krb5Conf, error) {
	list := os.Getenv("KRB5_CONFIG")
	hint := "set KRB5_CONFIG to the krb5.conf that Java has in -Djava.security.krb5.conf"
	if list == "" {
		list = "/etc/krb5.conf"
	}
	sections := krb5Sections{libdefaults: map[string]string{}, kdcs: map[string][]string{}, domains: map[string]string{}}
	for _, path := range filepath.SplitList(list) {
		if err := sections.file(path); err != nil {
			return nil, noTicket(list, err.Error(), hint)
		}
	}
	conf, err := sections.config()
	if err != nil {
		return nil, noTicket(list, foreign(err.Error()), "correct the section [libdefaults]")
	}
	return &krb5Conf{conf, list, !isFalse(sections.libdefaults["dns_canonicalize_hostname"])}, nil
}

// file adds a file and what it includes.
func (s *krb5Sections) file(path string) error {
	if s.files++; s.files > maxKrb5Files {
		return fmt.Errorf("more than %d files are included", maxKrb5Files)
	}
	data, err := smallFile(path)
	if err != nil {
		return fmt.Errorf("reading %s: %s", path, fileFault(err))
	}
	return s.parse(string(data))
}

// parse adds the lines of a file.
func (s *krb5Sections) parse(text string) error {
	var section, realm string
	depth := 0
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		word, rest, _ := strings.Cut(line, " ")
		switch {
		case line == "" || line[0] == '#' || line[0] == ';':
		case word == "include":
			if err := s.file(strings.TrimSpace(rest)); err != nil {
				return err
			}
		case word == "includedir":
			if err := s.folder(strings.TrimSpace(rest)); err != nil {
				return err
			}
		case line[0] == '[':
			section, realm, depth = strings.ToLower(strings.TrimSpace(strings.Trim(line, "[]*"))), "", 0
		case line[0] == '}':
			depth = max(0, depth-1)
		default:
			name, value, _ := strings.Cut(line, "=")
			name, value = strings.TrimSpace(name), unquoted(value)
			if strings.HasSuffix(value, "{") {
				if depth++; depth == 1 {
					realm = strings.TrimSuffix(name, "*")
				}
				continue
			}
			s.add(section, realm, depth, strings.TrimSuffix(name, "*"), value)
		}
	}
	return nil
}

// add keeps a setting: of a realm if it is in a block, and none that is in a block within that.
func (s *krb5Sections) add(section, realm string, depth int, name, value string) {
	switch {
	case section == "libdefaults" && depth == 0:
		if name = strings.ToLower(name); s.libdefaults[name] == "" {
			s.libdefaults[name] = value
		}
	case section == "domain_realm" && depth == 0:
		s.domains[strings.ToLower(name)] = value
	case section == "realms" && depth == 1:
		if !slices.Contains(s.realms, realm) {
			s.realms = append(s.realms, realm)
		}
		if strings.EqualFold(name, "kdc") && value != "" {
			s.kdcs[realm] = append(s.kdcs[realm], withKDCPort(value))
		}
	}
}

// folder adds the files of an includedir: those whose names have only letters, digits, - and _, or end in .conf.
func (s *krb5Sections) folder(path string) error {
	entries, err := os.ReadDir(path) // sorted
	if err != nil {
		return fmt.Errorf("reading the includedir %s: %s", path, fileFault(withoutPath(err)))
	}
	for _, e := range entries {
		if name := e.Name(); !e.IsDir() && name[0] != '.' && (strings.HasSuffix(name, ".conf") || !strings.ContainsFunc(name, isOther)) {
			if err := s.file(filepath.Join(path, name)); err != nil {
				return err
			}
		}
	}
	return nil
}

func isOther(r rune) bool {
	return r != '-' && r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
}

// unquoted is a value without the quotes around it, and without the mark that forbids other files to change it.
func unquoted(value string) string {
	value = strings.TrimSpace(value)
	if len(value) > 1 && value[0] == '"' && value[len(value)-1] == '"' {
		return value[1 : len(value)-1]
	}
	return strings.TrimSpace(strings.TrimSuffix(value, "*"))
}

// withKDCPort is an address with a port: 88 where there is none, and without MIT's tcp/ or udp/ in front.
func withKDCPort(addr string) string {
	for _, prefix := range []string{"tcp/", "udp/"} {
		addr = strings.TrimPrefix(addr, prefix)
	}
	switch {
	case strings.HasPrefix(addr, "[") && !strings.Contains(addr, "]:"), strings.Count(addr, ":") == 0:
		return addr + ":88"
	case strings.Count(addr, ":") > 1 && addr[0] != '[':
		return "[" + addr + "]:88"
	}
	return addr
}

// config is what gokrb5 wants. Of [libdefaults] it gets what has to do with logging in; it asks DNS for a realm that has no KDC
// unless that is forbidden, as Java does, and speaks TCP unless UDP is asked for: over UDP a mute KDC would cost all the time.
func (s *krb5Sections) config() (*krb5.Config, error) {
	var b strings.Builder
	b.WriteString("[libdefaults]\n")
	for _, name := range []string{"default_realm", "clockskew", "allow_weak_crypto", "default_tkt_enctypes", "default_tgs_enctypes", "permitted_enctypes", "udp_preference_limit"} {
		if value := s.libdefaults[name]; value != "" {
			b.WriteString(name + " = " + strings.ReplaceAll(value, ",", " ") + "\n")
		}
	}
	c, err := krb5.NewFromString(b.String())
	if err != nil {
		return nil, err
	}
	if s.libdefaults["udp_preference_limit"] == "" {
		c.LibDefaults.UDPPreferenceLimit = 1
	}
	c.LibDefaults.DNSLookupKDC = !isFalse(s.libdefaults["dns_lookup_kdc"])
	// Words such as DEFAULT and -rc4 leave nothing that gokrb5 knows.
	for _, types := range []*[]int32{&c.LibDefaults.DefaultTktEnctypeIDs, &c.LibDefaults.DefaultTGSEnctypeIDs, &c.LibDefaults.PermittedEnctypeIDs} {
		if len(*types) == 0 {
			*types = krb5.New().LibDefaults.DefaultTktEnctypeIDs
		}
	}
	for _, realm := range s.realms {
		c.Realms = append(c.Realms, krb5.Realm{Realm: realm, KDC: s.kdcs[realm]})
	}
	c.DomainRealm = s.domains
	return c, nil
}

// forClient is a copy for one client of gokrb5, which shuffles the KDCs in place.
func (c *krb5Conf) forClient() *krb5.Config {
	own := *c.Config
	own.Realms = slices.Clone(own.Realms)
	for i := range own.Realms {
		own.Realms[i].KDC = slices.Clone(own.Realms[i].KDC)
	}
	return &own
}

func isFalse(value string) bool {
	return slices.Contains([]string{"false", "f", "no", "n", "nil", "off", "0"}, strings.ToLower(value))
}

// realmOf is the realm of a service: what [domain_realm] says of its host, and else the user's.
func (c *krb5Conf) realmOf(service, otherwise string) string {
	_, host, _ := strings.Cut(service, "/")
	if realm := c.ResolveRealm(host); realm != "" {
		return realm
	}
	return otherwise
}
