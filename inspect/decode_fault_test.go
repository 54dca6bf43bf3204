package inspect

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFaultsOfKeys(t *testing.T) {
	tests := []struct{ name, key, text, want string }{
		{"empty", "", `{"type":null,"name":null,"data":null}`, "key: 0 bytes left at byte 0, 2 needed"},
		{"one byte", "00", `{"type":null,"name":null,"data":null}`, "key: 1 bytes left at byte 0, 2 needed"},
		{"unknown type", "7fff 0000", `{"type":32767,"name":null,"data":null}`, "key: unknown record type 32767"},
		{"negative type", "ffff 0000", `{"type":-1,"name":null,"data":null}`, "key: unknown record type -1"},
		{"type 24, not released", "0018 0000", `{"type":24,"name":null,"data":null}`, "key: unknown record type 24"},
		{"null group", "0002 ffff", `{"type":2,"name":"GroupMetadata","data":null}`,
			"key: group at byte 2: null is not allowed"},
		{"negative length", "0002 fffe", `{"type":2,"name":"GroupMetadata","data":null}`,
			"key: group at byte 2: a length of -2"},
		{"absurd length", "0003 7fff 61", `{"type":3,"name":"ConsumerGroupMetadata","data":null}`,
			"key: groupId at byte 4: 1 bytes left, 32767 needed"},
		{"not UTF-8", "0002 0002 c328", `{"type":2,"name":"GroupMetadata","data":null}`,
			"key: group at byte 2: text that is not UTF-8"},
		{"trailing", "0002 0001 67 00", `{"type":2,"name":"GroupMetadata","data":null}`,
			"key: at byte 5: 1 bytes left after the last field"},
	}
	for _, test := range tests {
		got, err := ConsumerOffsets.AppendKey(nil, unhex(t, test.key))
		if diff := cmp.Diff(test.text+test.want, string(got)+fmt.Sprint(err)); diff != "" {
			t.Errorf("%s:\n%s", test.name, diff)
		}
		if _, parseErr := ConsumerOffsets.ParseKey(unhex(t, test.key)); fmt.Sprint(parseErr) != test.want {
			t.Errorf("%s: ParseKey says %v", test.name, parseErr)
		}
	}
}

func TestFaultsOfValues(t *testing.T) {
	tests := []struct {
		name    string
		keyType int16
		value   string
		want    string
	}{
		{"empty, which is no tombstone", 1, "", "value: 0 bytes left at byte 0, 2 needed"},
		{"unknown type", 99, "0000", "value: unknown record type 99"},
		{"unknown version", 1, "0005 00", "value: unknown version 5 of OffsetCommit, known are 0 to 4"},
		{"negative version", 3, "ffff 00", "value: unknown version -1 of ConsumerGroupMetadata, known are 0 to 0"},
		{"array of absurd length", 2, "0000 0000 00000001 ffff ffff 7fffffff 00",
			"value: members at byte 16: 1 bytes left, 2147483647 needed"},
		{"compact array of absurd length", 7, "0000 ffffffff0f",
			"value: topicPartitions at byte 7: 0 bytes left, 4294967294 needed"},
		{"null array", 7, "0000 00 00", "value: topicPartitions at byte 2: null is not allowed"},
		{"fault in an element", 2, "0000 0000 00000001 ffff ffff 00000002" +
			"0001 6d 0000 0000 00000001 00000000 00000000  0001 6d 0001 ff",
			"value: members[1].clientId at byte 38: text that is not UTF-8"},
		{"varint longer than needed", 7, "0000 8100 00", "value: topicPartitions at byte 2: a varint longer than its number needs"},
		{"varint of 33 bits", 7, "0000 ffffffff1f 00", "value: topicPartitions at byte 2: a varint of more than 32 bits"},
		{"varint of six bytes", 7, "0000 ffffffffff01 00", "value: topicPartitions at byte 2: a varint of more than 32 bits"},
		{"tagged field with its default", 3, "0000 00000001 01 00 08 0000000000000000",
			"value: metadataHash at byte 9: a tagged field sent with its default"},
		{"tagged field longer than its value", 3, "0000 00000001 01 00 09 000000000000000100",
			"value: metadataHash at byte 17: 1 bytes left of the tagged field's 9"},
		{"tagged field shorter than its value", 3, "0000 00000001 01 00 07 00000000000001",
			"value: metadataHash at byte 9: 7 bytes left, 8 needed"},
		{"tagged field of absurd size", 3, "0000 00000001 01 05 ffffffff0f",
			"value: tagged fields at byte 13: 0 bytes left, 4294967295 needed"},
		{"tags out of order", 3, "0000 00000001 02 05 00 04 00", "value: tagged fields at byte 9: tag 4 after tag 5"},
		{"tag twice", 3, "0000 00000001 02 05 00 05 00", "value: tagged fields at byte 9: tag 5 after tag 5"},
		{"fault in a tagged struct", 5, "0000 00 00 01 01 01 01 00000000 00 01 00 05 01 0000000102",
			"value: classicMemberMetadata.supportedProtocols at byte 21: 0 bytes left, 1 needed"},
		{"struct marker that is neither", 19, "0000 00 00 01 01 00000000 00000000 01 02 00 00",
			"value: userEndpoint at byte 15: 2 where 1 or -1 says whether it is null"},
		{"tagged struct with its default", 5, "0000 00 00 01 01 01 01 00000000 00 01 00 07 01 00000000 01 00",
			"value: classicMemberMetadata at byte 16: a tagged field sent with its default"},
	}
	for _, test := range tests {
		got, err := ConsumerOffsets.AppendValue(nil, test.keyType, unhex(t, test.value))
		if diff := cmp.Diff(test.want, fmt.Sprint(err)); diff != "" || !strings.HasSuffix(string(got), `"data":null}`) {
			t.Errorf("%s: %s\n%s", test.name, got, diff)
		}
	}
}

func TestTombstone(t *testing.T) {
	got, err := ConsumerOffsets.AppendValue([]byte("x"), 1, nil)
	if err != nil || string(got) != "xnull" {
		t.Errorf("got %s, %v", got, err)
	}
	value, err := ConsumerOffsets.EncodeValue(1, []byte("null"))
	if err != nil || value != nil {
		t.Errorf("got %x, %v", value, err)
	}
}
