package cmd

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// One broker of three that refuses the login is told of once, and does not keep the others from being asked.
func TestConfigTestTellsARefusalOnce(t *testing.T) {
	c, err := kfake.NewCluster(kfake.NumBrokers(3), kfake.EnableSASL(), kfake.Superuser("PLAIN", "me", "pw"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	c.ControlKey(int16(kmsg.SASLAuthenticate), func(req kmsg.Request) (kmsg.Response, error, bool) {
		c.KeepControl()
		if c.CurrentNode() != 2 {
			return nil, nil, false
		}
		resp := req.ResponseKind().(*kmsg.SASLAuthenticateResponse)
		said := "LDAP is down here"
		resp.ErrorCode, resp.ErrorMessage = kerr.SaslAuthenticationFailed.Code, &said
		return resp, nil, true
	})
	addrs := c.ListenAddrs()
	for name, servers := range map[string][]string{"learned from another": addrs[:1], "a bootstrap server": {addrs[0], addrs[2]}} {
		file := filepath.Join(t.TempDir(), "c.properties")
		text := "bootstrap.servers=" + strings.Join(servers, ",") + "\nsecurity.protocol=SASL_PLAINTEXT\nsasl.mechanism=PLAIN\nsasl.username=me\nsasl.password=pw\n"
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		got := at{env: map[string]string{"HOME": t.TempDir()}}.run(t, "config", "test", "--command-config", file)
		if n := strings.Count(got.err, "LDAP is down here"); n != 1 || got.code != exitFailed {
			t.Errorf("%s: exit %d, and the refusal is told %d times:\n%s", name, got.code, n, got.err)
		}
		if !strings.Contains(got.out, "\tgroups\t") {
			t.Errorf("%s: what the user may do is missing:\n%s", name, got.out)
		}
	}
}
