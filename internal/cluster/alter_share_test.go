package cluster

import (
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/kversion"
)

func TestShareOffsetsAreSetAndDeleted(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := startFake(t, kfake.SeedTopics(2, "a"))
		r := f.ready()
		at := node(f.CoordinatorFor("s"))
		ref := Ref{Group: "s", Type: Share, Coordinator: &at}
		diff(t, "outcomes", Outcomes{"s", []Outcome{
			{TP: TP{"t", 5}}, {TP: TP{"a", 0}},
			{TP: TP{"a", 7}, Err: &Error{Scope: ScopePartition, Name: "a:7", Code: "UNKNOWN_TOPIC_OR_PARTITION", Message: "this server does not host this topic-partition", Retriable: true}},
		}}, r.AlterShareOffsets(t.Context(), ref, []Commit{{TP: TP{"t", 5}, Offset: 70}, {TP: TP{"a", 0}, Offset: 8}, {TP: TP{"a", 7}, Offset: 9}}))
		diff(t, "requests", []call{{at.ID, kmsg.AlterShareGroupOffsets}}, f.log())
		read := func() map[TP]int64 {
			m := map[TP]int64{}
			for _, c := range r.ShareOffsets(t.Context(), []Ref{ref})[0].Items {
				m[c.TP] = c.Offset
			}
			return m
		}
		diff(t, "offsets", map[TP]int64{{"t", 5}: 70, {"a", 0}: 8}, read())
		f.calls()

		diff(t, "outcomes", []TopicOutcome{
			{Topic: "none", Err: &Error{Scope: ScopeTopic, Name: "none", Code: "UNKNOWN_TOPIC_OR_PARTITION", Message: "this server does not host this topic-partition", Retriable: true}}, {Topic: "t"},
		}, r.DeleteShareOffsets(t.Context(), ref, []string{"none", "t"}))
		diff(t, "requests", []call{{at.ID, kmsg.DeleteShareGroupOffsets}}, f.log())
		diff(t, "offsets", map[TP]int64{{"a", 0}: 8}, read())
	})
}

func TestErrorOfAShareGroupIsThatOfAllItsOffsets(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := startFake(t)
		r := f.ready()
		for _, key := range []kmsg.Key{kmsg.AlterShareGroupOffsets, kmsg.DeleteShareGroupOffsets} {
			f.Fault(kfake.Fault{Keys: []kmsg.Key{key}, Group: "s", TopLevel: true, Err: kerr.NonEmptyGroup, Count: -1})
		}
		active := func(s Scope, name string) *Error {
			return &Error{Scope: s, Name: name, Code: "NON_EMPTY_GROUP", Message: "the group has become active: it has members"}
		}
		diff(t, "outcomes", []Outcome{{TP: TP{"t", 0}, Err: active(ScopePartition, "t:0")}, {TP: TP{"t", 1}, Err: active(ScopePartition, "t:1")}},
			r.AlterShareOffsets(t.Context(), Ref{Group: "s"}, onPartitions(2)).Items)
		diff(t, "outcomes", []TopicOutcome{{Topic: "t", Err: active(ScopeTopic, "t")}, {Topic: "u", Err: active(ScopeTopic, "u")}},
			r.DeleteShareOffsets(t.Context(), Ref{Group: "s"}, []string{"t", "u"}))
	})
}

func TestOldBrokerHasNoShareOffsetsToSet(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := startFake(t, old(kversion.V3_9_0()))
		r := f.ready()
		diff(t, "outcomes", []Outcome{{TP: TP{"t", 0}, Err: &Error{
			Scope: ScopePartition, Name: "t:0", Code: CodeUnsupported, Message: "broker " + node(f.CoordinatorFor("s")).Name() + ": the broker does not know this request",
		}}}, r.AlterShareOffsets(t.Context(), Ref{Group: "s"}, onPartitions(1)).Items)
	})
}
