package inspect

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// sample is a record of testdata/records: its bytes and what they decode to.
type sample struct {
	name             string
	topic            Topic
	key, value       []byte
	keyText, valText string
}

func (s sample) keyType() int16 { return int16(binary.BigEndian.Uint16(s.key)) }

// samples reads all of testdata/records; a topic without records fails the test.
func samples(t testing.TB) []sample {
	t.Helper()
	topics := map[string]Topic{
		"__consumer_offsets":  ConsumerOffsets,
		"blobs":               ConsumerOffsets,
		"__share_group_state": ShareGroupState,
		"__transaction_state": TransactionState,
	}
	var all []sample
	for name, topic := range topics {
		found := readSamples(t, filepath.Join("testdata", "records", name+".txt"), topic)
		if len(found) == 0 {
			t.Fatalf("no records of %s", name)
		}
		all = append(all, found...)
	}
	return all
}

// readSamples reads stanzas of a comment, which names the record, and four lines.
func readSamples(t testing.TB, path string, topic Topic) []sample {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var found []sample
	for stanza := range strings.SplitSeq(string(text), "\n\n") {
		lines := strings.Split(strings.TrimSpace(stanza), "\n")
		if len(lines) != 5 || strings.HasPrefix(lines[1], "#") {
			continue
		}
		found = append(found, sample{
			name: strings.TrimPrefix(lines[0], "# "), topic: topic,
			key: unhex(t, lines[1]), keyText: lines[2],
			value: unhex(t, lines[3]), valText: lines[4],
		})
	}
	return found
}

func TestSamplesDecode(t *testing.T) {
	for _, s := range samples(t) {
		key, err := s.topic.AppendKey([]byte("x"), s.key)
		if diff := cmp.Diff("x"+s.keyText, string(key)); err != nil || diff != "" {
			t.Errorf("%s: key: %v\n%s", s.name, err, diff)
		}
		value, err := s.topic.AppendValue([]byte("x"), s.keyType(), s.value)
		if diff := cmp.Diff("x"+s.valText, string(value)); err != nil || diff != "" {
			t.Errorf("%s: value: %v\n%s", s.name, err, diff)
		}
	}
}

func TestSamplesEncode(t *testing.T) {
	for _, s := range samples(t) {
		key, err := s.topic.EncodeKey([]byte(s.keyText))
		if diff := cmp.Diff(s.key, key); err != nil || diff != "" {
			t.Errorf("%s: key: %v\n%s", s.name, err, diff)
		}
		value, err := s.topic.EncodeValue(s.keyType(), []byte(s.valText))
		if diff := cmp.Diff(s.value, value); err != nil || diff != "" {
			t.Errorf("%s: value: %v\n%s", s.name, err, diff)
		}
	}
}

func TestSamplesCoverEveryVersion(t *testing.T) {
	seen := map[Topic]map[int16]map[int16]bool{}
	for _, s := range samples(t) {
		if seen[s.topic] == nil {
			seen[s.topic] = map[int16]map[int16]bool{}
		}
		if seen[s.topic][s.keyType()] == nil {
			seen[s.topic][s.keyType()] = map[int16]bool{}
		}
		seen[s.topic][s.keyType()][int16(binary.BigEndian.Uint16(s.value))] = true
	}
	for _, topic := range []Topic{ConsumerOffsets, ShareGroupState, TransactionState} {
		for _, r := range topic.recordTypes() {
			want := len(r.values)
			if r.name == "LegacyOffsetCommit" {
				want = 1 // the others are those of OffsetCommit
			}
			if got := len(seen[topic][r.id]); got != want {
				t.Errorf("%s: %d of %d versions", r.name, got, want)
			}
		}
	}
}

// Cut anywhere or with a byte too many, a record is an error and its data null.
func TestSamplesCutOrTooLong(t *testing.T) {
	for _, s := range samples(t) {
		for n := range len(s.key) + 2 {
			if n != len(s.key) {
				wantNullData(t, s.name+" key", s.topic.AppendKey, cutOrGrow(s.key, n))
			}
		}
		appendValue := func(dst, b []byte) ([]byte, error) { return s.topic.AppendValue(dst, s.keyType(), b) }
		for n := range len(s.value) + 2 {
			if n != len(s.value) {
				wantNullData(t, s.name+" value", appendValue, cutOrGrow(s.value, n))
			}
		}
	}
}

func cutOrGrow(b []byte, n int) []byte {
	if n > len(b) {
		return append(b[:len(b):len(b)], 0)
	}
	return b[:n:n]
}

func wantNullData(t *testing.T, name string, decode func(dst, b []byte) ([]byte, error), b []byte) {
	t.Helper()
	got, err := decode(nil, b)
	if err == nil || !strings.HasSuffix(string(got), `"data":null}`) {
		t.Errorf("%s cut to %d bytes: got %s, error %v", name, len(b), got, err)
	}
}
