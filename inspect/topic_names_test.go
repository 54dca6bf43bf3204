package inspect

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Topics that a record has only the id of are shown by name; those that nobody knows, or that are cut off, by id.
func TestTopicsAreShownByName(t *testing.T) {
	const orders, gone = "AQIDBAUGBwgJCgsMDQ4PEA", "AgMEBQYHCAkKCwwNDg8QEQ"
	ids := func(fields string) string {
		return `{"` + fields + `":[{"topicId":"` + orders + `","partitions":[0,1,2]},{"topicId":"` + gone + `","partitions":[3]},{"topicId":"AQ","partitions":[4]}]`
	}
	names := func(id [16]byte) (string, bool) { return "orders", id[0] == 1 }
	for _, c := range []struct{ name, data, want, without string }{
		{"ConsumerGroupTargetAssignmentMember", ids("topicPartitions") + `}`,
			"orders:0-2 " + gone + ":3 AQ:4", orders + ":0-2 " + gone + ":3 AQ:4"},
		{"ShareGroupCurrentMemberAssignment", ids("assignedPartitions") + `,"memberEpoch":2,"state":0}`,
			"epoch 2, stable, orders:0-2 " + gone + ":3 AQ:4", "epoch 2, stable, " + orders + ":0-2 " + gone + ":3 AQ:4"},
		{"ConsumerGroupCurrentMemberAssignment", ids("partitionsPendingRevocation") + `,"memberEpoch":2,"state":1}`,
			"epoch 2, unrevoked partitions, nothing assigned, revoking orders:0-2 " + gone + ":3 AQ:4",
			"epoch 2, unrevoked partitions, nothing assigned, revoking " + orders + ":0-2 " + gone + ":3 AQ:4"},
		{"ConsumerGroupPartitionMetadata", `{"topics":[{"topicId":"` + orders + `","topicName":"then","numPartitions":3}]}`,
			"1 topic: then (3 partitions)", "1 topic: then (3 partitions)"},
	} {
		value := []byte(`{"version":0,"data":` + c.data + `}`)
		got := []string{string(appendDetail(nil, c.name, value, names)), string(appendDetail(nil, c.name, value, nil))}
		if diff := cmp.Diff([]string{c.want, c.without}, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", c.name, diff)
		}
	}
}

func TestSubjectOfShareStateIsShownByName(t *testing.T) {
	row := Row{Key: Key{TopicID: []byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}, Partition: 7}}
	for want, names := range map[string]TopicNames{
		"orders:7":                 func(id [16]byte) (string, bool) { return "orders", id[15] == 16 },
		"AQIDBAUGBwgJCgsMDQ4PEA:7": func([16]byte) (string, bool) { return "", false },
	} {
		if got := string(row.AppendSubject(nil, names)); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// Commits have their topic's name: nobody is asked, not even for the id that stands beside it.
func TestNamesAreNotAskedForCommits(t *testing.T) {
	asked := func(id [16]byte) (string, bool) {
		t.Errorf("asked for %v", id)
		return "", false
	}
	commits := 0
	for _, s := range samples(t) {
		if row := rowOf(t, s.topic, s.key, s.value); row.Key.HasTopic() {
			row.AppendDetail(nil, asked)
			row.AppendSubject(nil, asked)
			commits++
		}
	}
	if commits == 0 {
		t.Error("no commits")
	}
}
