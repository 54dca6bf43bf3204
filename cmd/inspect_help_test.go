package cmd

import (
	"slices"
	"strings"
	"testing"

	"github.com/offsetctl/offsetctl/inspect"
)

// Help names each record type: whole, or for those of groups that share their names in two parts.
func TestInspectHelpHasRecordTypes(t *testing.T) {
	words := strings.FieldsFunc(inspectLong, func(r rune) bool {
		return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", r)
	})
	for _, topic := range []inspect.Topic{inspect.ConsumerOffsets, inspect.ShareGroupState, inspect.TransactionState} {
		for _, name := range typeWords(topic) {
			if slices.Contains(words, name) {
				continue
			}
			kind, rest, found := strings.Cut(name, "Group")
			if !found || !slices.Contains(words, kind+"Group") || !slices.Contains(words, rest) {
				t.Errorf("help has no word of %s", name)
			}
		}
	}
}

// Help is read in a terminal: a line fits it, and there is no more than what one scrolls through.
func TestInspectHelpFits(t *testing.T) {
	lines := strings.Split(inspectLong, "\n")
	if len(lines) > 60 {
		t.Errorf("%d lines", len(lines))
	}
	for _, line := range lines {
		if n := len([]rune(line)); n > 100 {
			t.Errorf("%d characters: %s", n, line)
		}
	}
}
