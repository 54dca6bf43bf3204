package clientconfig

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/sasl"
	"github.com/twmb/franz-go/pkg/sasl/oauth"
)

// bearer is the mechanism OAUTHBEARER (RFC 7628). franz-go's own takes a failure for the end of the conversation; a broker
// that refuses a token says why in what it takes to be the last challenge but one.
type bearer struct {
	token      func(context.Context) (string, error)
	refused    func(token string) // what to do when a broker will not have it
	extensions map[string]string
	subject    *tokenSubject
}

func (bearer) Name() string { return "OAUTHBEARER" }

func (b bearer) prepare(ctx context.Context) error {
	_, err := b.token(ctx)
	return err
}

// Authenticate begins a login, with a token that is asked for now.
func (b bearer) Authenticate(ctx context.Context, host string) (sasl.Session, []byte, error) {
	token, err := b.token(ctx)
	if err != nil {
		return nil, nil, err
	}
	_, first, err := oauth.Auth{Token: token, Extensions: b.extensions}.AsMechanism().Authenticate(ctx, host)
	if err != nil {
		return nil, nil, err
	}
	b.subject.saw(token)
	return &bearerSession{refused: func() { b.refused(token) }}, first, nil
}

// bearerSession is one login with a token.
type bearerSession struct {
	refused func()
	reason  error // set once the broker has refused the token
}

// Challenge implements sasl.Session. A broker accepts with nothing, or refuses with a JSON object, which must be answered
// with \x01 (RFC 7628 §3.2.3): only then it gives its error code, with that object as the message.
func (s *bearerSession) Challenge(challenge []byte) (bool, []byte, error) {
	switch {
	case s.reason != nil:
		return false, nil, s.reason
	case len(challenge) == 0:
		return true, nil, nil
	}
	s.refused()
	s.reason = refusal(challenge)
	return false, []byte{1}, nil
}

// Refusal puts in words what a broker says of an OAUTHBEARER token that it will not have: a JSON object with a status and
// perhaps a scope (RFC 7628 §3.2.2; OAuthBearerSaslServer of Kafka), which comes back as the message of its error. Any
// other text is returned as it is.
func Refusal(brokersText string) string {
	var said struct{ Status, Scope string }
	if json.Unmarshal([]byte(brokersText), &said) != nil || said.Status == "" {
		return brokersText
	}
	text := "the broker refused the token: " + foreign(said.Status)
	if said.Scope != "" {
		text += fmt.Sprintf(" (scope %s)", foreign(said.Scope))
	}
	return text
}

// refusal is the error of a broker that refuses a token and then, against Kafka's protocol, gives no error code.
func refusal(challenge []byte) error {
	text := string(challenge)
	if words := Refusal(text); words != text {
		return errors.New(words)
	}
	return fmt.Errorf("the broker refused the token: %s", foreign(text))
}

// mechanism checks o and chooses the source of tokens.
func (o OAuth) mechanism(now func() time.Time) (sasl.Mechanism, error) {
	if err := checkExtensions(o.Extensions); err != nil {
		return nil, err
	}
	b := bearer{extensions: o.Extensions, refused: func(string) {}, subject: &tokenSubject{claim: o.subClaim()}}
	switch {
	case o.Unsecured != nil:
		if err := o.Unsecured.check(); err != nil {
			return nil, err
		}
		b.token = func(context.Context) (string, error) { return o.Unsecured.token(now()) }
	case !o.Token.Empty():
		b.token = func(context.Context) (string, error) { return o.staticToken(now()) }
	case o.TokenFile != "":
		b.token = func(context.Context) (string, error) { return o.fileToken(now()) }
	default:
		e, err := o.endpoint(now)
		if err != nil {
			return nil, err
		}
		cache := &tokenCache[string]{fetch: e.fetch, now: now, what: oauthToken, source: e.name}
		b.token, b.refused = cache.get, cache.drop
	}
	return b, nil
}

// What OAuthBearerClientInitialResponse allows as an extension (KIP-342).
var (
	extensionName  = regexp.MustCompile(`^[A-Za-z]+$`)
	extensionValue = regexp.MustCompile(`^[\x21-\x7E \t\r\n]+$`)
)

// checkExtensions holds a broker's rules. Values stay out of the errors: they may be somebody's secret.
func checkExtensions(ext map[string]string) error {
	for _, name := range slices.Sorted(maps.Keys(ext)) {
		switch {
		case name == "auth":
			return errors.New(`OAUTHBEARER extension "auth" in sasl.jaas.config: that name is the token's own; choose another`)
		case !extensionName.MatchString(name):
			return fmt.Errorf("OAUTHBEARER extension %q in sasl.jaas.config: a name has only letters", name)
		case !extensionValue.MatchString(ext[name]):
			return fmt.Errorf("value of OAUTHBEARER extension %q in sasl.jaas.config: it is empty, or has what is not printable ASCII", name)
		}
	}
	return nil
}

// staticToken is the token of the configuration. It need not be a JWT; if it is one that is past its end, that is said
// here and not left to the broker.
func (o OAuth) staticToken(now time.Time) (string, error) {
	value := strings.TrimSpace(o.Token.Reveal())
	if err := checkBearer(value); err != nil {
		return "", noToken("the configuration", err, "put a valid token there")
	}
	if claims, err := readClaims(value); err == nil {
		if expires, err := claims.expires(); err == nil && isOver(expires, now) {
			return "", noToken("the configuration", overSince(expires), "put a new token there")
		}
	}
	return value, nil
}

// fileToken is what the file has at this moment: whoever renews it need not tell us.
func (o OAuth) fileToken(now time.Time) (string, error) {
	source := "file " + o.TokenFile
	data, err := smallFile(o.TokenFile)
	if err != nil {
		return "", noToken(source, err, "sasl.oauthbearer.token.endpoint.url must name a readable file with one JWT in it")
	}
	value := strings.TrimSpace(string(data))
	expires, err := o.checkJWT(value)
	if err != nil {
		return "", noToken(source, err, "it must have one JWT in it and nothing else")
	}
	if isOver(expires, now) {
		return "", noToken(source, overSince(expires), "put a new token in the file, or name a token endpoint")
	}
	return value, nil
}
