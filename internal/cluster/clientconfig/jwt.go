package clientconfig

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"
)

// bearerToken is what a broker takes for a token (OAuthBearerClientInitialResponse, after RFC 6750 §2.1).
var bearerToken = regexp.MustCompile(`^[-_~+/.a-zA-Z0-9]+=*$`)

// checkBearer finds what would break the login's first message. No part of a token is in an error.
func checkBearer(value string) error {
	if value == "" {
		return errors.New("it is empty")
	}
	if !bearerToken.MatchString(value) {
		return errors.New("it has characters that no token has")
	}
	return nil
}

// jwtClaims is the middle part of a JWT.
type jwtClaims map[string]json.RawMessage

// readClaims takes a JWT apart; nobody's signature is checked, since that is for the broker to do.
func readClaims(value string) (jwtClaims, error) {
	parts := strings.Split(value, ".")
	if len(parts) != 3 {
		return nil, fmt.Errorf("it is not a JWT: it has %d parts, not 3 with a dot between them", len(parts))
	}
	payload, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "="))
	if err != nil {
		return nil, errors.New("it is not a JWT: its second part is not base64url")
	}
	var claims jwtClaims
	if err := json.Unmarshal(payload, &claims); err != nil || claims == nil {
		return nil, errors.New("it is not a JWT: its second part is not a JSON object")
	}
	return claims, nil
}

// maxUnix is the last second of the year 9999, before which all sane tokens end.
const maxUnix = 253402300799

// expires is the claim exp, seconds since 1970, which may have a fraction (RFC 7519 §2).
func (c jwtClaims) expires() (time.Time, error) {
	raw, ok := c["exp"]
	if !ok || string(raw) == "null" {
		return time.Time{}, errors.New("it has no claim exp, so nobody knows when it ends")
	}
	var seconds float64
	if json.Unmarshal(raw, &seconds) != nil || seconds < 0 {
		return time.Time{}, errors.New("its claim exp is not a time")
	}
	seconds = min(seconds, maxUnix)
	return time.UnixMilli(int64(seconds * 1000)).UTC(), nil
}

func (o OAuth) subClaim() string { return cmp.Or(o.SubClaim, "sub") }

// checkJWT is the rule of Kafka's ClientJwtValidator, less what it asks of the scope, which is the broker's affair: three
// parts that are there, exp, and a subject.
func (o OAuth) checkJWT(value string) (expires time.Time, err error) {
	if err := checkBearer(value); err != nil {
		return time.Time{}, err
	}
	claims, err := readClaims(value)
	if err != nil {
		return time.Time{}, err
	}
	for _, part := range strings.Split(value, ".") {
		if part == "" {
			return time.Time{}, errors.New("it is not a signed JWT: one of its parts is empty")
		}
	}
	name := o.subClaim()
	var subject string
	if raw, ok := claims[name]; !ok || json.Unmarshal(raw, &subject) != nil || strings.TrimSpace(subject) == "" {
		return time.Time{}, fmt.Errorf("it has no subject in its claim %q: name the right one in sasl.oauthbearer.sub.claim.name", name)
	}
	return claims.expires()
}

// clockSkew is by how much a broker's clock and ours may differ before we refuse a token that the broker would have taken
// (Kafka allows 30 s, sasl.oauthbearer.clock.skew.seconds).
const clockSkew = 30 * time.Second

// isOver reports whether a token that ends at expires is of no use any more.
func isOver(expires, now time.Time) bool { return !now.Before(expires.Add(clockSkew)) }

func overSince(expires time.Time) error {
	return fmt.Errorf("it expired at %s", expires.Format(time.RFC3339))
}
