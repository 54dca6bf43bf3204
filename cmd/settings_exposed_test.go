package cmd

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFilesWithSecretsThatOthersCanRead(t *testing.T) {
	dir := t.TempDir()
	if err := os.Chmod(filepath.Dir(dir), 0o755); err != nil { // testing keeps others out
		t.Fatal(err)
	}
	file := func(name, text string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	_, ed, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(ed)
	if err != nil {
		t.Fatal(err)
	}
	key := file("key", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})), 0o644)
	sealed := file("sealed", "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAA=\n-----END ENCRYPTED PRIVATE KEY-----\n", 0o644)
	link := filepath.Join(dir, "link")
	if err := os.Symlink(key, link); err != nil {
		t.Fatal(err)
	}
	closed := filepath.Join(dir, "closed")
	if err := os.Mkdir(closed, 0o700); err != nil {
		t.Fatal(err)
	}
	hidden := file("closed/key", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})), 0o644)
	public, private := file("public", "pw=P\nuser=alice\n", 0o644), file("private", "pw=P\n", 0o640)
	const providers = "config.providers=file,directory\nconfig.providers.file.class=org.apache.kafka.common.config.provider.FileConfigProvider\n" +
		"config.providers.directory.class=org.apache.kafka.common.config.provider.DirectoryConfigProvider\n"
	const scram = "security.protocol=SASL_PLAINTEXT\nsasl.mechanism=SCRAM-SHA-256\nsasl.username=alice\n"
	if !readableByOthers(public) {
		t.Skip("the folder of temporary files is closed to others")
	}
	for name, c := range map[string]struct {
		text string
		mode os.FileMode
		want []string // files and keys
	}{
		"a password":                   {scram + "sasl.password=P\n", 0o644, []string{"settings sasl.password"}},
		"one that has no effect":       {"security.protocol=PLAINTEXT\nsasl.password=P\n", 0o644, []string{"settings sasl.password"}},
		"a login without a secret":     {"security.protocol=SASL_PLAINTEXT\nsasl.mechanism=OAUTHBEARER\nsasl.jaas.config=x.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub=alice;\n", 0o644, nil},
		"in a closed folder":           {"security.protocol=SSL\nssl.keystore.location=" + hidden + "\n", 0o644, nil},
		"of the group":                 {scram + "sasl.password=P\n", 0o640, nil},
		"no secret":                    {"client.id=x\n", 0o644, nil},
		"a variable":                   {providers + scram + "sasl.password=${file:" + public + ":pw}\n", 0o644, []string{"public sasl.password"}},
		"two of one file":              {providers + "security.protocol=SSL\nssl.keystore.password=${file:" + public + ":pw}\nssl.key.password=${file:" + public + ":pw}\n", 0o644, []string{"public ssl.keystore.password"}},
		"a file of a directory":        {providers + scram + "sasl.password=${directory:" + dir + ":public}\n", 0o600, []string{"public sasl.password"}},
		"a variable, well kept":        {providers + scram + "sasl.password=${file:" + private + ":pw}\n", 0o644, nil},
		"a variable that is no secret": {providers + "client.id=${file:" + public + ":user}\n", 0o644, nil},
		"a password of a truststore":   {"security.protocol=SSL\nssl.truststore.location=x\nssl.truststore.password=P\n", 0o644, nil},
		"a key in PEM":                 {"security.protocol=SSL\nssl.keystore.location=" + key + "\n", 0o644, []string{"key ssl.keystore.location"}},
		"through a link":               {"security.protocol=SSL\nssl.keystore.type=PEM\nssl.keystore.location=" + link + "\n", 0o644, []string{"link ssl.keystore.location"}},
		"an encrypted key":             {"security.protocol=SSL\nssl.keystore.location=" + sealed + "\n", 0o644, nil},
		"librdkafka's key":             {"security.protocol=SSL\nssl.key.location=" + key + "\nssl.certificate.location=" + public + "\n", 0o644, []string{"key ssl.key.location"}},
		"librdkafka's encrypted key":   {"security.protocol=SSL\nssl.key.location=" + sealed + "\nssl.certificate.location=" + public + "\n", 0o644, nil},
		"a token":                      {"security.protocol=SASL_PLAINTEXT\nsasl.mechanism=OAUTHBEARER\nsasl.oauthbearer.token.endpoint.url=file://" + public + "\n", 0o644, []string{"public sasl.oauthbearer.token.endpoint.url"}},
		"a key without TLS":            {"security.protocol=PLAINTEXT\nssl.keystore.location=" + key + "\n", 0o644, nil},
		"an assertion":                 {"security.protocol=SASL_PLAINTEXT\nsasl.mechanism=OAUTHBEARER\nsasl.oauthbearer.token.endpoint.url=https://idp\nsasl.oauthbearer.assertion.file=" + public + "\n", 0o644, []string{"public sasl.oauthbearer.assertion.file"}},
		"an assertion's key":           {"security.protocol=SASL_PLAINTEXT\nsasl.mechanism=OAUTHBEARER\nsasl.oauthbearer.token.endpoint.url=https://idp\nsasl.oauthbearer.assertion.claim.iss=me\nsasl.oauthbearer.assertion.private.key.file=" + key + "\n", 0o644, []string{"key sasl.oauthbearer.assertion.private.key.file"}},
		"nothing is there":             {"security.protocol=SSL\nssl.key.location=" + dir + "/none\nssl.certificate.location=x\n", 0o644, nil},
	} {
		t.Run(name, func(t *testing.T) {
			path := file("settings", c.text, c.mode)
			_, set, err := settled(connectionFlags{config: path}, nil)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, f := range set.exposed() {
				got = append(got, fmt.Sprint(filepath.Base(f.Path), " ", f.Key))
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if strings.Contains(fmt.Sprint(set.exposed()), "pw=") {
				t.Error("it shows what is in a file")
			}
		})
	}
}
