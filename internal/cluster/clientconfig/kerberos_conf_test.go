//go:build kerberos

package clientconfig

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	krb5 "github.com/jcmturner/gokrb5/v8/config"
)

// newSections is a krb5.conf with nothing in it.
func newSections() krb5Sections {
	return krb5Sections{libdefaults: map[string]string{}, kdcs: map[string][]string{}, domains: map[string]string{}}
}

func TestKrb5ConfIsRead(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	if err := os.Mkdir(filepath.Join(dir, "d"), 0o700); err != nil {
		t.Fatal(err)
	}
	write("d/more.conf", "[realms]\n B = {\n kdc = tcp/b1\n kdc = [::1]:8888\n kdc = ::1\n }\n")
	write("d/backup~", "[libdefaults\n default_realm = NEVER\n")
	main := write("krb5.conf", `includedir `+filepath.Join(dir, "d")+`
; a comment
[logging]
 kdc = FILE:/var/log/kdc.log
[libdefaults]
	default_realm = A
	default_realm = SECOND
	clockskew = 60
	default_tkt_enctypes = aes256-cts-hmac-sha1-96, aes128-cts-hmac-sha1-96
	permitted_enctypes = DEFAULT -rc4
	dns_lookup_kdc = no
	dns_canonicalize_hostname = false
	renew_lifetime = nonsense
[realms]
	A = {
		kdc = a1.example.com*
		auth_to_local_names = {
			kdc = not-one
		}
		kdc = "a2.example.com:750"
	}
[domain_realm]
	.Example.com = A
	b.example.com = B
`)
	t.Setenv("KRB5_CONFIG", main)
	got, err := readKrb5Conf()
	if err != nil {
		t.Fatal(err)
	}
	want := krb5.New()
	want.LibDefaults.DefaultRealm = "A"
	want.LibDefaults.Clockskew = time.Minute
	want.LibDefaults.DefaultTktEnctypes = []string{"aes256-cts-hmac-sha1-96", "aes128-cts-hmac-sha1-96"}
	want.LibDefaults.DefaultTktEnctypeIDs = []int32{18, 17}
	want.LibDefaults.PermittedEnctypes = []string{"DEFAULT", "-rc4"} // and the types are still the usual ones
	want.LibDefaults.UDPPreferenceLimit = 1
	want.Realms = []krb5.Realm{{Realm: "B", KDC: []string{"b1:88", "[::1]:8888", "[::1]:88"}}, {Realm: "A", KDC: []string{"a1.example.com:88", "a2.example.com:750"}}}
	want.DomainRealm = krb5.DomainRealm{".example.com": "A", "b.example.com": "B"}
	if d := cmp.Diff(krb5Conf{want, main, false}, *got, cmp.AllowUnexported(krb5Conf{})); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	for service, realm := range map[string]string{"kafka/b.example.com": "B", "kafka/x.y.example.com": "A", "kafka/else.where": "Z"} {
		if got := got.realmOf(service, "Z"); got != realm {
			t.Errorf("realm of %s is %s, want %s", service, got, realm)
		}
	}
}

func TestKrb5ConfThatIsRefused(t *testing.T) {
	dir := t.TempDir()
	loop := filepath.Join(dir, "loop")
	for name, text := range map[string]string{"loop": "include " + loop, "skew": "[libdefaults]\nclockskew = x", "lost": "include " + dir + "/none", "folder": "includedir " + loop} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for path, want := range map[string]string{
		dir + "/none":   "reading " + dir + "/none: there is no such file",
		dir:             "reading " + dir + ": it is a directory, not a file",
		loop:            "more than 100 files are included",
		dir + "/skew":   "error processing libdefaults section: ",
		dir + "/lost":   "reading " + dir + "/none: there is no such file",
		dir + "/folder": "reading the includedir " + loop + ": not a directory",
	} {
		t.Setenv("KRB5_CONFIG", path)
		_, err := readKrb5Conf()
		if want := "getting a Kerberos ticket from " + path + ": " + want; err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func FuzzKrb5Conf(f *testing.F) {
	f.Add("[libdefaults]\ndefault_realm = A\n[realms]\nA = {\nkdc = a\n}\n[domain_realm]\na = A")
	f.Add("}\n={\n[realms]\n{\n*{\nkdc\nkdc=[\nkdc=:\n")
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Contains(text, "include") { // files of this machine
			return
		}
		s := newSections()
		if err := s.parse(text); err != nil {
			t.Fatal(err)
		}
		if c, err := s.config(); err == nil {
			c.ResolveRealm("a.b.c")
		}
	})
}
