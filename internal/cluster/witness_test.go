package cluster

import (
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/kversion"
)

func TestEveryPartitionHasAWitness(t *testing.T) {
	for n := range int32(200) {
		for p, name := range witnessNames(n) {
			if name == "" || partitionOf(name, n) != int32(p) {
				t.Fatalf("partition %d of %d has witness %q", p, n, name)
			}
		}
	}
}

func TestListedGroupsProveTheirPartitionsAndCostNothing(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		c := startOffsetsCluster(t)
		read := c.read(Offsets)
		diff(t, "groups", []string{"a", "b", "c"}, names(read.All))
		diff(t, "witnesses", []string(nil), c.witnesses())
	})
}

func TestPartitionsWithoutGroupsHaveWitnessesInTheSameRequests(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		c := startOffsetsCluster(t)
		c.lists = map[int32][]string{0: {"c"}}
		read := c.read(Offsets)
		diff(t, "groups", []string{"c"}, names(read.All))
		diff(t, "errors", []*Error(nil), read.Errors)
		diff(t, "requests", map[kmsg.Key]int{kmsg.Metadata: 1, kmsg.ListGroups: 5, kmsg.OffsetFetch: 3}, c.calls())
		diff(t, "witnesses", 2, len(c.witnesses()))
	})
}

func TestGroupsMissingFromAListAreReadWhenTheirCoordinatorIsThere(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		c := startOffsetsCluster(t)
		c.lists = map[int32][]string{0: {"c"}, 2: {"b"}}
		tries := 0
		c.verdict = func(node int32, group string) *kerr.Error {
			if node != 1 || !strings.HasSuffix(group, "-witness") {
				return nil
			}
			switch tries++; tries {
			case 1, 2:
				return kerr.NotCoordinator
			case 3:
				c.lists[1] = []string{"a"} // it has taken over now, after it was asked for its list
			}
			return nil
		}
		read := c.read(Offsets)
		diff(t, "groups", []string{"a", "b", "c"}, names(read.All))
		diff(t, "errors", []*Error(nil), read.Errors)
	})
}

func TestPartitionThatNobodyTakesOverIsAnError(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		c := startOffsetsCluster(t)
		c.lists = map[int32][]string{0: {"c"}, 2: {"b"}}
		c.verdict = func(node int32, _ string) *kerr.Error {
			if node == 1 {
				return kerr.NotCoordinator
			}
			return nil
		}
		start := time.Now()
		read := c.read(Offsets)
		diff(t, "groups", []string{"b", "c"}, names(read.All))
		diff(t, "errors", []*Error{{Scope: ScopePartition, Name: OffsetsTopic + ":1", Code: "NOT_COORDINATOR", Message: "no broker has taken it over yet: the groups stored there cannot be seen", Retriable: true}}, read.Errors)
		took(t, 4550*time.Millisecond, start) // pauses of 50 ms to 1 s in 5 s
	})
}

func TestWitnessesThatLiveElsewhereAreFollowed(t *testing.T) {
	inBubble(t, func(t *testing.T) { // a broker that is not Kafka may place groups by another rule
		c := startOffsetsCluster(t)
		c.lists = nil
		c.verdict = func(node int32, group string) *kerr.Error {
			if node != 2 {
				return kerr.NotCoordinator
			}
			return nil
		}
		c.coordinator = func(string) int32 { return 2 }
		diff(t, "errors", []*Error(nil), c.read(Offsets).Errors)
		// Three brokers at first, the third one twice. Two witnesses lead to it: two lists there.
		diff(t, "requests", map[kmsg.Key]int{kmsg.Metadata: 1, kmsg.ListGroups: 6, kmsg.FindCoordinator: 1, kmsg.OffsetFetch: 4}, c.calls())
	})
}

func TestNamesHaveWitnessesWherePartitionsHaveNoGroups(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		c := startOffsetsCluster(t)
		c.read(Names)
		diff(t, "all proven", map[kmsg.Key]int{kmsg.Metadata: 1, kmsg.ListGroups: 3}, c.calls())
		c.lists = map[int32][]string{0: {"c"}}
		c.read(Names)
		diff(t, "one proven", map[kmsg.Key]int{kmsg.Metadata: 1, kmsg.ListGroups: 5, kmsg.OffsetFetch: 2}, c.calls())
		diff(t, "witnesses", 2, len(c.witnesses()))
	})
}

func TestGroupsThatAppearBetweenListAndWitnessAreRead(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		c := startOffsetsCluster(t)
		c.lists = map[int32][]string{0: {"c"}, 2: {"b"}}
		c.verdict = func(node int32, _ string) *kerr.Error {
			if node == 1 {
				c.lists[1] = []string{"a"}
			}
			return nil
		}
		read := c.read(Offsets)
		diff(t, "groups", []string{"a", "b", "c"}, names(read.All))
		diff(t, "errors", []*Error(nil), read.Errors)
	})
}

func TestWitnessThatMayNotBeDescribedProvesNothing(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		c := startOffsetsCluster(t)
		c.verdict = func(int32, string) *kerr.Error { return kerr.GroupAuthorizationFailed }
		c.lists = nil
		diff(t, "errors", []*Error(nil), c.read(Offsets).Errors)
	})
}

