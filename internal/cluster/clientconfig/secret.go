package clientconfig

import "fmt"

// Secret is a value that no format verb prints. Reveal has it. The zero value is none.
type Secret struct {
	value *string // a pointer, since fmt prints a field within a pointer that is given a wrong verb without asking Format
}

// NewSecret hides a value.
func NewSecret(value string) Secret {
	if value == "" {
		return Secret{}
	}
	return Secret{&value}
}

// Reveal is the value itself, for whom it is meant.
func (s Secret) Reveal() string {
	if s.value == nil {
		return ""
	}
	return *s.value
}

// Empty reports whether there is none.
func (s Secret) Empty() bool { return s.value == nil }

// Hidden is what stands for a secret, as in Java's clients.
const Hidden = "[hidden]"

// Format implements fmt.Formatter: whatever the verb, the value is not in it.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(Hidden)) }

// MarshalText keeps the value out of JSON and the like.
func (s Secret) MarshalText() ([]byte, error) { return []byte(Hidden), nil }
