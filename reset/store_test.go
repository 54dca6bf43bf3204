package reset

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/offsetctl/offsetctl/internal/cluster"
)

// undoing is a document with a planned change of so many partitions of a group.
func undoing(group string, partitions int) *Document {
	g := Group{Name: group}
	for p := range partitions {
		g.Changes = append(g.Changes, Change{TP: cluster.TP{Topic: "orders", Partition: int32(p)},
			Current: &Position{Offset: 7, Metadata: "m"}, New: &Position{Offset: 9}, Result: Planned})
	}
	return &Document{Time: at(), ClusterID: "c", Command: "reset", Items: (&Plan{Groups: []Group{g}}).Rows()}
}

// results is the document after the change, with these results in turn.
func (d *Document) results(rs ...Result) *Document {
	c := *d
	c.Items = nil
	for i, r := range d.Items {
		r.Result = rs[i%len(rs)]
		c.Items = append(c.Items, r)
	}
	return &c
}

func newStore(t *testing.T) Store {
	t.Helper()
	return Store{Dir: filepath.Join(t.TempDir(), "state", "offsetctl", "undo")}
}

func begun(t *testing.T, s Store, d *Document) *Entry {
	t.Helper()
	e, err := s.Begin(d)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// files are the names of all files in a folder, hidden ones too.
func files(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	names := []string{}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func sameFiles(t *testing.T, dir string, want ...string) {
	t.Helper()
	if diff := cmp.Diff(append([]string{}, want...), files(t, dir)); diff != "" {
		t.Error(diff)
	}
}

func sameDocument(t *testing.T, want *Document, s Store, idOrPath string) {
	t.Helper()
	got, err := s.Read(idOrPath)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// withID is the document as it is read back.
func (d *Document) withID(id string, finished *time.Time) *Document {
	c := *d
	c.ID, c.Finished = id, finished
	return &c
}

func TestStoreKeepsWhatUndoes(t *testing.T) {
	s, d := newStore(t), undoing("g", 3)
	e := begun(t, s, d)
	if !regexp.MustCompile(`^20261129T012233Z-[a-z2-7]{4}$`).MatchString(e.ID) || e.Path != filepath.Join(s.Dir, e.ID+".json") {
		t.Errorf("got ID %q, path %q", e.ID, e.Path)
	}
	sameFiles(t, s.Dir, e.ID+".json")
	sameDocument(t, d.withID(e.ID, nil), s, e.ID)

	done, finished := d.results(Applied, Failed), at().Add(2*time.Second)
	if err := e.Finish(done, finished); err != nil {
		t.Fatal(err)
	}
	sameFiles(t, s.Dir, e.ID+".json")
	sameDocument(t, done.withID(e.ID, &finished), s, e.ID)
	sameDocument(t, done.withID(e.ID, &finished), s, e.Path)
	if d.ID != "" || d.Finished != nil || done.ID != "" {
		t.Error("the document given was changed")
	}
}

func TestDiscardLeavesNothing(t *testing.T) {
	s := newStore(t)
	e := begun(t, s, undoing("g", 1))
	for range 2 { // once more is no error: it is as it should be
		if err := e.Discard(); err != nil {
			t.Fatal(err)
		}
		sameFiles(t, s.Dir)
	}
}

// Metadata of commits is not for everybody's eyes.
func TestStoreIsPrivate(t *testing.T) {
	s := newStore(t)
	e := begun(t, s, undoing("g", 1))
	private := func(path string, want fs.FileMode) {
		t.Helper()
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode() != want {
			t.Errorf("%s has mode %v, want %v", path, info.Mode(), want)
		}
	}
	for dir := s.Dir; filepath.Base(dir) != "state"; dir = filepath.Dir(dir) {
		private(dir, fs.ModeDir|0o700)
	}
	private(filepath.Dir(filepath.Dir(s.Dir)), fs.ModeDir|0o700)
	private(e.Path, 0o600)
	if err := e.Finish(undoing("g", 1), at()); err != nil {
		t.Fatal(err)
	}
	private(e.Path, 0o600)
}

func TestBeginAt(t *testing.T) {
	path, d := filepath.Join(t.TempDir(), "my undo.json"), undoing("g", 1)
	e, err := Store{}.BeginAt(path, d)
	if err != nil {
		t.Fatal(err)
	}
	if e.ID != "" || e.Path != path || e.Name() != path {
		t.Errorf("got %+v", e)
	}
	sameDocument(t, d, Store{}, path)
	finished := at().Add(time.Second)
	if err := e.Finish(d.results(Applied), finished); err != nil {
		t.Fatal(err)
	}
	sameDocument(t, d.results(Applied).withID("", &finished), Store{}, path)
	sameFiles(t, filepath.Dir(path), "my undo.json")
}

func TestBeginAtKeepsTheDocumentInTheStoreToo(t *testing.T) {
	s, path, d := newStore(t), filepath.Join(t.TempDir(), "mine.json"), undoing("g", 1)
	e, err := s.BeginAt(path, d)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Finish(d.results(Applied), at()); err != nil {
		t.Fatal(err)
	}
	list, errs := s.List()
	if len(list) != 1 || !list[0].Finished || errs != nil {
		t.Errorf("got %v, %v", list, errs)
	}
	if e, err = s.BeginAt(filepath.Join(t.TempDir(), "other.json"), d); err != nil {
		t.Fatal(err)
	}
	if err := e.Discard(); err != nil {
		t.Fatal(err)
	}
	if list, _ := s.List(); len(list) != 1 {
		t.Errorf("what was not sent is still there: %v", list)
	}
}

func TestBeginAtReplacesNothing(t *testing.T) {
	dir := t.TempDir()
	path, link := filepath.Join(dir, "file"), filepath.Join(dir, "link")
	if err := errors.Join(os.WriteFile(path, []byte("mine"), 0o644), os.Symlink("nowhere", link)); err != nil {
		t.Fatal(err)
	}
	for _, p := range []string{path, link, dir} {
		_, err := Store{}.BeginAt(p, undoing("g", 1))
		if want := "writing the undo file " + p + ": file already exists"; err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	sameFiles(t, dir, "file", "link")
	if text, _ := os.ReadFile(path); string(text) != "mine" {
		t.Errorf("the file now has %q", text)
	}
}

// Of runs that were given the same file one gets it, and the file is that run's.
func TestBeginAtOnceForTwoRuns(t *testing.T) {
	path := filepath.Join(t.TempDir(), "undo.json")
	var wait sync.WaitGroup
	won := make([]bool, 8)
	for i := range won {
		wait.Go(func() {
			_, err := Store{}.BeginAt(path, undoing(string(rune('a'+i)), 50))
			won[i] = err == nil
		})
	}
	wait.Wait()
	d, err := readUndo(path)
	if err != nil {
		t.Fatal(err)
	}
	want := make([]bool, len(won))
	want[d.Items[0].Group[0]-'a'] = true
	if diff := cmp.Diff(want, won); diff != "" {
		t.Error(diff)
	}
	sameFiles(t, filepath.Dir(path), "undo.json")
}

func TestRunsAtOnceHaveFilesOfTheirOwn(t *testing.T) {
	s := newStore(t)
	var wait sync.WaitGroup
	for i := range 8 {
		wait.Go(func() {
			d := undoing(string(rune('a'+i)), 5)
			e, err := s.Begin(d)
			if err == nil {
				err = e.Finish(d.results(Applied), at())
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	list, errs := s.List()
	if len(list) != 8 || len(errs) != 0 {
		t.Errorf("got %v, %v", list, errs)
	}
}

func TestBeginRefusesWhatUndoesNothing(t *testing.T) {
	s := newStore(t)
	if e, err := s.Begin(&Document{Time: at()}); e != nil || err == nil {
		t.Errorf("got %v, %v", e, err)
	}
	sameFiles(t, s.Dir)
}

func TestListNewestFirst(t *testing.T) {
	s := newStore(t)
	if list, errs := s.List(); list != nil || errs != nil {
		t.Fatalf("a folder that is not there: %v, %v", list, errs)
	}
	var want []Listed
	for i, group := range []string{"a", "b", "c"} {
		d := undoing(group, 3)
		d.Time = d.Time.Add(time.Duration(i) * time.Millisecond)
		e := begun(t, s, d)
		want = append([]Listed{{ID: e.ID, Time: d.Time, ClusterID: "c", Command: "reset", Groups: []string{group}, Partitions: 3}}, want...)
		if group == "b" {
			if err := e.Finish(d.results(Applied, Failed, Unknown), at()); err != nil {
				t.Fatal(err)
			}
			want[0].Finished, want[0].Partitions = true, 2
		}
	}
	got, errs := s.List()
	if diff := cmp.Diff(want, got); diff != "" || errs != nil {
		t.Error(errs, diff)
	}
}

// The list counts what undo would change back.
func TestListedCountsWhatMoved(t *testing.T) {
	finished := at()
	d := Document{Items: []Row{
		{Group: "whole", Result: Planned},
		{Group: "refused", Partition: new(int32), Result: Refused},
		{Group: "b", Partition: new(int32), Result: Planned},
		{Group: "a", Partition: new(int32), Result: Applied},
		{Group: "a", Partition: new(int32), Result: Unknown},
		{Group: "b", Partition: new(int32), Result: Unchanged},
		{Group: "whole", Result: Applied},
	}}
	for _, tc := range []struct {
		finished *time.Time
		want     Listed
	}{
		{nil, Listed{ID: "x", Groups: []string{"b", "whole"}, Partitions: 1}},
		{&finished, Listed{ID: "x", Finished: true, Groups: []string{"a", "whole"}, Partitions: 2}},
	} {
		d.Finished = tc.finished
		if diff := cmp.Diff(tc.want, d.listed("x")); diff != "" {
			t.Error(diff)
		}
	}
}

func TestListPassesOverWhatIsNoUndoFile(t *testing.T) {
	s := newStore(t)
	e := begun(t, s, undoing("g", 1))
	put := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(s.Dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put(".offsetctl-123", `{"kind":"undo",`)
	put(".hidden.json", "{}")
	put("notes.txt", "x")
	put("a b.json", "{}")
	put("cut.json", `{"kind":"undo",`)
	put("empty.json", "")
	put("plan.json", `{"kind":"reset-plan","schemaVersion":1}`)
	big := filepath.Join(s.Dir, "big.json")
	put("big.json", "")
	if err := errors.Join(os.Mkdir(filepath.Join(s.Dir, "folder.json"), 0o700), os.Truncate(big, MaxFile+1)); err != nil {
		t.Fatal(err)
	}
	list, errs := s.List()
	if len(list) != 1 || list[0].ID != e.ID {
		t.Errorf("got %v", list)
	}
	got := []string{}
	for _, err := range errs {
		got = append(got, strings.ReplaceAll(err.Error(), s.Dir, "DIR"))
	}
	want := []string{
		"reading the undo file: DIR/big.json has more than 256 MB, as no undo file does",
		"reading the undo file DIR/cut.json: line 1: it is no JSON document: unexpected end of JSON input",
		"reading the undo file DIR/empty.json: line 1: it is no JSON document: unexpected end of JSON input",
		`reading the undo file DIR/plan.json: kind is "reset-plan", a plan: offsetctl reset --from-file takes it`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestReadByIDOrPath(t *testing.T) {
	s, d := newStore(t), undoing("g", 1)
	e := begun(t, s, d)
	outside := filepath.Join(filepath.Dir(s.Dir), "outside.json")
	if _, err := (Store{}).BeginAt(outside, d); err != nil {
		t.Fatal(err)
	}
	t.Chdir(filepath.Dir(s.Dir))
	for _, arg := range []string{outside, "./outside.json", "outside.json", "undo/../outside.json"} {
		sameDocument(t, d, s, arg)
	}
	for arg, want := range map[string]string{
		"":                 `"" is neither a file nor an ID, which is made of letters, digits and hyphens: file does not exist`,
		e.ID + ".json":     `"` + e.ID + `.json" is neither a file nor an ID, which is made of letters, digits and hyphens: file does not exist`,
		`..\outside`:       `"..\\outside" is neither a file nor an ID, which is made of letters, digits and hyphens: file does not exist`,
		"..":               `".." is neither a file nor an ID, which is made of letters, digits and hyphens: file does not exist`,
		"undo":             `there is no undo file DIR/undo.json: file does not exist`, // a folder is no file
		e.ID[:len(e.ID)-1]: `there is no undo file DIR/` + e.ID[:len(e.ID)-1] + `.json: file does not exist`,
		"../outside":       "reading the undo file: open ../outside: no such file or directory",
	} {
		_, err := s.Read(arg)
		if err == nil || strings.ReplaceAll(err.Error(), s.Dir, "DIR") != want || !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("Read(%q):\n got %v\nwant %s", arg, err, want)
		}
	}
	if err := os.WriteFile(e.ID, []byte("a file in the way"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Read(e.ID); err == nil || !strings.HasPrefix(err.Error(), "reading the undo file "+e.ID+": line 1: ") {
		t.Errorf("the name of a file: got %v", err)
	}
}
