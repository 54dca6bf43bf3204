package lag

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/offsetctl/offsetctl/internal/cluster"
)

func TestStreamsTasksAreClippedToThePartitionsThereAre(t *testing.T) {
	claims := []cluster.Assigned{{Topic: "gone", Partitions: []int32{0}}, {Topic: "orders", Partitions: []int32{0, 1, 2}}, {Topic: "unknown", Partitions: []int32{5}}}
	s := &Snapshot{Groups: []Group{
		{Name: "app", Type: cluster.Streams, Members: []cluster.Member{{ID: "m", Assignment: claims, Target: claims}}},
		{Name: "plain", Type: cluster.Consumer, Members: []cluster.Member{{ID: "m", Assignment: claims}}},
	}}
	if (&Snapshot{Groups: s.Groups[1:]}).clipStreams(nil) || !s.clipStreams(nil) {
		t.Error("only the first group is a Streams group")
	}
	s.clipStreams(map[string]cluster.Topic{"orders": orders(), "gone": {Name: "gone", Err: failed("UNKNOWN_TOPIC_OR_PARTITION")}})
	want := []cluster.Assigned{{Topic: "gone", Partitions: []int32{0}}, {Topic: "orders", Partitions: []int32{0}}, {Topic: "unknown", Partitions: []int32{5}}}
	if diff := cmp.Diff([][]cluster.Assigned{want, want, claims}, [][]cluster.Assigned{s.Groups[0].Members[0].Assignment, s.Groups[0].Members[0].Target, s.Groups[1].Members[0].Assignment}); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if len(claims[1].Partitions) != 3 {
		t.Error("the answer of the broker was changed in place")
	}
}