func TestBrokerThatDiesAfterItsListIsAnError(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		c := startOffsetsCluster(t)
		c.lists = nil
		c.dead = map[int32]bool{1: true}
		c.cut(node(1), kmsg.OffsetFetch)
		read := c.read(Offsets)
		diff(t, "errors", []string{"CONNECTION_CLOSED"}, codes(read.Errors...))
	})
}

func TestBrokerThatDiesWithSeveralPartitionsIsOneError(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		c := startOffsetsCluster(t)
		c.lists = nil
		c.leader = func(int32) int32 { return 1 }
		c.dead = map[int32]bool{1: true}
		c.cut(node(1), kmsg.OffsetFetch)
		diff(t, "errors", []*Error{{
			Scope: ScopeBroker, Name: "1 (localhost:9093)", Code: CodeClosed, Message: "the connection was closed while waiting for the answer", Retriable: true,
		}}, c.read(Offsets).Errors)
	})
}

func TestBrokersThatTakeOneGroupPerFetchAreSentNoWitnesses(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		c := startOffsetsCluster(t, old(kversion.V3_0_0()))
		c.lists = nil
		diff(t, "errors", []*Error(nil), c.read(Offsets).Errors)
		diff(t, "requests", map[kmsg.Key]int{kmsg.Metadata: 1, kmsg.ListGroups: 3}, c.calls())
	})
}

func TestWitnessOfUnknownFateIsAnErrorAndOneThatIsNotThereAProof(t *testing.T) {
	for name, tc := range map[string]struct {
		verdict *kerr.Error
		want    []*Error
	}{
		"unknown": {kerr.UnknownServerError, []*Error{kafkaError(ScopePartition, OffsetsTopic+":1", kerr.UnknownServerError.Code, nil)}},
		"absent":  {kerr.GroupIDNotFound, nil},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				c := startOffsetsCluster(t)
				c.lists[1] = nil
				c.verdict = func(node int32, _ string) *kerr.Error {
					if node == 1 {
						return tc.verdict
					}
					return nil
				}
				start := time.Now()
				read := c.read(Offsets)
				took(t, 0, start)
				diff(t, "groups", []string{"b", "c"}, names(read.All))
				diff(t, "errors", tc.want, read.Errors)
			})
		})
	}
}

// Node 1 loads partition 1, where "a" is stored, for a while or for ever.
func TestLoadingCoordinatorIsWaitedFor(t *testing.T) {
	for name, tc := range map[string]struct {
		list    bool // it says so of its list; else of the witness
		forever *Error
	}{
		"asked for its list":    {true, kafkaError(ScopeBroker, node(1).Name(), kerr.CoordinatorLoadInProgress.Code, nil)},
		"asked for the witness": {false, notTakenOver(kafkaError(ScopePartition, OffsetsTopic+":1", kerr.CoordinatorLoadInProgress.Code, nil))},
	} {
		for _, loads := range []time.Duration{100 * time.Millisecond, time.Hour} {
			t.Run(name+", "+loads.String(), func(t *testing.T) {
				inBubble(t, func(t *testing.T) {
					c := startOffsetsCluster(t)
					c.lists[1] = nil
					start := time.Now()
					state := func(node int32) *kerr.Error {
						switch {
						case node != 1:
						case time.Since(start) < loads:
							return kerr.CoordinatorLoadInProgress
						default:
							c.lists[1] = []string{"a"}
						}
						return nil
					}
					if tc.list {
						c.listing = state
					} else {
						c.verdict = func(node int32, _ string) *kerr.Error { return state(node) }
					}
					read := c.read(Offsets)
					if loads < time.Hour {
						took(t, 150*time.Millisecond, start) // pauses of 50 and 100 ms
						diff(t, "groups", []string{"a", "b", "c"}, names(read.All))
						diff(t, "errors", []*Error(nil), read.Errors)
						return
					}
					took(t, 4550*time.Millisecond, start) // pauses of 50 ms to 1 s in 5 s
					diff(t, "groups", []string{"b", "c"}, names(read.All))
					diff(t, "errors", []*Error{tc.forever}, read.Errors)
				})
			})
		}
	}
}

// A witness that leads from one broker to the next is followed to the last one only.
func TestWitnessThatMovesTwiceIsFollowedToTheLastCoordinator(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		c := startOffsetsCluster(t)
		c.lists[1] = nil
		c.verdict = func(node int32, group string) *kerr.Error {
			if strings.HasSuffix(group, "-witness") && node != 0 {
				return kerr.NotCoordinator
			}
			return nil
		}
		start := time.Now()
		c.coordinator = func(string) int32 {
			if time.Since(start) == 0 {
				return 2
			}
			return 0
		}
		read := c.read(Offsets)
		took(t, 50*time.Millisecond, start)
		diff(t, "groups", []string{"b", "c"}, names(read.All))
		diff(t, "errors", []*Error(nil), read.Errors)
	})
}
