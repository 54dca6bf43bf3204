package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What the README shows at a prompt is run, and what it shows below must come out, byte for byte, standard output and
// standard error in their order. A prompt stands in a block fenced as console, or in lines indented by four blanks that
// begin with one:
//
//	$ offsetctl demo lag
//
// Any number of commands stand in a block. The shell runs those with a pipe; the others are split at blanks, with
// quotes as in the shell. "go run ." is offsetctl. A block whose first line is "# not run" is for reading only. What no
// two runs have in common may differ; see alike. How a section shows two shells: readme_session_test.go.

func TestReadmeExamples(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	examples, err := parseExamples(string(text))
	if err != nil {
		t.Fatal(err)
	}
	if len(examples) == 0 {
		t.Fatal("the README has no example that is run")
	}
	for len(examples) > 0 {
		n := 1
		for n < len(examples) && examples[n].section == examples[0].section {
			n++
		}
		runSection(t, examples[:n])
		examples = examples[n:]
	}
}

// example is one command of the README and what it shows of its output.
type example struct {
	section int // the line of the heading above it
	line    int
	command string // empty: want is what the demo that the section serves prints next
	want    string
}

// args are the words of a command.
func (e example) args(command string) ([]string, error) {
	if rest, ok := strings.CutPrefix(command, "go run . "); ok {
		command = "offsetctl " + rest
	}
	if strings.Contains(command, "|") {
		return []string{"sh", "-c", command}, nil
	}
	return splitCommand(command)
}

func parseExamples(text string) ([]example, error) {
	blocks, err := consoleBlocks(strings.Split(text, "\n"))
	if err != nil {
		return nil, err
	}
	var all []example
	serves := 0 // the section of the last demo that is served
	for _, b := range blocks {
		if b.lines[0] == "# not run" {
			continue
		}
		for i, line := range b.lines {
			command, ok := strings.CutPrefix(line, "$ ")
			switch {
			case ok:
				all = append(all, example{section: b.section, line: b.line + i, command: command})
				if command == serving {
					serves = b.section
				}
			case i == 0 && (b.section == 0 || serves != b.section):
				return nil, fmt.Errorf("line %d: a console block begins with a command: %q", b.line, line)
			case i == 0:
				all = append(all, example{section: b.section, line: b.line, want: line + "\n"})
			default:
				all[len(all)-1].want += line + "\n"
			}
		}
	}
	return all, nil
}

// console is the lines of one block, the first of which is the given one of the file, below the heading on another.
type console struct {
	section int
	line    int
	lines   []string
}

func consoleBlocks(lines []string) ([]console, error) {
	var all []console
	section := 0
	for i := 0; i < len(lines); i++ {
		c := console{section: section, line: i + 1}
		switch {
		case strings.HasPrefix(lines[i], "## "):
			section = i + 1
		case strings.HasPrefix(lines[i], "    $ "):
			for ; i < len(lines) && strings.HasPrefix(lines[i], "    "); i++ {
				c.lines = append(c.lines, lines[i][4:])
			}
			all = append(all, c)
		case strings.HasPrefix(lines[i], "```"):
			n := slices.Index(lines[i+1:], "```")
			if n < 0 {
				return nil, fmt.Errorf("line %d: the block does not end", i+1)
			}
			if lines[i] == "```console" && n > 0 {
				all = append(all, console{section, i + 2, lines[i+1 : i+1+n]})
			}
			i += n + 1
		}
	}
	return all, nil
}

// splitCommand splits at blanks outside of quotes; in double quotes a backslash takes the next character as it is.
func splitCommand(s string) ([]string, error) {
	var words []string
	var word strings.Builder
	var quote rune
	begun, escaped := false, false
	for _, r := range s {
		switch {
		case escaped:
			word.WriteRune(r)
			escaped = false
		case r == '\\' && quote != '\'':
			escaped, begun = true, true
		case quote != 0 && r == quote:
			quote = 0
		case quote == 0 && (r == '\'' || r == '"'):
			quote, begun = r, true
		case quote == 0 && r == ' ':
			if begun {
				words = append(words, word.String())
			}
			word.Reset()
			begun = false
		case quote == 0 && strings.ContainsRune("$`<>;&*?#", r):
			return nil, fmt.Errorf("only a shell can run %q", s)
		default:
			word.WriteRune(r)
			begun = true
		}
	}
	if quote != 0 || escaped {
		return nil, fmt.Errorf("a quote does not end: %q", s)
	}
	if begun {
		words = append(words, word.String())
	}
	if len(words) == 0 {
		return nil, fmt.Errorf("no command: %q", s)
	}
	return words, nil
}

func TestParseExamples(t *testing.T) {
	text := strings.Join([]string{
		"# Title", "```", "$ other block", "```", "```console", "$ a b", "out", "", "$ c", "```",
		"    plain code", "", "    $ d 'e f' | g", "    out", "", "text", "    no prompt",
		"```console", "# not run", "$ h", "```",
		"## Served", "```console", "$ offsetctl demo", "out", "```", "```console", "$ i", "```", "```console", "more", "even", "```",
	}, "\n")
	want := []example{
		{0, 6, "a b", "out\n\n"}, {0, 9, "c", ""}, {0, 13, "d 'e f' | g", "out\n"},
		{22, 24, "offsetctl demo", "out\n"}, {22, 28, "i", ""}, {22, 31, "", "more\neven\n"},
	}
	got, err := parseExamples(text)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(example{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, bad := range []string{
		"```console\nno prompt\n```", "```console\n$ a", "## A\n```console\n$ offsetctl demo\n```\n## B\n```console\nmore\n```",
	} {
		if _, err := parseExamples(bad); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}

func TestSplitCommand(t *testing.T) {
	got, err := splitCommand(`offsetctl  lag 'a b' "c\"d" e\ f ''`)
	want := []string{"offsetctl", "lag", "a b", `c"d`, "e f", ""}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	for _, bad := range []string{"", "a 'b", "a $HOME", "a > b", `a\`} {
		if got, err := splitCommand(bad); err == nil {
			t.Errorf("%q: got %q", bad, got)
		}
	}
}
