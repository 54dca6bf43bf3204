package clientconfig

import (
	"encoding/json"
	"sync/atomic"

	"github.com/twmb/franz-go/pkg/sasl"
)

// Subject is who a token says that it is for, of the last login with m: the user, for brokers that go by the same claim and map
// no names. Empty: it is not known, or m logs in otherwise.
func Subject(m sasl.Mechanism) string {
	if b, ok := m.(bearer); ok {
		if last := b.subject.last.Load(); last != nil {
			return *last
		}
	}
	return ""
}

// tokenSubject keeps that of the last token of several connections.
type tokenSubject struct {
	claim string
	last  atomic.Pointer[string]
}

func (s *tokenSubject) saw(token string) {
	var subject string
	if claims, err := readClaims(token); err == nil && json.Unmarshal(claims[s.claim], &subject) == nil {
		s.last.Store(&subject)
	}
}
