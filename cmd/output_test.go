package cmd

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestColored(t *testing.T) {
	for _, c := range []struct {
		name, flag string
		tty        bool
		env        string // NAME=VALUE …
		want       bool
	}{
		{"terminal", "auto", true, "", true},
		{"pipe", "auto", false, "", false},
		{"dumb", "auto", true, "TERM=dumb", false},
		{"NO_COLOR", "auto", true, "NO_COLOR=1", false},
		{"NO_COLOR empty", "auto", true, "NO_COLOR=", true},
		{"NO_COLOR=0 is set", "auto", true, "NO_COLOR=0", false},
		{"forced", "auto", false, "CLICOLOR_FORCE=1", true},
		{"forced, too", "auto", false, "FORCE_COLOR=3", true},
		{"not forced", "auto", false, "CLICOLOR_FORCE=0 FORCE_COLOR=0", false},
		{"forced on a dumb terminal", "auto", true, "TERM=dumb FORCE_COLOR=1", true},
		{"NO_COLOR beats force", "auto", true, "NO_COLOR=1 CLICOLOR_FORCE=1 FORCE_COLOR=1", false},
		{"always beats NO_COLOR", "always", false, "NO_COLOR=1 TERM=dumb", true},
		{"never beats force", "never", true, "FORCE_COLOR=1", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := &session{outTTY: c.tty, shape: outputFlags{color: c.flag}, env: environment(c.env)}
			if got, err := s.colored(); err != nil || got != c.want {
				t.Errorf("got %v, %v", got, err)
			}
		})
	}
	s := &session{shape: outputFlags{color: "yes"}, env: environment("")}
	if _, err := s.colored(); err == nil {
		t.Error("--color yes is taken")
	}
}

func environment(vars string) func(string) string {
	return func(name string) string {
		for v := range strings.FieldsSeq(vars) {
			if value, ok := strings.CutPrefix(v, name+"="); ok {
				return value
			}
		}
		return ""
	}
}

func TestTableWidth(t *testing.T) {
	for _, c := range []struct {
		name string
		s    session
		env  string
		want int
	}{
		{"terminal", session{outTTY: true, width: 120}, "", 120},
		{"COLUMNS", session{outTTY: true, width: 120}, "COLUMNS=60", 60},
		{"COLUMNS of nothing", session{outTTY: true, width: 120}, "COLUMNS=0", 120},
		{"COLUMNS of words", session{outTTY: true, width: 120}, "COLUMNS=wide", 120},
		{"unknown", session{outTTY: true}, "", 0},
		{"pipe", session{width: 120}, "COLUMNS=60", 0},
	} {
		c.s.env = environment(c.env)
		if got := c.s.tableWidth(); got != c.want {
			t.Errorf("%s: got %d, want %d", c.name, got, c.want)
		}
	}
}

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"a", "", 1}, {"", "abc", 3}, {"orders", "orders", 0}, {"order", "orders", 1}, {"orders", "odrers", 2},
		{"kitten", "sitting", 3}, {"заказы", "заказа", 1}, {"😀", "a", 1},
	} {
		if got := distance(c.a, c.b); got != c.want {
			t.Errorf("%q to %q: got %d, want %d", c.a, c.b, got, c.want)
		}
		if got := distance(c.b, c.a); got != c.want {
			t.Errorf("%q to %q: got %d, want %d", c.b, c.a, got, c.want)
		}
	}
}

func TestClosest(t *testing.T) {
	names := []string{"orders", "orders-app", "orders-app-2", "payments", "payments-export", "a", "tab\there", "заказы", "pay"}
	for _, c := range []struct {
		name string
		want []string
	}{
		{"order", []string{"orders", "orders-app", "orders-app-2"}},
		{"ORDERS-APP", []string{"orders-app", "orders-app-2", "orders"}},
		{"paymnets", []string{"payments", "pay"}},
		{"tab here", []string{"tab\there"}},
		{"заказ", []string{"заказы"}},
		{"b", []string{"a"}},
		{"nothing-like-it", nil},
		{"", []string{"a"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, closest(c.name, names)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
