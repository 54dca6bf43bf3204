package clientconfig

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// awsProfile is one section of AWS's shared files.
type awsProfile map[string]string

// hasCredentials reports whether the profile says where credentials come from, and not only a region or the like.
func (p awsProfile) hasCredentials() bool {
	for _, key := range []string{
		"aws_access_key_id", "aws_secret_access_key", "role_arn", "credential_process", "web_identity_token_file",
		"sso_session", "sso_start_url", "login_session",
	} {
		if p[key] != "" {
			return true
		}
	}
	return false
}

// awsFile is where a shared file of AWS is.
func awsFile(variable, name string) string {
	if path := os.Getenv(variable); path != "" {
		return path
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return ""
	}
	return filepath.Join(home, ".aws", name)
}

func awsConfigFile() string      { return awsFile("AWS_CONFIG_FILE", "config") }
func awsCredentialsFile() string { return awsFile("AWS_SHARED_CREDENTIALS_FILE", "credentials") }

// readAWSProfiles reads both shared files; what is in the credentials file wins. A file that is not there is empty.
func readAWSProfiles() (map[string]awsProfile, error) {
	profiles := map[string]awsProfile{}
	for _, f := range []struct {
		path   string
		prefix string // of all sections but default
	}{{awsConfigFile(), "profile "}, {awsCredentialsFile(), ""}} {
		if f.path == "" {
			continue
		}
		data, err := smallFile(f.path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, noAWS("file "+f.path, err.Error(), "")
		}
		parseAWSFile(profiles, string(data), f.prefix)
	}
	return profiles, nil
}

// parseAWSFile adds a shared file's sections to profiles. Lines that say nothing are left out, as by AWS's own tools; lines
// that begin with space belong to the key above, and have no credentials.
func parseAWSFile(profiles map[string]awsProfile, text, prefix string) {
	var section awsProfile // nil: not a profile
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, " \t\r\n")
		switch {
		case line == "" || strings.ContainsRune("#; \t", rune(line[0])):
		case line[0] == '[':
			section = profileSection(profiles, line, prefix)
		default:
			key, value, ok := strings.Cut(line, "=")
			if ok && section != nil {
				section[strings.ToLower(strings.TrimSpace(key))] = withoutComment(strings.TrimSpace(value))
			}
		}
	}
}

// profileSection is the profile that a line such as [profile dev] begins; nil: it begins something else.
func profileSection(profiles map[string]awsProfile, line, prefix string) awsProfile {
	name, _, ok := strings.Cut(line[1:], "]")
	name = strings.TrimSpace(name)
	if !ok || name == "" {
		return nil
	}
	if bare, ok := strings.CutPrefix(name, prefix); ok {
		name = strings.TrimSpace(bare)
	} else if name != "default" {
		return nil
	}
	if profiles[name] == nil {
		profiles[name] = awsProfile{}
	}
	return profiles[name]
}

// withoutComment cuts a comment that follows a value.
func withoutComment(value string) string {
	for _, mark := range []string{" #", " ;", "\t#", "\t;"} {
		if before, _, ok := strings.Cut(value, mark); ok {
			value = strings.TrimSpace(before)
		}
	}
	return value
}

// profile are the credentials of a profile.
func (c *awsChain) profile(ctx context.Context, name string) (awsFound, error) {
	profiles, err := readAWSProfiles()
	if err != nil {
		return awsFound{}, err
	}
	return c.resolve(ctx, profiles, name, nil)
}

// resolve follows a profile to its credentials; by are the profiles that led to it.
func (c *awsChain) resolve(ctx context.Context, profiles map[string]awsProfile, name string, by []string) (awsFound, error) {
	source := fmt.Sprintf("profile %q", name)
	p, ok := profiles[name]
	id, secret := p["aws_access_key_id"], NewSecret(p["aws_secret_access_key"])
	switch {
	case !ok:
		return awsFound{}, noAWS(source, fmt.Sprintf("there is no such profile in %s and %s", awsCredentialsFile(), awsConfigFile()),
			"check AWS_PROFILE (or awsProfileName in sasl.jaas.config); `aws configure list-profiles` has the names")
	case len(by) > 0 && by[len(by)-1] == name && id != "": // a role of its own keys
	case p["role_arn"] != "":
		return c.profileRole(ctx, profiles, name, by)
	}
	switch {
	case id != "" && secret.Empty(), id == "" && !secret.Empty():
		return awsFound{}, noAWS(source, "it has one of aws_access_key_id and aws_secret_access_key", "set both")
	case id != "":
		return awsFound{value: awsKeys{id, secret, NewSecret(p["aws_session_token"])}}, nil
	case p["sso_session"] != "" || p["sso_start_url"] != "" || p["login_session"] != "":
		return awsFound{}, noAWS(source, "it logs in with a browser, which offsetctl does not",
			fmt.Sprintf("run `eval \"$(aws configure export-credentials --profile %s --format env)\"` first and take no profile", name))
	case p["credential_process"] != "":
		return c.process(ctx, source, p["credential_process"])
	}
	return awsFound{}, noAWS(source, "it has no credentials: no aws_access_key_id, role_arn or credential_process", "")
}

// profileRole are the credentials of a profile with role_arn.
func (c *awsChain) profileRole(ctx context.Context, profiles map[string]awsProfile, name string, by []string) (awsFound, error) {
	p, source := profiles[name], fmt.Sprintf("profile %q", name)
	role := awsRole{arn: p["role_arn"], session: p["role_session_name"], externalID: p["external_id"], region: p["region"]}
	if c.conf.STSRegion != "" {
		role.region = c.conf.STSRegion
	}
	for _, before := range by {
		if before == name {
			return awsFound{}, noAWS(source, "its source_profile leads back to it", "")
		}
	}
	var base awsFound
	var err error
	switch {
	case p["web_identity_token_file"] != "":
		return c.webIdentity(ctx, p["web_identity_token_file"], role)
	case p["mfa_serial"] != "":
		return awsFound{}, noAWS(source, "its role wants a code (mfa_serial), for which offsetctl cannot ask",
			fmt.Sprintf("run `eval \"$(aws configure export-credentials --profile %s --format env)\"` first and take no profile", name))
	case p["source_profile"] != "":
		base, err = c.resolve(ctx, profiles, p["source_profile"], append(by, name))
	default:
		base, err = c.credentialSource(ctx, source, p["credential_source"])
	}
	if err != nil {
		return awsFound{}, err
	}
	return c.assume(ctx, base.value, role)
}

// credentialSource is what a profile's role is assumed with, if it is not another profile.
func (c *awsChain) credentialSource(ctx context.Context, source, kind string) (awsFound, error) {
	switch kind {
	case "Environment":
		keys, ok, err := envKeys()
		if err == nil && !ok {
			err = noAWS(source, "its credential_source is Environment, and AWS_ACCESS_KEY_ID is not set", "set it")
		}
		return awsFound{value: keys}, err
	case "EcsContainer":
		return c.container(ctx)
	case "Ec2InstanceMetadata":
		return c.instance(ctx)
	}
	return awsFound{}, noAWS(source, "it has a role_arn and nothing to assume it with",
		"set source_profile, or credential_source: Environment, EcsContainer or Ec2InstanceMetadata")
}
