package lag_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/offsetctl/offsetctl/internal/cluster"
	"github.com/offsetctl/offsetctl/lag"
)

// startStreams is a broker with a topic "orders" of one partition and a Streams group "app", of which kfake has
// none, whose member "m" works on the tasks 0 and 1: the other topic of its subtopology would have two.
func startStreams(t *testing.T) *cluster.Client {
	t.Helper()
	var pipes kfake.VirtualNetwork
	c, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.Ports(9092), kfake.ListenFn(pipes.Listen), kfake.SeedTopics(1, "orders"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	answer := func(key kmsg.Key, fill func(resp kmsg.Response)) {
		c.ControlKey(int16(key), func(req kmsg.Request) (kmsg.Response, error, bool) {
			c.KeepControl()
			resp := req.ResponseKind()
			fill(resp)
			return resp, nil, true
		})
	}
	answer(kmsg.ApiVersions, func(resp kmsg.Response) {
		for k, highest := range map[kmsg.Key]int16{kmsg.ListOffsets: 10, kmsg.Metadata: 13, kmsg.OffsetFetch: 9, kmsg.ListGroups: 5, kmsg.ApiVersions: 4, kmsg.StreamsGroupDescribe: 0} {
			versions := resp.(*kmsg.ApiVersionsResponse)
			versions.ApiKeys = append(versions.ApiKeys, kmsg.ApiVersionsResponseApiKey{ApiKey: int16(k), MaxVersion: highest})
		}
	})
	answer(kmsg.ListGroups, func(resp kmsg.Response) {
		resp.(*kmsg.ListGroupsResponse).Groups = []kmsg.ListGroupsResponseGroup{{Group: "app", GroupState: "Stable", GroupType: "Streams"}}
	})
	answer(kmsg.OffsetFetch, func(resp kmsg.Response) {
		resp.(*kmsg.OffsetFetchResponse).Groups = []kmsg.OffsetFetchResponseGroup{{Group: "app"}}
	})
	answer(kmsg.StreamsGroupDescribe, func(resp kmsg.Response) {
		m := kmsg.StreamsGroupDescribeResponseGroupMember{MemberID: "m"}
		m.Assignment.ActiveTasks = []kmsg.TaskIDs{{SubtopologyID: "0", Partitions: []int32{0, 1}}}
		resp.(*kmsg.StreamsGroupDescribeResponse).Groups = []kmsg.StreamsGroupDescribeResponseGroup{{Group: "app", State: "Stable",
			Members:  []kmsg.StreamsGroupDescribeResponseGroupMember{m},
			Topology: &kmsg.StreamsGroupDescribeResponseGroupTopology{Subtopologies: []kmsg.StreamsGroupDescribeResponseGroupTopologySubtopology{{SubtopologyID: "0", SourceTopics: []string{"orders"}}}},
		}}
	})
	client, err := cluster.Dial(cluster.Config{Bootstrap: []string{"localhost:9092"}, Dial: pipes.DialContext})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

func TestTasksOfStreamsGroupsAreRowsOnlyWhereTheTopicHasThePartition(t *testing.T) {
	none := &cluster.Error{Scope: cluster.ScopePartition, Name: "orders:1", Code: "UNKNOWN_TOPIC_OR_PARTITION", Message: "the topic has no such partition, only 0 to 0", Retriable: true}
	for name, tc := range map[string]struct {
		filter cluster.Filter
		want   []*cluster.Error
	}{
		"all":                         {nil, nil},
		"a partition that is missing": {cluster.Filter{"orders": {0: true, 1: true}}, []*cluster.Error{none}}, // the task does not make it one that is known
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				run := startStreams(t).Run(cluster.In(time.Now(), 30*time.Second))
				s, errs := lag.Read(t.Context(), run, lag.Query{Filter: tc.filter})
				if errs != nil {
					t.Fatal(errs)
				}
				got := map[cluster.TP]lag.Status{}
				for _, r := range lag.Compute(s, tc.filter) {
					got[cluster.TP{Topic: *r.Topic, Partition: *r.Partition}] = r.Status
				}
				if d := cmp.Diff(map[cluster.TP]lag.Status{{Topic: "orders", Partition: 0}: lag.NoCommit}, got); d != "" {
					t.Errorf("rows (-want +got):\n%s", d)
				}
				if d := cmp.Diff(tc.want, s.Errors, cmpopts.EquateEmpty()); d != "" {
					t.Errorf("errors (-want +got):\n%s", d)
				}
			})
		})
	}
}
