package clientconfig

import (
	"context"
	"errors"
	"strings"
	"unicode"
)

// TokenError says that there are no credentials to log in with: whoever gives them is to blame, and no broker.
type TokenError struct {
	What   string // "an OAUTHBEARER token" or "AWS credentials"
	Source string // where they were to come from: a URL without user and query, a file, or words
	Err    error  // a text of ours or a context's error; never a network's, which kgo would take for the broker's and retry
	Hint   string // what to do next; empty: nothing is known
}

// Error implements error. The hint is not in it.
func (e *TokenError) Error() string {
	return "getting " + e.What + " from " + e.Source + ": " + e.Err.Error()
}

// Unwrap is the reason.
func (e *TokenError) Unwrap() error { return e.Err }

// oauthToken and awsCredentials are the What of a TokenError.
const (
	oauthToken     = "an OAUTHBEARER token"
	awsCredentials = "AWS credentials"
)

// noToken is a TokenError of OAUTHBEARER, with an error that hides its origin.
func noToken(source string, err error, hint string) *TokenError {
	return &TokenError{What: oauthToken, Source: source, Err: flat(err), Hint: hint}
}

// flat keeps of an error its text, so that kgo, which looks for network errors inside, finds none. Only that the context
// of the whole is at its end stays recognisable.
func flat(err error) error {
	switch err {
	case context.Canceled:
		return err
	case context.DeadlineExceeded:
		return tooLate{}
	}
	return errors.New(err.Error())
}

// tooLate is the end of a context's time, in words.
type tooLate struct{}

func (tooLate) Error() string { return "no answer before the time for it was over" }
func (tooLate) Unwrap() error { return context.DeadlineExceeded }

// maxForeign bounds, in characters, what of somebody else's text is shown.
const maxForeign = 200

// foreign makes a text that came from outside fit to be shown in one line.
func foreign(text string) string {
	var b strings.Builder
	n := 0
	for _, r := range strings.TrimSpace(text) {
		if n++; n > maxForeign {
			b.WriteString("…")
			break
		}
		if !unicode.IsPrint(r) {
			r = ' '
		}
		b.WriteRune(r)
	}
	return b.String()
}

// hide takes out of a text the secrets that were sent to who wrote it: he may well repeat what he refuses.
func hide(text string, secrets []Secret) string {
	for _, s := range secrets {
		if !s.Empty() {
			text = strings.ReplaceAll(text, s.Reveal(), Hidden)
		}
	}
	return text
}
