package cmd

import (
	"path/filepath"

	"github.com/offsetctl/offsetctl/reset"
)

// store is the folder of undo files.
func (s *session) store() reset.Store {
	if s.undoDir != "" {
		return reset.Store{Dir: s.undoDir}
	}
	state := s.env("XDG_STATE_HOME")
	if !filepath.IsAbs(state) { // as the XDG specification says of a relative one: as if it were not set
		if !filepath.IsAbs(s.env("HOME")) {
			return reset.Store{} // nowhere: not in the folder that happens to be the current one
		}
		state = filepath.Join(s.env("HOME"), ".local", "state")
	}
	return reset.Store{Dir: filepath.Join(state, "offsetctl", "undo")}
}

// ownChanges are the undo files of late: what offsetctl itself committed.
func (s *session) ownChanges() []*reset.Document {
	return s.store().Since(s.now.Add(-2 * reset.RecentWithin))
}
