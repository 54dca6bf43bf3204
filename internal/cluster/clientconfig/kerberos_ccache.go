//go:build kerberos

package clientconfig

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/jcmturner/gokrb5/v8/client"
	krb5creds "github.com/jcmturner/gokrb5/v8/credentials"
)

// fromCache is the ticket-granting ticket of a ticket cache, and when it ends.
func (f ticketFinder) fromCache(conf *krb5Conf) (*kerberosLogin, time.Time, error) {
	path, err := ticketCachePath(f.conf.TicketCache)
	if err != nil {
		return nil, time.Time{}, err
	}
	source := "ticket cache " + path
	data, err := smallFile(path)
	if err != nil {
		return nil, time.Time{}, noTicket(source, fileFault(err), "get a ticket with kinit; another cache is named by ticketCache in sasl.jaas.config, or by KRB5CCNAME")
	}
	cache, err := parseTicketCache(data)
	if err != nil {
		return nil, time.Time{}, noTicket(source, err.Error(), "get a new ticket: kinit")
	}
	owner := cache.principal()
	if want := f.conf.Principal; want != "" && want != owner && want != cache.ownerName() {
		return nil, time.Time{}, noTicket(source, "its tickets are of "+foreign(owner)+", and principal in the configuration is "+want, "get a ticket: kinit "+want)
	}
	tgt, ok := cache.grantingTicket()
	switch now := f.now(); {
	case !ok:
		return nil, time.Time{}, noTicket(source, "it has no ticket-granting ticket of "+foreign(owner), "get one: kinit "+foreign(owner))
	case !now.Before(tgt.EndTime):
		return nil, time.Time{}, noTicket(source, "the ticket of "+foreign(owner)+" expired at "+tgt.EndTime.Format(time.RFC3339), "get a new one: kinit "+foreign(owner))
	}
	login, err := cache.login(tgt, conf, source)
	return login, tgt.EndTime, err
}

// ticketCachePath is the file of a name as kinit and Java have it: ticketCache of sasl.jaas.config, KRB5CCNAME, or what is usual.
func ticketCachePath(name string) (string, error) {
	from := "ticketCache in sasl.jaas.config"
	if name == "" {
		from, name = "KRB5CCNAME", os.Getenv("KRB5CCNAME")
	}
	if name == "" {
		return fmt.Sprintf("/tmp/krb5cc_%d", os.Getuid()), nil
	}
	kind, path, ok := strings.Cut(name, ":")
	switch {
	case !ok:
		return name, nil
	case kind == "FILE":
		return path, nil
	case strings.Contains(kind, "/"):
		return name, nil
	}
	return "", noTicket(from, "offsetctl does not read ticket caches of the type "+foreign(kind)+", only files", "put the tickets in a file: kinit -c /tmp/krb5cc_offsetctl, and KRB5CCNAME=FILE:/tmp/krb5cc_offsetctl")
}

// ticketCache is a file of MIT's format 4 or 3.
type ticketCache struct {
	realm   string
	owner   []string
	nameTyp int32
	tickets []cachedTicket
}

// cachedTicket is one ticket of a ticketCache.
type cachedTicket struct {
	serverRealm string
	server      []string
	krb5creds.Credential
}

func (c ticketCache) ownerName() string { return strings.Join(c.owner, "/") }
func (c ticketCache) principal() string { return c.ownerName() + "@" + c.realm }

// grantingTicket is the one of the owner's realm that ends last.
func (c ticketCache) grantingTicket() (cachedTicket, bool) {
	var best cachedTicket
	found := false
	for _, t := range c.tickets {
		if t.serverRealm == c.realm && len(t.server) == 2 && t.server[0] == "krbtgt" && t.server[1] == c.realm && (!found || t.EndTime.After(best.EndTime)) {
			best, found = t, true
		}
	}
	return best, found
}

