package inspect

import (
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/offsetctl/offsetctl/internal/cluster"
)

func TestLiveEmptyTopicAndNone(t *testing.T) {
	live(t, 3, func(_ *testing.T, f *liveFake) { wantScan(f.t, scanned{}, f.scan(Options{})) })
	live(t, 0, func(_ *testing.T, f *liveFake) {
		wantScan(f.t, scanned{Notes: []string{"the cluster has no topic __consumer_offsets yet"}}, f.scan(Options{}))
	})
}

func TestLiveReadsOnlyThePartitionOfAGroup(t *testing.T) {
	live(t, 50, func(t *testing.T, f *liveFake) {
		live, report := f.plan(Wanted{Groups: []string{"payments"}})
		if len(live.Parts) != 1 || len(report.Errors) > 0 {
			t.Errorf("got %v, %v", live.Parts, report.Errors)
		}
		live, report = f.plan(Wanted{Partitions: cluster.Partitions{3: true, 50: true}})
		if len(live.Parts) != 1 || live.Parts[0].ID != 3 {
			t.Errorf("got %v", live.Parts)
		}
		wantOne(t, report.Errors, "__consumer_offsets:50", "UNKNOWN_TOPIC_OR_PARTITION", "only 0 to 49")
	})
}

// Where share state is stored depends on the topic too: a group's name alone does not tell the partition.
func TestLiveNamedGroupOfAnotherTopicReadsAllPartitions(t *testing.T) {
	live(t, 0, func(t *testing.T, f *liveFake) {
		if err := f.CreateTopic("__share_group_state", 5, nil); err != nil {
			t.Fatal(err)
		}
		live, _ := f.plan(Wanted{Topic: ShareGroupState, Groups: []string{"payments"}})
		if len(live.Parts) != 5 {
			t.Errorf("reads %d of 5 partitions", len(live.Parts))
		}
	})
}

func TestLiveUnauthorizedToDescribeIsOneErrorOfTheTopic(t *testing.T) {
	live(t, 6, func(t *testing.T, f *liveFake) {
		f.Fault(kfake.Fault{Count: -1, Keys: []kmsg.Key{kmsg.Metadata}, Topic: "__consumer_offsets", Err: kerr.TopicAuthorizationFailed})
		got := f.scan(Options{})
		if len(got.Rows) > 0 || len(got.Errors) != 1 || !strings.HasPrefix(got.Errors[0], "topic __consumer_offsets: ") {
			t.Errorf("got %+v", got)
		}
	})
}
