package cluster

import (
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/kversion"
)

// oldKafka is what brokers of one version can say.
type oldKafka struct {
	versions *kversion.Versions
	state    bool // ListGroups has the state: v4, Kafka 2.6
	typ      bool // ListGroups has the type: v5, Kafka 3.8
	batched  bool // OffsetFetch v8 and FindCoordinator v4 take several groups: Kafka 3.0
}

func oldKafkas() map[string]oldKafka {
	return map[string]oldKafka{
		"2.4": {versions: kversion.V2_4_0()},
		"2.5": {versions: kversion.V2_5_0()},
		"2.6": {versions: kversion.V2_6_0(), state: true},
		"2.8": {versions: kversion.V2_8_0(), state: true},
		"3.0": {versions: kversion.V3_0_0(), state: true, batched: true},
		"3.7": {versions: kversion.V3_7_0(), state: true, batched: true},
		"3.8": {versions: kversion.V3_8_0(), state: true, batched: true, typ: true},
		"4.0": {versions: kversion.V4_0_0(), state: true, batched: true, typ: true},
	}
}

// onOldKafka runs a test with six groups, two on each broker, that have commits 100·i, 100·i+1.
func onOldKafka(t *testing.T, test func(t *testing.T, k oldKafka, f *fake, names []string)) {
	t.Helper()
	for version, k := range oldKafkas() {
		t.Run(version, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				f := startFake(t, old(k.versions))
				names := groupsOn(f, 2)
				for i, g := range names {
					f.commit(g, int64(100*i), int64(100*i+1))
				}
				test(t, k, f, names)
			})
		})
	}
}

func TestListOnOldKafkaLeavesUnknownWhatItDoesNotSay(t *testing.T) {
	onOldKafka(t, func(t *testing.T, k oldKafka, f *fake, names []string) {
		got, errs := f.ready().ListGroups(t.Context())
		if len(errs) > 0 || len(got) != len(names) {
			t.Fatalf("got %v, %v", got, errs)
		}
		for _, l := range got {
			want := Listed{Group: l.Group, Coordinator: node(f.CoordinatorFor(l.Group))}
			if k.state {
				want.State = "Empty"
			}
			if k.typ {
				want.Type = Classic
			}
			diff(t, "listed", want, l)
		}
	})
}

func TestDescribeOnOldKafkaFindsClassicGroups(t *testing.T) {
	onOldKafka(t, func(t *testing.T, _ oldKafka, f *fake, names []string) {
		r := f.ready()
		for _, d := range r.Describe(t.Context(), refs(append(names, "nobody")...), Classic, Consumer) {
			want := Described{Group: d.Group, Type: Classic, State: "Empty", Coordinator: ptr(node(f.CoordinatorFor(d.Group)))}
			if d.Group == "nobody" {
				want = Described{Group: d.Group, Err: &Error{Scope: ScopeGroup, Name: "nobody", Code: "GROUP_ID_NOT_FOUND", Message: "no such group"}}
			}
			diff(t, "described", want, d)
		}
		for _, d := range r.Describe(t.Context(), refs("nobody"), Share, Streams) {
			if !d.NotFound() {
				t.Errorf("got %+v, want not found", d)
			}
		}
	})
}

func TestCommitsOnOldKafkaAreAllThere(t *testing.T) {
	onOldKafka(t, func(t *testing.T, k oldKafka, f *fake, names []string) {
		r := f.ready()
		for i, c := range r.Committed(t.Context(), refs(names...)) {
			diff(t, "commits", Commits{Group: names[i], Items: []Commit{
				{TP: TP{"t", 0}, Offset: int64(100 * i), LeaderEpoch: -1, Metadata: names[i] + "0"},
				{TP: TP{"t", 1}, Offset: int64(100*i + 1), LeaderEpoch: -1, Metadata: names[i] + "1"},
			}}, c)
		}
		want := map[kmsg.Key]int{kmsg.FindCoordinator: 6, kmsg.OffsetFetch: 6}
		if k.batched {
			want = map[kmsg.Key]int{kmsg.FindCoordinator: 1, kmsg.OffsetFetch: 3}
		}
		diff(t, "requests", want, f.calls())
		r.Committed(t.Context(), refs(names...)) // now the run knows that the brokers are old
		diff(t, "requests of a second time", want, f.calls())
	})
}

func TestErrorsOfOneGroupOnOldKafka(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := startFake(t, old(kversion.V2_4_0()))
		r := f.ready()
		f.commit("good", 1)
		reply(f, kmsg.OffsetFetch, func(_ int32, req *kmsg.OffsetFetchRequest, resp *kmsg.OffsetFetchResponse) bool {
			resp.ErrorCode = 30
			return req.Group == "secret"
		})
		at := node(f.CoordinatorFor("good"))
		got := r.Committed(t.Context(), []Ref{{Group: "secret", Coordinator: &at}, {Group: "good", Coordinator: &at}, {Group: "secret", Coordinator: &at}})
		diff(t, "codes", []string{"GROUP_AUTHORIZATION_FAILED", "", "GROUP_AUTHORIZATION_FAILED"}, codes(got[0].Err, got[1].Err, got[2].Err))
		diff(t, "offsets", map[int32]int64{0: 1}, offsetsOf(got[1]))
	})
}

func TestOffsetsOnOldKafka(t *testing.T) {
	onOldKafka(t, func(t *testing.T, _ oldKafka, f *fake, _ []string) {
		r := f.ready()
		tps := spread(f)
		diff(t, "logs", emptyLogs(tps), r.Offsets(t.Context(), r.Topics(t.Context(), []string{"t"}), tps, LogStart, LogEnd, LastStable))
	})
}
