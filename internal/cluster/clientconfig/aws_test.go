package clientconfig

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// awsMachine is what a machine has of AWS: files in ~/.aws and the environment. It has nothing else, and no instance's metadata.
func awsMachine(t *testing.T, config, credentials string, env map[string]string) string {
	t.Helper()
	for _, v := range os.Environ() {
		if name, _, _ := strings.Cut(v, "="); strings.HasPrefix(name, "AWS_") {
			t.Setenv(name, "")
		}
	}
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("USERPROFILE", home)
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	if err := os.Mkdir(filepath.Join(home, ".aws"), 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(home, ".aws", "config"), config)
	write(t, filepath.Join(home, ".aws", "credentials"), credentials)
	for name, value := range env {
		t.Setenv(name, strings.ReplaceAll(value, "HOME", home))
	}
	return home
}

// foundKeys is what a search came to, with its secrets in the open.
type foundKeys struct {
	ID, Secret, Session string
	Expires             time.Time
}

// search finds credentials as a login with a does.
func search(t *testing.T, a AWS) (foundKeys, error) {
	t.Helper()
	m, err := a.mechanism(clock)
	if err != nil {
		t.Fatal(err)
	}
	f, err := m.(mskIAM).cache.fetch(t.Context())
	return foundKeys{f.value.id, f.value.secret.Reveal(), f.value.session.Reveal(), f.expires}, err
}

// service is one of AWS's on this machine. It answers with what h says, in text.
func service(t *testing.T, h func(*http.Request, url.Values) (int, string)) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		form, _ := url.ParseQuery(string(body))
		status, text := h(r, form)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, text)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

const awsExpiry = "2026-11-29T13:00:00Z"

// fakeSTS gives keys that name what they were asked with: for AssumeRole the access key, for web identity the token.
func fakeSTS(t *testing.T) string {
	return service(t, func(r *http.Request, form url.Values) (int, string) {
		who := form.Get("WebIdentityToken")
		if a := r.Header.Get("Authorization"); a != "" {
			_, who, _ = strings.Cut(a, "Credential=")
			who, _, _ = strings.Cut(who, "/aws4_request")
			who += "+" + r.Header.Get("X-Amz-Security-Token")
		}
		if r.Header.Get("Accept") != "application/json" {
			return 200, "<" + form.Get("Action") + "Response/>"
		}
		action := form.Get("Action")
		expiry := map[string]any{"AssumeRole": json.RawMessage("1.7959572E9"), "AssumeRoleWithWebIdentity": awsExpiry}
		return 200, encoded(t, map[string]any{action + "Response": map[string]any{
			action + "Result": map[string]any{
				"AssumedRoleUser": map[string]any{"Arn": form.Get("RoleArn")},
				"Credentials": map[string]any{
					"AccessKeyId": form.Get("RoleArn") + " by " + who, "SecretAccessKey": form.Get("RoleSessionName"),
					"SessionToken": form.Get("ExternalId"), "Expiration": expiry[action],
				},
			},
			"ResponseMetadata": map[string]any{"RequestId": "r"},
		}})
	})
}

func encoded(t *testing.T, value any) string {
	data, err := json.Marshal(value)
	if err != nil {
		t.Error(err)
	}
	return string(data)
}

func keysJSON(id string) string {
	return `{"Version":1,"AccessKeyId":"` + id + `","SecretAccessKey":"` + testSecret + `","Token":"session","Expiration":"` + awsExpiry + `"}`
}

