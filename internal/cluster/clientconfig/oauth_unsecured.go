package clientconfig

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// unsecuredLifetime is Kafka's default of unsecuredLoginLifetimeSeconds.
const unsecuredLifetime = time.Hour

// principalClaim is the claim that names who logs in.
func (u *Unsecured) principalClaim() string {
	if name := strings.TrimSpace(u.PrincipalClaim); name != "" {
		return name
	}
	return "sub"
}

// check holds the rules of OAuthBearerUnsecuredLoginCallbackHandler.
func (u *Unsecured) check() error {
	for _, reserved := range []string{"iat", "exp"} {
		_, s := u.Strings[reserved]
		_, n := u.Numbers[reserved]
		_, l := u.Lists[reserved]
		if s || n || l {
			return fmt.Errorf("unsecuredLogin…Claim_%s in sasl.jaas.config: that claim is set by the login itself; take it out", reserved)
		}
	}
	name := u.principalClaim()
	if strings.TrimSpace(u.Strings[name]) == "" {
		return fmt.Errorf("unsecured OAUTHBEARER login has no principal: set unsecuredLoginStringClaim_%s in sasl.jaas.config", name)
	}
	if u.Lifetime < 0 {
		return errors.New("unsecuredLoginLifetimeSeconds in sasl.jaas.config: it is below 0")
	}
	return nil
}

// token makes an unsigned JWT (RFC 7515 appendix A.5). It is made anew for each login, which costs nothing.
func (u *Unsecured) token(now time.Time) (string, error) {
	lifetime := u.Lifetime
	if lifetime == 0 {
		lifetime = unsecuredLifetime
	}
	claims := map[string]any{}
	for name, v := range u.Strings {
		claims[name] = v
	}
	for name, v := range u.Numbers {
		claims[name] = v
	}
	for name, v := range u.Lists {
		claims[name] = append([]string{}, v...) // an empty list is [], not null
	}
	claims["iat"] = seconds(now)
	claims["exp"] = seconds(now.Add(lifetime))
	body, err := json.Marshal(claims)
	if err != nil {
		return "", noToken("the unsecuredLogin… options of sasl.jaas.config", err, "")
	}
	return segment([]byte(`{"alg":"none"}`)) + "." + segment(body) + ".", nil
}

// seconds is a NumericDate with milliseconds, as Kafka writes it.
func seconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }

// segment is one part of a JWT.
func segment(data []byte) string { return base64.RawURLEncoding.EncodeToString(data) }
