package clientconfig

import (
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// Kafka's own providers of values (KIP-297, KIP-421, KIP-632, KIP-887). A variable of theirs is ${name:path:key} or ${name:key}.
const (
	fileProvider      = "FileConfigProvider"
	directoryProvider = "DirectoryConfigProvider"
	envProvider       = "EnvVarConfigProvider"
)

// variable is Kafka's own pattern (ConfigTransformer.java).
var variable = regexp.MustCompile(`\$\{([^}]*?):(([^}]*?):)?([^}]*?)\}`)

// IsVariable reports whether a value is one that stands somewhere else: ${env:NAME}, ${file:PATH:KEY} or ${directory:PATH:FILE},
// and nothing beside.
func IsVariable(value string) bool {
	m := variable.FindStringSubmatch(value)
	if m == nil || m[0] != value {
		return false
	}
	_, builtIn := builtInProviders()[m[1]]
	return builtIn
}

// builtInProviders are the names under which the providers of the command line go.
func builtInProviders() map[string]provider {
	return map[string]provider{
		"env":       {class: envProvider},
		"file":      {class: fileProvider},
		"directory": {class: directoryProvider},
	}
}

// provider is one of config.providers, with its parameters.
type provider struct {
	class     string // without its package
	paths     []string
	allowlist *regexp.Regexp
}

// Expand replaces the variables of the values. A file declares its providers with config.providers, as for Java; on the
// command line env, file and directory are always there. A variable that stands for nothing is an error, and so is, in a secret
// that is used, one of a provider that nobody declares: sent as it is, as Java does, it would be a wrong password.
func Expand(props []Property, env func(string) string) ([]Property, error) {
	return newExpansion(env, ReadFile).expand(props)
}

// expansion reads and parses each file once, however many variables lead to it.
type expansion struct {
	protocol Protocol // with which secrets have an effect

	env    func(string) string
	read   func(path string) (string, error)
	texts  map[string]func() (string, error)
	values map[string]func() (map[string]string, error) // of properties files, by key
}

func newExpansion(env func(string) string, read func(path string) (string, error)) *expansion {
	return &expansion{env: env, read: read, texts: map[string]func() (string, error){}, values: map[string]func() (map[string]string, error){}}
}

// text is the content of a file.
func (e *expansion) text(path string) (string, error) {
	if e.texts[path] == nil {
		e.texts[path] = sync.OnceValues(func() (string, error) { return e.read(path) })
	}
	return e.texts[path]()
}

// valuesOf are those of a properties file.
func (e *expansion) valuesOf(path string) (map[string]string, error) {
	if e.values[path] == nil {
		e.values[path] = sync.OnceValues(func() (map[string]string, error) {
			text, err := e.text(path)
			if err != nil {
				return nil, err
			}
			props, err := Parse(path, text)
			values := map[string]string{}
			for _, p := range props {
				values[p.Key] = p.Value
			}
			return values, err
		})
	}
	return e.values[path]()
}

func (e *expansion) expand(props []Property) ([]Property, error) {
	e.protocol = stated(props)
	declared := map[string]map[string]provider{}
	out := slices.Clone(props)
	for i, p := range props {
		providers := builtInProviders()
		if p.Line > 0 {
			var err error
			if declared[p.Origin] == nil {
				if declared[p.Origin], err = declaredProviders(props, p.Origin); err != nil {
					return nil, err
				}
			}
			providers = declared[p.Origin]
		}
		if strings.HasPrefix(p.Key, "config.providers") {
			continue
		}
		value, files, err := e.value(p, providers)
		if err != nil {
			return nil, p.errorf("%w", err)
		}
		out[i].Value, out[i].Files = value, files
	}
	return out, nil
}

// value also returns the files that the variables named.
func (e *expansion) value(p Property, providers map[string]provider) (expanded string, files []string, failed error) {
	expanded = variable.ReplaceAllStringFunc(p.Value, func(found string) string {
		if failed != nil {
			return found
		}
		m := variable.FindStringSubmatch(found)
		name, path, key := m[1], m[3], m[4]
		of, ok := providers[name]
		if !ok {
			failed = undeclared(p, name, e.protocol)
			return found
		}
		var got string
		got, failed = of.get(path, key, e)
		files = append(files, of.files(path, key)...)
		return got
	})
	return expanded, files, failed
}

// undeclared is the error of a variable whose provider nobody declares. nil: it stays as it is, as in Java, since no provider can
// have that name, or since the key is no secret that is used: other programs' placeholders look like variables, ${HOST:localhost}.
// The name may be a piece of a password.
func undeclared(p Property, name string, protocol Protocol) error {
	if builtIn, ok := builtInProviders()[name]; ok {
		return fmt.Errorf("it has a variable of %s, and the file declares no such provider: add config.providers=%s and config.providers.%s.class=org.apache.kafka.common.config.provider.%s", name, name, name, builtIn.class)
	}
	if name == "" || strings.Contains(name, ",") || name != strings.TrimSpace(name) || !protocol.usesSecret(p.Key) {
		return nil
	}
	const missing = "it has a variable of a provider that is not declared: "
	const otherwise = "; a value that only looks like a variable is put where one of them leads"
	if p.Line == 0 {
		return errors.New(missing + "outside of a file there are env, file and directory" + otherwise)
	}
	return errors.New(missing + "config.providers may be FileConfigProvider, DirectoryConfigProvider and EnvVarConfigProvider" + otherwise)
}

// stated is what the properties say of security.protocol, before they are read; nonsense is PLAINTEXT here.
func stated(props []Property) Protocol {
	var protocol Protocol
	for _, p := range props {
		if lookUp(p.Key).name == "security.protocol" {
			protocol, _ = ParseProtocol(p.Value)
		}
	}
	return protocol
}

// usesSecret reports whether a key is a secret that has an effect with the protocol.
func (p Protocol) usesSecret(key string) bool {
	name := lookUp(key).name
	switch {
	case !IsSecret(key):
		return false
	case strings.HasPrefix(name, "ssl."):
		return p.TLS
	}
	return p.SASL
}

// declaredProviders are those of config.providers in the file.
func declaredProviders(props []Property, origin string) (map[string]provider, error) {
	out := map[string]provider{}
	own := map[string]Property{}
	for _, p := range props {
		if p.Origin == origin && p.Line > 0 {
			own[p.Key] = p
		}
	}
	for name := range strings.SplitSeq(own["config.providers"].Value, ",") {
		name = strings.TrimSpace(name)
		if name == "" {
			continue
		}
		class, ok := own["config.providers."+name+".class"]
		if !ok {
			return nil, own["config.providers"].errorf("provider %q has no config.providers.%s.class", name, name)
		}
		p := provider{class: strings.TrimPrefix(strings.TrimSpace(class.Value), "org.apache.kafka.common.config.provider.")}
		if !slices.Contains([]string{fileProvider, directoryProvider, envProvider}, p.class) {
			return nil, class.errorf("offsetctl knows FileConfigProvider, DirectoryConfigProvider and EnvVarConfigProvider of org.apache.kafka.common.config.provider, not %q", class.Value)
		}
		out[name] = p
	}
	for _, p := range own {
		if err := providerParam(out, p); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// providerParam takes in config.providers.NAME.param.….
func providerParam(providers map[string]provider, prop Property) error {
	name, param, ok := strings.Cut(strings.TrimPrefix(prop.Key, "config.providers."), ".param.")
	if !ok || !strings.HasPrefix(prop.Key, "config.providers.") {
		return nil
	}
	p, ok := providers[name]
	if !ok {
		return nil
	}
	switch {
	case param == "allowed.paths" && p.class != envProvider: // KIP-993
		for path := range strings.SplitSeq(prop.Value, ",") {
			p.paths = append(p.paths, filepath.Clean(strings.TrimSpace(path)))
		}
	case param == "allowlist.pattern" && p.class == envProvider:
		pattern, err := regexp.Compile(`^(?:` + prop.Value + `)$`)
		if err != nil {
			return prop.errorf("not a regular expression that offsetctl reads (RE2)")
		}
		p.allowlist = pattern
	default:
		return prop.errorf("offsetctl does not know this parameter of %s", p.class)
	}
	providers[name] = p
	return nil
}

// get is the value of one variable.
func (p provider) get(path, key string, e *expansion) (string, error) {
	switch p.class {
	case envProvider:
		return p.environment(key, e.env)
	case directoryProvider:
		return p.whole(path, key, e)
	}
	return p.property(path, key, e)
}

// files is the file that a variable names, if it names one.
func (p provider) files(path, key string) []string {
	switch p.class {
	case envProvider:
		return nil
	case directoryProvider:
		return []string{filepath.Join(path, key)}
	}
	return []string{path}
}

func (p provider) environment(name string, env func(string) string) (string, error) {
	if p.allowlist != nil && !p.allowlist.MatchString(name) {
		return "", fmt.Errorf("the provider's allowlist.pattern does not allow the environment variable %s", name)
	}
	value := env(name)
	if value == "" {
		return "", fmt.Errorf("the environment variable %s is not set", name)
	}
	return value, nil
}

// whole is a file's content, but for a line end at its end, which no secret has.
func (p provider) whole(folder, name string, e *expansion) (string, error) {
	if name == "" || name != filepath.Base(name) || name == ".." {
		return "", fmt.Errorf("a directory's variable is ${directory:PATH:FILE}, and %q is no file's name", name)
	}
	path := filepath.Join(folder, name)
	if err := p.allows(path); err != nil {
		return "", err
	}
	text, err := e.text(path)
	return strings.TrimSuffix(strings.TrimSuffix(text, "\n"), "\r"), err
}

// property is one key of a properties file.
func (p provider) property(path, key string, e *expansion) (string, error) {
	if path == "" {
		return "", errors.New("a file's variable is ${file:PATH:KEY}")
	}
	if err := p.allows(path); err != nil {
		return "", err
	}
	values, err := e.valuesOf(path)
	if err != nil {
		return "", err
	}
	value, ok := values[key]
	if !ok {
		return "", fmt.Errorf("%s has no key %q", path, key)
	}
	return value, nil
}

// allows is an error for a path that is not among those of allowed.paths, if there are any.
func (p provider) allows(path string) error {
	if p.paths != nil && !slices.ContainsFunc(p.paths, func(allowed string) bool { return within(allowed, path) }) {
		return fmt.Errorf("the provider's allowed.paths do not allow %s", path)
	}
	return nil
}

// within reports whether a path is a folder, or below it.
func within(folder, path string) bool {
	rel, err := filepath.Rel(folder, filepath.Clean(path))
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}
