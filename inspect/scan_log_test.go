package inspect

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/offsetctl/offsetctl/internal/cluster"
)

// The tests of scans write logs as bytes and compare rows as lines.

const testTime = 1_700_000_000_000

// testKey is a key of __consumer_offsets, made of its JSON.
func testKey(t testing.TB, format string, args ...any) []byte {
	t.Helper()
	key, err := ConsumerOffsets.EncodeKey(fmt.Appendf(nil, format, args...))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func commitKey1(t testing.TB, group, topic string, partition int32) []byte {
	t.Helper()
	return testKey(t, `{"type":1,"data":{"group":%q,"topic":%q,"partition":%d}}`, group, topic, partition)
}

func commitValue3(t testing.TB, offset int64) []byte {
	t.Helper()
	value, err := ConsumerOffsets.EncodeValue(1, fmt.Appendf(nil, `{"version":3,"data":{"offset":%d,"leaderEpoch":-1,"metadata":"","commitTimestamp":%d}}`, offset, testTime))
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// testLog builds the bytes of a partition's log.
type testLog struct {
	t     testing.TB
	bytes []byte
	next  int64 // offset
}

// batch appends one of records, which get their offsets.
func (l *testLog) batch(b Batch, records ...Record) *testLog {
	b.BaseOffset = l.next
	for i := range records {
		records[i].Offset, records[i].Timestamp = l.next, testTime
		l.next++
	}
	l.bytes = AppendBatch(l.bytes, b, records)
	return l
}

// commits appends a batch with a commit of the group for orders:0 at each offset.
func (l *testLog) commits(group string, offsets ...int64) *testLog {
	l.t.Helper()
	return l.batch(plainBatch(0), l.records(group, offsets...)...)
}

// damaged is commits of a batch whose CRC does not hold.
func (l *testLog) damaged(group string, offsets ...int64) *testLog {
	l.t.Helper()
	at := len(l.bytes)
	l.commits(group, offsets...)
	l.bytes[at+70] ^= 1
	return l
}

func (l *testLog) records(group string, offsets ...int64) []Record {
	l.t.Helper()
	var records []Record
	for _, o := range offsets {
		records = append(records, Record{Key: commitKey1(l.t, group, "orders", 0), Value: commitValue3(l.t, o)})
	}
	return records
}

// pending appends a commit in a transaction.
func (l *testLog) pending(producer int64, epoch int16, group string, offset int64) *testLog {
	l.t.Helper()
	return l.batch(Batch{ProducerID: producer, ProducerEpoch: epoch, Transactional: true}, l.records(group, offset)...)
}

// ends appends a marker.
func (l *testLog) ends(producer int64, epoch int16, commit bool) *testLog {
	m := Marker{Commit: commit}.Record(0, 0)
	return l.batch(Batch{ProducerID: producer, ProducerEpoch: epoch, BaseSequence: -1, Transactional: true, Control: true}, m)
}

// write makes a segment of what was appended since the last one.
func (l *testLog) write(dir string, base int64) Segment {
	l.t.Helper()
	path := filepath.Join(dir, fmt.Sprintf("%020d.log", base))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		l.t.Fatal(err)
	}
	if err := os.WriteFile(path, l.bytes, 0o600); err != nil {
		l.t.Fatal(err)
	}
	l.bytes = nil
	p, _ := ConsumerOffsets.partitionOfFolder(dir)
	return Segment{Path: path, Partition: p}
}

func newTestLog(t testing.TB) *testLog { return &testLog{t: t} }

// line is a row: partition/offset, type, group, subject, offset committed, outcome, error.
func line(r *Row) string {
	words := []string{fmt.Sprintf("%d/%d", r.Partition, r.Offset)}
	for _, w := range []string{r.Type, string(r.Key.Group), string(r.AppendSubject(nil, nil))} {
		if w != "" {
			words = append(words, w)
		}
	}
	if c, ok := ParseCommit(r.RawValue); ok && r.Key.HasTopic() {
		words = append(words, fmt.Sprint(c.Offset))
	}
	if r.Tombstone {
		words = append(words, "tombstone")
	}
	if r.Transaction != nil {
		words = append(words, fmt.Sprintf("%s(%d,%d)", r.Transaction.Outcome, r.Transaction.ProducerID, r.Transaction.ProducerEpoch))
	}
	if doubt := r.doubt(); doubt != nil {
		words = append(words, "DOUBT", doubt.Error())
	}
	if r.Err != nil {
		words = append(words, "ERROR", r.Err.Error())
	}
	return strings.Join(words, " ")
}

// scanned is what a scan gave.
type scanned struct {
	Rows   []string
	Errors []string
	Notes  []string
}

func reported(rows []string, r Report) scanned {
	s := scanned{Rows: rows, Notes: r.Notes}
	for _, e := range r.Errors {
		s.Errors = append(s.Errors, e.Error())
	}
	return s
}

func scanFiles(t *testing.T, o Options, segments ...Segment) scanned {
	t.Helper()
	var rows []string
	report, err := Files(context.Background(), segments, o, func(r *Row) error {
		rows = append(rows, line(r))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return reported(rows, report)
}

func wantScan(t *testing.T, want, got scanned) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// folder is the folder of a partition in a new log directory.
func folder(t *testing.T, partition int) string {
	t.Helper()
	return filepath.Join(t.TempDir(), fmt.Sprintf("__consumer_offsets-%d", partition))
}

// wantOne checks that a scan has one error, of a partition, with that code and text.
func wantOne(t *testing.T, errs []*cluster.Error, name, code, text string) {
	t.Helper()
	if len(errs) != 1 || errs[0].Name != name || errs[0].Code != code || !strings.Contains(errs[0].Message, text) {
		t.Errorf("got errors %v, want one of %s with %s and %q", errs, name, code, text)
	}
}

// groupIs is a filter by group.
func groupIs(names ...string) func([]byte) bool {
	return func(g []byte) bool { return slices.Contains(names, string(g)) }
}

func wantLines(t *testing.T, name string, want, got []string) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s (-want +got):\n%s", name, d)
	}
}
