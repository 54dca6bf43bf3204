package cmd

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/spf13/pflag"

	"github.com/offsetctl/offsetctl/internal/cluster"
	"github.com/offsetctl/offsetctl/output"
)

// selection says which groups a command is about: by name, by pattern, or all.
type selection struct {
	groups []string
	match  string
	all    bool
	types  []string
	states []string
	null   bool
}

func (sel *selection) add(f *pflag.FlagSet, names bool) {
	if names {
		f.StringArrayVarP(&sel.groups, "group", "g", nil, "a `GROUP` by name (repeatable)")
		f.BoolVar(&sel.all, "all-groups", false, "all groups; the default when none is named")
	}
	f.StringVar(&sel.match, "match", "", "groups whose whole name matches `REGEX` (RE2), such as '.*orders.*'")
	f.StringSliceVar(&sel.types, "type", nil, "only groups of these `TYPES`: classic, consumer, share, streams")
	f.StringSliceVar(&sel.states, "state", nil, "only groups in these `STATES`, such as Stable, Empty")
	f.BoolVarP(&sel.null, "null", "0", false, "names end with NUL and are raw: those of -o name, and those read with -")
}

func kafkaTypes() []string {
	return []string{string(cluster.Classic), string(cluster.Consumer), string(cluster.Share), string(cluster.Streams)}
}

// query checks the flags and makes a selection of groups of them; matchSet says whether --match was given, since
// the empty pattern selects the group with the empty name.
func (sel *selection) query(args []string, matchSet bool, in io.Reader) (cluster.Selection, error) {
	var q cluster.Selection
	stdin := slices.Contains(args, "-")
	names := append(slices.DeleteFunc(slices.Clone(args), func(a string) bool { return a == "-" }), sel.groups...)
	q.Named = stdin || len(names) > 0
	if q.Named && (matchSet || sel.all) || matchSet && sel.all {
		return q, usagef("groups by name, --match and --all-groups exclude one another")
	}
	keep, err := sel.keep(matchSet)
	if err != nil {
		return q, err
	}
	q.Keep = keep
	if stdin {
		more, err := readNames(in, sel.null)
		if err != nil {
			return q, err
		}
		names = append(names, more...)
	}
	q.Groups = slices.Compact(slices.Sorted(slices.Values(names)))
	return q, nil
}

// keep makes the filter of type, state and name. What the broker did not say is kept: the describe
// that follows may know it.
func (sel *selection) keep(matchSet bool) (func(group string, t cluster.GroupType, state string) bool, error) {
	types, err := words("--type", sel.types, kafkaTypes())
	if err != nil {
		return nil, err
	}
	states, err := words("--state", sel.states, cluster.States())
	if err != nil {
		return nil, err
	}
	var match func(string) bool
	if matchSet {
		if match, err = parseMatch(sel.match); err != nil {
			return nil, err
		}
	}
	return func(group string, t cluster.GroupType, state string) bool {
		return (types == nil || t == "" || slices.Contains(types, string(t))) &&
			(states == nil || state == "" || slices.Contains(states, state)) &&
			(match == nil || match(group))
	}, nil
}

// parseMatch reads --match.
func parseMatch(pattern string) (func(name string) bool, error) {
	match, err := wholeName(pattern)
	if err != nil {
		return nil, &usageError{fmt.Errorf("--match: %w", err), "regular expressions are RE2: https://github.com/google/re2/wiki/Syntax"}
	}
	return match, nil
}

// wholeName makes a test whether a pattern matches a whole name. The pattern is compiled as it is: put
// between anchors of ours, "a)|(b" would close our group and "\Qa" would quote our end.
func wholeName(pattern string) (func(name string) bool, error) {
	if _, err := regexp.Compile(pattern); err != nil {
		return nil, err
	}
	re, err := regexp.Compile("(?s)" + pattern) // a name may have a line break in it
	if err != nil {
		return nil, err
	}
	re.Longest() // a|ab matches all of ab
	return func(name string) bool {
		at := re.FindStringIndex(name)
		return at != nil && at[0] == 0 && at[1] == len(name)
	}, nil
}

