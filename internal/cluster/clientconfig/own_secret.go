package clientconfig

import "strings"

// HoldsSecret reports whether the text of a property, before its variables are replaced, gives a secret away: whoever can read
// it needs nothing else. A variable does not, nor does a login module without a password or the like.
func HoldsSecret(p Property) bool {
	switch {
	case !IsSecret(p.Key) || strings.TrimSpace(variable.ReplaceAllString(p.Value, "")) == "":
		return false
	case lookUp(p.Key).name != "sasl.jaas.config":
		return true
	}
	const stands = "variable" // for what is read from elsewhere
	module, err := parseJAAS(variable.ReplaceAllString(p.Value, stands))
	if err != nil {
		return true // nobody knows what is in it
	}
	for option, value := range module.Options {
		if isSecretOption(option) && value != "" && value != stands {
			return true
		}
	}
	return false
}

// isSecretOption reports whether an option of a login module is a secret: of Kafka's, a broker's users (user_NAME=PASSWORD)
// included, of Java's for Kerberos, and of AWS's.
func isSecretOption(name string) bool {
	switch name {
	case "password", "clientSecret", "storePass", "awsRoleSecretAccessKey", "awsRoleSessionToken":
		return true
	}
	return strings.HasPrefix(name, "user_") || strings.HasPrefix(name, "ssl.") && IsSecret(name)
}
