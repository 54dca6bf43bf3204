package cluster

import (
	"fmt"
	"slices"
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
)

func TestGroupsAreDeletedWithOneRequestPerCoordinator(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := startFake(t)
		r := f.ready()
		var all []Ref
		var want []GroupOutcome
		for i := range 100 {
			name := fmt.Sprint("g", (i*37)%100)
			f.commit(name, 1)
			all = append(all, Ref{Group: name, Coordinator: ptr(node(f.CoordinatorFor(name)))})
			want = append(want, GroupOutcome{Group: name})
		}
		f.calls()
		diff(t, "outcomes", want, r.DeleteGroups(t.Context(), all))
		diff(t, "requests", map[kmsg.Key]int{kmsg.DeleteGroups: 3}, f.calls())
		listed, errs := r.ListGroups(t.Context())
		if len(listed) > 0 || len(errs) > 0 {
			t.Errorf("left are %v, errors %v", listed, errs)
		}
	})
}

func TestGroupsThatCannotBeDeletedSayWhy(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := startFake(t)
		r := f.ready()
		f.commit("secret", 1)
		f.commit("empty", 1)
		f.join("active")
		f.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.DeleteGroups}, Group: "secret", Err: kerr.GroupAuthorizationFailed})
		refused := func(g, code, message string) GroupOutcome {
			return GroupOutcome{Group: g, Err: &Error{Scope: ScopeGroup, Name: g, Code: code, Message: message}}
		}
		diff(t, "outcomes", []GroupOutcome{
			refused("secret", "GROUP_AUTHORIZATION_FAILED", "this user is not authorized"),
			{Group: "empty"},
			refused("active", "NON_EMPTY_GROUP", "the group has become active: it has members"),
			refused("none", "GROUP_ID_NOT_FOUND", "the group id does not exist"),
		}, r.DeleteGroups(t.Context(), refs("secret", "empty", "active", "none")))
	})
}

func TestOnlyGroupsOfAMovedCoordinatorAreDeletedAgain(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := startFake(t)
		r := f.ready()
		names := groupsOn(f, 3)
		for _, g := range names {
			f.commit(g, 1)
		}
		f.calls()
		var sent [][]string
		reply(f, kmsg.DeleteGroups, func(_ int32, req *kmsg.DeleteGroupsRequest, _ *kmsg.DeleteGroupsResponse) bool {
			sent = append(sent, slices.Sorted(slices.Values(req.Groups)))
			return false
		})
		var all []Ref
		wrong := node(0) // for two thirds
		for _, g := range names {
			all = append(all, Ref{Group: g, Coordinator: &wrong})
		}
		for i, o := range r.DeleteGroups(t.Context(), all) {
			diff(t, "outcome", GroupOutcome{Group: names[i]}, o)
		}
		diff(t, "requests", map[kmsg.Key]int{kmsg.FindCoordinator: 1, kmsg.DeleteGroups: 3}, f.calls())
		again := slices.Concat(sent[1], sent[2])
		diff(t, "groups in the first", 9, len(sent[0]))
		diff(t, "groups in the others", 6, len(again))
		for _, g := range again {
			if f.CoordinatorFor(g) == 0 {
				t.Errorf("%s was deleted already", g)
			}
		}
	})
}

func TestMuteCoordinatorCostsTheChangesOfItsOwnGroups(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := startFake(t)
		r := f.ready()
		names := groupsOn(f, 2)
		for _, g := range names {
			f.commit(g, 1)
		}
		f.wire(node(1), mute)
		f.calls()
		for _, o := range r.DeleteGroups(t.Context(), refs(names...)) {
			want := GroupOutcome{Group: o.Group}
			if f.CoordinatorFor(o.Group) == 1 {
				want.Err = &Error{Scope: ScopeGroup, Name: o.Group, Code: CodeTimeout, Message: "broker 1 (localhost:9093): no answer within 5s", Retriable: true}
			}
			diff(t, "outcome", want, o)
		}
		diff(t, "requests", map[kmsg.Key]int{kmsg.FindCoordinator: 1, kmsg.DeleteGroups: 2}, f.calls())
	})
}
