package cmd

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/offsetctl/offsetctl/inspect"
	"github.com/offsetctl/offsetctl/output"
)

// interrupted is what is on stdout when a command is interrupted after so many rows.
func interrupted(t *testing.T, f output.Format, rows int) string {
	t.Helper()
	var out, errw strings.Builder
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	req := inspectRequest{asked: &wantedNames{}}
	err := at{}.session(&out, &errw).showRecords(ctx, form{format: f}, req, inspect.Report{}, func(_ inspect.Options, emit func(*inspect.Row) error) (inspect.Report, error) {
		for offset := range rows {
			if err := emit(&inspect.Row{Offset: int64(offset)}); err != nil {
				t.Fatal(err)
			}
		}
		cancel()
		return inspect.Report{}, emit(&inspect.Row{})
	})
	if !errors.Is(err, context.Canceled) || errw.String() != "" {
		t.Errorf("%v, stderr %q", err, errw.String())
	}
	return out.String()
}

// More rows than buffers hold are cut nowhere.
func TestInterruptedDocumentIsWholeAndSaysSo(t *testing.T) {
	const rows = 3000
	for f, parse := range map[output.Format]func([]byte, any) error{output.JSON: json.Unmarshal, output.YAML: yaml.Unmarshal} {
		var doc struct {
			Items  []any
			Errors []struct{ Scope, Name, Code string }
		}
		if err := parse([]byte(interrupted(t, f, rows)), &doc); err != nil || len(doc.Items) != rows || len(doc.Errors) != 1 || doc.Errors[0].Code != "INTERRUPTED" {
			t.Errorf("%s: %d items, errors %v, %v", f, len(doc.Items), doc.Errors, err)
		}
	}
}

func TestInterruptedRowsAreWholeLines(t *testing.T) {
	const rows = 3000
	for _, f := range []output.Format{output.NDJSON, output.TSV, output.Table} {
		got := interrupted(t, f, rows)
		if lines := strings.Count(got, "\n"); lines != rows || !strings.HasSuffix(got, "\n") {
			t.Errorf("%s: %d lines, the end is %q", f, lines, got[max(0, len(got)-20):])
		}
	}
}
