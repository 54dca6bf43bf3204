//go:build kerberos

package clientconfig

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jcmturner/gokrb5/v8/client"
	krb5 "github.com/jcmturner/gokrb5/v8/config"
	"github.com/jcmturner/gokrb5/v8/iana/errorcode"
	"github.com/jcmturner/gokrb5/v8/keytab"
	"github.com/jcmturner/gokrb5/v8/messages"
	"github.com/jcmturner/gokrb5/v8/types"
)

// kdc is a KDC that answers everything with the same bytes. Its krb5.conf is that of the test then.
func kdc(t *testing.T, answer []byte) (addr, conf string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			size := make([]byte, 4)
			if _, err := io.ReadFull(conn, size); err == nil {
				_, _ = io.CopyN(io.Discard, conn, int64(binary.BigEndian.Uint32(size)))
			}
			_, _ = conn.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(answer))), answer...))
			conn.Close()
		}
	}()
	return l.Addr().String(), useConf(t, l.Addr().String())
}

func useConf(t *testing.T, kdc string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "krb5.conf")
	if err := os.WriteFile(path, []byte("[libdefaults]\ndefault_realm = EXAMPLE.COM\ndns_lookup_kdc = false\n[realms]\nEXAMPLE.COM = {\nkdc = "+kdc+"\n}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("KRB5_CONFIG", path)
	return path
}

func prepared(t *testing.T, k Kerberos) error {
	t.Helper()
	m, err := SASL{Mechanism: "GSSAPI", Kerberos: k}.Login(clock)
	if err != nil {
		t.Fatal(err)
	}
	return Preparation(m)(t.Context())
}

func TestWhatAKDCRefusesIsExplained(t *testing.T) {
	for code, want := range map[int32][2]string{
		errorcode.KDC_ERR_C_PRINCIPAL_UNKNOWN: {"the KDC of EXAMPLE.COM does not know alice@EXAMPLE.COM", "klist"},
		errorcode.KDC_ERR_CLIENT_REVOKED:      {"the KDC of EXAMPLE.COM has locked alice@EXAMPLE.COM", "unlock"},
		errorcode.KDC_ERR_KEY_EXPIRED:         {"the password of alice@EXAMPLE.COM is too old", "new password"},
		errorcode.KDC_ERR_ETYPE_NOSUPP:        {"has no type of encryption in common", "AES"},
		errorcode.KRB_AP_ERR_SKEW:             {"the clocks of this machine and of the KDC of EXAMPLE.COM differ too much", "set the clock"},
		errorcode.KRB_ERR_GENERIC:             {"KRB_ERR_GENERIC", ""},
	} {
		refusal := messages.NewKRBError(types.PrincipalName{NameType: 2, NameString: []string{"krbtgt", "EXAMPLE.COM"}}, "EXAMPLE.COM", code, "said the KDC")
		answer, err := refusal.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		kdc(t, answer)
		checkTokenError(t, prepared(t, Kerberos{Service: "kafka", Principal: "alice", Keytab: aliceFile("alice.keytab")}), want[0], want[1])
	}
}

func TestWhyThereIsNoTicketForABroker(t *testing.T) {
	conf := emptyConf(t)
	conf.Realms = append(conf.Realms, krb5.Realm{Realm: "B.COM", KDC: []string{"k:88"}})
	conf.DomainRealm["b.com"] = "B.COM"
	login := &kerberosLogin{client: client.NewWithKeytab("alice", "EXAMPLE.COM", keytab.New(), conf.Config), conf: conf, source: "keytab k"}
	for _, tc := range []struct {
		err                error
		source, want, hint string
	}{
		{errors.New("KRB Error: (7) KDC_ERR_S_PRINCIPAL_UNKNOWN Server not found"), "the KDC of B.COM", "it does not know the broker as kafka/b.com@B.COM", "sasl.kerberos.service.name"},
		{oldKeyError{}, "the KDC of B.COM", "for kafka/b.com@B.COM its ticket has a key of an old type", "AES"},
		{errors.New("KRB Error: (32) KRB_AP_ERR_TKT_EXPIRED Ticket expired"), "keytab k", "the ticket of alice@EXAMPLE.COM has expired, says the KDC of B.COM", "kinit alice@EXAMPLE.COM"},
		{context.DeadlineExceeded, "keytab k", "no KDC of B.COM answers in time: k:88", "[realms] of krb5.conf"},
		{errors.New("something\nelse"), "keytab k", "something else", ""},
	} {
		err := serviceTicketError(tc.err, login, "kafka/b.com")
		checkTokenError(t, err, tc.want, tc.hint)
		var e *TokenError
		if !errors.As(err, &e) || e.Source != tc.source {
			t.Errorf("%v: got %v, want the source %s", tc.err, err, tc.source)
		}
	}
	if err := serviceTicketError(context.Canceled, login, "kafka/b.com"); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want what is %v", err, context.Canceled)
	}
	for keyType, want := range map[int32]bool{16: false, 17: true, 18: true, 19: true, 20: true, 23: false} {
		if hasModernTokens(keyType) != want {
			t.Errorf("type %d: got %v", keyType, !want)
		}
	}
}

