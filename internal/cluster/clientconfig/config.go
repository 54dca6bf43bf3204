// Package clientconfig reads the Java client.properties file that every Kafka operator has, and makes of it what a
// connection needs: servers, timeouts, TLS and SASL.
//
// A key is honoured, known to be without effect here, or refused by name: security is never lowered in silence. Nothing
// of a Secret is ever in an error or in what is printed.
package clientconfig

import (
	"strings"
	"time"
)

// Config is what offsetctl takes from a client's configuration.
type Config struct {
	Bootstrap      []string      // bootstrap.servers; nil: not set
	ClientID       string        // client.id; empty: not set
	RequestTimeout time.Duration // request.timeout.ms; 0: not set
	Timeout        time.Duration // default.api.timeout.ms, for a command as a whole; 0: not set

	Protocol Protocol
	TLS      TLS  // used if Protocol.TLS
	SASL     SASL // used if Protocol.SASL
}

// Protocol is Kafka's security.protocol. The zero value is PLAINTEXT.
type Protocol struct {
	TLS, SASL bool
}

// String is the protocol's name in security.protocol.
func (p Protocol) String() string {
	switch {
	case p.TLS && p.SASL:
		return "SASL_SSL"
	case p.TLS:
		return "SSL"
	case p.SASL:
		return "SASL_PLAINTEXT"
	}
	return "PLAINTEXT"
}

// ParseProtocol reads a value of security.protocol, in letters of either size; an empty one is the default. false: it is none,
// and the Protocol is PLAINTEXT.
func ParseProtocol(value string) (Protocol, bool) {
	switch strings.ToUpper(strings.Trim(value, javaBlanks)) {
	case "", "PLAINTEXT":
		return Protocol{}, true
	case "SSL":
		return Protocol{TLS: true}, true
	case "SASL_PLAINTEXT":
		return Protocol{SASL: true}, true
	case "SASL_SSL":
		return Protocol{TLS: true, SASL: true}, true
	}
	return Protocol{}, false
}

// TLS is the ssl.* part of a configuration (SslConfigs.java). The zero value trusts the system's authorities, checks the
// server's name and presents no certificate.
type TLS struct {
	Trust Store // whose authorities are trusted
	Own   Store // the client's certificate and key

	SkipHostName bool     // ssl.endpoint.identification.algorithm is empty: the chain is verified, the name is not
	Protocols    []string // ssl.enabled.protocols, such as TLSv1.3; nil: TLSv1.2 and TLSv1.3
	CipherSuites []string // ssl.cipher.suites, in Java's (IANA) names; nil: Go's own choice
}

// Store is a truststore or a keystore: one file that has everything, or PEM in the configuration itself, or (librdkafka's
// way) certificates and key in a PEM file each. The zero value is none.
type Store struct {
	Location    string // of the file: JKS, PKCS12 or PEM, told apart by content
	LocationKey string // the key that named it, for errors, such as "ssl.truststore.location"
	Type        string // ssl.…store.type as it is written: JKS, PKCS12, PEM; empty: not set
	Password    Secret // ssl.…store.password; empty: not set

	Certificates Secret // PEM: ssl.truststore.certificates, or ssl.keystore.certificate.chain; empty: not set
	Key          Secret // PEM: ssl.keystore.key; empty: not set
	KeyPassword  Secret // ssl.key.password; empty: the store's own password

	CertificateFile string // PEM: librdkafka's ssl.certificate.location; empty: not set
	KeyFile         string // PEM: librdkafka's ssl.key.location; empty: not set
}

// SASL is the sasl.* part of a configuration, with the options of sasl.jaas.config.
type SASL struct {
	Mechanism string // PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, OAUTHBEARER, AWS_MSK_IAM or, with the build tag kerberos, GSSAPI

	Username  string // of PLAIN and SCRAM; of a delegation token its id; of GSSAPI what the principal begins with, empty: not known
	Password  Secret // of a delegation token its HMAC
	TokenAuth bool   // SCRAM: the credentials are a delegation token (KIP-48)

	OAuth    OAuth    // of OAUTHBEARER
	AWS      AWS      // of AWS_MSK_IAM
	Kerberos Kerberos // of GSSAPI
}

