package cluster

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestStreamsTasksAreClippedToThePartitionsThereAre(t *testing.T) {
	claims := []Assigned{{Topic: "gone", Partitions: []int32{0}}, {Topic: "orders", Partitions: []int32{0, 1, 2}}, {Topic: "unknown", Partitions: []int32{5}}}
	groups := []Group{
		{Name: "app", Type: Streams, Members: []Member{{ID: "m", Assignment: claims, Target: claims}}},
		{Name: "plain", Type: Consumer, Members: []Member{{ID: "m", Assignment: claims}}},
	}
	if ClipStreams(groups[1:], nil) || !ClipStreams(groups, nil) {
		t.Error("only the first group is a Streams group")
	}
	ClipStreams(groups, map[string]Topic{
		"orders": {Name: "orders", Partitions: []Partition{{ID: 0}}},
		"gone":   {Name: "gone", Err: &Error{Scope: ScopeTopic, Name: "gone", Code: "UNKNOWN_TOPIC_OR_PARTITION"}},
	})
	want := []Assigned{{Topic: "gone", Partitions: []int32{0}}, {Topic: "orders", Partitions: []int32{0}}, {Topic: "unknown", Partitions: []int32{5}}}
	if diff := cmp.Diff([][]Assigned{want, want, claims}, [][]Assigned{groups[0].Members[0].Assignment, groups[0].Members[0].Target, groups[1].Members[0].Assignment}); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if len(claims[1].Partitions) != 3 {
		t.Error("the answer of the broker was changed in place")
	}
}
