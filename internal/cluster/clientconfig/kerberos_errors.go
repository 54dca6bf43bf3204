//go:build kerberos

package clientconfig

import (
	"context"
	"errors"
	"strings"
)

// kerberosTicket is the What of a TokenError of GSSAPI.
const kerberosTicket = "a Kerberos ticket"

// noTicket is a TokenError of GSSAPI.
func noTicket(source, text, hint string) *TokenError {
	return &TokenError{What: kerberosTicket, Source: source, Err: errors.New(text), Hint: hint}
}

// kdcFault is what a KDC, or gokrb5 of it, says, and what that means. gokrb5 keeps of errors their texts only.
type kdcFault struct {
	sign       string // part of gokrb5's text: a code of RFC 4120 §7.5.9, or words
	text, hint string // with PRINCIPAL, REALM, SOURCE and CONF for their names
}

// kdcFaults are in the order in which they are looked for: a text may have more than one sign.
func kdcFaults() []kdcFault {
	const newKeytab = "was the password changed since the keytab was made? make a new one, and compare versions with klist -k -e -t and kvno"
	const clocks = "set the clock of this machine (or of the KDC): Kerberos allows a difference of 5 minutes"
	return []kdcFault{
		{"KDC_ERR_C_PRINCIPAL_UNKNOWN", "the KDC of REALM does not know PRINCIPAL", "is the principal spelt as in: klist -k -e -t"},
		{"KDC_ERR_PREAUTH_FAILED", "the KDC of REALM does not accept its key for PRINCIPAL", newKeytab},
		{"KRB_AP_ERR_BAD_INTEGRITY", "the KDC of REALM does not accept its key for PRINCIPAL", newKeytab},
		{"client password/keytab incorrect: error decrypting", "its key for PRINCIPAL is not the one that the KDC of REALM has", newKeytab},
		{"KDC_ERR_CLIENT_REVOKED", "the KDC of REALM has locked PRINCIPAL", "ask whoever runs the KDC to unlock it"},
		{"KDC_ERR_KEY_EXPIRED", "the password of PRINCIPAL is too old for the KDC of REALM", "set a new password, and make a new keytab"},
		{"KDC_ERR_NAME_EXP", "PRINCIPAL is not valid any more, says the KDC of REALM", "ask whoever runs the KDC"},
		{"KRB_AP_ERR_SKEW", "the clocks of this machine and of the KDC of REALM differ too much", clocks},
		{"clock skew with KDC too large", "the clocks of this machine and of the KDC of REALM differ too much", clocks},
		{"KRB_AP_ERR_TKT_EXPIRED", "the ticket of PRINCIPAL has expired, says the KDC of REALM", "get a new one: kinit PRINCIPAL"},
		{"KRB_AP_ERR_TKT_NYV", "the ticket of PRINCIPAL is not valid yet, says the KDC of REALM", clocks},
		{"KDC_ERR_ETYPE_NOSUPP", "the KDC of REALM has no type of encryption in common with the key of PRINCIPAL", "make a keytab with AES keys; CONF may forbid types in default_tkt_enctypes"},
		{"matching key not found in keytab", "the KDC of REALM wants a type of encryption of which it has no key of PRINCIPAL", newKeytab},
		{"KDC_ERR_WRONG_REALM", "REALM is not the realm of PRINCIPAL", "name the principal with its realm"},
		{"no KDCs defined in configuration", "no KDC of the realm REALM is known: CONF names none, and dns_lookup_kdc is false there", "is the realm right? Name its kdc in the section [realms] of CONF"},
		{"does not have any defined KDCs", "no KDC of the realm REALM is known: CONF names none, and dns_lookup_kdc is false there", "is the realm right? Name its kdc in the section [realms] of CONF"},
		{"_kerberos._", "no KDC of the realm REALM is known: neither CONF names one nor DNS", "is the realm right? Name its kdc in the section [realms] of CONF"},
		{"no KDC SRV records", "no KDC of the realm REALM is known: neither CONF names one nor DNS", "is the realm right? Name its kdc in the section [realms] of CONF"},
		{"error resolving KDC address", "the name of the KDC of REALM cannot be resolved: KDCS", "are the names right in the section [realms] of CONF?"},
		{"error sending to a KDC", "no KDC of REALM answers: KDCS", "are the addresses right in the section [realms] of CONF, and is their port (88, TCP) open from here?"},
	}
}

// loginError says why there is no ticket-granting ticket.
func loginError(err error, login *kerberosLogin, principal string) error {
	return kdcError(err, login, principal, login.client.Credentials.Realm())
}

// serviceTicketError says why there is no ticket for a broker.
func serviceTicketError(err error, login *kerberosLogin, service string) error {
	user := login.client.Credentials.UserName() + "@" + login.client.Credentials.Realm()
	realm := login.conf.realmOf(service, login.client.Credentials.Realm())
	if strings.Contains(err.Error(), "KDC_ERR_S_PRINCIPAL_UNKNOWN") {
		return noTicket("the KDC of "+realm, "it does not know the broker as "+service+"@"+realm,
			"is sasl.kerberos.service.name right, and are the brokers named (in bootstrap.servers and, on the brokers, in advertised.listeners) as in their principals?")
	}
	var old oldKeyError
	if errors.As(err, &old) {
		return noTicket("the KDC of "+realm, "for "+service+"@"+realm+" "+old.Error(), "give the brokers' principal AES keys")
	}
	return kdcError(err, login, user, realm)
}

// kdcError puts gokrb5's error in words.
func kdcError(err error, login *kerberosLogin, principal, realm string) error {
	names := strings.NewReplacer("PRINCIPAL", principal, "REALM", realm, "CONF", login.conf.path, "KDCS", kdcs(login.conf.Config, realm))
	switch {
	case errors.Is(err, context.Canceled):
		return &TokenError{What: kerberosTicket, Source: login.source, Err: context.Canceled}
	case errors.Is(err, context.DeadlineExceeded):
		return noTicket(login.source, names.Replace("no KDC of REALM answers in time: KDCS"),
			names.Replace("are the addresses right in the section [realms] of CONF, and is their port (88, TCP) open from here?"))
	}
	for _, f := range kdcFaults() {
		if strings.Contains(err.Error(), f.sign) {
			return noTicket(login.source, names.Replace(f.text), names.Replace(f.hint))
		}
	}
	return noTicket(login.source, foreign(err.Error()), "")
}
