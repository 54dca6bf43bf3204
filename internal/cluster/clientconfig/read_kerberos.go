//go:build kerberos

package clientconfig

import (
	"maps"
	"slices"
	"strings"
)

// kerberosKeys are the settings that only GSSAPI has: Kafka's, and librdkafka's principal and keytab.
func kerberosKeys() map[string]key {
	return map[string]key{
		"sasl.kerberos.service.name": {},
		"sasl.kerberos.principal":    {},
		"sasl.kerberos.keytab":       {},
	}
}

const krb5Module = "com.sun.security.auth.module.Krb5LoginModule"

// kerberosModule is the line that a message asks for.
const kerberosModule = `sasl.jaas.config=` + krb5Module + ` required useKeyTab=true keyTab="…" principal="…"; or, after kinit, ` + krb5Module + ` required useTicketCache=true;`

// kerberos reads the settings of GSSAPI.
func (r *reader) kerberos(s *SASL) {
	if !r.kerberosModule() {
		return
	}
	o := r.jaas.Options
	k := Kerberos{Principal: o["principal"], UseCache: r.option("useTicketCache"), TicketCache: o["ticketCache"]}
	if r.option("useKeyTab") {
		k.Keytab = o["keyTab"]
	}
	if r.has("sasl.kerberos.principal") { // librdkafka's way, which goes before what a file has for Java
		k.Principal = r.text("sasl.kerberos.principal")
	}
	if r.has("sasl.kerberos.keytab") {
		k.Keytab = r.text("sasl.kerberos.keytab")
	}
	k.Keytab = strings.TrimPrefix(k.Keytab, "FILE:") // as Java's KeyTab.java and MIT's krb5_kt_resolve have it
	k.Service = r.kerberosService()
	key := r.either("sasl.jaas.config", "sasl.kerberos.keytab", "sasl.mechanism", "security.protocol")
	switch {
	case k.Keytab == "" && !k.UseCache && r.option("useKeyTab"):
		r.fail(key, "the option useKeyTab wants a file, and the option keyTab is missing or empty")
	case k.Keytab == "" && !k.UseCache && key == "sasl.jaas.config":
		r.fail(key, "offsetctl asks nobody for a password: it needs the options useKeyTab=true, keyTab and principal, or useTicketCache=true")
	case k.Keytab == "" && !k.UseCache:
		r.fail(key, "GSSAPI (Kerberos) needs a keytab or a ticket cache: %s", kerberosModule)
	case k.Keytab != "" && k.Principal == "":
		r.fail(key, "a keytab needs the name of whom it is for: set the option principal, or sasl.kerberos.principal")
	case !validPrincipal(k.Principal):
		r.fail(key, "not a principal such as alice@EXAMPLE.COM: %q", k.Principal)
	}
	s.Kerberos = k
	s.Username = shortName(k.Principal)
}

// kerberosModule checks sasl.jaas.config. An option that is not known may be a misspelt one, which Java would pass over.
func (r *reader) kerberosModule() bool {
	if r.jaas.Class == "" {
		return true
	}
	if strings.HasPrefix(r.jaas.Class, "com.ibm.") {
		r.fail("sasl.jaas.config", "offsetctl does not know the options of IBM's login module: use %s with useKeyTab, keyTab and principal, or useTicketCache", krb5Module)
		return false
	}
	if r.jaas.Short() != "Krb5LoginModule" {
		r.fail("sasl.jaas.config", "sasl.mechanism GSSAPI needs the login module Krb5LoginModule, and this is %s", r.jaas.Short())
		return false
	}
	known := []string{"useKeyTab", "keyTab", "principal", "useTicketCache", "ticketCache", "serviceName",
		// without effect here
		"storeKey", "isInitiator", "doNotPrompt", "renewTGT", "refreshKrb5Config", "debug", "useFirstPass", "tryFirstPass", "storePass", "clearPass"}
	for _, name := range slices.Sorted(maps.Keys(r.jaas.Options)) {
		if !slices.Contains(known, name) {
			r.fail("sasl.jaas.config", "offsetctl does not know the option %s of Krb5LoginModule: is it misspelt? Java has %s", name, strings.Join(known[:6], ", "))
			return false
		}
	}
	return true
}

// option is one that Java holds for false if it is anything but true.
func (r *reader) option(name string) bool { return strings.EqualFold(r.jaas.Options[name], "true") }

// kerberosService is the name of the brokers' service. Java's clients have no default for it, librdkafka's have.
func (r *reader) kerberosService() string {
	set, option := r.text("sasl.kerberos.service.name"), r.jaas.Options["serviceName"]
	switch {
	case set != "" && option != "" && set != option:
		r.fail("sasl.kerberos.service.name", "it is %q, and the option serviceName of sasl.jaas.config is %q: keep one", set, option)
	case set == "" && option == "" && !r.has("sasl.kerberos.keytab") && !r.has("sasl.kerberos.principal"):
		r.fail(r.either("sasl.jaas.config", "sasl.mechanism", "security.protocol"), "GSSAPI (Kerberos) needs sasl.kerberos.service.name: what the principals of the brokers begin with, mostly kafka")
	case set == "" && option == "":
		return "kafka"
	case set == "":
		return option
	}
	return set
}

// validPrincipal reports whether a name has what a principal needs; none is valid too.
func validPrincipal(name string) bool {
	user, realm, _ := strings.Cut(name, "@")
	return name == "" || user != "" && !strings.HasPrefix(user, "/") && !strings.HasSuffix(user, "/") && !strings.Contains(realm, "@") && !strings.HasSuffix(name, "@")
}

// shortName is what Kafka's brokers make of a principal unless sasl.kerberos.principal.to.local.rules says otherwise
// (KerberosName.java): alice of alice@REALM and of alice/host@REALM.
func shortName(principal string) string {
	name, _, _ := strings.Cut(principal, "@")
	name, _, _ = strings.Cut(name, "/")
	return name
}
