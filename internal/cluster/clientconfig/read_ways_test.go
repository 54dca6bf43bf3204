package clientconfig

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// origin is a text and the rank of where it stands.
type origin struct {
	rank int
	text string
}

func readAll(t *testing.T, sources ...origin) (Reading, error) {
	t.Helper()
	var all []Property
	for _, s := range sources {
		props, err := Parse("s"+string(rune('0'+s.rank)), s.text)
		if err != nil {
			t.Fatal(err)
		}
		for i := range props {
			props[i].Rank = s.rank
		}
		all = slices.Concat(all, props)
	}
	return Read(all)
}

const (
	scramLogin = "security.protocol=SASL_SSL\nsasl.mechanism=SCRAM-SHA-256\n"
	aliceJAAS  = "sasl.jaas.config=x.ScramLoginModule required username=alice password=a clientId=alice clientSecret=a;\n"
)

// Who logs in is said by one source: another's password is for another cluster.
func TestWhoLogsInIsSaidByOneSource(t *testing.T) {
	for name, tc := range map[string]struct {
		sources    []origin
		user, pass string
		noted      string
	}{
		"Java's way, in one file":          {[]origin{{1, scramLogin + aliceJAAS + "sasl.username=bob\nsasl.password=b"}}, "alice", "a", "s1, line 4: sasl.username has no effect beside sasl.jaas.config of s1, line 3"},
		"a variable below the file":        {[]origin{{0, "sasl.username=bob\nsasl.password=b"}, {1, scramLogin + aliceJAAS}}, "alice", "a", "s0, line 1: sasl.username has no effect beside sasl.jaas.config of s1, line 3"},
		"a variable's password alone":      {[]origin{{0, "sasl.password=b"}, {1, scramLogin + aliceJAAS}}, "alice", "a", "s0, line 1: sasl.password has no effect"},
		"variables above the file":         {[]origin{{0, scramLogin + aliceJAAS}, {1, "sasl.username=bob\nsasl.password=b"}}, "bob", "b", "s0, line 3: sasl.jaas.config has no effect beside sasl.username of s1, line 1"},
		"user in the file, password above": {[]origin{{0, scramLogin + "sasl.username=bob\nsasl.password=a"}, {1, "sasl.password=b"}}, "bob", "b", ""},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := readAll(t, tc.sources...)
			if err != nil || got.SASL.Username != tc.user || got.SASL.Password.Reveal() != tc.pass {
				t.Errorf("got %q with %q, %v", got.SASL.Username, got.SASL.Password.Reveal(), err)
			}
			if !strings.HasPrefix(strings.Join(got.Notes, "\n"), tc.noted) || tc.noted == "" && got.Notes != nil {
				t.Errorf("noted %q, want %q", got.Notes, tc.noted)
			}
		})
	}
	if _, err := readAll(t, origin{0, scramLogin + aliceJAAS}, origin{1, "sasl.username=bob"}); err == nil || !strings.Contains(err.Error(), "s1, line 1: sasl.username: sasl.password is missing beside it") {
		t.Errorf("bob with the password of nobody: %v", err)
	}
}

