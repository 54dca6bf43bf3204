//go:build kerberos

package clientconfig

import (
	"context"
	"net"
	"strings"
	"time"
)

// hostResolver is the part of net.Resolver that names of services need.
type hostResolver interface {
	LookupCNAME(ctx context.Context, host string) (string, error)
	LookupAddr(ctx context.Context, addr string) ([]string, error)
}

// resolvePatience bounds what asks DNS for a better name: without one the name stays as it is.
const resolvePatience = 2 * time.Second

// serviceHost is the host of a broker's principal as Java's clients have it: in lower case; of an address its name
// (SaslChannelBuilder.java asks for it), of a name without a dot the longer one that DNS has (PrincipalName.java, unless
// dns_canonicalize_hostname is false), and any other as it is in bootstrap.servers or advertised.listeners.
func serviceHost(ctx context.Context, host string, canonicalize bool, dns hostResolver) string {
	ctx, cancel := context.WithTimeout(ctx, resolvePatience)
	defer cancel()
	if net.ParseIP(host) != nil {
		names, err := dns.LookupAddr(ctx, host)
		if err != nil || len(names) == 0 {
			return host
		}
		host = strings.TrimSuffix(names[0], ".")
	}
	host = strings.ToLower(host)
	if canonicalize && !strings.Contains(host, ".") {
		long, err := dns.LookupCNAME(ctx, host)
		if long = strings.ToLower(strings.TrimSuffix(long, ".")); err == nil && strings.HasPrefix(long, host+".") {
			return long
		}
	}
	return host
}
