package cmd

import (
	"errors"
	"fmt"
	"strings"

	"github.com/offsetctl/offsetctl/internal/cluster/clientconfig"
)

// unreadHint is the next step after settings that cannot be read.
func unreadHint(err error, unknown []clientconfig.Property) string {
	var key *clientconfig.UnknownKey
	if !errors.As(err, &key) {
		return brokenLineHint(unknown)
	}
	lower := strings.ToLower(key.Key)
	near := nearestKey(lower)
	switch {
	case near != "" && near == lower:
		return "keys are in small letters: " + near
	case near != "":
		return "did you mean " + near + "?"
	case key.Line > 0:
		return "is it misspelt? If other clients need it, take it out of a copy of the file"
	}
	return "is it misspelt? If not, leave it out"
}

// brokenLineHint is for settings that are refused where lines are not like settings: they may be the rest of one of them.
func brokenLineHint(unknown []clientconfig.Property) string {
	for _, p := range unknown {
		if !clientconfig.Printable(p.Key) && p.Line > 0 {
			return fmt.Sprintf("%s is not like a setting: does the line before it end in a backslash, with no blank behind?", p.Where())
		}
	}
	return ""
}

// misspelt refuses a key that is nearly one of security: left out, the connection could be less secure than asked for.
func misspelt(unknown []clientconfig.Property) error {
	for _, p := range unknown {
		if near := nearestKey(p.Key); near != "" && (strings.HasPrefix(near, "security.") || strings.HasPrefix(near, "sasl.") || strings.HasPrefix(near, "ssl.")) {
			return &usageError{fmt.Errorf("%s: %s: offsetctl does not know this key, and it is nearly one of security", p.Where(), p.Key), "did you mean " + near + "?"}
		}
	}
	return nil
}

// nearestKey is the setting that is spelt most like a key; empty: none is close, or the key may be a piece of a secret.
func nearestKey(key string) string {
	best, found := 3, ""
	if !clientconfig.Printable(key) {
		return ""
	}
	for _, k := range clientconfig.HonouredKeys() {
		if max(len(k)-len(key), len(key)-len(k)) >= best { // a file may have thousands of keys, and as many letters lie between
			continue
		}
		if d := distance(key, k); d < best {
			best, found = d, k
		}
	}
	return found
}
