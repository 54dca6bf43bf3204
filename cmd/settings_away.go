package cmd

import (
	"fmt"
	"slices"
	"strings"

	"github.com/offsetctl/offsetctl/internal/cluster/clientconfig"
)

// rankOfFlags is the rank of what the command line says itself.
const rankOfFlags = 2

// pointsAway says, where credentials are used, that some go to servers that are not those which stand beside them, in the file or
// in the environment.
func (set settings) pointsAway() string {
	for _, p := range set.Effective {
		own := set.servers[p.Rank]
		if p.Rank >= rankOfFlags || own == nil || !set.uses(p.Key) {
			continue
		}
		if !within(set.bootstrap, own) {
			return fmt.Sprintf("%s (%s) points away from where the credentials of %s (%s) are for: %s", set.origin, strings.Join(set.bootstrap, ","), p.Origin, p.Key, strings.Join(own, ","))
		}
	}
	return ""
}

// within reports whether all servers are among others, of which a file may name thousands.
func within(servers, others []string) bool {
	among := map[string]bool{}
	for _, other := range others {
		among[other] = true
	}
	return !slices.ContainsFunc(servers, func(server string) bool { return !among[server] })
}

// uses reports whether a setting is one of the credentials that this client shows.
func (set settings) uses(key string) bool {
	login := set.Protocol.SASL
	switch {
	case key == truststorePassword:
		return false
	case key == "sasl.username" || key == "sasl.password":
		return login && (set.SASL.Mechanism == "PLAIN" || strings.HasPrefix(set.SASL.Mechanism, "SCRAM"))
	case strings.HasPrefix(key, "sasl.oauthbearer.") || strings.HasPrefix(key, "offsetctl."):
		return login && set.SASL.Mechanism == "OAUTHBEARER" && clientconfig.IsSecret(key)
	case strings.HasPrefix(key, "ssl."):
		return set.Protocol.TLS && (clientconfig.IsSecret(key) || strings.HasPrefix(key, "ssl.keystore."))
	}
	return login && clientconfig.IsSecret(key)
}

// tokenEndpoint is where tokens are asked for.
const tokenEndpoint = "sasl.oauthbearer.token.endpoint.url"

// tokenAway says that a client's secret goes to a token endpoint that is not the one that stands beside it.
func (set settings) tokenAway() string {
	at, ok := set.Setting(tokenEndpoint)
	if !ok || set.SASL.OAuth.TokenURL == "" {
		return ""
	}
	for _, key := range []string{"sasl.oauthbearer.client.credentials.client.secret", "sasl.jaas.config"} {
		secret, ok := set.Setting(key)
		if !ok {
			continue
		}
		for _, p := range set.stated {
			if p.Key == tokenEndpoint && p.Rank == secret.Rank && p.Rank < at.Rank {
				return fmt.Sprintf("%s of %s points away from where the secret of %s (%s) is for: see %s there", tokenEndpoint, at.Where(), secret.Origin, key, tokenEndpoint)
			}
		}
		return ""
	}
	return ""
}

// weakened says that a source goes before another that would have encrypted.
func (set settings) weakened() string {
	const key = "security.protocol"
	if set.Protocol.TLS {
		return ""
	}
	for _, p := range set.stated {
		if said, _ := clientconfig.ParseProtocol(p.Value); p.Key == key && said.TLS {
			if now, ok := set.Setting(key); ok {
				return fmt.Sprintf("%s %s of %s goes before that of %s: nothing is encrypted", key, set.Protocol, now.Where(), p.Where())
			}
		}
	}
	return ""
}
