package cmd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/offsetctl/offsetctl/internal/cluster"
)

// Who presses Tab again after a login was refused would try it again, unseen, and brokers and identity providers lock accounts
// that fail too often. So a refusal is kept for a while, as names are.
//
// It holds for the settings with which it was met, and the password must not be what tells them apart: whatever is made of it,
// with a key beside it or without, lets somebody who has the file try which password gives the same. What tells is when the files
// that hold passwords, keys and tickets were written, and their size: another password in one of them is tried at once. Of one
// that a variable of the environment holds nothing is known: there the refusal holds for its time.

const refusedFor = 30 * time.Second

// refusalFile keeps that a login was refused.
type refusalFile struct{ keptFile }

// keptRefusal is what is in it. Code is empty in a file that is another thing.
type keptRefusal struct {
	Version int    `json:"version"`
	Code    string `json:"refused"`
}

// refusalOf is the file for these settings, whatever is asked with them.
func (s *session) refusalOf(set settings) refusalFile {
	return refusalFile{s.keptBy(set, "login", s.credentialFiles(set))}
}

// read is the error of a login that was just refused; nil: none was.
func (f refusalFile) read(now time.Time) *cluster.Error {
	var kept keptRefusal
	age, ok := f.load(&kept, now)
	refused := &cluster.Error{Code: kept.Code}
	if !ok || kept.Version != namesVersion || age >= refusedFor || !refused.RefusedLogin() {
		return nil
	}
	return refused
}

// write keeps the first refusal of a login among errors, if there is one.
func (f refusalFile) write(errs []*cluster.Error, now time.Time) {
	for _, e := range errs {
		if e.RefusedLogin() && !errors.Is(e.Err, context.DeadlineExceeded) { // nobody has refused what our own time ended
			f.store(keptRefusal{namesVersion, e.Code}, now)
			return
		}
	}
}

// credentialFiles are those that these settings have a password, a key or a ticket in, or may have. Those that say who logs in
// are in the key of all that is kept.
func (s *session) credentialFiles(set settings) []string {
	files := []string{set.file.path, set.SASL.Kerberos.Keytab}
	for _, p := range set.Effective {
		files = append(files, p.Files...)
	}
	if signed := set.SASL.OAuth.Assertion; signed != nil {
		files = append(files, signed.KeyFile)
	}
	switch set.SASL.Mechanism {
	case "GSSAPI":
		for _, cache := range []string{set.SASL.Kerberos.TicketCache, s.env("KRB5CCNAME"), fmt.Sprintf("/tmp/krb5cc_%d", os.Getuid())} {
			files = append(files, strings.TrimPrefix(cache, "FILE:"))
		}
	case "AWS_MSK_IAM":
		files = append(files, s.env("AWS_WEB_IDENTITY_TOKEN_FILE"), s.env("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"))
	}
	return files
}
