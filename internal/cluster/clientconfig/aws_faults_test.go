package clientconfig

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func TestAWSFaults(t *testing.T) {
	says := func(status int, text string) string {
		return service(t, func(*http.Request, url.Values) (int, string) { return status, text })
	}
	denied := says(403, `{"Error":{"Code":"AccessDenied","Message":"no `+testSecret+`","Type":"Sender"},"RequestId":"r"}`)
	role := "[default]\naws_access_key_id=k\naws_secret_access_key=" + testSecret + "\n"
	profile := func(lines string) string { return "[profile p]\n" + lines + "\n" }
	p := AWS{Profile: "p"}
	tests := []struct {
		name       string
		config     string
		env        map[string]string
		conf       AWS
		text, hint string
	}{
		{"nothing", "", nil, AWS{}, `where AWS's SDKs look: AWS_ACCESS_KEY_ID, AWS_WEB_IDENTITY_TOKEN_FILE and AWS_CONTAINER_CREDENTIALS_… are not set, profile "default" in HOME/.aws/credentials and HOME/.aws/config has none, and the instance's metadata are not asked (AWS_EC2_METADATA_DISABLED)`, "set AWS_PROFILE"},
		{"no instance", "", map[string]string{"AWS_EC2_METADATA_DISABLED": "", "AWS_EC2_METADATA_SERVICE_ENDPOINT": says(403, "")}, AWS{}, `where AWS's SDKs look: AWS_ACCESS_KEY_ID, AWS_WEB_IDENTITY_TOKEN_FILE and AWS_CONTAINER_CREDENTIALS_… are not set, profile "default" in HOME/.aws/credentials and HOME/.aws/config has none, and this is no EC2 instance (its metadata: 403 Forbidden)`, "aws sts get-caller-identity"},
		{"half in the environment", "", map[string]string{"AWS_ACCESS_KEY_ID": "x"}, AWS{}, "the environment: AWS_ACCESS_KEY_ID is set and AWS_SECRET_ACCESS_KEY is not", "both"},
		{"the other half", "", map[string]string{"AWS_SECRET_ACCESS_KEY": testSecret}, AWS{}, "the environment: AWS_SECRET_ACCESS_KEY is set and AWS_ACCESS_KEY_ID is not", "both"},
		{"no such profile", "", nil, p, `profile "p": there is no such profile in HOME/.aws/credentials and HOME/.aws/config`, "aws configure list-profiles"},
		{"empty profile", profile("region=x"), nil, p, `profile "p": it has no credentials: no aws_access_key_id, role_arn or credential_process`, ""},
		{"half a profile", profile("aws_secret_access_key=" + testSecret), nil, p, `profile "p": it has one of aws_access_key_id and aws_secret_access_key`, ""},
		{"browser", profile("sso_session=x"), nil, p, `profile "p": it logs in with a browser, which offsetctl does not`, "aws configure export-credentials --profile p"},
		{"code", profile("role_arn=r\nmfa_serial=m\nsource_profile=p"), nil, p, `profile "p": its role wants a code (mfa_serial), for which offsetctl cannot ask`, "export-credentials"},
		{"role without source", profile("role_arn=r"), nil, p, `profile "p": it has a role_arn and nothing to assume it with`, "source_profile"},
		{"role in a ring", profile("role_arn=r\nsource_profile=q") + "[profile q]\nrole_arn=r\nsource_profile=p\n", nil, p, `profile "p": its source_profile leads back to it`, ""},
		{"process that fails", profile("credential_process=echo " + testSecret + "; echo " + testSecret + " >&2; exit 3"), nil, p, `profile "p", credential_process: exit status 3`, "by hand"},
		{"process without JSON", profile("credential_process=echo " + testSecret), nil, p, `profile "p", credential_process: it did not print a JSON object with "Version": 1`, "by hand"},
		{"process without keys", profile(`credential_process=echo '{"Version":1,"AccessKeyId":"x"}'`), nil, p, `profile "p", credential_process: it gave no AccessKeyId and SecretAccessKey`, ""},
		{"process that never ends printing", profile("credential_process=yes"), nil, p, `profile "p", credential_process: it prints too much`, "by hand"},
		{"role denied", role, map[string]string{"AWS_ENDPOINT_URL_STS": denied}, AWS{RoleARN: "arn:x"}, "STS (" + denied + "/) for role arn:x: 403 Forbidden: AccessDenied: no [hidden]", "trust policy"},
		{"no JSON", role, map[string]string{"AWS_ENDPOINT_URL_STS": says(200, "<AssumeRoleResponse/>")}, AWS{RoleARN: "arn:x"}, "STS (<url>/) for role arn:x: its answer is not the JSON object that it should be", "AWS_ENDPOINT_URL_STS"},
		{"no keys", role, map[string]string{"AWS_ENDPOINT_URL_STS": says(200, "{}")}, AWS{RoleARN: "arn:x"}, "STS (<url>/) for role arn:x: it gave no AccessKeyId and SecretAccessKey", ""},
		{"STS in the clear", role, map[string]string{"AWS_ENDPOINT_URL_STS": "http://example.com"}, AWS{RoleARN: "arn:x"}, "STS: AWS_ENDPOINT_URL_STS is no https: URL", ""},
		{"odd region", role, map[string]string{"AWS_REGION": "evil.example.com/"}, AWS{RoleARN: "arn:x"}, `STS: "evil.example.com/" is no region`, "AWS_REGION"},
		{"web identity without role", "", map[string]string{"AWS_WEB_IDENTITY_TOKEN_FILE": "none"}, AWS{}, "web identity token file none: AWS_WEB_IDENTITY_TOKEN_FILE is set and AWS_ROLE_ARN is not", ""},
		{"web identity without file", "", map[string]string{"AWS_WEB_IDENTITY_TOKEN_FILE": "none", "AWS_ROLE_ARN": "r"}, AWS{}, "web identity token file none: no such file or directory", "readable file"},
		{"container far away", "", map[string]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://u:" + testPassword + "@example.com/x?" + testPassword}, AWS{}, "the container's http://example.com/x: AWS_CONTAINER_CREDENTIALS_FULL_URI leads away from this machine without https", ""},
		{"container's token", "", map[string]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI": says(200, ""), "AWS_CONTAINER_AUTHORIZATION_TOKEN": testSecret + "\nx"}, AWS{}, "the container's <url>: reading AWS_CONTAINER_AUTHORIZATION_TOKEN: it has more than one line", ""},
		{"container without permission", "", map[string]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI": says(200, `{"Code":"AccessDenied","Message":"no"}`)}, AWS{}, "the container's <url>: AccessDenied: no", ""},
		{"container with HTML", "", map[string]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI": says(200, `<html>`)}, AWS{}, "the container's <url>: it returned HTML, not JSON", ""},
		{"container with an odd time", "", map[string]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI": says(200, `{"AccessKeyId":"a","SecretAccessKey":"b","Expiration":"soon"}`)}, AWS{}, "the container's <url>: its Expiration is not a time", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			home := awsMachine(t, tt.config, "", tt.env)
			_, err := search(t, tt.conf)
			var got *TokenError
			if !errors.As(err, &got) {
				t.Fatalf("got %v, want a TokenError", err)
			}
			want := strings.NewReplacer("HOME", home, "<url>", firstEnv("AWS_ENDPOINT_URL_STS", "AWS_CONTAINER_CREDENTIALS_FULL_URI")).Replace(tt.text)
			if got.Error() != "getting AWS credentials from "+want {
				t.Errorf("\n got %s\nwant getting AWS credentials from %s", got, want)
			}
			if !strings.Contains(got.Hint, tt.hint) {
				t.Errorf("hint: got %q, want it to have %q", got.Hint, tt.hint)
			}
			noSecrets(t, got.Error()+got.Hint)
		})
	}
}
