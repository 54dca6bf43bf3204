package inspect

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// oldValues is the corpus of 3.9.2 with old inter-broker protocols.
const oldValues = "3.9.2-old"

// corpusVersions are the brokers that the files kafka-*.txt of testdata/records are of.
var corpusVersions = []string{oldValues, "3.9.2", "4.1.1", "4.3.1"}

// captured is a record that a real broker wrote, and what Kafka's own tool of that version prints of it.
type captured struct {
	kind          string // record name and value version, or "tombstone"
	transactional bool
	topic         Topic
	key, value    []byte // value nil: a tombstone
	printed       dumpLine
}

// dumpLine is a record as the tool prints it.
type dumpLine struct{ Key, Value string }

// asDumped is our JSON of a key or value as the tool has it: type and version are strings there, and
// nothing ends in Decoded.
func asDumped(t *testing.T, text []byte) string {
	t.Helper()
	if string(text) == "null" {
		return "<DELETE>"
	}
	var r struct {
		Type, Version *int16
		Data          json.RawMessage
	}
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	if r.Type != nil {
		return fmt.Sprintf(`{"type":"%d","data":%s}`, *r.Type, r.Data)
	}
	return fmt.Sprintf(`{"version":"%d","data":%s}`, *r.Version, withoutDecoded(r.Data))
}

// withoutDecoded cuts the fields that end in Decoded out of our own, compact JSON.
func withoutDecoded(text []byte) []byte {
	d := json.NewDecoder(strings.NewReader(string(text)))
	var out []byte
	from := int64(0)
	for {
		before := d.InputOffset()
		token, err := d.Token()
		if err != nil {
			return append(out, text[from:]...)
		}
		// A value is never such a text in what the writers leave.
		if name, ok := token.(string); !ok || !strings.HasSuffix(name, decodedSuffix) {
			continue
		}
		var skipped json.RawMessage
		if err := d.Decode(&skipped); err != nil {
			return text
		}
		out = append(out, text[from:before]...)
		from = d.InputOffset()
	}
}

// kindOf names what a record is, as far as one sample must be there of each.
func kindOf(topic Topic, key, value []byte) string {
	k, err := topic.ParseKey(key)
	switch {
	case err != nil || value != nil && len(value) < 2:
		return "unreadable"
	case value == nil:
		return k.Name + " tombstone"
	default:
		return fmt.Sprintf("%s v%d", k.Name, binary.BigEndian.Uint16(value))
	}
}

// wantKinds are all kinds of records that the clients of runWriters make a version write: every type that it knows,
// as values and as tombstones.
func wantKinds(version string) []string {
	if version == oldValues {
		return []string{"GroupMetadata v0", "GroupMetadata v1", "GroupMetadata v2", "OffsetCommit v1", "OffsetCommit v2"}
	}
	kinds := []string{"OffsetCommit v1", "GroupMetadata v3"} // v1: the commit brought its own expiry
	names := []string{"OffsetCommit", "GroupMetadata", "TransactionLog",
		"ConsumerGroupPartitionMetadata"} // since 4.1 only the tombstone, for what a version before may have left
	v0 := []string{"ConsumerGroupMetadata", "ConsumerGroupMemberMetadata", "ConsumerGroupTargetAssignmentMetadata",
		"ConsumerGroupTargetAssignmentMember", "ConsumerGroupCurrentMemberAssignment"}
	if strings.HasPrefix(version, "3.") {
		kinds = append(kinds, "OffsetCommit v3", "TransactionLog v0", "ConsumerGroupPartitionMetadata v0")
	} else {
		kinds = append(kinds, "OffsetCommit v4", "TransactionLog v1", "ShareUpdate v0") // an update has no tombstone: it is deleted by offset
		v0 = append(v0, "ConsumerGroupRegularExpression",
			"ShareGroupMemberMetadata", "ShareGroupMetadata", "ShareGroupTargetAssignmentMetadata",
			"ShareGroupTargetAssignmentMember", "ShareGroupCurrentMemberAssignment", "ShareGroupStatePartitionMetadata",
			"StreamsGroupMetadata", "StreamsGroupMemberMetadata", "StreamsGroupTargetAssignmentMetadata",
			"StreamsGroupTargetAssignmentMember", "StreamsGroupCurrentMemberAssignment", "StreamsGroupTopology",
			"ShareSnapshot")
	}
	for _, name := range v0 {
		kinds = append(kinds, name+" v0", name+" tombstone")
	}
	for _, name := range names {
		kinds = append(kinds, name+" tombstone")
	}
	slices.Sort(kinds)
	return kinds
}

