package clientconfig

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
)

// containerURL is where a container's credentials are (ECS, EKS Pod Identity); empty: this is none.
func containerURL() string {
	if path := os.Getenv("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"); path != "" {
		return "http://169.254.170.2" + path
	}
	return os.Getenv("AWS_CONTAINER_CREDENTIALS_FULL_URI")
}

// container are the credentials of the container that this runs in.
func (c *awsChain) container(ctx context.Context) (awsFound, error) {
	u, err := url.Parse(containerURL())
	if err != nil || u.Host == "" {
		return awsFound{}, noAWS("the container", "AWS_CONTAINER_CREDENTIALS_FULL_URI is not a URL", "")
	}
	source := "the container's " + urlName(u)
	if u.Scheme != "https" && !isContainerHost(u.Hostname()) {
		return awsFound{}, noAWS(source, "AWS_CONTAINER_CREDENTIALS_FULL_URI leads away from this machine without https", "")
	}
	token, err := containerToken()
	if err != nil {
		return awsFound{}, noAWS(source, err.Error(), "")
	}
	var j awsKeysJSON
	flt := awsPatience.do(ctx, func(ctx context.Context) *fault {
		header := http.Header{}
		if !token.Empty() {
			header.Set("Authorization", token.Reveal())
		}
		return c.getJSON(ctx, u.String(), header, &j)
	})
	return c.foundBy(ctx, source, j, flt)
}

// isContainerHost reports whether the SDKs take credentials from there without TLS: this machine, ECS and EKS.
func isContainerHost(host string) bool {
	switch host {
	case "169.254.170.2", "169.254.170.23", "fd00:ec2::23":
		return true
	}
	return isLoopback(host)
}

// containerToken is what a container shows to get its credentials; empty: nothing. The file is the newer one of the two ways,
// and changes.
func containerToken() (Secret, error) {
	variable, token := "AWS_CONTAINER_AUTHORIZATION_TOKEN", os.Getenv("AWS_CONTAINER_AUTHORIZATION_TOKEN")
	if file := os.Getenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"); file != "" {
		data, err := smallFile(file)
		if err != nil {
			return Secret{}, fmt.Errorf("reading AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE %s: %w", file, err)
		}
		variable, token = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE "+file, string(data)
	}
	token = strings.TrimSpace(token)
	if strings.ContainsAny(token, "\r\n") {
		return Secret{}, fmt.Errorf("reading %s: it has more than one line", variable)
	}
	return NewSecret(token), nil
}

// awsPatience is with AWS's services; instancePatience with an instance's own, which is there at once or not at all.
var (
	awsPatience      = patience{attempt: endpointTimeout, window: endpointTimeout, backoff: endpointBackoff}
	instancePatience = patience{attempt: time.Second}
)

// nothingFound is the end of the search, and says where it has been.
func nothingFound(last string) error {
	return noAWS("where AWS's SDKs look",
		fmt.Sprintf("AWS_ACCESS_KEY_ID, AWS_WEB_IDENTITY_TOKEN_FILE and AWS_CONTAINER_CREDENTIALS_… are not set, profile \"default\" in %s and %s has none, and %s",
			awsCredentialsFile(), awsConfigFile(), last),
		"set AWS_PROFILE (or awsProfileName in sasl.jaas.config), or the keys in the environment; `aws sts get-caller-identity` tells whether the AWS CLI finds any")
}

// instance are the credentials of the EC2 instance that this runs on (IMDSv2).
func (c *awsChain) instance(ctx context.Context) (awsFound, error) {
	if strings.EqualFold(os.Getenv("AWS_EC2_METADATA_DISABLED"), "true") {
		return awsFound{}, nothingFound("the instance's metadata are not asked (AWS_EC2_METADATA_DISABLED)")
	}
	base := "http://169.254.169.254"
	if own := os.Getenv("AWS_EC2_METADATA_SERVICE_ENDPOINT"); own != "" {
		u, err := url.Parse(own)
		if err != nil || u.Host == "" {
			return awsFound{}, noAWS("the instance", "AWS_EC2_METADATA_SERVICE_ENDPOINT is not a URL", "")
		}
		base = strings.TrimSuffix(own, "/")
	}
	var token string
	flt := instancePatience.do(ctx, func(ctx context.Context) *fault {
		a, flt := c.ask(ctx, http.MethodPut, base+"/latest/api/token", http.Header{"X-Aws-Ec2-Metadata-Token-Ttl-Seconds": {"300"}})
		token = strings.TrimSpace(string(a.body))
		return flt
	})
	if flt != nil {
		if ctx.Err() != nil {
			return c.foundBy(ctx, "the instance's metadata", awsKeysJSON{}, flt)
		}
		return awsFound{}, nothingFound("this is no EC2 instance (its metadata: " + flt.text + ")")
	}
	if strings.ContainsAny(token, "\r\n") {
		return awsFound{}, noAWS("the instance's metadata", "it gave a token of more than one line", "")
	}
	header := http.Header{"X-Aws-Ec2-Metadata-Token": {token}}
	var j awsKeysJSON
	flt = awsPatience.do(ctx, func(ctx context.Context) *fault {
		const path = "/latest/meta-data/iam/security-credentials/"
		a, flt := c.ask(ctx, http.MethodGet, base+path, header)
		if flt != nil {
			return flt
		}
		role, _, _ := strings.Cut(strings.TrimSpace(string(a.body)), "\n")
		return c.getJSON(ctx, base+path+url.PathEscape(strings.TrimSpace(role)), header, &j)
	})
	return c.foundBy(ctx, "the instance's metadata", j, flt)
}

// foundBy is the end of asking a service of this machine.
func (c *awsChain) foundBy(ctx context.Context, source string, j awsKeysJSON, flt *fault) (awsFound, error) {
	switch {
	case flt != nil && ctx.Err() != nil:
		return awsFound{}, &TokenError{What: awsCredentials, Source: source, Err: flat(ctx.Err())}
	case flt != nil:
		return awsFound{}, noAWS(source, flt.text, flt.hint)
	case j.Code != "" && j.Code != "Success":
		return awsFound{}, noAWS(source, foreign(j.Code+": "+j.Message), "")
	}
	f, wrong := j.found()
	if wrong != "" {
		return awsFound{}, noAWS(source, wrong, "")
	}
	return f, nil
}

// getJSON asks a service of this machine for credentials.
func (c *awsChain) getJSON(ctx context.Context, from string, header http.Header, into *awsKeysJSON) *fault {
	a, flt := c.ask(ctx, http.MethodGet, from, header)
	if flt != nil {
		return flt
	}
	*into = awsKeysJSON{}
	return a.json(into)
}

// ask sends one request to a service of this machine; any answer but 200 is a fault.
func (c *awsChain) ask(ctx context.Context, method, to string, header http.Header) (answer, *fault) {
	req, err := http.NewRequestWithContext(ctx, method, to, nil)
	if err != nil {
		return answer{}, &fault{text: "it cannot be asked"}
	}
	req.Header = header.Clone()
	limit := endpointTimeout
	if deadline, ok := ctx.Deadline(); ok {
		limit = time.Until(deadline).Round(time.Second)
	}
	a, flt := send(c.local, req, limit)
	if flt == nil && a.status != http.StatusOK {
		flt = &fault{text: fmt.Sprintf("%d %s", a.status, http.StatusText(a.status)), again: mayPass(a.status), after: a.retryAfter}
	}
	return a, flt
}
