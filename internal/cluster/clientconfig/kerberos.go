//go:build kerberos

package clientconfig

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/jcmturner/gokrb5/v8/client"
	krb5 "github.com/jcmturner/gokrb5/v8/config"
	"github.com/jcmturner/gokrb5/v8/iana/etypeID"
	"github.com/twmb/franz-go/pkg/sasl"
	"github.com/twmb/franz-go/pkg/sasl/kerberos"
)

// gssapi is the mechanism GSSAPI (RFC 4752) with Kerberos 5: gokrb5 asks the KDC, franz-go talks to the broker. Neither takes a
// context, and both take bytes from outside for well-formed; so they run where they can be left behind, and a panic is an error.
type gssapi struct {
	conf  Kerberos
	cache *tokenCache[*kerberosLogin]
}

// kerberosLogin is a ticket-granting ticket and what it was got with.
type kerberosLogin struct {
	mu     sync.Mutex // held while the client is in use: gokrb5 shuffles the KDCs in place
	client *client.Client
	conf   *krb5Conf
	source string // of the errors: the file that the ticket, or the key for it, came from
}

// kdcPatience is how long the KDCs may take for one ticket. gokrb5 waits for each of them for 5 s.
const kdcPatience = 8 * time.Second

func (k Kerberos) mechanism(now func() time.Time) (sasl.Mechanism, error) {
	switch {
	case k.Service == "":
		return nil, errors.New("sasl.kerberos.service.name is missing")
	case k.Keytab == "" && !k.UseCache:
		return nil, errors.New("GSSAPI (Kerberos) needs a keytab or a ticket cache")
	}
	finder := ticketFinder{conf: k, now: now}
	return gssapi{k, &tokenCache[*kerberosLogin]{fetch: finder.find, now: now, what: kerberosTicket, source: "Kerberos"}}, nil
}

func (gssapi) Name() string { return "GSSAPI" }

// prepare gets the ticket-granting ticket. Those for the brokers come later: their names are not known yet.
func (g gssapi) prepare(ctx context.Context) error {
	_, err := g.cache.get(ctx)
	return err
}

// Authenticate gets a ticket for the broker and begins a login with it.
func (g gssapi) Authenticate(ctx context.Context, addr string) (sasl.Session, []byte, error) {
	login, err := g.cache.get(ctx)
	if err != nil {
		return nil, nil, err
	}
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, nil, err
	}
	host = serviceHost(ctx, host, login.conf.canonicalize, net.DefaultResolver)
	service := g.conf.Service + "/" + host
	var first []byte
	var session sasl.Session
	err = guarded(ctx, func() error {
		login.mu.Lock()
		defer login.mu.Unlock()
		_, key, err := login.client.GetServiceTicket(service)
		if err != nil {
			return err
		}
		if !hasModernTokens(key.KeyType) {
			return oldKeyError{}
		}
		// The ticket is in the client's cache now. The port is of no account.
		auth := kerberos.Auth{Client: login.client, Service: g.conf.Service, PersistAfterAuth: true}
		session, first, err = auth.AsMechanism().Authenticate(ctx, net.JoinHostPort(host, "0"))
		return err
	})
	if err != nil {
		return nil, nil, serviceTicketError(err, login, service)
	}
	return session, first, nil
}

// hasModernTokens reports whether GSS tokens with keys of this type are those of RFC 4121, which are all that franz-go reads.
func hasModernTokens(keyType int32) bool {
	return keyType != etypeID.RC4_HMAC && keyType != etypeID.DES3_CBC_SHA1_KD
}

// oldKeyError is a session key that franz-go has no use for.
type oldKeyError struct{}

func (oldKeyError) Error() string {
	return "its ticket has a key of an old type (RC4 or DES3), with which offsetctl cannot log in"
}

// guarded runs what knows no context, and may panic on what it reads, until it is done or the time is over. Then it is left behind:
// gokrb5's connections end by themselves.
func guarded(ctx context.Context, do func() error) error {
	ctx, cancel := context.WithTimeout(ctx, kdcPatience)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- noPanic(do) }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// noPanic makes an error of a panic.
func noPanic(do func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("it is not well-formed (%v)", p)
		}
	}()
	return do()
}

// ticketFinder finds a ticket-granting ticket: one that is there, or a new one.
type ticketFinder struct {
	conf Kerberos
	now  func() time.Time
}

// find is what tokenCache wants. gokrb5 renews the tickets that it got with a keytab by itself.
func (f ticketFinder) find(ctx context.Context) (fetched[*kerberosLogin], error) {
	conf, err := readKrb5Conf()
	if err != nil {
		return fetched[*kerberosLogin]{}, err
	}
	if f.conf.UseCache {
		login, expires, err := f.fromCache(conf)
		if err == nil || f.conf.Keytab == "" {
			return fetched[*kerberosLogin]{value: login, expires: expires}, err
		}
	}
	login, err := f.fromKeytab(ctx, conf)
	return fetched[*kerberosLogin]{value: login, expires: f.now().Add(conf.LibDefaults.TicketLifetime)}, err
}

// fromKeytab asks the KDC for a ticket with a key of the keytab.
func (f ticketFinder) fromKeytab(ctx context.Context, conf *krb5Conf) (*kerberosLogin, error) {
	source := "keytab " + f.conf.Keytab
	name, realm, err := f.principal(conf)
	if err != nil {
		return nil, err
	}
	keys, err := readKeytab(f.conf.Keytab, name, realm)
	if err != nil {
		return nil, err
	}
	own := conf.forClient()
	// Only what there is a key for may be chosen: the KDC prefers the strongest type that is asked for.
	own.LibDefaults.DefaultTktEnctypeIDs = keys.typesOf(conf.LibDefaults.DefaultTktEnctypeIDs)
	if len(own.LibDefaults.DefaultTktEnctypeIDs) == 0 {
		return nil, noTicket(source, "none of its keys for "+name+"@"+realm+" is of a type that "+conf.path+" and offsetctl allow",
			"see their types with klist -k -e -t "+f.conf.Keytab+"; AES keys are allowed unless default_tkt_enctypes in "+conf.path+" leaves them out")
	}
	login := &kerberosLogin{client: client.NewWithKeytab(name, realm, keys.Keytab, own, client.DisablePAFXFAST(true)), conf: conf, source: source}
	if err := guarded(ctx, login.client.Login); err != nil {
		return nil, loginError(err, login, name+"@"+realm)
	}
	return login, nil
}

// principal is the name and the realm to log in with.
func (f ticketFinder) principal(conf *krb5Conf) (name, realm string, err error) {
	name, realm, _ = strings.Cut(f.conf.Principal, "@")
	if realm == "" {
		realm = conf.LibDefaults.DefaultRealm
	}
	if realm == "" {
		return "", "", noTicket(conf.path, "the principal "+f.conf.Principal+" has no realm, and there is no default_realm", "name the principal with its realm: "+f.conf.Principal+"@EXAMPLE.COM")
	}
	return name, realm, nil
}

// kdcs are the addresses of a realm's KDCs, for messages.
func kdcs(conf *krb5.Config, realm string) string {
	for _, r := range conf.Realms {
		if r.Realm == realm && len(r.KDC) > 0 {
			return strings.Join(r.KDC, ", ")
		}
	}
	return "those that DNS has for _kerberos._tcp." + realm
}
