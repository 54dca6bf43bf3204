package clientconfig

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const declared = `config.providers=file, dir,env
config.providers.file.class=org.apache.kafka.common.config.provider.FileConfigProvider
config.providers.dir.class=org.apache.kafka.common.config.provider.DirectoryConfigProvider
config.providers.env.class=org.apache.kafka.common.config.provider.EnvVarConfigProvider
`

// secrets is a folder with files of secrets.
func secrets(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"pw": "from a file\n", "windows": "crlf\r\n", "two": "a\nb\n\n", "more.properties": "k = v\\u0021\nk2=a b \n", "large": strings.Repeat("x", maxSmallFile+1)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func expand(t *testing.T, text string) (map[string]string, error) {
	t.Helper()
	props, err := Parse("client.properties", text)
	if err != nil {
		t.Fatal(err)
	}
	props, err = Expand(props, func(name string) string { return map[string]string{"PW": "from the environment"}[name] })
	got := map[string]string{}
	for _, p := range props {
		got[p.Key] = p.Value
	}
	return got, err
}

func TestVariables(t *testing.T) {
	dir := secrets(t)
	for value, want := range map[string]string{
		"${env:PW}":                         "from the environment",
		"a ${env:PW} b ${dir:DIR:pw}":       "a from the environment b from a file",
		"${dir:DIR:windows}":                "crlf",
		"${dir:DIR:two}":                    "a\nb\n", // one line end is that of the file
		"${file:DIR/more.properties:k}":     "v!",
		"${file:DIR/more.properties:k2}":    "a b ",
		"${vault:path:key}":                 "${vault:path:key}", // the key has no effect
		"$PW ${PW} ${} {env:PW} ${env:PW":   "$PW ${PW} ${} {env:PW} ${env:PW",
		`password="${env:PW}";`:             `password="from the environment";`,
		"${env::PW}${file:DIR/pw:from}\\u0": "from the environmenta file\\u0",
	} {
		if strings.HasSuffix(value, "u0") {
			value, want = strings.TrimSuffix(value, "\\u0"), strings.TrimSuffix(want, "\\u0")
		}
		got, err := expand(t, declared+"x="+strings.ReplaceAll(value, "DIR", dir))
		if err != nil || got["x"] != want {
			t.Errorf("%s: got %q, %v; want %q", value, got["x"], err, want)
		}
	}
}

func TestVariablesOfTheCommandLineNeedNoDeclaration(t *testing.T) {
	got, err := Expand([]Property{{Key: "k", Value: "${env:PW}", Origin: "--command-property"}}, func(string) string { return "pw" })
	if d := cmp.Diff([]Property{{Key: "k", Value: "pw", Origin: "--command-property"}}, got); err != nil || d != "" {
		t.Errorf("%v (-want +got):\n%s", err, d)
	}
}

func TestVariablesThatCannotBeRead(t *testing.T) {
	dir := secrets(t)
	for text, want := range map[string]string{
		"x=${env:PW}":            "client.properties, line 1: x: it has a variable of env, and the file declares no such provider: add config.providers=env and config.providers.env.class=org.apache.kafka.common.config.provider.EnvVarConfigProvider",
		"config.providers=vault": "client.properties, line 1: config.providers: provider \"vault\" has no config.providers.vault.class",
		"config.providers=v\nconfig.providers.v.class=x.V": "client.properties, line 2: config.providers.v.class: offsetctl knows FileConfigProvider, DirectoryConfigProvider and EnvVarConfigProvider of org.apache.kafka.common.config.provider, not \"x.V\"",
		declared + "x=${env:NONE}":                         "client.properties, line 5: x: the environment variable NONE is not set",
		declared + "x=${file:DIR/none:k}":                  "client.properties, line 5: x: there is no file DIR/none",
		declared + "x=${file:DIR:k}":                       "client.properties, line 5: x: DIR is a directory, not a file",
		declared + "x=${file:DIR/more.properties:none}":    "client.properties, line 5: x: DIR/more.properties has no key \"none\"",
		declared + "x=${file:k}":                           "client.properties, line 5: x: a file's variable is ${file:PATH:KEY}",
		declared + "x=${dir:DIR:../pw}":                    "client.properties, line 5: x: a directory's variable is ${directory:PATH:FILE}, and \"../pw\" is no file's name",
		declared + "x=${dir:DIR:..}":                       "client.properties, line 5: x: a directory's variable is ${directory:PATH:FILE}, and \"..\" is no file's name",
		declared + "x=${dir:DIR:large}":                    "client.properties, line 5: x: DIR/large is too large for a file of settings",
		declared + "config.providers.file.param.allowed.paths=/none\nx=${file:DIR/more.properties:k}": "client.properties, line 6: x: the provider's allowed.paths do not allow DIR/more.properties",
		declared + "config.providers.env.param.allowlist.pattern=P\nx=${env:PW}":                      "client.properties, line 6: x: the provider's allowlist.pattern does not allow the environment variable PW",
		declared + "config.providers.env.param.other=P":                                               "client.properties, line 5: config.providers.env.param.other: offsetctl does not know this parameter of EnvVarConfigProvider",
		declared + "config.providers.env.param.allowlist.pattern=(":                                   "client.properties, line 5: config.providers.env.param.allowlist.pattern: not a regular expression that offsetctl reads (RE2)",
	} {
		_, err := expand(t, strings.ReplaceAll(text, "DIR", dir))
		if want = strings.ReplaceAll(want, "DIR", dir); err == nil || err.Error() != want {
			t.Errorf("%s\ngot  %v\nwant %s", text, err, want)
		}
	}
}

func TestAllowedPaths(t *testing.T) {
	dir := secrets(t)
	got, err := expand(t, declared+"config.providers.dir.param.allowed.paths=/none,"+dir+"\nx=${dir:"+dir+":pw}\nconfig.providers.env.param.allowlist.pattern=P.*\ny=${env:PW}")
	if err != nil || got["x"] != "from a file" || got["y"] != "from the environment" {
		t.Errorf("got %v, %v", got, err)
	}
}

// A variable that nobody replaces would be sent as a password. What Kafka's pattern does not take for one stays.
func TestVariablesOfProvidersThatNobodyDeclares(t *testing.T) {
	const (
		sasl    = "security.protocol=SASL_SSL\n"
		missing = "it has a variable of a provider that is not declared: config.providers may be FileConfigProvider, DirectoryConfigProvider and EnvVarConfigProvider; a value that only looks like a variable is put where one of them leads"
	)
	for text, want := range map[string]string{
		`sasl.jaas.config=x required username="alice" password="${vault:kv/kafka:alice}";` + "\n" + sasl: "client.properties, line 1: sasl.jaas.config: " + missing,
		"sasl.password=${vault:alice}\n" + sasl:                                                          "client.properties, line 1: sasl.password: " + missing,
		"sasl.password=a${Hunter2:x}b\n" + sasl + declared:                                               "client.properties, line 1: sasl.password: " + missing,
		"ssl.key.password=${S3cr=t:x}\nsecurity.protocol= ssl":                                           "client.properties, line 1: ssl.key.password: " + missing,
		"sasl.password=${env:PW}":                                                                        "client.properties, line 1: sasl.password: it has a variable of env, and the file declares no such provider: add config.providers=env and config.providers.env.class=org.apache.kafka.common.config.provider.EnvVarConfigProvider",

		"sasl.password=${vault:x}":                                      "", // without effect
		"ssl.key.password=${vault:x}\nsecurity.protocol=SASL_PLAINTEXT": "",
		"client.id=${HOST:localhost}\n" + sasl:                          "",
		"sasl.password=${vault}\n" + sasl:                               "",
		"sasl.password=${vault:x\n" + sasl:                              "",
		"sasl.password=$vault:x}\n" + sasl:                              "",
		"sasl.password=${vault}:x}\n" + sasl:                            "",
		"sasl.password=$${}{vault:x}\n" + sasl:                          "",
		"sasl.password=${:x}\n" + sasl:                                  "", // no provider can have these names
		"sasl.password=${a,b:x}\n" + sasl:                               "",
		"sasl.password=${ vault:x}\n" + sasl:                            "",
		"spring.datasource.url=${DB:here}":                              "", // another program's
	} {
		got, err := expand(t, text)
		key, value, _ := strings.Cut(strings.SplitN(text, "\n", 2)[0], "=")
		switch {
		case want == "" && (err != nil || got[key] != value):
			t.Errorf("%s\ngot  %q, %v\nwant it as it is", text, got[key], err)
		case want != "" && (err == nil || err.Error() != want):
			t.Errorf("%s\ngot  %v\nwant %s", text, err, want)
		}
	}
}

func TestVariablesOfProvidersThatAreNotThereOutsideOfFiles(t *testing.T) {
	_, err := Expand([]Property{{Key: "security.protocol", Value: "SASL_SSL"}, {Key: "sasl.password", Value: "${vault:kv:pw}", Origin: "OFFSETCTL_SASL_PASSWORD"}}, func(string) string { return "" })
	const want = "OFFSETCTL_SASL_PASSWORD: sasl.password: it has a variable of a provider that is not declared: outside of a file there are env, file and directory; a value that only looks like a variable is put where one of them leads"
	if err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
}

func TestEachFileOfVariablesIsReadOnce(t *testing.T) {
	props, err := Parse("client.properties", declared+strings.Repeat("x=${file:/f:k}${file:/f:k2}${dir:/:f}${file:/g:k}\n", 3))
	if err != nil {
		t.Fatal(err)
	}
	reads := map[string]int{}
	read := func(path string) (string, error) {
		reads[path]++
		return "k=v\nk2=" + path + "\n", nil
	}
	props, err = newExpansion(func(string) string { return "" }, read).expand(props)
	if got := props[len(props)-1].Value; err != nil || got != "v/fk=v\nk2=/fv" {
		t.Errorf("got %q, %v", got, err)
	}
	if d := cmp.Diff(map[string]int{"/f": 1, "/g": 1}, reads); d != "" {
		t.Errorf("reads (-want +got):\n%s", d)
	}
}

func TestWithin(t *testing.T) {
	for _, c := range []struct {
		folder, path string
		want         bool
	}{
		{"/a", "/a", true}, {"/a", "/a/b", true}, {"/a", "/a/../b", false}, {"/a", "/ab", false}, {"/a/b", "/a", false}, {"/a", "/a/..b", true}, {"/", "/b", true}, {"/a", "a", false},
	} {
		if got := within(c.folder, c.path); got != c.want {
			t.Errorf("%s in %s: %t", c.path, c.folder, got)
		}
	}
}
