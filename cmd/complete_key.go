package cmd

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/offsetctl/offsetctl/internal/cluster"
	"github.com/offsetctl/offsetctl/internal/cluster/clientconfig"
)

// namesOf is the file of what these settings show of a cluster. Its name is a hash over what decides that: servers, who logs in
// and how, and where each setting comes from, so that no profile and no user is offered the names of another. Passwords are not
// in it, lest somebody tries which one gives the name of the file.
func (s *session) namesOf(set settings, scope cluster.Scope) nameFile {
	return nameFile{s.keptBy(set, string(scope), nil)}
}

// keptBy is the file of what is kept of these settings, and of these files as they are now.
func (s *session) keptBy(set settings, what string, files []string) keptFile {
	dir := s.cacheFolder()
	config, err := json.Marshal(set.Config) // secrets are [hidden]
	if dir == "" || err != nil {
		return keptFile{}
	}
	h := sha256.New()
	fmt.Fprintf(h, "%s %q %s\n", what, set.bootstrap, config)
	for _, p := range set.Effective {
		value := p.Value
		if clientconfig.IsSecret(p.Key) {
			value = ""
		}
		fmt.Fprintf(h, "%q %q from %q\n", p.Key, value, p.Origin)
	}
	s.hashWho(h, set)
	hashFiles(h, files)
	return keptFile{filepath.Join(dir, hex.EncodeToString(h.Sum(nil))+namesEnding)}
}

// hashWho adds who logs in, where a setting only leads there: a token, which nobody guesses, and files, which may become
// somebody else's.
func (s *session) hashWho(h io.Writer, set settings) {
	oauth, own := set.SASL.OAuth, set.TLS.Own
	fmt.Fprintf(h, "%x %x\n", sha256.Sum256([]byte(oauth.Token.Reveal())), sha256.Sum256([]byte(own.Certificates.Reveal())))
	files := []string{oauth.TokenFile, own.Location, own.CertificateFile}
	if oauth.Assertion != nil {
		files = append(files, oauth.Assertion.File, oauth.Assertion.TemplateFile)
	}
	if set.SASL.Mechanism == "AWS_MSK_IAM" {
		for _, name := range awsIdentity() {
			fmt.Fprintf(h, "%s %q\n", name, s.env(name))
		}
		aws := filepath.Join(s.env("HOME"), ".aws")
		files = append(files, s.env("AWS_SHARED_CREDENTIALS_FILE"), s.env("AWS_CONFIG_FILE"), filepath.Join(aws, "credentials"), filepath.Join(aws, "config"))
	}
	hashFiles(h, files)
}

// hashFiles adds which files are there, and when they were written: not what is in them.
func hashFiles(h io.Writer, files []string) {
	for _, path := range files {
		if info, err := os.Stat(path); path != "" && err == nil {
			fmt.Fprintf(h, "%q %d %d\n", path, info.Size(), info.ModTime().UnixNano())
		}
	}
}

// awsIdentity are the variables of AWS's SDKs that say who somebody is, and are no secrets.
func awsIdentity() []string {
	return []string{
		"AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_ACCESS_KEY", "AWS_ROLE_ARN", "AWS_ROLE_SESSION_NAME", "AWS_WEB_IDENTITY_TOKEN_FILE",
		"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE", "HOME",
	}
}
