package clientconfig

import "testing"

func TestHoldsSecret(t *testing.T) {
	for text, want := range map[string]bool{
		"client.id=x":                   false,
		"sasl.password=P":               true,
		"sasl.password=${env:PW}":       false,
		"sasl.password=P${env:PW}":      true,
		"ssl.keystore.key=${file:/k:k}": false,
		`sasl.jaas.config=x.PlainLoginModule required username="u" password="P";`:         true,
		`sasl.jaas.config=x.PlainLoginModule required username="u" password="${env:PW}";`: false,
		`sasl.jaas.config=x.PlainLoginModule required username="${env:U}" password="P";`:  true,
		`sasl.jaas.config=x.PlainLoginModule required username=u password=${env:PW};`:     false,
		`sasl.jaas.config=${env:JAAS}`: false,
		`sasl.jaas.config=x.Krb5LoginModule required useKeyTab=true keyTab="/k" principal="p";`:                 false,
		`sasl.jaas.config=x.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="alice";`:             false,
		`sasl.jaas.config=x.OAuthBearerLoginModule required clientId=a clientSecret="b";`:                       true,
		`sasl.jaas.config=x.OAuthBearerLoginModule required clientId=a ssl.keystore.password=b;`:                true,
		`sasl.jaas.config=x.PlainLoginModule required username=node password="${env:P}" user_alice="P";`:        true,
		`sasl.jaas.config=x.IAMLoginModule required awsRoleArn=r awsRoleAccessKeyId=a awsRoleSessionToken="t";`: true,
		`sasl.jaas.config=x.IAMLoginModule required awsProfileName=p;`:                                          false,
		`sasl.jaas.config=x.PlainLoginModule`:                                                                   true, // broken: the rest may be on the next line
	} {
		props, err := Parse("f", text)
		if err != nil {
			t.Fatal(err)
		}
		if got := HoldsSecret(props[0]); got != want {
			t.Errorf("%s: %t, want %t", text, got, want)
		}
	}
}
