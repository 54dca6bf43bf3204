package main

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/offsetctl/offsetctl"

// allowed says which of our packages each of ours may import: main → cmd → {lag, reset, demo} →
// inspect → cluster, and cmd → output. A package that is not listed may import none of ours.
func allowed() map[string][]string {
	return map[string][]string{
		"":                 {"cmd"},
		"cmd":              {"lag", "reset", "inspect", "output", "internal/cluster", "internal/cluster/clientconfig", "internal/demo"},
		"lag":              {"internal/cluster"},
		"reset":            {"inspect", "internal/cluster"},
		"internal/cluster": {},

		"internal/cluster/clientconfig": {"internal/cluster/keystore"},
		"internal/cluster/keystore":     {},

		"internal/demo": {"inspect", "internal/cluster"},
		"output":        {},
		"inspect":       {"internal/cluster"},
	}
}

// cobra and its flags belong to cmd alone, widths of characters and colour to output alone.
func owners() map[string]string {
	return map[string]string{
		"github.com/spf13/cobra":               "cmd",
		"github.com/spf13/pflag":               "cmd",
		"github.com/clipperhouse/displaywidth": "output",
		"github.com/fatih/color":               "output",
		"github.com/twmb/franz-go/pkg/kfake":   "internal/demo",
		"go.yaml.in/yaml/v3":                   "output",
		"github.com/twmb/franz-go/pkg/kadm":    "internal/demo",
	}
}

func TestImportsPointOneWay(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, "./...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(lines) < 5 {
		t.Fatalf("go list found only %d packages", len(lines))
	}
	for _, line := range lines {
		fields := strings.Fields(line)
		pkg := strings.TrimPrefix(strings.TrimPrefix(fields[0], module), "/")
		for _, imp := range fields[1:] {
			if owner, ok := owners()[imp]; ok && owner != pkg {
				t.Errorf("%q imports %s, which belongs to %s", pkg, imp, owner)
			}
			if ours, ok := strings.CutPrefix(imp, module+"/"); ok && !slices.Contains(allowed()[pkg], ours) {
				t.Errorf("%q imports %q", pkg, ours)
			}
		}
	}
}