// corpusFile is the file of a version.
func corpusFile(version string) string {
	return filepath.Join("testdata", "records", "kafka-"+version+".txt")
}

// readCorpus reads stanzas like those of readSamples; a tombstone's value is null.
func readCorpus(t testing.TB, version string) []captured {
	t.Helper()
	text, err := os.ReadFile(corpusFile(version))
	if err != nil {
		t.Fatal(err)
	}
	var found []captured
	for i, stanza := range strings.Split(strings.TrimSpace(string(text)), "\n\n")[1:] {
		lines := strings.Split(stanza, "\n")
		topic, kind, ok := strings.Cut(strings.TrimPrefix(lines[0], "# "), ": ")
		if len(lines) != 5 || !ok {
			t.Fatalf("%s: stanza %d is none: %s", corpusFile(version), i+1, stanza)
		}
		r := captured{topic: topicNamed(t, topic), key: unhex(t, lines[1]), printed: dumpLine{lines[2], lines[4]}}
		if lines[3] != "null" {
			r.value = unhex(t, lines[3])
		}
		r.kind, r.transactional = strings.CutSuffix(kind, ", transactional")
		found = append(found, r)
	}
	return found
}

func topicNamed(t testing.TB, name string) Topic {
	t.Helper()
	for _, topic := range []Topic{ConsumerOffsets, ShareGroupState, TransactionState} {
		if topic.LogName() == name {
			return topic
		}
	}
	t.Fatalf("no topic %q", name)
	return 0
}

// What real brokers wrote is decoded as their own tool decodes it, and encodes to the same bytes again.
func TestCorpusDecodesAsKafkaPrints(t *testing.T) {
	for _, version := range corpusVersions {
		seen := map[string]bool{}
		for _, r := range readCorpus(t, version) {
			seen[r.kind] = true
			if diff := cmp.Diff(r.printed, decoded(t, r.topic, r.key, r.value)); diff != "" {
				t.Errorf("%s: %s (-kafka +offsetctl)\n%s", version, r.kind, diff)
			}
			if got := kindOf(r.topic, r.key, r.value); got != r.kind {
				t.Errorf("%s: a record of kind %q is said to be %q", version, got, r.kind)
			}
		}
		if diff := cmp.Diff(wantKinds(version), slices.Sorted(maps.Keys(seen))); diff != "" {
			t.Errorf("kinds of records of %s (-want +got)\n%s", version, diff)
		}
	}
}

// Each file of the corpus is one that the test above reads.
func TestCorpusIsWhole(t *testing.T) {
	got, err := filepath.Glob(corpusFile("*"))
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, version := range corpusVersions {
		want = append(want, corpusFile(version))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// decoded is a record in the tool's words, after the check that it encodes to the same bytes.
func decoded(t *testing.T, topic Topic, key, value []byte) dumpLine {
	t.Helper()
	k, err := topic.ParseKey(key)
	if err != nil {
		t.Errorf("key %x: %v", key, err)
	}
	keyText, err := topic.AppendKey(nil, key)
	if err != nil {
		t.Errorf("key %x: %v", key, err)
	}
	wantRoundTrip(t, keyText, err, key, topic.EncodeKey)
	valueText, err := topic.AppendValue(nil, k.Type, value)
	if err != nil {
		t.Errorf("%s %x: %v", k.Name, value, err)
	}
	encode := func(text []byte) ([]byte, error) { return topic.EncodeValue(k.Type, text) }
	wantRoundTrip(t, valueText, err, value, encode)
	return dumpLine{asDumped(t, keyText), asDumped(t, valueText)}
}
