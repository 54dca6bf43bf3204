package clientconfig

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func read(t *testing.T, text string) (Reading, error) {
	t.Helper()
	ps, err := Parse("f", text)
	if err != nil {
		t.Fatal(err)
	}
	return Read(ps)
}

// revealing compares secrets by their values.
func revealing() cmp.Option { return cmp.AllowUnexported(Secret{}) }

func TestConfig(t *testing.T) {
	secret := NewSecret
	for name, tc := range map[string]struct {
		text string
		want Config
	}{
		"nothing":   {"", Config{}},
		"plaintext": {"bootstrap.servers=a:1, PLAINTEXT://b:2 ,,c:3\nclient.id=me\nrequest.timeout.ms= 7000\ndefault.api.timeout.ms=60000 \nsecurity.protocol=plaintext\nclient.id=you", Config{Bootstrap: []string{"a:1", "b:2", "c:3"}, ClientID: "you", RequestTimeout: 7 * time.Second, Timeout: time.Minute}},
		"librdkafka": {"metadata.broker.list=a:1\nsecurity.protocol=sasl_ssl\nsasl.mechanisms=SCRAM-SHA-256\nsasl.username=u\nsasl.password=p\nssl.ca.location=/ca.pem\nssl.certificate.location=/c.pem\nssl.key.location=/k.pem\nssl.key.password=kp\nssl.endpoint.identification.algorithm=none\nsocket.timeout.ms=1000", Config{
			Bootstrap: []string{"a:1"}, RequestTimeout: time.Second, Protocol: Protocol{TLS: true, SASL: true},
			TLS:  TLS{Trust: Store{Location: "/ca.pem", LocationKey: "ssl.ca.location"}, Own: Store{CertificateFile: "/c.pem", KeyFile: "/k.pem", KeyPassword: secret("kp")}, SkipHostName: true},
			SASL: SASL{Mechanism: "SCRAM-SHA-256", Username: "u", Password: secret("p")},
		}},
		"stores": {"security.protocol=SSL\nssl.truststore.location=t\nssl.truststore.password=tp\nssl.truststore.type=PKCS12\nssl.keystore.location=k\nssl.keystore.password=kp\nssl.keystore.type=JKS\nssl.key.password=p\nssl.enabled.protocols=TLSv1.2,TLSv1.3\nssl.protocol=TLSv1.2\nssl.cipher.suites=A,B\nssl.endpoint.identification.algorithm=HTTPS", Config{
			Protocol: Protocol{TLS: true},
			TLS: TLS{
				Trust:     Store{Location: "t", LocationKey: "ssl.truststore.location", Type: "PKCS12", Password: secret("tp")},
				Own:       Store{Location: "k", LocationKey: "ssl.keystore.location", Type: "JKS", Password: secret("kp"), KeyPassword: secret("p")},
				Protocols: []string{"TLSv1.2"}, CipherSuites: []string{"A", "B"},
			},
		}},
		"PEM in the file": {"security.protocol=SSL\nssl.truststore.certificates=ca\nssl.keystore.certificate.chain=chain\nssl.keystore.key=key\nssl.truststore.type=PEM", Config{
			Protocol: Protocol{TLS: true},
			TLS:      TLS{Trust: Store{Certificates: secret("ca"), Type: "PEM"}, Own: Store{Certificates: secret("chain"), Key: secret("key")}},
		}},
		"PLAIN":            {"security.protocol=SASL_PLAINTEXT\nsasl.mechanism=PLAIN\nsasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required \\\n  username=\"u\" \\\n  password=\"p\\\\\"q\";", Config{Protocol: Protocol{SASL: true}, SASL: SASL{Mechanism: "PLAIN", Username: "u", Password: secret(`p"q`)}}},
		"SCRAM, shaded":    {"security.protocol=SASL_PLAINTEXT\nsasl.mechanism=SCRAM-SHA-512\nsasl.jaas.config=x.y.ScramLoginModule required username=u password=p;", Config{Protocol: Protocol{SASL: true}, SASL: SASL{Mechanism: "SCRAM-SHA-512", Username: "u", Password: secret("p")}}},
		"delegation token": {"security.protocol=SASL_SSL\nsasl.mechanism=SCRAM-SHA-256\nsasl.jaas.config=a.ScramLoginModule required username=id password=\"hmac==\" tokenauth=true;", Config{Protocol: Protocol{TLS: true, SASL: true}, SASL: SASL{Mechanism: "SCRAM-SHA-256", Username: "id", Password: secret("hmac=="), TokenAuth: true}}},
		"MSK": {"security.protocol=SASL_SSL\nsasl.mechanism=AWS_MSK_IAM\nsasl.jaas.config=software.amazon.msk.auth.iam.IAMLoginModule required awsProfileName=\"dev\" awsRoleArn=\"arn:x\" awsStsRegion=eu-west-1;\nsasl.client.callback.handler.class=software.amazon.msk.auth.iam.IAMClientCallbackHandler", Config{
			Protocol: Protocol{TLS: true, SASL: true}, SASL: SASL{Mechanism: "AWS_MSK_IAM", AWS: AWS{Profile: "dev", RoleARN: "arn:x", STSRegion: "eu-west-1"}},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := read(t, tc.text)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(tc.want, got.Config, revealing()); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

func TestOAuthConfig(t *testing.T) {
	const before = "security.protocol=SASL_SSL\nsasl.mechanism=OAUTHBEARER\n"
	const module = "sasl.jaas.config=org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required "
	secret := NewSecret
	for name, tc := range map[string]struct {
		text string
		want OAuth
	}{
		"client credentials": {"sasl.oauthbearer.token.endpoint.url=https://idp/token\nsasl.login.callback.handler.class=org.apache.kafka.common.security.oauthbearer.secured.OAuthBearerLoginCallbackHandler\nsasl.login.connect.timeout.ms=1000\n" + module + `clientId="me" clientSecret="hush" scope="all" extension_logicalCluster="lkc" ssl.truststore.location="/ca" ssl.truststore.password=p;`, OAuth{
			TokenURL: "https://idp/token", ClientID: "me", ClientSecret: secret("hush"), Scope: "all", Extensions: map[string]string{"logicalCluster": "lkc"}, ConnectTimeout: time.Second,
			TLS: TLS{Trust: Store{Location: "/ca", LocationKey: "sasl.jaas.config: ssl.truststore.location", Password: secret("p")}},
		}},
		"KIP-1139": {"sasl.oauthbearer.jwt.retriever.class=org.apache.kafka.common.security.oauthbearer.ClientCredentialsJwtRetriever\nsasl.oauthbearer.token.endpoint.url=https://idp/token\nsasl.oauthbearer.client.credentials.client.id=me\nsasl.oauthbearer.client.credentials.client.secret=hush\nsasl.oauthbearer.scope=s\nsasl.oauthbearer.header.urlencode=true\n" + module + `clientId="other" scope="other";`, OAuth{
			TokenURL: "https://idp/token", ClientID: "me", ClientSecret: secret("hush"), Scope: "s", HeaderURLEncode: true,
		}},
		"librdkafka": {"sasl.oauthbearer.method=oidc\nsasl.oauthbearer.token.endpoint.url=https://idp/token\nsasl.oauthbearer.client.id=me\nsasl.oauthbearer.client.secret=hush\nsasl.oauthbearer.extensions=a=1,b=2", OAuth{
			TokenURL: "https://idp/token", ClientID: "me", ClientSecret: secret("hush"), Extensions: map[string]string{"a": "1", "b": "2"},
		}},
		"KIP-1258, a file": {"sasl.oauthbearer.token.endpoint.url=https://idp/token\nsasl.oauthbearer.assertion.file=/a\n" + module + `clientId="me" clientSecret="unused";`, OAuth{
			TokenURL: "https://idp/token", ClientID: "me", Assertion: &Assertion{OfClient: true, File: "/a", Algorithm: "RS256"},
		}},
		"KIP-1258, signed here": {"sasl.oauthbearer.token.endpoint.url=https://idp/token\nsasl.oauthbearer.assertion.claim.iss=me\nsasl.oauthbearer.assertion.private.key.file=/k", OAuth{
			TokenURL: "https://idp/token", Assertion: &Assertion{OfClient: true, KeyFile: "/k", Algorithm: "RS256", Issuer: "me"},
		}},
		"an algorithm in lower case": {"sasl.oauthbearer.token.endpoint.url=https://idp/token\nsasl.oauthbearer.grant.type=urn:ietf:params:oauth:grant-type:jwt-bearer\nsasl.oauthbearer.assertion.private.key.file=/k\nsasl.oauthbearer.assertion.algorithm=es256", OAuth{
			TokenURL: "https://idp/token", Assertion: &Assertion{Algorithm: "ES256", KeyFile: "/k"},
		}},
		"a life before its beginning": {module + `unsecuredLoginStringClaim_sub="me" unsecuredLoginLifetimeSeconds="-9007199254740992";`, OAuth{
			Unsecured: &Unsecured{Strings: map[string]string{"sub": "me"}, Numbers: map[string]float64{}, Lists: map[string][]string{}, Lifetime: -time.Second},
		}},
		"a file":  {"sasl.oauthbearer.token.endpoint.url=file:///run/my%20token\n" + module + ";", OAuth{TokenFile: "/run/my token"}},
		"a token": {"offsetctl.sasl.oauthbearer.token=x.y.z", OAuth{Token: secret("x.y.z")}},
		"assertion": {"sasl.oauthbearer.token.endpoint.url=https://idp/token\nsasl.oauthbearer.jwt.retriever.class=a.JwtBearerJwtRetriever\nsasl.oauthbearer.assertion.private.key.file=/k\nsasl.oauthbearer.assertion.private.key.passphrase=p\nsasl.oauthbearer.assertion.claim.iss=i\nsasl.oauthbearer.assertion.claim.exp.seconds=60\nsasl.oauthbearer.assertion.claim.jti.include=true", OAuth{
			TokenURL: "https://idp/token", Assertion: &Assertion{Algorithm: "RS256", KeyFile: "/k", KeyPassphrase: secret("p"), Issuer: "i", Expiry: time.Minute, JTI: true},
		}},
		"unsecured": {module + `unsecuredLoginStringClaim_sub="me" unsecuredLoginNumberClaim_n=1.5 unsecuredLoginListClaim_l="|a|b" unsecuredLoginLifetimeSeconds="60" unsecuredLoginExtension_x=1;`, OAuth{
			Unsecured:  &Unsecured{Strings: map[string]string{"sub": "me"}, Numbers: map[string]float64{"n": 1.5}, Lists: map[string][]string{"l": {"a", "b"}}, Lifetime: time.Minute},
			Extensions: map[string]string{"x": "1"},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := read(t, before+tc.text)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(tc.want, got.SASL.OAuth, revealing()); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

func TestConfigThatIsRefused(t *testing.T) {
	const sasl = "security.protocol=SASL_SSL\nsasl.mechanism="
	const oauth = sasl + "OAUTHBEARER\n"
	for text, want := range map[string]string{
		"security.protocol=SSL2":                           "f, line 1: security.protocol: not one of PLAINTEXT, SSL, SASL_PLAINTEXT, SASL_SSL: \"SSL2\"",
		"security.protocol=":                               "f, line 1: security.protocol: it has no value",
		"a=1\nssl.unheard.of=SECRET":                       "f, line 2: ssl.unheard.of: offsetctl does not know this key, and does not ignore a security setting",
		"security.x=SECRET":                                "f, line 1: security.x: offsetctl does not know this key",
		"Security.Protocol=SECRET":                         "f, line 1: a key of security in an unusual spelling: offsetctl does not know this key",
		"\"ssl.keystore.password\"=SECRET":                 "f, line 1: a key of security in an unusual spelling: offsetctl does not know this key",
		"security.protocol=SSL\\\nssl.key.password=SECRET": "f, line 1: security.protocol: its value goes on with ssl.key.password: does a line before that end in a backslash?",
		"security.protocol=SSL\nssl.truststore.location=C:/trust.jks\\\nssl.truststore.password:SECRET": "f, line 2: ssl.truststore.location: its value goes on with ssl.truststore.password:",
		"request.timeout.ms=30000\\\nsasl.password = SECRET":                                            "f, line 1: request.timeout.ms: its value goes on with sasl.password:",
		"security.protocol=\"SSL\"":                                                   "f, line 1: security.protocol: not one of PLAINTEXT, SSL, SASL_PLAINTEXT, SASL_SSL: a value in quotes, which belong to it here: leave them out",
		"request.timeout.ms=1 SECRET":                                                 "f, line 1: request.timeout.ms: not a number of milliseconds: a value that is not shown",
		"bootstrap.servers=SASL_SSL://a:1":                                            "f, line 1: bootstrap.servers: it says SASL_SSL, and security.protocol is PLAINTEXT: set that, which decides",
		"bootstrap.servers=SASL_PLAINTEXT://a:1\nsecurity.protocol=SSL":               "f, line 1: bootstrap.servers: it says SASL_PLAINTEXT, and security.protocol is SSL",
		oauth + "sasl.oauthbearer.token.endpoint.url=https://u:SECRET@x":              "f, line 3: sasl.oauthbearer.token.endpoint.url: it has a user or a password in it",
		"security.providers=SECRET":                                                   "f, line 1: security.providers: offsetctl cannot load Java classes",
		"ssl.engine.factory.class=SECRET":                                             "f, line 1: ssl.engine.factory.class: offsetctl cannot load Java classes",
		"bootstrap.controllers=SECRET":                                                "f, line 1: bootstrap.controllers: offsetctl asks brokers, not controllers",
		"enable.ssl.whatever=SECRET":                                                  "f, line 1: enable.ssl.whatever: offsetctl does not know this key",
		"enable.ssl.certificate.verification=false":                                   "f, line 1: enable.ssl.certificate.verification: offsetctl does not talk to a server that anybody could be",
		"ssl.endpoint.identification.algorithm=ldaps":                                 "f, line 1: ssl.endpoint.identification.algorithm: neither https nor empty: \"ldaps\"",
		"ssl.protocol=SSLv3":                                                          "f, line 1: ssl.protocol: not one of",
		"ssl.protocol=TLSv1.2\nssl.enabled.protocols=TLSv1.3":                         "f, line 1: ssl.protocol: TLSv1.2 leaves nothing of ssl.enabled.protocols",
		sasl + "DIGEST-MD5":                                                           "f, line 2: sasl.mechanism: not one that offsetctl knows: \"DIGEST-MD5\"; it has PLAIN,",
		sasl + "PLAIN":                                                                "f, line 2: sasl.mechanism: PLAIN needs user and password: sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required",
		sasl + "PLAIN\nsasl.jaas.config=x SECRET":                                     "f, line 3: sasl.jaas.config: at character 3: after the login module comes its control flag",
		sasl + "PLAIN\nsasl.jaas.config=x.Krb5LoginModule required password=SECRET;":  "f, line 3: sasl.jaas.config: sasl.mechanism PLAIN needs the login module PlainLoginModule or ScramLoginModule, and this is Krb5LoginModule",
		sasl + "PLAIN\nsasl.jaas.config=x.PlainLoginModule required password=SECRET;": "f, line 3: sasl.jaas.config: the option username is missing or empty",
		sasl + "PLAIN\nsasl.jaas.config=x.PlainLoginModule required username=SECRET;": "f, line 3: sasl.jaas.config: the option password is missing or empty",
		sasl + "PLAIN\nsasl.username=SECRET":                                          "f, line 3: sasl.username: sasl.password is missing beside it",
		sasl + "PLAIN\nsasl.login.callback.handler.class=x.SECRET":                    "f, line 3: sasl.login.callback.handler.class: offsetctl cannot load Java classes, and knows only what these do: OAuthBearerLoginCallbackHandler",
		sasl + "PLAIN\nsasl.login.class=x.SECRET":                                     "f, line 3: sasl.login.class: offsetctl cannot load Java classes",
		oauth: "f, line 2: sasl.mechanism: OAUTHBEARER needs to know where a token comes from: set sasl.oauthbearer.token.endpoint.url",
		oauth + "sasl.oauthbearer.token.endpoint.url=ftp://SECRET":                                                                                                                                                                  "f, line 3: sasl.oauthbearer.token.endpoint.url: not a URL that begins with https:// or file:///",
		oauth + "sasl.oauthbearer.token.endpoint.url=https://x":                                                                                                                                                                     "f, line 3: sasl.oauthbearer.token.endpoint.url: the token endpoint is asked with the options clientId and clientSecret",
		oauth + "sasl.oauthbearer.token.endpoint.url=https://x\nsasl.jaas.config=x.OAuthBearerLoginModule required clientId=' ' clientSecret=SECRET;":                                                                               "f, line 4: sasl.jaas.config: the token endpoint is asked with the options clientId and clientSecret",
		oauth + "sasl.oauthbearer.token.endpoint.url=https://x\nsasl.jaas.config=x.OAuthBearerLoginModule required clientId=SECRET clientSecret='\\t';":                                                                             "f, line 4: sasl.jaas.config: the token endpoint is asked with the options clientId and clientSecret",
		oauth + "sasl.oauthbearer.token.endpoint.url=https://x\nsasl.oauthbearer.grant.type=urn:ietf:params:oauth:grant-type:jwt-bearer":                                                                                            "f, line 3: sasl.oauthbearer.token.endpoint.url: the grant jwt-bearer needs sasl.oauthbearer.assertion.file",
		oauth + "sasl.oauthbearer.token.endpoint.url=https://x\nsasl.oauthbearer.grant.type=urn:ietf:params:oauth:grant-type:jwt-bearer\nsasl.oauthbearer.assertion.private.key.file=k\nsasl.oauthbearer.assertion.algorithm=hs256": "f, line 6: sasl.oauthbearer.assertion.algorithm: neither RS256 nor ES256: \"hs256\"",
		oauth + "sasl.oauthbearer.method=SECRET":                                                                                  "f, line 3: sasl.oauthbearer.method: neither oidc nor default",
		oauth + "sasl.oauthbearer.metadata.authentication.type=azure_imds":                                                        "f, line 3: sasl.oauthbearer.metadata.authentication.type: offsetctl takes tokens from a token endpoint or a file",
		oauth + "sasl.oauthbearer.jwt.retriever.class=x.SECRET":                                                                   "f, line 3: sasl.oauthbearer.jwt.retriever.class: offsetctl cannot load Java classes",
		oauth + "sasl.jaas.config=x.OAuthBearerLoginModule required unsecuredLoginNumberClaim_n=SECRET;":                          "f, line 3: sasl.jaas.config: the option unsecuredLoginNumberClaim_n is not a number",
		oauth + "sasl.oauthbearer.token.endpoint.url=https://x\nsasl.jaas.config=x.OAuthBearerLoginModule required ssl.x=SECRET;": "f, line 4: sasl.jaas.config: offsetctl does not know its option ssl.x",
		"request.timeout.ms=5s":                        "f, line 1: request.timeout.ms: not a number of milliseconds: \"5s\"",
		"default.api.timeout.ms=-1":                    "f, line 1: default.api.timeout.ms: not a number of milliseconds: \"-1\"",
		"request.timeout.ms=2147483648":                "f, line 1: request.timeout.ms: not a number of milliseconds",
		oauth + "sasl.oauthbearer.header.urlencode=ja": "f, line 3: sasl.oauthbearer.header.urlencode: neither true nor false: \"ja\"",
	} {
		_, err := read(t, text)
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s\ngot  %v\nwant %s", text, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "SECRET") && !strings.Contains(text, "method=") {
			t.Errorf("%s: a value is in the error: %v", text, err)
		}
	}
}

func TestKeysWithoutEffect(t *testing.T) {
	got, err := read(t, "acks=all\nmy.own=1\nssl.keymanager.algorithm=PKIX\nsasl.kerberos.kinit.cmd=kinit\nschema.registry.url=x\nbootstrap.servers=a:1\nmetadata.broker.list=b:1")
	if err != nil {
		t.Fatal(err)
	}
	names := func(ps []Property) string {
		var out []string
		for _, p := range ps {
			out = append(out, p.Key+"="+p.Value)
		}
		return strings.Join(out, " ")
	}
	if h, u, e := names(got.Harmless), names(got.Unknown), names(got.Effective); h != "acks=all ssl.keymanager.algorithm=PKIX sasl.kerberos.kinit.cmd=kinit schema.registry.url=x" || u != "my.own=1" || e != "bootstrap.servers=b:1" {
		t.Errorf("harmless %s, unknown %s, effective %s", h, u, e)
	}
}

func TestSecuritySettingsWithoutEffectAreNoted(t *testing.T) {
	for text, want := range map[string][]string{
		"sasl.mechanism=PLAIN\nssl.key.password=x": {
			"f, line 1: security.protocol is not set: nothing logs in, and sasl.mechanism has no effect",
			"f, line 2: security.protocol is not set: nothing is encrypted, and ssl.key.password has no effect",
		},
		"security.protocol=SASL_PLAINTEXT\nsasl.mechanism=PLAIN\nsasl.username=u\nsasl.password=p\nssl.ca.location=x": {
			"f, line 5: security.protocol is SASL_PLAINTEXT: nothing is encrypted, and ssl.truststore.location has no effect",
		},
		"security.protocol=SSL\nssl.endpoint.identification.algorithm=": {
			"f, line 2: ssl.endpoint.identification.algorithm: it is empty: the brokers' certificates are verified, their host names are not",
		},
		"security.protocol=SSL\nssl.cipher.suites=TLS_AES_128_GCM_SHA256,SSL_RSA_WITH_3DES_EDE_CBC_SHA, TLS_DHE_RSA_WITH_AES_256_GCM_SHA384": {
			"f, line 2: ssl.cipher.suites: it chooses among the cipher suites up to TLSv1.2; those of TLSv1.3 cannot be chosen here",
			"f, line 2: ssl.cipher.suites: Go's TLS does not have these, or calls them insecure, so that they are not offered: SSL_RSA_WITH_3DES_EDE_CBC_SHA, TLS_DHE_RSA_WITH_AES_256_GCM_SHA384",
		},
		"security.protocol=SSL\nssl.cipher.suites=TLS_AES_128_GCM_SHA256,TLS_EMPTY_RENEGOTIATION_INFO_SCSV": {
			"f, line 2: ssl.cipher.suites: it chooses among the cipher suites up to TLSv1.2; those of TLSv1.3 cannot be chosen here",
		},
		"ssl.cipher.suites=TLS_AES_128_CCM_SHA256": {
			"f, line 1: security.protocol is not set: nothing is encrypted, and ssl.cipher.suites has no effect",
		},
		"security.protocol=SSL": nil,
	} {
		got, err := read(t, text)
		if d := cmp.Diff(want, got.Notes); err != nil || d != "" {
			t.Errorf("%s: %v (-want +got):\n%s", text, err, d)
		}
	}
}

func TestSecretsAreHidden(t *testing.T) {
	for _, name := range []string{"sasl.jaas.config", "ssl.key.password", "sasl.password", "ssl.key.pem", "sasl.oauthbearer.client.secret", "basic.auth.user.info", "my.password"} {
		if !IsSecret(name) {
			t.Errorf("%s is no secret", name)
		}
	}
	for _, name := range []string{"bootstrap.servers", "ssl.truststore.location", "sasl.username", "acks"} {
		if IsSecret(name) {
			t.Errorf("%s is a secret", name)
		}
	}
}

func TestSplitServers(t *testing.T) {
	for s, want := range map[string][]string{
		"":                                {},
		" , ,":                            {},
		"a:1":                             {"a:1"},
		" a:1 ,\tb:2,":                    {"a:1", "b:2"},
		"PLAINTEXT://a:1,INTERNAL://b:2":  {"a:1", "b:2"},
		"[::1]:9092":                      {"[::1]:9092"},
		"PLAINTEXT://[2001:db8::1]:9092 ": {"[2001:db8::1]:9092"},
	} {
		if d := cmp.Diff(want, SplitServers(s)); d != "" {
			t.Errorf("SplitServers(%q) (-want +got):\n%s", s, d)
		}
	}
}

// A value without blanks may be a mebibyte long, and is not looked up from each of its letters.
func TestOnlyTheEndOfAWordCanBeAKey(t *testing.T) {
	long := strings.Repeat("a.", 100_000)
	for _, text := range []string{"", long, long + " \t", "x " + long, "=" + long} {
		if word := lastWord(text); len(word) > longestKey() || !strings.HasSuffix(strings.TrimRight(text, " \t"), word) {
			t.Errorf("%d letters of %d, the longest key has %d", len(word), len(text), longestKey())
		}
	}
	for value, want := range map[string]string{
		long + "sasl.oauthbearer.client.credentials.client.secret": "", // no separator
		long + "sasl.password\t =x":                                "sasl.password",
		long + ": ssl.key.password:x":                              "ssl.key.password",
		"a=b client.id=1 sasl.password=2":                          "client.id",
		"xclient.id=":                                              "client.id",
		"client.id x=":                                             "",
		"client.idx=":                                              "",
		"acks=1, retries:2":                                        "", // have no effect
	} {
		if got := swallowed(value); got != want {
			t.Errorf("%.40q: got %q, want %q", value, got, want)
		}
	}
	for _, key := range HonouredKeys() {
		if got := swallowed("x" + key + "="); got == "" || !strings.HasSuffix(key, got) {
			t.Errorf("%s: got %q", key, got)
		}
	}
}
