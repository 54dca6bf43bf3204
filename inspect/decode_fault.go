package inspect

import "fmt"

// noByte is where a fault in JSON stands: it has a path only.
const noByte = -1

// fault is why bytes could not be decoded, or JSON not encoded: the field, where in the bytes, and the reason. It is made
// at the field and gathers the path on its way up.
type fault struct {
	path string // members[2].clientId, "" for the whole
	at   int    // byte offset in the key or value, its first two bytes included
	why  string
}

func faultAt(at int, format string, args ...any) *fault {
	return &fault{at: at, why: fmt.Sprintf(format, args...)}
}

// in puts the name of the struct's field, or the index in an array, before the path.
func (f *fault) in(outer string) *fault {
	if f.path != "" && f.path[0] != '[' {
		outer += "."
	}
	f.path = outer + f.path
	return f
}

func (f *fault) error(what string) error {
	switch {
	case f.at == noByte:
		return fmt.Errorf("%s: %s: %s", what, f.path, f.why)
	case f.path == "":
		return fmt.Errorf("%s: at byte %d: %s", what, f.at, f.why)
	}
	return fmt.Errorf("%s: %s at byte %d: %s", what, f.path, f.at, f.why)
}
