package cluster

import (
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
)

func TestDeletedOffsetsAreGoneAndTheOthersStay(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := startFake(t, kfake.SeedTopics(2, "a"))
		r := f.ready()
		f.commit("g", 1, 2, 3)
		f.calls()
		at := node(f.CoordinatorFor("g"))
		ref := Ref{Group: "g", Coordinator: &at}
		f.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.OffsetDelete}, Topic: "a", Partitions: []int32{1}, Err: kerr.TopicAuthorizationFailed})
		got := r.DeleteOffsets(t.Context(), ref, []TP{{"t", 2}, {"a", 1}, {"t", 0}, {"t", 5}})
		diff(t, "outcomes", Outcomes{"g", []Outcome{
			{TP: TP{"t", 2}},
			{TP: TP{"a", 1}, Err: &Error{Scope: ScopePartition, Name: "a:1", Code: "TOPIC_AUTHORIZATION_FAILED", Message: "this user is not authorized"}},
			{TP: TP{"t", 0}}, {TP: TP{"t", 5}}, // of which there was no commit
		}}, got)
		diff(t, "requests", []call{{at.ID, kmsg.OffsetDelete}}, f.log())
		diff(t, "commits", map[int32]int64{1: 2}, offsetsOf(r.Committed(t.Context(), []Ref{ref})[0]))
	})
}

func TestErrorOfTheGroupIsThatOfAllPartitions(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := startFake(t)
		r := f.ready()
		none := func(tp string) *Error {
			return &Error{Scope: ScopePartition, Name: tp, Code: "GROUP_ID_NOT_FOUND", Message: "the group id does not exist"}
		}
		got := r.DeleteOffsets(t.Context(), Ref{Group: "none"}, []TP{{"t", 0}, {"t", 1}})
		diff(t, "outcomes", Outcomes{"none", []Outcome{{TP: TP{"t", 0}, Err: none("t:0")}, {TP: TP{"t", 1}, Err: none("t:1")}}}, got)
		if !got.Items[0].Err.UnknownGroup() {
			t.Error("the error does not say that there is no such group")
		}
	})
}
