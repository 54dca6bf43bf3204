package clientconfig

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

func TestSecretIsNeverPrinted(t *testing.T) {
	config := Config{SASL: SASL{Password: NewSecret("hush"), OAuth: OAuth{Assertion: &Assertion{KeyPassphrase: NewSecret("hush")}}}}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		for _, v := range []any{Reading{Config: config, Effective: []Property{{Key: "sasl.password", Value: "hush"}}}, config, config.SASL.Password, &config.SASL, *config.SASL.OAuth.Assertion} {
			if text := fmt.Sprintf(verb, v); strings.Contains(text, "hush") || strings.Contains(text, fmt.Sprintf("%x", "hush")) {
				t.Errorf("%s prints it: %s", verb, text)
			}
		}
	}
	text, err := json.Marshal(config)
	if err != nil || strings.Contains(string(text), "hush") || !strings.Contains(string(text), Hidden) {
		t.Errorf("JSON: %s, %v", text, err)
	}
}
