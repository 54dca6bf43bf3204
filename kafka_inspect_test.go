//go:build kafka

package main_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/offsetctl/offsetctl/internal/kafkatest"
)

// record is one record as both tools show it: key and value are JSON, compared as values.
type record struct {
	Partition, Offset int64
	Key, Value        any
	Marker            string // commit or abort
}

// TestKafkaInspectDecodesAsDumpLogDoes compares every record that real clients of all kinds left behind with what
// kafka-dump-log.sh --offsets-decoder of the same version prints, live and from the files.
func TestKafkaInspectDecodesAsDumpLogDoes(t *testing.T) {
	c := kafkatest.Start(t, kafkatest.Options{})
	c.Topic(t, "copies", 2, 0)
	apps := slices.DeleteFunc(applications(), func(a application) bool { return a.from4 && before4(c) || a.group == "flink" })
	transactions := startFollowing(t, c, "--internal-topic", "transaction")
	poll(t, "following before the first transaction", func() error {
		if said := transactions.errs.String(); !strings.Contains(said, "waiting for topic __transaction_state to be created") {
			return fmt.Errorf("stderr %q", said)
		}
		return nil
	})
	startAll(t, c, apps)
	poll(t, "the first transaction that is followed", func() error {
		if followed := transactions.out.String(); !strings.Contains(followed, `"transactionalId":"id-tx"`) {
			return fmt.Errorf("%s\nstderr %s", followed, transactions.errs.String())
		}
		return nil
	})
	transactions.end()

	live := ok(t, c, "inspect", "-o", "ndjson")
	files := ok(t, c, "inspect", "-o", "ndjson", "--file", c.DataDir(1))
	want := dumped(t, c)
	if len(want) < 50 {
		t.Fatalf("kafka-dump-log shows only %d records", len(want))
	}
	// Clients go on committing: what came since is in the later ones only.
	for name, got := range map[string][]record{"live": inspected(t, live), "files": inspected(t, files)} {
		n := map[int64]int64{} // the last offset of each partition
		for _, r := range got {
			n[r.Partition] = r.Offset
		}
		upTo := slices.DeleteFunc(slices.Clone(want), func(r record) bool { return r.Offset > n[r.Partition] })
		if diff := gocmp.Diff(upTo, got); diff != "" {
			t.Errorf("%s (-kafka +offsetctl)\n%s", name, diff)
		}
		if len(got) < 50 {
			t.Errorf("%s: only %d records", name, len(got))
		}
	}
	if r := offsetctl(t, c, "inspect", "--topic", "in-auto,copies"); r.Exit != 1 || !strings.Contains(r.Stderr, "INVALID_TOPIC_EXCEPTION") || !strings.Contains(r.Stderr, "is repeatable") {
		t.Errorf("a topic that cannot be: %+v", r)
	}
	if !before4(c) {
		poll(t, "the topic's name in a member's assignment", func() error {
			shown := ok(t, c, "inspect", "kip848", "--type", "ConsumerGroupCurrentMemberAssignment", "-o", "tsv")
			if !strings.Contains(shown, "in-kip848:") {
				return errors.New(shown)
			}
			return nil
		})
	}
}

// inspected reads rows; what we decode beyond Kafka's tool is left out.
func inspected(t *testing.T, ndjson string) []record {
	t.Helper()
	var out []record
	for line := range strings.Lines(ndjson) {
		var row struct {
			Partition, Offset int64
			Key               struct {
				Type *json.Number
				Name *string
				Data any
			}
			Value *struct {
				Version json.Number
				Data    any
			}
			Tombstone   bool
			Transaction *struct{ Outcome string }
			Error       *string
		}
		decode(t, line, &row)
		if row.Error != nil {
			t.Errorf("partition %d, offset %d: %s", row.Partition, row.Offset, *row.Error)
		}
		r := record{Partition: row.Partition, Offset: row.Offset}
		switch {
		case row.Key.Type == nil:
			r.Marker = map[string]string{"committed": "COMMIT", "aborted": "ABORT"}[row.Transaction.Outcome]
		case row.Tombstone:
			r.Key = typed("type", *row.Key.Type, row.Key.Data)
		default:
			r.Key, r.Value = typed("type", *row.Key.Type, row.Key.Data), typed("version", row.Value.Version, row.Value.Data)
		}
		out = append(out, r)
	}
	return out
}

func typed(what string, number json.Number, data any) map[string]any {
	return map[string]any{what: number.String(), "data": plain(data)}
}

// plain removes the fields that only we decode.
func plain(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k := range v {
			if strings.HasSuffix(k, "Decoded") {
				delete(v, k)
			} else {
				v[k] = plain(v[k])
			}
		}
	case []any:
		for i := range v {
			v[i] = plain(v[i])
		}
	}
	return v
}

func decode(t *testing.T, text string, into any) {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	if err := d.Decode(into); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
}

// dumped runs Kafka's tool over the segments of all partitions.
func dumped(t *testing.T, c *kafkatest.Cluster) []record {
	t.Helper()
	files, err := filepath.Glob(c.DataDir(1) + "/__consumer_offsets-*/*.log")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	r := c.DumpLog(t, "--offsets-decoder", "--files", strings.Join(files, ","))
	var out []record
	partition := int64(-1)
	for line := range strings.Lines(r.Stdout) {
		if m := regexp.MustCompile(`__consumer_offsets-(\d+)/`).FindStringSubmatch(line); m != nil && strings.HasPrefix(line, "Dumping") {
			partition, _ = strconv.ParseInt(m[1], 10, 32)
		}
		if strings.HasPrefix(line, "| offset: ") {
			out = append(out, dumpedRecord(t, partition, line))
		}
	}
	slices.SortFunc(out, func(a, b record) int {
		return cmp.Or(cmp.Compare(a.Partition, b.Partition), cmp.Compare(a.Offset, b.Offset))
	})
	return out
}

func dumpedRecord(t *testing.T, partition int64, line string) record {
	t.Helper()
	var rec record
	rec.Partition = partition
	if _, err := fmt.Sscanf(line, "| offset: %d", &rec.Offset); err != nil {
		t.Fatal(err, line)
	}
	if m := regexp.MustCompile(`endTxnMarker: (\w+)`).FindStringSubmatch(line); m != nil {
		rec.Marker = m[1]
		return rec
	}
	key, payload, found := strings.Cut(line[bytes.Index([]byte(line), []byte("key: {")):], " payload: ")
	if !found {
		t.Fatalf("no payload in %s", line)
	}
	var v any
	decode(t, strings.TrimPrefix(key, "key: "), &v)
	rec.Key = v
	if payload = strings.TrimSpace(payload); payload != "<DELETE>" {
		var v any
		decode(t, payload, &v)
		rec.Value = v
	}
	return rec
}