func TestStoresAndTokensAreSaidByOneSource(t *testing.T) {
	const oauth = "security.protocol=SASL_SSL\nsasl.mechanism=OAUTHBEARER\n"
	got, err := readAll(t, origin{0, "ssl.truststore.certificates=pem\nssl.keystore.location=k\noffsetctl.sasl.oauthbearer.token=t\nsasl.oauthbearer.client.credentials.client.secret=other"},
		origin{1, oauth + "ssl.truststore.location=t\nssl.keystore.key=key\nssl.keystore.certificate.chain=chain\nsasl.oauthbearer.token.endpoint.url=https://idp\n" + strings.Replace(aliceJAAS, "Scram", "OAuthBearer", 1)})
	if err != nil {
		t.Fatal(err)
	}
	want := Config{
		Protocol: Protocol{TLS: true, SASL: true},
		TLS:      TLS{Trust: Store{Location: "t", LocationKey: "ssl.truststore.location"}, Own: Store{Certificates: NewSecret("chain"), Key: NewSecret("key")}},
		SASL:     SASL{Mechanism: "OAUTHBEARER", OAuth: OAuth{TokenURL: "https://idp", ClientID: "alice", ClientSecret: NewSecret("a")}},
	}
	if d := cmp.Diff(want, got.Config, revealing()); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// A token of one cluster must not go to another because it stands in a variable, and an identity is one source's.
func TestATokenIsAskedForByOneSource(t *testing.T) {
	const oauth = "security.protocol=SASL_SSL\nsasl.mechanism=OAUTHBEARER\n"
	unsecured := oauth + "sasl.jaas.config=x.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub=alice;\n"
	client := oauth + "sasl.oauthbearer.token.endpoint.url=https://idp\n" + strings.Replace(aliceJAAS, "Scram", "OAuthBearer", 1)
	const id, secret = "sasl.oauthbearer.client.credentials.client.id=p\n", "sasl.oauthbearer.client.credentials.client.secret=q\n"
	for name, tc := range map[string]struct {
		sources   []origin
		want      OAuth
		effective string // keys of what is dropped are not among them
		noted     string
		err       string
	}{
		"unsecured, and a token below": {[]origin{{0, "offsetctl.sasl.oauthbearer.token=t"}, {1, unsecured}}, OAuth{Unsecured: &Unsecured{Strings: map[string]string{"sub": "alice"}, Numbers: map[string]float64{}, Lists: map[string][]string{}}},
			"security.protocol sasl.mechanism sasl.jaas.config", "s0, line 1: offsetctl.sasl.oauthbearer.token has no effect beside sasl.jaas.config of s1, line 3", ""},
		"unsecured, and an endpoint below": {[]origin{{0, "sasl.oauthbearer.token.endpoint.url=https://idp"}, {1, unsecured}}, OAuth{Unsecured: &Unsecured{Strings: map[string]string{"sub": "alice"}, Numbers: map[string]float64{}, Lists: map[string][]string{}}},
			"security.protocol sasl.mechanism sasl.jaas.config", "s0, line 1: sasl.oauthbearer.token.endpoint.url has no effect beside sasl.jaas.config of s1, line 3", ""},
		"unsecured, and a token above": {[]origin{{0, unsecured}, {1, "offsetctl.sasl.oauthbearer.token=t"}}, OAuth{Token: NewSecret("t")}, "security.protocol sasl.mechanism sasl.jaas.config offsetctl.sasl.oauthbearer.token", "", ""},
		"another client below": {[]origin{{0, id + secret}, {1, client}}, OAuth{TokenURL: "https://idp", ClientID: "alice", ClientSecret: NewSecret("a")},
			"security.protocol sasl.mechanism sasl.oauthbearer.token.endpoint.url sasl.jaas.config", "s0, line 1: sasl.oauthbearer.client.credentials.client.id has no effect beside sasl.jaas.config of s1, line 4", ""},
		"another client above":       {[]origin{{0, client}, {1, id + secret}}, OAuth{TokenURL: "https://idp", ClientID: "p", ClientSecret: NewSecret("q")}, "security.protocol sasl.mechanism sasl.oauthbearer.token.endpoint.url sasl.jaas.config sasl.oauthbearer.client.credentials.client.id sasl.oauthbearer.client.credentials.client.secret", "", ""},
		"another secret above":       {[]origin{{0, client}, {1, secret}}, OAuth{TokenURL: "https://idp", ClientID: "alice", ClientSecret: NewSecret("q")}, "security.protocol sasl.mechanism sasl.oauthbearer.token.endpoint.url sasl.jaas.config sasl.oauthbearer.client.credentials.client.secret", "", ""},
		"another id, and no secret":  {[]origin{{0, client}, {1, id}}, OAuth{}, "", "", "s1, line 1: sasl.oauthbearer.client.credentials.client.id: sasl.oauthbearer.client.credentials.client.secret is missing beside it: that of sasl.jaas.config is another client's"},
		"both ways in one file, key": {[]origin{{0, client + id}}, OAuth{TokenURL: "https://idp", ClientID: "p", ClientSecret: NewSecret("a")}, "security.protocol sasl.mechanism sasl.oauthbearer.token.endpoint.url sasl.jaas.config sasl.oauthbearer.client.credentials.client.id", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := readAll(t, tc.sources...)
			if err != nil || tc.err != "" {
				if err == nil || err.Error() != tc.err {
					t.Errorf("got %v, want %s", err, tc.err)
				}
				return
			}
			var keys []string
			for _, p := range got.Effective {
				keys = append(keys, p.Key)
			}
			if d := cmp.Diff(tc.want, got.SASL.OAuth, revealing()); d != "" || strings.Join(keys, " ") != tc.effective || !strings.HasPrefix(strings.Join(got.Notes, "\n"), tc.noted) || tc.noted == "" && got.Notes != nil {
				t.Errorf("effective %s, noted %q (-want +got)\n%s", strings.Join(keys, " "), got.Notes, d)
			}
		})
	}
}

