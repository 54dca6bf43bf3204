package cmd

import (
	"strings"
	"testing"
	"time"

	"github.com/offsetctl/offsetctl/inspect"
)

// A transaction that may have ended is no advice to abort anything at its start offset.
func TestNoAdviceToAbortWhatMayHaveEnded(t *testing.T) {
	doubt, age, at := "the transaction's marker may be in what cannot be read from offset 4 on", (time.Hour).Milliseconds(), inspect.Millis(1)
	rows := []inspect.OpenTransaction{{Partition: 7, ProducerID: 1, StartOffset: 2, StartTimestamp: &at, AgeMs: &age, Error: &doubt}}
	if got := longest(rows); got != nil {
		t.Errorf("abort --start-offset %d is advised, of a transaction with error %q", got.StartOffset, *got.Error)
	}
	for _, n := range openNotes(inspect.ConsumerOffsets, rows, time.UnixMilli(3_600_001)) {
		if !strings.Contains(n, "may have been open for 1h") || !strings.HasSuffix(n, doubt) {
			t.Errorf("said without the doubt: %s", n)
		}
	}
}
