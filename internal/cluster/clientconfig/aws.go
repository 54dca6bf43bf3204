package clientconfig

import (
	"context"
	"errors"
	"net/http"
	"os"
	"time"

	"github.com/twmb/franz-go/pkg/sasl"
	"github.com/twmb/franz-go/pkg/sasl/aws"
)

// mskIAM is the mechanism AWS_MSK_IAM of Amazon's managed Kafka: franz-go signs, the credentials are found here.
type mskIAM struct {
	sasl.Mechanism
	cache *tokenCache[awsKeys]
}

func (m mskIAM) prepare(ctx context.Context) error {
	_, err := m.cache.get(ctx)
	return err
}

// awsKeys is what AWS requests are signed with.
type awsKeys struct {
	id              string
	secret, session Secret // session is empty of a user's own keys
}

// mechanism finds the credentials as AWS's SDKs do, when they are needed. Their library does the same and more for 3.8 MB,
// which is more than the binary has room for.
func (a AWS) mechanism(now func() time.Time) (sasl.Mechanism, error) {
	switch {
	case a.Profile != "" && a.RoleARN != "":
		return nil, errors.New("awsProfileName and awsRoleArn in sasl.jaas.config: keep one; a profile may name its role itself, in role_arn")
	case a.RoleARN == "" && a.AccessKeyID != "":
		return nil, errors.New("awsRoleAccessKeyId in sasl.jaas.config is what a role is assumed with: set awsRoleArn, " +
			"or put the keys in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
	case a.AccessKeyID != "" && a.SecretAccessKey.Empty():
		return nil, errors.New("awsRoleAccessKeyId in sasl.jaas.config has no awsRoleSecretAccessKey beside it")
	}
	chain := newAWSChain(a, now)
	cache := &tokenCache[awsKeys]{fetch: chain.find, now: now, what: awsCredentials, source: "where AWS's SDKs look"}
	login := aws.ManagedStreamingIAM(func(ctx context.Context) (aws.Auth, error) {
		keys, err := cache.get(ctx)
		return aws.Auth{AccessKey: keys.id, SecretKey: keys.secret.Reveal(), SessionToken: keys.session.Reveal(), UserAgent: "offsetctl"}, err
	})
	return mskIAM{login, cache}, nil
}

// awsChain looks for credentials, in the order of AWS's SDKs.
type awsChain struct {
	conf          AWS
	now           func() time.Time
	remote, local *http.Client // local: this machine's own services, which no proxy leads to
}

func newAWSChain(a AWS, now func() time.Time) *awsChain {
	chain := &awsChain{conf: a, now: now, remote: endpointClient(nil, 0), local: endpointClient(nil, time.Second)}
	chain.local.Transport.(*http.Transport).Proxy = nil
	return chain
}

// awsFound are keys and when they end.
type awsFound = fetched[awsKeys]

// find is the credentials of the configuration's role, or those that are there.
func (c *awsChain) find(ctx context.Context) (awsFound, error) {
	if c.conf.RoleARN == "" {
		return c.base(ctx)
	}
	base := awsFound{value: awsKeys{c.conf.AccessKeyID, c.conf.SecretAccessKey, c.conf.RoleToken}}
	if c.conf.AccessKeyID == "" {
		var err error
		if base, err = c.base(ctx); err != nil {
			return awsFound{}, err
		}
	}
	return c.assume(ctx, base.value, awsRole{
		arn: c.conf.RoleARN, session: c.conf.RoleSessionName, externalID: c.conf.RoleExternalID, region: c.conf.STSRegion,
	})
}

// base are the credentials without the configuration's role.
func (c *awsChain) base(ctx context.Context) (awsFound, error) {
	if c.conf.Profile != "" {
		return c.profile(ctx, c.conf.Profile)
	}
	if keys, ok, err := envKeys(); ok || err != nil {
		return awsFound{value: keys}, err
	}
	if file := os.Getenv("AWS_WEB_IDENTITY_TOKEN_FILE"); file != "" {
		return c.webIdentity(ctx, file, awsRole{arn: os.Getenv("AWS_ROLE_ARN"), session: os.Getenv("AWS_ROLE_SESSION_NAME")})
	}
	if name := firstEnv("AWS_PROFILE", "AWS_DEFAULT_PROFILE"); name != "" {
		return c.profile(ctx, name)
	}
	if profiles, err := readAWSProfiles(); err != nil {
		return awsFound{}, err
	} else if profiles["default"].hasCredentials() {
		return c.profile(ctx, "default")
	}
	if containerURL() != "" {
		return c.container(ctx)
	}
	return c.instance(ctx)
}

// envKeys are the keys of the environment; false: there are none.
func envKeys() (awsKeys, bool, error) {
	id, secret := firstEnv("AWS_ACCESS_KEY_ID", "AWS_ACCESS_KEY"), firstEnv("AWS_SECRET_ACCESS_KEY", "AWS_SECRET_KEY")
	switch {
	case id == "" && secret == "":
		return awsKeys{}, false, nil
	case id == "":
		return awsKeys{}, false, noAWS("the environment", "AWS_SECRET_ACCESS_KEY is set and AWS_ACCESS_KEY_ID is not", "set both or none")
	case secret == "":
		return awsKeys{}, false, noAWS("the environment", "AWS_ACCESS_KEY_ID is set and AWS_SECRET_ACCESS_KEY is not", "set both or none")
	}
	return awsKeys{id, NewSecret(secret), NewSecret(os.Getenv("AWS_SESSION_TOKEN"))}, true, nil
}

func firstEnv(names ...string) string {
	for _, name := range names {
		if v := os.Getenv(name); v != "" {
			return v
		}
	}
	return ""
}

// noAWS is a TokenError of AWS_MSK_IAM.
func noAWS(source, text, hint string) error {
	return &TokenError{What: awsCredentials, Source: source, Err: errors.New(text), Hint: hint}
}
