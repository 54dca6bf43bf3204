package clientconfig

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// awsRole is a role to be assumed.
type awsRole struct {
	arn        string
	session    string // its name in AWS's logs; empty: offsetctl
	externalID string // empty: none
	region     string // of STS; empty: the environment's
}

// assume takes a role with keys (sts:AssumeRole).
func (c *awsChain) assume(ctx context.Context, keys awsKeys, role awsRole) (awsFound, error) {
	form := role.form("AssumeRole")
	if role.externalID != "" {
		form.Set("ExternalId", role.externalID)
	}
	return c.sts(ctx, role, form, &keys, []Secret{keys.secret, keys.session})
}

// webIdentity takes a role with somebody else's token, such as that of a Kubernetes service account
// (sts:AssumeRoleWithWebIdentity). That request is not signed.
func (c *awsChain) webIdentity(ctx context.Context, file string, role awsRole) (awsFound, error) {
	source := "web identity token file " + file
	if role.arn == "" {
		return awsFound{}, noAWS(source, "AWS_WEB_IDENTITY_TOKEN_FILE is set and AWS_ROLE_ARN is not", "set both or none")
	}
	data, err := smallFile(file)
	if err != nil {
		return awsFound{}, noAWS(source, err.Error(), "AWS_WEB_IDENTITY_TOKEN_FILE (or web_identity_token_file of the profile) must name a readable file")
	}
	token := strings.TrimSpace(string(data))
	form := role.form("AssumeRoleWithWebIdentity")
	form.Set("WebIdentityToken", token)
	return c.sts(ctx, role, form, nil, []Secret{NewSecret(token)})
}

func (r awsRole) form(action string) url.Values {
	session := r.session
	if session == "" {
		session = "offsetctl"
	}
	return url.Values{"Action": {action}, "Version": {"2011-06-15"}, "RoleArn": {r.arn}, "RoleSessionName": {session}}
}

// regionName is what may be part of a host name.
var regionName = regexp.MustCompile(`^[a-z0-9-]+$`)

// stsEndpoint is where STS is, and the region that a request to it is signed for.
func stsEndpoint(region string) (*url.URL, string, error) {
	if region == "" {
		region = firstEnv("AWS_REGION", "AWS_DEFAULT_REGION")
	}
	host, signed := "sts."+region+".amazonaws.com", region
	switch {
	case region == "" || region == "aws-global":
		host, signed = "sts.amazonaws.com", "us-east-1"
	case !regionName.MatchString(region):
		return nil, "", noAWS("STS", fmt.Sprintf("%q is no region", foreign(region)), "check AWS_REGION (or awsStsRegion in sasl.jaas.config)")
	case strings.HasPrefix(region, "cn-"):
		host += ".cn"
	}
	own := firstEnv("AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL")
	if own == "" {
		return &url.URL{Scheme: "https", Host: host, Path: "/"}, signed, nil
	}
	u, err := url.Parse(own)
	if err != nil || u.Host == "" || u.Scheme != "https" && (u.Scheme != "http" || !isLoopback(u.Hostname())) {
		return nil, "", noAWS("STS", "AWS_ENDPOINT_URL_STS is no https: URL", "")
	}
	return &url.URL{Scheme: u.Scheme, Host: u.Host, Path: "/"}, signed, nil
}

// sts asks for a role's credentials. Without keys the request is not signed.
func (c *awsChain) sts(ctx context.Context, role awsRole, form url.Values, keys *awsKeys, sent []Secret) (awsFound, error) {
	u, region, err := stsEndpoint(role.region)
	if err != nil {
		return awsFound{}, err
	}
	source := fmt.Sprintf("STS (%s) for role %s", urlName(u), role.arn)
	body := form.Encode()
	var f awsFound
	flt := awsPatience.do(ctx, func(ctx context.Context) (flt *fault) {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), strings.NewReader(body))
		if err != nil {
			return &fault{text: "it cannot be asked"}
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
		req.Header.Set("Accept", "application/json") // without it STS answers with XML
		if keys != nil {
			signAWS(req, body, *keys, "sts", region, c.now())
		}
		a, flt := send(c.remote, req, awsPatience.attempt)
		if flt == nil {
			f, flt = stsAnswer(a, sent)
		}
		return flt
	})
	switch {
	case flt == nil:
		return f, nil
	case ctx.Err() != nil:
		return awsFound{}, &TokenError{What: awsCredentials, Source: source, Err: flat(ctx.Err())}
	}
	return awsFound{}, noAWS(source, flt.text, flt.hint)
}

// stsAnswer takes the credentials out of an answer, or the reason why there are none.
func stsAnswer(a answer, sent []Secret) (awsFound, *fault) {
	type result struct{ Credentials awsKeysJSON }
	var got struct {
		AssumeRoleResponse                struct{ AssumeRoleResult result }
		AssumeRoleWithWebIdentityResponse struct{ AssumeRoleWithWebIdentityResult result }
		Error                             struct{ Code, Message string }
	}
	err := json.Unmarshal(a.body, &got)
	if a.status != http.StatusOK {
		text := fmt.Sprintf("%d %s", a.status, http.StatusText(a.status))
		if got.Error.Code != "" {
			text += ": " + foreign(hide(got.Error.Code+": "+got.Error.Message, sent))
		}
		return awsFound{}, &fault{text: text, again: mayPass(a.status), after: a.retryAfter, hint: stsHint(got.Error.Code)}
	}
	if err != nil {
		return awsFound{}, &fault{text: "its answer is not the JSON object that it should be", hint: "is AWS_ENDPOINT_URL_STS right?"}
	}
	keys := got.AssumeRoleResponse.AssumeRoleResult.Credentials
	if keys.AccessKeyID == "" {
		keys = got.AssumeRoleWithWebIdentityResponse.AssumeRoleWithWebIdentityResult.Credentials
	}
	f, wrong := keys.found()
	if wrong != "" {
		return awsFound{}, &fault{text: wrong}
	}
	return f, nil
}

// stsHint is what to do about an error code of STS.
func stsHint(code string) string {
	switch code {
	case "AccessDenied":
		return "the role's trust policy must allow it to whoever asks; `aws sts get-caller-identity` tells who that is"
	case "ExpiredToken", "ExpiredTokenException":
		return "the credentials that the role is assumed with have expired: get new ones"
	case "InvalidClientTokenId", "SignatureDoesNotMatch":
		return "the access key or its secret is wrong, or this machine's clock is"
	case "InvalidIdentityToken":
		return "the role's trust policy must name the issuer of the token"
	}
	return "check the role's ARN and its trust policy"
}
