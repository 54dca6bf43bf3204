package cmd

import (
	"encoding/json"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// Names for completion are kept for a while, so that who presses Tab again asks no broker. Whatever is wrong with the folder
// or a file of it is as if nothing was kept, and nobody is told: it only would have saved time.

const (
	namesFresh   = 30 * time.Second // so young they are offered without asking
	namesKept    = 24 * time.Hour   // so old they are better than none, where the cluster does not answer
	maxNameFile  = 8 << 20          // bytes: names of 32,000 groups if each is as long as can be
	maxNameFiles = 1000             // that are looked at when old ones are removed
	namesEnding  = ".json"
)

// keptFile is a file of the folder. The zero value keeps nothing.
type keptFile struct{ path string }

// nameFile keeps the names of groups, or of topics, as one user sees them of one cluster.
type nameFile struct{ keptFile }

// keptNames is what is in it. Names is nil in a file that is another thing.
type keptNames struct {
	Version int      `json:"version"`
	Names   []string `json:"names"`
}

const namesVersion = 1

// cacheFolder is where names are kept; empty: nowhere.
func (s *session) cacheFolder() string {
	cache := s.env("XDG_CACHE_HOME")
	if !filepath.IsAbs(cache) { // a relative one is to be ignored (XDG Base Directory)
		if !filepath.IsAbs(s.env("HOME")) {
			return ""
		}
		cache = filepath.Join(s.env("HOME"), ".cache")
	}
	return filepath.Join(cache, "offsetctl", "completion")
}

// read are the names; nil: there are none, or they are too old.
func (f nameFile) read(now time.Time) (names []string, fresh bool) {
	var kept keptNames
	age, ok := f.load(&kept, now)
	if !ok || kept.Version != namesVersion {
		return nil, false
	}
	return kept.Names, kept.Names != nil && age < namesFresh
}

// write keeps names, if it can.
func (f nameFile) write(names []string, now time.Time) {
	if names == nil {
		names = []string{}
	}
	f.store(keptNames{namesVersion, names}, now)
}

// load reads what is kept, and how old it is; false: nothing, or it is too old.
func (f keptFile) load(into any, now time.Time) (age time.Duration, ok bool) {
	if f.path == "" || !private(filepath.Dir(f.path), fs.ModeDir) || !private(f.path, 0) {
		return 0, false
	}
	file, err := os.Open(f.path)
	if err != nil {
		return 0, false
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return 0, false
	}
	age = now.Sub(info.ModTime())
	if age < 0 || age > namesKept { // of the future: a clock was wrong, and nobody knows how old it is
		return 0, false
	}
	text, err := io.ReadAll(io.LimitReader(file, maxNameFile+1))
	return age, err == nil && len(text) <= maxNameFile && json.Unmarshal(text, into) == nil
}

// store keeps what it is given, if it can: all of it or nothing.
func (f keptFile) store(what any, now time.Time) {
	text, err := json.Marshal(what)
	if f.path == "" || err != nil || len(text) > maxNameFile {
		return
	}
	dir := filepath.Dir(f.path)
	if os.MkdirAll(dir, 0o700) != nil || !private(dir, fs.ModeDir) {
		return
	}
	if written := writeBeside(dir, text); written != "" {
		if os.Rename(written, f.path) != nil {
			_ = os.Remove(written)
		}
	}
	removeOld(dir, now)
}

// writeBeside writes a new file, for its owner only; empty: it could not.
func writeBeside(dir string, text []byte) (path string) {
	file, err := os.CreateTemp(dir, "new-*"+namesEnding)
	if err != nil {
		return ""
	}
	_, err = file.Write(text)
	if closing := file.Close(); err != nil || closing != nil {
		_ = os.Remove(file.Name())
		return ""
	}
	return file.Name()
}

// removeOld removes files of the folder that nobody would read any more.
func removeOld(dir string, now time.Time) {
	folder, err := os.Open(dir)
	if err != nil {
		return
	}
	defer folder.Close()
	entries, _ := folder.ReadDir(maxNameFiles)
	for _, e := range entries {
		info, err := e.Info()
		if err == nil && info.Mode().IsRegular() && strings.HasSuffix(e.Name(), namesEnding) && now.Sub(info.ModTime()) > namesKept {
			_ = os.Remove(filepath.Join(dir, e.Name()))
		}
	}
}

// private tells whether a path is of the type itself, not by a link, and shut for others: names that others can write are not
// offered, and what nobody else may see of a cluster is not left where others can read it. Windows keeps others out of a
// user's folders by other means than these bits.
func private(path string, want fs.FileMode) bool {
	info, err := os.Lstat(path)
	return err == nil && info.Mode().Type() == want && (runtime.GOOS == "windows" || info.Mode().Perm()&0o077 == 0)
}
