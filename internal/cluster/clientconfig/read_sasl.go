package clientconfig

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// sasl reads sasl.*.
func (r *reader) sasl() SASL {
	s := SASL{Mechanism: strings.ToUpper(r.text("sasl.mechanism"))}
	if s.Mechanism == "" {
		s.Mechanism = "GSSAPI" // the default in Kafka
	}
	if r.has("sasl.jaas.config") {
		module, err := parseJAAS(r.text("sasl.jaas.config"))
		if err != nil {
			r.fail("sasl.jaas.config", "%w", err)
			return s
		}
		r.jaas = module
	}
	r.checkHandlers()
	r.noteOptions()
	switch s.Mechanism {
	case "PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512":
		r.login(&s)
	case "OAUTHBEARER":
		s.OAuth = r.oauth()
	case "AWS_MSK_IAM":
		s.AWS = r.aws()
	case "GSSAPI":
		r.kerberos(&s)
	default:
		r.fail("sasl.mechanism", "not one that offsetctl knows: %s; it has PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, OAUTHBEARER and AWS_MSK_IAM", r.quoted("sasl.mechanism"))
	}
	return s
}

// checkHandlers refuses classes that offsetctl has no counterpart of: what they do cannot be known. Kafka's own moved between
// packages, and are shaded by others, so the last part of the name counts.
func (r *reader) checkHandlers() {
	for _, of := range []struct {
		name  string
		known []string
	}{
		{"sasl.login.callback.handler.class", []string{loginHandler, unsecuredHandler, "IAMClientCallbackHandler"}},
		{"sasl.client.callback.handler.class", []string{"IAMClientCallbackHandler", "OAuthBearerSaslClientCallbackHandler", "SaslClientCallbackHandler"}},
		{"sasl.oauthbearer.jwt.retriever.class", []string{"DefaultJwtRetriever", "ClientCredentialsJwtRetriever", "FileJwtRetriever", bearerRetriever}},
	} {
		if r.has(of.name) && !slices.Contains(of.known, r.class(of.name)) {
			r.fail(of.name, "offsetctl cannot load Java classes, and knows only what these do: %s", strings.Join(of.known, ", "))
		}
	}
}

const (
	loginHandler     = "OAuthBearerLoginCallbackHandler"
	unsecuredHandler = "OAuthBearerUnsecuredLoginCallbackHandler"
	bearerRetriever  = "JwtBearerJwtRetriever"
)

// class is the name of a class without its package.
func (r *reader) class(name string) string {
	return r.text(name)[strings.LastIndexByte(r.text(name), '.')+1:]
}

// noteOptions tells of options that no login module has that offsetctl knows: misspelt, awsRoleArn would leave another identity.
func (r *reader) noteOptions() {
	var strange []string
	for _, name := range slices.Sorted(maps.Keys(r.jaas.Options)) {
		if !isModuleOption(name) {
			strange = append(strange, name)
		}
	}
	switch {
	case len(strange) == 0:
	case slices.ContainsFunc(strange, func(name string) bool { return !optionName.MatchString(name) }):
		r.note("sasl.jaas.config", fmt.Sprintf("%d of its options are none that offsetctl knows, and have no effect", len(strange)))
	default:
		r.note("sasl.jaas.config", "options without effect: "+strings.Join(strange, ", "))
	}
}

// optionName is what can be shown of an option's name: others may be a piece of a value that was not quoted well.
var optionName = regexp.MustCompile(`^[a-z]+([A-Z][a-z]+)+$`)

// isModuleOption reports whether Kafka's login modules, Java's for Kerberos or AWS's has an option, or a broker's file.
func isModuleOption(name string) bool {
	return slices.Contains([]string{
		"username", "password", "tokenauth", "serviceName", "clientId", "clientSecret", "scope",
		"useKeyTab", "keyTab", "principal", "storeKey", "useTicketCache", "ticketCache", "renewTGT", "doNotPrompt", "refreshKrb5Config", "isInitiator", "debug", "useFirstPass", "tryFirstPass", "storePass", "clearPass",
		"awsProfileName", "awsRoleArn", "awsRoleSessionName", "awsRoleExternalId", "awsRoleAccessKeyId", "awsRoleSecretAccessKey", "awsRoleSessionToken", "awsStsRegion", "awsDebugCreds", "awsMaxRetries", "awsMaxBackOffTimeMs",
	}, name) || slices.ContainsFunc([]string{"user_", "extension_", "unsecuredLogin", "ssl."}, func(prefix string) bool { return strings.HasPrefix(name, prefix) })
}

// module requires the login module of a mechanism, where sasl.jaas.config is set.
func (r *reader) module(names ...string) {
	if r.jaas.Class != "" && !slices.Contains(names, r.jaas.Short()) {
		r.fail("sasl.jaas.config", "sasl.mechanism %s needs the login module %s, and this is %s", r.text("sasl.mechanism"), strings.Join(names, " or "), r.jaas.Short())
	}
}

// login reads user and password of PLAIN and SCRAM. Kafka takes them from either login module.
func (r *reader) login(s *SASL) {
	r.module("PlainLoginModule", "ScramLoginModule")
	s.Username, s.Password = r.jaas.Options["username"], NewSecret(r.jaas.Options["password"])
	s.TokenAuth = strings.EqualFold(r.jaas.Options["tokenauth"], "true") && s.Mechanism != "PLAIN"
	if r.has("sasl.username") { // librdkafka's way, where there is no JAAS: see alternatives
		s.Username = r.text("sasl.username")
	}
	if r.has("sasl.password") {
		s.Password = r.secret("sasl.password")
	}
	switch {
	case r.jaas.Class == "" && !r.has("sasl.username") && !r.has("sasl.password"):
		r.fail("sasl.mechanism", `%s needs user and password: sasl.jaas.config=%s required username="…" password="…";`, s.Mechanism, moduleClass(s.Mechanism))
	case s.Username == "" && r.has("sasl.jaas.config"):
		r.fail("sasl.jaas.config", "the option username is missing or empty")
	case s.Password.Empty() && r.has("sasl.jaas.config"):
		r.fail("sasl.jaas.config", "the option password is missing or empty")
	case s.Username == "":
		r.fail("sasl.password", "sasl.username is missing beside it")
	case s.Password.Empty():
		r.fail("sasl.username", "sasl.password is missing beside it")
	}
}

// either is the first of the names that is set, and the last otherwise.
func (r *reader) either(names ...string) string {
	for _, name := range names {
		if r.has(name) {
			return name
		}
	}
	return names[len(names)-1]
}

func moduleClass(mechanism string) string {
	if mechanism == "PLAIN" {
		return "org.apache.kafka.common.security.plain.PlainLoginModule"
	}
	return "org.apache.kafka.common.security.scram.ScramLoginModule"
}

// aws reads the options of aws-msk-iam-auth's login module.
func (r *reader) aws() AWS {
	r.module("IAMLoginModule")
	o := r.jaas.Options
	return AWS{
		Profile:         o["awsProfileName"],
		RoleARN:         o["awsRoleArn"],
		RoleSessionName: o["awsRoleSessionName"],
		RoleExternalID:  o["awsRoleExternalId"],
		AccessKeyID:     o["awsRoleAccessKeyId"],
		SecretAccessKey: NewSecret(o["awsRoleSecretAccessKey"]),
		RoleToken:       NewSecret(o["awsRoleSessionToken"]),
		STSRegion:       o["awsStsRegion"],
	}
}