// wholeNameHint is what to add where a pattern selected nothing: most likely it is for a part of the name. Empty: it
// allows for anything around it already.
func wholeNameHint(pattern string) string {
	part := strings.TrimSuffix(strings.TrimPrefix(pattern, ".*"), ".*")
	if part == "" || pattern == ".*"+part+".*" {
		return ""
	}
	if strings.Contains(part, "|") {
		part = "(" + part + ")"
	}
	return "; --match is for the whole name, try: --match " + shellQuote(".*"+part+".*")
}

// words checks a list of words against those known, without regard to case, and returns them in the
// known spelling; nil for no list.
func words(flag string, list, known []string) ([]string, error) {
	var out []string
	for _, w := range list {
		w = strings.TrimSpace(w)
		i := slices.IndexFunc(known, func(k string) bool { return strings.EqualFold(k, w) })
		if i < 0 {
			return nil, usagef("%s %q: have %s", flag, w, strings.Join(known, ", "))
		}
		out = append(out, known[i])
	}
	return out, nil
}

// readNames reads group names: one a line with escapes undone, or ended by NUL and raw.
func readNames(in io.Reader, null bool) ([]string, error) {
	all, err := io.ReadAll(in)
	if err != nil {
		return nil, fmt.Errorf("reading group names from standard input: %w", err)
	}
	sep := []byte("\n")
	if null {
		sep = []byte{0}
	}
	var names []string
	for part := range bytes.SplitSeq(bytes.TrimSuffix(all, sep), sep) {
		if len(all) == 0 {
			break
		}
		name := string(part)
		if !null {
			if name = strings.TrimSuffix(name, "\r"); name == "" {
				continue
			}
			if name, err = output.Unescape(name); err != nil {
				return nil, usagef("group name on standard input: %w", err)
			}
		}
		if !utf8.ValidString(name) {
			return nil, usagef("group name on standard input is not UTF-8: %q", name)
		}
		names = append(names, name)
	}
	return names, nil
}

// parseTopics reads --topic T, T:0,2 or T:0-9; what follows the last colon is partitions only if it is
// made of numbers.
func parseTopics(specs []string) (cluster.Filter, error) {
	if len(specs) == 0 {
		return nil, nil
	}
	f := cluster.Filter{}
	left := maxPartitions
	for _, spec := range specs {
		topic, list := spec, ""
		if i := strings.LastIndexByte(spec, ':'); i >= 0 && isPartitions(spec[i+1:]) {
			topic, list = spec[:i], spec[i+1:]
		}
		if topic == "" {
			return nil, usagef("--topic %q names no topic", spec)
		}
		named, err := partitions(list, left)
		if err != nil {
			return nil, usagef("--topic %q: %w", spec, err)
		}
		left -= len(named)
		if ps, known := f[topic]; list == "" || known && ps == nil {
			f[topic] = nil // all of them
		} else if known {
			maps.Copy(ps, named)
		} else {
			f[topic] = named
		}
	}
	return f, nil
}

func isPartitions(s string) bool {
	return regexp.MustCompile(`^[0-9]+(-[0-9]+)?(,[0-9]+(-[0-9]+)?)*$`).MatchString(s)
}

// maxPartitions bounds what all --topic of a command may name one by one; few clusters have as many.
const maxPartitions = 1 << 18

// partitions reads a list like 0,2,4-9 that names at most so many.
func partitions(list string, most int) (cluster.Partitions, error) {
	ps := cluster.Partitions{}
	if list == "" {
		return ps, nil
	}
	for part := range strings.SplitSeq(list, ",") {
		first, last, isRange := strings.Cut(part, "-")
		if !isRange {
			last = first
		}
		from, err1 := strconv.ParseInt(first, 10, 32)
		to, err2 := strconv.ParseInt(last, 10, 32)
		switch {
		case err1 != nil || err2 != nil:
			return nil, fmt.Errorf("partition out of range: %s", part)
		case to < from:
			return nil, fmt.Errorf("not a range of partitions: %s", part)
		case to-from >= int64(most-len(ps)):
			return nil, fmt.Errorf("more than %d partitions are named one by one", maxPartitions)
		}
		for p := from; p <= to; p++ {
			ps[int32(p)] = true
		}
	}
	return ps, nil
}