func TestAKDCThatMakesNoSenseIsAnError(t *testing.T) {
	alice := Kerberos{Service: "kafka", Principal: "alice", Keytab: aliceFile("alice.keytab")}
	kdc(t, bytes.Repeat([]byte{0x6b, 0x82}, 50))
	checkTokenError(t, prepared(t, alice), "AS_REP", "")
	kdc(t, nil)
	checkTokenError(t, prepared(t, alice), "no KDC of EXAMPLE.COM answers: 127.0.0.1:", "[realms]")
	useConf(t, "127.0.0.1:1")
	checkTokenError(t, prepared(t, alice), "no KDC of EXAMPLE.COM answers: 127.0.0.1:1", "[realms]")
	alice.Principal = "alice@OTHER.COM.."
	alice.Keytab = otherKeytab(t)
	checkTokenError(t, prepared(t, alice), "no KDC of the realm OTHER.COM.. is known", "[realms]")
}

// otherKeytab is alice's keytab with another realm, whose name is as long.
func otherKeytab(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "other.keytab")
	data := bytes.ReplaceAll(readFixture(t, "alice.keytab"), []byte("\x00\x0bEXAMPLE.COM"), []byte("\x00\x0bOTHER.COM.."))
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// The KDC prefers the strongest type of encryption that is asked for, so only those of the keytab are.
func TestOnlyWhatThereIsAKeyForIsAskedFor(t *testing.T) {
	keys, err := readKeytab(aliceFile("alice.keytab"), "alice", "EXAMPLE.COM")
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]int32{17}, keys.typesOf([]int32{20, 18, 17})); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	path := useConf(t, "127.0.0.1:1")
	if err := os.WriteFile(path, []byte("[libdefaults]\ndefault_realm = EXAMPLE.COM\ndefault_tkt_enctypes = aes256-cts-hmac-sha1-96"), 0o600); err != nil {
		t.Fatal(err)
	}
	err = prepared(t, Kerberos{Service: "kafka", Principal: "alice", Keytab: aliceFile("alice.keytab")})
	checkTokenError(t, err, "none of its keys for alice@EXAMPLE.COM is of a type that "+path+" and offsetctl allow", "default_tkt_enctypes in "+path)
}

func TestKeytabThatIsOfNoUse(t *testing.T) {
	useConf(t, "127.0.0.1:1")
	dir := t.TempDir()
	damaged := filepath.Join(dir, "damaged")
	if err := os.WriteFile(damaged, readFixture(t, "alice.keytab")[:40], 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		keytab, principal string
		want, hint        string
	}{
		"none":          {dir + "/none", "alice", "there is no such file", "keyTab in sasl.jaas.config"},
		"a directory":   {dir, "alice", "it is a directory, not a file", "keyTab in sasl.jaas.config"},
		"damaged":       {damaged, "alice", "it is not a keytab, or a damaged one", "klist"},
		"a cache":       {aliceFile("alice.ccache"), "alice", "it is not a keytab, or a damaged one", "klist"},
		"somebody else": {aliceFile("alice.keytab"), "bob", "it has no key of bob@EXAMPLE.COM, but of alice@EXAMPLE.COM", "set principal"},
	} {
		t.Run(name, func(t *testing.T) {
			checkTokenError(t, prepared(t, Kerberos{Service: "kafka", Principal: tc.principal, Keytab: tc.keytab}), tc.want, tc.hint)
		})
	}
}

// A ticket cache that is of no use gives way to the keytab, as in Java.
func TestKeytabIsForWhenThereIsNoTicket(t *testing.T) {
	useConf(t, "127.0.0.1:1")
	k := Kerberos{Service: "kafka", Principal: "alice", Keytab: aliceFile("alice.keytab"), UseCache: true, TicketCache: "/none"}
	checkTokenError(t, prepared(t, k), "no KDC of EXAMPLE.COM answers", "")
}

func TestWhatKnowsNoContextIsLeftBehind(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	stuck := make(chan struct{})
	defer close(stuck)
	if err := guarded(ctx, func() error { <-stuck; return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
	if err := guarded(t.Context(), func() error { panic("index out of range") }); err == nil {
		t.Error("a panic is no error")
	}
}

// names is a DNS with these answers.
type names map[string]string

func (n names) LookupCNAME(_ context.Context, host string) (string, error) {
	if name, ok := n[host]; ok {
		return name, nil
	}
	return "", errors.New("no such host")
}

func (n names) LookupAddr(_ context.Context, addr string) ([]string, error) {
	if name, ok := n[addr]; ok {
		return []string{name}, nil
	}
	return nil, errors.New("no such host")
}

func TestHostOfAServiceIsThatOfJava(t *testing.T) {
	dns := names{"b1": "b1.Example.com.", "web": "b2.example.com.", "10.0.0.1": "B1.example.com.", "::1": "localhost."}
	for _, tc := range []struct {
		host  string
		exact bool // dns_canonicalize_hostname is false
		want  string
	}{
		{"B1.Example.com", false, "b1.example.com"},
		{"b1", false, "b1.example.com"},
		{"b1", true, "b1"},
		{"web", false, "web"},
		{"localhost", false, "localhost"},
		{"10.0.0.1", false, "b1.example.com"},
		{"10.0.0.2", false, "10.0.0.2"},
		{"::1", true, "localhost"},
	} {
		if got := serviceHost(t.Context(), tc.host, !tc.exact, dns); got != tc.want {
			t.Errorf("%+v: got %s", tc, got)
		}
	}
}
