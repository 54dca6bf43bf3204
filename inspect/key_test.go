package inspect

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseKey(t *testing.T) {
	id := []byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}
	tests := []struct {
		topic Topic
		key   string
		want  Key
	}{
		{ConsumerOffsets, "0000 0001 67 0001 74 00000002",
			Key{Type: 0, Name: "LegacyOffsetCommit", Group: []byte("g"), Topic: []byte("t"), Partition: 2}},
		{ConsumerOffsets, "0001 0000 0001 74 ffffffff",
			Key{Type: 1, Name: "OffsetCommit", Group: []byte{}, Topic: []byte("t"), Partition: -1}},
		{ConsumerOffsets, "0002 0001 67", Key{Type: 2, Name: "GroupMetadata", Group: []byte("g")}},
		{ConsumerOffsets, "0008 0001 67 0002 6d31",
			Key{Type: 8, Name: "ConsumerGroupCurrentMemberAssignment", Group: []byte("g"), Member: []byte("m1")}},
		{ConsumerOffsets, "0010 0001 67 0002 742e",
			Key{Type: 16, Name: "ConsumerGroupRegularExpression", Group: []byte("g"), Member: []byte("t.")}},
		{ShareGroupState, "0001 0001 67 000102030405060708090a0b0c0d0e0f 00000003",
			Key{Type: 1, Name: "ShareUpdate", Group: []byte("g"), TopicID: id, Partition: 3}},
		{TransactionState, "0000 0002 7478", Key{Type: 0, Name: "TransactionLog", ID: []byte("tx")}},
	}
	for _, test := range tests {
		got, err := test.topic.ParseKey(unhex(t, test.key))
		if diff := cmp.Diff(test.want, got); err != nil || diff != "" {
			t.Errorf("%s: %v\n%s", test.key, err, diff)
		}
		if got.HasTopic() != (test.want.Topic != nil) {
			t.Errorf("%s: HasTopic %v", test.key, got.HasTopic())
		}
	}
}

func TestNames(t *testing.T) {
	if got := ConsumerOffsets.Names(); len(got) != 24 || got[23] != "StreamsGroupTopology" {
		t.Errorf("got %q", got)
	}
	for _, topic := range []Topic{ConsumerOffsets, ShareGroupState, TransactionState} {
		for number, r := range topic.recordTypes() {
			if int(r.id) != number {
				t.Errorf("type %d stands at %d", r.id, number)
			}
		}
	}
}

func TestStringsAreEscapedAsKafkaDoes(t *testing.T) {
	got, ok := appendString(nil, []byte("\"\\\b\t\n\f\r\x00\x1b/<>&\x7f é👍\u2028"))
	want := `"\"\\\b\t\n\f\r\u0000\u001B/<>&` + "\x7f é👍\u2028" + `"`
	if diff := cmp.Diff(want, string(got)); !ok || diff != "" {
		t.Error(diff)
	}
}
