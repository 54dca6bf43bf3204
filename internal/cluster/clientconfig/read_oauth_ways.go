package clientconfig

const (
	tokenEndpointKey = "sasl.oauthbearer.token.endpoint.url"
	clientIDKey      = "sasl.oauthbearer.client.credentials.client.id"
	clientSecretKey  = "sasl.oauthbearer.client.credentials.client.secret"
	scopeKey         = "sasl.oauthbearer.scope"
)

// preferOneToken drops, as preferOneWay does, what a lower source than that of the login module says of the same: where tokens
// come from, and who asks for them. What the login module says is known only when it has been taken apart.
func (r *reader) preferOneToken() {
	const module = "sasl.jaas.config"
	if !r.has(module) {
		return
	}
	lower := func(key string) bool { return r.has(key) && r.values[key].Rank < r.values[module].Rank }
	if r.unsecured() {
		for _, key := range []string{"offsetctl.sasl.oauthbearer.token", tokenEndpointKey} {
			if lower(key) {
				r.drop([]string{key}, []string{module})
			}
		}
	}
	for _, c := range []struct{ key, option string }{{clientIDKey, "clientId"}, {clientSecretKey, "clientSecret"}, {scopeKey, "scope"}} {
		if _, ok := r.jaas.Options[c.option]; ok && lower(c.key) {
			r.drop([]string{c.key}, []string{module})
		}
	}
	_, whole := r.jaas.Options["clientId"]
	if id := r.values[clientIDKey]; whole && id.Rank > r.values[module].Rank && !r.has(clientSecretKey) {
		r.fail(clientIDKey, "%s is missing beside it: that of sasl.jaas.config is another client's", clientSecretKey)
	}
}
