//go:build kafka

package main_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/offsetctl/offsetctl/internal/kafkatest"
)

// TestKafkaReadCommitted counts behind an open transaction, and again when it is aborted: markers take
// offsets too, so a reader of committed records is never quite at the high watermark.
func TestKafkaReadCommitted(t *testing.T) {
	c := kafkatest.Start(t, kafkatest.Options{Props: []string{"transaction.state.log.num.partitions=7"}})
	c.Topic(t, "orders", 1, 10)
	commit(t, c, "g", at("orders", 4))
	commit(t, c, "beyond", at("orders", 12)) // a reader of uncommitted records
	cl := c.Kgo(t, kgo.TransactionalID("open"), kgo.DefaultProduceTopic("orders"))
	if err := cl.BeginTransaction(); err != nil {
		t.Fatal(err)
	}
	for range 5 {
		if err := cl.ProduceSync(t.Context(), &kgo.Record{Value: []byte("x")}).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
	check := func(when string, isolation, want string) {
		t.Helper()
		got := ok(t, c, "lag", "--by", "partition", "--isolation", isolation, "--no-headers")
		if got != want {
			t.Errorf("%s, %s:\n got %q\nwant %q", when, isolation, got, want)
		}
	}
	check("open", "read_uncommitted", "beyond\torders\t0\t12\t15\t3\tno-members\t-\t-\t-\ng\torders\t0\t4\t15\t11\tno-members\t-\t-\t-\n")
	check("open", "read_committed", "beyond\torders\t0\t12\t10\t0\tok\t-\t-\t-\ng\torders\t0\t4\t10\t6\tno-members\t-\t-\t-\n")
	// Of all partitions of __transaction_state the one is read that has the id.
	named := ok(t, c, "inspect", "--internal-topic", "transaction", "open", "-o", "ndjson")
	if all := ok(t, c, "inspect", "--internal-topic", "transaction", "--match", "open", "-o", "ndjson"); named != all || named == "" {
		t.Errorf("records of a transactional id:\n got %q\nwant %q", named, all)
	}
	if err := cl.EndTransaction(t.Context(), kgo.TryAbort); err != nil {
		t.Fatal(err)
	}
	poll(t, "the marker", func() error { // written after the answer
		if got := ok(t, c, "lag", "g", "--isolation", "read_uncommitted", "--no-headers"); !strings.Contains(got, "\t16\t12\t") {
			return errors.New(got)
		}
		return nil
	})
	check("aborted", "read_committed", "beyond\torders\t0\t12\t16\t4\tno-members\t-\t-\t-\ng\torders\t0\t4\t16\t12\tno-members\t-\t-\t-\n")
}