func TestAStoresPasswordIsOfItsSource(t *testing.T) {
	got, err := readAll(t, origin{0, "ssl.truststore.password=other\nssl.truststore.type=JKS"}, origin{1, "security.protocol=SSL\nssl.truststore.location=t"})
	if want := (Store{Location: "t", LocationKey: "ssl.truststore.location"}); err != nil || got.TLS.Trust != want {
		t.Errorf("got %+v, %v", got.TLS.Trust, err)
	}
	want := []string{"s0, line 1: ssl.truststore.password has no effect beside ssl.truststore.location of s1, line 2", "s0, line 2: ssl.truststore.type has no effect beside ssl.truststore.location of s1, line 2"}
	if d := cmp.Diff(want, got.Notes); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	for _, key := range []string{"ssl.keystore.location=k", "ssl.keystore.key=k\nssl.keystore.certificate.chain=c", "ssl.key.location=k\nssl.certificate.location=c"} {
		got, err = readAll(t, origin{0, "ssl.key.password=other"}, origin{1, "security.protocol=SSL\n" + key})
		if err != nil || !got.TLS.Own.KeyPassword.Empty() || len(got.Notes) != 1 {
			t.Errorf("%s: its key has the password of another: %q, %v", key, got.Notes, err)
		}
	}
	got, err = readAll(t, origin{0, "security.protocol=SSL\nssl.truststore.location=t"}, origin{1, "ssl.truststore.password=its"})
	if err != nil || got.TLS.Trust.Password.Reveal() != "its" {
		t.Errorf("the password of a higher source: %v", err)
	}
}

func TestOptionsOfNobodyAreNoted(t *testing.T) {
	const aws = "security.protocol=SASL_SSL\nsasl.mechanism=AWS_MSK_IAM\nsasl.jaas.config=x.IAMLoginModule required "
	for options, want := range map[string]string{
		`awsProfileName=p awsDebugCreds=true;`: "",
		`awsRolArn="arn:secret";`:              "f, line 3: sasl.jaas.config: options without effect: awsRolArn",
		`hunter2="x" passwrod="y";`:            "f, line 3: sasl.jaas.config: 2 of its options are none that offsetctl knows, and have no effect",
	} {
		got, err := read(t, aws+options)
		if err != nil || strings.Join(got.Notes, "\n") != want {
			t.Errorf("%s: %q, %v; want %q", options, got.Notes, err, want)
		}
	}
}

// Java's HTTP client checks the name of a token endpoint whatever the option says.
func TestTheNameOfATokenEndpointIsAlwaysChecked(t *testing.T) {
	got, err := read(t, "security.protocol=SASL_SSL\nsasl.mechanism=OAUTHBEARER\nsasl.oauthbearer.token.endpoint.url=https://idp\n"+
		`sasl.jaas.config=x.OAuthBearerLoginModule required clientId=a clientSecret=b ssl.endpoint.identification.algorithm="";`)
	want := []string{"f, line 4: sasl.jaas.config: ssl.endpoint.identification.algorithm has no effect: the host name of a token endpoint is always checked"}
	if d := cmp.Diff(want, got.Notes); err != nil || d != "" || got.SASL.OAuth.TLS.SkipHostName {
		t.Errorf("%v, skipped %v (-want +got):\n%s", err, got.SASL.OAuth.TLS.SkipHostName, d)
	}
}

// Every key of Kafka's clients is known.
func TestKeysOfKafkasClientsAreKnown(t *testing.T) {
	for _, name := range slices.Concat(clientKeys(), harmlessSecurityKeys(), HonouredKeys()) {
		if lookUp(name).treatment == unknown {
			t.Errorf("%s is unknown", name)
		}
	}
	if lookUp("config.providers").treatment != harmless {
		t.Error("config.providers is unknown")
	}
}

// Names that may be a piece of a secret are not shown.
func TestPrintable(t *testing.T) {
	for name, want := range map[string]bool{
		"my.own": true, "confluent.monitoring-interval_ms": true, "MIGHAgEAMBMG": false, "-----BEGIN": false, "hunter2-password": false, `"alice-secret";`: false, "eyJhbGciOi.eyJzdWIi": false, "": false,
	} {
		if got := Printable(name); got != want {
			t.Errorf("%q: %v", name, got)
		}
	}
}
