package cmd

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/offsetctl/offsetctl/inspect"
	"github.com/offsetctl/offsetctl/internal/cluster"
)

// checkPaths refuses paths that are wrong before any is read: a pipe may never end.
func (req inspectRequest) checkPaths() error {
	input := false
	for _, path := range req.paths {
		switch {
		case path == "":
			return &usageError{errors.New("a path is empty"), "is it an unset shell variable?"}
		case path == "-" && input:
			return usagef("- is given twice: standard input can be read once")
		case path == "-" && len(req.partitions) != 1:
			return &usageError{errors.New("nothing tells which partition the segment on standard input is of"), "say it with --partition N"}
		case len(req.partitions) != 1 && isPipe(path):
			return &usageError{fmt.Errorf("nothing tells which partition the segment from %s is of", path), "say it with --partition N"}
		}
		input = input || path == "-"
	}
	return nil
}

// segments finds the files that are named.
func (req inspectRequest) segments() ([]inspect.Segment, error) {
	var only *int32
	if len(req.partitions) == 1 {
		for p := range req.partitions {
			only = &p
		}
	}
	segments, err := inspect.FindSegments(req.scan.Topic, req.paths, only)
	if err != nil {
		return nil, req.pathError(err)
	}
	for i := range segments {
		segments[i].Name = req.spools[segments[i].Path]
	}
	chosen := slices.DeleteFunc(segments, func(s inspect.Segment) bool {
		return req.partitions != nil && !req.partitions[s.Partition]
	})
	if len(chosen) == 0 {
		return nil, usagef("no segment of a partition that --partition names")
	}
	return chosen, nil
}

// pathError is an error of paths, with what may be meant.
func (req inspectRequest) pathError(err error) error {
	if two := (*inspect.ReplicasError)(nil); errors.As(err, &two) {
		two.A.Name, two.B.Name = req.spools[two.A.Path], req.spools[two.B.Path]
	}
	return &usageError{err, req.pathHint(err)}
}

func (req inspectRequest) pathHint(err error) string {
	var path *fs.PathError
	var unknown *inspect.NoPartitionError
	var none *inspect.NoFolderError
	switch {
	case errors.As(err, &unknown):
		return unnamedHint(req.scan.Topic, filepath.Dir(unknown.Path), "say it with --partition N")
	case errors.As(err, &none):
		return folderHint(none)
	case !errors.As(err, &path):
		return ""
	case errors.Is(err, fs.ErrPermission):
		return readable
	case strings.ContainsAny(path.Path, "*?["):
		return "leave a pattern to the shell: without quotes"
	case !strings.Contains(path.Path, "/"):
		return "with --file every argument is a path; groups are named by --group"
	}
	return ""
}

// meantFile hints at --file where a name that was taken for a group's is more likely a path; empty: none is.
func meantFile(groups []string) string {
	i := slices.IndexFunc(groups, isLikelyPath)
	if i < 0 {
		return ""
	}
	return "arguments are groups unless --file is given; segments, or a folder of them, are read with: offsetctl inspect --file " + shellQuote(groups[i])
}

// pathHints are meantFile for what failed because of it: a group that is not there, or a cluster, which whoever has
// files need not have.
func pathHints(errs []*cluster.Error, groups []string) map[missing]string {
	hints := map[missing]string{}
	hint := meantFile(groups)
	for _, e := range errs {
		if hint != "" && (e.Scope == cluster.ScopeBroker || slices.Contains(groups, e.Name) && isLikelyPath(e.Name)) {
			hints[missing{e.Scope, e.Name}] = hint
		}
	}
	return hints
}

func isLikelyPath(name string) bool {
	_, err := os.Stat(name)
	return err == nil || strings.Contains(name, "/") || strings.HasSuffix(name, ".log")
}

// readable is what to do where a file may not be read.
const readable = "a broker's files are its user's own: read them as that user, or a copy of them"

// fileHint is what to do about a file that was found and then could not be read.
func fileHint(e *cluster.Error) string {
	switch {
	case errors.Is(e.Err, fs.ErrNotExist):
		return "brokers delete segments and compact them to new files: read it again, or a copy of the folder"
	case errors.Is(e.Err, fs.ErrPermission):
		return readable
	}
	return ""
}

// folderHint is where else the segments may be.
func folderHint(e *inspect.NoFolderError) string {
	switch {
	case len(e.Others) == 1:
		return fmt.Sprintf("%s is read with: --internal-topic %s", e.Others[0].LogName(), topicWord(e.Others[0]))
	case len(e.Others) > 1:
		return fmt.Sprintf("%s is read with: --internal-topic %s; and %s with %s", e.Others[0].LogName(), topicWord(e.Others[0]), e.Others[1].LogName(), topicWord(e.Others[1]))
	case e.Unnamed:
		return unnamedHint(e.Topic, e.Path, fmt.Sprintf("name the files and say of which partition they are: --file %s/*.log --partition N", shellQuote(filepath.Clean(e.Path))))
	}
	return ""
}

// unnamedHint is what to do about segments in a folder whose name does not tell of which partition they are, which may be
// that of a topic that is not read at all.
func unnamedHint(topic inspect.Topic, folder, how string) string {
	if abs, err := filepath.Abs(folder); err == nil {
		folder = filepath.Base(abs)
	}
	at := strings.LastIndexByte(folder, '-')
	if at < 1 {
		return how
	}
	if _, err := strconv.ParseUint(folder[at+1:], 10, 31); err != nil {
		return how
	}
	return fmt.Sprintf("only internal topics are read, and %s looks like a folder of topic %s; if it has a copy of %s, %s", folder, folder[:at], topic.LogName(), how)
}

// topicWord is what --internal-topic calls a topic.
func topicWord(t inspect.Topic) string {
	for _, word := range []string{"offsets", "share", "transaction"} {
		if topic, err := internalTopic(word); err == nil && topic == t {
			return word
		}
	}
	return t.LogName()
}