// OAuth says where an OAUTHBEARER token comes from (KIP-255, KIP-768, KIP-1139). Exactly one of the sources is set.
type OAuth struct {
	Unsecured *Unsecured // an unsigned token made here, as Kafka's test login module does
	Token     Secret     // a token that is there already
	TokenFile string     // a file that has the token, read anew for each login
	TokenURL  string     // https: (or, to this machine, http:) token endpoint

	// With TokenURL: client credentials, or an assertion (a signed JWT) in their stead.
	ClientID        string
	ClientSecret    Secret
	Scope           string
	HeaderURLEncode bool // sasl.oauthbearer.header.urlencode: id and secret are URL-encoded in the Authorization header
	Assertion       *Assertion
	TLS             TLS // of the endpoint: ssl.* options of sasl.jaas.config

	SubClaim   string            // sasl.oauthbearer.sub.claim.name; empty: sub
	Extensions map[string]string // KIP-342; nil: none

	ConnectTimeout, ReadTimeout   time.Duration // sasl.login.connect.timeout.ms, .read.timeout.ms; 0: not set
	RetryBackoff, RetryBackoffMax time.Duration // sasl.login.retry.backoff.ms, .max.ms; 0: 100 ms and 10 s
}

// Unsecured are the options unsecuredLogin… of OAuthBearerLoginModule (OAuthBearerUnsecuredLoginCallbackHandler.java).
type Unsecured struct {
	PrincipalClaim, ScopeClaim string              // empty: sub, scope
	Strings                    map[string]string   // unsecuredLoginStringClaim_NAME
	Numbers                    map[string]float64  // unsecuredLoginNumberClaim_NAME
	Lists                      map[string][]string // unsecuredLoginListClaim_NAME
	Lifetime                   time.Duration       // unsecuredLoginLifetimeSeconds; 0: an hour
}

// Assertion is a JWT for the token endpoint: a file, or one that is signed here. It is what is granted upon (the grant
// urn:ietf:params:oauth:grant-type:jwt-bearer, KIP-1139), or it stands for the client's secret (RFC 7523 §2.2, KIP-1258).
type Assertion struct {
	OfClient bool // it stands for the client's secret

	File string // sasl.oauthbearer.assertion.file: signed already; empty: sign one

	Algorithm     string // RS256 or ES256
	KeyFile       string // PEM
	KeyPassphrase Secret
	TemplateFile  string // JSON with "header" and "payload" to begin with; empty: none

	Audience, Issuer, Subject string        // empty: not in the assertion
	Expiry, NotBefore         time.Duration // from now, and back from now; 0: 300 s and 60 s
	JTI                       bool          // with a random id
}

// AWS are the options of IAMLoginModule (aws-msk-iam-auth). The zero value is the default credentials of AWS's SDKs.
type AWS struct {
	Profile                    string // awsProfileName
	RoleARN, RoleSessionName   string // awsRoleArn, awsRoleSessionName
	RoleExternalID             string // awsRoleExternalId
	AccessKeyID                string // awsRoleAccessKeyId: what the role is assumed with
	SecretAccessKey, RoleToken Secret // awsRoleSecretAccessKey, awsRoleSessionToken
	STSRegion                  string // awsStsRegion
}

// Kerberos is what GSSAPI (RFC 4752) logs in with: the options of Java's Krb5LoginModule. At least one of Keytab and UseCache
// is set; with both, the keytab is for when the cache has no valid ticket.
type Kerberos struct {
	Service     string // sasl.kerberos.service.name: what the brokers' principals begin with, mostly kafka
	Principal   string // alice or alice@REALM; empty: that of the ticket cache
	Keytab      string // a file; empty: not used
	UseCache    bool   // useTicketCache
	TicketCache string // with UseCache: a file; empty: where kinit puts it
}
