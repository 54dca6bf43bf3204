//go:build kerberos

package clientconfig

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"syscall"

	"github.com/jcmturner/gokrb5/v8/keytab"
)

// keytabKeys are the keys of a keytab, and of which types those of one principal are.
type keytabKeys struct {
	*keytab.Keytab
	types []int32
}

// typesOf are those of the types, in their order, of which there is a key.
func (k keytabKeys) typesOf(types []int32) []int32 {
	var out []int32
	for _, t := range types {
		if slices.Contains(k.types, t) {
			out = append(out, t)
		}
	}
	return out
}

// readKeytab reads a keytab that must have keys of a principal.
func readKeytab(path, name, realm string) (keytabKeys, error) {
	source := "keytab " + path
	data, err := smallFile(path)
	if err != nil {
		return keytabKeys{}, noTicket(source, fileFault(err), "keyTab in sasl.jaas.config (sasl.kerberos.keytab of librdkafka) must name a file that "+
			"ktutil, kadmin or ktpass made, and that you may read")
	}
	out := keytabKeys{Keytab: keytab.New()}
	if noPanic(func() error { return out.Unmarshal(data) }) != nil { // an error of gokrb5 has the bytes in it, perhaps keys
		return keytabKeys{}, noTicket(source, "it is not a keytab, or a damaged one", "see what is in it with: klist -k -e -t "+path)
	}
	var others []string
	for _, e := range out.Entries {
		own := strings.Join(e.Principal.Components, "/") + "@" + e.Principal.Realm
		if own == name+"@"+realm {
			out.types = append(out.types, e.Key.KeyType)
		} else if !slices.Contains(others, own) {
			others = append(others, own)
		}
	}
	switch {
	case len(out.types) > 0:
		return out, nil
	case len(others) == 0:
		return keytabKeys{}, noTicket(source, "there is no key in it", "make a keytab for "+name+"@"+realm)
	}
	return keytabKeys{}, noTicket(source, fmt.Sprintf("it has no key of %s@%s, but of %s", name, realm, foreign(strings.Join(others, ", "))),
		"set principal in sasl.jaas.config (sasl.kerberos.principal of librdkafka) to one of those, or make a keytab for it")
}

// fileFault is why a file was not read.
func fileFault(err error) string {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "there is no such file"
	case errors.Is(err, syscall.EISDIR):
		return "it is a directory, not a file"
	}
	return err.Error()
}
