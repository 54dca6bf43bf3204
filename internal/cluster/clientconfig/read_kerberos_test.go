//go:build kerberos

package clientconfig

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestKerberosConfig(t *testing.T) {
	const before = "security.protocol=SASL_PLAINTEXT\n"
	const gssapi = before + "sasl.mechanism=GSSAPI\nsasl.kerberos.service.name=kafka\n"
	const module = "sasl.jaas.config=com.sun.security.auth.module.Krb5LoginModule required "
	keytab := Kerberos{Service: "kafka", Principal: "alice@EXAMPLE.COM", Keytab: "/k"}
	for name, tc := range map[string]struct {
		text, user string
		want       Kerberos
	}{
		"a keytab":              {gssapi + module + `useKeyTab=true storeKey=true keyTab="/k" principal="alice@EXAMPLE.COM";`, "alice", keytab},
		"the default mechanism": {before + "sasl.kerberos.service.name=kafka\n" + module + `useKeyTab=True keyTab="FILE:/k" principal="alice@EXAMPLE.COM";`, "alice", keytab},
		"the service in JAAS":   {before + module + `serviceName=kafka useKeyTab=true keyTab="/k" principal="alice@EXAMPLE.COM";`, "alice", keytab},
		"the service twice":     {gssapi + module + `serviceName=kafka useKeyTab=true keyTab="/k" principal="alice@EXAMPLE.COM";`, "alice", keytab},
		"harmless options": {gssapi + module + `useKeyTab=true keyTab="/k" principal="alice@EXAMPLE.COM" isInitiator=true doNotPrompt=true renewTGT=true refreshKrb5Config=true debug=true;`,
			"alice", keytab},
		"a ticket cache":         {gssapi + module + `useTicketCache=true ticketCache="/c";`, "", Kerberos{Service: "kafka", UseCache: true, TicketCache: "/c"}},
		"the usual ticket cache": {gssapi + module + `useTicketCache=true principal="alice/admin@EXAMPLE.COM";`, "alice", Kerberos{Service: "kafka", UseCache: true, Principal: "alice/admin@EXAMPLE.COM"}},
		"a file that is not used": {gssapi + module + `keyTab="/k" useKeyTab=false useTicketCache=true;`, "",
			Kerberos{Service: "kafka", UseCache: true}},
		"librdkafka": {before + "sasl.mechanisms=GSSAPI\nsasl.kerberos.keytab=/k\nsasl.kerberos.principal=alice@EXAMPLE.COM\nsasl.kerberos.kinit.cmd=x", "alice", keytab},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := read(t, tc.text)
			want := SASL{Mechanism: "GSSAPI", Username: tc.user, Kerberos: tc.want}
			if d := cmp.Diff(want, got.SASL, revealing()); err != nil || d != "" {
				t.Errorf("%v (-want +got):\n%s", err, d)
			}
		})
	}
}

func TestKerberosConfigThatIsRefused(t *testing.T) {
	const gssapi = "security.protocol=SASL_PLAINTEXT\nsasl.mechanism=GSSAPI\n"
	const service = gssapi + "sasl.kerberos.service.name=kafka\n"
	const module = "sasl.jaas.config=com.sun.security.auth.module.Krb5LoginModule required "
	for text, want := range map[string]string{
		"security.protocol=SASL_PLAINTEXT":                                                              "f, line 1: security.protocol: GSSAPI (Kerberos) needs sasl.kerberos.service.name",
		gssapi + module + "useKeyTab=true;":                                                             "f, line 3: sasl.jaas.config: GSSAPI (Kerberos) needs sasl.kerberos.service.name: what the principals of the brokers begin with",
		service:                                                                                         "f, line 2: sasl.mechanism: GSSAPI (Kerberos) needs a keytab or a ticket cache: sasl.jaas.config=com.sun.security.auth.module.Krb5LoginModule required",
		service + module + "useKeyTab=true;":                                                            "f, line 4: sasl.jaas.config: the option useKeyTab wants a file, and the option keyTab is missing or empty",
		service + module + "doNotPrompt=true;":                                                          "f, line 4: sasl.jaas.config: offsetctl asks nobody for a password: it needs the options useKeyTab=true, keyTab and principal, or useTicketCache=true",
		service + module + `useKeyTab=true keyTab="/k";`:                                                "f, line 4: sasl.jaas.config: a keytab needs the name of whom it is for",
		service + module + `useKeyTab=true keyTab="/k" principal="@R";`:                                 `f, line 4: sasl.jaas.config: not a principal such as alice@EXAMPLE.COM: "@R"`,
		service + module + `useKeyTab=true keyTab="/k" principal="a@";`:                                 `f, line 4: sasl.jaas.config: not a principal such as alice@EXAMPLE.COM: "a@"`,
		service + module + `useKeyTab=true keyTab="/k" principal="a@b@c";`:                              `f, line 4: sasl.jaas.config: not a principal such as alice@EXAMPLE.COM: "a@b@c"`,
		service + module + `useKeytab="file:///k";`:                                                     "f, line 4: sasl.jaas.config: offsetctl does not know the option useKeytab of Krb5LoginModule: is it misspelt? Java has useKeyTab, keyTab,",
		service + module + `serviceName=other useTicketCache=true;`:                                     `f, line 3: sasl.kerberos.service.name: it is "kafka", and the option serviceName of sasl.jaas.config is "other": keep one`,
		service + "sasl.jaas.config=com.ibm.security.auth.module.Krb5LoginModule required useKeytab=x;": "f, line 4: sasl.jaas.config: offsetctl does not know the options of IBM's login module",
		service + "sasl.jaas.config=x.PlainLoginModule required username=a password=SECRET;":            "f, line 4: sasl.jaas.config: sasl.mechanism GSSAPI needs the login module Krb5LoginModule, and this is PlainLoginModule",
	} {
		_, err := read(t, text)
		if err == nil || !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), "SECRET") {
			t.Errorf("%s\ngot  %v\nwant %s", text, err, want)
		}
	}
}
