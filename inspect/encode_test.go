package inspect

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestEncodeRefuses(t *testing.T) {
	const commit = `{"version":0,"data":{"offset":1,"metadata":"","commitTimestamp":2}}`
	member := `{"version":0,"data":{"protocolType":"consumer","generation":1,"protocol":null,"leader":null,"members":[` +
		`{"memberId":"","clientId":"","clientHost":"","sessionTimeout":1,"subscription":"","assignment":""}]}}`
	tests := []struct {
		keyType        int16
		text, old, new string
		want           string
	}{
		{1, commit, `"version":0,`, ``, "value: no version"},
		{1, commit, `"version":0`, `"version":9`, "value: unknown version 9 of OffsetCommit, known are 0 to 4"},
		{50, commit, ``, ``, "value: unknown record type 50"},
		{1, commit, `}}`, `}}{}`, "value: more than one JSON value"},
		{1, commit, `{"offset"`, `7,"x":{"offset"`, `value: json: unknown field "x"`},
		{1, commit, `"offset":1,`, ``, "value: data.offset: missing"},
		{1, commit, `"offset":1`, `"offset":1,"ofset":1`, "value: data.ofset: no field of this version"},
		{1, commit, `"offset":1`, `"offset":1,"leaderEpoch":1`, "value: data.leaderEpoch: no field of this version"},
		{1, commit, `"offset":1`, `"offset":1,"unknownTaggedFields":{}`, "value: data.unknownTaggedFields: no field of this version"},
		{1, commit, `1,`, `1.5,`, "value: data.offset: 1.5 is no integer from -9223372036854775808 to 9223372036854775807"},
		{1, commit, `1,`, `9223372036854775808,`, "value: data.offset: 9223372036854775808 is no integer from -9223372036854775808 to 9223372036854775807"},
		{1, commit, `1,`, `"1",`, `value: data.offset: a number wanted, not "1"`},
		{1, commit, `""`, `null`, "value: data.metadata: null is not allowed"},
		{1, commit, `""`, `true`, "value: data.metadata: a string wanted, not true"},
		{1, commit, `""`, `"` + strings.Repeat("x", 1<<15) + `"`, "value: data.metadata: 32768 bytes of text, 32767 are allowed"},
		{2, member, `[{`, `[7,{`, "value: data.members[0]: an object wanted, not 7"},
		{2, member, `1,"subscription":""`, `2147483648,"subscription":""`,
			"value: data.members[0].sessionTimeout: 2147483648 is no integer from -2147483648 to 2147483647"},
		{2, member, `"subscription":""`, `"subscription":"?"`,
			"value: data.members[0].subscription: no base64: illegal base64 data at input byte 0"},
		{2, member, `"subscription":""`, `"subscription":[]`, "value: data.members[0].subscription: base64 wanted, not an array"},
		{2, member, `"subscription":""`, `"subscription":{}`, "value: data.members[0].subscription.topics: missing"},
		{2, member, `"subscription":""`, `"subscription":{},"subscriptionDecoded":{"version":-1}`,
			"value: data.members[0].subscription: the blob's version wanted, not -1"},
		{3, `{"version":0,"data":{"epoch":1,"unknownTaggedFields":{"0":""}}}`, ``, ``,
			"value: data.unknownTaggedFields.0: no number of an unknown tagged field"},
		{3, `{"version":0,"data":{"epoch":1,"unknownTaggedFields":{"7":7}}}`, ``, ``,
			"value: data.unknownTaggedFields.7: base64 wanted, not 7"},
		{7, `{"version":0,"data":{"topicPartitions":[{"topicId":"AAAAAAAAAAAAAAAAAAAAAB","partitions":[]}]}}`, ``, ``,
			`value: data.topicPartitions[0].topicId: "AAAAAAAAAAAAAAAAAAAAAB" is no id of 22 characters`},
		{3, `{"version":0,"data":null}`, ``, ``, "value: data: an object wanted, not null"},
	}
	for _, test := range tests {
		text := strings.Replace(test.text, test.old, test.new, 1)
		got, err := ConsumerOffsets.EncodeValue(test.keyType, []byte(text))
		if diff := cmp.Diff(test.want, fmt.Sprint(err)); diff != "" || got != nil {
			t.Errorf("%s: %x\n%s", text, got, diff)
		}
	}
}

func TestEncodeKeyRefuses(t *testing.T) {
	for text, want := range map[string]string{
		`{"data":{"group":"g"}}`:                     "key: no type",
		`{"type":77,"data":{"group":"g"}}`:           "key: unknown record type 77",
		`{"type":2,"name":"X","data":{"group":"g"}}`: `key: type 2 is GroupMetadata, not "X"`,
		`{"type":2,"data":{"group":7}}`:              "key: data.group: a string wanted, not 7",
	} {
		if got, err := ConsumerOffsets.EncodeKey([]byte(text)); fmt.Sprint(err) != want || got != nil {
			t.Errorf("%s: got %x, %v", text, got, err)
		}
	}
}

// Without the version beside it a subscription has the highest version whose fields are there, an
// assignment the one that Java clients write.
func TestEncodeBlobWithoutVersion(t *testing.T) {
	const head = `{"version":0,"data":{"protocolType":"consumer","generation":1,"protocol":null,"leader":null,"members":[` +
		`{"memberId":"","clientId":"","clientHost":"","sessionTimeout":1,"subscription":{"topics":[],"userData":null`
	const tail = `},"assignment":{"assignedPartitions":[],"userData":null}}]}}`
	for fields, want := range map[string]string{
		``:                      `"subscriptionDecoded":{"version":0}`,
		`,"ownedPartitions":[]`: `"subscriptionDecoded":{"version":1}`,
		`,"ownedPartitions":[],"generationId":-1,"rackId":null`: `"subscriptionDecoded":{"version":3}`,
	} {
		value, err := ConsumerOffsets.EncodeValue(2, []byte(head+fields+tail))
		if err != nil {
			t.Fatal(err)
		}
		text, err := ConsumerOffsets.AppendValue(nil, 2, value)
		if err != nil || !strings.Contains(string(text), want) || !strings.Contains(string(text), `"assignmentDecoded":{"version":3}`) {
			t.Errorf("%s: got %s, %v", fields, text, err)
		}
	}
}