func TestAWSCredentials(t *testing.T) {
	expires := at.Add(time.Hour)
	sts := fakeSTS(t)
	container := service(t, func(r *http.Request, _ url.Values) (int, string) {
		return 200, keysJSON("container " + r.URL.Path + " " + r.Header.Get("Authorization"))
	})
	instance := service(t, func(r *http.Request, _ url.Values) (int, string) {
		switch {
		case r.Method == "PUT" && r.URL.Path == "/latest/api/token" && r.Header.Get("X-aws-ec2-metadata-token-ttl-seconds") != "":
			return 200, "imds-token"
		case r.Header.Get("X-aws-ec2-metadata-token") != "imds-token":
			return 401, ""
		case r.URL.Path == "/latest/meta-data/iam/security-credentials/":
			return 200, "my-role\n"
		case r.URL.Path == "/latest/meta-data/iam/security-credentials/my-role":
			return 200, keysJSON("instance")
		}
		return 404, ""
	})
	const static = "[default]\naws_access_key_id = file\naws_secret_access_key=" + testSecret + "\n"
	tests := []struct {
		name                string
		config, credentials string
		env                 map[string]string
		conf                AWS
		want                foundKeys
	}{
		{
			name: "environment before files", credentials: static,
			env:  map[string]string{"AWS_ACCESS_KEY_ID": "env", "AWS_SECRET_ACCESS_KEY": testSecret, "AWS_SESSION_TOKEN": "t", "AWS_PROFILE": "none"},
			want: foundKeys{"env", testSecret, "t", time.Time{}},
		},
		{
			name: "default profile", credentials: static, config: "[default]\nregion = eu-west-1\naws_access_key_id = other\n",
			want: foundKeys{"file", testSecret, "", time.Time{}},
		},
		{
			name:        "a profile by its name, with comments and nested lines",
			credentials: static + "# c\n[dev]\n; c\nAWS_ACCESS_KEY_ID = dev # mine\ns3 =\n  aws_access_key_id = nested\naws_secret_access_key = " + testSecret + "\naws_session_token=s\n",
			conf:        AWS{Profile: "dev"},
			env:         map[string]string{"AWS_ACCESS_KEY_ID": "env", "AWS_SECRET_ACCESS_KEY": "x"},
			want:        foundKeys{"dev", testSecret, "s", time.Time{}},
		},
		{
			name: "AWS_PROFILE in a config file of its own", env: map[string]string{"AWS_PROFILE": "p q", "AWS_CONFIG_FILE": "HOME/.aws/credentials", "AWS_SHARED_CREDENTIALS_FILE": "HOME/none"},
			credentials: "[profile p q]\naws_access_key_id=pq\naws_secret_access_key=" + testSecret + "\n[p q]\naws_access_key_id=not a profile\n",
			want:        foundKeys{"pq", testSecret, "", time.Time{}},
		},
		{
			name: "credential_process", config: "[profile p]\ncredential_process = echo '" + keysJSON("process") + "'; echo noise >&2\n",
			conf: AWS{Profile: "p"}, want: foundKeys{"process", testSecret, "session", expires},
		},
		{
			name: "role of a profile", conf: AWS{Profile: "r"}, credentials: static,
			config: "[profile r]\nrole_arn = arn:r\nsource_profile = default\nexternal_id = ext\nregion = eu-west-1\n",
			env:    map[string]string{"AWS_ENDPOINT_URL_STS": sts},
			want:   foundKeys{"arn:r by file/20261129/eu-west-1/sts+", "offsetctl", "ext", expires},
		},
		{
			name: "role of a role, whose source is itself", conf: AWS{Profile: "a"},
			config: "[profile a]\nrole_arn=arn:a\nsource_profile=b\nrole_session_name=sn\n[profile b]\nrole_arn=arn:b\nsource_profile=b\naws_access_key_id=k\naws_secret_access_key=" + testSecret + "\n",
			env:    map[string]string{"AWS_ENDPOINT_URL_STS": sts},
			want:   foundKeys{"arn:a by arn:b by k/20261129/us-east-1/sts+/20261129/us-east-1/sts+", "sn", "", expires},
		},
		{
			name: "role of a profile with the environment's keys", conf: AWS{Profile: "r", STSRegion: "us-west-2"},
			config: "[profile r]\nrole_arn=arn:r\ncredential_source=Environment\nregion=eu-west-1\n",
			env:    map[string]string{"AWS_ENDPOINT_URL_STS": sts, "AWS_ACCESS_KEY_ID": "env", "AWS_SECRET_ACCESS_KEY": "x", "AWS_SESSION_TOKEN": "t"},
			want:   foundKeys{"arn:r by env/20261129/us-west-2/sts+t", "offsetctl", "", expires},
		},
		{
			name: "role of the configuration", credentials: static,
			conf: AWS{RoleARN: "arn:c", RoleSessionName: "me", RoleExternalID: "x"},
			env:  map[string]string{"AWS_ENDPOINT_URL_STS": sts, "AWS_REGION": "eu-west-1"},
			want: foundKeys{"arn:c by file/20261129/eu-west-1/sts+", "me", "x", expires},
		},
		{
			name: "role of the configuration with its own keys",
			conf: AWS{RoleARN: "arn:c", AccessKeyID: "own", SecretAccessKey: NewSecret(testSecret), RoleToken: NewSecret("t")},
			env:  map[string]string{"AWS_ENDPOINT_URL_STS": sts},
			want: foundKeys{"arn:c by own/20261129/us-east-1/sts+t", "offsetctl", "", expires},
		},
		{
			name: "web identity", credentials: "web\n",
			env:  map[string]string{"AWS_ENDPOINT_URL_STS": sts, "AWS_WEB_IDENTITY_TOKEN_FILE": "HOME/.aws/credentials", "AWS_ROLE_ARN": "arn:w", "AWS_ROLE_SESSION_NAME": "sn"},
			want: foundKeys{"arn:w by web", "sn", "", expires},
		},
		{
			name: "container", env: map[string]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI": container + "/get?x=1", "AWS_CONTAINER_AUTHORIZATION_TOKEN": "tok"},
			want: foundKeys{"container /get tok", testSecret, "session", expires},
		},
		{
			name: "container with a token file", credentials: "from the file\n", conf: AWS{RoleARN: "arn:c"},
			env: map[string]string{
				"AWS_CONTAINER_CREDENTIALS_FULL_URI": container + "/get", "AWS_CONTAINER_AUTHORIZATION_TOKEN": "tok",
				"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "HOME/.aws/credentials", "AWS_ENDPOINT_URL_STS": sts,
			},
			want: foundKeys{"arn:c by container /get from the file/20261129/us-east-1/sts+session", "offsetctl", "", expires},
		},
		{
			name: "instance, as the last of all", config: "[default]\nregion=eu-west-1\n",
			env:  map[string]string{"AWS_EC2_METADATA_SERVICE_ENDPOINT": instance + "/", "AWS_EC2_METADATA_DISABLED": ""},
			want: foundKeys{"instance", testSecret, "session", expires},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			awsMachine(t, tt.config, tt.credentials, tt.env)
			got, err := search(t, tt.conf)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestAWSIsChecked(t *testing.T) {
	tests := []struct {
		a    AWS
		want string
	}{
		{AWS{Profile: "p", RoleARN: "r"}, "awsProfileName and awsRoleArn in sasl.jaas.config: keep one"},
		{AWS{AccessKeyID: "a", SecretAccessKey: NewSecret(testSecret)}, "awsRoleAccessKeyId in sasl.jaas.config is what a role is assumed with: set awsRoleArn"},
		{AWS{RoleARN: "r", AccessKeyID: "a"}, "awsRoleAccessKeyId in sasl.jaas.config has no awsRoleSecretAccessKey beside it"},
	}
	for _, tt := range tests {
		_, err := SASL{Mechanism: "AWS_MSK_IAM", AWS: tt.a}.Login(clock)
		if err == nil || !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("got %v, want %s…", err, tt.want)
		}
	}
}

func TestAWSLogin(t *testing.T) {
	awsMachine(t, "", "", map[string]string{"AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": testSecret, "AWS_SESSION_TOKEN": "session"})
	m, err := SASL{Mechanism: "AWS_MSK_IAM"}.Login(clock)
	if err != nil || m.Name() != "AWS_MSK_IAM" || Preparation(m)(t.Context()) != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_ACCESS_KEY_ID", "another one") // which is asked for later, when the first may have ended
	_, first, err := m.Authenticate(t.Context(), "b-1.x.kafka.eu-west-1.amazonaws.com:9098")
	if err != nil {
		t.Fatal(err)
	}
	noSecrets(t, string(first))
	var got map[string]string
	if err := json.Unmarshal(first, &got); err != nil {
		t.Fatal(err)
	}
	id, rest, _ := strings.Cut(got["x-amz-credential"], "/")
	if id != "AKID" || !strings.HasSuffix(rest, "/eu-west-1/kafka-cluster/aws4_request") || got["x-amz-security-token"] != "session" || got["user-agent"] != "offsetctl" {
		t.Errorf("first message is %v", got)
	}
}

// The published vectors of AWS's own test suite for Signature Version 4: post-x-www-form-urlencoded, and -parameters.
func TestAWSSignature(t *testing.T) {
	for contentType, want := range map[string]string{
		"application/x-www-form-urlencoded":               "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
		"application/x-www-form-urlencoded; charset=utf8": "1a72ec8f64bd914b0e42e42607c7fbce7fb2c7465f63e3092b3b0d39fa77a6fe",
	} {
		const body = "Param1=value1"
		req := httptest.NewRequest("POST", "https://example.amazonaws.com/", strings.NewReader(body))
		req.Header.Set("Content-Type", contentType)
		keys := awsKeys{id: "AKIDEXAMPLE", secret: NewSecret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")}
		signAWS(req, body, keys, "service", "us-east-1", time.Date(2015, 8, 30, 12, 36, 0, 0, time.UTC))
		want = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=content-type;host;x-amz-date, Signature=" + want
		if got := req.Header.Get("Authorization"); got != want {
			t.Errorf("%s:\n got %s\nwant %s", contentType, got, want)
		}
	}
}

func TestSTSEndpoint(t *testing.T) {
	awsMachine(t, "", "", nil)
	for region, want := range map[string][2]string{
		"":           {"https://sts.amazonaws.com/", "us-east-1"},
		"aws-global": {"https://sts.amazonaws.com/", "us-east-1"},
		"eu-west-1":  {"https://sts.eu-west-1.amazonaws.com/", "eu-west-1"},
		"cn-north-1": {"https://sts.cn-north-1.amazonaws.com.cn/", "cn-north-1"},
	} {
		u, signed, err := stsEndpoint(region)
		if err != nil || u.String() != want[0] || signed != want[1] {
			t.Errorf("%q: got %v, %s, %v", region, u, signed, err)
		}
	}
}

func TestAWSTime(t *testing.T) {
	for value, want := range map[any]time.Time{
		nil: {}, "": {}, awsExpiry: at.Add(time.Hour), 1795957200.0: at.Add(time.Hour), 1795957200.9: at.Add(time.Hour),
	} {
		if got, ok := awsTime(value); !ok || !got.Equal(want) {
			t.Errorf("%v: got %v, %v, want %v", value, got, ok, want)
		}
	}
	for _, value := range []any{"soon", "1795957200", true, 0.0, -1.0, 1e12, 1e300} {
		if got, ok := awsTime(value); ok {
			t.Errorf("%v: got %v, want no time", value, got)
		}
	}
}

func FuzzSTSAnswer(f *testing.F) {
	f.Add(200, `{"AssumeRoleResponse":{"AssumeRoleResult":{"Credentials":{"AccessKeyId":"a","SecretAccessKey":"b","SessionToken":"c","Expiration":1.7959572E9}}}}`)
	f.Add(200, `{"AssumeRoleWithWebIdentityResponse":{"AssumeRoleWithWebIdentityResult":{"Credentials":{"AccessKeyId":"a","SecretAccessKey":"b","Expiration":"2026-11-29T13:00:00Z"}}}}`)
	f.Add(403, `{"Error":{"Code":"AccessDenied","Message":"no","Type":"Sender"},"RequestId":"r"}`)
	f.Add(200, `<AssumeRoleResponse/>`)
	f.Fuzz(func(t *testing.T, status int, body string) {
		got, flt := stsAnswer(answer{status: status, body: []byte(body)}, nil)
		switch {
		case flt == nil && (got.value.id == "" || got.value.secret.Empty() || got.expires.Year() > 9999):
			t.Errorf("got %+v", got)
		case flt != nil && flt.text == "":
			t.Error("a fault without a text")
		}
	})
}

func FuzzAWSFile(f *testing.F) {
	f.Add("[default]\na=b\n[profile x]\n c = d\n[]\n[\n=\n")
	f.Fuzz(func(t *testing.T, text string) {
		profiles := map[string]awsProfile{}
		parseAWSFile(profiles, text, "profile ")
		parseAWSFile(profiles, text, "")
		if profiles[""] != nil {
			t.Error("a profile without a name")
		}
	})
}