// login is a client that has the ticket. gokrb5 would renew one that can be renewed; kinit does that, as in Java without renewTGT.
func (c ticketCache) login(t cachedTicket, conf *krb5Conf, source string) (*kerberosLogin, error) {
	var cache krb5creds.CCache
	cache.DefaultPrincipal.Realm = c.realm
	cache.DefaultPrincipal.PrincipalName.NameType = c.nameTyp
	cache.DefaultPrincipal.PrincipalName.NameString = c.owner
	t.Server.Realm = t.serverRealm
	t.Server.PrincipalName.NameString = t.server
	t.RenewTill = time.Time{}
	cache.Credentials = []*krb5creds.Credential{&t.Credential}
	var cl *client.Client
	err := noPanic(func() (err error) {
		cl, err = client.NewFromCCache(&cache, conf.forClient(), client.DisablePAFXFAST(true))
		return err
	})
	if err != nil {
		return nil, noTicket(source, "its ticket is damaged", "get a new one: kinit "+foreign(c.principal()))
	}
	return &kerberosLogin{client: cl, conf: conf, source: source}, nil
}

// errDamagedCache is that a file is shorter than it says.
var errDamagedCache = errors.New("it is not a ticket cache, or a damaged one")

// parseTicketCache reads MIT's format, whose numbers are big-endian. gokrb5's own reader takes lengths on trust.
func parseTicketCache(data []byte) (ticketCache, error) {
	if len(data) < 2 || data[0] != 5 || data[1] < 1 || data[1] > 4 {
		return ticketCache{}, errDamagedCache
	}
	if data[1] < 3 {
		return ticketCache{}, fmt.Errorf("it is of the old format %d", data[1])
	}
	r := cacheReader{rest: data[2:], version: data[1]}
	if r.version == 4 {
		r.bytes(int64(r.uint16()))
	}
	var c ticketCache
	c.nameTyp, c.owner, c.realm = r.principal()
	for !r.failed && len(r.rest) > 0 {
		c.tickets = append(c.tickets, r.ticket())
	}
	if r.failed || len(c.owner) == 0 || c.realm == "" {
		return ticketCache{}, errDamagedCache
	}
	return c, nil
}

// cacheReader takes from the front of a file; once something is missing, all is empty.
type cacheReader struct {
	rest    []byte
	version byte
	failed  bool
}

func (r *cacheReader) bytes(n int64) []byte {
	if r.failed || n > int64(len(r.rest)) {
		r.failed, r.rest = true, nil
		return nil
	}
	var out []byte
	out, r.rest = r.rest[:n:n], r.rest[n:]
	return out
}

func (r *cacheReader) uint16() uint16 {
	if b := r.bytes(2); b != nil {
		return binary.BigEndian.Uint16(b)
	}
	return 0
}

func (r *cacheReader) uint32() uint32 {
	if b := r.bytes(4); b != nil {
		return binary.BigEndian.Uint32(b)
	}
	return 0
}

func (r *cacheReader) data() []byte { return r.bytes(int64(r.uint32())) }

func (r *cacheReader) time() time.Time { return time.Unix(int64(r.uint32()), 0) }

func (r *cacheReader) principal() (kind int32, name []string, realm string) {
	kind = int32(r.uint32())
	n := r.uint32()
	realm = string(r.data())
	for ; n > 0 && !r.failed; n-- {
		name = append(name, string(r.data()))
	}
	return kind, name, realm
}

func (r *cacheReader) ticket() cachedTicket {
	var t cachedTicket
	r.principal() // the owner
	_, t.server, t.serverRealm = r.principal()
	t.Key.KeyType = int32(r.uint16())
	if r.version == 3 { // which has it twice
		r.uint16()
	}
	t.Key.KeyValue = r.data()
	t.AuthTime, t.StartTime, t.EndTime, t.RenewTill = r.time(), r.time(), r.time(), r.time()
	r.bytes(1 + 4) // is_skey, flags
	for range 2 {  // addresses, authorization data
		for n := r.uint32(); n > 0 && !r.failed; n-- {
			r.uint16()
			r.data()
		}
	}
	t.Ticket = r.data()
	r.data() // second ticket
	return t
}
