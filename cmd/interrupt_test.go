package cmd

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/offsetctl/offsetctl/internal/cluster"
)

func TestReadingNamesEndsWithTheCommand(t *testing.T) {
	in, writer := io.Pipe() // open, and nobody writes
	defer writer.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := readNames(interruptible{ctx, in}, false); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
}

func TestReadingNamesThroughTheInterruptibleReaderIsExact(t *testing.T) {
	text := strings.Repeat("orders-app\n", 10_000)
	names, err := readNames(interruptible{t.Context(), strings.NewReader(text)}, false)
	if err != nil || len(names) != 10_000 || names[9_999] != "orders-app" {
		t.Errorf("%d names, %v", len(names), err)
	}
}

func TestGroupsWhoseTypeNobodySaidAreAnErrorNotAnAnswer(t *testing.T) {
	old := &cluster.Broker{ID: 1, Host: "old", Port: 9092}
	listed := []cluster.Group{{Name: "a", State: "Empty", Coordinator: old}, {Name: "b", State: "Empty", Coordinator: old}, {Name: "c", Type: cluster.Share, Coordinator: &cluster.Broker{ID: 2}}}
	sel := selection{types: []string{"share"}}
	known, errs := sel.unanswered(listed)
	if len(known) != 1 || known[0].Name != "c" || len(errs) != 1 || errs[0].Name != "1 (old:9092)" || errs[0].Code != cluster.CodeUnsupported {
		t.Errorf("groups %+v, errors %v", known, errs)
	}
}
