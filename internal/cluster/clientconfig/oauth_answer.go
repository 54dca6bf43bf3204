package clientconfig

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// accept takes the token out of a good answer. Kafka looks at access_token, then at id_token (JwtResponseParser).
func (e *tokenEndpoint) accept(a answer) (fetched[string], *fault) {
	var body struct {
		AccessToken any `json:"access_token"`
		IDToken     any `json:"id_token"`
	}
	if flt := a.json(&body); flt != nil {
		flt.hint = "is sasl.oauthbearer.token.endpoint.url the token endpoint, and not the provider's own address?"
		return fetched[string]{}, flt
	}
	for _, v := range []any{body.AccessToken, body.IDToken} {
		s, _ := v.(string)
		if s = strings.TrimSpace(s); s == "" {
			continue
		}
		expires, err := e.check(s)
		if err != nil {
			return fetched[string]{}, &fault{text: "looking at the token that it gave: " + err.Error(), hint: "ask its operator for JWT access tokens"}
		}
		if !e.now().Before(expires.Add(clockSkew)) {
			return fetched[string]{}, &fault{text: "the token that it gave has expired already, at " + expires.Format(time.RFC3339),
				hint: "is this machine's clock right?"}
		}
		return fetched[string]{value: s, expires: expires}, nil
	}
	return fetched[string]{}, &fault{text: "it answered without an access_token", hint: "is sasl.oauthbearer.token.endpoint.url the token endpoint?"}
}

// refused puts a bad answer in words, without the secrets that were sent.
func (e *tokenEndpoint) refused(a answer, sent []Secret) *fault {
	text := fmt.Sprintf("%d %s", a.status, http.StatusText(a.status))
	if said := oauthError(a.body, sent); said != "" {
		text += ": " + said
	} else if a.isHTML() && !inTrouble(a.status) {
		text += ", with HTML and not JSON"
	}
	return &fault{text: text, hint: e.refusalHint(a), again: mayPass(a.status), after: a.retryAfter}
}

func (e *tokenEndpoint) refusalHint(a answer) string {
	later := "try later"
	if a.retryAfter > 0 {
		later = fmt.Sprintf("try again in %s", a.retryAfter)
	}
	switch {
	case a.status == http.StatusTooManyRequests:
		return "too many requests: " + later
	case inTrouble(a.status):
		return "the endpoint is in trouble: " + later
	case a.status == http.StatusUnauthorized && e.isAssertion:
		return "the assertion was refused: check its key, audience, issuer and subject (sasl.oauthbearer.assertion…)"
	case a.status == http.StatusUnauthorized:
		return "the client id or secret was refused: check sasl.oauthbearer.client.credentials… (or clientId and clientSecret in " +
			"sasl.jaas.config), and whether the provider wants sasl.oauthbearer.header.urlencode=true"
	case a.status >= 300 && a.status < 400:
		return "it redirects, which offsetctl does not follow with a secret: set sasl.oauthbearer.token.endpoint.url to where it leads"
	case a.status == http.StatusNotFound, a.status == http.StatusMethodNotAllowed, a.isHTML():
		return "is sasl.oauthbearer.token.endpoint.url the token endpoint?"
	}
	return "check the client id, secret and scope of the token request"
}

// inTrouble reports whether the status blames the endpoint or a proxy before it, whose page for browsers says nothing more.
func inTrouble(status int) bool { return status >= 500 || status == http.StatusTooManyRequests }

// mayPass reports whether asking again may help: what HttpJwtRetriever does not name as final, less other answers that no
// second try changes.
func mayPass(status int) bool {
	switch status {
	case http.StatusRequestTimeout, http.StatusTooManyRequests:
		return true
	case http.StatusNotImplemented, http.StatusHTTPVersionNotSupported:
		return false
	}
	return status >= 500
}

// oauthError is what a provider says is wrong (RFC 6749 §5.2; errorCode and errorSummary are Okta's). Empty: nothing.
func oauthError(body []byte, sent []Secret) string {
	var e struct {
		Error       any `json:"error"`
		Description any `json:"error_description"`
		Code        any `json:"errorCode"`
		Summary     any `json:"errorSummary"`
	}
	if json.Unmarshal(body, &e) != nil {
		return ""
	}
	var said []string
	for _, v := range []any{e.Error, e.Description, e.Code, e.Summary} {
		if s, ok := v.(string); ok && strings.TrimSpace(s) != "" {
			said = append(said, foreign(hide(s, sent)))
		}
	}
	return strings.Join(said, ": ")
}
