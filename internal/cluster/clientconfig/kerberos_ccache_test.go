//go:build kerberos

package clientconfig

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func aliceFile(name string) string { return filepath.Join("testdata", "kerberos", name) }

func readFixture(tb testing.TB, name string) []byte {
	tb.Helper()
	data, err := os.ReadFile(aliceFile(name))
	if err != nil {
		tb.Fatal(err)
	}
	return data
}

// emptyConf is a krb5.conf that says nothing.
func emptyConf(t *testing.T) *krb5Conf {
	t.Helper()
	s := newSections()
	c, err := s.config()
	if err != nil {
		t.Fatal(err)
	}
	return &krb5Conf{Config: c, path: "krb5.conf"}
}

func TestTicketCacheIsRead(t *testing.T) {
	c, err := parseTicketCache(readFixture(t, "alice.ccache"))
	if err != nil {
		t.Fatal(err)
	}
	tgt, ok := c.grantingTicket()
	type summary struct {
		Owner       string
		Found       bool
		Type        int32
		Key, Ticket int // bytes
		Begin, Life time.Duration
	}
	began := time.Date(2026, 11, 29, 8, 42, 34, 0, time.UTC)
	got := summary{c.principal(), ok, tgt.Key.KeyType, len(tgt.Key.KeyValue), len(tgt.Ticket), tgt.AuthTime.Sub(began), tgt.EndTime.Sub(tgt.AuthTime)}
	if d := cmp.Diff(summary{"alice@EXAMPLE.COM", true, 17, 16, 260, 0, 24 * time.Hour}, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestTicketCacheThatIsOfNoUse(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, data []byte) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	cache := readFixture(t, "alice.ccache")
	within := time.Date(2026, 11, 29, 10, 0, 0, 0, time.UTC)
	t.Setenv("KRB5CCNAME", "KEYRING:persistent:0")
	for name, tc := range map[string]struct {
		conf       Kerberos
		now        time.Time
		want, hint string // empty: it is of use
	}{
		"it is of use":           {Kerberos{TicketCache: aliceFile("alice.ccache")}, within, "", ""},
		"a principal":            {Kerberos{TicketCache: "FILE:" + aliceFile("alice.ccache"), Principal: "alice@EXAMPLE.COM"}, within, "", ""},
		"a principal, no realm":  {Kerberos{TicketCache: aliceFile("alice.ccache"), Principal: "alice"}, within, "", ""},
		"another principal":      {Kerberos{TicketCache: aliceFile("alice.ccache"), Principal: "bob@EXAMPLE.COM"}, within, "its tickets are of alice@EXAMPLE.COM, and principal in the configuration is bob@EXAMPLE.COM", "get a ticket: kinit bob@EXAMPLE.COM"},
		"expired":                {Kerberos{TicketCache: aliceFile("alice.ccache")}, within.Add(24 * time.Hour), "the ticket of alice@EXAMPLE.COM expired at ", "get a new one: kinit alice@EXAMPLE.COM"},
		"a keytab":               {Kerberos{TicketCache: aliceFile("alice.keytab")}, within, "it is of the old format 2", "get a new ticket: kinit"},
		"cut":                    {Kerberos{TicketCache: write("cut", cache[:len(cache)-5])}, within, "it is not a ticket cache, or a damaged one", "kinit"},
		"another realm":          {Kerberos{TicketCache: write("realm", bytes.Replace(cache, []byte("krbtgt"), []byte("krbtgz"), 1))}, within, "it has no ticket-granting ticket of alice@EXAMPLE.COM", "kinit"},
		"empty":                  {Kerberos{TicketCache: write("empty", nil)}, within, "it is not a ticket cache, or a damaged one", "kinit"},
		"none":                   {Kerberos{TicketCache: "FILE:" + dir + "/none"}, within, "there is no such file", "get a ticket with kinit"},
		"a directory":            {Kerberos{TicketCache: dir}, within, "it is a directory, not a file", "kinit"},
		"a type that is no file": {Kerberos{}, within, "offsetctl does not read ticket caches of the type KEYRING, only files", "KRB5CCNAME=FILE:"},
	} {
		t.Run(name, func(t *testing.T) {
			f := ticketFinder{conf: tc.conf, now: func() time.Time { return tc.now }}
			_, _, err := f.fromCache(emptyConf(t))
			checkTokenError(t, err, tc.want, tc.hint)
		})
	}
}

// checkTokenError wants parts of a TokenError's reason and hint, or no error where want is empty.
func checkTokenError(t *testing.T, err error, want, hint string) {
	t.Helper()
	if want == "" {
		if err != nil {
			t.Errorf("got %v, want none", err)
		}
		return
	}
	e, ok := err.(*TokenError)
	if !ok || e.What != kerberosTicket || !strings.Contains(e.Err.Error(), want) || !strings.Contains(e.Hint, hint) {
		t.Errorf("got %v, want %q with the hint %q", err, want, hint)
	}
}

func FuzzTicketCache(f *testing.F) {
	f.Add(readFixture(f, "alice.ccache"))
	f.Add([]byte("\x05\x04\x00\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := parseTicketCache(data)
		if err != nil {
			return
		}
		if tgt, ok := c.grantingTicket(); ok {
			s := newSections()
			conf, err := s.config()
			if err != nil {
				t.Fatal(err)
			}
			_, _ = c.login(tgt, &krb5Conf{Config: conf}, "")
		}
	})
}
